/* SPDX-License-Identifier: MIT
 * XR (RFC 3611): the receiver's reference time (4.4) and the answer to it
 * (4.5), by which a side that sends no media learns its round-trip time. */
#include "rtcp/report.h"

enum { BLOCK_RRTR = 4, BLOCK_DLRR = 5, RRTR_LEN = 8, DLRR_LEN = 12 };

static void parse_dlrr(struct rtc_reader *block, struct rtc_rtcp_xr *xr)
{
    while (rtc_reader_left(block) >= DLRR_LEN &&
           xr->dlrr_count < RTC_RTCP_COUNT_MAX) {
        struct rtc_rtcp_dlrr *d = &xr->dlrr[xr->dlrr_count++];

        d->ssrc = rtc_read_u32(block);
        d->last_rr = rtc_read_u32(block);
        d->delay = rtc_read_u32(block);
    }
}

int rtc_rtcp_xr_parse(const struct rtc_rtcp_packet *packet,
                      struct rtc_rtcp_xr *ret_xr)
{
    struct rtc_rtcp_xr xr = {0};
    struct rtc_reader r;

    if (packet->type != RTC_RTCP_XR)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&r, packet->body, packet->body_len);
    xr.ssrc = rtc_read_u32(&r);
    while (rtc_reader_left(&r)) {
        struct rtc_reader block;
        const uint8_t *content;
        uint8_t type = rtc_read_u8(&r);
        size_t len;

        rtc_read_skip(&r, 1); /* type-specific, unused in ours */
        len = 4 * (size_t)rtc_read_u16(&r);
        content = rtc_read_bytes(&r, len);
        if (r.failed)
            return RTC_ERR_FORMAT;
        rtc_reader_init(&block, content, len);
        if (type == BLOCK_RRTR && len == RRTR_LEN) {
            xr.has_rrtr = true;
            xr.ntp = rtc_read_u64(&block);
        } else if (type == BLOCK_DLRR) {
            parse_dlrr(&block, &xr);
        }
    }
    if (r.failed)
        return RTC_ERR_FORMAT;
    *ret_xr = xr;
    return 0;
}

/* A block's header; its length is in words. */
static void write_block_header(struct rtc_writer *w, uint8_t type, size_t len)
{
    rtc_write_u8(w, type);
    rtc_write_u8(w, 0);
    rtc_write_u16(w, (uint16_t)(len / 4));
}

int rtc_rtcp_xr_write(struct rtc_writer *w, const struct rtc_rtcp_xr *xr)
{
    size_t start;

    if (xr->dlrr_count > RTC_RTCP_COUNT_MAX ||
        (!xr->has_rrtr && xr->dlrr_count == 0))
        return RTC_ERR_ARG;
    start = rtc_rtcp_begin(w, RTC_RTCP_XR, 0);
    rtc_write_u32(w, xr->ssrc);
    if (xr->has_rrtr) {
        write_block_header(w, BLOCK_RRTR, RRTR_LEN);
        rtc_write_u64(w, xr->ntp);
    }
    if (xr->dlrr_count)
        write_block_header(w, BLOCK_DLRR, DLRR_LEN * (size_t)xr->dlrr_count);
    for (size_t i = 0; i < xr->dlrr_count; i++) {
        rtc_write_u32(w, xr->dlrr[i].ssrc);
        rtc_write_u32(w, xr->dlrr[i].last_rr);
        rtc_write_u32(w, xr->dlrr[i].delay);
    }
    return rtc_rtcp_end(w, start);
}
