/* SPDX-License-Identifier: MIT
 *
 * Certificates by GnuTLS.
 */
#include "cmd/certificate.h"

#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

int64_t certificate_expiry(const char *pem)
{
    gnutls_datum_t text = {(unsigned char *)pem, (unsigned)strlen(pem)};
    gnutls_x509_crt_t certificate;
    time_t expires = -1;

    if (gnutls_x509_crt_init(&certificate))
        return 0;
    if (!gnutls_x509_crt_import(certificate, &text, GNUTLS_X509_FMT_PEM))
        expires = gnutls_x509_crt_get_expiration_time(certificate);
    gnutls_x509_crt_deinit(certificate);
    return expires > 0 ? (int64_t)expires : 0;
}

int64_t certificate_days(int64_t expires)
{
    int64_t left = expires - (int64_t)time(NULL);

    return left >= 0 ? left / DAY_S : -1 - (-left - 1) / DAY_S;
}

void certificate_trouble(unsigned status, bool self_signed, char *buf,
                         size_t cap)
{
    const struct {
        unsigned bit;
        const char *words;
    } troubles[] = {
        {GNUTLS_CERT_EXPIRED, "expired"},
        {GNUTLS_CERT_NOT_ACTIVATED, "not valid yet"},
        {GNUTLS_CERT_UNEXPECTED_OWNER, "wrong name"},
        {GNUTLS_CERT_REVOKED, "revoked"},
        {GNUTLS_CERT_INSECURE_ALGORITHM, "insecure algorithm"},
        {GNUTLS_CERT_SIGNER_NOT_FOUND,
         self_signed ? "self-signed" : "unknown issuer"},
    };
    size_t len = 0;

    *buf = '\0';
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (status & troubles[i].bit)
            len += (size_t)snprintf(buf + len, cap - len, "%s%s",
                                    len ? ", " : "", troubles[i].words);
    if (status && !len)
        snprintf(buf, cap, "invalid");
}
