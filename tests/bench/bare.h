/* SPDX-License-Identifier: MIT
 * A DTLS handshake by GnuTLS alone, between two sessions through memory: what
 * connecting costs at least. */
#pragma once

#include <gnutls/gnutls.h>

/* A self-signed P-256 certificate with its key. */
struct bare_identity {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_certificate_credentials_t credentials;
};

struct bare_queue {
    unsigned char data[16][2048];
    size_t len[16];
    unsigned first, end;
};

/* One client, one server. */
struct bare_pair {
    gnutls_session_t session[2];
    struct bare_queue to[2];
    struct bare_end {
        struct bare_pair *pair;
        int which;
    } end[2];
};

/* Key and signature alone: what an offer costs at least. */
void bare_make_key(struct bare_identity *identity);
void bare_identity_init(struct bare_identity *identity);
void bare_identity_done(struct bare_identity *identity);

/* Runs a whole handshake, as lib/dtls does it: one suite, one curve, both sides
 * show a certificate. `pair` lives on until bare_pair_done. */
void bare_connect(struct bare_pair *pair,
                  const struct bare_identity identities[2]);
void bare_pair_done(struct bare_pair *pair);

/* Only the public-key work of such a handshake: two key exchanges on X25519,
 * two P-256 signatures, two verifications. */
void bare_public_key_work(const struct bare_identity identities[2]);
