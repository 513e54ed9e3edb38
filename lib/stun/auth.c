/* SPDX-License-Identifier: MIT
 * Integrity and fingerprint (RFC 8489 9.1, 9.2, 14.5, 14.7). Both cover the
 * message up to their own attribute, with a header whose length already counts
 * it. MESSAGE-INTEGRITY-SHA256 is not here: ICE and TURN in use sign by
 * HMAC-SHA1. */
#include "stun/auth.h"

#include "base/mem.h"

#include <string.h>

/* Signed messages fit one datagram; a longer one is not worth a copy. */
#define SIGNED_MOST 2048
#define LOGIN_MOST 1024
#define ATTRIBUTE_HEADER_LEN 4
#define INTEGRITY_LEN (ATTRIBUTE_HEADER_LEN + RTC_SHA1_LEN)
/* RFC 8489 14.7. */
#define FINGERPRINT_XOR 0x5354554Eu

int rtc_stun_long_term_key(const struct rtc_stun_login *login,
                           uint8_t ret_key[RTC_MD5_LEN])
{
    char text[LOGIN_MOST + 1];
    struct rtc_writer w;
    int result;

    rtc_writer_init(&w, text, sizeof text);
    rtc_write_text(&w, "%s:%s:%s", login->username, login->realm,
                   login->password);
    result = w.failed ? RTC_ERR_NOBUF : rtc_md5(text, w.len, ret_key);
    rtc_wipe(text, sizeof text);
    return result;
}

/* The MAC over the first `at` bytes of a message, whose integrity attribute
 * begins there. */
static bool compute_mac(const uint8_t *message, size_t at, const void *key,
                        size_t key_len, uint8_t mac[RTC_SHA1_LEN])
{
    uint8_t copy[SIGNED_MOST];

    if (at > sizeof copy)
        return false;
    memcpy(copy, message, at);
    rtc_put_u16(copy + 2, (uint16_t)(at + INTEGRITY_LEN - RTC_STUN_HEADER_LEN));
    return rtc_hmac_sha1(key, key_len, copy, at, mac) == 0;
}

void rtc_stun_write_integrity(struct rtc_writer *w, const void *key,
                              size_t key_len)
{
    uint8_t mac[RTC_SHA1_LEN];

    if (w->failed || !compute_mac(w->data, w->len, key, key_len, mac)) {
        w->failed = true;
        return;
    }
    rtc_stun_write(w, RTC_STUN_MESSAGE_INTEGRITY, mac, sizeof mac);
}

void rtc_stun_write_fingerprint(struct rtc_writer *w)
{
    size_t at = w->len;
    uint32_t crc;

    rtc_stun_write_u32(w, RTC_STUN_FINGERPRINT, 0);
    if (w->failed)
        return;
    crc = rtc_crc32(w->data, at);
    rtc_put_u32(w->data + at + ATTRIBUTE_HEADER_LEN, crc ^ FINGERPRINT_XOR);
}

bool rtc_stun_check_integrity(const struct rtc_stun *message, const void *key,
                              size_t key_len)
{
    uint8_t mac[RTC_SHA1_LEN];
    size_t at = message->integrity_at;

    return at && compute_mac(message->data, at, key, key_len, mac) &&
           rtc_bytes_equal_secret(message->data + at + ATTRIBUTE_HEADER_LEN,
                                  mac, sizeof mac);
}

bool rtc_stun_check_fingerprint(const struct rtc_stun *message)
{
    size_t at = message->fingerprint_at;

    return !at || (rtc_crc32(message->data, at) ^ FINGERPRINT_XOR) ==
                      rtc_get_u32(message->data + at + ATTRIBUTE_HEADER_LEN);
}
