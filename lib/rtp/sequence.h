/* SPDX-License-Identifier: MIT
 * Unwraps 16- and 32-bit counters (RTP sequence numbers and times) to 64 bits,
 * so that the rest of the code compares and subtracts plain numbers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The first value is lifted by this much. `highest` never falls, so no result
 * is more than half a range below the first one and none underflows. */
#define RTC_SEQUENCE_ORIGIN (UINT64_C(1) << 32)

/* Zeroed: nothing seen yet. */
struct rtc_sequence {
    uint64_t highest; /* valid when `started` */
    bool started;
};

/* The number nearest to `reference` whose low 16 bits are `value` (of two
 * equally near, the lower one). `reference` is at least 2^15. */
static inline uint64_t rtc_sequence_near16(uint64_t reference, uint16_t value)
{
    uint16_t ahead = (uint16_t)(value - (uint16_t)reference);

    return ahead < 0x8000 ? reference + ahead : reference - (0x10000u - ahead);
}

/* The same with 32 bits; `reference` is at least 2^31. */
static inline uint64_t rtc_sequence_near32(uint64_t reference, uint32_t value)
{
    uint32_t ahead = value - (uint32_t)reference;

    return ahead < UINT32_C(0x80000000)
               ? reference + ahead
               : reference - (UINT64_C(0x100000000) - ahead);
}

/* Unwraps the next number received and remembers the highest. */
static inline uint64_t rtc_sequence_unwrap16(struct rtc_sequence *s,
                                             uint16_t value)
{
    uint64_t wide = s->started ? rtc_sequence_near16(s->highest, value)
                               : RTC_SEQUENCE_ORIGIN + value;

    if (!s->started || wide > s->highest)
        s->highest = wide;
    s->started = true;
    return wide;
}

static inline uint64_t rtc_sequence_unwrap32(struct rtc_sequence *s,
                                             uint32_t value)
{
    uint64_t wide = s->started ? rtc_sequence_near32(s->highest, value)
                               : RTC_SEQUENCE_ORIGIN + value;

    if (!s->started || wide > s->highest)
        s->highest = wide;
    s->started = true;
    return wide;
}
