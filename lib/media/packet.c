/* SPDX-License-Identifier: MIT
 * RTP packets (RFC 3550 5.1) as rtpdump files have them, to and from struct
 * rtc_packet: of the header that goes between two streams, without CSRCs,
 * header extensions and padding, which mean something to one session only. */
#include <string.h>

#include "base/bytes.h"
#include "media/media.h"

#define HEADER_LEN 12
#define VERSION 2
#define PADDING 0x20
#define EXTENSION 0x10
#define MARKER 0x80

/* What stands behind the fixed header. False when it is cut. */
static bool skip_header(struct rtc_reader *r, uint8_t first)
{
    rtc_read_skip(r, (size_t)(first & 0x0f) * 4);
    if (first & EXTENSION) {
        rtc_read_skip(r, 2);
        rtc_read_skip(r, (size_t)rtc_read_u16(r) * 4);
    }
    return !r->failed;
}

int rtc_media_packet_parse(const uint8_t *data, size_t len,
                           struct rtc_packet *ret_packet)
{
    struct rtc_packet packet = {.time = RTC_NEVER};
    struct rtc_reader r;
    uint8_t first, second;

    rtc_reader_init(&r, data, len);
    first = rtc_read_u8(&r);
    second = rtc_read_u8(&r);
    packet.marker = second & MARKER;
    packet.payload_type = second & 0x7f;
    packet.sequence = rtc_read_u16(&r);
    packet.media_time = rtc_read_u32(&r);
    packet.ssrc = rtc_read_u32(&r);
    if (!skip_header(&r, first) || first >> 6 != VERSION)
        return RTC_ERR_FORMAT;
    packet.payload = r.at;
    packet.len = rtc_reader_left(&r);
    if (first & PADDING) {
        uint8_t padding = packet.len ? data[len - 1] : 0;

        if (!padding || padding > packet.len)
            return RTC_ERR_FORMAT;
        packet.len -= padding;
    }
    *ret_packet = packet;
    return 0;
}

int rtc_media_packet_write(const struct rtc_packet *packet, uint8_t *buf,
                           size_t cap)
{
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    rtc_write_u8(&w, VERSION << 6);
    rtc_write_u8(&w, (uint8_t)((packet->marker ? MARKER : 0) |
                               (packet->payload_type & 0x7f)));
    rtc_write_u16(&w, (uint16_t)packet->sequence);
    rtc_write_u32(&w, (uint32_t)packet->media_time);
    rtc_write_u32(&w, packet->ssrc);
    if (packet->len)
        rtc_write_bytes(&w, packet->payload, packet->len);
    return w.failed ? RTC_ERR_NOBUF : (int)w.len;
}
