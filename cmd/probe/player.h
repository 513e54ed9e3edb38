/* SPDX-License-Identifier: MIT
 *
 * What a measurement receives: counts frames and looks at their times, and
 * keeps none. Who wants to look at the frames themselves sets `frame`.
 */
#pragma once

#include "cmd/driver.h"

/* Of one kind of track (audio, video). */
struct player_counts {
    uint64_t frames, keyframes;
    rtc_usec first_at, last_at; /* RTC_NEVER: none yet */
    uint64_t freezes;    /* gaps longer than thrice the mean distance of frames,
                            and than that and 150 ms (W3C webrtc-stats) */
    rtc_usec freeze_sum; /* how long they took */
    rtc_usec distance_sum;
};

/* Zeroed, but for the first members. */
struct player {
    void (*frame)(void *user, const struct rtc_event *event); /* or NULL */
    void *user;
    const char *codecs[2]; /* lists, by enum rtc_kind; NULL: all of them */
    struct player_counts counts[2]; /* by enum rtc_kind */
};

void player_init(struct player *player);
/* Adds recvonly tracks of both kinds to the peer. 0 or as rtc_peer_add_track.
 */
int player_add_tracks(struct player *player, struct rtc_peer *peer);
/* For each event of the peer. */
void player_event(struct player *player, const struct rtc_event *event);
/* Nothing more is awaited: how long nothing has come is a gap, too. Once. */
void player_stop(struct player *player, rtc_usec now);
