/* SPDX-License-Identifier: MIT
 * Ogg pages (RFC 3533 6): 27 bytes, a table of lacing values, then the
 * segments they measure. A packet ends with the first value under 255; a page
 * may end within one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTC_OGG_HEADER_LEN 27
#define RTC_OGG_LACING_MOST 255
#define RTC_OGG_PAGE_MAX (RTC_OGG_HEADER_LEN + 255 + 255 * 255)

enum {
    RTC_OGG_CONTINUED = 1, /* begins within a packet */
    RTC_OGG_FIRST = 2,     /* of its logical stream */
    RTC_OGG_LAST = 4,
};

struct rtc_ogg_page {
    uint8_t flags;
    int64_t granule; /* -1: no packet ends on this page */
    uint32_t serial, sequence;
    const uint8_t *lacing;
    size_t lacing_count;
    const uint8_t *body;
    size_t body_len;
    size_t len; /* of the whole page */
};

/* Reads the page at the start of `data`. 1, the page lends from `data`; 0 when
 * it is not all there (then ret_page->len says how much is needed so far);
 * RTC_ERR_FORMAT without OggS or version 0; RTC_ERR_CRYPTO when its checksum is
 * wrong. */
int rtc_ogg_page_parse(const uint8_t *data, size_t len,
                       struct rtc_ogg_page *ret_page);

/* Bytes of a page of these lacing values. */
size_t rtc_ogg_page_len(const uint8_t *lacing, size_t lacing_count);

/* Writes `page` (all but len and body_len count) into `buf`, which has room for
 * rtc_ogg_page_len bytes. */
void rtc_ogg_page_write(const struct rtc_ogg_page *page, uint8_t *buf);
