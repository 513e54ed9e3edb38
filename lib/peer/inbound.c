/* SPDX-License-Identifier: MIT
 * Authenticated RTP in: finds the track, undoes RTX, and hands the packet to
 * the track's incoming stream. Frames are taken out by poll. */
#include "peer/event.h"
#include "peer/peer.h"
#include "peer/track.h"

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

static void note_paused(struct rtc_peer *peer, struct rtc_track *track,
                        bool paused, rtc_usec now)
{
    track->paused = paused;
    rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_PAUSED,
                                            .track = track->number,
                                            .time = now,
                                            .paused = paused});
}

/* What was reported of a stream before its first packet. */
static void take_early_report(struct rtc_peer *peer, struct rtc_track *track)
{
    struct rtc_capture_early_report report;

    if (rtc_capture_take(&peer->early_reports, track->remote_ssrc, &report))
        rtc_inbound_sr(&track->inbound, report.ntp, report.rtp_time,
                       report.came_us);
}

static void take_stream(struct rtc_peer *peer, struct rtc_track *track,
                        struct rtc_rtp_header *header, bool is_rtx,
                        rtc_usec now)
{
    const struct rtc_negotiate_codec *codec =
        codec_of(track, header->payload_type, is_rtx);
    const struct rtc_codec_entry *entry = NULL;
    bool is_new = !is_rtx && header->ssrc != track->remote_ssrc;
    struct rtc_packet packet;

    if (is_rtx) {
        if (!codec ||
            rtc_rtx_parse(header, track->remote_ssrc, codec->payload_type))
            return; /* padding that probes for bandwidth */
    } else if (!codec) {
        peer->stats.datagrams_dropped++;
        return;
    }
    if (is_new)
        track->ended = track->end_told = false;
    if (track->end_told) {
        peer->stats.datagrams_dropped++; /* overtaken by its own BYE */
        return;
    }
    if (codec)
        entry = rtc_codec_entry(codec->codec);
    if (!is_rtx)
        track->remote_ssrc = header->ssrc;
    track->heard_us = now;
    if (track->paused)
        note_paused(peer, track, false, now);
    if (rtc_inbound_receive(&track->inbound, header, entry, is_rtx, &packet,
                            now) &&
        track->wish.packets &&
        !rtc_packet_queue_push(&peer->packets, track->number, &packet))
        peer->stats.datagrams_dropped++;
    if (is_new)
        take_early_report(peer, track);
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
    if (!route || !route->track->receiving) {
        peer->stats.datagrams_dropped++;
        return;
    }
    take_stream(peer, route->track, &header, route->is_rtx, now);
}

rtc_usec rtc_track_pause_deadline(const struct rtc_track *track)
{
    if (!track->receiving || track->paused || track->ended ||
        track->heard_us == RTC_NEVER)
        return RTC_NEVER;
    return track->heard_us + PAUSED_US;
}

void rtc_peer_check_paused(struct rtc_peer *peer, struct rtc_track *track,
                           rtc_usec now)
{
    if (now >= rtc_track_pause_deadline(track))
        note_paused(peer, track, true, now);
}
