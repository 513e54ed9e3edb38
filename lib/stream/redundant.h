/* SPDX-License-Identifier: MIT
 * What goes before a frame in a RED packet (RFC 2198): a copy of the frame
 * before it, kept here. Nothing allocates. */
#pragma once

#include "codec/red.h"

struct rtc_redundant {
    uint8_t data[RTC_RED_LEN_MAX];
    size_t len; /* 0: nothing to repeat */
    uint32_t timestamp;
};

/* Bytes that rtc_redundant_write puts before a frame of `len` bytes, so that
 * both fit `max`: headers and a copy, the header alone, or 0 when the frame
 * has to go without RED. */
size_t rtc_redundant_len(const struct rtc_redundant *r, uint32_t timestamp,
                         size_t len, size_t max);
/* Writes those `lead` bytes; copy and frame are of `payload_type`. */
void rtc_redundant_write(const struct rtc_redundant *r, uint8_t payload_type,
                         uint32_t timestamp, size_t lead, uint8_t *buf);
/* Keeps a frame that was sent for the next one. Copies. */
void rtc_redundant_keep(struct rtc_redundant *r, const uint8_t *frame,
                        size_t len, uint32_t timestamp);
