/* SPDX-License-Identifier: MIT
 * Time: hands `now` to everything that waits for it, and says who waits least.
 */
#include "base/clock.h"
#include "peer/peer.h"
#include "peer/track.h"

void rtc_peer_tick(struct rtc_peer *peer, rtc_usec now)
{
    if (!peer || peer->closed)
        return;
    peer->as_of = now;
    rtc_ice_tick(peer->ice, now);
    rtc_peer_tick_servers(peer, now);
    rtc_dtls_tick(peer->dtls, now);
    rtc_peer_follow(peer, now);
    if (peer->channels && !peer->closed)
        rtc_channels_tick(peer->channels, now);
    for (unsigned i = 0; i < peer->track_count; i++) {
        struct rtc_track *track = peer->tracks[i];
        rtc_tail_tick(&track->tail, &track->sender,
                      rtc_track_rtt_us(peer, track), now);
        rtc_peer_check_paused(peer, track, now);
    }
}

/* Feedback waits until there is somebody to send it to. */
static rtc_usec inbound_deadline(const struct rtc_peer *peer,
                                 const struct rtc_track *track)
{
    if (!track->remote_ssrc || !rtc_ice_selected(peer->ice))
        return rtc_inbound_frame_deadline(&track->inbound);
    return rtc_inbound_deadline(&track->inbound, rtc_track_rtt_us(peer, track));
}

static rtc_usec track_deadline(const struct rtc_peer *peer,
                               const struct rtc_track *track)
{
    rtc_usec at = rtc_tail_deadline(&track->tail);

    if (!track->receiving)
        return at;
    at = rtc_min_time(at, rtc_track_pause_deadline(track));
    return rtc_min_time(at, inbound_deadline(peer, track));
}

rtc_usec rtc_peer_deadline(const struct rtc_peer *peer)
{
    rtc_usec at;

    if (!peer || peer->closed)
        return RTC_NEVER;
    at = rtc_min_time(rtc_ice_deadline(peer->ice),
                      rtc_dtls_deadline(peer->dtls));
    at = rtc_min_time(at, rtc_peer_rtcp_deadline(peer));
    at = rtc_min_time(at, rtc_peer_servers_deadline(peer));
    at = rtc_min_time(at, rtc_peer_data_deadline(peer));
    for (unsigned i = 0; peer->srtp && i < peer->track_count; i++)
        at = rtc_min_time(at, track_deadline(peer, peer->tracks[i]));
    /* What poll found, e.g. that a key frame is needed, is due at once. */
    return rtc_max_time(at, peer->as_of);
}
