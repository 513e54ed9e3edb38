/* SPDX-License-Identifier: MIT
 * Index arithmetic of a power-of-two ring addressed by sequence number: slot
 * `number & mask` holds `number` or nothing. The owner keeps the slots. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Numbers [first, end) may be in the ring; end - first <= mask + 1. */
struct rtc_ring {
    uint64_t first, end;
    uint32_t mask;
};

static inline void rtc_ring_init(struct rtc_ring *r, uint32_t slots_pow2,
                                 uint64_t first)
{
    r->first = r->end = first;
    r->mask = slots_pow2 - 1;
}

static inline bool rtc_ring_has(const struct rtc_ring *r, uint64_t number)
{
    return number >= r->first && number < r->end;
}

static inline uint32_t rtc_ring_slot(const struct rtc_ring *r, uint64_t number)
{
    return (uint32_t)number & r->mask;
}

static inline uint32_t rtc_ring_count(const struct rtc_ring *r)
{
    return (uint32_t)(r->end - r->first);
}

static inline bool rtc_ring_is_full(const struct rtc_ring *r)
{
    return rtc_ring_count(r) == r->mask + 1;
}
