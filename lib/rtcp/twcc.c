/* SPDX-License-Identifier: MIT
 * Reads transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-
 * extensions-01 3.1): a row of 2-bit status symbols packed into 16-bit chunks,
 * then an arrival delta for each packet received. Writing: twcc_write.c. */
#include "rtcp/twcc.h"

enum {
    SYMBOL_LOST = 0,
    SYMBOL_SMALL = 1, /* an unsigned byte of delta */
    SYMBOL_LARGE = 2, /* a signed 16-bit delta */
    SYMBOL_RESERVED = 3,
    TICK_US = 250,
    REFERENCE_US = 64000,
};

/* How many statuses a chunk holds. */
static uint16_t chunk_len(uint16_t chunk)
{
    if (!(chunk & 0x8000))
        return chunk & 0x1fff; /* run length */
    return chunk & 0x4000 ? 7 : 14;
}

/* The symbol that stands `left` places before the end of a chunk. */
static unsigned chunk_symbol(uint16_t chunk, unsigned left)
{
    if (!(chunk & 0x8000))
        return chunk >> 13 & 3;
    if (chunk & 0x4000)
        return (unsigned)chunk >> 2 * (left - 1) & 3;
    return (unsigned)chunk >> (left - 1) & 1;
}

/* Bytes of deltas for the first `count` statuses of a chunk, or -1 for a
 * reserved symbol. A run is one multiplication, however long. */
static int chunk_deltas(uint16_t chunk, unsigned count)
{
    unsigned len = chunk_len(chunk);
    unsigned symbol, sum = 0;

    if (!(chunk & 0x8000)) {
        symbol = chunk_symbol(chunk, len);
        return count && symbol == SYMBOL_RESERVED ? -1 : (int)(symbol * count);
    }
    for (unsigned i = 0; i < count; i++) {
        symbol = chunk_symbol(chunk, len - i);
        if (symbol == SYMBOL_RESERVED)
            return -1;
        sum += symbol; /* a symbol's value is its delta's length */
    }
    return (int)sum;
}

int rtc_twcc_parse(const struct rtc_rtcp_feedback *feedback,
                   struct rtc_twcc *ret_twcc)
{
    struct rtc_twcc t = {.sender_ssrc = feedback->sender_ssrc,
                         .media_ssrc = feedback->media_ssrc};
    const uint8_t *chunks, *deltas;
    size_t deltas_len = 0;
    struct rtc_reader r;

    if (feedback->kind != RTC_FEEDBACK_TWCC)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&r, feedback->fci, feedback->fci_len);
    t.base_sequence = rtc_read_u16(&r);
    t.status_count = rtc_read_u16(&r);
    t.reference_us = (rtc_usec)rtc_read_u24(&r) * REFERENCE_US;
    t.feedback_count = rtc_read_u8(&r);
    chunks = r.at;
    for (unsigned left = t.status_count; left && !r.failed;) {
        uint16_t chunk = rtc_read_u16(&r);
        unsigned count = chunk_len(chunk) < left ? chunk_len(chunk) : left;
        int len = chunk_deltas(chunk, count);

        if (len < 0)
            return RTC_ERR_FORMAT;
        deltas_len += (size_t)len;
        left -= count;
    }
    deltas = r.at;
    rtc_read_skip(&r, deltas_len);
    if (r.failed)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&t.chunks, chunks, (size_t)(deltas - chunks));
    rtc_reader_init(&t.deltas, deltas, deltas_len);
    *ret_twcc = t;
    return 0;
}

void rtc_twcc_iterator_init(struct rtc_twcc_iterator *it,
                            const struct rtc_twcc *twcc)
{
    *it = (struct rtc_twcc_iterator){
        .chunks = twcc->chunks,
        .deltas = twcc->deltas,
        .time_us = twcc->reference_us,
        .sequence = twcc->base_sequence,
        .left = twcc->status_count,
    };
}

bool rtc_twcc_next(struct rtc_twcc_iterator *it,
                   struct rtc_twcc_status *ret_status)
{
    unsigned symbol;

    if (!it->left)
        return false;
    while (!it->chunk_left) { /* a run may be empty */
        it->chunk = rtc_read_u16(&it->chunks);
        it->chunk_left = chunk_len(it->chunk);
        if (it->chunks.failed)
            return false;
    }
    symbol = chunk_symbol(it->chunk, it->chunk_left);
    if (symbol == SYMBOL_SMALL)
        it->time_us += rtc_read_u8(&it->deltas) * TICK_US;
    else if (symbol == SYMBOL_LARGE)
        it->time_us += (int16_t)rtc_read_u16(&it->deltas) * TICK_US;
    it->chunk_left--;
    it->left--;
    ret_status->sequence = it->sequence++;
    ret_status->received = symbol != SYMBOL_LOST;
    ret_status->arrival_us = it->time_us;
    return true;
}
