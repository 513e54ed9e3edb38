/* SPDX-License-Identifier: MIT
 *
 * TLS to a server over a connected nonblocking socket, by GnuTLS: the server's
 * certificate must be valid, trusted and of the name we meant.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whom to trust; shared by connections. */
struct tls_trust;
/* The system's authorities, or those in the PEM file `cacert` instead.
 * `insecure`: anybody. NULL with a sentence in `ret_why`. */
struct tls_trust *tls_trust_new(const char *cacert, bool insecure,
                                char *ret_why, size_t why_cap);
void tls_trust_free(struct tls_trust *trust);

struct tls;

/* What a step needs before it can go on. */
enum tls_result {
    TLS_DONE = 0,
    TLS_WANT_READ = -1,
    TLS_WANT_WRITE = -2,
    TLS_END = -3, /* the server closed in good order */
    TLS_FAILED = -4,
};

/* A client on `fd` (stays the caller's); `host` is a name or an address without
 * brackets, and outlives it. NULL when out of memory. */
struct tls *tls_new(const struct tls_trust *trust, const char *host, int fd);
void tls_free(struct tls *tls);
enum tls_result tls_handshake(struct tls *tls);
/* Bytes, or an enum tls_result other than TLS_DONE. After TLS_WANT_WRITE, send
 * the same bytes again. */
int tls_recv(struct tls *tls, void *buf, size_t cap);
int tls_send(struct tls *tls, const void *data, size_t len);
/* Tells the server that we end; does not wait. */
void tls_bye(struct tls *tls);
/* One sentence about the failure. Lends. */
const char *tls_why(const struct tls *tls);

/* The certificate that the server showed. */
struct tls_certificate {
    char subject[256], issuer[256]; /* RFC 4514, in ASCII */
    int64_t not_before, not_after;  /* seconds since 1970 */
    char pin[64]; /* `sha256//` and the hash of its key in base64 */
    /* What is wrong with it, such as "expired, wrong name", or "". With
     * `insecure` and no `cacert`, it may well be nobody's that we trust. */
    char trouble[96];
};
/* False: none came, or it cannot be read. */
bool tls_certificate(const struct tls *tls,
                     struct tls_certificate *ret_certificate);
