/* SPDX-License-Identifier: MIT
 *
 * The schedule of inputs that began together.
 */
#include "cmd/pace.h"

/* A frame of a file this late moves the schedule; of a pipe, its times jumped.
 */
#define LATE_US 500000
#define PIPE_LATE_US 5000000
/* A pipe's frame this early belongs to another start of its writer. */
#define PIPE_EARLY_US 10000000
/* A pipe's schedule may come forward by so much at its start, and by one part
 * in so many of the time that goes on, for a writer whose clock runs fast. */
#define AHEAD_US 500000
#define AHEAD_EARN 1000

void pace_begin(struct pace_start *start, rtc_usec now)
{
    if (start->is_set)
        return;
    *start = (struct pace_start){
        .is_set = true, .anchor = now, .ahead_us = AHEAD_US, .ahead_at = now};
}

void pace_init(struct pace *pace, struct pace_start *start, bool is_pipe)
{
    *pace = (struct pace){.start = start, .is_pipe = is_pipe};
}

/* How far the schedule comes forward for a frame that is early by `lead`. */
static rtc_usec take_ahead(struct pace_start *start, rtc_usec lead,
                           rtc_usec now)
{
    rtc_usec earned = (now - start->ahead_at) / AHEAD_EARN;
    rtc_usec taken;

    if (earned > 0) {
        start->ahead_us += earned;
        start->ahead_at = now;
    }
    if (start->ahead_us > AHEAD_US)
        start->ahead_us = AHEAD_US;
    taken = lead < start->ahead_us ? lead : start->ahead_us;
    start->ahead_us -= taken;
    start->anchor -= taken;
    return taken;
}

rtc_usec pace_due(struct pace *pace, int64_t time_ns, rtc_usec now)
{
    rtc_usec due, late;

    pace_begin(pace->start, now);
    if (!pace->has_zero) {
        pace->has_zero = true;
        pace->zero_ns = time_ns;
    }
    due =
        pace->start->anchor + pace->moved_us + (time_ns - pace->zero_ns) / 1000;
    late = now - due;
    if (late > (pace->is_pipe ? PIPE_LATE_US : LATE_US) ||
        (pace->is_pipe && -late > PIPE_EARLY_US)) {
        pace->moved_us += late;
        return now;
    }
    if (pace->is_pipe && late < 0)
        due -= take_ahead(pace->start, -late, now);
    return due;
}

int64_t pace_position(const struct pace *pace, rtc_usec now)
{
    return pace->zero_ns + (now - pace->start->anchor - pace->moved_us) * 1000;
}

void pace_resume(struct pace *pace, rtc_usec gap_us)
{
    if (!pace->is_pipe)
        pace->moved_us += gap_us;
}
