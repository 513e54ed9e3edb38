/* SPDX-License-Identifier: MIT
 * Feedback messages of RFC 4585 (NACK, PLI), RFC 5104 (FIR) and draft-
 * alvestrand-rmcat-remb 2 (REMB). All start with the SSRCs of who says it and
 * of whose media it is about. */
#include "rtcp/feedback.h"

#include <string.h>

#include "rtc.h"

enum {
    COMMON_LEN = 12, /* header and both SSRCs */
    RTPFB_NACK = 1,
    RTPFB_TWCC = 15,
    PSFB_PLI = 1,
    PSFB_FIR = 4,
    PSFB_APPLICATION = 15,
    NACK_PAIR_LEN = 4,
    NACK_SPAN = 16, /* numbers a BLP covers behind its PID */
    FIR_ENTRY_LEN = 8,
    REMB_MANTISSA_BITS = 18,
};

static const char remb_name[4] = {'R', 'E', 'M', 'B'};

static enum rtc_feedback kind_of(const struct rtc_rtcp_packet *packet,
                                 const uint8_t *fci, size_t fci_len)
{
    if (packet->type == RTC_RTCP_RTPFB)
        return packet->count == RTPFB_NACK   ? RTC_FEEDBACK_NACK
               : packet->count == RTPFB_TWCC ? RTC_FEEDBACK_TWCC
                                             : RTC_FEEDBACK_OTHER;
    switch (packet->count) {
    case PSFB_PLI:
        return RTC_FEEDBACK_PLI;
    case PSFB_FIR:
        return RTC_FEEDBACK_FIR;
    case PSFB_APPLICATION:
        return fci_len >= sizeof remb_name &&
                       memcmp(fci, remb_name, sizeof remb_name) == 0
                   ? RTC_FEEDBACK_REMB
                   : RTC_FEEDBACK_APPLICATION;
    default:
        return RTC_FEEDBACK_OTHER;
    }
}

int rtc_rtcp_feedback_parse(const struct rtc_rtcp_packet *packet,
                            struct rtc_rtcp_feedback *ret_feedback)
{
    struct rtc_rtcp_feedback f;
    struct rtc_reader r;

    if (packet->type != RTC_RTCP_RTPFB && packet->type != RTC_RTCP_PSFB)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&r, packet->body, packet->body_len);
    f.sender_ssrc = rtc_read_u32(&r);
    f.media_ssrc = rtc_read_u32(&r);
    if (r.failed)
        return RTC_ERR_FORMAT;
    f.fci = r.at;
    f.fci_len = rtc_reader_left(&r);
    f.kind = kind_of(packet, f.fci, f.fci_len);
    *ret_feedback = f;
    return 0;
}

static size_t begin(struct rtc_writer *w, enum rtc_rtcp_type type,
                    unsigned format, const uint32_t ssrcs[2])
{
    size_t start = rtc_rtcp_begin(w, type, format);

    rtc_write_u32(w, ssrcs[0]);
    rtc_write_u32(w, ssrcs[1]);
    return start;
}

/* ---- NACK (RFC 4585 6.2.1) ---- */

void rtc_nack_iterator_init(struct rtc_nack_iterator *it,
                            const struct rtc_rtcp_feedback *feedback)
{
    rtc_reader_init(&it->fci, feedback->fci, feedback->fci_len);
    it->pid = 0;
    it->pending = 0;
}

bool rtc_nack_next(struct rtc_nack_iterator *it, uint16_t *ret_sequence)
{
    unsigned bit = 0;

    if (!it->pending) {
        if (rtc_reader_left(&it->fci) < NACK_PAIR_LEN)
            return false;
        it->pid = rtc_read_u16(&it->fci);
        it->pending = (uint32_t)rtc_read_u16(&it->fci) << 1 | 1;
    }
    while (!(it->pending >> bit & 1))
        bit++;
    it->pending &= it->pending - 1;
    *ret_sequence = (uint16_t)(it->pid + bit);
    return true;
}

/* Writes the pair that starts at sequences[0]; how many numbers it covers. */
static size_t write_pair(struct rtc_writer *w, const uint16_t *sequences,
                         size_t count)
{
    uint16_t pid = sequences[0], blp = 0;
    size_t used = 1;

    for (; used < count; used++) {
        uint16_t ahead = (uint16_t)(sequences[used] - pid);

        if (ahead > NACK_SPAN)
            break;
        if (ahead > 0) /* 0: the same number twice */
            blp = (uint16_t)(blp | 1u << (ahead - 1));
    }
    rtc_write_u16(w, pid);
    rtc_write_u16(w, blp);
    return used;
}

int rtc_nack_write(struct rtc_writer *w, uint32_t sender_ssrc,
                   uint32_t media_ssrc, const uint16_t *sequences, size_t count)
{
    size_t used = 0, start;
    int error;

    if (count == 0 || count > UINT16_MAX)
        return RTC_ERR_ARG;
    if (w->cap - w->len < COMMON_LEN + NACK_PAIR_LEN)
        return RTC_ERR_NOBUF;
    start = begin(w, RTC_RTCP_RTPFB, RTPFB_NACK,
                  (uint32_t[]){sender_ssrc, media_ssrc});
    while (used < count && w->cap - w->len >= NACK_PAIR_LEN)
        used += write_pair(w, sequences + used, count - used);
    error = rtc_rtcp_end(w, start);
    return error < 0 ? error : (int)used;
}

/* ---- PLI, FIR, application ---- */

int rtc_pli_write(struct rtc_writer *w, uint32_t sender_ssrc,
                  uint32_t media_ssrc)
{
    return rtc_rtcp_end(w, begin(w, RTC_RTCP_PSFB, PSFB_PLI,
                                 (uint32_t[]){sender_ssrc, media_ssrc}));
}

bool rtc_fir_next(struct rtc_reader *fci, struct rtc_fir_entry *ret_entry)
{
    if (rtc_reader_left(fci) < FIR_ENTRY_LEN)
        return false;
    ret_entry->ssrc = rtc_read_u32(fci);
    ret_entry->sequence = rtc_read_u8(fci);
    rtc_read_skip(fci, 3); /* reserved */
    return true;
}

int rtc_fir_write(struct rtc_writer *w, uint32_t sender_ssrc,
                  const struct rtc_fir_entry *entries, size_t count)
{
    size_t start;

    if (count == 0)
        return RTC_ERR_ARG;
    start = begin(w, RTC_RTCP_PSFB, PSFB_FIR, (uint32_t[]){sender_ssrc, 0});
    for (size_t i = 0; i < count; i++) {
        rtc_write_u32(w, entries[i].ssrc);
        rtc_write_u8(w, entries[i].sequence);
        rtc_write_zeros(w, 3);
    }
    return rtc_rtcp_end(w, start);
}

int rtc_application_write(struct rtc_writer *w, uint32_t sender_ssrc,
                          uint32_t media_ssrc, const void *data, size_t len)
{
    size_t start = begin(w, RTC_RTCP_PSFB, PSFB_APPLICATION,
                         (uint32_t[]){sender_ssrc, media_ssrc});

    rtc_write_bytes(w, data, len);
    return rtc_rtcp_end(w, start);
}

/* ---- REMB ---- */

int rtc_remb_parse(const struct rtc_rtcp_feedback *feedback,
                   struct rtc_remb *ret_remb)
{
    struct rtc_reader r;
    uint32_t packed;
    uint64_t mantissa;
    unsigned exponent;
    uint8_t count;

    if (feedback->kind != RTC_FEEDBACK_REMB)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&r, feedback->fci, feedback->fci_len);
    rtc_read_skip(&r, sizeof remb_name);
    count = rtc_read_u8(&r);
    packed = rtc_read_u24(&r);
    if (r.failed || rtc_reader_left(&r) < 4 * (size_t)count)
        return RTC_ERR_FORMAT;
    exponent = packed >> REMB_MANTISSA_BITS;
    mantissa = packed & ((1u << REMB_MANTISSA_BITS) - 1);
    ret_remb->bitrate_bps =
        mantissa > UINT64_MAX >> exponent ? UINT64_MAX : mantissa << exponent;
    ret_remb->ssrc_count = count;
    for (size_t i = 0; i < count; i++)
        ret_remb->ssrcs[i] = rtc_read_u32(&r);
    return 0;
}

int rtc_remb_write(struct rtc_writer *w, uint32_t sender_ssrc,
                   const struct rtc_remb *remb)
{
    size_t start =
        begin(w, RTC_RTCP_PSFB, PSFB_APPLICATION, (uint32_t[]){sender_ssrc, 0});
    uint32_t exponent = 0;

    while (remb->bitrate_bps >> exponent >> REMB_MANTISSA_BITS)
        exponent++;
    rtc_write_bytes(w, remb_name, sizeof remb_name);
    rtc_write_u8(w, remb->ssrc_count);
    rtc_write_u24(w, exponent << REMB_MANTISSA_BITS |
                         (uint32_t)(remb->bitrate_bps >> exponent));
    for (size_t i = 0; i < remb->ssrc_count; i++)
        rtc_write_u32(w, remb->ssrcs[i]);
    return rtc_rtcp_end(w, start);
}
