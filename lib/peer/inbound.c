/* SPDX-License-Identifier: MIT
 * Authenticated RTP in: finds the stream, undoes RTX and RED, and hands the
 * packet to it. Frames are taken out by poll. */
#include "peer/event.h"
#include "peer/peer.h"
#include "peer/track.h"
#include "peer/values.h"

#include "base/clock.h"

/* How long a stream is silent before it counts as paused. */
#define PAUSED_US (1500 * RTC_MS)

/* RFC 3389 4: comfort noise at 8 kHz, which needs no agreement. */
#define COMFORT_NOISE 13

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

/* How to read a payload, NULL: it only has a number. */
static const struct rtc_codec_entry *entry_of(const struct rtc_track *track,
                                              uint8_t payload_type)
{
    const struct rtc_negotiate_codec *codec =
        codec_of(track, payload_type, false);

    return codec ? rtc_codec_entry(codec->codec) : NULL;
}

static bool is_red(const struct rtc_track *track, uint8_t payload_type)
{
    for (unsigned i = 0; i < track->agreed.receive_count; i++)
        if (track->agreed.receives[i].has_red &&
            track->agreed.receives[i].red_payload_type == payload_type)
            return true;
    return false;
}

/* Whether a payload type that is none of the codecs' may come all the same. */
static bool is_beside(const struct rtc_track *track, uint8_t payload_type)
{
    return is_red(track, payload_type) ||
           (payload_type == COMFORT_NOISE && track->wish.kind == RTC_AUDIO);
}

/* Turns a RED packet into one of its primary frame; the copies go to `ret_red`.
 * An empty one is padding. */
static int open_red(struct rtc_rtp_header *header, struct rtc_red *ret_red)
{
    int error;

    if (!header->payload_len)
        return 0;
    error = rtc_red_parse(header->payload, header->payload_len, ret_red);
    if (error)
        return error;
    header->payload_type = ret_red->primary.payload_type;
    header->payload = ret_red->primary.data;
    header->payload_len = ret_red->primary.len;
    return 0;
}

/* The copies stand for the packets right before. */
static void restore(struct rtc_layer *layer, const struct rtc_packet *packet,
                    const struct rtc_red *red)
{
    for (unsigned i = 0; i < red->copy_count; i++) {
        const struct rtc_codec_entry *entry =
            entry_of(layer->track, red->copies[i].payload_type);

        if (entry)
            (void)rtc_inbound_restore(&layer->inbound, packet,
                                      red->copy_count - i, &red->copies[i],
                                      entry);
    }
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
static void queue_packet(struct rtc_peer *peer, struct rtc_layer *layer,
                         const struct rtc_rtp_header *header,
                         struct rtc_packet *packet)
{
    const struct rtc_track *track = layer->track;
    const struct rtc_extension_bytes block = {header->extension,
                                              header->extension_len};
    struct rtc_extensions extensions = {.has = 0};
    struct rtc_packet_values values;

    if (packet->payload_type == COMFORT_NOISE)
        return;
    if (header->has_extension)
        (void)rtc_extensions_parse(&track->agreed.extmap,
                                   header->extension_profile, block,
                                   &extensions);
    rtc_values_read(&extensions, &values);
    packet->layer = layer->index;
    packet->remote_time =
        rtc_capture_time(&layer->inbound.capture, packet->media_time);
    packet->values = &values;
    packet->csrcs = header->csrc;
    packet->csrc_count = header->csrc_count;
    if (!rtc_packet_queue_push(&peer->packets, track->number, packet))
        peer->stats.datagrams_dropped++;
}

/* What was reported of a stream before its first packet. */
static void take_early_report(struct rtc_peer *peer, struct rtc_layer *layer)
{
    struct rtc_capture_early_report report;

    if (rtc_capture_take(&peer->early_reports, layer->remote_ssrc, &report))
        rtc_inbound_sr(&layer->inbound, report.ntp, report.rtp_time,
                       report.came_us);
}

static void take_stream(struct rtc_peer *peer, struct rtc_layer *layer,
                        struct rtc_rtp_header *header, bool is_rtx,
                        rtc_usec now)
{
    const struct rtc_negotiate_codec *codec =
        codec_of(layer->track, header->payload_type, is_rtx);
    struct rtc_red red = {.copy_count = 0};
    bool is_new = !is_rtx && header->ssrc != layer->remote_ssrc;
    struct rtc_packet packet;

    if (is_rtx) {
        if (!codec ||
            rtc_rtx_parse(header, layer->remote_ssrc, codec->payload_type))
            return; /* padding that probes for bandwidth */
    } else if ((!codec && !is_beside(layer->track, header->payload_type)) ||
               (is_red(layer->track, header->payload_type) &&
                !layer->track->wish.packets && open_red(header, &red))) {
        peer->stats.datagrams_dropped++;
        return;
    }
    if (is_new)
        layer->ended = layer->end_told = false;
    if (layer->end_told) {
        peer->stats.datagrams_dropped++; /* overtaken by its own BYE */
        return;
    }
    if (!is_rtx)
        layer->remote_ssrc = header->ssrc;
    layer->heard_us = now;
    if (layer->paused)
        note_paused(peer, layer, false, now);
    if (!rtc_inbound_receive(&layer->inbound, header,
                             entry_of(layer->track, header->payload_type),
                             is_rtx, &packet, now))
        return;
    if (is_new)
        take_early_report(peer, layer);
    restore(layer, &packet, &red);
    if (layer->track->wish.packets)
        queue_packet(peer, layer, header, &packet);
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
    rtc_peer_note_arrival(peer, data, len, header.ssrc, now);
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
