/* SPDX-License-Identifier: MIT
 * Certificate fingerprints (RFC 8122 5). MD5 and SHA-1, which the RFC's grammar
 * knows, are left out: a description with nothing better is not trusted. */
#include "dtls/fingerprint.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "rtc.h"

/* By enum rtc_dtls_hash, the strongest last. */
static const struct {
    const char *name;
    size_t len;
    gnutls_digest_algorithm_t algorithm;
} hashes[] = {
    {"sha-256", 32, GNUTLS_DIG_SHA256},
    {"sha-384", 48, GNUTLS_DIG_SHA384},
    {"sha-512", 64, GNUTLS_DIG_SHA512},
};
#define HASH_COUNT (sizeof hashes / sizeof *hashes)

const char *rtc_dtls_hash_name(enum rtc_dtls_hash hash)
{
    assert(hash < HASH_COUNT);
    return hashes[hash].name;
}

size_t rtc_dtls_hash_len(enum rtc_dtls_hash hash)
{
    assert(hash < HASH_COUNT);
    return hashes[hash].len;
}

bool rtc_dtls_hash_by_name(struct rtc_text name, enum rtc_dtls_hash *ret_hash)
{
    for (unsigned i = 0; i < HASH_COUNT; i++)
        if (rtc_text_is_nocase(name, hashes[i].name)) {
            *ret_hash = (enum rtc_dtls_hash)i;
            return true;
        }
    return false;
}

int rtc_dtls_fingerprint_of(const void *der, size_t len,
                            enum rtc_dtls_hash hash,
                            struct rtc_dtls_fingerprint *ret_fingerprint)
{
    struct rtc_dtls_fingerprint made = {.hash = hash};

    assert(hash < HASH_COUNT);
    if (gnutls_hash_fast(hashes[hash].algorithm, der, len, made.digest) < 0)
        return RTC_ERR_CRYPTO;
    *ret_fingerprint = made;
    return 0;
}

bool rtc_dtls_fingerprint_match(const struct rtc_dtls_fingerprint *expected,
                                unsigned count, const void *der, size_t len)
{
    enum rtc_dtls_hash strongest = RTC_DTLS_SHA256;
    struct rtc_dtls_fingerprint actual;

    for (unsigned i = 0; i < count; i++)
        if (expected[i].hash > strongest)
            strongest = expected[i].hash;
    if (rtc_dtls_fingerprint_of(der, len, strongest, &actual))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (expected[i].hash == strongest &&
            !memcmp(expected[i].digest, actual.digest, hashes[strongest].len))
            return true;
    return false;
}
