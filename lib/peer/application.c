/* SPDX-License-Identifier: MIT
 * The application's own feedback (RFC 4585 6.4), in and out: queued, and given
 * out one message an event or a compound. */
#include <string.h>

#include "peer/event.h"
#include "peer/peer.h"

/* The track whose media it is about, on either side of it. */
static const struct rtc_track *about(struct rtc_peer *peer, uint32_t ssrc)
{
    const struct rtc_layer *layer = rtc_peer_layer_by_ssrc(peer, ssrc);

    for (unsigned i = 0; !layer && i < peer->layer_count; i++)
        if (peer->layers[i]->ssrc == ssrc)
            layer = peer->layers[i];
    return layer ? layer->track : NULL;
}

void rtc_peer_take_application(struct rtc_peer *peer,
                               const struct rtc_rtcp_feedback *feedback,
                               rtc_usec now)
{
    const struct rtc_track *track = about(peer, feedback->media_ssrc);
    struct rtc_packet packet = {
        .payload = feedback->fci, .len = feedback->fci_len, .time = now};

    if (track &&
        !rtc_packet_queue_push(&peer->feedback_in, track->number, &packet))
        peer->stats.datagrams_dropped++;
}

bool rtc_peer_poll_application(struct rtc_peer *peer,
                               struct rtc_event *ret_event)
{
    struct rtc_event event = {.type = RTC_EVENT_FEEDBACK};
    struct rtc_packet packet;

    if (!rtc_packet_queue_pop(&peer->feedback_in, &event.track, &packet))
        return false;
    event.time = packet.time;
    event.feedback.data = packet.payload;
    event.feedback.len = packet.len;
    *ret_event = event;
    return true;
}

int rtc_peer_send_feedback(struct rtc_peer *peer, int number,
                           const uint8_t *data, size_t len, rtc_usec now)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;
    struct rtc_packet packet = {.payload = data, .len = len, .time = now};

    if (!track || !data || !len || len > RTC_FEEDBACK_MAX ||
        (len >= 4 && memcmp(data, "REMB", 4) == 0))
        return RTC_ERR_ARG;
    if (peer->closed)
        return rtc_peer_fail(peer, RTC_ERR_CLOSED, "the session is over");
    if (!peer->srtp)
        return rtc_peer_fail(peer, RTC_ERR_STATE, "not connected yet");
    packet.ssrc =
        track->plain.remote_ssrc ? track->plain.remote_ssrc : track->plain.ssrc;
    return rtc_packet_queue_push(&peer->feedback_out, number, &packet)
               ? 0
               : RTC_ERR_AGAIN;
}

bool rtc_peer_write_application(struct rtc_peer *peer, struct rtc_writer *w)
{
    struct rtc_packet packet;
    int track;

    if (!rtc_packet_queue_pop(&peer->feedback_out, &track, &packet))
        return false;
    rtc_application_write(w, rtc_peer_own_ssrc(peer), packet.ssrc,
                          packet.payload, packet.len);
    return true;
}
