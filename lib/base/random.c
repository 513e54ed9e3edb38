/* SPDX-License-Identifier: MIT
 * Draws from the caller's generator. */
#include "base/random.h"

#include <string.h>

void rtc_random_bytes(const struct rtc_random *random, void *buf, size_t len)
{
    random->fn(random->user, buf, len);
}

uint32_t rtc_random_u32(const struct rtc_random *random)
{
    uint8_t b[4];

    rtc_random_bytes(random, b, sizeof b);
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
           (uint32_t)b[3] << 24;
}

uint64_t rtc_random_u64(const struct rtc_random *random)
{
    uint64_t high = rtc_random_u32(random);

    return high << 32 | rtc_random_u32(random);
}

void rtc_random_text(const struct rtc_random *random, char *buf, size_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";

    rtc_random_bytes(random, buf, len);
    for (size_t i = 0; i < len; i++)
        buf[i] = alphabet[(unsigned char)buf[i] & 63];
    buf[len] = '\0';
}
