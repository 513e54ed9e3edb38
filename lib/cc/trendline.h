/* SPDX-License-Identifier: MIT
 * Whether a queue grows on the way: the slope of the one-way delay over the
 * last packets, against a threshold that adapts itself (draft-ietf-rmcat-gcc-02
 * 5.1 to 5.4, with a line fitted instead of the Kalman filter). */
#pragma once

#include "base/clock.h"

enum rtc_usage {
    RTC_USAGE_NORMAL,
    RTC_USAGE_OVER,  /* a queue grows */
    RTC_USAGE_UNDER, /* it drains */
};

#define RTC_TRENDLINE_POINTS 20

/* Packets sent in one burst. */
struct rtc_trendline_group {
    rtc_usec first_sent_us, sent_us; /* of its first and last packet */
    rtc_usec first_arrival_us, arrival_us;
};

struct rtc_trendline {
    unsigned group_count;
    struct rtc_trendline_group current, before;
    rtc_usec origin_us; /* arrival of the first group */
    double sum_ms;      /* delay gained since then, and smoothed */
    double smooth_ms;
    double least_ms[2]; /* the sum's minimum of this spell and the one before */
    rtc_usec spell_us;  /* when this one began */
    struct {
        double at_ms, delay_ms;
    } points[RTC_TRENDLINE_POINTS];
    unsigned point_count; /* in all */
    double trend;         /* scaled slope, to compare with the threshold */
    double threshold_ms;
    rtc_usec adapted_us; /* arrival at which the threshold was */
    double over_ms;      /* how long the trend is above it */
    unsigned over_count;
    enum rtc_usage usage;
};

void rtc_trendline_init(struct rtc_trendline *t);
/* A packet was received; the two clocks are unrelated. Packets that overtook
 * each other are passed over. */
void rtc_trendline_add(struct rtc_trendline *t, rtc_usec sent_us,
                       rtc_usec arrival_us);
/* How much longer the last packets took than the fastest lately: the queue. */
rtc_usec rtc_trendline_queue_us(const struct rtc_trendline *t);
