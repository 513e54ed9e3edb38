/* SPDX-License-Identifier: MIT
 * The Data Channel Establishment Protocol (RFC 8832): the two messages that
 * open a channel. What they cause is channels.c's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Payload protocol identifiers (RFC 8831 8). */
enum rtc_ppid {
    RTC_PPID_DCEP = 50,
    RTC_PPID_TEXT = 51,
    RTC_PPID_BINARY_PART = 52, /* deprecated: a message in pieces */
    RTC_PPID_BINARY = 53,
    RTC_PPID_TEXT_PART = 54, /* deprecated */
    RTC_PPID_TEXT_EMPTY = 56,
    RTC_PPID_BINARY_EMPTY = 57,
};

#define RTC_DCEP_TEXT_MAX 255
/* Longest message of ours. */
#define RTC_DCEP_MAX (12 + 2 * RTC_DCEP_TEXT_MAX)

enum rtc_dcep_type { RTC_DCEP_ACK = 2, RTC_DCEP_OPEN = 3 };

/* An ACK has nothing but its type. */
struct rtc_dcep {
    enum rtc_dcep_type type;
    bool unordered;
    int max_retransmits, max_lifetime_ms; /* at most one limit; -1: none */
    uint16_t priority;
    /* UTF-8, not terminated; parsed: they lie in the message. */
    const char *label, *protocol;
    size_t label_len, protocol_len;
};

/* 0; RTC_ERR_FORMAT; RTC_ERR_UNSUPPORTED: a type or a kind of channel that is
 * not known, or a text over RTC_DCEP_TEXT_MAX. */
int rtc_dcep_parse(const uint8_t *data, size_t len, struct rtc_dcep *ret_dcep);
/* The length, or RTC_ERR_NOBUF. */
int rtc_dcep_write(const struct rtc_dcep *dcep, uint8_t *buf, size_t cap);
