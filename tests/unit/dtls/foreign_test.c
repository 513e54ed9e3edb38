/* SPDX-License-Identifier: MIT
 * Sessions against peers that are not ours: plain GnuTLS with other settings,
 * as browsers and gateways have them. One datagram after the other, no loss. */
#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/clock.h"
#include "dtls/session.h"
#include "tests/sim/clock.h"
#include "tap.h"

struct foreign {
    gnutls_session_t engine;
    uint8_t out[32][1500];
    size_t out_len[32];
    unsigned out_count;
    const uint8_t *in;
    size_t in_len;
};

static ssize_t push(gnutls_transport_ptr_t user, const void *data, size_t len)
{
    struct foreign *f = user;

    if (f->out_count == 32 || len > 1500)
        abort();
    memcpy(f->out[f->out_count], data, len);
    f->out_len[f->out_count++] = len;
    return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t user, void *buf, size_t cap)
{
    struct foreign *f = user;
    size_t len = f->in_len < cap ? f->in_len : cap;

    if (!f->in) {
        gnutls_transport_set_errno(f->engine, EAGAIN);
        return -1;
    }
    memcpy(buf, f->in, len);
    f->in = NULL;
    return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t user, unsigned timeout_ms)
{
    const struct foreign *f = user;

    (void)timeout_ms;
    return f->in ? 1 : 0;
}

/* How a peer differs, and what comes of it. */
struct row {
    const char *name;
    bool is_server;
    const char *priorities;
    int profiles[4];
    bool has_no_certificate;
    bool has_rsa;
    enum rtc_dtls_state state;
    int profile; /* or an error of rtc_dtls_export */
};

#define SUITES(x)                                                              \
    "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+ECDHE-RSA:+AEAD:+SIGN-ALL:+CTYPE-X509"   \
    ":+COMP-NULL:+GROUP-ALL:" x

static const struct row rows[] = {
    {"Chromium's order of profiles",
     false,
     "NORMAL",
     {1, 8, 7},
     false,
     false,
     RTC_DTLS_CONNECTED,
     7},
    {"Firefox's order",
     false,
     "NORMAL",
     {7, 8, 1, 2},
     false,
     false,
     RTC_DTLS_CONNECTED,
     7},
    {"GCM-256 and SHA1",
     false,
     "NORMAL",
     {1, 8},
     false,
     false,
     RTC_DTLS_CONNECTED,
     8},
    {"SHA1 only", false, "NORMAL", {2, 1}, false, false, RTC_DTLS_CONNECTED, 1},
    {"no common profile",
     false,
     "NORMAL",
     {2},
     false,
     false,
     RTC_DTLS_CONNECTED,
     RTC_ERR_UNSUPPORTED},
    {"no use_srtp",
     false,
     "NORMAL",
     {0},
     false,
     false,
     RTC_DTLS_CONNECTED,
     RTC_ERR_UNSUPPORTED},
    {"client with RSA",
     false,
     "NORMAL",
     {1},
     false,
     true,
     RTC_DTLS_CONNECTED,
     1},
    {"server with RSA",
     true,
     "NORMAL",
     {1},
     false,
     true,
     RTC_DTLS_CONNECTED,
     1},
    {"server that likes SHA1",
     true,
     "NORMAL",
     {1},
     false,
     false,
     RTC_DTLS_CONNECTED,
     1},
    {"server with GCM",
     true,
     "NORMAL",
     {8, 7},
     false,
     false,
     RTC_DTLS_CONNECTED,
     7},
    {"ChaCha20 only",
     false,
     SUITES("+CHACHA20-POLY1305"),
     {7},
     false,
     false,
     RTC_DTLS_CONNECTED,
     7},
    {"client without a certificate",
     false,
     "NORMAL",
     {7},
     true,
     false,
     RTC_DTLS_FAILED,
     0},
    {"CBC only",
     false,
     SUITES("+AES-128-CBC:+SHA1"),
     {7},
     false,
     false,
     RTC_DTLS_FAILED,
     0},
    {"DTLS 1.0",
     false,
     "NORMAL:-VERS-ALL:+VERS-DTLS1.0",
     {7},
     false,
     false,
     RTC_DTLS_FAILED,
     0},
};

static gnutls_certificate_credentials_t credentials(const struct row *row)
{
    gnutls_certificate_credentials_t c;
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t crt;

    if (gnutls_certificate_allocate_credentials(&c))
        abort();
    if (row->has_no_certificate)
        return c;
    gnutls_x509_privkey_init(&key);
    if (row->has_rsa)
        gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, 2048, 0);
    else
        gnutls_x509_privkey_generate(
            key, GNUTLS_PK_ECDSA,
            GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    gnutls_x509_crt_init(&crt);
    gnutls_x509_crt_set_version(crt, 3);
    gnutls_x509_crt_set_serial(crt, "\1", 1);
    gnutls_x509_crt_set_activation_time(crt, 0);
    gnutls_x509_crt_set_expiration_time(crt, 2000000000);
    gnutls_x509_crt_set_key(crt, key);
    gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
    if (gnutls_certificate_set_x509_key(c, &crt, 1, key))
        abort();
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
    return c;
}

static void foreign_init(struct foreign *f, const struct row *row,
                         gnutls_certificate_credentials_t c)
{
    unsigned flags = row->is_server ? GNUTLS_SERVER : GNUTLS_CLIENT;

    memset(f, 0, sizeof *f);
    gnutls_init(&f->engine, flags | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK);
    if (gnutls_priority_set_direct(f->engine, row->priorities, NULL))
        abort();
    gnutls_credentials_set(f->engine, GNUTLS_CRD_CERTIFICATE, c);
    gnutls_certificate_server_set_request(f->engine, GNUTLS_CERT_REQUIRE);
    for (int i = 0; i < 4 && row->profiles[i]; i++)
        gnutls_srtp_set_profile(f->engine,
                                (gnutls_srtp_profile_t)row->profiles[i]);
    gnutls_transport_set_ptr(f->engine, f);
    gnutls_transport_set_push_function(f->engine, push);
    gnutls_transport_set_pull_function(f->engine, pull);
    gnutls_transport_set_pull_timeout_function(f->engine, pull_timeout);
    gnutls_dtls_set_mtu(f->engine, 1200);
}

/* Passes datagrams to and fro until nothing moves. */
static void converse(struct foreign *f, struct rtc_dtls *d)
{
    bool is_done = false;
    int moved;

    do {
        uint8_t buf[1500];
        int n;

        moved = 0;
        if (!is_done)
            is_done = gnutls_handshake(f->engine) == 0;
        for (unsigned i = 0; i < f->out_count; i++, moved++)
            rtc_dtls_receive(d, f->out[i], f->out_len[i], sim_clock_now());
        f->out_count = 0;
        while ((n = rtc_dtls_transmit(d, buf, sizeof buf)) > 0) {
            f->in = buf;
            f->in_len = (size_t)n;
            if (!is_done)
                is_done = gnutls_handshake(f->engine) == 0;
            f->in = NULL;
            moved++;
        }
        sim_clock_advance(1 * RTC_MS);
    } while (moved);
}

static void test_row(const struct row *row)
{
    struct rtc_dtls_config config = {.mtu = 1200, .skip_fingerprint = true};
    gnutls_certificate_credentials_t c = credentials(row);
    struct rtc_identity *identity;
    struct rtc_dtls_keys keys;
    struct rtc_dtls *d;
    struct foreign f;
    int e;

    if (rtc_identity_new(&identity))
        abort();
    config.identity = identity;
    if (rtc_dtls_new(&d, &config))
        abort();
    foreign_init(&f, row, c);
    rtc_dtls_start(d, row->is_server ? RTC_DTLS_CLIENT : RTC_DTLS_SERVER,
                   sim_clock_now());
    converse(&f, d);
    is_str(rtc_dtls_state_name(rtc_dtls_state(d)),
           rtc_dtls_state_name(row->state), row->name);
    if (row->state == RTC_DTLS_CONNECTED) {
        e = rtc_dtls_export(d, &keys);
        is_int(e ? e : keys.profile, row->profile, "the profile");
    } else {
        printf("# %s\n", rtc_dtls_why(d));
        is_int(rtc_dtls_failure(d), RTC_DTLS_BAD_HANDSHAKE, "the reason");
    }
    rtc_dtls_free(d);
    rtc_identity_free(identity);
    gnutls_deinit(f.engine);
    gnutls_certificate_free_credentials(c);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(&rows[i]);
    return tap_done();
}
