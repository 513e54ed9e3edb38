/* SPDX-License-Identifier: MIT
 * Who we are to a DTLS peer: a private key and a certificate, made or given
 * (RFC 8827 6.5). */
#pragma once

#include "dtls/fingerprint.h"

struct rtc_identity;

/* A new ECDSA P-256 key and a certificate signed by itself; key and serial
 * number are drawn by GnuTLS. The caller owns it. RTC_ERR_NOMEM, CRYPTO. */
int rtc_identity_new(struct rtc_identity **ret_identity);
/* From PEM: a certificate, or a chain with our own one first, and its private
 * key, not encrypted, in any order in one text. RTC_ERR_NOMEM, FORMAT (not
 * that), CRYPTO (key and certificate do not belong together). */
int rtc_identity_load(struct rtc_identity **ret_identity, const char *pem,
                      size_t len);
/* NULL is fine. Sessions that borrow it must be freed first. */
void rtc_identity_free(struct rtc_identity *identity);

/* Certificates and key as PEM with a NUL: a secret. Its length, or
 * RTC_ERR_NOBUF; 2 KiB hold what rtc_identity_new makes. */
int rtc_identity_save(const struct rtc_identity *identity, char *buf,
                      size_t cap);
/* The certificate's fingerprint. 0 or RTC_ERR_CRYPTO. */
int rtc_identity_fingerprint(const struct rtc_identity *identity,
                             enum rtc_dtls_hash hash,
                             struct rtc_dtls_fingerprint *ret_fingerprint);

/* For session.c: what GnuTLS takes. Lends for the identity's life. */
struct gnutls_certificate_credentials_st *
rtc_identity_credentials(const struct rtc_identity *identity);
