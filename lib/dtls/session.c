/* SPDX-License-Identifier: MIT
 * A DTLS association (RFC 6347, RFC 5763, RFC 5764) on GnuTLS, which sees bytes
 * only through two functions of ours. GnuTLS times resends by its own clock
 * (clock_gettime): rtc_dtls_deadline says in the caller's time when it will
 * want to be called. Certificates are judged by fingerprint alone. */
#include "dtls/session.h"

#include <assert.h>
#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dtls/engine.h"
#include "dtls/machine.h"
#include "dtls/record.h"

/* Bytes kept of records that came too early. */
#define HELD_MOST ((size_t)16 << 10)
/* Bytes that wait to be sent, and to be read. */
#define OUTPUT_MOST ((size_t)64 << 10)
#define INPUT_MOST ((size_t)64 << 10)
#define EXPECTED_MOST 16
#define RECORD_MAX 16384 /* RFC 5246 6.2.1: content of one record */
#define MTU_MIN 256

#define RESEND_DEFAULT (100 * RTC_MS)
#define PATIENCE_DEFAULT (30 * RTC_SEC)
/* GnuTLS doubles its resend time without end; copies of the last flight go out
 * in between, no later than this after the last sending. */
#define COPY_AFTER (1 * RTC_SEC)
/* An alert in the clear may be anybody's: it counts when the peer then says
 * nothing for so long. */
#define ALERT_SILENCE (1 * RTC_SEC)

const char *rtc_dtls_state_name(enum rtc_dtls_state state)
{
    static const char *const names[] = {"new", "handshake", "connected",
                                        "closed", "failed"};

    assert(state <= RTC_DTLS_FAILED);
    return names[state];
}

static void set_state(struct rtc_dtls *d, enum rtc_dtls_state state)
{
    static const unsigned legal[] = {
        [RTC_DTLS_NEW] = 1 << RTC_DTLS_HANDSHAKE | 1 << RTC_DTLS_CLOSED,
        [RTC_DTLS_HANDSHAKE] = 1 << RTC_DTLS_CONNECTED | 1 << RTC_DTLS_CLOSED |
                               1 << RTC_DTLS_FAILED,
        [RTC_DTLS_CONNECTED] = 1 << RTC_DTLS_CLOSED | 1 << RTC_DTLS_FAILED,
        [RTC_DTLS_CLOSED] = 0,
        [RTC_DTLS_FAILED] = 0,
    };

    assert(legal[d->state] & 1u << state);
    d->state = state;
    rtc_log(d->config.log, RTC_LOG_INFO, "dtls.state state=%s why=\"%s\"",
            rtc_dtls_state_name(state), d->why);
    if (state == RTC_DTLS_HANDSHAKE)
        return;
    /* Nothing is timed or held once the handshake is over. */
    d->resend_at = d->copy_at = d->alert_at = d->give_up_at = RTC_NEVER;
    rtc_queue_done(&d->held);
}

/* ---- what GnuTLS calls -------------------------------------------------- */

static ssize_t push(gnutls_transport_ptr_t user, const void *data, size_t len)
{
    struct rtc_dtls *d = user;

    if (d->sealed) {
        d->sealed_len = len <= d->sealed_cap ? len : 0;
        memcpy(d->sealed, data, d->sealed_len);
        return (ssize_t)len;
    }
    /* Without room it is lost, as the network may lose it, and sent again. */
    (void)rtc_queue_push(&d->output, data, len);
    if (d->state == RTC_DTLS_HANDSHAKE) {
        if (d->is_new_flight)
            rtc_queue_clear(&d->flight);
        d->is_new_flight = false;
        (void)rtc_queue_push(&d->flight, data, len);
    }
    return (ssize_t)len;
}

static ssize_t pull(gnutls_transport_ptr_t user, void *buf, size_t cap)
{
    struct rtc_dtls *d = user;
    size_t len = d->input_len < cap ? d->input_len : cap;

    if (!d->input || cap < RTC_DTLS_HEADER_LEN) {
        gnutls_transport_set_errno(d->engine, EAGAIN);
        return -1;
    }
    memcpy(buf, d->input, len);
    d->input = NULL;
    rtc_dtls_record_renumber(buf, &d->clear_count);
    return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t user, unsigned timeout_ms)
{
    const struct rtc_dtls *d = user;

    (void)timeout_ms; /* nothing comes while GnuTLS waits */
    return d->input ? 1 : 0;
}

/* Called with the peer's certificate in the middle of the handshake, so that
 * the peer still gets its alert. Non-zero refuses it. */
static int verify(gnutls_session_t engine)
{
    struct rtc_dtls *d = gnutls_session_get_ptr(engine);
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(engine, &count);

    d->verified = chain && count > 0 &&
                  (d->config.skip_fingerprint ||
                   rtc_dtls_fingerprint_match(d->expected, d->expected_count,
                                              chain[0].data, chain[0].size));
    if (!d->verified)
        d->failure = RTC_DTLS_BAD_FINGERPRINT;
    return d->verified ? 0 : -1;
}

/* ---- handshake ---------------------------------------------------------- */

/* GnuTLS says no with error `e`: tells the peer, and ends. */
static void refuse(struct rtc_dtls *d, int e)
{
    if (d->failure == RTC_DTLS_BAD_FINGERPRINT)
        snprintf(d->why, sizeof d->why,
                 "the peer's certificate is not the one in its description");
    else if (e == GNUTLS_E_FATAL_ALERT_RECEIVED)
        snprintf(d->why, sizeof d->why, "the peer refused: %s",
                 gnutls_alert_get_name(gnutls_alert_get(d->engine)));
    else
        snprintf(d->why, sizeof d->why, "DTLS failed: %s", gnutls_strerror(e));
    if (e != GNUTLS_E_FATAL_ALERT_RECEIVED)
        gnutls_alert_send_appropriate(d->engine, e);
    if (d->failure == RTC_DTLS_NO_FAILURE)
        d->failure = d->state == RTC_DTLS_CONNECTED ? RTC_DTLS_BROKEN
                                                    : RTC_DTLS_BAD_HANDSHAKE;
    set_state(d, RTC_DTLS_FAILED);
}

static void set_connected(struct rtc_dtls *d)
{
    if (!d->verified) { /* no certificate was shown, or none was looked at */
        refuse(d, GNUTLS_E_NO_CERTIFICATE_FOUND);
        return;
    }
    set_state(d, RTC_DTLS_CONNECTED);
    if (d->role == RTC_DTLS_CLIENT) /* the last flight was the server's */
        rtc_queue_done(&d->flight);
    rtc_log(d->config.log, RTC_LOG_INFO, "dtls.connected version=%s cipher=%s",
            rtc_dtls_version_name(d), rtc_dtls_cipher_name(d));
}

/* Lets GnuTLS go on with the handshake as far as it can. */
static void shake_hands(struct rtc_dtls *d, rtc_usec now)
{
    unsigned wait_ms;
    int e;

    d->is_new_flight = true;
    do {
        e = gnutls_handshake(d->engine);
    } while (e < 0 && !gnutls_error_is_fatal(e) && d->input);
    if (e == GNUTLS_E_SUCCESS) {
        set_connected(d);
    } else if (gnutls_error_is_fatal(e)) {
        refuse(d, e);
    } else if (!rtc_queue_is_empty(&d->flight)) {
        if (!d->is_new_flight)
            d->copy_at = rtc_after(now, COPY_AFTER);
        /* GnuTLS counts whole milliseconds; 0 would be a deadline in the past
         * when its clock and the caller's differ. */
        wait_ms = gnutls_dtls_get_timeout(d->engine);
        d->resend_at = rtc_after(now, (wait_ms ? wait_ms : 1) * RTC_MS);
    }
}

/* ---- connected ---------------------------------------------------------- */

static void end_by_peer(struct rtc_dtls *d)
{
    /* RFC 5246 7.2.1: answered with a close_notify of our own. */
    gnutls_bye(d->engine, GNUTLS_SHUT_WR);
    snprintf(d->why, sizeof d->why, "the peer closed the session");
    set_state(d, RTC_DTLS_CLOSED);
}

/* Takes out what the record holds. A resend of the peer's last flight is
 * answered by GnuTLS in here. */
static void read_content(struct rtc_dtls *d)
{
    uint8_t content[RECORD_MAX];
    ssize_t n;

    for (;;) {
        n = gnutls_record_recv(d->engine, content, sizeof content);
        if (n > 0) {
            /* A full queue drops, as the network may. */
            (void)rtc_queue_push(&d->received, content, (size_t)n);
        } else if (n == 0) {
            end_by_peer(d);
            return;
        } else if (gnutls_error_is_fatal((int)n)) {
            refuse(d, (int)n);
            return;
        } else if (!d->input) {
            return; /* AGAIN, or a wish to renegotiate: not granted */
        }
    }
}

/* ---- records in --------------------------------------------------------- */

/* A later fragment of a ClientHello whose earlier part is still on its way:
 * GnuTLS would drop it and wait for the resend. */
static bool is_early(const struct rtc_dtls *d,
                     const struct rtc_dtls_record *record)
{
    uint32_t from, until;

    return d->state == RTC_DTLS_HANDSHAKE && d->role == RTC_DTLS_SERVER &&
           rtc_dtls_record_hello(record, &from, &until) &&
           from > d->hello_until;
}

/* Whether a record can be part of the handshake now. A server is greeted first
 * and once: anything else in the clear is forged, or a resend, and we resend in
 * our own time. */
static bool is_expected(const struct rtc_dtls *d,
                        const struct rtc_dtls_record *record)
{
    uint32_t from, until;

    if (record->epoch > 0)
        return true;
    return record->type != RTC_DTLS_ALERT &&
           (d->role == RTC_DTLS_CLIENT ||
            rtc_dtls_record_hello(record, &from, &until) ==
                rtc_queue_is_empty(&d->flight));
}

static void feed(struct rtc_dtls *d, const struct rtc_dtls_record *record,
                 rtc_usec now)
{
    uint32_t from, until;

    if (rtc_dtls_record_hello(record, &from, &until) && until > d->hello_until)
        d->hello_until = until;
    if (d->alert_at != RTC_NEVER) /* not silent yet */
        d->alert_at = rtc_after(now, ALERT_SILENCE);
    d->input = record->data;
    d->input_len = record->len;
    if (d->state == RTC_DTLS_HANDSHAKE)
        shake_hands(d, now);
    if (d->state == RTC_DTLS_CONNECTED)
        read_content(d);
    d->input = NULL;
}

static void receive_record(struct rtc_dtls *d,
                           const struct rtc_dtls_record *record, rtc_usec now)
{
    d->is_heard = true;
    if (d->state == RTC_DTLS_NEW || is_early(d, record)) {
        /* Without room it is lost, as the network may lose it. */
        (void)rtc_queue_push(&d->held, record->data, record->len);
    } else if (d->state == RTC_DTLS_CONNECTED) {
        /* In the clear it is late or forged, or the peer did not get our last
         * flight and sent copies of its own: GnuTLS answers no copies. */
        if (record->epoch > 0)
            feed(d, record, now);
        else if (record->type == RTC_DTLS_HANDSHAKE_MESSAGE)
            d->is_asked_again = d->role == RTC_DTLS_SERVER;
    } else if (d->state == RTC_DTLS_HANDSHAKE) {
        if (rtc_dtls_record_alert(record, &d->alert))
            d->alert_at = rtc_after(now, ALERT_SILENCE);
        else if (is_expected(d, record))
            feed(d, record, now);
    }
}

/* Reads what is held once more; what is still too early is held again. As long
 * as the ClientHello grows by it, one may be what another waited for. */
static void release_held(struct rtc_dtls *d, rtc_usec now)
{
    uint32_t before;

    do {
        struct rtc_queue waiting = d->held;
        const uint8_t *data;
        size_t len;

        before = d->hello_until;
        rtc_queue_init(&d->held, HELD_MOST);
        while ((data = rtc_queue_peek(&waiting, &len))) {
            struct rtc_dtls_record record;
            struct rtc_reader r;

            rtc_reader_init(&r, data, len);
            if (rtc_dtls_record_next(&r, &record))
                receive_record(d, &record, now);
            rtc_queue_pop(&waiting);
        }
        rtc_queue_done(&waiting);
    } while (d->hello_until != before);
}

void rtc_dtls_receive(struct rtc_dtls *d, const uint8_t *data, size_t len,
                      rtc_usec now)
{
    struct rtc_dtls_record record;
    struct rtc_reader r;

    rtc_reader_init(&r, data, len);
    while (rtc_dtls_record_next(&r, &record))
        receive_record(d, &record, now);
    if (d->state != RTC_DTLS_NEW)
        release_held(d, now);
    if (d->is_asked_again && rtc_queue_is_empty(&d->output))
        rtc_queue_append(&d->output, &d->flight);
    d->is_asked_again = false;
}

/* ---- datagrams out ------------------------------------------------------ */

int rtc_dtls_transmit(struct rtc_dtls *d, uint8_t *buf, size_t cap)
{
    size_t limit = cap < d->config.mtu ? cap : d->config.mtu;
    size_t used = 0, len;
    const uint8_t *record;

    /* A flight's records share a datagram (RFC 6347 4.1.1): fewer of them to
     * lose. Application data keeps the bounds of what was sent. */
    while ((record = rtc_queue_peek(&d->output, &len)) && len <= limit - used) {
        bool alone = record[0] == RTC_DTLS_APPLICATION_DATA;

        if (alone && used > 0)
            break;
        memcpy(buf + used, record, len);
        used += len;
        rtc_queue_pop(&d->output);
        if (alone)
            break;
    }
    return used == 0 && record ? RTC_ERR_NOBUF : (int)used;
}

/* ---- time --------------------------------------------------------------- */

rtc_usec rtc_dtls_deadline(const struct rtc_dtls *d)
{
    return rtc_min_time(rtc_min_time(d->resend_at, d->copy_at),
                        rtc_min_time(d->alert_at, d->give_up_at));
}

static void resend(struct rtc_dtls *d, rtc_usec now)
{
    if (now >= d->resend_at)
        shake_hands(d, now); /* may have ended the handshake */
    if (now >= d->copy_at) {
        rtc_queue_append(&d->output, &d->flight);
        d->copy_at = rtc_after(now, COPY_AFTER);
    }
}

void rtc_dtls_tick(struct rtc_dtls *d, rtc_usec now)
{
    if (d->state != RTC_DTLS_HANDSHAKE)
        return;
    if (now >= d->give_up_at) {
        snprintf(d->why, sizeof d->why,
                 d->is_heard ? "the handshake did not end within %d ms"
                             : "the peer sent no DTLS within %d ms",
                 (int)(d->config.patience_us / RTC_MS));
        d->failure = RTC_DTLS_BAD_HANDSHAKE;
        set_state(d, RTC_DTLS_FAILED);
    } else if (now >= d->alert_at) {
        snprintf(d->why, sizeof d->why, "the peer refused: %s",
                 gnutls_alert_get_name((gnutls_alert_description_t)d->alert));
        d->failure = RTC_DTLS_BAD_HANDSHAKE;
        set_state(d, RTC_DTLS_FAILED);
    } else {
        resend(d, now);
    }
}

/* ---- beginning and end -------------------------------------------------- */

int rtc_dtls_new(struct rtc_dtls **ret_dtls,
                 const struct rtc_dtls_config *config)
{
    struct rtc_dtls *d;

    if (!config->identity || config->mtu < MTU_MIN || config->mtu > UINT16_MAX)
        return RTC_ERR_ARG;
    d = rtc_calloc(1, sizeof *d);
    if (!d)
        return RTC_ERR_NOMEM;
    d->config = *config;
    if (d->config.resend_us < RTC_MS)
        d->config.resend_us = RESEND_DEFAULT;
    if (d->config.patience_us < RTC_MS)
        d->config.patience_us = PATIENCE_DEFAULT;
    d->resend_at = d->copy_at = d->alert_at = d->give_up_at = RTC_NEVER;
    rtc_queue_init(&d->held, HELD_MOST);
    rtc_queue_init(&d->output, OUTPUT_MOST);
    rtc_queue_init(&d->received, INPUT_MOST);
    rtc_queue_init(&d->flight, OUTPUT_MOST);
    *ret_dtls = d;
    return 0;
}

void rtc_dtls_free(struct rtc_dtls *d)
{
    if (!d)
        return;
    rtc_queue_done(&d->held);
    if (d->engine)
        gnutls_deinit(d->engine);
    rtc_queue_done(&d->output);
    rtc_queue_done(&d->received);
    rtc_queue_done(&d->flight);
    rtc_free(d->expected);
    rtc_free(d);
}

int rtc_dtls_expect(struct rtc_dtls *d,
                    const struct rtc_dtls_fingerprint *fingerprints,
                    unsigned count)
{
    struct rtc_dtls_fingerprint *copy;

    if (count == 0 || count > EXPECTED_MOST)
        return RTC_ERR_ARG;
    if (d->state != RTC_DTLS_NEW)
        return RTC_ERR_STATE;
    copy = rtc_calloc(count, sizeof *copy);
    if (!copy)
        return RTC_ERR_NOMEM;
    memcpy(copy, fingerprints, count * sizeof *copy);
    rtc_free(d->expected);
    d->expected = copy;
    d->expected_count = count;
    return 0;
}

void rtc_dtls_set_mtu(struct rtc_dtls *d, size_t mtu)
{
    d->config.mtu = mtu;
    if (d->engine)
        gnutls_dtls_set_mtu(d->engine, (unsigned)mtu);
}

int rtc_dtls_start(struct rtc_dtls *d, enum rtc_dtls_role role, rtc_usec now)
{
    int e;

    if (d->state != RTC_DTLS_NEW ||
        (!d->expected_count && !d->config.skip_fingerprint))
        return RTC_ERR_STATE;
    e = rtc_dtls_engine_new(&d->engine, &d->config, role);
    if (e < 0)
        return e;
    gnutls_session_set_ptr(d->engine, d);
    gnutls_session_set_verify_function(d->engine, verify);
    gnutls_transport_set_ptr(d->engine, d);
    gnutls_transport_set_push_function(d->engine, push);
    gnutls_transport_set_pull_function(d->engine, pull);
    gnutls_transport_set_pull_timeout_function(d->engine, pull_timeout);
    d->role = role;
    d->give_up_at = rtc_after(now, d->config.patience_us);
    set_state(d, RTC_DTLS_HANDSHAKE);
    if (role == RTC_DTLS_CLIENT)
        shake_hands(d, now);
    release_held(d, now);
    return 0;
}

void rtc_dtls_close(struct rtc_dtls *d)
{
    if (d->state == RTC_DTLS_CLOSED || d->state == RTC_DTLS_FAILED)
        return;
    if (d->state == RTC_DTLS_HANDSHAKE && !rtc_queue_is_empty(&d->flight))
        gnutls_alert_send(d->engine, GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY);
    if (d->state == RTC_DTLS_CONNECTED)
        gnutls_bye(d->engine, GNUTLS_SHUT_WR);
    snprintf(d->why, sizeof d->why, "closed by us");
    set_state(d, RTC_DTLS_CLOSED);
}

/* ---- what is known ------------------------------------------------------ */

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
    return d->why;
}

const char *rtc_dtls_version_name(const struct rtc_dtls *d)
{
    if (d->state != RTC_DTLS_CONNECTED)
        return NULL;
    return gnutls_protocol_get_name(gnutls_protocol_get_version(d->engine));
}

const char *rtc_dtls_cipher_name(const struct rtc_dtls *d)
{
    return d->state == RTC_DTLS_CONNECTED ? gnutls_ciphersuite_get(d->engine)
                                          : NULL;
}

int rtc_dtls_export(const struct rtc_dtls *d, struct rtc_dtls_keys *ret_keys)
{
    if (d->state != RTC_DTLS_CONNECTED)
        return RTC_ERR_STATE;
    return rtc_dtls_engine_keys(d->engine, d->role, ret_keys);
}
