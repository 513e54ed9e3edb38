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
    rtc_peer_tell_bitrate(peer, now);
    for (unsigned i = 0; i < peer->layer_count; i++) {
        struct rtc_layer *layer = peer->layers[i];
        if (layer->sends)
            rtc_tail_tick(&layer->tail, &layer->sender,
                          rtc_layer_rtt_us(peer, layer), now);
        rtc_peer_check_paused(peer, layer, now);
    }
}

/* Feedback waits until there is somebody to send it to. */
static rtc_usec inbound_deadline(const struct rtc_peer *peer,
                                 const struct rtc_layer *layer)
{
    if (!layer->remote_ssrc || !rtc_ice_selected(peer->ice))
        return rtc_inbound_frame_deadline(&layer->inbound);
    return rtc_inbound_deadline(&layer->inbound, rtc_layer_rtt_us(peer, layer));
}

static rtc_usec layer_deadline(const struct rtc_peer *peer,
                               const struct rtc_layer *layer)
{
    rtc_usec at = layer->sends ? rtc_tail_deadline(&layer->tail) : RTC_NEVER;

    if (!layer->receiving)
        return at;
    at = rtc_min_time(at, rtc_layer_pause_deadline(layer));
    return rtc_min_time(at, inbound_deadline(peer, layer));
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
    if (peer->srtp && rtc_ice_selected(peer->ice))
        at = rtc_min_time(
            at,
            rtc_min_time(rtc_pacer_deadline(&peer->bandwidth.pacer),
                         rtc_probe_deadline(&peer->bandwidth.estimate.probe)));
    for (unsigned i = 0; peer->srtp && i < peer->layer_count; i++)
        at = rtc_min_time(at, layer_deadline(peer, peer->layers[i]));
    /* What poll found, e.g. that a key frame is needed, is due at once. */
    return rtc_max_time(at, peer->as_of);
}
