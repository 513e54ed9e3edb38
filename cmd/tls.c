/* SPDX-License-Identifier: MIT
 *
 * TLS to a server, by GnuTLS. Its session reads and writes the socket itself;
 * the caller waits for what it wants.
 */
#include "cmd/tls.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/certificate.h"

struct tls_trust {
    gnutls_certificate_credentials_t credentials;
    bool insecure;
    bool any; /* authorities are known */
};

struct tls {
    gnutls_session_t session;
    const struct tls_trust *trust;
    const char *host;
    bool pending; /* GnuTLS holds bytes that the socket did not take */
    char why[256];
};

struct tls_trust *tls_trust_new(const char *cacert, bool insecure,
                                char *ret_why, size_t why_cap)
{
    struct tls_trust *trust = calloc(1, sizeof *trust);
    int count = 0;

    if (!trust || gnutls_certificate_allocate_credentials(
                      &trust->credentials) != GNUTLS_E_SUCCESS) {
        free(trust);
        snprintf(ret_why, why_cap, "out of memory");
        return NULL;
    }
    trust->insecure = insecure;
    trust->any = cacert || !insecure;
    if (cacert)
        count = gnutls_certificate_set_x509_trust_file(
            trust->credentials, cacert, GNUTLS_X509_FMT_PEM);
    else if (!insecure)
        gnutls_certificate_set_x509_system_trust(trust->credentials);
    if (!cacert || count > 0)
        return trust;
    snprintf(ret_why, why_cap, "%s: %s", cacert,
             count == 0 ? "no certificate in it" : gnutls_strerror(count));
    tls_trust_free(trust);
    return NULL;
}

void tls_trust_free(struct tls_trust *trust)
{
    if (!trust)
        return;
    gnutls_certificate_free_credentials(trust->credentials);
    free(trust);
}

static bool is_address(const char *host)
{
    unsigned char ip[16];

    return inet_pton(AF_INET, host, ip) == 1 ||
           inet_pton(AF_INET6, host, ip) == 1;
}

struct tls *tls_new(const struct tls_trust *trust, const char *host, int fd)
{
    struct tls *tls = calloc(1, sizeof *tls);

    if (!tls || gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK |
                                               GNUTLS_NO_SIGNAL)) {
        free(tls);
        return NULL;
    }
    tls->trust = trust;
    tls->host = host;
    if (gnutls_set_default_priority(tls->session) ||
        gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE,
                               trust->credentials) ||
        /* RFC 6066 3: no address in the server name. */
        (!is_address(host) &&
         gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, host,
                                strlen(host)))) {
        tls_free(tls);
        return NULL;
    }
    if (!trust->insecure)
        gnutls_session_set_verify_cert(tls->session, host, 0);
    gnutls_handshake_set_timeout(tls->session, 0);
    gnutls_transport_set_int(tls->session, fd);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    if (tls->session)
        gnutls_deinit(tls->session);
    free(tls);
}

/* What the certificate lacks says more than `error in the certificate'. */
static void explain(struct tls *tls, int error)
{
    unsigned status = gnutls_session_get_verify_cert_status(tls->session);
    gnutls_datum_t text = {0};
    size_t len;

    if (error != GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR ||
        gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509,
                                                     &text, 0)) {
        snprintf(tls->why, sizeof tls->why, "TLS: %s", gnutls_strerror(error));
        return;
    }
    len = strlen((char *)text.data);
    while (len > 0 && strchr(" .", text.data[len - 1]))
        text.data[--len] = '\0';
    snprintf(tls->why, sizeof tls->why, "TLS: %s", (char *)text.data);
    gnutls_free(text.data);
}

static enum tls_result result_of(struct tls *tls, int error)
{
    if (error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED)
        return gnutls_record_get_direction(tls->session) ? TLS_WANT_WRITE
                                                         : TLS_WANT_READ;
    explain(tls, error);
    return TLS_FAILED;
}

enum tls_result tls_handshake(struct tls *tls)
{
    int error;

    do
        error = gnutls_handshake(tls->session);
    while (error == GNUTLS_E_WARNING_ALERT_RECEIVED ||
           error == GNUTLS_E_GOT_APPLICATION_DATA);
    return error == GNUTLS_E_SUCCESS ? TLS_DONE : result_of(tls, error);
}

int tls_recv(struct tls *tls, void *buf, size_t cap)
{
    ssize_t n = gnutls_record_recv(tls->session, buf, cap);

    if (n > 0)
        return (int)n;
    if (n == 0 || n == GNUTLS_E_PREMATURE_TERMINATION) {
        snprintf(tls->why, sizeof tls->why, "the server closed the connection");
        return TLS_END;
    }
    /* A renegotiation is not answered; the rest is read on. */
    if (n == GNUTLS_E_REHANDSHAKE || n == GNUTLS_E_WARNING_ALERT_RECEIVED)
        return TLS_WANT_READ;
    return result_of(tls, (int)n);
}

int tls_send(struct tls *tls, const void *data, size_t len)
{
    ssize_t n = tls->pending ? gnutls_record_send(tls->session, NULL, 0)
                             : gnutls_record_send(tls->session, data, len);

    tls->pending = n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED;
    return n >= 0 ? (int)n : result_of(tls, (int)n);
}

void tls_bye(struct tls *tls)
{
    gnutls_bye(tls->session, GNUTLS_SHUT_WR);
}

const char *tls_why(const struct tls *tls)
{
    return tls->why;
}

/* ---- the certificate ----------------------------------------------------- */

/* What others wrote must not get at a terminal. */
static void copy_name(int error, gnutls_datum_t *name, char buf[256])
{
    snprintf(buf, 256, "%s", error ? "" : (char *)name->data);
    for (char *at = buf; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    if (!error)
        gnutls_free(name->data);
}

static void write_pin(gnutls_x509_crt_t cert, char buf[64])
{
    unsigned char hash[32];
    size_t len = sizeof hash;
    gnutls_datum_t text, data = {hash, sizeof hash};

    *buf = '\0';
    if (gnutls_x509_crt_get_key_id(cert, GNUTLS_KEYID_USE_SHA256, hash, &len) ||
        gnutls_base64_encode2(&data, &text))
        return;
    snprintf(buf, 64, "sha256//%s", (char *)text.data);
    gnutls_free(text.data);
}

static void read_certificate(const struct tls *tls, gnutls_x509_crt_t cert,
                             struct tls_certificate *ret_certificate)
{
    bool self_signed = gnutls_x509_crt_check_issuer(cert, cert);
    gnutls_datum_t name;
    unsigned status = 0;
    int error;

    error = gnutls_x509_crt_get_dn3(cert, &name, 0);
    copy_name(error, &name, ret_certificate->subject);
    error = gnutls_x509_crt_get_issuer_dn3(cert, &name, 0);
    copy_name(error, &name, ret_certificate->issuer);
    write_pin(cert, ret_certificate->pin);
    ret_certificate->not_before = gnutls_x509_crt_get_activation_time(cert);
    ret_certificate->not_after = gnutls_x509_crt_get_expiration_time(cert);
    if (gnutls_certificate_verify_peers3(tls->session, tls->host, &status))
        status = GNUTLS_CERT_INVALID;
    /* Without authorities nobody's issuer is known, and all else is not said
     * of such a one. */
    if (!tls->trust->any) {
        time_t now = time(NULL);

        status &= GNUTLS_CERT_UNEXPECTED_OWNER;
        if (ret_certificate->not_after < now)
            status |= GNUTLS_CERT_EXPIRED;
        if (ret_certificate->not_before > now)
            status |= GNUTLS_CERT_NOT_ACTIVATED;
        if (!gnutls_x509_crt_check_hostname(cert, tls->host))
            status |= GNUTLS_CERT_UNEXPECTED_OWNER;
    }
    certificate_trouble(status, self_signed, ret_certificate->trouble,
                        sizeof ret_certificate->trouble);
}

bool tls_certificate(const struct tls *tls,
                     struct tls_certificate *ret_certificate)
{
    unsigned count = 0;
    const gnutls_datum_t *chain =
        gnutls_certificate_get_peers(tls->session, &count);
    gnutls_x509_crt_t cert;
    bool good;

    if (!chain || count == 0 || gnutls_x509_crt_init(&cert))
        return false;
    good = gnutls_x509_crt_import(cert, &chain[0], GNUTLS_X509_FMT_DER) == 0;
    if (good)
        read_certificate(tls, cert, ret_certificate);
    gnutls_x509_crt_deinit(cert);
    return good;
}
