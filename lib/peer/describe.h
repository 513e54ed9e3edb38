/* SPDX-License-Identifier: MIT
 * The descriptions a peer holds: in force and pending (RFC 9429 3.2). */
#pragma once

#include "base/random.h"
#include "rtc.h"
#include "sdp/sdp.h"

struct rtc_peer;

struct rtc_descriptions {
    enum rtc_signaling_state state;
    struct rtc_sdp *local, *remote; /* in force, or NULL */
    struct rtc_sdp *pending;        /* the offer under way, or NULL */
    bool local_offered;             /* who made the offer in force */
    /* Number of each section's track, or -1: of the pair in force, and of the
     * pending offer. */
    int tracks[RTC_SDP_MEDIA_MOST], pending_tracks[RTC_SDP_MEDIA_MOST];
    unsigned tracks_before;       /* when the remote offer came */
    uint64_t session_id, version; /* o= of the next one */
};

void rtc_descriptions_init(struct rtc_descriptions *d,
                           const struct rtc_random *random);
void rtc_descriptions_done(struct rtc_descriptions *d);

/* Puts offer and answer (both taken) in force: they become local and remote,
 * the pending tracks the tracks. 0 or as rtc_peer_apply. */
int rtc_descriptions_settle(struct rtc_peer *peer, struct rtc_sdp *offer,
                            struct rtc_sdp *answer, bool local_offered,
                            rtc_usec now);

/* apply.c: makes the peer do what the pair in force agrees on. 0 or NOMEM. */
int rtc_peer_apply(struct rtc_peer *peer, rtc_usec now);
