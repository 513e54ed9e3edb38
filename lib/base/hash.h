/* SPDX-License-Identifier: MIT
 * Digests, from GnuTLS (which takes them from nettle); CRC-32 is here because
 * STUN's FINGERPRINT needs the ISO 3309 one and neither library exports it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define RTC_SHA1_LEN 20
#define RTC_SHA256_LEN 32
#define RTC_MD5_LEN 16

/* HMAC over one range. 0 or RTC_ERR_CRYPTO. */
int rtc_hmac_sha1(const void *key, size_t key_len, const void *data, size_t len,
                  uint8_t ret_mac[RTC_SHA1_LEN]);
int rtc_hmac_sha256(const void *key, size_t key_len, const void *data,
                    size_t len, uint8_t ret_mac[RTC_SHA256_LEN]);
int rtc_md5(const void *data, size_t len, uint8_t ret_digest[RTC_MD5_LEN]);
int rtc_sha256(const void *data, size_t len,
               uint8_t ret_digest[RTC_SHA256_LEN]);

/* CRC-32 of ISO 3309 (polynomial 0xEDB88320 reflected), as RFC 8489 14.7. */
uint32_t rtc_crc32(const void *data, size_t len);
