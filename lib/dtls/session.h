/* SPDX-License-Identifier: MIT
 * One DTLS 1.2 association between datagrams in and datagrams out: handshake
 * with a certificate on both sides, trusted by fingerprint alone (RFC 5763),
 * SRTP keys (RFC 5764) and application data for SCTP (RFC 8261). */
#pragma once

#include "base/log.h"
#include "dtls/identity.h"
#include "rtc.h"

struct rtc_dtls;

/* "GnuTLS 3.7.9", as it is loaded. Static. */
const char *rtc_dtls_library(void);

enum rtc_dtls_role {
    RTC_DTLS_CLIENT, /* a=setup:active */
    RTC_DTLS_SERVER, /* a=setup:passive */
};

enum rtc_dtls_state {
    RTC_DTLS_NEW, /* keeps what comes until rtc_dtls_start */
    RTC_DTLS_HANDSHAKE,
    RTC_DTLS_CONNECTED,
    RTC_DTLS_CLOSED, /* by either side, after or without a handshake */
    RTC_DTLS_FAILED, /* see rtc_dtls_failure and rtc_dtls_why */
};
const char *rtc_dtls_state_name(enum rtc_dtls_state state);

enum rtc_dtls_failure {
    RTC_DTLS_NO_FAILURE,
    RTC_DTLS_BAD_FINGERPRINT, /* not the certificate that was described */
    RTC_DTLS_BAD_HANDSHAKE,   /* refused, malformed or timed out */
    RTC_DTLS_BROKEN,          /* ended by a fatal error once connected */
};

struct rtc_dtls_config {
    const struct rtc_identity *identity; /* borrowed for the session's life */
    size_t mtu;            /* no datagram is longer; at least 256 */
    rtc_usec resend_us;    /* first resend; then doubling to 1 s; 0: 100 ms */
    rtc_usec patience_us;  /* for the handshake as a whole; 0: 30 s */
    bool skip_fingerprint; /* any certificate will do: tests only */
    const struct rtc_log *log; /* or NULL; borrowed for the session's life */
    rtc_keylog_fn keylog;      /* or NULL; else secrets are told */
    void *keylog_user;
};

/* A session in state NEW, owned by the caller. RTC_ERR_ARG, NOMEM. */
int rtc_dtls_new(struct rtc_dtls **ret_dtls,
                 const struct rtc_dtls_config *config);
/* Sends nothing (see rtc_dtls_close). NULL is fine. */
void rtc_dtls_free(struct rtc_dtls *d);

/* The fingerprints of the remote description, before rtc_dtls_start. Of several
 * hashes the strongest counts, and one digest by it must match (RFC 8122 5).
 * Copies. RTC_ERR_ARG (none, or more than 16), STATE, NOMEM. */
int rtc_dtls_expect(struct rtc_dtls *d,
                    const struct rtc_dtls_fingerprint *fingerprints,
                    unsigned count);
/* A smaller (or larger) MTU from now on. */
void rtc_dtls_set_mtu(struct rtc_dtls *d, size_t mtu);
/* Begins the handshake, and the time allowed for it: there should be a path to
 * the peer. What came earlier is read now. RTC_ERR_STATE (begun already, or no
 * fingerprint is expected), NOMEM, CRYPTO. */
int rtc_dtls_start(struct rtc_dtls *d, enum rtc_dtls_role role, rtc_usec now);

/* Takes in one datagram. Borrows. What is no DTLS record, or a forged one, is
 * dropped; look at rtc_dtls_state afterwards and rtc_dtls_read. */
void rtc_dtls_receive(struct rtc_dtls *d, const uint8_t *data, size_t len,
                      rtc_usec now);
/* Writes the next datagram to send, at most the MTU. Its length, 0 when there
 * is none, RTC_ERR_NOBUF when `cap` is too small for it. Goes on after CLOSED
 * and FAILED, for the alert. */
int rtc_dtls_transmit(struct rtc_dtls *d, uint8_t *buf, size_t cap);
/* When to call rtc_dtls_tick at the latest, or RTC_NEVER. */
rtc_usec rtc_dtls_deadline(const struct rtc_dtls *d);
/* Resends and gives up as is due by `now`. */
void rtc_dtls_tick(struct rtc_dtls *d, rtc_usec now);

/* Encrypts and queues application data, one record. RTC_ERR_STATE (not
 * connected), ARG (empty, or longer than rtc_dtls_data_max), AGAIN (drain
 * transmit first). Borrows. */
int rtc_dtls_send(struct rtc_dtls *d, const uint8_t *data, size_t len);
/* The same, but the record goes into `buf` instead of the queue, to be sent as
 * a datagram. Its length; RTC_ERR_NOBUF, and as above. */
int rtc_dtls_seal(struct rtc_dtls *d, const uint8_t *data, size_t len,
                  uint8_t *buf, size_t cap);
/* Bytes that a record has more than its content; 0 when not connected. */
size_t rtc_dtls_overhead(const struct rtc_dtls *d);
/* The next received record's content, lent until the next call that is not
 * const; NULL when there is none. */
const uint8_t *rtc_dtls_peek(const struct rtc_dtls *d, size_t *ret_len);
/* Removes it; there must be one. */
void rtc_dtls_pop(struct rtc_dtls *d);
/* Takes the next received record's content out; its length, 0 when there is
 * none, RTC_ERR_NOBUF. At most 64 KiB wait: later ones are dropped. */
int rtc_dtls_read(struct rtc_dtls *d, uint8_t *buf, size_t cap);
/* Longest content that rtc_dtls_send takes; 0 when not connected. */
size_t rtc_dtls_data_max(const struct rtc_dtls *d);

/* Queues close_notify if there is a handshake, then CLOSED. Idempotent. */
void rtc_dtls_close(struct rtc_dtls *d);

enum rtc_dtls_state rtc_dtls_state(const struct rtc_dtls *d);
enum rtc_dtls_failure rtc_dtls_failure(const struct rtc_dtls *d);
/* One sentence about FAILED or CLOSED, else "". Lends. */
const char *rtc_dtls_why(const struct rtc_dtls *d);
/* e.g. "DTLS1.2" and "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" once connected,
 * else NULL. Static. */
const char *rtc_dtls_version_name(const struct rtc_dtls *d);
const char *rtc_dtls_cipher_name(const struct rtc_dtls *d);

/* The cipher suites that are offered and accepted, as far as GnuTLS has them,
 * best first: the name, and the number of the IANA registry. False: there are
 * no more. The name is static. */
bool rtc_dtls_suite(unsigned index, const char **ret_name,
                    uint16_t *ret_number);
/* The numbers of the SRTP profiles that are, likewise. 0: there are no more. */
uint16_t rtc_dtls_profile(unsigned index);

/* SRTP master keys, each followed by its salt (RFC 5764 4.2). */
struct rtc_dtls_keys {
    uint16_t profile; /* IANA number: 1, 7 or 8 */
    size_t len;       /* of either: 30, 28 or 44 */
    uint8_t local[44], remote[44];
};
/* The caller wipes them. RTC_ERR_STATE (never connected), UNSUPPORTED (no
 * profile was agreed), CRYPTO. */
int rtc_dtls_export(const struct rtc_dtls *d, struct rtc_dtls_keys *ret_keys);
