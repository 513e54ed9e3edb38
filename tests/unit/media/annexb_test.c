/* SPDX-License-Identifier: MIT
 * H.264 byte streams: clips of x264 through ffmpeg, cut into access units and
 * put together again; what is no such stream; the hint; repeated parameter
 * sets. */
#include "clip.h"

#define BYTES(...)                                                             \
    (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

#define NO_START_CODE(byte)                                                    \
    "not an H.264 or H.265 byte stream: it begins with " byte                  \
    " and not with a start code (ffmpeg -bsf:v h264_mp4toannexb or "           \
    "hevc_mp4toannexb makes one)"

static uint8_t *clip_data;
static size_t clip_len;

static void test_read(void)
{
    struct clip *c = clip_read(RTC_MEDIA_ANNEXB, clip_data, clip_len, clip_len);
    bool pass = true;
    size_t at = 0;

    is_int(c->error, 0, "read without error");
    is_int(c->count, 30, "all access units");
    is_int(c->track.codec, RTC_CODEC_H264, "codec");
    is_int(c->track.width, 160, "width");
    is_int(c->track.height, 120, "height");
    ok(!c->track.has_b_frames, "no B frames");
    is_int(c->track.h264_level_id, 0x64000b, "profile-level-id");
    for (unsigned i = 0; i < c->count; i++) {
        const struct clip_frame *f = &c->frames[i];

        /* Each begins with its delimiter, and together they are the file. */
        pass = pass && f->time == i && f->duration == 1 &&
               f->base_num == 2002 && f->base_den == 60000 &&
               f->keyframe == (i % 10 == 0) &&
               !memcmp(f->data, "\0\0\0\1\x09", 5) &&
               !memcmp(f->data, clip_data + at, f->len);
        at += f->len;
    }
    ok(pass, "times, key frames and bytes");
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

/* Frame boundaries of a stream without delimiters, and reordering. */
static void test_b_frames(void)
{
    size_t len;
    uint8_t *data = clip_load("media_bframes.h264", &len);
    struct clip *c = clip_read(RTC_MEDIA_ANNEXB, data, len, 100);

    is_int(c->error, 0, "a clip with B frames");
    is_int(c->count, 15, "has its frames");
    ok(c->track.has_b_frames, "and says so");
    is_int(c->frames[1].base_den / c->frames[1].base_num, 25, "25 a second");
    clip_free(c);
    free(data);
}

/* B slices matter where the parameter set lets them be reordered: profile 66
 * has none, order type 2 is decoding order. */
static void test_reordering(void)
{
    const struct {
        const char *name;
        const uint8_t *data;
        size_t len;
        bool want;
    } rows[] = {
        {"a B slice in profile 77",
         BYTES(0, 0, 1, 0x67, 77, 0, 30, 0xfb, 0x88, 0, 0, 1, 0x65, 0x88, 0, 0,
               1, 0x41, 0xa0),
         true},
        {"no B slice in profile 77",
         BYTES(0, 0, 1, 0x67, 77, 0, 30, 0xfb, 0x88, 0, 0, 1, 0x65, 0x88, 0, 0,
               1, 0x41, 0x9a),
         false},
        {"a B slice in order type 2",
         BYTES(0, 0, 1, 0x67, 77, 0, 30, 0xdd, 0xc4, 0, 0, 1, 0x65, 0x88, 0, 0,
               1, 0x41, 0xa0),
         false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clip *c =
            clip_read(RTC_MEDIA_ANNEXB, rows[i].data, rows[i].len, 100);

        ok(c->count == 2 && c->track.width == 16 &&
               c->track.has_b_frames == rows[i].want,
           rows[i].name);
        clip_free(c);
    }
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
         BYTES(0, 0, 0, 0, 0, 0, 0, 1, 0x65, 0x88, 0, 0, 1, 0x41, 0x9a), 2, 0,
         ""},
        {"further slices stay",
         BYTES(0, 0, 1, 0x65, 0x88, 0, 0, 1, 0x65, 0x40, 7, 0, 0, 1, 0x41, 0x9a,
               0, 0, 1, 0x0c, 0xff, 0x80),
         2, 0, ""},
        {"sets and SEI begin a unit",
         BYTES(0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 1, 0, 0, 1, 6, 1, 0, 0, 1, 0x65,
               0x88, 0, 0, 1, 6, 1, 0, 0, 1, 0x41, 0x9a),
         2, 0, ""},
        {"a set at the end has no picture",
         BYTES(0, 0, 1, 0x65, 0x88, 9, 0, 0, 0, 1, 0x67, 1, 2), 1,
         RTC_ERR_FORMAT,
         "the stream ends at byte 13 with 7 bytes that hold no picture"},
        {"cut within the next slice's header",
         BYTES(0, 0, 1, 0x65, 0x88, 9, 0, 0, 1, 0x41), 1, RTC_ERR_FORMAT,
         "the stream ends at byte 10 with 4 bytes that hold no picture"},
        {"cut behind a start code", BYTES(0, 0, 1, 0x65, 0x88, 9, 0, 0, 0, 1),
         1, RTC_ERR_FORMAT,
         "the stream ends at byte 10 with 4 bytes that hold no picture"},
        {"an end of stream unit", BYTES(0, 0, 1, 0x65, 0x88, 9, 0, 0, 1, 0x0b),
         1, 0, ""},
        {"MP4 units", BYTES(0, 0, 0, 9, 0x65, 0x88, 0x84), 0, RTC_ERR_FORMAT,
         NO_START_CODE("00")},
        {"noise", BYTES(0x5a, 1, 2, 3), 0, RTC_ERR_FORMAT, NO_START_CODE("5a")},
        {"MPEG-2", BYTES(0, 0, 1, 0xb3, 0x14, 0), 0, RTC_ERR_FORMAT,
         "not an H.264 or H.265 byte stream: its first unit has the header "
         "b3"},
        {"zeros", BYTES(0, 0, 0, 0, 0, 0), 0, RTC_ERR_FORMAT,
         "the stream ends before its first unit"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step <= rows[i].len; step++) {
            struct clip *c =
                clip_read(RTC_MEDIA_ANNEXB, rows[i].data, rows[i].len, step);

            ok(c->count == rows[i].frames && c->error == rows[i].error &&
                   !strcmp(c->why, rows[i].why),
               rows[i].name);
            clip_free(c);
        }
}

/* Timing in the parameter set that is a frame rate, and that is none. */
static void test_timing(void)
{
    const struct {
        const char *name;
        const uint8_t *data;
        size_t len;
        uint32_t num, den;
    } rows[] = {
        {"25 frames a second",
         BYTES(0, 0, 1, 0x67, 0x4d, 0, 0x1e, 0xdd, 0xc8, 0x40, 0, 0, 3, 0, 0x40,
               0, 0, 0x0c, 0xa1, 0, 0, 1, 0x65, 0x88),
         2, 50},
        {"a clock of 90 kHz",
         BYTES(0, 0, 1, 0x67, 0x4d, 0, 0x1e, 0xdd, 0xc8, 0x40, 0, 0, 3, 0, 0x40,
               0, 0xaf, 0xc8, 0x21, 0, 0, 1, 0x65, 0x88),
         0, 0},
        {"no time at all",
         BYTES(0, 0, 1, 0x67, 0x4d, 0, 0x1e, 0xdd, 0xc8, 0x40, 0, 0, 3, 0, 0, 3,
               0, 0, 0x0c, 0xa1, 0, 0, 1, 0x65, 0x88),
         0, 0},
        {"a tick that overflows",
         BYTES(0, 0, 1, 0x67, 0x4d, 0, 0x1e, 0xdd, 0xc8, 0x60, 0, 0, 3, 0, 0x40,
               0, 0, 0x0c, 0xa1, 0, 0, 1, 0x65, 0x88),
         0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct clip *c =
            clip_read(RTC_MEDIA_ANNEXB, rows[i].data, rows[i].len, 100);

        ok(c->count == 1 && c->track.width == 16 &&
               c->frames[0].base_num == rows[i].num &&
               c->frames[0].base_den == rows[i].den &&
               c->frames[0].time == (rows[i].den ? 0 : -1),
           rows[i].name);
        clip_free(c);
    }
}

static void test_rate(void)
{
    static const uint8_t data[] = {0, 0, 1, 0x65, 0x88, 0, 0, 1, 0x41, 0x9a};
    struct rtc_media_reader_options options = {30000, 1001};
    struct rtc_media_reader *r;
    struct rtc_media_frame frame = {0};

    for (int round = 0; round < 2; round++) {
        rtc_media_reader_new(&r, RTC_MEDIA_ANNEXB, round ? &options : NULL);
        rtc_media_reader_push(r, data, sizeof data);
        rtc_media_reader_end(r);
        rtc_media_reader_pop(r, &frame);
        is_int(rtc_media_reader_pop(r, &frame), 1, "the second frame");
        is_int(frame.time, round ? 1 : -1, "its time");
        is_int(frame.base_den, round ? 30000 : 0, "in that base");
        is_int(frame.duration, round, "its duration");
        rtc_media_reader_free(r);
    }
    /* The caller's rate goes before the stream's own. */
    rtc_media_reader_new(&r, RTC_MEDIA_ANNEXB,
                         &(struct rtc_media_reader_options){10, 1});
    rtc_media_reader_push(r, clip_data, clip_len);
    is_int(rtc_media_reader_pop(r, &frame), 1, "a frame of the clip");
    is_int(frame.base_den, 10, "at the caller's rate");
    rtc_media_reader_free(r);
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
    static const uint8_t first[] = {0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x65, 0x88};
    static const uint8_t second[] = {0, 0, 0, 1, 0x41, 0x9a, 5};
    static const uint8_t rest[] = {6, 7, 0, 0, 1, 0x41, 0x40, 9};
    struct rtc_media_frame frame = {0};
    struct rtc_media_reader *r;

    rtc_media_reader_new(&r, RTC_MEDIA_ANNEXB, NULL);
    is_int(push_and_hint(r, first, 6, &frame), 0, "no slice: no frame");
    is_int(push_and_hint(r, first + 6, sizeof first - 6, &frame), 1,
           "a slice: a frame, on a hint");
    is_int(frame.len, sizeof first, "all of it");
    ok(frame.keyframe, "a key frame");
    is_int(rtc_media_reader_pop(r, &frame), 0, "once");
    is_int(push_and_hint(r, second, sizeof second, &frame), 1, "the next one");
    is_mem(frame.data, second, sizeof second, "begins where it should");
    is_int(rtc_media_reader_torn(r), 0, "none was torn");

    is_int(push_and_hint(r, rest, sizeof rest, &frame), 0,
           "late bytes are no frame");
    is_int(rtc_media_reader_torn(r), 1, "they tore one");
    is_int(push_and_hint(r, rest, sizeof rest, &frame), 0, "more of them");
    is_int(rtc_media_reader_torn(r), 1, "are the same one");
    is_int(push_and_hint(r, second, sizeof second, &frame), 1,
           "the next frame");
    is_mem(frame.data, second, sizeof second, "is whole");
    rtc_media_reader_free(r);

    rtc_media_reader_new(&r, RTC_MEDIA_ANNEXB, NULL);
    is_int(push_and_hint(r, BYTES(0, 0, 1, 0x41, 0x9a, 0), &frame), 0,
           "a slice that ends in 00 is not whole");
    is_int(push_and_hint(r, BYTES(0, 1, 0x41), &frame), 0,
           "nor is one behind which another begins");
    is_int(push_and_hint(r, BYTES(0x40, 9), &frame), 1, "until that is there");
    is_int(frame.len, 11, "of the same frame");
    rtc_media_reader_free(r);
}

/* One unit without end. */
static void test_cap(void)
{
    static uint8_t noise[1 << 20];
    struct rtc_media_reader *r;
    struct rtc_media_frame frame;
    int got = 0, taken;
    size_t total = 0;

    rtc_media_reader_new(&r, RTC_MEDIA_ANNEXB, NULL);
    memset(noise, 0xaa, sizeof noise);
    rtc_media_reader_push(r, BYTES(0, 0, 1, 0x65, 0x88));
    do {
        taken = rtc_media_reader_push(r, noise, sizeof noise);
        total += taken > 0 ? (size_t)taken : 0;
        got = rtc_media_reader_pop(r, &frame);
    } while (got == 0 && taken > 0 && total < (64 << 20));
    is_int(got, RTC_ERR_FORMAT, "a unit without end is refused");
    is_str(rtc_media_reader_why(r),
           "frame 1 at byte 0 is larger than 16 MiB: this is hardly an H.264 "
           "byte stream",
           "with its sentence");
    ok(total > (15 << 20) && total < (17 << 20), "at the cap");
    rtc_media_reader_free(r);

    /* Nor do zeros without end fill the buffer. */
    rtc_media_reader_new(&r, RTC_MEDIA_ANNEXB, NULL);
    memset(noise, 0, sizeof noise);
    for (total = 0; total < (32 << 20); total += (size_t)taken) {
        taken = rtc_media_reader_push(r, noise, sizeof noise);
        if (taken <= 0 || rtc_media_reader_pop(r, &frame))
            break;
    }
    ok(total >= (32 << 20), "zeros in front are dropped");
    rtc_media_reader_push(r, BYTES(1, 0x65, 0x88));
    rtc_media_reader_end(r);
    is_int(rtc_media_reader_pop(r, &frame), 1, "until the first unit");
    is_int(frame.len, 6, "of which the start code stays");
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

/* A key frame without parameter sets gets the last ones seen, behind its
 * delimiter; one that has them stays as it is. */
static void test_repeat(void)
{
    const struct {
        const char *name;
        const uint8_t *in;
        size_t in_len;
        const uint8_t *out;
        size_t out_len;
    } rows[] = {
        {"no sets known yet", BYTES(0, 0, 1, 0x65, 0x88),
         BYTES(0, 0, 1, 0x65, 0x88)},
        {"sets of its own",
         BYTES(0, 0, 1, 0x67, 66, 0, 30, 0x9a, 0, 0, 1, 0x68, 0xce, 0, 0, 1,
               0x65, 0x88),
         BYTES(0, 0, 1, 0x67, 66, 0, 30, 0x9a, 0, 0, 1, 0x68, 0xce, 0, 0, 1,
               0x65, 0x88)},
        {"no key frame", BYTES(0, 0, 1, 0x41, 0x9a),
         BYTES(0, 0, 1, 0x41, 0x9a)},
        {"a key frame without sets", BYTES(0, 0, 1, 0x65, 0x88),
         BYTES(0, 0, 0, 1, 0x67, 66, 0, 30, 0x9a, 0, 0, 0, 1, 0x68, 0xce, 0, 0,
               1, 0x65, 0x88)},
        {"another picture set, and the same one changed",
         BYTES(0, 0, 1, 0x68, 0x4e, 0, 0, 1, 0x68, 0xcf, 0, 0, 1, 0x41, 0x9a),
         BYTES(0, 0, 1, 0x68, 0x4e, 0, 0, 1, 0x68, 0xcf, 0, 0, 1, 0x41, 0x9a)},
        {"behind the delimiter",
         BYTES(0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x65, 0x88),
         BYTES(0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x67, 66, 0, 30, 0x9a, 0, 0,
               0, 1, 0x68, 0xcf, 0, 0, 0, 1, 0x68, 0x4e, 0, 0, 0, 1, 0x65,
               0x88)},
    };
    struct rtc_media_track track = {.codec = RTC_CODEC_H264};
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
    frame.data = (const uint8_t *)"\x65\x88\x84";
    frame.len = 3;
    is_int(rtc_media_writer_frame(w, &frame, &data, &len), RTC_ERR_FORMAT,
           "a frame without start code");
    rtc_media_writer_free(w);
}

/* More parameter sets than are kept, and a long one. */
static void test_set_cap(void)
{
    static uint8_t many[300 * 8 + 600];
    struct rtc_media_track track = {.codec = RTC_CODEC_H264};
    struct rtc_media_writer *w = clip_writer(RTC_MEDIA_ANNEXB, &track);
    struct rtc_media_frame frame = {.data = many};
    const uint8_t *data;

    for (unsigned id = 0; id < 256; id++) {
        /* ue(v) of 17 bits with the stop bit behind, for every id. */
        unsigned width = 0;

        while ((id + 1) >> (width + 1))
            width++;
        uint32_t bits =
            (uint32_t)(((uint64_t)(id + 1) << (32 - 2 * width - 1)) |
                       UINT64_C(1) << (32 - 2 * width - 2));
        memcpy(many + frame.len, "\0\0\1\x68", 4);
        many[frame.len + 4] = (uint8_t)(bits >> 24);
        many[frame.len + 5] = (uint8_t)(bits >> 16);
        many[frame.len + 6] = (uint8_t)(bits >> 8 | 1);
        frame.len += 7;
    }
    memcpy(many + frame.len, "\0\0\1\x67", 4);
    memset(many + frame.len + 4, 0x42, 520);
    frame.len += 524;
    is_int(rtc_media_writer_frame(w, &frame, &data, &frame.len), 0,
           "256 picture sets and a long one are taken");
    frame.data = (const uint8_t *)"\0\0\1\x65\x88";
    frame.len = 5;
    is_int(rtc_media_writer_frame(w, &frame, &data, &frame.len), 0,
           "a key frame");
    is_int(frame.len, 5 + 16 * (4 + 4), "16 of them are repeated");
    rtc_media_writer_free(w);
}

int main(void)
{
    clip_data = clip_load("media_slices.h264", &clip_len);
    test_read();
    test_truncation();
    test_b_frames();
    test_reordering();
    test_rows();
    test_timing();
    test_rate();
    test_hint();
    test_cap();
    test_write();
    test_repeat();
    test_set_cap();
    free(clip_data);
    return tap_done();
}
