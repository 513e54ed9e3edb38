/* SPDX-License-Identifier: MIT
 * Every function of dtls/session.h and dtls/identity.h that a peer calls, so
 * that the linker takes neither out of the library. */
#include "tests/fuzz/fake_dtls.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dtls/record.h"

#define PATIENCE_US (30 * RTC_SEC)

const uint8_t fake_dtls_local[RTC_SRTP_KEY_MAX] = {1, 2, 3};
const uint8_t fake_dtls_remote[RTC_SRTP_KEY_MAX] = {4, 5, 6};

/* ---- identity ----------------------------------------------------------- */

struct rtc_identity {
    char *pem;
};

int rtc_identity_load(struct rtc_identity **ret_identity, const char *pem,
                      size_t len)
{
    struct rtc_identity *identity;

    if (!len)
        return RTC_ERR_FORMAT;
    identity = rtc_calloc(1, sizeof *identity);
    if (!identity)
        return RTC_ERR_NOMEM;
    identity->pem = rtc_strndup(pem, len);
    if (!identity->pem) {
        rtc_free(identity);
        return RTC_ERR_NOMEM;
    }
    *ret_identity = identity;
    return 0;
}

int rtc_identity_new(struct rtc_identity **ret_identity)
{
    return rtc_identity_load(ret_identity, "PEM", 3);
}

void rtc_identity_free(struct rtc_identity *identity)
{
    if (!identity)
        return;
    rtc_free(identity->pem);
    rtc_free(identity);
}

int rtc_identity_save(const struct rtc_identity *identity, char *buf,
                      size_t cap)
{
    size_t len = strlen(identity->pem);

    if (len >= cap)
        return RTC_ERR_NOBUF;
    memcpy(buf, identity->pem, len + 1);
    return (int)len;
}

int rtc_identity_fingerprint(const struct rtc_identity *identity,
                             enum rtc_dtls_hash hash,
                             struct rtc_dtls_fingerprint *ret_fingerprint)
{
    (void)identity;
    *ret_fingerprint = (struct rtc_dtls_fingerprint){.hash = hash};
    return 0;
}

/* ---- session ------------------------------------------------------------ */

const char *rtc_dtls_library(void)
{
    return "none";
}

struct rtc_dtls {
    enum rtc_dtls_state state;
    enum rtc_dtls_failure failure;
    bool expecting;
    uint8_t early;   /* what came before the start, 0 for nothing */
    uint8_t to_send; /* 0 for nothing */
    rtc_usec give_up;
};

int rtc_dtls_new(struct rtc_dtls **ret_dtls,
                 const struct rtc_dtls_config *config)
{
    (void)config;
    *ret_dtls = rtc_calloc(1, sizeof **ret_dtls);
    if (!*ret_dtls)
        return RTC_ERR_NOMEM;
    (*ret_dtls)->give_up = RTC_NEVER;
    return 0;
}

void rtc_dtls_free(struct rtc_dtls *d)
{
    rtc_free(d);
}

int rtc_dtls_expect(struct rtc_dtls *d,
                    const struct rtc_dtls_fingerprint *fingerprints,
                    unsigned count)
{
    (void)fingerprints;
    if (!count)
        return RTC_ERR_ARG;
    d->expecting = true;
    return 0;
}

static void fail(struct rtc_dtls *d, enum rtc_dtls_failure failure)
{
    d->state = RTC_DTLS_FAILED;
    d->failure = failure;
    d->give_up = RTC_NEVER;
}

static void take(struct rtc_dtls *d, uint8_t first)
{
    if (d->state == RTC_DTLS_HANDSHAKE && first == RTC_DTLS_HANDSHAKE_MESSAGE) {
        d->state = RTC_DTLS_CONNECTED;
        d->give_up = RTC_NEVER;
    } else if (d->state == RTC_DTLS_HANDSHAKE &&
               first == RTC_DTLS_CHANGE_CIPHER_SPEC) {
        fail(d, RTC_DTLS_BAD_FINGERPRINT);
    } else if (d->state == RTC_DTLS_HANDSHAKE && first == RTC_DTLS_ALERT) {
        fail(d, RTC_DTLS_BAD_HANDSHAKE);
    } else if (d->state == RTC_DTLS_CONNECTED && first == RTC_DTLS_ALERT) {
        d->state = RTC_DTLS_CLOSED;
    }
}

void rtc_dtls_set_mtu(struct rtc_dtls *d, size_t mtu)
{
    (void)d;
    (void)mtu;
}

int rtc_dtls_start(struct rtc_dtls *d, enum rtc_dtls_role role, rtc_usec now)
{
    if (d->state != RTC_DTLS_NEW || !d->expecting)
        return RTC_ERR_STATE;
    d->state = RTC_DTLS_HANDSHAKE;
    d->give_up = now + PATIENCE_US;
    if (role == RTC_DTLS_CLIENT)
        d->to_send = RTC_DTLS_HANDSHAKE_MESSAGE;
    take(d, d->early);
    return 0;
}

void rtc_dtls_receive(struct rtc_dtls *d, const uint8_t *data, size_t len,
                      rtc_usec now)
{
    (void)now;
    if (!len)
        return;
    if (d->state == RTC_DTLS_NEW)
        d->early = data[0];
    else
        take(d, data[0]);
}

int rtc_dtls_transmit(struct rtc_dtls *d, uint8_t *buf, size_t cap)
{
    if (!d->to_send)
        return 0;
    if (!cap)
        return RTC_ERR_NOBUF;
    buf[0] = d->to_send;
    d->to_send = 0;
    return 1;
}

rtc_usec rtc_dtls_deadline(const struct rtc_dtls *d)
{
    return d->give_up;
}

void rtc_dtls_tick(struct rtc_dtls *d, rtc_usec now)
{
    if (now >= d->give_up)
        fail(d, RTC_DTLS_BAD_HANDSHAKE);
}

void rtc_dtls_close(struct rtc_dtls *d)
{
    if (d->state == RTC_DTLS_HANDSHAKE || d->state == RTC_DTLS_CONNECTED)
        d->to_send = RTC_DTLS_ALERT;
    if (d->state != RTC_DTLS_FAILED)
        d->state = RTC_DTLS_CLOSED;
    d->give_up = RTC_NEVER;
}

enum rtc_dtls_state rtc_dtls_state(const struct rtc_dtls *d)
{
    return d->state;
}

enum rtc_dtls_failure rtc_dtls_failure(const struct rtc_dtls *d)
{
    return d->failure;
}

const char *rtc_dtls_why(const struct rtc_dtls *d)
{
    return d->state == RTC_DTLS_FAILED ? "the handshake failed" : "";
}

const char *rtc_dtls_version_name(const struct rtc_dtls *d)
{
    return d->state == RTC_DTLS_CONNECTED ? "none" : NULL;
}

const char *rtc_dtls_cipher_name(const struct rtc_dtls *d)
{
    return d->state == RTC_DTLS_CONNECTED ? "none" : NULL;
}

int rtc_dtls_export(const struct rtc_dtls *d, struct rtc_dtls_keys *ret_keys)
{
    if (d->state != RTC_DTLS_CONNECTED)
        return RTC_ERR_STATE;
    ret_keys->profile = FAKE_DTLS_PROFILE;
    ret_keys->len = rtc_srtp_key_len(FAKE_DTLS_PROFILE);
    memcpy(ret_keys->local, fake_dtls_local, sizeof ret_keys->local);
    memcpy(ret_keys->remote, fake_dtls_remote, sizeof ret_keys->remote);
    return 0;
}

/* ---- application data: there is none ------------------------------------- */

size_t rtc_dtls_data_max(const struct rtc_dtls *d)
{
    (void)d;
    return 0;
}

size_t rtc_dtls_overhead(const struct rtc_dtls *d)
{
    (void)d;
    return 0;
}

int rtc_dtls_send(struct rtc_dtls *d, const uint8_t *data, size_t len)
{
    (void)d;
    (void)data;
    (void)len;
    return RTC_ERR_STATE;
}

int rtc_dtls_seal(struct rtc_dtls *d, const uint8_t *data, size_t len,
                  uint8_t *buf, size_t cap)
{
    (void)d;
    (void)data;
    (void)len;
    (void)buf;
    (void)cap;
    return RTC_ERR_STATE;
}

const uint8_t *rtc_dtls_peek(const struct rtc_dtls *d, size_t *ret_len)
{
    (void)d;
    (void)ret_len;
    return NULL;
}

void rtc_dtls_pop(struct rtc_dtls *d)
{
    (void)d;
}

int rtc_dtls_read(struct rtc_dtls *d, uint8_t *buf, size_t cap)
{
    (void)d;
    (void)buf;
    (void)cap;
    return 0;
}
