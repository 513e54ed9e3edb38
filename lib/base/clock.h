/* SPDX-License-Identifier: MIT
 * Arithmetic on rtc_usec. There is no clock here: time is an argument. */
#pragma once

#include "rtc.h"

#define RTC_MS ((rtc_usec)1000)
#define RTC_SEC ((rtc_usec)1000000)

static inline rtc_usec rtc_min_time(rtc_usec a, rtc_usec b)
{
    return a < b ? a : b;
}

static inline rtc_usec rtc_max_time(rtc_usec a, rtc_usec b)
{
    return a > b ? a : b;
}

/* `at` + `span`, staying at RTC_NEVER. */
static inline rtc_usec rtc_after(rtc_usec at, rtc_usec span)
{
    return at == RTC_NEVER || span == RTC_NEVER ? RTC_NEVER : at + span;
}
