/* SPDX-License-Identifier: MIT
 *
 * Times of inputs: loops, restarts, disorder, none at all.
 */
#include "cmd/timestamp.h"

#include "tap.h"

#define MOST 8
#define NONE INT64_MIN
#define LOOP (-99)

/* Frames of tracks 0 (VP8) and 1 (Opus): milliseconds in the input, what a
 * pipe's timeline shows, and what must come out. A track of LOOP: the input
 * begins again. */
static const struct {
    const char *name;
    struct {
        int track, in, out;
        int64_t position;
    } frames[MOST];
} rows[] = {
    {"times pass as they are",
     {{0, 500, 500, NONE}, {1, 480, 480, NONE}, {0, 540, 540, NONE}}},
    {"a loop goes on behind the last frame",
     {{0, 100, 100, NONE},
      {0, 140, 140, NONE},
      {LOOP, 0, 0, 0},
      {0, 100, 180, NONE},
      {0, 140, 220, NONE},
      {LOOP, 0, 0, 0},
      {0, 100, 260, NONE}}},
    {"a loop goes on behind the longer track",
     {{0, 0, 0, NONE},
      {1, 0, 0, NONE},
      {0, 40, 40, NONE},
      {1, 20, 20, NONE},
      {LOOP, 0, 0, 0},
      {1, 0, 80, NONE},
      {0, 0, 80, NONE}}},
    {"a writer that begins again goes on behind all tracks",
     {{0, 5000, 5000, NONE},
      {1, 5000, 5000, NONE},
      {0, 5040, 5040, NONE},
      {1, 5020, 5020, NONE},
      {1, 10, 5080, NONE},
      {0, 0, 5070, NONE},
      {1, 30, 5100, NONE}}},
    {"and a live one, where the time has come to",
     {{0, 5000, 5000, 5000}, {0, 5040, 5040, 5040}, {0, 0, 9000, 9000}}},
    {"without times a live one is stamped when it comes",
     {{0, -1, 0, NONE}, {0, -1, 31, 31}, {0, -1, 90, 90}}},
};

static int64_t stamp(struct timestamps *t, int track, int ms, int64_t position,
                     bool reorders)
{
    const struct rtc_media_frame frame = {.codec = track ? RTC_CODEC_OPUS
                                                         : RTC_CODEC_VP8,
                                          .time = ms,
                                          .base_num = ms >= 0,
                                          .base_den = ms >= 0 ? 1000 : 0};
    const struct timestamp_frame about = {
        .frame = &frame,
        .track = (unsigned)track,
        .reorders = reorders,
        .position_ns = position == NONE ? NONE : position * 1000000};
    int64_t ns = -1;

    is_int(timestamp_next(t, &about, &ns), 0, "it has a time");
    return ns;
}

static void test_row(size_t i)
{
    struct timestamps t = {.has_first = false};

    for (unsigned f = 0; f < MOST; f++) {
        int track = rows[i].frames[f].track, out = rows[i].frames[f].out;
        if (f && !rows[i].frames[f].in && !out && track != LOOP)
            break;
        if (track == LOOP)
            timestamp_loop(&t);
        else
            is_int(stamp(&t, track, rows[i].frames[f].in,
                         rows[i].frames[f].position, false),
                   (int64_t)out * 1000000, rows[i].name);
    }
}

static void test_order(void)
{
    struct timestamps t = {.has_first = false};

    stamp(&t, 0, 80, NONE, true);
    is_int(stamp(&t, 0, 40, NONE, true), 40000000,
           "B-frames go back and forth");
    stamp(&t, 0, 120, NONE, false);
    ok(stamp(&t, 0, 120, NONE, false) > 120000000,
       "but no two frames have one time");
    is_int(stamp(&t, 1, 120, NONE, false), 120000000, "of a track");
}

static void test_rate(void)
{
    struct timestamps t = {.has_first = false};

    for (int i = 0; i < 30; i++)
        stamp(&t, 0, -1, NONE, false);
    is_int(stamp(&t, 0, -1, NONE, false) / 1000, 999999,
           "a file without times has 30 frames a second");
}

static void test_nonsense(void)
{
    struct timestamps t = {.has_first = false};
    const struct rtc_media_frame frame = {.codec = RTC_CODEC_VP8,
                                          .time = INT64_MAX,
                                          .base_num = 1,
                                          .base_den = 1};
    const struct timestamp_frame about = {.frame = &frame, .position_ns = NONE};
    int64_t ns;

    is_int(timestamp_next(&t, &about, &ns), RTC_ERR_FORMAT,
           "times beyond all measure");
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(i);
    test_order();
    test_rate();
    test_nonsense();
    return tap_done();
}
