/* SPDX-License-Identifier: MIT
 *
 * A built-in clip as frames in memory, which all who send it share.
 */
#pragma once

#include "rtc.h"

struct clip_frame {
    const uint8_t *data;
    size_t len;
    rtc_usec time_us; /* since the first one */
};

struct clip {
    enum rtc_codec codec;
    const struct clip_frame *frames; /* the first one is a key frame */
    unsigned count;
    rtc_usec length_us; /* when it may begin again */
};

/* The clip of a codec; read once, and there until the process ends. NULL: there
 * is none, or out of memory. */
const struct clip *clip_get(enum rtc_codec codec);
