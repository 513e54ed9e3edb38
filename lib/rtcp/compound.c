/* SPDX-License-Identifier: MIT
 * Walks and builds RTCP compound packets (RFC 3550 6.1). A first packet that
 * is no report is fine (reduced size, RFC 5506); only the framing is checked
 * here, bodies are the other files'. */
#include "rtcp/compound.h"

#include <assert.h>

#include "rtc.h"

enum { VERSION = 2, PADDING_BIT = 0x20 };

/* Takes the padding off the end of the body (RFC 3550 6.4.1). */
static bool strip_padding(struct rtc_rtcp_packet *packet)
{
    if (packet->body_len == 0)
        return false;
    packet->padding_len = packet->body[packet->body_len - 1];
    if (packet->padding_len == 0 || packet->padding_len > packet->body_len)
        return false;
    packet->body_len -= packet->padding_len;
    return true;
}

int rtc_rtcp_next(struct rtc_reader *datagram,
                  struct rtc_rtcp_packet *ret_packet)
{
    struct rtc_reader *r = datagram;
    struct rtc_rtcp_packet packet = {0};
    uint8_t flags;

    if (!r->failed && rtc_reader_left(r) == 0)
        return 0;
    flags = rtc_read_u8(r);
    packet.count = flags & RTC_RTCP_COUNT_MAX;
    packet.type = rtc_read_u8(r);
    packet.body_len = 4 * (size_t)rtc_read_u16(r);
    packet.body = rtc_read_bytes(r, packet.body_len);
    if (r->failed || flags >> 6 != VERSION ||
        (flags & PADDING_BIT && !strip_padding(&packet))) {
        r->failed = true;
        return RTC_ERR_FORMAT;
    }
    *ret_packet = packet;
    return 1;
}

size_t rtc_rtcp_begin(struct rtc_writer *w, enum rtc_rtcp_type type,
                      unsigned count)
{
    size_t start = w->len;

    assert(!w->failed && count <= RTC_RTCP_COUNT_MAX);
    rtc_write_u8(w, (uint8_t)(VERSION << 6 | count));
    rtc_write_u8(w, (uint8_t)type);
    rtc_write_u16(w, 0);
    return start;
}

int rtc_rtcp_end(struct rtc_writer *w, size_t start)
{
    size_t words;

    rtc_write_zeros(w, -(w->len - start) % 4);
    words = (w->len - start) / 4;
    if (w->failed || words > UINT16_MAX + 1) {
        w->failed = false;
        w->len = start;
        return RTC_ERR_NOBUF;
    }
    rtc_patch_u16(w, start + 2, (uint16_t)(words - 1));
    return 0;
}
