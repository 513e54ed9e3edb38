/* SPDX-License-Identifier: MIT
 * RRTR and DLRR (RFC 3611 4.4, 4.5), which mirror LSR and DLSR of RFC 3550. */
#include "cc/round_trip.h"

#include <string.h>

void rtc_round_trip_init(struct rtc_round_trip *t)
{
    *t = (struct rtc_round_trip){.rtt_us = -1};
}

/* The newest question of an SSRC counts, and the newest askers. */
static void ask(struct rtc_round_trip *t, uint32_t ssrc, uint64_t ntp,
                rtc_usec now)
{
    unsigned place = t->asked_count;

    for (unsigned i = 0; i < t->asked_count; i++)
        if (t->asked[i].ssrc == ssrc)
            place = i;
    if (place == RTC_ROUND_TRIP_MOST)
        memmove(t->asked, t->asked + 1, --place * sizeof *t->asked);
    else if (place == t->asked_count)
        t->asked_count++;
    t->asked[place].ssrc = ssrc;
    t->asked[place].last_rr = rtc_ntp_middle(ntp);
    t->asked[place].came_us = now;
}

void rtc_round_trip_take(struct rtc_round_trip *t, const struct rtc_rtcp_xr *xr,
                         uint32_t ssrc, uint64_t ntp, rtc_usec now)
{
    if (xr->has_rrtr)
        ask(t, xr->ssrc, xr->ntp, now);
    for (unsigned i = 0; i < xr->dlrr_count; i++) {
        const struct rtc_rtcp_dlrr *d = &xr->dlrr[i];
        rtc_usec rtt =
            d->ssrc == ssrc ? rtc_ntp_rtt(ntp, d->last_rr, d->delay) : -1;
        if (rtt >= 0)
            t->rtt_us = rtt;
    }
}

bool rtc_round_trip_answer(struct rtc_round_trip *t, struct rtc_rtcp_xr *xr,
                           rtc_usec now)
{
    for (unsigned i = 0; i < t->asked_count; i++)
        xr->dlrr[i] = (struct rtc_rtcp_dlrr){
            .ssrc = t->asked[i].ssrc,
            .last_rr = t->asked[i].last_rr,
            .delay = rtc_ntp_span(now - t->asked[i].came_us),
        };
    xr->dlrr_count = (uint8_t)t->asked_count;
    t->asked_count = 0;
    return xr->dlrr_count > 0;
}
