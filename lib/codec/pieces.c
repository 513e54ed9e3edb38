/* SPDX-License-Identifier: MIT
 * A piece is a byte of flags, its length in 24 bits, and its data. Pieces are
 * only ever written here, so that the walk need not doubt their lengths. */
#include "codec/pieces.h"

#include <assert.h>
#include <string.h>

#include "rtc.h"

void rtc_piece_write(struct rtc_writer *w, uint8_t flags, const uint8_t *data,
                     size_t len)
{
    size_t before = w->len;

    w->failed = w->failed || len > RTC_PIECE_MAX;
    rtc_write_u8(w, flags);
    rtc_write_u24(w, (uint32_t)len);
    rtc_write_bytes(w, data, len);
    if (w->failed)
        w->len = before;
}

static uint8_t flags_at(const struct rtc_pieces *p)
{
    return p->data[p->at];
}

static size_t len_at(const struct rtc_pieces *p)
{
    size_t len = rtc_get_u32(p->data + p->at) & RTC_PIECE_MAX;

    assert(p->len - p->at >= RTC_PIECE_OVERHEAD + len);
    return len;
}

int rtc_pieces_join(struct rtc_pieces *p, struct rtc_unit *ret_unit)
{
    struct rtc_unit unit = {.data = p->data + p->at + RTC_PIECE_OVERHEAD};

    if (p->at == p->len)
        return 0;
    if (!(flags_at(p) & RTC_PIECE_STARTS))
        return RTC_ERR_FORMAT;
    do {
        size_t len = len_at(p);

        if (unit.ended)
            return RTC_ERR_FORMAT;
        unit.ended = flags_at(p) & RTC_PIECE_ENDS;
        memmove(unit.data + unit.len, p->data + p->at + RTC_PIECE_OVERHEAD,
                len);
        unit.len += len;
        p->at += RTC_PIECE_OVERHEAD + len;
    } while (p->at < p->len && !(flags_at(p) & RTC_PIECE_STARTS));
    *ret_unit = unit;
    return 1;
}
