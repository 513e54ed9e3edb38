/* SPDX-License-Identifier: MIT
 * Private key and certificate, on GnuTLS. The certificate says nothing about
 * its owner: peers know it by its fingerprint alone (RFC 8827 6.5), so name and
 * dates are the same for everybody. */
#include "dtls/identity.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "rtc.h"

/* Longest certificate chain that is taken. */
#define CHAIN_MOST 4

/* The library has no clock, and no WebRTC peer looks at the dates: 2020-01-01
 * to 2037-12-31, which fits a time_t of 32 bits. */
#define VALID_FROM 1577836800
#define VALID_UNTIL 2145916799

struct rtc_identity {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificates[CHAIN_MOST];
    unsigned certificate_count;
    gnutls_certificate_credentials_t credentials;
};

/* What a failed GnuTLS call means to our caller. */
static int error_of(int gnutls_error)
{
    return gnutls_error == GNUTLS_E_MEMORY_ERROR ? RTC_ERR_NOMEM
                                                 : RTC_ERR_CRYPTO;
}

void rtc_identity_free(struct rtc_identity *identity)
{
    if (!identity)
        return;
    if (identity->credentials)
        gnutls_certificate_free_credentials(identity->credentials);
    for (unsigned i = 0; i < identity->certificate_count; i++)
        gnutls_x509_crt_deinit(identity->certificates[i]);
    if (identity->key)
        gnutls_x509_privkey_deinit(identity->key);
    rtc_free(identity);
}

static int make_key(struct rtc_identity *identity)
{
    int e = gnutls_x509_privkey_init(&identity->key);

    if (e < 0)
        return e;
    return gnutls_x509_privkey_generate(
        identity->key, GNUTLS_PK_ECDSA,
        GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

static int make_certificate(struct rtc_identity *identity)
{
    static const char name[] = "WebRTC";
    uint8_t serial[16];
    gnutls_x509_crt_t c;
    int e = gnutls_x509_crt_init(&identity->certificates[0]);

    if (e < 0)
        return e;
    identity->certificate_count = 1;
    c = identity->certificates[0];
    if ((e = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial)) < 0)
        return e;
    /* RFC 5280 4.1.2.2: positive, and no leading zero byte. */
    serial[0] = (serial[0] & 0x7f) | 0x40;
    if ((e = gnutls_x509_crt_set_version(c, 3)) < 0 ||
        (e = gnutls_x509_crt_set_serial(c, serial, sizeof serial)) < 0 ||
        (e = gnutls_x509_crt_set_activation_time(c, VALID_FROM)) < 0 ||
        (e = gnutls_x509_crt_set_expiration_time(c, VALID_UNTIL)) < 0 ||
        (e = gnutls_x509_crt_set_dn_by_oid(c, GNUTLS_OID_X520_COMMON_NAME, 0,
                                           name, sizeof name - 1)) < 0 ||
        (e = gnutls_x509_crt_set_key(c, identity->key)) < 0)
        return e;
    return gnutls_x509_crt_sign2(c, c, identity->key, GNUTLS_DIG_SHA256, 0);
}

/* Key and certificate are there: makes what a session is given. */
static int make_credentials(struct rtc_identity *identity)
{
    int e = gnutls_certificate_allocate_credentials(&identity->credentials);

    if (e < 0)
        return e;
    return gnutls_certificate_set_x509_key(
        identity->credentials, identity->certificates,
        (int)identity->certificate_count, identity->key);
}

int rtc_identity_new(struct rtc_identity **ret_identity)
{
    struct rtc_identity *identity = rtc_calloc(1, sizeof *identity);
    int e;

    if (!identity)
        return RTC_ERR_NOMEM;
    if ((e = make_key(identity)) < 0 || (e = make_certificate(identity)) < 0 ||
        (e = make_credentials(identity)) < 0) {
        rtc_identity_free(identity);
        return error_of(e);
    }
    *ret_identity = identity;
    return 0;
}

static int load(struct rtc_identity *identity, const gnutls_datum_t *pem)
{
    unsigned count = CHAIN_MOST;
    int e = gnutls_x509_crt_list_import(identity->certificates, &count, pem,
                                        GNUTLS_X509_FMT_PEM,
                                        GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);

    if (e < 0)
        return e == GNUTLS_E_MEMORY_ERROR ? RTC_ERR_NOMEM : RTC_ERR_FORMAT;
    identity->certificate_count = (unsigned)e;
    if ((e = gnutls_x509_privkey_init(&identity->key)) < 0)
        return error_of(e);
    e = gnutls_x509_privkey_import2(identity->key, pem, GNUTLS_X509_FMT_PEM,
                                    NULL, 0);
    if (e < 0)
        return e == GNUTLS_E_MEMORY_ERROR ? RTC_ERR_NOMEM : RTC_ERR_FORMAT;
    e = make_credentials(identity);
    return e < 0 ? error_of(e) : 0;
}

int rtc_identity_load(struct rtc_identity **ret_identity, const char *pem,
                      size_t len)
{
    struct rtc_identity *identity;
    gnutls_datum_t text;
    char *copy;
    int e;

    if (len > 1 << 20)
        return RTC_ERR_FORMAT;
    identity = rtc_calloc(1, sizeof *identity);
    /* GnuTLS searches PEM as text: give it a NUL to stop at. */
    copy = rtc_strndup(pem, len);
    text.data = (uint8_t *)copy;
    text.size = (unsigned)len;
    e = identity && copy ? load(identity, &text) : RTC_ERR_NOMEM;
    if (copy)
        rtc_wipe(copy, len);
    rtc_free(copy);
    if (e < 0) {
        rtc_identity_free(identity);
        return e;
    }
    *ret_identity = identity;
    return 0;
}

/* Appends what GnuTLS exported, and forgets it. */
static void write_pem(struct rtc_writer *w, gnutls_datum_t *pem)
{
    rtc_write_bytes(w, pem->data, pem->size);
    rtc_wipe(pem->data, pem->size);
    gnutls_free(pem->data);
}

int rtc_identity_save(const struct rtc_identity *identity, char *buf,
                      size_t cap)
{
    struct rtc_writer w;
    gnutls_datum_t pem;

    rtc_writer_init(&w, buf, cap);
    for (unsigned i = 0; i < identity->certificate_count; i++) {
        if (gnutls_x509_crt_export2(identity->certificates[i],
                                    GNUTLS_X509_FMT_PEM, &pem) < 0)
            return RTC_ERR_NOMEM;
        write_pem(&w, &pem);
    }
    if (gnutls_x509_privkey_export2_pkcs8(identity->key, GNUTLS_X509_FMT_PEM,
                                          NULL, GNUTLS_PKCS_PLAIN, &pem) < 0)
        return RTC_ERR_NOMEM;
    write_pem(&w, &pem);
    rtc_write_u8(&w, 0);
    return w.failed ? RTC_ERR_NOBUF : (int)w.len - 1;
}

int rtc_identity_fingerprint(const struct rtc_identity *identity,
                             enum rtc_dtls_hash hash,
                             struct rtc_dtls_fingerprint *ret_fingerprint)
{
    gnutls_datum_t der;
    int e = gnutls_x509_crt_export2(identity->certificates[0],
                                    GNUTLS_X509_FMT_DER, &der);

    if (e < 0)
        return RTC_ERR_CRYPTO;
    e = rtc_dtls_fingerprint_of(der.data, der.size, hash, ret_fingerprint);
    gnutls_free(der.data);
    return e;
}

struct gnutls_certificate_credentials_st *
rtc_identity_credentials(const struct rtc_identity *identity)
{
    return identity->credentials;
}
