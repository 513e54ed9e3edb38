/* SPDX-License-Identifier: MIT
 * What a peer knows of its path's capacity, of all tracks together. */
#pragma once

#include "cc/arrival.h"
#include "cc/estimate.h"
#include "cc/pacer.h"
#include "cc/round_trip.h"
#include "cc/sent.h"

struct rtc_bandwidth {
    /* Ids of header extensions, which mean the same in every bundled section;
     * 0: nobody agreed to it. */
    uint8_t send_time_id, number_id;
    bool reports; /* the remote wants to know what arrives */
    struct rtc_arrivals arrivals;
    uint32_t media_ssrc; /* whose packet came last */
    struct rtc_sent sent;
    struct rtc_estimate estimate;
    struct rtc_pacer pacer;
    struct rtc_round_trip round_trip;
    uint64_t told_bps; /* by RTC_EVENT_BITRATE */
    rtc_usec told_us;
};
