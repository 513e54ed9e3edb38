/* SPDX-License-Identifier: MIT
 * What the caller polls: noted events first, then frames, gaps and packets as
 * the streams give them, and last how a stream or the session ended, so that
 * nothing received is behind the end. */
#include "peer/event.h"

#include "peer/peer.h"

void rtc_peer_note(struct rtc_peer *peer, const struct rtc_event *event)
{
    if (!rtc_event_push(&peer->events, event))
        rtc_log(&peer->log, RTC_LOG_WARN, "peer.event dropped type=%d",
                (int)event->type);
}

static bool poll_layer(struct rtc_peer *peer, struct rtc_layer *layer,
                       struct rtc_event *ret_event)
{
    struct rtc_event event = {.track = layer->track->number,
                              .layer = layer->index,
                              .time = peer->as_of};
    struct rtc_assemble_gap gap;

    switch (rtc_inbound_pop(&layer->inbound, &event.frame, &gap, peer->as_of)) {
    case RTC_ASSEMBLE_FRAME:
        event.type = RTC_EVENT_FRAME;
        event.frame.layer = layer->index;
        break;
    case RTC_ASSEMBLE_GAP:
        event.type = RTC_EVENT_GAP;
        event.gap.packets = gap.packets;
        event.gap.frames = gap.frames;
        break;
    case RTC_ASSEMBLE_NOTHING:
        if (!layer->ended || layer->end_told)
            return false;
        layer->end_told = true;
        event.type = RTC_EVENT_BYE;
        break;
    }
    *ret_event = event;
    return true;
}

static bool poll_packet(struct rtc_peer *peer, struct rtc_event *ret_event)
{
    struct rtc_event event = {.type = RTC_EVENT_PACKET};

    if (!rtc_packet_queue_pop(&peer->packets, &event.track, &event.packet))
        return false;
    event.layer = event.packet.layer;
    event.time = event.packet.time;
    *ret_event = event;
    return true;
}

bool rtc_peer_poll(struct rtc_peer *peer, struct rtc_event *ret_event)
{
    if (!peer || !ret_event)
        return false;
    if (rtc_event_pop(&peer->events, ret_event) ||
        rtc_peer_poll_candidate(peer, ret_event) ||
        poll_packet(peer, ret_event) ||
        rtc_peer_poll_application(peer, ret_event))
        return true;
    if (peer->channels &&
        rtc_channels_poll(peer->channels, ret_event, peer->as_of))
        return true;
    for (unsigned i = 0; i < peer->layer_count; i++)
        if (peer->layers[i]->receiving &&
            poll_layer(peer, peer->layers[i], ret_event))
            return true;
    if (peer->closed && !peer->close_told &&
        (!peer->channels || rtc_channels_is_drained(peer->channels))) {
        peer->close_told = true;
        *ret_event = (struct rtc_event){.type = RTC_EVENT_CLOSED,
                                        .track = -1,
                                        .time = peer->as_of,
                                        .reason = peer->reason};
        return true;
    }
    return false;
}
