/* SPDX-License-Identifier: MIT
 *
 * When frames are due: files, pipes, and inputs that began together.
 */
#include "cmd/pace.h"

#include <stdio.h>

#include "tap.h"

#define MS 1000
#define NOW ((rtc_usec)1000000)
#define MOST 6

/* Frames of one input in milliseconds: their time, when they are read, and when
 * they must be due, counted from NOW. */
static const struct {
    const char *name;
    bool is_pipe;
    struct {
        int time, read, due;
    } frames[MOST];
} rows[] = {
    {"a file begins when it begins",
     false,
     {{5000, 0, 0}, {5040, 0, 40}, {5080, 0, 80}, {6000, 100, 1000}}},
    {"a file a little late catches up",
     false,
     {{0, 0, 0}, {40, 500, 40}, {80, 500, 80}}},
    {"a file much late moves its schedule",
     false,
     {{0, 0, 0}, {40, 541, 541}, {80, 541, 581}, {120, 600, 621}}},
    {"a gap in a file is kept", false, {{0, 0, 0}, {60000, 0, 60000}}},
    {"a pipe that is late is late",
     true,
     {{0, 0, 0}, {40, 3000, 40}, {80, 3000, 80}}},
    {"a pipe whose clock stood still goes on",
     true,
     {{0, 0, 0}, {40, 7000, 7000}, {80, 7040, 7040}}},
    {"a pipe whose clock jumped goes on",
     true,
     {{0, 0, 0}, {90000, 40, 40}, {90040, 80, 80}}},
    {"an early pipe comes forward, once",
     true,
     {{0, 0, 0}, {300, 0, 0}, {500, 0, 0}, {1000, 0, 500}}},
};

static void test_row(size_t i)
{
    struct pace_start start = {.is_set = false};
    struct pace pace;
    bool right = true;

    pace_init(&pace, &start, rows[i].is_pipe);
    for (unsigned f = 0; f < MOST; f++) {
        int time = rows[i].frames[f].time, due = rows[i].frames[f].due;
        rtc_usec got;
        if (f && !time)
            break;
        got = pace_due(&pace, (int64_t)time * 1000000,
                       NOW + rows[i].frames[f].read * MS);
        right = right && got == NOW + due * MS;
        if (got != NOW + due * MS)
            printf("# frame %u is due at %lld us\n", f, (long long)(got - NOW));
    }
    ok(right, rows[i].name);
}

/* Two inputs keep the distance they began with. */
static void test_together(void)
{
    struct pace_start start = {.is_set = false};
    struct pace video, audio;

    pace_begin(&start, NOW);
    pace_begin(&start, NOW + 7 * MS);
    pace_init(&video, &start, true);
    pace_init(&audio, &start, true);
    is_int(pace_due(&video, 0, NOW + 20 * MS), NOW, "the start counts");
    is_int(pace_due(&audio, 9000000000, NOW + 30 * MS), NOW,
           "for the other, too, whatever its times");
    is_int(pace_due(&video, 140000000, NOW + 40 * MS), NOW + 40 * MS,
           "one comes forward by 100 ms");
    is_int(pace_due(&audio, 9140000000, NOW + 90 * MS), NOW + 40 * MS,
           "and so does the other");
    is_int(pace_position(&audio, NOW + 90 * MS), 9190000000,
           "what would be due now");
}

static void test_pause(void)
{
    struct pace_start start = {.is_set = false};
    struct pace file, pipe;

    pace_init(&file, &start, false);
    pace_init(&pipe, &start, true);
    pace_due(&file, 0, NOW);
    pace_due(&pipe, 0, NOW);
    pace_resume(&file, 3000 * MS);
    pace_resume(&pipe, 3000 * MS);
    is_int(pace_due(&file, 40000000, NOW + 3000 * MS), NOW + 3040 * MS,
           "a file waits while nothing is sent");
    is_int(pace_due(&pipe, 40000000, NOW + 3000 * MS), NOW + 40 * MS,
           "a pipe went on");
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(i);
    test_together();
    test_pause();
    return tap_done();
}
