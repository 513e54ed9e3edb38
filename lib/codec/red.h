/* SPDX-License-Identifier: MIT
 * Redundant audio (RFC 2198): a payload that carries a frame, the primary one,
 * and before it copies of earlier ones. Pure functions over bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 2198 3: a copy's length has 10 bits, its age 14. */
#define RTC_RED_LEN_MAX 1023
#define RTC_RED_AGE_MAX 16383
/* Bytes before the data: of each copy, and of the primary frame. */
#define RTC_RED_COPY_HEADER 4
#define RTC_RED_PRIMARY_HEADER 1
/* Copies looked at; senders send one or two. */
#define RTC_RED_COPY_MOST 8

struct rtc_red_block {
    uint8_t payload_type;
    uint16_t age; /* RTP ticks before the primary frame, 0 for that itself */
    const uint8_t *data;
    size_t len;
};

struct rtc_red {
    struct rtc_red_block copies[RTC_RED_COPY_MOST]; /* as they lie */
    unsigned copy_count;
    struct rtc_red_block primary;
};

/* Takes a payload apart; its blocks are lent by it. 0, or RTC_ERR_FORMAT: cut,
 * or more copies than RTC_RED_COPY_MOST. */
int rtc_red_parse(const uint8_t *payload, size_t len, struct rtc_red *ret_red);

/* Whether `copy` may go before a frame of `primary_len` bytes into `max` bytes:
 * its age is one, and both fit. */
bool rtc_red_fits(const struct rtc_red_block *copy, size_t primary_len,
                  size_t max);
/* Writes everything but the primary frame, which the caller puts behind it:
 * `copy` (NULL: none, else rtc_red_fits) and the header of the primary frame's
 * payload type. How many bytes. Borrows. */
size_t rtc_red_write(const struct rtc_red_block *copy, uint8_t payload_type,
                     uint8_t *buf);
