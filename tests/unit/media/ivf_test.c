/* SPDX-License-Identifier: MIT
 * IVF: a clip of libvpx through ffmpeg, read and written, and clips of VP9 and
 * AV1; damaged headers; every truncation; the cap. */
#include "clip.h"

static uint8_t *clip_data;
static size_t clip_len;

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static void test_read(void)
{
    struct clip *c = clip_read(RTC_MEDIA_IVF, clip_data, clip_len, clip_len);
    bool times = true;

    is_int(c->error, 0, "read without error");
    is_int(c->count, 30, "all frames");
    is_int(c->track.codec, RTC_CODEC_VP8, "codec");
    is_int(c->track.clock, 90000, "clock");
    is_int(c->track.width, 160, "width");
    is_int(c->track.height, 120, "height");
    for (unsigned i = 0; i < c->count; i++)
        times = times && c->frames[i].time == i && c->frames[i].base_num == 1 &&
                c->frames[i].base_den == 30 &&
                c->frames[i].keyframe == (i % 10 == 0);
    ok(times, "times and key frames");
    ok(clip_is_steady(RTC_MEDIA_IVF, clip_data, clip_len),
       "in any pieces the same");
    clip_free(c);
}

static void test_truncation(void)
{
    struct clip *whole =
        clip_read(RTC_MEDIA_IVF, clip_data, clip_len, clip_len);
    size_t boundary = 32, next = 32 + 12 + get32(clip_data + 32);
    unsigned frames = 0;
    bool pass = true;

    for (size_t len = 0; len <= clip_len; len++) {
        struct clip *c = clip_read(RTC_MEDIA_IVF, clip_data, len, 4096);

        if (len == next && frames < whole->count) {
            frames++;
            boundary = next;
            if (next + 12 <= clip_len)
                next += 12 + get32(clip_data + next);
        }
        if (c->count != frames || !clip_same_data(c, whole, frames) ||
            (c->error == 0) != (len == boundary)) {
            printf("# %zu bytes: %u of %u frames, %d %s\n", len, c->count,
                   frames, c->error, c->why);
            pass = false;
        }
        clip_free(c);
    }
    is_int(frames, whole->count, "the walk saw every frame");
    ok(pass, "cut anywhere: each whole frame, and an error within one");
    clip_free(whole);

    whole = clip_read(RTC_MEDIA_IVF, clip_data, 32 + 12 + 5, 1000);
    is_str(whole->why,
           "cut short in frame 1 at byte 32: 17 of 3149 bytes are there",
           "the sentence on a cut");
    clip_free(whole);
}

static void test_damage(void)
{
    static const struct {
        size_t at, len;
        const char *bytes;
        int want;
        const char *why;
    } rows[] = {
        {0, 1, "X", RTC_ERR_FORMAT, "not IVF: it does not begin with DKIF"},
        {8, 4, "a\nb\xff", RTC_ERR_UNSUPPORTED,
         "IVF with the codec `a?b?', where VP8, VP9 and AV1 are read: encode "
         "it "
         "as VP8 (ffmpeg -c:v libvpx)"},
        {16, 4, "\0\0\0\0", RTC_ERR_FORMAT,
         "IVF header with the impossible time base 1/0"},
        {20, 4, "\0\0\0\0", RTC_ERR_FORMAT,
         "IVF header with the impossible time base 0/30"},
        {6, 2, "\x1f\0", RTC_ERR_FORMAT,
         "IVF header of 31 bytes; it has at least 32"},
        {32, 4, "\1\0\0\1", RTC_ERR_FORMAT,
         "frame 1 at byte 32: length 16777217 or time 0 is impossible: the "
         "file is damaged"},
        {43, 1, "\x80", RTC_ERR_FORMAT,
         "frame 1 at byte 32: length 3137 or time 9223372036854775808 is "
         "impossible: the file is damaged"},
    };
    uint8_t data[64];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clip *c;

        memcpy(data, clip_data, sizeof data);
        memcpy(data + rows[i].at, rows[i].bytes, rows[i].len);
        c = clip_read(RTC_MEDIA_IVF, data, sizeof data, 5);
        is_int(c->error, rows[i].want, "a damaged header");
        is_str(c->why, rows[i].why, "and its sentence");
        clip_free(c);
    }
}

static void test_odd_files(void)
{
    uint8_t *data = malloc(clip_len + 8 + 12);
    struct clip *c;

    /* A header that says it is longer, and an empty frame. */
    memcpy(data, clip_data, 32);
    data[6] = 40;
    memset(data + 32, 0, 8 + 12);
    memcpy(data + 52, clip_data + 32, clip_len - 32);
    c = clip_read(RTC_MEDIA_IVF, data, clip_len + 20, 100);
    is_int(c->error, 0, "a longer header and an empty frame");
    is_int(c->count, 30, "which is left out");
    clip_free(c);
    free(data);
}

/* A frame of the most bytes comes through a bounded buffer; what does not fit
 * is not taken. */
static void test_cap(void)
{
    size_t most = (size_t)16 << 20, len = 32 + 12 + most, at = 0;
    uint8_t *data = calloc(1, len);
    struct rtc_media_reader *r;
    struct rtc_media_frame frame;
    size_t largest = 0;
    int got = 0;

    memcpy(data, clip_data, 32);
    data[35] = 1;
    is_int(rtc_media_reader_new(&r, RTC_MEDIA_IVF, NULL), 0, "a reader");
    while (at < len && got == 0) {
        int taken = rtc_media_reader_push(r, data + at, len - at);

        if (taken <= 0)
            break;
        if ((size_t)taken > largest)
            largest = (size_t)taken;
        at += (size_t)taken;
        got = rtc_media_reader_pop(r, &frame);
    }
    is_int(got, 1, "a frame of 16 MiB");
    is_int(frame.len, most, "is given whole");
    ok(largest < len / 2 + 100, "and not taken in one piece");
    rtc_media_reader_free(r);
    free(data);
}

/* While frames come out, the buffer does not grow. */
static void test_buffer(void)
{
    size_t len = (size_t)1 << 20;
    uint8_t *data = calloc(1, len);
    struct rtc_media_reader *r;
    struct rtc_media_frame frame;
    int taken;

    memcpy(data, clip_data, clip_len);
    is_int(rtc_media_reader_new(&r, RTC_MEDIA_IVF, NULL), 0, "a reader");
    taken = rtc_media_reader_push(r, data, len);
    ok(taken > 0 && (size_t)taken < len, "not all is taken at once");
    is_int(rtc_media_reader_push(r, data + taken, len - (size_t)taken), 0,
           "nor more without a pop");
    is_int(rtc_media_reader_pop(r, &frame), 1, "a frame");
    taken = rtc_media_reader_push(r, data, len);
    is_int(taken, 32 + 12 + (int64_t)frame.len, "makes just its own room");
    rtc_media_reader_free(r);
    free(data);
}

static void test_write(void)
{
    struct clip *c = clip_read(RTC_MEDIA_IVF, clip_data, clip_len, clip_len);
    struct clip *again;
    struct clip_out *out = calloc(1, sizeof *out);
    bool times = true;

    for (unsigned i = 0; i < c->count; i++)
        c->frames[i].time += 4000000000;
    c->track.width = c->track.height = 0;
    clip_write_all(RTC_MEDIA_IVF, c, out);
    is_int(out->len, clip_len, "as long as it was");
    is_int(get32(out->data + 24), 0, "the count of frames is left open");
    again = clip_read(RTC_MEDIA_IVF, out->data, out->len, 100);
    is_int(again->error, 0, "reads without error");
    is_int(again->track.width, 160, "width, from the key frame");
    is_int(again->track.height, 120, "height");
    ok(again->count == 30 && clip_same_data(c, again, 30), "the same frames");
    for (unsigned i = 0; i < again->count; i++)
        times = times && again->frames[i].time == 3000 * i &&
                again->frames[i].base_num == 1 &&
                again->frames[i].base_den == 90000;
    ok(times, "times of 90 kHz from 0");
    clip_free(again);
    clip_free(c);
    free(out);
}

/* Times of a live stream: equal ones, steps back, a coarse unit. */
static void test_write_times(void)
{
    static const int64_t times[] = {9000, 9000, 12000, 3000, 12001, 15000};
    static const int64_t fine[] = {0, 1, 3000, 3001, 3002, 6000};
    static const int64_t coarse[] = {0, 1, 2, 3, 4, 5};
    struct rtc_media_track track = {.codec = RTC_CODEC_VP8};
    struct rtc_media_writer_config config = {
        .format = RTC_MEDIA_IVF, .tracks = &track, .track_count = 1};
    struct rtc_media_frame frame = {.data = (const uint8_t *)"abc",
                                    .len = 3,
                                    .base_num = 1,
                                    .base_den = 90000};

    for (unsigned round = 0; round < 2; round++) {
        struct rtc_media_writer *w = NULL;
        bool pass = true;

        config.base_num = round;
        config.base_den = round ? 30 : 0;
        rtc_media_writer_new(&w, &config);
        for (unsigned i = 0; i < 6; i++) {
            const uint8_t *data;
            size_t len;

            frame.time = times[i];
            pass = pass && !rtc_media_writer_frame(w, &frame, &data, &len) &&
                   len == (i ? 15 : 47) &&
                   get32(data + len - 11) == (round ? coarse : fine)[i];
        }
        ok(pass, round ? "times in units of 1/30" : "times always go on");
        rtc_media_writer_free(w);
    }
}

/* Clips of 96x64 at 25 frames a second; written anew all but the head is the
 * same, where the count of frames is left open. */
static void check_codec(const char *name, enum rtc_codec codec, unsigned frames,
                        unsigned key_every)
{
    size_t len;
    uint8_t *data = clip_load(name, &len);
    struct clip *c = clip_read(RTC_MEDIA_IVF, data, len, len), *again;
    struct clip_out *out = calloc(1, sizeof *out);
    bool well = true;

    is_int(c->error, 0, name);
    is_int(c->track.codec, codec, "codec");
    is_int(c->count, frames, "frames");
    for (unsigned i = 0; i < c->count; i++)
        well = well && c->frames[i].keyframe == (i % key_every == 0) &&
               c->frames[i].time == i && c->frames[i].data[0] != 0x12;
    ok(well, "key frames, times, no delimiters");
    ok(clip_is_steady(RTC_MEDIA_IVF, data, len), "in any pieces the same");
    c->track.width = c->track.height = 0;
    clip_write_all(RTC_MEDIA_IVF, c, out);
    is_int(out->len, len, "written, as long as it was");
    is_mem(out->data + 8, data + 8, 8, "FourCC and size are the clip's");
    again = clip_read(RTC_MEDIA_IVF, out->data, out->len, 100);
    ok(again->count == frames && clip_same_data(c, again, frames),
       "the same frames");
    is_mem(out->data + 32 + 12, data + 32 + 12, 8, "as they stood there");
    clip_free(again);
    clip_free(c);
    free(out);
    free(data);
}

static void test_delimiters(void)
{
    uint8_t data[32 + 3 * 12 + 9];
    static const uint8_t twice[] = {0x12, 0, 0x12, 0, 0x32, 1, 1};
    struct clip *c;
    size_t len = 32;

    memset(data, 0, sizeof data);
    memcpy(data, clip_data, 32);
    memcpy(data + 8, "AV01", 4);
    data[len] = sizeof twice;
    memcpy(data + len + 12, twice, sizeof twice);
    len += 12 + sizeof twice;
    data[len] = 2;
    memcpy(data + len + 12, twice, 2);
    len += 12 + 2;
    c = clip_read(RTC_MEDIA_IVF, data, len, len);
    is_int(c->error, 0, "a frame of two delimiters, and one of nothing else");
    is_int(c->count, 1, "which is left out");
    is_int(c->frames[0].len, 3, "as the delimiters are");
    clip_free(c);
}

int main(void)
{
    clip_data = clip_load("media_vp8.ivf", &clip_len);
    test_read();
    test_truncation();
    test_damage();
    test_odd_files();
    test_cap();
    test_buffer();
    test_write();
    test_write_times();
    check_codec("codec_vp9.ivf", RTC_CODEC_VP9, 5, 3);
    check_codec("codec_av1.ivf", RTC_CODEC_AV1, 8, 4);
    test_delimiters();
    free(clip_data);
    return tap_done();
}
