/* SPDX-License-Identifier: MIT
 * Reads and writes the RTP header (RFC 3550 5.1) with its extension block
 * (5.3.1) as it stands; what the block holds is rtp/extension.c's. */
#include "rtp/header.h"

#include <string.h>

#include "base/bytes.h"
#include "rtc.h"

enum { VERSION = 2, PADDING_BIT = 0x20, EXTENSION_BIT = 0x10 };

/* Bytes of CSRCs and extension behind the fixed header; SIZE_MAX when the
 * packet ends inside. */
static size_t variable_len(const uint8_t *data, size_t len)
{
    size_t at = RTC_RTP_HEADER_MIN + 4 * (size_t)(data[0] & 15);

    if (data[0] & EXTENSION_BIT) {
        if (at + 4 > len)
            return SIZE_MAX;
        at += 4 + 4 * (size_t)rtc_get_u16(data + at + 2);
    }
    return at <= len ? at - RTC_RTP_HEADER_MIN : SIZE_MAX;
}

int rtc_rtp_parse(const uint8_t *data, size_t len,
                  struct rtc_rtp_header *ret_header)
{
    struct rtc_rtp_header *h = ret_header;
    size_t variable, header_len;
    uint8_t padding = 0;

    if (len < RTC_RTP_HEADER_MIN || data[0] >> 6 != VERSION)
        return RTC_ERR_FORMAT;
    variable = variable_len(data, len);
    if (variable == SIZE_MAX)
        return RTC_ERR_FORMAT;
    header_len = RTC_RTP_HEADER_MIN + variable;
    if (data[0] & PADDING_BIT) {
        padding = data[len - 1];
        if (padding == 0 || padding > len - header_len)
            return RTC_ERR_FORMAT;
    }

    h->marker = data[1] >> 7;
    h->payload_type = data[1] & 0x7f;
    h->sequence = rtc_get_u16(data + 2);
    h->timestamp = rtc_get_u32(data + 4);
    h->ssrc = rtc_get_u32(data + 8);
    h->csrc_count = data[0] & 15;
    for (size_t i = 0; i < h->csrc_count; i++)
        h->csrc[i] = rtc_get_u32(data + RTC_RTP_HEADER_MIN + 4 * i);

    h->has_extension = data[0] & EXTENSION_BIT;
    h->extension_profile = 0;
    h->extension = NULL;
    h->extension_len = 0;
    if (h->has_extension) {
        h->extension_len = variable - 4 * (size_t)h->csrc_count - 4;
        h->extension = data + header_len - h->extension_len;
        h->extension_profile = rtc_get_u16(h->extension - 4);
    }
    h->padding_len = padding;
    h->payload = data + header_len;
    h->payload_len = len - header_len - padding;
    h->header_len = header_len;
    return 0;
}

size_t rtc_rtp_header_len(const struct rtc_rtp_header *header)
{
    return RTC_RTP_HEADER_MIN + 4 * (size_t)header->csrc_count +
           (header->has_extension ? 4 + header->extension_len : 0);
}

int rtc_rtp_write(const struct rtc_rtp_header *header, uint8_t *buf, size_t cap)
{
    const struct rtc_rtp_header *h = header;
    size_t len = rtc_rtp_header_len(h);
    uint8_t *at = buf + RTC_RTP_HEADER_MIN;

    if (h->payload_type > 127 || h->csrc_count > RTC_RTP_CSRC_MOST)
        return RTC_ERR_ARG;
    if (h->has_extension &&
        (h->extension_len % 4 || h->extension_len / 4 > UINT16_MAX))
        return RTC_ERR_ARG;
    if (len > cap)
        return RTC_ERR_NOBUF;

    buf[0] = (uint8_t)(VERSION << 6 | (h->padding_len ? PADDING_BIT : 0) |
                       (h->has_extension ? EXTENSION_BIT : 0) | h->csrc_count);
    buf[1] = (uint8_t)(h->marker << 7 | h->payload_type);
    rtc_put_u16(buf + 2, h->sequence);
    rtc_put_u32(buf + 4, h->timestamp);
    rtc_put_u32(buf + 8, h->ssrc);
    for (size_t i = 0; i < h->csrc_count; i++, at += 4)
        rtc_put_u32(at, h->csrc[i]);
    if (h->has_extension) {
        rtc_put_u16(at, h->extension_profile);
        rtc_put_u16(at + 2, (uint16_t)(h->extension_len / 4));
        if (h->extension_len)
            memcpy(at + 4, h->extension, h->extension_len);
    }
    return (int)len;
}
