/* SPDX-License-Identifier: MIT
 * Authenticated RTP in: finds the stream, undoes RTX, and hands the packet to
 * it. Frames are taken out by poll. */
#include "peer/event.h"
#include "peer/peer.h"
#include "peer/track.h"
#include "peer/values.h"

#include "base/clock.h"

/* How long a stream is silent before it counts as paused. */
#define PAUSED_US (1500 * RTC_MS)

static const struct rtc_negotiate_codec *
codec_of(const struct rtc_track *track, uint8_t payload_type, bool is_rtx)
{
    for (unsigned i = 0; i < track->agreed.receive_count; i++) {
        const struct rtc_negotiate_codec *c = &track->agreed.receives[i];
        if (is_rtx ? c->has_rtx && c->rtx_payload_type == payload_type
                   : c->payload_type == payload_type)
            return c;
    }
    return NULL;
}

static void note_paused(struct rtc_peer *peer, struct rtc_layer *layer,
                        bool paused, rtc_usec now)
{
    layer->paused = paused;
    rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_PAUSED,
                                            .track = layer->track->number,
                                            .layer = layer->index,
                                            .time = now,
                                            .paused = paused});
}

/* A packet for the caller, with what its header says. */
static void queue_packet(struct rtc_peer *peer, const struct rtc_track *track,
                         const struct rtc_rtp_header *header,
                         struct rtc_packet *packet)
{
    const struct rtc_extension_bytes block = {header->extension,
                                              header->extension_len};
    struct rtc_extensions extensions = {.has = 0};
    struct rtc_packet_values values;

    if (header->has_extension)
        (void)rtc_extensions_parse(&track->agreed.extmap,
                                   header->extension_profile, block,
                                   &extensions);
    rtc_values_read(&extensions, &values);
    packet->values = &values;
    packet->csrcs = header->csrc;
    packet->csrc_count = header->csrc_count;
    if (!rtc_packet_queue_push(&peer->packets, track->number, packet))
        peer->stats.datagrams_dropped++;
}

static void take_stream(struct rtc_peer *peer, struct rtc_layer *layer,
                        struct rtc_rtp_header *header, bool is_rtx,
                        rtc_usec now)
{
    const struct rtc_negotiate_codec *codec =
        codec_of(layer->track, header->payload_type, is_rtx);
    const struct rtc_codec_entry *entry = NULL;
    struct rtc_packet packet;

    if (is_rtx) {
        if (!codec ||
            rtc_rtx_parse(header, layer->remote_ssrc, codec->payload_type))
            return; /* padding that probes for bandwidth */
    } else if (!codec) {
        peer->stats.datagrams_dropped++;
        return;
    }
    if (!is_rtx && header->ssrc != layer->remote_ssrc)
        layer->ended = layer->end_told = false; /* a new stream */
    if (layer->end_told) {
        peer->stats.datagrams_dropped++; /* overtaken by its own BYE */
        return;
    }
    if (codec)
        entry = rtc_codec_entry(codec->codec);
    if (!is_rtx)
        layer->remote_ssrc = header->ssrc;
    layer->heard_us = now;
    if (layer->paused)
        note_paused(peer, layer, false, now);
    if (rtc_inbound_receive(&layer->inbound, header, entry, is_rtx, &packet,
                            now) &&
        layer->track->wish.packets)
        queue_packet(peer, layer->track, header, &packet);
}

void rtc_peer_take_rtp(struct rtc_peer *peer, uint8_t *data, size_t len,
                       rtc_usec now)
{
    struct rtc_rtp_header header;
    struct rtc_route *route;

    if (rtc_rtp_parse(data, len, &header)) {
        peer->stats.datagrams_dropped++;
        return;
    }
    route = rtc_peer_route(peer, &header);
    if (!route || !route->layer->receiving) {
        peer->stats.datagrams_dropped++;
        return;
    }
    take_stream(peer, route->layer, &header, route->is_rtx, now);
}

rtc_usec rtc_layer_pause_deadline(const struct rtc_layer *layer)
{
    if (!layer->receiving || layer->paused || layer->ended ||
        layer->heard_us == RTC_NEVER)
        return RTC_NEVER;
    return layer->heard_us + PAUSED_US;
}

void rtc_peer_check_paused(struct rtc_peer *peer, struct rtc_layer *layer,
                           rtc_usec now)
{
    if (now >= rtc_layer_pause_deadline(layer))
        note_paused(peer, layer, true, now);
}
