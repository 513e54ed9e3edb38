/* SPDX-License-Identifier: MIT
 * Bounded scanning of text that is not NUL-terminated: slices, tokens,
 * numbers, hex and base64. Nothing here allocates. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed slice of text. */
struct rtc_text {
    const char *at;
    size_t len;
};

struct rtc_text rtc_text_of(const char *cstring);
bool rtc_text_is(struct rtc_text t, const char *cstring);
bool rtc_text_is_nocase(struct rtc_text t, const char *cstring);
bool rtc_text_starts(struct rtc_text t, const char *prefix);
/* Without white space (space, tab, CR, LF) at both ends. */
struct rtc_text rtc_text_trim(struct rtc_text t);

/* Takes the next line off `rest`, without its LF or CRLF. False at the end. */
bool rtc_text_line(struct rtc_text *rest, struct rtc_text *ret_line);
/* Takes what stands before the next `separator` off `rest` (all of it when
 * there is none). False when `rest` is empty. */
bool rtc_text_split(struct rtc_text *rest, char separator,
                    struct rtc_text *ret_part);
/* The next run of non-blanks. False when only blanks are left. */
bool rtc_text_word(struct rtc_text *rest, struct rtc_text *ret_word);

/* A whole slice of decimal digits, at most `max`. False: not that. */
bool rtc_text_u64(struct rtc_text t, uint64_t max, uint64_t *ret_value);
bool rtc_text_u32(struct rtc_text t, uint32_t max, uint32_t *ret_value);
/* A whole slice of hex digits (any case), at most 16 of them. */
bool rtc_text_hex(struct rtc_text t, uint64_t *ret_value);

/* Copies into `buf` with a NUL behind. False (buf untouched) if too long. */
bool rtc_text_copy(struct rtc_text t, char *buf, size_t cap);

/* Lower-case hex of `len` bytes and a NUL; `buf` holds 2 * len + 1. */
void rtc_hex_write(const void *data, size_t len, char *buf);
/* Base64 (RFC 4648 4) and a NUL. The length, or RTC_ERR_NOBUF. */
int rtc_base64_write(const void *data, size_t len, char *buf, size_t cap);
/* Decodes base64, white space skipped. The length, RTC_ERR_FORMAT or
 * RTC_ERR_NOBUF. */
int rtc_base64_read(struct rtc_text t, uint8_t *buf, size_t cap);
