/* SPDX-License-Identifier: MIT
 *
 * An input's own times on one timeline that does not step back: loops, writers
 * that begin again, and streams without times. Nanoseconds, so that times of
 * any clock rate stay exact. No clock, no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "media/media.h"

#define TIMESTAMP_TRACK_MOST 2
/* Frames per second of a file that does not tell. */
#define TIMESTAMP_FPS 30
/* What lies further from 0 is nobody's time: 73 years. */
#define TIMESTAMP_MOST ((int64_t)1 << 61)

/* Zeroed: nothing was read. */
struct timestamps {
    int64_t shift_ns; /* added to the input's times */
    int64_t first_ns; /* of the input as it is, at its start */
    bool has_first;
    struct {
        bool has_last;
        int64_t last_ns, step_ns;
    } tracks[TIMESTAMP_TRACK_MOST];
};

struct timestamp_frame {
    const struct rtc_media_frame *frame;
    unsigned track;
    bool reorders;       /* its times may go back and forth (B-frames) */
    int64_t position_ns; /* what the timeline shows now, where it goes on by
                            itself; else INT64_MIN */
};

/* The frame's time; RTC_ERR_FORMAT when the input's times run away. One
 * without a time of its own gets the position, or the frame rate's next.
 * Times that jump back by over half a second go on behind all tracks. */
int timestamp_next(struct timestamps *t, const struct timestamp_frame *frame,
                   int64_t *ret_ns);
/* The input begins again from its start. */
void timestamp_loop(struct timestamps *t);
