/* SPDX-License-Identifier: MIT
 * Certificate fingerprints, by which a description names the certificate its
 * sender will show (RFC 8122 5, RFC 8827 6.5). */
#pragma once

#include <stdbool.h>

#include "base/text.h"

enum rtc_dtls_hash {
    RTC_DTLS_SHA256,
    RTC_DTLS_SHA384,
    RTC_DTLS_SHA512,
};
#define RTC_DTLS_DIGEST_MAX 64

/* A digest of a certificate's DER form. */
struct rtc_dtls_fingerprint {
    enum rtc_dtls_hash hash;
    uint8_t digest[RTC_DTLS_DIGEST_MAX]; /* rtc_dtls_hash_len(hash) bytes */
};

/* The name in a=fingerprint ("sha-256"). Static. */
const char *rtc_dtls_hash_name(enum rtc_dtls_hash hash);
/* Bytes of a digest: 32, 48 or 64. */
size_t rtc_dtls_hash_len(enum rtc_dtls_hash hash);
/* By name in any case; false when it is none of the three. */
bool rtc_dtls_hash_by_name(struct rtc_text name, enum rtc_dtls_hash *ret_hash);

/* The fingerprint of a certificate in DER form. 0 or RTC_ERR_CRYPTO. */
int rtc_dtls_fingerprint_of(const void *der, size_t len,
                            enum rtc_dtls_hash hash,
                            struct rtc_dtls_fingerprint *ret_fingerprint);
/* Whether a certificate is among those described. Of several hashes only the
 * strongest is looked at, and any one of its digests may match. */
bool rtc_dtls_fingerprint_match(const struct rtc_dtls_fingerprint *expected,
                                unsigned count, const void *der, size_t len);
