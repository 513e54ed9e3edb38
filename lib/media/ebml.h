/* SPDX-License-Identifier: MIT
 * EBML (RFC 8794), the binary markup below Matroska: an element is an id, a
 * size and that many bytes, which may be elements again. Knows no element by
 * name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* An id of 4 bytes and a size of 8. */
#define RTC_EBML_HEADER_MAX 12

/* Id (with its length marker) and size of an element. */
struct rtc_ebml_header {
    uint32_t id;
    unsigned header_len;
    bool unknown; /* the size is not told: up to what cannot be inside */
    uint64_t len; /* of what is inside, below 2^56 */
};

/* 1; 0: more bytes are needed; RTC_ERR_FORMAT: no element begins here. */
int rtc_ebml_header_parse(const uint8_t *data, size_t len,
                          struct rtc_ebml_header *ret_header);

/* A number of variable length (RFC 8794 4): how many bytes it has, or 0 when it
 * is malformed or cut. The largest value of each length is reserved. */
size_t rtc_ebml_number(const uint8_t *data, size_t len, uint64_t *ret_value);

/* An element that is there whole. */
struct rtc_ebml {
    uint32_t id;
    const uint8_t *data;
    size_t len;
};

/* The next one within a parent that is there whole; `*at` moves behind it. 1; 0
 * at the end; RTC_ERR_FORMAT when it is malformed or does not fit. Lends. */
int rtc_ebml_next(const uint8_t **at, const uint8_t *end,
                  struct rtc_ebml *ret_element);
/* Values (RFC 8794 7.2, 7.3); 0 when there is no such value in the element. */
uint64_t rtc_ebml_uint(const struct rtc_ebml *element);
double rtc_ebml_float(const struct rtc_ebml *element);
/* Whether its text is `text`, zeros behind it aside (RFC 8794 7.4). */
bool rtc_ebml_is_text(const struct rtc_ebml *element, const char *text);

/* ---- writing ----------------------------------------------------------- */

void rtc_ebml_write_uint(struct rtc_writer *w, uint32_t id, uint64_t value);
void rtc_ebml_write_float(struct rtc_writer *w, uint32_t id, double value);
void rtc_ebml_write_text(struct rtc_writer *w, uint32_t id, const char *text);
void rtc_ebml_write_bytes(struct rtc_writer *w, uint32_t id, const void *data,
                          size_t len);
/* Id and size, of which what is inside is written next. */
void rtc_ebml_write_header(struct rtc_writer *w, uint32_t id, uint64_t len);
/* The same with a size that is not told. */
void rtc_ebml_write_unknown(struct rtc_writer *w, uint32_t id);
/* A parent of at most 2^28 - 2 bytes whose size is filled in by close; gives
 * what close needs. */
size_t rtc_ebml_open(struct rtc_writer *w, uint32_t id);
void rtc_ebml_close(struct rtc_writer *w, size_t opened);
