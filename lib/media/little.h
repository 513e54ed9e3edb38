/* SPDX-License-Identifier: MIT
 * Little-endian numbers, which files have and the network has not. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* `len` up to 8. */
static inline uint64_t rtc_get_little(const uint8_t *p, size_t len)
{
    uint64_t value = 0;

    while (len-- > 0)
        value = value << 8 | p[len];
    return value;
}

static inline void rtc_put_little(uint8_t *p, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}
