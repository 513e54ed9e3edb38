/* SPDX-License-Identifier: MIT
 * How many bits a second passed lately: bytes counted in slots of time, on any
 * one clock. */
#pragma once

#include "base/clock.h"

/* The time looked back on: slots of 50 ms, and the one being filled. */
#define RTC_THROUGHPUT_SLOTS 11

struct rtc_throughput {
    bool started;
    int64_t slot;      /* the one being filled */
    rtc_usec first_us; /* the first ever */
    rtc_usec newest_us;
    uint64_t bytes[RTC_THROUGHPUT_SLOTS];
};

/* Zeroed: nothing passed. */
void rtc_throughput_add(struct rtc_throughput *t, size_t len, rtc_usec at);
/* Over the half second before the newest byte, or as much as there is; 0 before
 * a fifth of a second was seen. */
uint64_t rtc_throughput_bps(const struct rtc_throughput *t);
