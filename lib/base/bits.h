/* SPDX-License-Identifier: MIT
 * A reader of single bits, highest first, as headers of video formats have
 * them. Its overrun is sticky: it gives zeros from there on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtc_bits {
    const uint8_t *data;
    size_t len, at; /* in bits */
    bool failed;
};

static inline void rtc_bits_init(struct rtc_bits *b, const uint8_t *data,
                                 size_t len)
{
    *b = (struct rtc_bits){.data = data, .len = len * 8};
}

static inline bool rtc_bits_flag(struct rtc_bits *b)
{
    if (b->at == b->len) {
        b->failed = true;
        return false;
    }
    b->at++;
    return b->data[(b->at - 1) / 8] >> (7 - (b->at - 1) % 8) & 1;
}

/* `count` up to 32. */
static inline uint32_t rtc_bits_number(struct rtc_bits *b, unsigned count)
{
    uint32_t value = 0;

    while (count-- > 0)
        value = value << 1 | rtc_bits_flag(b);
    return value;
}
