/* SPDX-License-Identifier: MIT
 * The insides of a DTLS session, seen by session.c and data.c. */
#pragma once

#include <gnutls/gnutls.h>

#include "base/queue.h"
#include "dtls/session.h"

struct rtc_dtls {
    struct rtc_dtls_config config; /* the first: engine.c looks here */
    struct rtc_dtls_fingerprint *expected;
    unsigned expected_count;

    enum rtc_dtls_role role;
    enum rtc_dtls_state state;
    enum rtc_dtls_failure failure;
    char why[160];

    gnutls_session_t engine; /* NULL in state NEW */
    const uint8_t *input;    /* the record GnuTLS may take now, or NULL */
    size_t input_len;
    struct rtc_queue held;     /* records that came too early */
    struct rtc_queue output;   /* records to send */
    struct rtc_queue received; /* content to read */
    struct rtc_queue flight;   /* what the last flight consisted of */
    uint8_t *sealed;           /* where the next record goes, or NULL */
    size_t sealed_cap, sealed_len;
    bool is_asked_again; /* for the last flight, once connected */
    bool is_new_flight;  /* the next record begins another */

    bool verified;        /* the peer's certificate is the expected one */
    bool is_heard;        /* at least one record came */
    uint32_t clear_count; /* records of epoch 0 handed to GnuTLS */
    uint32_t hello_until; /* bytes of the ClientHello handed to GnuTLS */
    uint8_t alert;        /* what the peer, or somebody, said in the clear */
    rtc_usec alert_at;    /* when it counts, or RTC_NEVER */
    rtc_usec resend_at;   /* when GnuTLS wants to be called, or RTC_NEVER */
    rtc_usec copy_at;     /* when the flight is sent once more, or RTC_NEVER */
    rtc_usec give_up_at;
};
