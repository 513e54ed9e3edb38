/* SPDX-License-Identifier: MIT
 *
 * Certificates by GnuTLS.
 */
#include "cmd/certificate.h"

#include <gnutls/x509.h>
#include <string.h>

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
