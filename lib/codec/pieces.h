/* SPDX-License-Identifier: MIT
 * Frames whose units can only be laid out once all payloads are there, since
 * the length of a unit stands before it or behind all. Until then the frame
 * buffer holds pieces, one for each part of a unit that a payload had. */
#pragma once

#include "base/bytes.h"

/* Bytes a piece has beside its data. */
#define RTC_PIECE_OVERHEAD 4
/* Larger ones are not written: the writer fails. */
#define RTC_PIECE_MAX 0xffffff

enum {
    RTC_PIECE_STARTS = 1, /* a unit begins with it */
    RTC_PIECE_ENDS = 2,   /* a unit ends with it */
};

/* Appends a piece, or nothing when the writer fails; `flags` as above. */
void rtc_piece_write(struct rtc_writer *w, uint8_t flags, const uint8_t *data,
                     size_t len);

/* A walk over the `len` bytes of pieces at `data`, which are changed. */
struct rtc_pieces {
    uint8_t *data;
    size_t len, at;
};

struct rtc_unit {
    uint8_t *data;
    size_t len;
    bool ended; /* its last piece says so */
};

/* Joins the pieces of the next unit, which end where another begins; they are
 * moved left to the first one's data, so that RTC_PIECE_OVERHEAD bytes before
 * `ret_unit->data` are free. 1; 0 when there is none; RTC_ERR_FORMAT when a
 * piece belongs to no unit, or comes behind the end of one. */
int rtc_pieces_join(struct rtc_pieces *p, struct rtc_unit *ret_unit);
