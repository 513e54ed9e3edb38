/* SPDX-License-Identifier: MIT
 * NTP timestamps of RTCP (RFC 3550 4) as integers: 32.32 fixed-point seconds,
 * their middle 32 bits, and spans in 1/65536 s. The origin is the caller's: a
 * monotonic clock will do, since only differences are used (RFC 3550 6.4.1). */
#pragma once

#include "rtc.h"

/* `at` as 32.32 seconds, modulo 2^32 s. */
uint64_t rtc_ntp_write(rtc_usec at);
/* Microseconds of 32.32 seconds, rounded to the nearest. */
rtc_usec rtc_ntp_parse(uint64_t ntp);

/* What LSR and LRR hold. */
static inline uint32_t rtc_ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

/* A span in 1/65536 s (DLSR, DLRR); 0 for a negative one, at most 2^32 - 1. */
uint32_t rtc_ntp_span(rtc_usec span_us);

/* Round-trip time (RFC 3550 6.4.1, RFC 3611 4.5) from the time now and what a
 * report block or DLRR holds. -1 when `last` is 0 (the other side has no report
 * of ours); 0 when clock drift makes it negative. */
rtc_usec rtc_ntp_rtt(uint64_t ntp_now, uint32_t last, uint32_t delay);
