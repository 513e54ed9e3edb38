/* SPDX-License-Identifier: MIT
 * HMAC and digests by GnuTLS. CRC-32 runs once a STUN message, so sixteen
 * table entries are enough. */
#include "base/hash.h"

#include <gnutls/crypto.h>

#include "rtc.h"

int rtc_hmac_sha1(const void *key, size_t key_len, const void *data, size_t len,
                  uint8_t ret_mac[RTC_SHA1_LEN])
{
    return gnutls_hmac_fast(GNUTLS_MAC_SHA1, key, key_len, data, len, ret_mac)
               ? RTC_ERR_CRYPTO
               : 0;
}

int rtc_hmac_sha256(const void *key, size_t key_len, const void *data,
                    size_t len, uint8_t ret_mac[RTC_SHA256_LEN])
{
    return gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key_len, data, len, ret_mac)
               ? RTC_ERR_CRYPTO
               : 0;
}

int rtc_md5(const void *data, size_t len, uint8_t ret_digest[RTC_MD5_LEN])
{
    return gnutls_hash_fast(GNUTLS_DIG_MD5, data, len, ret_digest)
               ? RTC_ERR_CRYPTO
               : 0;
}

int rtc_sha256(const void *data, size_t len, uint8_t ret_digest[RTC_SHA256_LEN])
{
    return gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, ret_digest)
               ? RTC_ERR_CRYPTO
               : 0;
}

/* CRC of each 4-bit value, reflected polynomial 0xEDB88320. */
static const uint32_t crc_nibble[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
    0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

uint32_t rtc_crc32(const void *data, size_t len)
{
    const uint8_t *p = data;
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ crc_nibble[crc & 15];
        crc = crc >> 4 ^ crc_nibble[crc & 15];
    }
    return ~crc;
}
