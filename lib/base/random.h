/* SPDX-License-Identifier: MIT
 * Draws from the caller's generator; there is none of our own. */
#pragma once

#include "rtc.h"

struct rtc_random {
    rtc_random_fn fn;
    void *user;
};

void rtc_random_bytes(const struct rtc_random *random, void *buf, size_t len);
uint32_t rtc_random_u32(const struct rtc_random *random);
uint64_t rtc_random_u64(const struct rtc_random *random);
/* `len` characters of the ICE alphabet (letters, digits, + and /: RFC 8839 5.4,
 * 6 bits each) and a NUL; `buf` holds len + 1. */
void rtc_random_text(const struct rtc_random *random, char *buf, size_t len);
