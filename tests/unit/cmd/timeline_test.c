/* SPDX-License-Identifier: MIT
 *
 * Received frames on one timeline: both tracks, with and without the remote's
 * clock, over pauses, restarts, wraps and reconnects.
 */
#include "cmd/timeline.h"

#include <stdio.h>

#include "tap.h"

#define MOST 14
#define NONE (-1)
enum { VIDEO = 1, AUDIO, REBASE, SWITCH };
/* Anything: a day in 2026, in milliseconds since 1900. */
#define REMOTE INT64_C(3990000000000)

/* In milliseconds: the frame's RTP time, when it comes, its time at the remote
 * and what must come out. */
static const struct {
    const char *name;
    struct {
        int what;
        int64_t media;
        int at, remote, out;
    } frames[MOST];
} rows[] = {
    {"a track alone keeps its RTP distances",
     {{VIDEO, 7000, 0, NONE, 0},
      {VIDEO, 7040, 55, NONE, 40},
      {VIDEO, 7080, 80, NONE, 80},
      {VIDEO, 7120, 800, NONE, 120}}},
    {"the second track begins where it arrives",
     {{VIDEO, 7000, 0, NONE, 0},
      {AUDIO, 90, 13, NONE, 13},
      {VIDEO, 7040, 40, NONE, 40},
      {AUDIO, 110, 39, NONE, 33}}},
    {"or where the remote's clock tells",
     {{AUDIO, 90, 0, 500, 0},
      {VIDEO, 7000, 60, 510, 10},
      {AUDIO, 110, 61, 520, 20},
      {VIDEO, 7040, 90, 550, 50}}},
    {"which may be before the first frame",
     {{AUDIO, 90, 0, 500, 0}, {VIDEO, 7000, 2, 493, -7}}},
    {"a late report moves the video smoothly",
     {{AUDIO, 0, 0, NONE, 0},
      {VIDEO, 0, 100, NONE, 100},
      {VIDEO, 80, 180, NONE, 180},
      {AUDIO, 180, 181, 180, 180},
      {VIDEO, 160, 260, 240, 250},
      {VIDEO, 240, 340, 320, 320},
      {VIDEO, 320, 420, 400, 400},
      {VIDEO, 400, 500, 480, 480}}},
    {"forward, too",
     {{AUDIO, 0, 0, 0, 0},
      {VIDEO, 0, 1, NONE, 1},
      {VIDEO, 80, 81, 97, 91},
      {VIDEO, 160, 161, 177, 177}}},
    {"a long way forward at once",
     {{AUDIO, 0, 0, 0, 0},
      {VIDEO, 0, 0, NONE, 0},
      {VIDEO, 80, 80, 2080, 2080}}},
    {"a remote whose clock makes no sense is not believed",
     {{AUDIO, 0, 0, 0, 0},
      {VIDEO, 0, 0, 90000, 0},
      {VIDEO, 80, 80, 90080, 80}}},
    {"a pause in both is a pause",
     {{AUDIO, 0, 0, 0, 0},
      {VIDEO, 0, 0, 0, 0},
      {AUDIO, 30000, 30000, 30000, 30000},
      {VIDEO, 30000, 30000, 30000, 30000}}},
    {"faster than the clock is no jump",
     {{VIDEO, 0, 0, NONE, 0},
      {VIDEO, 4000, 1, NONE, 4000},
      {VIDEO, 8000, 2, NONE, 8000},
      {VIDEO, 16000, 3, NONE, 16000}}},
    {"a sender that began again goes on where it arrives",
     {{VIDEO, 7000, 0, NONE, 0},
      {VIDEO, 7040, 40, NONE, 40},
      {VIDEO, 100, 540, NONE, 540},
      {VIDEO, 140, 580, NONE, 580},
      {VIDEO, 9999999, 620, NONE, 620}}},
    {"disorder of B-frames stays",
     {{VIDEO, 0, 0, NONE, 0},
      {VIDEO, 120, 40, NONE, 120},
      {VIDEO, 40, 80, NONE, 40}}},
    {"another session goes on behind",
     {{AUDIO, 0, 0, 0, 0},
      {VIDEO, 0, 10, 10, 10},
      {REBASE, 0, 0, 0, 0},
      {VIDEO, 555, 3010, NONE, 3010},
      {AUDIO, 777, 3020, 5, 3020},
      {VIDEO, 595, 3050, 45, 3055},
      {VIDEO, 635, 3090, 85, 3100}}},
    {"and never back",
     {{VIDEO, 0, 0, NONE, 0},
      {VIDEO, 5000, 1, NONE, 5000},
      {REBASE, 0, 0, 0, 0},
      {VIDEO, 90, 1, NONE, 5001}}},
    {"another layer has its own RTP times",
     {{AUDIO, 0, 0, 0, 0},
      {VIDEO, 0, 0, 0, 0},
      {VIDEO, 40, 40, 40, 40},
      {SWITCH, 0, 0, 0, 0},
      {VIDEO, 70000, 95, 80, 80},
      {VIDEO, 70040, 121, 120, 120}}},
};

static int64_t next(struct timeline *t, int track, int64_t media, int at,
                    int remote)
{
    /* Near a wrap of 64 bits, which must not matter. */
    uint64_t rate = track == AUDIO ? 48 : 90;
    const struct rtc_frame frame = {
        .codec = track == AUDIO ? RTC_CODEC_OPUS : RTC_CODEC_VP8,
        .media_time = UINT64_MAX - 50 * rate + (uint64_t)media * rate,
        .time = 1000000 + at * 1000,
        .remote_time = remote == NONE ? RTC_NEVER : (REMOTE + remote) * 1000};

    return timeline_next(t, (unsigned)track - VIDEO, &frame);
}

static void test_row(size_t i)
{
    struct timeline t = {.lead = AUDIO - VIDEO};
    bool right = true;

    for (unsigned f = 0; f < MOST; f++) {
        int what = rows[i].frames[f].what, out = rows[i].frames[f].out;
        int64_t ns;
        if (!what)
            break;
        if (what == REBASE) {
            timeline_rebase(&t);
        } else if (what == SWITCH) {
            timeline_switch(&t, 0);
        } else {
            ns = next(&t, what, rows[i].frames[f].media, rows[i].frames[f].at,
                      rows[i].frames[f].remote);
            right = right && ns / 1000000 == out;
            if (ns / 1000000 != out)
                printf("# frame %u at %lld us, not %d ms\n", f,
                       (long long)ns / 1000, out);
        }
    }
    ok(right, rows[i].name);
}

/* Whatever the remote's clock does, no frame goes before the one in front. */
static void test_steps(void)
{
    struct timeline t = {.lead = AUDIO - VIDEO};
    int64_t last = -1;
    bool right = true;
    uint32_t seed = 1;

    for (int i = 0; i < 20000; i++) {
        int64_t ns;
        seed = seed * 1664525 + 1013904223;
        next(&t, AUDIO, i * 20, i * 20, i * 20 + (int)(seed >> 24));
        seed = seed * 1664525 + 1013904223;
        ns = next(&t, VIDEO, i * 20, i * 20,
                  i % 7 ? i * 20 + (int)(seed >> 20) - 2000 : NONE);
        right = right && ns > last;
        last = ns;
    }
    ok(right, "corrections never step back");
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(i);
    test_steps();
    return tap_done();
}
