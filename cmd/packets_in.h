/* SPDX-License-Identifier: MIT
 *
 * One stream out of a recording of RTP packets: which of them belong to it, and
 * numbers and times that begin anew and go on when the recording is repeated.
 * No I/O.
 */
#pragma once

#include <stdbool.h>

#include "media/media.h"

/* The longest packet that any datagram of ours carries. */
#define PACKETS_IN_MOST 1500

/* Zeroed but for the first two. */
struct packets_in {
    enum rtc_codec codec; /* of the packets; NONE: by their payload type */
    uint32_t random;      /* where numbers and times begin */
    bool has_first;       /* and so everything up to `time` */
    struct rtc_media_track track;
    uint32_t ssrc;
    uint8_t payload_type;
    uint16_t number_shift;
    uint32_t time_shift;
    uint16_t number; /* the highest that was given, and its time */
    uint32_t time, time_step;
    bool is_looped;                  /* the next packet is the first again */
    bool said_ssrc, said_type;       /* what is left out was told */
    uint8_t packet[PACKETS_IN_MOST]; /* the last one taken */
    char why[160];
};

/* Looks at a packet of the recording. 1: it is sent, as `frame` is then, which
 * is lent until the next call; 0: it is left out, and `why` says so if it is
 * the first of its kind; RTC_ERR_FORMAT, UNSUPPORTED: the recording cannot be
 * sent, and `why` says that. */
int packets_in_take(struct packets_in *in, struct rtc_media_frame *frame);
/* The recording begins again. */
void packets_in_loop(struct packets_in *in);
