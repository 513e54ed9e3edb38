/* SPDX-License-Identifier: MIT
 *
 * What a measurement sends: a built-in clip, over and over, at its own pace,
 * each frame marked (mark.h). A remote that asks for a key frame gets one: the
 * clip begins again. One publisher serves one peer.
 */
#pragma once

#include "cmd/driver.h"

/* For an option of type OPTION_CHOICE: "vp8+opus" (the default, 0),
 * "h264+opus", "vp8", "h264", "opus". NULL-ended. */
extern const char *const publisher_clips[];

struct publisher_options {
    int clip;            /* its place in publisher_clips */
    int64_t bitrate_bps; /* video is filled up to it; 0: as it is */
    uint64_t run;        /* of the marks */
};

struct publisher_counts {
    uint64_t frames[2]; /* sent, by enum rtc_kind */
    uint64_t refused;   /* the path did not take them (RTC_ERR_AGAIN) */
    uint64_t late;      /* handed over more than 20 ms after they were due: this
                           machine is overloaded */
    uint64_t keyframe_requests;
};

struct publisher;

/* NULL when out of memory. */
struct publisher *publisher_new(struct driver *driver,
                                const struct publisher_options *options);
/* NULL is fine. */
void publisher_free(struct publisher *publisher);
/* Adds its tracks to `peer`, sendonly (or `direction`). 0 or as
 * rtc_peer_add_track. */
int publisher_add_tracks(struct publisher *publisher, struct rtc_peer *peer,
                         enum rtc_direction direction);
/* Sends from now on; after the peer is connected. Tracks that the remote does
 * not take are left out; gives the codec of the first such, or RTC_CODEC_NONE.
 */
enum rtc_codec publisher_start(struct publisher *publisher);
void publisher_stop(struct publisher *publisher);
/* For each event of the peer. */
void publisher_event(struct publisher *publisher,
                     const struct rtc_event *event);
/* Lent. */
const struct publisher_counts *
publisher_counts(const struct publisher *publisher);
