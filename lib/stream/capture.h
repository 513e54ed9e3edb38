/* SPDX-License-Identifier: MIT
 * When frames were captured, on the remote's clock: a line through the sender
 * reports of a stream turns RTP time into it (RFC 3550 6.4.1). It follows the
 * drift between the two clocks and smooths what reports are off by. */
#pragma once

#include "base/clock.h"

struct rtc_capture {
    uint32_t clock_rate;
    unsigned count;      /* reports the line rests on; 0: there is none */
    uint64_t media_time; /* a point of the line: extended RTP time */
    rtc_usec remote_us;  /* and the remote's clock, since 1900 */
    double drift;        /* of its slope from 1 */
    /* The newest frame told of. */
    bool told;
    uint64_t told_media_time;
    rtc_usec told_us;
};

/* Forgets the reports, for a new stream. */
void rtc_capture_init(struct rtc_capture *c, uint32_t clock_rate);
/* The RTP clock's rate is that of the codec in use; another one starts anew. */
void rtc_capture_set_rate(struct rtc_capture *c, uint32_t clock_rate);

/* A report: at `remote_us` RTP time was `media_time`, extended as frames are. A
 * remote whose clock jumped is followed at once. */
void rtc_capture_report(struct rtc_capture *c, rtc_usec remote_us,
                        uint64_t media_time);
/* When a frame was captured, RTC_NEVER before the first report. But for a jump,
 * what is later in the stream is never earlier here. */
rtc_usec rtc_capture_time(struct rtc_capture *c, uint64_t media_time);

/* Reports of streams whose first packet has not come yet. */
#define RTC_CAPTURE_EARLY_MOST 16

struct rtc_capture_early {
    struct rtc_capture_early_report {
        uint32_t ssrc, rtp_time; /* SSRC 0: empty */
        uint64_t ntp;
        rtc_usec came_us;
    } reports[RTC_CAPTURE_EARLY_MOST];
    unsigned next; /* to be overwritten */
};

/* Keeps the newest report of each SSRC; the oldest goes at the cap. */
void rtc_capture_keep(struct rtc_capture_early *early,
                      const struct rtc_capture_early_report *report);
/* Takes out the one of `ssrc`; false when there is none. */
bool rtc_capture_take(struct rtc_capture_early *early, uint32_t ssrc,
                      struct rtc_capture_early_report *ret_report);
