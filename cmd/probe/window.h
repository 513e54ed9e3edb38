/* SPDX-License-Identifier: MIT
 *
 * How many datagrams may be under way, so that a path is filled and its queues
 * are not. Without I/O. Datagrams are numbered from 0 as they leave; `next` is
 * the number of the next one, `above` one more than the largest that is back.
 */
#pragma once

#include "rtc.h"

struct probe_window {
    unsigned size;
    uint32_t base;              /* of what left before, nothing is under way */
    rtc_usec longest, quickest; /* round trips: of all; a round's mean */
    rtc_usec progress_at;
    /* The round that goes on. */
    rtc_usec round_start, round_rtt_sum;
    uint32_t round_end;
    unsigned round_count;
    double rates[8], full_rate; /* datagrams per second, of last rounds */
    unsigned rate_next, still_rounds;
};

/* `rtt_us`: the longest round trip that is likely, or 0. */
void probe_window_init(struct probe_window *window, rtc_usec rtt_us,
                       rtc_usec now);
bool probe_window_has_room(const struct probe_window *window, uint32_t above,
                           uint32_t next);
/* One is back after `rtt_us`. */
void probe_window_returned(struct probe_window *window, uint32_t above,
                           uint32_t next, rtc_usec rtt_us, rtc_usec now);
/* When to call probe_window_stall: what is under way is lost by then. */
rtc_usec probe_window_stalled_at(const struct probe_window *window);
void probe_window_stall(struct probe_window *window, uint32_t next,
                        rtc_usec now);
