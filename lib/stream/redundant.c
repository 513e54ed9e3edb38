/* SPDX-License-Identifier: MIT
 * One frame of redundancy. A receiver takes the copy for the packet before, so
 * only the frame of that is ever kept; one too long, or too long ago, is left
 * out. */
#include "stream/redundant.h"

#include <string.h>

static struct rtc_red_block copy_of(const struct rtc_redundant *r,
                                    uint8_t payload_type, uint32_t timestamp)
{
    uint32_t age = timestamp - r->timestamp;

    return (struct rtc_red_block){
        .payload_type = payload_type,
        .age = age <= RTC_RED_AGE_MAX ? (uint16_t)age : 0,
        .data = r->data,
        .len = r->len,
    };
}

size_t rtc_redundant_len(const struct rtc_redundant *r, uint32_t timestamp,
                         size_t len, size_t max)
{
    const struct rtc_red_block copy = copy_of(r, 0, timestamp);

    if (rtc_red_fits(&copy, len, max))
        return RTC_RED_COPY_HEADER + RTC_RED_PRIMARY_HEADER + r->len;
    return len + RTC_RED_PRIMARY_HEADER <= max ? RTC_RED_PRIMARY_HEADER : 0;
}

void rtc_redundant_write(const struct rtc_redundant *r, uint8_t payload_type,
                         uint32_t timestamp, size_t lead, uint8_t *buf)
{
    const struct rtc_red_block copy = copy_of(r, payload_type, timestamp);

    rtc_red_write(lead > RTC_RED_PRIMARY_HEADER ? &copy : NULL, payload_type,
                  buf);
}

void rtc_redundant_keep(struct rtc_redundant *r, const uint8_t *frame,
                        size_t len, uint32_t timestamp)
{
    r->len = len <= sizeof r->data ? len : 0;
    r->timestamp = timestamp;
    memcpy(r->data, frame, r->len);
}
