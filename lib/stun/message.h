/* SPDX-License-Identifier: MIT
 * STUN messages (RFC 8489) with the attributes that ICE (RFC 8445), TURN (RFC
 * 8656) and NAT tests (RFC 5780) use: parsed into a plain struct, written
 * attribute by attribute. Integrity is in stun/auth.h. */
#pragma once

#include "base/bytes.h"
#include "base/text.h"
#include "rtc.h"

#define RTC_STUN_HEADER_LEN 20
#define RTC_STUN_ID_LEN 12
#define RTC_STUN_COOKIE 0x2112A442u
#define RTC_STUN_UNKNOWN_MOST 8

enum rtc_stun_class {
    RTC_STUN_REQUEST,
    RTC_STUN_INDICATION,
    RTC_STUN_SUCCESS,
    RTC_STUN_ERROR,
};

enum rtc_stun_method {
    RTC_STUN_BINDING = 1,
    RTC_STUN_ALLOCATE = 3,
    RTC_STUN_REFRESH = 4,
    RTC_STUN_SEND = 6,
    RTC_STUN_DATA = 7,
    RTC_STUN_CREATE_PERMISSION = 8,
    RTC_STUN_CHANNEL_BIND = 9,
};

/* The IANA registry of STUN attributes; from 0x8000 on they are optional. */
enum rtc_stun_attribute {
    RTC_STUN_MAPPED_ADDRESS = 0x0001,
    RTC_STUN_CHANGE_REQUEST = 0x0003,
    RTC_STUN_USERNAME = 0x0006,
    RTC_STUN_MESSAGE_INTEGRITY = 0x0008,
    RTC_STUN_ERROR_CODE = 0x0009,
    RTC_STUN_UNKNOWN_ATTRIBUTES = 0x000A,
    RTC_STUN_CHANNEL_NUMBER = 0x000C,
    RTC_STUN_LIFETIME = 0x000D,
    RTC_STUN_XOR_PEER_ADDRESS = 0x0012,
    RTC_STUN_DATA_VALUE = 0x0013,
    RTC_STUN_REALM = 0x0014,
    RTC_STUN_NONCE = 0x0015,
    RTC_STUN_XOR_RELAYED_ADDRESS = 0x0016,
    RTC_STUN_REQUESTED_ADDRESS_FAMILY = 0x0017,
    RTC_STUN_REQUESTED_TRANSPORT = 0x0019,
    RTC_STUN_XOR_MAPPED_ADDRESS = 0x0020,
    RTC_STUN_PRIORITY = 0x0024,
    RTC_STUN_USE_CANDIDATE = 0x0025,
    RTC_STUN_PADDING = 0x0026,
    RTC_STUN_RESPONSE_PORT = 0x0027,
    RTC_STUN_ADDITIONAL_ADDRESS_FAMILY = 0x8000,
    RTC_STUN_SOFTWARE = 0x8022,
    RTC_STUN_ALTERNATE_SERVER = 0x8023,
    RTC_STUN_FINGERPRINT = 0x8028,
    RTC_STUN_ICE_CONTROLLED = 0x8029,
    RTC_STUN_ICE_CONTROLLING = 0x802A,
    RTC_STUN_RESPONSE_ORIGIN = 0x802B,
    RTC_STUN_OTHER_ADDRESS = 0x802C,
};

/* A parsed message. Slices point into the message (lent as long as it lives)
 * and have `at` NULL when the attribute is absent; addresses have family 0. Of
 * an attribute that comes twice the first counts (RFC 8489 14), but that an
 * allocation may have two relayed addresses (RFC 8656 7.2). */
struct rtc_stun {
    const uint8_t *data; /* the whole message */
    size_t len;
    enum rtc_stun_class class;
    uint16_t method; /* enum rtc_stun_method, or another number */
    uint8_t id[RTC_STUN_ID_LEN];

    struct rtc_addr mapped; /* XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS */
    struct rtc_addr peer, relayed, relayed_second, alternate, origin, other;
    struct rtc_text username, realm, nonce, software, value; /* value: DATA */
    uint16_t error_code; /* 300..699, 0: none */
    struct rtc_text error_reason;

    bool has_priority, has_lifetime, has_controlled, has_controlling;
    bool use_candidate;
    uint32_t priority, lifetime; /* lifetime in seconds */
    uint64_t tie_breaker;        /* of either role */

    /* Offsets of these attributes' headers, 0: absent. */
    size_t integrity_at, fingerprint_at;

    /* Attributes that must be understood and were not; `unknown_count` may be
     * larger than the list. */
    uint16_t unknown[RTC_STUN_UNKNOWN_MOST];
    unsigned unknown_count;
};

/* First two bits 0, the magic cookie, a length that fits (RFC 8489 6.3): tells
 * STUN from what else comes to the same socket. */
bool rtc_stun_is_message(const void *data, size_t len);
/* Borrows `data`. 0 or RTC_ERR_FORMAT. Integrity is not checked here. */
int rtc_stun_parse(struct rtc_stun *ret_message, const void *data, size_t len);

/* Writing: a message begins at the start of `w` (which must be empty) and is
 * complete after each call; a too small range shows as `w->failed`. */
void rtc_stun_write_begin(struct rtc_writer *w, enum rtc_stun_class class,
                          enum rtc_stun_method method,
                          const uint8_t id[RTC_STUN_ID_LEN]);
void rtc_stun_write(struct rtc_writer *w, enum rtc_stun_attribute type,
                    const void *value, size_t len);
void rtc_stun_write_text(struct rtc_writer *w, enum rtc_stun_attribute type,
                         const char *value);
void rtc_stun_write_u32(struct rtc_writer *w, enum rtc_stun_attribute type,
                        uint32_t value);
void rtc_stun_write_u64(struct rtc_writer *w, enum rtc_stun_attribute type,
                        uint64_t value);
void rtc_stun_write_addr(struct rtc_writer *w, enum rtc_stun_attribute type,
                         const struct rtc_addr *addr);
/* The address hidden by cookie and id (RFC 8489 14.2). */
void rtc_stun_write_xor_addr(struct rtc_writer *w, enum rtc_stun_attribute type,
                             const struct rtc_addr *addr);
void rtc_stun_write_error(struct rtc_writer *w, unsigned code,
                          const char *reason);
void rtc_stun_write_unknown(struct rtc_writer *w, const uint16_t *types,
                            unsigned count);
