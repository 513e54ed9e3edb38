/* SPDX-License-Identifier: MIT
 * Settings of a GnuTLS session for WebRTC (RFC 8827 6.5) and DTLS-SRTP
 * (RFC 5764): what is offered, which SRTP profile wins, and the keys of it.
 * GnuTLS 3.7 has no names for the GCM profiles but takes their numbers. */
#include "dtls/engine.h"

#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "dtls/machine.h"

const char *rtc_dtls_library(void)
{
    static char name[32];

    /* Always the same bytes, whoever writes them. */
    snprintf(name, sizeof name, "GnuTLS %s", gnutls_check_version(NULL));
    return name;
}

/* Forward secret AEAD suites only; both curves that browsers offer. */
static const char priorities[] =
    "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AES-128-GCM"
    ":+CHACHA20-POLY1305:+AEAD:+COMP-NULL:+CTYPE-X509"
    ":+GROUP-X25519:+GROUP-SECP256R1"
    ":+SIGN-ECDSA-SHA256:+SIGN-RSA-SHA256:+SIGN-RSA-PSS-RSAE-SHA256"
    ":+SIGN-ECDSA-SHA384:+SIGN-RSA-SHA384:+SIGN-ECDSA-SHA512:+SIGN-RSA-SHA512";

/* In order of preference; lengths of RFC 5764 4.1.2 and RFC 7714 12. */
static const struct profile {
    uint16_t number;
    size_t key_len, salt_len;
} profiles[] = {{7, 16, 12}, {8, 32, 12}, {1, 16, 14}};
#define PROFILE_COUNT (sizeof profiles / sizeof *profiles)

uint16_t rtc_dtls_profile(unsigned index)
{
    return index < PROFILE_COUNT ? profiles[index].number : 0;
}

/* As IANA has them; GnuTLS's own differ. */
static const char *suite_name(uint16_t number, const char *otherwise)
{
    static const struct {
        uint16_t number;
        const char *name;
    } names[] = {
        {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
        {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
        {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
        {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].number == number)
            return names[i].name;
    return otherwise;
}

bool rtc_dtls_suite(unsigned index, const char **ret_name, uint16_t *ret_number)
{
    gnutls_priority_t list;
    const char *name = NULL;
    unsigned char number[2];
    int e = gnutls_priority_init(&list, priorities, NULL);

    if (e < 0)
        return false;
    /* Some places are empty: of ciphers that do not go with a key exchange. */
    for (unsigned place = 0; e != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;) {
        unsigned suite;

        e = gnutls_priority_get_cipher_suite_index(list, place++, &suite);
        if (e < 0 || index-- > 0)
            continue;
        name = gnutls_cipher_suite_info(suite, number, NULL, NULL, NULL, NULL);
        break;
    }
    gnutls_priority_deinit(list);
    if (!name)
        return false;
    *ret_number = (uint16_t)(number[0] << 8 | number[1]);
    *ret_name = suite_name(*ret_number, name);
    return true;
}

#define EXTENSION_USE_SRTP 14

/* The place of `number` in our order of preference. */
static unsigned profile_rank(uint16_t number)
{
    unsigned i = 0;

    while (i < PROFILE_COUNT && profiles[i].number != number)
        i++;
    return i;
}

/* Reads the client's list (RFC 5764 4.1.1) and allows only the one profile of
 * it that we like best: of several GnuTLS would take what the client likes. */
static int choose_profile(void *user, unsigned extension,
                          const unsigned char *data, unsigned len)
{
    gnutls_session_t engine = user;
    unsigned best = PROFILE_COUNT;
    struct rtc_reader r;
    uint16_t left;

    if (extension != EXTENSION_USE_SRTP)
        return 0;
    rtc_reader_init(&r, data, len);
    for (left = rtc_read_u16(&r); left >= 2 && !r.failed; left -= 2) {
        unsigned rank = profile_rank(rtc_read_u16(&r));
        if (!r.failed && rank < best)
            best = rank;
    }
    if (best == PROFILE_COUNT)
        return 0;
    return gnutls_srtp_set_profile(
        engine, (gnutls_srtp_profile_t)profiles[best].number);
}

static int on_client_hello(gnutls_session_t engine, unsigned type,
                           unsigned when, unsigned incoming,
                           const gnutls_datum_t *message)
{
    (void)type;
    (void)when;
    if (!incoming)
        return 0;
    /* What is malformed GnuTLS itself finds next. */
    gnutls_ext_raw_parse(engine, choose_profile, message,
                         GNUTLS_EXT_RAW_FLAG_DTLS_CLIENT_HELLO);
    return 0;
}

static int set_role(gnutls_session_t engine, enum rtc_dtls_role role)
{
    int e = 0;

    if (role == RTC_DTLS_SERVER) {
        gnutls_certificate_server_set_request(engine, GNUTLS_CERT_REQUIRE);
        gnutls_handshake_set_hook_function(engine,
                                           GNUTLS_HANDSHAKE_CLIENT_HELLO,
                                           GNUTLS_HOOK_PRE, on_client_hello);
        return 0;
    }
    for (unsigned i = 0; i < PROFILE_COUNT && e >= 0; i++)
        e = gnutls_srtp_set_profile(engine,
                                    (gnutls_srtp_profile_t)profiles[i].number);
    return e;
}

/* RFC 5246 7.4.1.2 and 8.1; a DTLS 1.3 secret is as long as a hash. */
#define RANDOM_MAX 32
#define SECRET_MAX 64

/* A line of the format that NSS defined and Wireshark reads. */
static int on_secret(gnutls_session_t engine, const char *label,
                     const gnutls_datum_t *secret)
{
    const struct rtc_dtls *d = gnutls_session_get_ptr(engine);
    gnutls_datum_t client, server;
    char line[256], random[2 * RANDOM_MAX + 1], value[2 * SECRET_MAX + 1];

    gnutls_session_get_random(engine, &client, &server);
    if (client.size > RANDOM_MAX || secret->size > SECRET_MAX)
        return 0;
    rtc_hex_write(client.data, client.size, random);
    rtc_hex_write(secret->data, secret->size, value);
    snprintf(line, sizeof line, "%s %s %s\n", label, random, value);
    d->config.keylog(d->config.keylog_user, line);
    rtc_wipe(line, sizeof line);
    rtc_wipe(value, sizeof value);
    return 0;
}

static int set_up(gnutls_session_t engine, const struct rtc_dtls_config *config,
                  enum rtc_dtls_role role)
{
    int e = gnutls_priority_set_direct(engine, priorities, NULL);

    if (e < 0)
        return e;
    e = gnutls_credentials_set(engine, GNUTLS_CRD_CERTIFICATE,
                               rtc_identity_credentials(config->identity));
    if (e < 0)
        return e;
    if (config->keylog)
        gnutls_session_set_keylog_function(engine, on_secret);
    gnutls_dtls_set_mtu(engine, (unsigned)config->mtu);
    /* The end of patience is session.c's to judge, by the caller's clock. */
    gnutls_dtls_set_timeouts(engine, (unsigned)(config->resend_us / RTC_MS),
                             (unsigned)(2 * config->patience_us / RTC_MS));
    return set_role(engine, role);
}

int rtc_dtls_engine_new(struct gnutls_session_int **ret_engine,
                        const struct rtc_dtls_config *config,
                        enum rtc_dtls_role role)
{
    gnutls_session_t engine;
    unsigned flags = role == RTC_DTLS_SERVER ? GNUTLS_SERVER : GNUTLS_CLIENT;
    int e = gnutls_init(&engine, flags | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK |
                                     GNUTLS_NO_TICKETS);

    if (e < 0)
        return RTC_ERR_NOMEM;
    e = set_up(engine, config, role);
    if (e < 0) {
        gnutls_deinit(engine);
        return e == GNUTLS_E_MEMORY_ERROR ? RTC_ERR_NOMEM : RTC_ERR_CRYPTO;
    }
    *ret_engine = engine;
    return 0;
}

/* RFC 5764 4.2: client key, server key, client salt, server salt. */
static void split_keys(const uint8_t *block, const struct profile *p,
                       enum rtc_dtls_role role, struct rtc_dtls_keys *keys)
{
    bool client = role == RTC_DTLS_CLIENT;
    uint8_t *first = client ? keys->local : keys->remote;
    uint8_t *second = client ? keys->remote : keys->local;
    const uint8_t *salts = block + 2 * p->key_len;

    memcpy(first, block, p->key_len);
    memcpy(first + p->key_len, salts, p->salt_len);
    memcpy(second, block + p->key_len, p->key_len);
    memcpy(second + p->key_len, salts + p->salt_len, p->salt_len);
    keys->profile = p->number;
    keys->len = p->key_len + p->salt_len;
}

int rtc_dtls_engine_keys(struct gnutls_session_int *engine,
                         enum rtc_dtls_role role,
                         struct rtc_dtls_keys *ret_keys)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    struct rtc_dtls_keys keys = {0};
    gnutls_srtp_profile_t agreed;
    uint8_t block[2 * sizeof keys.local];
    unsigned rank;

    if (gnutls_srtp_get_selected_profile(engine, &agreed) < 0)
        return RTC_ERR_UNSUPPORTED;
    rank = profile_rank((uint16_t)agreed);
    if (rank == PROFILE_COUNT)
        return RTC_ERR_UNSUPPORTED;
    if (gnutls_prf_rfc5705(
            engine, sizeof label - 1, label, 0, NULL,
            2 * (profiles[rank].key_len + profiles[rank].salt_len),
            (char *)block) < 0)
        return RTC_ERR_CRYPTO;
    split_keys(block, &profiles[rank], role, &keys);
    *ret_keys = keys;
    rtc_wipe(block, sizeof block);
    rtc_wipe(&keys, sizeof keys);
    return 0;
}
