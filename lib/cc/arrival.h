/* SPDX-License-Identifier: MIT
 * What came when, by transport-wide number: the receiving half of congestion
 * control (draft-holmer-rmcat-transport-wide-cc-extensions-01). Every number up
 * to the highest that came is reported, as received or lost; one that comes
 * after it was reported as lost is reported again. */
#pragma once

#include "base/clock.h"
#include "rtcp/twcc.h"
#include "rtp/sequence.h"

/* Numbers remembered; those further back are not reported any more. */
#define RTC_ARRIVAL_MOST 4096

struct rtc_arrivals {
    rtc_usec *times; /* by number, RTC_NEVER: not come; made with the first */
    struct rtc_sequence sequence;
    uint64_t first;     /* the lowest number not reported yet */
    uint64_t end;       /* behind the highest that came */
    unsigned new_count; /* came since the last report */
    rtc_usec due_us;    /* of the next report, RTC_NEVER: nothing to tell */
    uint8_t feedback_count;
};

/* Allocates nothing yet. */
void rtc_arrivals_init(struct rtc_arrivals *a);
void rtc_arrivals_done(struct rtc_arrivals *a);

/* A packet with that number came. */
void rtc_arrivals_receive(struct rtc_arrivals *a, uint16_t number,
                          rtc_usec now);
/* Appends one report if one is due, as full as the writer's room lets it be;
 * the rest is due at once. False when nothing was written. */
bool rtc_arrivals_write(struct rtc_arrivals *a, struct rtc_writer *w,
                        uint32_t sender_ssrc, uint32_t media_ssrc,
                        rtc_usec now);
/* When there is something to report. */
static inline rtc_usec rtc_arrivals_deadline(const struct rtc_arrivals *a)
{
    return a->due_us;
}
