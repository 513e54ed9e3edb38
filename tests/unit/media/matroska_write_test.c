/* SPDX-License-Identifier: MIT
 * The Matroska writer: what is held before the header and for how long, times
 * of several tracks, parameter sets that change. What it wrote is read by our
 * reader; tests/cli/matroska.bats has ffmpeg read it. */
#include "clip.h"

/* A writer, and all it has given. */
struct run {
    struct rtc_media_writer *w;
    struct clip_out out;
};

static struct run *run_new(enum rtc_media_format format, enum rtc_codec first,
                           enum rtc_codec second)
{
    struct rtc_media_track tracks[2] = {{.codec = first}, {.codec = second}};
    struct run *run = calloc(1, sizeof *run);

    run->w = clip_writer_of(format, tracks, second ? 2 : 1);
    return run;
}

/* Writes a frame at a time in milliseconds: how many bytes came, or an error.
 */
static int64_t put(struct run *run, unsigned track, int64_t ms,
                   const void *bytes, size_t len)
{
    struct rtc_media_frame frame = {.track = track,
                                    .data = bytes,
                                    .len = len,
                                    .time = ms,
                                    .base_num = 1,
                                    .base_den = 1000};
    const uint8_t *data;
    size_t data_len;
    int error = rtc_media_writer_frame(run->w, &frame, &data, &data_len);

    if (error)
        return error;
    clip_take(&run->out, data, data_len);
    return (int64_t)data_len;
}

/* Ends it; what a reader makes of it. */
static struct clip *run_end(struct run *run)
{
    const uint8_t *data;
    size_t len;
    struct clip *c;

    is_int(rtc_media_writer_end(run->w, &data, &len), 0, "the end");
    clip_take(&run->out, data, len);
    c = clip_read(RTC_MEDIA_MATROSKA, run->out.data, run->out.len, 4096);
    is_str(c->why, "", "readable");
    rtc_media_writer_free(run->w);
    free(run);
    return c;
}

/* Baseline, 16x16; the second differs in its level. */
#define SETS_A "\0\0\0\1\x67\x42\xc0\x0a\xda\x79\0\0\0\1\x68\xce\x01"
#define SETS_B "\0\0\0\1\x67\x42\xc0\x0b\xda\x79\0\0\0\1\x68\xce\x01"
#define IDR "\0\0\1\x65\x88\x80"
#define SLICE "\0\0\0\1\x41\x9a\x80"
#define OPUS "\x08."
#define VP8_KEY "\x10\0\0\x9d\x01\x2a\x40\0\x20\0"

#define PUT(run, track, ms, bytes)                                             \
    put(run, track, ms, "" bytes, sizeof("" bytes) - 1)

static bool has(const struct run *run, const char *text)
{
    return memmem(run->out.data, run->out.len, text, strlen(text)) != NULL;
}

static void test_at_once(void)
{
    struct run *run = run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_OPUS, 0);
    struct clip *c;

    ok(PUT(run, 0, 5000, OPUS) > 100, "audio alone does not wait");
    ok(has(run, "matroska") && !has(run, "webm"), "named Matroska");
    ok(PUT(run, 0, 5020, OPUS) > 0, "nor later");
    c = run_end(run);
    ok(c->count == 2 && c->frames[0].time == 0 && c->frames[1].time == 20000000,
       "from 0 on");
    ok(c->track.channels == 2 && c->track.pre_skip == 312, "what Opus has");
    clip_free(c);

    run = run_new(RTC_MEDIA_WEBM, RTC_CODEC_VP8, 0);
    is_int(PUT(run, 0, 0, "\x11\0\0."), 0, "a video waits for its key frame");
    ok(PUT(run, 0, 33, VP8_KEY) > 100, "which begins it");
    ok(has(run, "webm") && !has(run, "matroska"), "named WebM");
    c = run_end(run);
    ok(c->count == 2 && c->track.width == 64 && c->track.height == 32,
       "with its size");
    clip_free(c);
}

static void test_hold(void)
{
    struct run *run =
        run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_H264, RTC_CODEC_OPUS);
    struct clip *c;

    is_int(PUT(run, 1, 100, OPUS), 0, "audio waits for the picture");
    is_int(PUT(run, 1, 120, OPUS), 0, "and waits");
    ok(PUT(run, 0, 90, SETS_A IDR) > 100, "which begins the file");
    ok(PUT(run, 0, 130, SLICE) > 0, "and nothing is held any more");
    c = run_end(run);
    is_int(c->count, 4, "all frames");
    ok(c->frames[0].track == 0 && c->frames[0].time == 0 &&
           c->frames[1].track == 1 && c->frames[1].time == 10000000,
       "in order of time, from the earliest one");
    ok(c->frames[0].len == sizeof SETS_A IDR - 1 &&
           memcmp(c->frames[0].data, SETS_A IDR, c->frames[0].len) == 0 &&
           c->frames[0].keyframe && !c->frames[3].keyframe,
       "as they were");
    ok(c->track.h264_level_id == 0x42c00a && c->track.width == 16 &&
           c->track.height == 16,
       "and what they say");
    clip_free(c);
}

/* A track that is silent, or has no key frame, is not waited for long. */
static void test_no_key_frame(void)
{
    struct run *run =
        run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_H264, RTC_CODEC_OPUS);
    struct clip *c;
    bool held = true;

    for (int ms = 0; ms < 1000; ms += 20)
        held = held && PUT(run, 1, ms, OPUS) == 0;
    ok(held, "audio is held");
    ok(PUT(run, 1, 1000, OPUS) > 100, "for a second");
    PUT(run, 0, 1010, SETS_A IDR);
    PUT(run, 0, 1050, SETS_A IDR);
    c = run_end(run);
    is_int(c->count, 53, "all frames");
    ok(c->frames[52].keyframe && c->frames[52].len == sizeof SETS_A IDR - 1 &&
           memcmp(c->frames[52].data, SETS_A IDR, c->frames[52].len) == 0,
       "a late picture carries its parameter sets");
    clip_free(c);

    run = run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_H264, RTC_CODEC_OPUS);
    is_int(PUT(run, 0, 0, SLICE), 0, "no key frame");
    is_int(PUT(run, 1, 0, OPUS), 0, "and nothing else");
    c = run_end(run);
    is_int(c->count, 2, "are written by the end");
    clip_free(c);
}

static void test_bounds(void)
{
    struct run *run =
        run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_VP8, RTC_CODEC_OPUS);
    uint8_t *large = calloc(1, (size_t)5 << 20);
    const uint8_t *data;
    size_t len;
    int count = 0;

    while (count < 1000 && PUT(run, 1, 0, OPUS) == 0)
        count++;
    is_int(count, 511, "so many frames are held at most");
    rtc_media_writer_free(run->w);
    free(run);

    run = run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_VP8, RTC_CODEC_OPUS);
    is_int(PUT(run, 1, 0, OPUS), 0, "one is held");
    large[0] = 1;
    ok(put(run, 0, 0, large, (size_t)5 << 20) > 5 << 20,
       "one that is too large to be held begins the file");
    rtc_media_writer_free(run->w);
    free(run);
    free(large);

    run = run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_VP8, RTC_CODEC_OPUS);
    ok(rtc_media_writer_end(run->w, &data, &len) == 0 && len == 0,
       "without frames there is no file");
    rtc_media_writer_free(run->w);
    free(run);
}

static void test_times(void)
{
    static const int64_t want[] = {0, 1, 40, 41, 42, 80, 40080, 40081};
    struct run *run =
        run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_OPUS, RTC_CODEC_VP8);
    struct rtc_media_frame none = {.data = (const uint8_t *)OPUS, .len = 2};
    bool times = true;
    const uint8_t *data;
    struct clip *c;
    size_t len;

    PUT(run, 1, 0, VP8_KEY);
    PUT(run, 0, 100000, OPUS);
    PUT(run, 1, 0, VP8_KEY);
    PUT(run, 1, 40, VP8_KEY);
    PUT(run, 1, 10, VP8_KEY);
    PUT(run, 1, -5000, VP8_KEY);
    PUT(run, 1, 80, VP8_KEY);
    PUT(run, 1, 40080, VP8_KEY);
    PUT(run, 1, 40080, VP8_KEY);
    is_int(PUT(run, 0, 0, "\x03"), RTC_ERR_FORMAT, "no packet of Opus");
    is_int(rtc_media_writer_frame(run->w, &none, &data, &len), RTC_ERR_ARG,
           "no time");
    is_int(put(run, 0, INT64_MAX, OPUS, 2), RTC_ERR_ARG, "no possible time");
    c = run_end(run);
    is_int(c->count, 9, "frames");
    for (unsigned i = 0, n = 0; i < c->count; i++)
        if (c->frames[i].track == 1)
            times = times && c->frames[i].time == want[n++] * 1000000;
        else
            times = times && c->frames[i].time == INT64_C(100000000000);
    ok(times, "no track's times step back; two tracks may be far apart");
    clip_free(c);
}

/* Parameter sets that were changed stay in the stream from then on. */
static void test_change(void)
{
    struct run *run = run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_H264, 0);
    static const struct {
        const char *bytes;
        size_t len;
    } frames[] = {
        {SETS_A IDR, sizeof SETS_A IDR - 1},
        {SLICE, sizeof SLICE - 1},
        {SETS_A IDR, sizeof SETS_A IDR - 1},
        {SETS_B IDR, sizeof SETS_B IDR - 1},
        {SLICE, sizeof SLICE - 1},
        {SETS_A IDR, sizeof SETS_A IDR - 1},
    };
    int64_t lens[6];
    struct clip *c;
    bool same = true;

    for (unsigned i = 0; i < 6; i++)
        lens[i] = put(run, 0, 40 * i, frames[i].bytes, frames[i].len);
    is_int(lens[3] - lens[2], (int64_t)sizeof SETS_A - 1,
           "known ones are left out, others not");
    is_int(lens[5], lens[3], "and then the first ones not, either");
    c = run_end(run);
    is_int(c->count, 6, "frames");
    for (unsigned i = 0; i < c->count; i++)
        same = same && c->frames[i].len == frames[i].len &&
               memcmp(c->frames[i].data, frames[i].bytes, frames[i].len) == 0;
    ok(same, "read as they were");
    clip_free(c);
}

/* The header has room for the most that a stream may need. */
static void test_large_sets(void)
{
    static const size_t lens[] = {2000, 4000, 5000, 70000};
    static uint8_t frame[80000];

    for (size_t i = 0; i < 4; i++) {
        struct run *run = run_new(RTC_MEDIA_MATROSKA, RTC_CODEC_H264, 0);
        size_t at = sizeof SETS_A - 1;
        struct clip *c;

        memset(frame, 0x55, sizeof frame);
        memcpy(frame, SETS_A, at);
        memcpy(frame + lens[i], IDR, sizeof IDR - 1);
        put(run, 0, 0, frame, lens[i] + sizeof IDR - 1);
        if (lens[i] > sizeof run->out.data) {
            rtc_media_writer_free(run->w);
            free(run);
            continue;
        }
        c = run_end(run);
        ok(c->count == 1 && c->frames[0].len == lens[i] + sizeof IDR - 1 &&
               memcmp(c->frames[0].data, frame, c->frames[0].len) == 0,
           "parameter sets of any length come back");
        clip_free(c);
    }
}

int main(void)
{
    test_at_once();
    test_hold();
    test_no_key_frame();
    test_bounds();
    test_times();
    test_change();
    test_large_sets();
    return tap_done();
}
