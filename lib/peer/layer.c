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
    if (layer->rtt_us >= 0)
        return layer->rtt_us;
    if (peer->bandwidth.round_trip.rtt_us >= 0)
        return peer->bandwidth.round_trip.rtt_us;
    return rtc_ice_rtt_us(peer->ice);
}

int rtc_peer_restart_track(struct rtc_peer *peer, int number)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;
    int error = 0;

    if (!track)
        return RTC_ERR_ARG;
    for (unsigned i = 0; !error && i < track->layer_count; i++) {
        struct rtc_layer *layer = track->layers[i];

        layer->ssrc = draw_ssrc(peer);
        layer->rtx_ssrc = draw_ssrc(peer);
        layer->known = layer->extension_set = false;
        if (!layer->sender.format.codec)
            continue; /* nothing was agreed yet */
        rtc_tail_init(&layer->tail, track->agreed.codecs[0].nack);
        error = rtc_sender_restart(&layer->sender, layer->ssrc, layer->rtx_ssrc,
                                   &peer->random);
    }
    return error;
}

/* ---- received ----------------------------------------------------------- */

void rtc_peer_stop_receiving(struct rtc_peer *peer, struct rtc_layer *layer)
{
    if (!layer->receiving)
        return;
    rtc_peer_remove_routes(peer, layer);
    rtc_inbound_done(&layer->inbound);
    layer->receiving = false;
    layer->remote_ssrc = 0;
    layer->heard_us = RTC_NEVER;
}

void rtc_peer_start_receiving(struct rtc_peer *peer, struct rtc_layer *layer)
{
    const struct rtc_track *track = layer->track;
    const struct rtc_negotiate_codec *first = &track->agreed.codecs[0];
    struct rtc_inbound_config config = {
        .kind = track->wish.kind,
        .clock_rate = rtc_codec_clock_rate(first->codec),
        .nack = first->nack,
        .pli = first->pli,
        .packets = track->wish.packets,
        .reorder_us = peer->config.reorder_us,
        .reorder_packets = peer->config.reorder_packets,
        .keyframe_first =
            track->wish.kind == RTC_VIDEO && !peer->config.any_frame,
        .keyframe_after_gap = !peer->config.any_frame,
    };

    if (!layer->receiving)
        rtc_inbound_init(&layer->inbound, &config, &peer->pool);
    layer->receiving = true;
    layer->ended = layer->end_told = false;
}

static bool is_received(const struct rtc_negotiate_agreed *agreed,
                        const char *rid)
{
    for (unsigned i = 0; i < agreed->received_layer_count; i++)
        if (!strcmp(agreed->received_layers[i].rid, rid))
            return true;
    return !agreed->received_layer_count && !rid[0];
}

/* The layer that receives `rid`, or else the first that receives nothing. */
static struct rtc_layer *layer_for(struct rtc_peer *peer,
                                   struct rtc_track *track, const char *rid)
{
    struct rtc_layer *free = NULL;

    for (unsigned i = 0; i < track->layer_count; i++) {
        struct rtc_layer *layer = track->layers[i];

        if (layer->receiving && !strcmp(layer->rid, rid))
            return layer;
        if (!layer->receiving && !free)
            free = layer;
    }
    if (!free && rtc_peer_add_layer(peer, track))
        free = track->layers[track->layer_count - 1];
    return free;
}

/* One that goes on keeps its place, so that the caller knows it again. */
bool rtc_peer_assign_received(struct rtc_peer *peer, struct rtc_track *track)
{
    const struct rtc_negotiate_agreed *agreed = &track->agreed;
    unsigned count = agreed->received_layer_count;

    for (unsigned i = 0; i < track->layer_count; i++)
        if (!is_received(agreed, track->layers[i]->rid))
            rtc_peer_stop_receiving(peer, track->layers[i]);
    for (unsigned i = 0; i < (count ? count : 1); i++) {
        const char *rid = count ? agreed->received_layers[i].rid : "";
        struct rtc_layer *layer = layer_for(peer, track, rid);

        if (!layer)
            return false;
        strcpy(layer->rid, rid);
        rtc_peer_start_receiving(peer, layer);
    }
    return true;
}

/* ---- sent --------------------------------------------------------------- */

/* The caller's number of a layer is its place among the rids it gave, by name;
 * where the remote has names of its own (RFC 8853 5.3.2), in their order. */
static int place_of(const struct rtc_track *track, unsigned index)
{
    const struct rtc_negotiate_agreed *agreed = &track->agreed;
    const struct rtc_track_config *wish = &track->wish;
    bool named = false;

    for (unsigned i = 0; i < wish->layer_count; i++)
        for (unsigned k = 0; k < agreed->sent_layer_count; k++) {
            bool same = !strcmp(wish->rids[i], agreed->sent_layers[k].rid);

            if (same && k == index)
                return (int)i;
            named |= same;
        }
    return named ? -1 : (int)index;
}

bool rtc_peer_assign_sent(struct rtc_peer *peer, struct rtc_track *track)
{
    const struct rtc_negotiate_agreed *agreed = &track->agreed;

    track->plain.sends = !agreed->sent_layer_count;
    for (unsigned i = 0; i < agreed->sent_layer_count; i++) {
        int place = place_of(track, i);

        while (place >= (int)track->layer_count)
            if (!rtc_peer_add_layer(peer, track))
                return false;
        if (place < 0)
            continue;
        track->layers[place]->sent = &agreed->sent_layers[i];
        track->layers[place]->sends = !agreed->sent_layers[i].paused;
    }
    return true;
}
