/* SPDX-License-Identifier: MIT
 * Round trips for a side that sends no media (RFC 3611 4.4, 4.5): it tells its
 * time, the other answers how long it had that. Both sides of it. */
#pragma once

#include "base/clock.h"
#include "rtcp/report.h"

/* Askers remembered until the next report answers them. */
#define RTC_ROUND_TRIP_MOST 8

struct rtc_round_trip {
    struct {
        uint32_t ssrc, last_rr;
        rtc_usec came_us;
    } asked[RTC_ROUND_TRIP_MOST];
    unsigned asked_count;
    rtc_usec rtt_us; /* -1: unknown */
};

void rtc_round_trip_init(struct rtc_round_trip *t);
/* Reads the remote's XR; `ntp` is `now` as we told it under `ssrc`. */
void rtc_round_trip_take(struct rtc_round_trip *t, const struct rtc_rtcp_xr *xr,
                         uint32_t ssrc, uint64_t ntp, rtc_usec now);
/* Fills the answers that are due, each once. False: none. */
bool rtc_round_trip_answer(struct rtc_round_trip *t, struct rtc_rtcp_xr *xr,
                           rtc_usec now);
