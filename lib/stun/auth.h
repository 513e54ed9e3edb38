/* SPDX-License-Identifier: MIT
 * MESSAGE-INTEGRITY (HMAC-SHA1) and FINGERPRINT of STUN messages (RFC 8489
 * 14.5, 14.7). The key is the password itself (short-term, 9.1) or what
 * rtc_stun_long_term_key makes (9.2). */
#pragma once

#include "base/hash.h"
#include "stun/message.h"

struct rtc_stun_login {
    const char *username, *realm, *password; /* as OpaqueString (RFC 8265) */
};

/* MD5 of username:realm:password. 0, RTC_ERR_NOBUF (longer than 1024 bytes in
 * total) or RTC_ERR_CRYPTO. */
int rtc_stun_long_term_key(const struct rtc_stun_login *login,
                           uint8_t ret_key[RTC_MD5_LEN]);

/* Append to a message being written; integrity goes before the fingerprint,
 * which is last. A failure shows as `w->failed`. */
void rtc_stun_write_integrity(struct rtc_writer *w, const void *key,
                              size_t key_len);
void rtc_stun_write_fingerprint(struct rtc_writer *w);

/* Is it there and right; compared in constant time. */
bool rtc_stun_check_integrity(const struct rtc_stun *message, const void *key,
                              size_t key_len);
/* Is it right, or absent. */
bool rtc_stun_check_fingerprint(const struct rtc_stun *message);
