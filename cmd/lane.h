/* SPDX-License-Identifier: MIT
 *
 * A track of an input on its way to a track of the peer: what of it waits, and
 * how the first of that is handed over, as a frame or as an RTP packet.
 */
#pragma once

#include <stdbool.h>

#include "cmd/backlog.h"
#include "cmd/driver.h"

/* Where a track of the input goes. */
struct source_target {
    int track;            /* of the peer; -1: nowhere */
    uint8_t layer;        /* simulcast */
    uint8_t payload_type; /* packets get this one */
};

struct lane {
    unsigned index; /* of the input's track */
    struct rtc_media_track media;
    struct source_target target;
    struct backlog backlog;
    bool is_packets; /* its frames are RTP packets */
    uint64_t sent;   /* packets: the highest number so far; 0: none */
    bool is_blocked; /* the path did not take its first frame */
    bool is_behind;  /* dropping up to the next key frame */
    bool is_off;     /* nobody takes it */
};

/* Who sends it. */
struct lane_path {
    struct driver *driver;
    struct rtc_peer *peer;
    /* Nothing may wait in the peer's queue, where it could not be dropped. */
    bool is_direct;
};

/* Hands over the first of what waits, which stays there. 0, or as
 * rtc_peer_send_frame; RTC_ERR_AGAIN: there is no room for it now. */
int lane_send(struct lane *lane, const struct lane_path *path, rtc_usec due,
              rtc_usec now);
