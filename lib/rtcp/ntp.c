/* SPDX-License-Identifier: MIT
 * NTP arithmetic in integers (RFC 3550 4, 6.4.1). */
#include "rtcp/ntp.h"

enum { USEC = 1000000 };

uint64_t rtc_ntp_write(rtc_usec at)
{
    uint64_t seconds = (uint64_t)at / USEC;
    uint64_t rest = (uint64_t)at % USEC;

    return seconds << 32 | (rest << 32) / USEC;
}

rtc_usec rtc_ntp_parse(uint64_t ntp)
{
    uint64_t seconds = ntp >> 32;
    uint64_t rest = ntp & UINT32_MAX;

    return (rtc_usec)(seconds * USEC + (rest * USEC + (UINT64_C(1) << 31)) /
                                           (UINT64_C(1) << 32));
}

uint32_t rtc_ntp_span(rtc_usec span_us)
{
    uint64_t seconds, rest;

    if (span_us <= 0)
        return 0;
    seconds = (uint64_t)span_us / USEC;
    rest = (uint64_t)span_us % USEC;
    if (seconds > UINT16_MAX)
        return UINT32_MAX;
    return (uint32_t)(seconds << 16 | (rest << 16) / USEC);
}

rtc_usec rtc_ntp_rtt(uint64_t ntp_now, uint32_t last, uint32_t delay)
{
    uint32_t rtt = rtc_ntp_middle(ntp_now) - last - delay;

    if (last == 0)
        return -1;
    if (rtt > INT32_MAX)
        return 0;
    return (rtc_usec)((uint64_t)rtt * USEC >> 16);
}
