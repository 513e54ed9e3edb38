/* SPDX-License-Identifier: MIT
 * The streams of a track: made, freed, and kept in the peer's list of all. An
 * ordinary track has one, which is part of it; simulcast adds to that. */
#include <string.h>

#include "base/mem.h"
#include "peer/peer.h"

static uint32_t draw_ssrc(struct rtc_peer *peer)
{
    uint32_t ssrc;

    /* RFC 3550 8.1 asks for no more than a random one; 0 is "none" here. */
    do {
        ssrc = rtc_random_u32(&peer->random);
    } while (!ssrc);
    return ssrc;
}

static void init_layer(struct rtc_peer *peer, struct rtc_track *track,
                       struct rtc_layer *layer)
{
    struct rtc_history_config history = {
        .packets = peer->config.history_packets,
        .keep_us = peer->config.history_us,
    };

    layer->track = track;
    layer->index = (uint8_t)track->layer_count;
    layer->ssrc = draw_ssrc(peer);
    layer->rtx_ssrc = draw_ssrc(peer);
    layer->rtt_us = -1;
    layer->heard_us = RTC_NEVER;
    rtc_sender_init(&layer->sender, &history, &peer->pool, &peer->random);
}

bool rtc_peer_add_layer(struct rtc_peer *peer, struct rtc_track *track)
{
    struct rtc_layer *layer = track->layer_count ? NULL : &track->plain;

    if (track->layer_count == RTC_LAYER_MOST)
        return false;
    if (!layer)
        layer = rtc_calloc(1, sizeof *layer);
    if (!layer)
        return false;
    init_layer(peer, track, layer);
    track->layers[track->layer_count++] = layer;
    peer->layers[peer->layer_count++] = layer;
    return true;
}

static void forget(struct rtc_peer *peer, const struct rtc_track *track)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < peer->layer_count; i++)
        if (peer->layers[i]->track != track)
            peer->layers[kept++] = peer->layers[i];
    peer->layer_count = kept;
}

void rtc_peer_drop_layers(struct rtc_peer *peer, struct rtc_track *track)
{
    forget(peer, track);
    while (track->layer_count) {
        struct rtc_layer *layer = track->layers[--track->layer_count];

        rtc_peer_remove_routes(peer, layer);
        rtc_sender_done(&layer->sender);
        if (layer->receiving)
            rtc_inbound_done(&layer->inbound);
        if (layer != &track->plain)
            rtc_free(layer);
    }
}

rtc_usec rtc_layer_rtt_us(const struct rtc_peer *peer,
                          const struct rtc_layer *layer)
{
    return layer->rtt_us >= 0 ? layer->rtt_us : rtc_ice_rtt_us(peer->ice);
}
