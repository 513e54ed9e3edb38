/* SPDX-License-Identifier: MIT
 * The outside of DTLS records (RFC 6347 4.1): enough to take a datagram apart
 * and to see what GnuTLS should not be given. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

enum rtc_dtls_content {
    RTC_DTLS_CHANGE_CIPHER_SPEC = 20,
    RTC_DTLS_ALERT = 21,
    RTC_DTLS_HANDSHAKE_MESSAGE = 22,
    RTC_DTLS_APPLICATION_DATA = 23,
};

/* Type, version, epoch (from byte 3), number (from byte 5), length. */
#define RTC_DTLS_HEADER_LEN 13

/* One record where it lies in a datagram. */
struct rtc_dtls_record {
    enum rtc_dtls_content type;
    uint16_t epoch;      /* 0: not encrypted, anybody may have sent it */
    const uint8_t *data; /* the whole record, header included */
    size_t len;
    const uint8_t *body;
    size_t body_len;
};

/* Takes the next record off `datagram`. False at the end and at the first thing
 * that is none. */
bool rtc_dtls_record_next(struct rtc_reader *datagram,
                          struct rtc_dtls_record *ret_record);

/* Whether the record opens with a fragment of a ClientHello in the clear, and
 * which bytes of the message it holds: from `ret_from`, before `ret_until`. */
bool rtc_dtls_record_hello(const struct rtc_dtls_record *record,
                           uint32_t *ret_from, uint32_t *ret_until);

/* Whether it is an alert in the clear that ends a session: a fatal one, or
 * close_notify. */
bool rtc_dtls_record_alert(const struct rtc_dtls_record *record,
                           uint8_t *ret_description);

/* Gives a record in the clear the number `*next`, and counts that on; leaves an
 * encrypted one alone. A forged one with a high number would otherwise make all
 * true ones look old. The order of messages does not hang on it (4.2.2). */
void rtc_dtls_record_renumber(uint8_t record[RTC_DTLS_HEADER_LEN],
                              uint32_t *next);
