/* SPDX-License-Identifier: MIT
 * RTCP compound packets (RFC 3550 6.1, reduced-size RFC 5506): walking the
 * packets in one datagram, and appending packets to one. */
#pragma once

#include "base/bytes.h"

enum rtc_rtcp_type {
    RTC_RTCP_SR = 200,
    RTC_RTCP_RR = 201,
    RTC_RTCP_SDES = 202,
    RTC_RTCP_BYE = 203,
    RTC_RTCP_APP = 204,
    RTC_RTCP_RTPFB = 205, /* transport feedback, RFC 4585 6.2 */
    RTC_RTCP_PSFB = 206,  /* payload-specific feedback, RFC 4585 6.3 */
    RTC_RTCP_XR = 207,    /* RFC 3611 */
};

#define RTC_RTCP_COUNT_MAX 31 /* what the 5-bit count holds */

/* One packet; its body (behind the four header bytes, without padding) is lent
 * by the datagram. */
struct rtc_rtcp_packet {
    uint8_t type;  /* enum rtc_rtcp_type, or an unknown one */
    uint8_t count; /* RC, SC or FMT */
    const uint8_t *body;
    size_t body_len;
    size_t padding_len;
};

/* Takes the next packet off a reader over the datagram. 1, 0 at the end, or
 * RTC_ERR_FORMAT: nothing behind it can be read. */
int rtc_rtcp_next(struct rtc_reader *datagram,
                  struct rtc_rtcp_packet *ret_packet);

/* Starts a packet and returns where, for rtc_rtcp_end. `w` must not have
 * failed. */
size_t rtc_rtcp_begin(struct rtc_writer *w, enum rtc_rtcp_type type,
                      unsigned count);
/* Zero-fills the last word and sets the length. 0; or RTC_ERR_NOBUF when it did
 * not fit, and then `w` is as it was before rtc_rtcp_begin. Every write
 * function of this folder ends with it and fails the same way. */
int rtc_rtcp_end(struct rtc_writer *w, size_t start);
