/* SPDX-License-Identifier: MIT
 *
 * When the frames of an input are due. Inputs of one session start together,
 * at a moment they share; each maps its own times onto it. No clock, no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rtc.h"

/* The moment at which the inputs of a session begin, all at once. */
struct pace_start {
    bool is_set;
    rtc_usec anchor;
    rtc_usec ahead_us, ahead_at; /* see pace_due; when it was last earned */
};

/* One input's times; all its tracks share it. */
struct pace {
    struct pace_start *start; /* borrowed */
    bool is_pipe;
    bool has_zero;
    int64_t zero_ns;   /* the input's time that falls on the start */
    rtc_usec moved_us; /* later than the start says */
};

/* The session begins now, if it has not yet. */
void pace_begin(struct pace_start *start, rtc_usec now);
void pace_init(struct pace *pace, struct pace_start *start, bool is_pipe);
/* When a frame at `time_ns` of the input is due: the first one at the start,
 * which is now if it is not set. What a file brings over half a second late
 * moves the input's schedule, so that no burst makes up for it; what a pipe
 * brings late is late, unless its times jumped. A pipe's frame that is early
 * brings the schedule of all inputs forward, up to half a second at first and
 * then by one part in a thousand: the start was when we read the first frame,
 * which a live writer had written before. To be asked once a frame. */
rtc_usec pace_due(struct pace *pace, int64_t time_ns, rtc_usec now);
/* The input's time that is due now; its first frame must have been asked for.
 */
int64_t pace_position(const struct pace *pace, rtc_usec now);
/* Nothing was sent for so long: all that follows is due later by that. A pipe
 * went on meanwhile, so its schedule stays. */
void pace_resume(struct pace *pace, rtc_usec gap_us);
