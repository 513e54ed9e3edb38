/* SPDX-License-Identifier: MIT
 * RED payloads (RFC 2198 3): first a header a block, four bytes with the
 * highest bit set for a copy, one byte without it for the primary frame; then
 * the data in the same order, the primary frame's up to the end. */
#include "codec/red.h"

#include <string.h>

#include "base/bytes.h"
#include "rtc.h"

#define MORE 0x80 /* another header follows */

/* Reads the headers. False when they are cut or too many. */
static bool read_headers(struct rtc_reader *r, struct rtc_red *red)
{
    for (;;) {
        uint8_t first = rtc_read_u8(r);
        struct rtc_red_block *copy;
        uint32_t rest;

        if (!(first & MORE)) {
            red->primary.payload_type = first;
            return !r->failed;
        }
        rest = rtc_read_u24(r);
        if (r->failed || red->copy_count == RTC_RED_COPY_MOST)
            return false;
        copy = &red->copies[red->copy_count++];
        copy->payload_type = first & ~MORE & 0xff;
        copy->age = (uint16_t)(rest >> 10);
        copy->len = rest & RTC_RED_LEN_MAX;
    }
}

int rtc_red_parse(const uint8_t *payload, size_t len, struct rtc_red *ret_red)
{
    struct rtc_red red = {.copy_count = 0};
    struct rtc_reader r;

    rtc_reader_init(&r, payload, len);
    if (!read_headers(&r, &red))
        return RTC_ERR_FORMAT;
    for (unsigned i = 0; i < red.copy_count; i++)
        red.copies[i].data = rtc_read_bytes(&r, red.copies[i].len);
    if (r.failed)
        return RTC_ERR_FORMAT;
    red.primary.data = r.at;
    red.primary.len = rtc_reader_left(&r);
    *ret_red = red;
    return 0;
}

bool rtc_red_fits(const struct rtc_red_block *copy, size_t primary_len,
                  size_t max)
{
    size_t headers = RTC_RED_COPY_HEADER + RTC_RED_PRIMARY_HEADER;

    return copy->age > 0 && copy->age <= RTC_RED_AGE_MAX && copy->len > 0 &&
           copy->len <= RTC_RED_LEN_MAX && primary_len <= max &&
           headers + copy->len <= max - primary_len;
}

size_t rtc_red_write(const struct rtc_red_block *copy, uint8_t payload_type,
                     uint8_t *buf)
{
    uint8_t *at = buf;

    if (copy) {
        rtc_put_u32(at, (uint32_t)(copy->payload_type | MORE) << 24 |
                            (uint32_t)copy->age << 10 | (uint32_t)copy->len);
        at += RTC_RED_COPY_HEADER;
    }
    *at++ = payload_type & ~MORE & 0xff;
    if (copy) {
        memcpy(at, copy->data, copy->len);
        at += copy->len;
    }
    return (size_t)(at - buf);
}
