/* SPDX-License-Identifier: MIT
 *
 * Marks in encoded frames: which frame of which stream it is, when it was sent,
 * and a hash of the rest. A mark is where decoders pass over it, and survives
 * servers that forward frames as they are.
 *
 * The hash is of what decodes to pictures or sound: of H.264 and H.265 the
 * slices, of AV1 the frames and their tiles, of the others everything. So
 * delimiters and parameter sets may come and go on the way.
 */
#pragma once

#include "rtc.h"

struct probe_mark {
    uint64_t run;      /* the publisher's; a random number */
    uint32_t sequence; /* of the frame in its track, from 0 */
    rtc_usec time_us;  /* when it was sent, by the publisher's clock */
};

/* A marked frame is at most this much longer than the frame, or than what it
 * was to be filled up to. */
#define PROBE_MARK_MOST 128

/* Whether frames of a codec can be marked. */
bool probe_mark_can(enum rtc_codec codec);
/* Writes `frame` with a mark, filled up to about `least` bytes (0: not at all),
 * into `buf`. The length, RTC_ERR_NOBUF, UNSUPPORTED (the codec) or FORMAT (no
 * such frame). */
int probe_mark_write(enum rtc_codec codec, const uint8_t *frame, size_t len,
                     const struct probe_mark *mark, size_t least, uint8_t *buf,
                     size_t cap);

enum probe_mark_state {
    PROBE_MARK_NONE, /* not ours, or it was taken out */
    /* Ours, but the frame or its mark is not what was sent: what the mark says
     * may be anything. */
    PROBE_MARK_ALTERED,
    PROBE_MARK_WHOLE,
};

/* Looks for the mark of a frame that was received; `ret_mark` is set unless
 * there is none. */
enum probe_mark_state probe_mark_read(enum rtc_codec codec,
                                      const uint8_t *frame, size_t len,
                                      struct probe_mark *ret_mark);
