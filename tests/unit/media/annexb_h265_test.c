/* SPDX-License-Identifier: MIT
 * H.265 byte streams: clips of x265 through ffmpeg, cut into access units and
 * put together again; streams that begin with any of the units they may begin
 * with; boundaries, the hint, repeated parameter sets. What both codecs share
 * is tested in annexb_test.c. */
#include "clip.h"

#define BYTES(...)                                                             \
    (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static uint8_t *clip_data;
static size_t clip_len;

static void test_read(void)
{
    struct clip *c = clip_read(RTC_MEDIA_ANNEXB, clip_data, clip_len, clip_len);
    bool pass = true;
    size_t at = 0;

    is_int(c->error, 0, "read without error");
    is_int(c->count, 30, "all access units");
    is_int(c->track.codec, RTC_CODEC_H265, "codec");
    is_int(c->track.clock, 90000, "clock");
    is_int(c->track.width, 160, "width");
    is_int(c->track.height, 120, "height");
    ok(!c->track.has_b_frames, "no B frames");
    is_int(c->track.h265_level_id, 0x01003c, "Main, level 2");
    is_int(c->track.h264_level_id, 0, "nothing of H.264");
    for (unsigned i = 0; i < c->count; i++) {
        const struct clip_frame *f = &c->frames[i];

        /* Each begins with its delimiter, and together they are the file. */
        pass = pass && f->time == i && f->duration == 1 &&
               f->base_num == 1001 && f->base_den == 30000 &&
               f->keyframe == (i % 10 == 0) &&
               !memcmp(f->data, "\0\0\0\1\x46\1", 6) &&
               !memcmp(f->data, clip_data + at, f->len);
        at += f->len;
    }
    ok(pass, "times, key frames (IDR and CRA) and bytes");
    is_int(at, clip_len, "and nothing is left out");
    ok(clip_is_steady(RTC_MEDIA_ANNEXB, clip_data, clip_len),
       "in any pieces the same");
    clip_free(c);
}

/* Whether `c` has the first `frames` of `whole` and at most one more, cut. A
 * start code cut behind its zeros leaves them to the unit before. */
static bool is_cut(const struct clip *c, const struct clip *whole,
                   unsigned frames)
{
    const struct clip_frame *last, *other;

    if (c->count < frames || c->count > frames + 1)
        return false;
    if (frames == 0 || c->count > frames)
        return clip_same_data(c, whole, frames);
    last = &c->frames[frames - 1];
    other = &whole->frames[frames - 1];
    return clip_same_data(c, whole, frames - 1) && last->len >= other->len &&
           last->len <= other->len + 3 &&
           !memcmp(last->data, other->data, other->len) &&
           !memcmp(last->data + other->len, "\0\0\0", last->len - other->len);
}

static void test_truncation(void)
{
    struct clip *whole =
        clip_read(RTC_MEDIA_ANNEXB, clip_data, clip_len, clip_len);
    size_t end = 0;
    unsigned frames = 0;
    bool pass = true;

    for (size_t len = 0; len <= clip_len; len++) {
        struct clip *c = clip_read(RTC_MEDIA_ANNEXB, clip_data, len, 4096);

        while (frames < whole->count && end + whole->frames[frames].len <= len)
            end += whole->frames[frames++].len;
        if (!is_cut(c, whole, frames)) {
            printf("# %zu bytes: %u of %u frames, %d %s\n", len, c->count,
                   frames, c->error, c->why);
            pass = false;
        }
        clip_free(c);
    }
    is_int(frames, 30, "the walk saw every access unit");
    ok(pass, "cut anywhere: each whole access unit");
    clip_free(whole);
}

/* A stream without delimiters, whose encoder reorders; one of ten bits. */
static void test_kinds(void)
{
    size_t len;
    uint8_t *data = clip_load("media_bframes.h265", &len);
    struct clip *c = clip_read(RTC_MEDIA_ANNEXB, data, len, 100);

    is_int(c->error, 0, "a clip with B frames");
    is_int(c->count, 15, "has its frames");
    ok(c->track.has_b_frames, "and says so");
    is_int(c->frames[1].base_den / c->frames[1].base_num, 25, "25 a second");
    clip_free(c);
    free(data);

    data = clip_load("codec_h265_crop.h265", &len);
    c = clip_read(RTC_MEDIA_ANNEXB, data, len, 7);
    is_int(c->count, 4, "a clip of Main 10");
    is_int(c->track.h265_level_id >> 16, 2, "says so");
    is_int(c->track.width, 90, "its width, cropped");
    is_int(c->track.height, 50, "and height");
    clip_free(c);
    free(data);
}

static void test_rows(void)
{
    const struct {
        const char *name;
        const uint8_t *data;
        size_t len;
        unsigned frames;
        int error;
        const char *why;
    } rows[] = {
        {"zeros lead, three-byte codes",
         BYTES(0, 0, 0, 0, 0, 0, 1, 0x26, 1, 0x88, 0, 0, 1, 0x02, 1, 0xd0), 2,
         0, ""},
        {"further segments, suffix SEI and filler stay",
         BYTES(0, 0, 1, 0x26, 1, 0x88, 0, 0, 1, 0x26, 1, 0x40, 7, 0, 0, 1, 0x50,
               1, 9, 0, 0, 1, 0x4c, 1, 0xff, 0, 0, 1, 0x02, 1, 0xd0),
         2, 0, ""},
        {"units of other layers stay",
         BYTES(0, 0, 1, 0x26, 1, 0x88, 0, 0, 1, 0x42, 9, 7, 0, 0, 1, 0x26, 9,
               0x88, 0, 0, 1, 0x02, 1, 0xd0),
         2, 0, ""},
        {"sets and SEI begin a unit",
         BYTES(0, 0, 1, 0x40, 1, 1, 0, 0, 1, 0x42, 1, 1, 0, 0, 1, 0x44, 1, 1, 0,
               0, 1, 0x26, 1, 0x88, 0, 0, 1, 0x4e, 1, 1, 0, 0, 1, 0x02, 1,
               0xd0),
         2, 0, ""},
        {"a set at the end has no picture",
         BYTES(0, 0, 1, 0x26, 1, 0x88, 9, 0, 0, 0, 1, 0x40, 1, 2), 1,
         RTC_ERR_FORMAT,
         "the stream ends at byte 14 with 7 bytes that hold no picture"},
        {"cut within the next segment's header",
         BYTES(0, 0, 1, 0x26, 1, 0x88, 9, 0, 0, 1, 0x02, 1), 1, RTC_ERR_FORMAT,
         "the stream ends at byte 12 with 5 bytes that hold no picture"},
        {"or in the middle of it",
         BYTES(0, 0, 1, 0x26, 1, 0x88, 9, 0, 0, 1, 0x02), 1, RTC_ERR_FORMAT,
         "the stream ends at byte 11 with 4 bytes that hold no picture"},
        {"an end of stream unit",
         BYTES(0, 0, 1, 0x26, 1, 0x88, 9, 0, 0, 1, 0x4a, 1), 1, 0, ""},
        {"no sub-layer of that number", BYTES(0, 0, 1, 0x40, 0, 7), 0,
         RTC_ERR_FORMAT,
         "not an H.264 or H.265 byte stream: its first unit has the header "
         "40"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step <= rows[i].len; step++) {
            struct clip *c =
                clip_read(RTC_MEDIA_ANNEXB, rows[i].data, rows[i].len, step);

            ok(c->count == rows[i].frames && c->error == rows[i].error &&
                   !strcmp(c->why, rows[i].why) &&
                   (c->track.codec == RTC_CODEC_H265) == (c->count > 0),
               rows[i].name);
            clip_free(c);
        }
}

/* Which codec a stream is of, by its first unit. */
static enum rtc_codec codec_of(const uint8_t first[2])
{
    uint8_t data[] = {0, 0, 1, first[0], first[1], 0xd0, 0, 0, 1, 0x65, 0x88};
    struct clip *c = clip_read(RTC_MEDIA_ANNEXB, data, sizeof data, 4);
    enum rtc_codec codec = c->track.codec;

    clip_free(c);
    return codec;
}

/* Parameter sets, delimiter, SEI; IDR, CRA, BLA, other pictures. What H.264
 * begins with is not taken for any of them. */
static void test_first(void)
{
    static const uint8_t h265[][2] = {
        {0x40, 1}, {0x42, 1}, {0x44, 1}, {0x46, 1}, {0x4e, 1}, {0x26, 1},
        {0x28, 1}, {0x2a, 1}, {0x20, 1}, {0x00, 1}, {0x02, 1},
    };
    static const uint8_t h264[][2] = {
        {0x67, 0x42}, {0x27, 0x64}, {0x47, 0x4d}, {0x68, 0xce}, {0x28, 0xee},
        {0x48, 0x8f}, {0x09, 0x10}, {0x09, 0xf0}, {0x06, 0x01}, {0x06, 0x05},
        {0x65, 0x88}, {0x25, 0x88}, {0x41, 0x9a}, {0x01, 0x9a}, {0x61, 0xe0},
        {0x21, 0x9b}, {0x6e, 0x80}, {0x4e, 0x80}, {0x6f, 0x53}, {0x0e, 0x80},
    };

    for (size_t i = 0; i < sizeof h265 / sizeof *h265; i++)
        is_int(codec_of(h265[i]), RTC_CODEC_H265, "H.265");
    for (size_t i = 0; i < sizeof h264 / sizeof *h264; i++)
        is_int(codec_of(h264[i]), RTC_CODEC_H264, "H.264");
}

/* Timing in the VPS counts where the SPS has none. */
static void test_vps_timing(void)
{
    static const uint8_t data[] = {
        0, 0, 1, 0x40, 1, 0x0c, 1, 0xff, 0xff, 1, 0x60, 0, 0, 3, 0, 0, 3, 0, 0,
        3, 0, 0, 3, 0, 60,
        /* Ordering: 1 1 1 1; 6 bits and a 1 for the layers; then the rate. */
        0xf0, 0x30, 0, 0, 3, 0, 0x10, 0, 0, 3, 1, 0x90, 0x80, 0, 0, 1, 0x26, 1,
        0x88};
    struct clip *c = clip_read(RTC_MEDIA_ANNEXB, data, sizeof data, 100);

    is_int(c->count, 1, "a frame");
    is_int(c->frames[0].base_num, 1, "a tick");
    is_int(c->frames[0].base_den, 25, "25 of them a second");
    clip_free(c);
}

static int push_and_hint(struct rtc_media_reader *r, const uint8_t *data,
                         size_t len, struct rtc_media_frame *ret_frame)
{
    rtc_media_reader_push(r, data, len);
    rtc_media_reader_flush_hint(r);
    return rtc_media_reader_pop(r, ret_frame);
}

static void test_hint(void)
{
    static const uint8_t first[] = {0, 0, 0, 1,    0x40, 1,   1,
                                    0, 0, 1, 0x26, 1,    0x88};
    static const uint8_t second[] = {0, 0, 0, 1, 0x02, 1, 0xd0,
                                     5, 0, 0, 1, 0x50, 1, 7};
    static const uint8_t rest[] = {6, 7, 0, 0, 1, 0x02, 1, 0x40, 9};
    struct rtc_media_frame frame = {0};
    struct rtc_media_reader *r;

    rtc_media_reader_new(&r, RTC_MEDIA_ANNEXB, NULL);
    is_int(push_and_hint(r, first, 7, &frame), 0, "no slice: no frame");
    is_int(push_and_hint(r, first + 7, sizeof first - 7, &frame), 1,
           "a slice: a frame, on a hint");
    is_int(frame.len, sizeof first, "all of it");
    ok(frame.keyframe, "a key frame");
    is_int(push_and_hint(r, second, sizeof second, &frame), 1,
           "one that ends with an SEI");
    is_mem(frame.data, second, sizeof second, "is given as well");
    is_int(rtc_media_reader_torn(r), 0, "none was torn");
    is_int(push_and_hint(r, rest, sizeof rest, &frame), 0,
           "late bytes are no frame");
    is_int(rtc_media_reader_torn(r), 1, "they tore one");
    is_int(push_and_hint(r, second, sizeof second, &frame), 1,
           "the next frame");
    is_mem(frame.data, second, sizeof second, "is whole");
    rtc_media_reader_free(r);
}

static void test_cap(void)
{
    static uint8_t noise[1 << 20];
    struct rtc_media_reader *r;
    struct rtc_media_frame frame;
    int got = 0, taken;

    rtc_media_reader_new(&r, RTC_MEDIA_ANNEXB, NULL);
    memset(noise, 0xaa, sizeof noise);
    rtc_media_reader_push(r, BYTES(0, 0, 1, 0x26, 1, 0x88));
    do {
        taken = rtc_media_reader_push(r, noise, sizeof noise);
        got = rtc_media_reader_pop(r, &frame);
    } while (got == 0 && taken > 0);
    is_int(got, RTC_ERR_FORMAT, "a unit without end is refused");
    is_str(rtc_media_reader_why(r),
           "frame 1 at byte 0 is larger than 16 MiB: this is hardly an H.265 "
           "byte stream",
           "with its sentence");
    rtc_media_reader_free(r);
}

static void test_write(void)
{
    struct clip *c = clip_read(RTC_MEDIA_ANNEXB, clip_data, clip_len, clip_len);
    struct clip_out *out = calloc(1, sizeof *out);

    clip_write_all(RTC_MEDIA_ANNEXB, c, out);
    is_int(out->len, clip_len, "written: as long as it was");
    is_mem(out->data, clip_data, clip_len, "the same bytes");
    clip_free(c);
    free(out);
}

/* The sets of a clip; 16 bytes of an SPS reach its number. */
#define SPS_HEAD                                                               \
    0x42, 1, 1, 1, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3c

/* A key frame without parameter sets gets the last ones seen, behind its
 * delimiter; one that has them all stays as it is. */
static void test_repeat(void)
{
    const struct {
        const char *name;
        const uint8_t *in;
        size_t in_len;
        const uint8_t *out;
        size_t out_len;
    } rows[] = {
        {"no sets known yet", BYTES(0, 0, 1, 0x26, 1, 0x88),
         BYTES(0, 0, 1, 0x26, 1, 0x88)},
        {"sets of its own",
         BYTES(0, 0, 1, 0x40, 1, 0x0c, 0, 0, 1, SPS_HEAD, 0xa0, 0, 0, 1, 0x44,
               1, 0xc1, 0, 0, 1, 0x26, 1, 0x88),
         BYTES(0, 0, 1, 0x40, 1, 0x0c, 0, 0, 1, SPS_HEAD, 0xa0, 0, 0, 1, 0x44,
               1, 0xc1, 0, 0, 1, 0x26, 1, 0x88)},
        {"no key frame", BYTES(0, 0, 1, 0x02, 1, 0xd0),
         BYTES(0, 0, 1, 0x02, 1, 0xd0)},
        {"a CRA without sets", BYTES(0, 0, 1, 0x2a, 1, 0x88),
         BYTES(0, 0, 0, 1, 0x40, 1, 0x0c, 0, 0, 0, 1, SPS_HEAD, 0xa0, 0, 0, 0,
               1, 0x44, 1, 0xc1, 0, 0, 1, 0x2a, 1, 0x88)},
        {"another picture set, the same SPS and VPS changed",
         BYTES(0, 0, 1, 0x40, 1, 0x0d, 0, 0, 1, SPS_HEAD, 0xa1, 0, 0, 1, 0x44,
               1, 0x41, 0, 0, 1, 0x02, 1, 0xd0),
         BYTES(0, 0, 1, 0x40, 1, 0x0d, 0, 0, 1, SPS_HEAD, 0xa1, 0, 0, 1, 0x44,
               1, 0x41, 0, 0, 1, 0x02, 1, 0xd0)},
        {"those of another layer do not count",
         BYTES(0, 0, 1, 0x44, 9, 0xc7, 0, 0, 1, 0x02, 1, 0xd0),
         BYTES(0, 0, 1, 0x44, 9, 0xc7, 0, 0, 1, 0x02, 1, 0xd0)},
        {"behind the delimiter",
         BYTES(0, 0, 0, 1, 0x46, 1, 0x10, 0, 0, 0, 1, 0x26, 1, 0x88),
         BYTES(0, 0, 0, 1, 0x46, 1, 0x10, 0, 0, 0, 1, 0x40, 1, 0x0d, 0, 0, 0, 1,
               SPS_HEAD, 0xa1, 0, 0, 0, 1, 0x44, 1, 0xc1, 0, 0, 0, 1, 0x44, 1,
               0x41, 0, 0, 0, 1, 0x26, 1, 0x88)},
    };
    struct rtc_media_track track = {.codec = RTC_CODEC_H265};
    struct rtc_media_writer *w = clip_writer(RTC_MEDIA_ANNEXB, &track);
    struct rtc_media_frame frame = {.time = -1};
    const uint8_t *data;
    size_t len = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        frame.data = rows[i].in;
        frame.len = rows[i].in_len;
        is_int(rtc_media_writer_frame(w, &frame, &data, &len), 0, "written");
        if (is_int(len, (int64_t)rows[i].out_len, rows[i].name))
            is_mem(data, rows[i].out, len, "and its bytes");
    }
    frame.data = (const uint8_t *)"\x26\x01\x88";
    frame.len = 3;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_FORMAT,
           "a frame without start code");
    rtc_media_writer_free(w);
}

int main(void)
{
    clip_data = clip_load("media_slices.h265", &clip_len);
    test_read();
    test_truncation();
    test_kinds();
    test_rows();
    test_first();
    test_vps_timing();
    test_hint();
    test_cap();
    test_write();
    test_repeat();
    free(clip_data);
    return tap_done();
}
