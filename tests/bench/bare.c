/* SPDX-License-Identifier: MIT
 * Two GnuTLS sessions and two queues between them. */
#include "tests/bench/bare.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/dtls.h>
#include <gnutls/x509.h>
#include <nettle/curve25519.h>
#include <string.h>

#include "tests/bench/bench.h"

static const char priorities[] =
    "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-GCM:+AEAD:+COMP-NULL"
    ":+CTYPE-X509:+GROUP-X25519:+SIGN-ECDSA-SHA256";

static void need(int gnutls_result)
{
    bench_need(gnutls_result >= 0, gnutls_strerror(gnutls_result));
}

void bare_make_key(struct bare_identity *identity)
{
    unsigned char serial = 1;
    gnutls_x509_crt_t c;

    need(gnutls_x509_privkey_init(&identity->key));
    need(gnutls_x509_privkey_generate(
        identity->key, GNUTLS_PK_ECDSA,
        GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    need(gnutls_x509_crt_init(&identity->certificate));
    c = identity->certificate;
    need(gnutls_x509_crt_set_version(c, 3));
    need(gnutls_x509_crt_set_serial(c, &serial, sizeof serial));
    need(gnutls_x509_crt_set_activation_time(c, 0));
    need(gnutls_x509_crt_set_expiration_time(c, 2000000000));
    need(gnutls_x509_crt_set_key(c, identity->key));
    need(gnutls_x509_crt_sign2(c, c, identity->key, GNUTLS_DIG_SHA256, 0));
    identity->credentials = NULL;
}

void bare_identity_init(struct bare_identity *identity)
{
    bare_make_key(identity);
    need(gnutls_certificate_allocate_credentials(&identity->credentials));
    need(gnutls_certificate_set_x509_key(
        identity->credentials, &identity->certificate, 1, identity->key));
}

void bare_identity_done(struct bare_identity *identity)
{
    if (identity->credentials)
        gnutls_certificate_free_credentials(identity->credentials);
    gnutls_x509_crt_deinit(identity->certificate);
    gnutls_x509_privkey_deinit(identity->key);
}

/* ---- the wire ------------------------------------------------------------ */

static ssize_t push(gnutls_transport_ptr_t user, const void *data, size_t len)
{
    const struct bare_end *end = user;
    struct bare_queue *q = &end->pair->to[!end->which];

    bench_need(q->end < 16 && len <= sizeof q->data[0], "a flight too long");
    memcpy(q->data[q->end], data, len);
    q->len[q->end++] = len;
    return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t user, void *data, size_t cap)
{
    const struct bare_end *end = user;
    struct bare_queue *q = &end->pair->to[end->which];
    size_t len;

    if (q->first == q->end) {
        q->first = q->end = 0;
        gnutls_transport_set_errno(end->pair->session[end->which], EAGAIN);
        return -1;
    }
    len = q->len[q->first];
    bench_need(len <= cap, "a record too long");
    memcpy(data, q->data[q->first++], len);
    return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t user, unsigned ms)
{
    const struct bare_end *end = user;
    const struct bare_queue *q = &end->pair->to[end->which];

    (void)ms;
    return q->first < q->end;
}

/* ---- the handshake ------------------------------------------------------- */

static void make_session(struct bare_pair *pair, int which,
                         const struct bare_identity *identity)
{
    gnutls_session_t *s = &pair->session[which];

    pair->end[which] = (struct bare_end){pair, which};
    need(gnutls_init(s, (which ? GNUTLS_SERVER : GNUTLS_CLIENT) |
                            GNUTLS_DATAGRAM | GNUTLS_NONBLOCK |
                            GNUTLS_NO_TICKETS));
    need(gnutls_priority_set_direct(*s, priorities, NULL));
    need(gnutls_credentials_set(*s, GNUTLS_CRD_CERTIFICATE,
                                identity->credentials));
    if (which)
        gnutls_certificate_server_set_request(*s, GNUTLS_CERT_REQUIRE);
    gnutls_transport_set_ptr(*s, &pair->end[which]);
    gnutls_transport_set_push_function(*s, push);
    gnutls_transport_set_pull_function(*s, pull);
    gnutls_transport_set_pull_timeout_function(*s, pull_timeout);
}

void bare_connect(struct bare_pair *pair,
                  const struct bare_identity identities[2])
{
    int result[2] = {GNUTLS_E_AGAIN, GNUTLS_E_AGAIN};

    memset(pair->to, 0, sizeof pair->to);
    for (int i = 0; i < 2; i++)
        make_session(pair, i, &identities[i]);
    for (int turn = 0; result[0] < 0 || result[1] < 0; turn++) {
        int i = turn % 2;
        if (result[i] < 0)
            result[i] = gnutls_handshake(pair->session[i]);
        bench_need(!gnutls_error_is_fatal(result[i]) && turn < 100,
                   "the bare handshake failed");
    }
}

void bare_pair_done(struct bare_pair *pair)
{
    for (int i = 0; i < 2; i++)
        gnutls_deinit(pair->session[i]);
}

/* ---- its parts ----------------------------------------------------------- */

/* One side's share of the key exchange. */
static void exchange(const unsigned char theirs[CURVE25519_SIZE],
                     unsigned char ret_ours[CURVE25519_SIZE])
{
    unsigned char secret[CURVE25519_SIZE], shared[CURVE25519_SIZE];

    need(gnutls_rnd(GNUTLS_RND_KEY, secret, sizeof secret));
    curve25519_mul_g(ret_ours, secret);
    curve25519_mul(shared, secret, theirs);
}

static void sign_and_verify(const struct bare_identity *identity)
{
    static unsigned char text[64];
    const gnutls_datum_t data = {text, sizeof text};
    gnutls_datum_t signature;
    gnutls_privkey_t key;
    gnutls_pubkey_t public;

    need(gnutls_privkey_init(&key));
    need(gnutls_privkey_import_x509(key, identity->key, 0));
    need(gnutls_privkey_sign_data2(key, GNUTLS_SIGN_ECDSA_SHA256, 0, &data,
                                   &signature));
    need(gnutls_pubkey_init(&public));
    need(gnutls_pubkey_import_x509(public, identity->certificate, 0));
    need(gnutls_pubkey_verify_data2(public, GNUTLS_SIGN_ECDSA_SHA256, 0, &data,
                                    &signature));
    gnutls_free(signature.data);
    gnutls_pubkey_deinit(public);
    gnutls_privkey_deinit(key);
}

void bare_public_key_work(const struct bare_identity identities[2])
{
    unsigned char base[CURVE25519_SIZE] = {9}, ours[2][CURVE25519_SIZE];

    exchange(base, ours[0]);
    exchange(ours[0], ours[1]);
    for (int i = 0; i < 2; i++)
        sign_and_verify(&identities[i]);
}
