/* SPDX-License-Identifier: MIT
 *
 * Where each codec has room for a mark, one row a codec.
 */
#pragma once

#include "base/bytes.h"
#include "cmd/probe/mark_text.h"

/* A mark that was found. */
struct mark_found {
    const uint8_t *text;       /* MARK_TEXT_LEN bytes of the frame */
    struct mark_digest digest; /* of the frame around it */
    bool filled;               /* what it was filled up with is as it was */
};

struct mark_codec {
    enum rtc_codec codec;
    /* Both as probe_mark_write. The writer's `failed` is set when it is full.
     */
    int (*write)(const uint8_t *frame, size_t len,
                 const struct probe_mark *mark, size_t least,
                 struct rtc_writer *w);
    /* False: there is none. */
    bool (*find)(const uint8_t *frame, size_t len,
                 struct mark_found *ret_found);
};

extern const struct mark_codec mark_av1, mark_h264, mark_h265, mark_opus,
    mark_vp8;

/* Bytes that are missing from `len` to `least`. */
static inline size_t mark_missing(size_t len, size_t least)
{
    return least > len ? least - len : 0;
}
void mark_write_filling(struct rtc_writer *w, size_t len, uint8_t value);
