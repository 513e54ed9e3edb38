/* SPDX-License-Identifier: MIT
 * Identities: made, saved, loaded; fingerprints and how they are matched. */
#include "dtls/identity.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "rtc.h"
#include "tap.h"

static void test_hash_names(void)
{
    enum rtc_dtls_hash hash = RTC_DTLS_SHA256;

    is_str(rtc_dtls_hash_name(RTC_DTLS_SHA256), "sha-256", "name");
    ok(rtc_dtls_hash_by_name(rtc_text_of("SHA-512"), &hash) &&
           hash == RTC_DTLS_SHA512,
       "by name in any case");
    ok(!rtc_dtls_hash_by_name(rtc_text_of("sha-1"), &hash) &&
           hash == RTC_DTLS_SHA512,
       "SHA-1 is not taken");
    is_int(rtc_dtls_hash_len(RTC_DTLS_SHA384), 48, "length");
}

/* FIPS 180-2 B.1, C.1: digests of "abc". */
static void test_fingerprint(void)
{
    static const uint8_t want[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01,
                                   0xcf, 0xea, 0x41, 0x41, 0x40, 0xde};
    static const uint8_t want_512[] = {0xdd, 0xaf, 0x35, 0xa1,
                                       0x93, 0x61, 0x7a, 0xba};
    struct rtc_dtls_fingerprint f[3];

    is_int(rtc_dtls_fingerprint_of("abc", 3, RTC_DTLS_SHA256, &f[0]), 0, "of");
    is_mem(f[0].digest, want, sizeof want, "SHA-256");
    is_int(rtc_dtls_fingerprint_of("abc", 3, RTC_DTLS_SHA512, &f[1]), 0, "of");
    is_mem(f[1].digest, want_512, sizeof want_512, "SHA-512");
    ok(rtc_dtls_fingerprint_match(f, 1, "abc", 3), "matches");
    ok(!rtc_dtls_fingerprint_match(f, 1, "abd", 3), "not another");
    ok(!rtc_dtls_fingerprint_match(f, 0, "abc", 3), "nor none");
    ok(rtc_dtls_fingerprint_match(f, 2, "abc", 3), "both hashes right");
    f[2] = f[1];
    f[1].digest[63] ^= 1;
    ok(!rtc_dtls_fingerprint_match(f, 2, "abc", 3),
       "the strongest hash decides, to its last byte");
    ok(rtc_dtls_fingerprint_match(f, 3, "abc", 3),
       "one of several by it is enough");
}

static void test_made(void)
{
    struct rtc_identity *a, *b, *loaded;
    struct rtc_dtls_fingerprint fa, fb;
    char pem[4096], again[4096], swapped[4096];
    char *key;
    int n;

    is_int(rtc_identity_new(&a), 0, "made");
    is_int(rtc_identity_new(&b), 0, "another");
    rtc_identity_fingerprint(a, RTC_DTLS_SHA256, &fa);
    rtc_identity_fingerprint(b, RTC_DTLS_SHA256, &fb);
    ok(memcmp(fa.digest, fb.digest, 32) != 0, "they differ");

    n = rtc_identity_save(a, pem, sizeof pem);
    ok(n > 500 && n < 2048 && n == (int)strlen(pem), "saved as text");
    is_int(rtc_identity_save(a, again, (size_t)n), RTC_ERR_NOBUF,
           "no room for its NUL");
    is_int(rtc_identity_load(&loaded, pem, (size_t)n), 0, "loaded");
    rtc_identity_fingerprint(loaded, RTC_DTLS_SHA256, &fb);
    is_mem(fa.digest, fb.digest, 32, "the certificate is the same");
    is_int(rtc_identity_save(loaded, again, sizeof again), n, "saved again");
    is_str(again, pem, "unchanged");
    rtc_identity_free(loaded);

    key = strstr(pem, "-----BEGIN PRIVATE KEY");
    snprintf(swapped, sizeof swapped, "%s%.*s", key, (int)(key - pem), pem);
    is_int(rtc_identity_load(&loaded, swapped, strlen(swapped)), 0,
           "key before certificate");
    rtc_identity_free(loaded);

    is_int(rtc_identity_load(&loaded, key, strlen(key)), RTC_ERR_FORMAT,
           "a key alone");
    *key = 0;
    is_int(rtc_identity_load(&loaded, pem, strlen(pem)), RTC_ERR_FORMAT,
           "a certificate alone");
    rtc_identity_save(b, again, sizeof again);
    key = strstr(again, "-----BEGIN PRIVATE KEY");
    snprintf(swapped, sizeof swapped, "%s%s", pem, key);
    is_int(rtc_identity_load(&loaded, swapped, strlen(swapped)), RTC_ERR_CRYPTO,
           "a key of another");
    is_int(rtc_identity_load(&loaded, "", 0), RTC_ERR_FORMAT, "nothing");
    rtc_identity_free(a);
    rtc_identity_free(b);
    rtc_identity_free(NULL);
}

static void test_truncated(void)
{
    struct rtc_identity *a, *loaded;
    char pem[4096];
    int n, taken = 0;

    if (rtc_identity_new(&a))
        abort();
    rtc_identity_save(a, pem, sizeof pem);
    n = (int)(strstr(pem, "-----END PRIVATE") - pem);
    for (int cut = 0; cut < n; cut++)
        if (rtc_identity_load(&loaded, pem, (size_t)cut) == 0) {
            rtc_identity_free(loaded);
            taken++;
        }
    is_int(taken, 0, "no truncated text is taken");
    rtc_identity_free(a);
}

/* What every peer may read of ours. */
static void test_certificate(void)
{
    struct rtc_identity *a;
    gnutls_x509_crt_t c;
    gnutls_datum_t text;
    char pem[4096], dn[64];
    size_t dn_len = sizeof dn;
    unsigned bits;

    if (rtc_identity_new(&a) || gnutls_x509_crt_init(&c))
        abort();
    text.size = (unsigned)rtc_identity_save(a, pem, sizeof pem);
    text.data = (uint8_t *)pem;
    is_int(gnutls_x509_crt_import(c, &text, GNUTLS_X509_FMT_PEM), 0, "read");
    is_int(gnutls_x509_crt_get_pk_algorithm(c, &bits), GNUTLS_PK_ECDSA,
           "ECDSA");
    is_int(bits, 256, "P-256");
    is_int(gnutls_x509_crt_get_version(c), 3, "X.509 version 3");
    is_int(gnutls_x509_crt_check_issuer(c, c), 1, "self-signed");
    gnutls_x509_crt_get_dn(c, dn, &dn_len);
    is_str(dn, "CN=WebRTC", "the name says nothing");
    gnutls_x509_crt_deinit(c);
    rtc_identity_free(a);
}

int main(void)
{
    test_hash_names();
    test_fingerprint();
    test_made();
    test_truncated();
    test_certificate();
    return tap_done();
}
