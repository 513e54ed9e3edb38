/* SPDX-License-Identifier: MIT
 * The rate itself: more as long as no queue grows, a step down as soon as one
 * does (draft-ietf-rmcat-gcc-02 5.5). */
#pragma once

#include "cc/trendline.h"

struct rtc_aimd {
    uint64_t bps;  /* 0: unknown */
    bool starting; /* no limit was met yet */
    rtc_usec grown_us, cut_us, drain_until_us;
    bool holds;  /* after a cut, until the queue is gone */
    bool drains; /* the cut was a deep one */
    /* What the link carried when it was full, 0: unknown, and how much that
     * varies, as a fraction of it. */
    double capacity_kbps, variance;
};

/* Zeroed and with `starting` as wanted: unknown. */
struct rtc_aimd_input {
    enum rtc_usage usage;
    uint64_t acked_bps; /* what arrives, not 0 */
    rtc_usec rtt_us;
    rtc_usec queue_us; /* how long packets wait on the way */
    bool may_grow;     /* as far as loss is concerned */
    bool is_full;      /* more was kept back: the path gets all it takes */
};

void rtc_aimd_update(struct rtc_aimd *a, const struct rtc_aimd_input *input,
                     rtc_usec now);
/* Another part knows better: never below the least there is. */
void rtc_aimd_set(struct rtc_aimd *a, uint64_t bps, rtc_usec now);
