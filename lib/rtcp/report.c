/* SPDX-License-Identifier: MIT
 * SR, RR, SDES and BYE (RFC 3550 6.4-6.6). Profile-specific extensions of
 * reports and SDES items other than CNAME are passed over. */
#include "rtcp/report.h"

enum {
    BLOCK_LEN = 24,
    SENDER_LEN = 20,
    SDES_CNAME = 1, /* RFC 3550 6.5.1 */
    TEXT_MAX = 255, /* an 8-bit length precedes each text */
    LOST_MAX = 0x7fffff,
};

/* ---- SR and RR ---- */

static struct rtc_rtcp_block parse_block(struct rtc_reader *r)
{
    struct rtc_rtcp_block b = {.ssrc = rtc_read_u32(r)};
    uint32_t lost;

    b.fraction_lost = rtc_read_u8(r);
    lost = rtc_read_u24(r);
    b.lost = (int32_t)lost - (lost > LOST_MAX ? 0x1000000 : 0);
    b.highest_sequence = rtc_read_u32(r);
    b.jitter = rtc_read_u32(r);
    b.last_sr = rtc_read_u32(r);
    b.delay_since_sr = rtc_read_u32(r);
    return b;
}

int rtc_rtcp_report_parse(const struct rtc_rtcp_packet *packet,
                          struct rtc_rtcp_report *ret_report)
{
    bool is_sender = packet->type == RTC_RTCP_SR;
    size_t need =
        4u + (is_sender ? SENDER_LEN : 0u) + BLOCK_LEN * (size_t)packet->count;
    struct rtc_reader r;

    if ((!is_sender && packet->type != RTC_RTCP_RR) || packet->body_len < need)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&r, packet->body, need);
    ret_report->is_sender = is_sender;
    ret_report->block_count = packet->count;
    ret_report->ssrc = rtc_read_u32(&r);
    if (is_sender) {
        ret_report->ntp = rtc_read_u64(&r);
        ret_report->rtp_time = rtc_read_u32(&r);
        ret_report->packet_count = rtc_read_u32(&r);
        ret_report->octet_count = rtc_read_u32(&r);
    }
    for (size_t i = 0; i < packet->count; i++)
        ret_report->blocks[i] = parse_block(&r);
    return 0;
}

static void write_block(struct rtc_writer *w, const struct rtc_rtcp_block *b)
{
    int32_t lost = b->lost < -LOST_MAX - 1 ? -LOST_MAX - 1
                   : b->lost > LOST_MAX    ? LOST_MAX
                                           : b->lost;

    rtc_write_u32(w, b->ssrc);
    rtc_write_u8(w, b->fraction_lost);
    rtc_write_u24(w, (uint32_t)lost & 0xffffff);
    rtc_write_u32(w, b->highest_sequence);
    rtc_write_u32(w, b->jitter);
    rtc_write_u32(w, b->last_sr);
    rtc_write_u32(w, b->delay_since_sr);
}

int rtc_rtcp_report_write(struct rtc_writer *w,
                          const struct rtc_rtcp_report *report)
{
    size_t start;

    if (report->block_count > RTC_RTCP_COUNT_MAX)
        return RTC_ERR_ARG;
    start = rtc_rtcp_begin(w, report->is_sender ? RTC_RTCP_SR : RTC_RTCP_RR,
                           report->block_count);
    rtc_write_u32(w, report->ssrc);
    if (report->is_sender) {
        rtc_write_u64(w, report->ntp);
        rtc_write_u32(w, report->rtp_time);
        rtc_write_u32(w, report->packet_count);
        rtc_write_u32(w, report->octet_count);
    }
    for (size_t i = 0; i < report->block_count; i++)
        write_block(w, &report->blocks[i]);
    return rtc_rtcp_end(w, start);
}

/* ---- SDES ---- */

/* Reads one chunk's items up to the next word boundary. Whether it had a CNAME;
 * an overrun shows in the reader. */
static bool parse_items(struct rtc_reader *r, const uint8_t *body,
                        struct rtc_text *ret_cname)
{
    bool found = false;
    uint8_t type;

    /* A list that ends with the packet needs no terminator to be understood. */
    while (rtc_reader_left(r) && (type = rtc_read_u8(r)) != 0) {
        size_t len = rtc_read_u8(r);
        const uint8_t *text = rtc_read_bytes(r, len);

        if (type == SDES_CNAME && !r->failed) {
            *ret_cname = (struct rtc_text){(const char *)text, len};
            found = true;
        }
    }
    rtc_read_skip(r, (size_t)(body - r->at) % 4);
    return found;
}

int rtc_rtcp_sdes_parse(const struct rtc_rtcp_packet *packet,
                        struct rtc_rtcp_sdes *ret_sdes)
{
    struct rtc_rtcp_sdes sdes = {0};
    struct rtc_reader r;

    if (packet->type != RTC_RTCP_SDES)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&r, packet->body, packet->body_len);
    for (unsigned i = 0; i < packet->count; i++) {
        struct rtc_rtcp_cname chunk = {.ssrc = rtc_read_u32(&r)};

        if (parse_items(&r, packet->body, &chunk.cname))
            sdes.chunks[sdes.count++] = chunk;
    }
    if (r.failed)
        return RTC_ERR_FORMAT;
    *ret_sdes = sdes;
    return 0;
}

int rtc_rtcp_sdes_write(struct rtc_writer *w, const struct rtc_rtcp_sdes *sdes)
{
    size_t start;

    if (sdes->count > RTC_RTCP_COUNT_MAX)
        return RTC_ERR_ARG;
    for (size_t i = 0; i < sdes->count; i++)
        if (sdes->chunks[i].cname.len > TEXT_MAX)
            return RTC_ERR_ARG;
    start = rtc_rtcp_begin(w, RTC_RTCP_SDES, sdes->count);
    for (size_t i = 0; i < sdes->count; i++) {
        const struct rtc_rtcp_cname *chunk = &sdes->chunks[i];
        size_t item_len = 2 + chunk->cname.len;

        rtc_write_u32(w, chunk->ssrc);
        rtc_write_u8(w, SDES_CNAME);
        rtc_write_u8(w, (uint8_t)chunk->cname.len);
        rtc_write_bytes(w, chunk->cname.at, chunk->cname.len);
        /* RFC 3550 6.5: at least one zero ends the list. */
        rtc_write_zeros(w, 4 - item_len % 4);
    }
    return rtc_rtcp_end(w, start);
}

/* ---- BYE ---- */

int rtc_rtcp_bye_parse(const struct rtc_rtcp_packet *packet,
                       struct rtc_rtcp_bye *ret_bye)
{
    struct rtc_rtcp_bye bye = {.count = packet->count};
    struct rtc_reader r;

    if (packet->type != RTC_RTCP_BYE)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&r, packet->body, packet->body_len);
    for (size_t i = 0; i < bye.count; i++)
        bye.ssrcs[i] = rtc_read_u32(&r);
    if (rtc_reader_left(&r)) {
        bye.reason.len = rtc_read_u8(&r);
        bye.reason.at = (const char *)rtc_read_bytes(&r, bye.reason.len);
    }
    if (r.failed)
        return RTC_ERR_FORMAT;
    *ret_bye = bye;
    return 0;
}

int rtc_rtcp_bye_write(struct rtc_writer *w, const struct rtc_rtcp_bye *bye)
{
    size_t start;

    if (bye->count > RTC_RTCP_COUNT_MAX || bye->reason.len > TEXT_MAX)
        return RTC_ERR_ARG;
    start = rtc_rtcp_begin(w, RTC_RTCP_BYE, bye->count);
    for (size_t i = 0; i < bye->count; i++)
        rtc_write_u32(w, bye->ssrcs[i]);
    if (bye->reason.len) {
        rtc_write_u8(w, (uint8_t)bye->reason.len);
        rtc_write_bytes(w, bye->reason.at, bye->reason.len);
    }
    return rtc_rtcp_end(w, start);
}
