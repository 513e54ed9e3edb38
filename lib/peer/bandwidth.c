/* SPDX-License-Identifier: MIT
 * Between packets and congestion control: numbers and send times into what
 * leaves, arrivals and feedback to those who reckon with them, and the estimate
 * to the caller. */
#include "base/bytes.h"
#include "peer/event.h"
#include "peer/peer.h"
#include "peer/track.h"
#include "rtp/extension.h"

/* The caller is told of changes by a twentieth, and so often at most. */
#define TELL_PART 20
#define TELL_GAP_US (200 * RTC_MS)

void rtc_peer_init_bandwidth(struct rtc_peer *peer)
{
    struct rtc_bandwidth *b = &peer->bandwidth;

    rtc_arrivals_init(&b->arrivals);
    rtc_sent_init(&b->sent);
    rtc_estimate_init(&b->estimate);
    rtc_round_trip_init(&b->round_trip);
}

void rtc_peer_free_bandwidth(struct rtc_peer *peer)
{
    rtc_arrivals_done(&peer->bandwidth.arrivals);
    rtc_sent_done(&peer->bandwidth.sent);
}

/* Numbers are of use only to whom reports on them. */
static uint8_t number_id(const struct rtc_track *track)
{
    const struct rtc_negotiate_agreed *a = &track->agreed;

    return a->codec_count && a->codecs[0].transport_cc
               ? a->extmap.id[RTC_EXTENSION_TRANSPORT_SEQUENCE]
               : 0;
}

static bool receives(const struct rtc_track *track)
{
    for (unsigned i = 0; i < track->layer_count; i++)
        if (track->layers[i]->receiving)
            return true;
    return false;
}

void rtc_peer_agree_bandwidth(struct rtc_peer *peer)
{
    struct rtc_bandwidth *b = &peer->bandwidth;

    b->send_time_id = b->number_id = 0;
    b->reports = false;
    for (unsigned i = 0; i < peer->track_count; i++) {
        const struct rtc_track *track = peer->tracks[i];
        const struct rtc_extmap *map = &track->agreed.extmap;
        if (map->id[RTC_EXTENSION_ABS_SEND_TIME])
            b->send_time_id = map->id[RTC_EXTENSION_ABS_SEND_TIME];
        if (number_id(track))
            b->number_id = number_id(track);
        b->reports = b->reports || (receives(track) && number_id(track));
    }
}

void rtc_track_add_stamps(const struct rtc_track *track,
                          struct rtc_extensions *extensions)
{
    if (track->agreed.extmap.id[RTC_EXTENSION_ABS_SEND_TIME]) {
        rtc_extensions_add(extensions, RTC_EXTENSION_ABS_SEND_TIME);
        extensions->abs_send_time = 0;
    }
    if (number_id(track)) {
        rtc_extensions_add(extensions, RTC_EXTENSION_TRANSPORT_SEQUENCE);
        extensions->transport_sequence = 0;
    }
}

bool rtc_peer_stamp(struct rtc_peer *peer, uint8_t *packet, size_t len,
                    rtc_usec now)
{
    struct rtc_bandwidth *b = &peer->bandwidth;
    uint8_t *at;

    at = rtc_extension_find(packet, len, b->send_time_id, 3);
    if (at)
        rtc_put_u24(at, rtc_abs_send_time(now));
    at = rtc_extension_find(packet, len, b->number_id, 2);
    if (at)
        rtc_put_u16(at, rtc_sent_number(&b->sent));
    return at != NULL;
}

void rtc_peer_note_sent(struct rtc_peer *peer, bool numbered, size_t len,
                        rtc_usec now)
{
    if (numbered)
        rtc_sent_push(&peer->bandwidth.sent, len, now);
    rtc_estimate_sent(&peer->bandwidth.estimate, len, now);
}

void rtc_peer_note_arrival(struct rtc_peer *peer, uint8_t *packet, size_t len,
                           uint32_t ssrc, rtc_usec now)
{
    struct rtc_bandwidth *b = &peer->bandwidth;
    const uint8_t *at;

    if (!b->reports)
        return;
    at = rtc_extension_find(packet, len, b->number_id, 2);
    if (!at)
        return;
    b->media_ssrc = ssrc;
    rtc_arrivals_receive(&b->arrivals, rtc_get_u16(at), now);
}

/* ---- what the remote says ------------------------------------------------ */

void rtc_peer_tell_bitrate(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_bandwidth *b = &peer->bandwidth;
    uint64_t bps = rtc_estimate_bps(&b->estimate);
    uint64_t off = bps > b->told_bps ? bps - b->told_bps : b->told_bps - bps;

    if (!bps || off <= b->told_bps / TELL_PART ||
        (b->told_bps && now - b->told_us < TELL_GAP_US))
        return;
    b->told_bps = bps;
    b->told_us = now;
    rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_BITRATE,
                                            .track = -1,
                                            .time = now,
                                            .bitrate_bps = bps});
}

void rtc_peer_take_twcc(struct rtc_peer *peer,
                        const struct rtc_rtcp_feedback *feedback, rtc_usec now)
{
    struct rtc_bandwidth *b = &peer->bandwidth;
    struct rtc_twcc twcc;

    if (!b->number_id || rtc_twcc_parse(feedback, &twcc))
        return;
    rtc_sent_feedback(&b->sent, &twcc);
    rtc_estimate_feedback(&b->estimate, &b->sent, now);
    rtc_peer_tell_bitrate(peer, now);
}

void rtc_peer_take_remb(struct rtc_peer *peer,
                        const struct rtc_rtcp_feedback *feedback, rtc_usec now)
{
    struct rtc_remb remb;

    if (rtc_remb_parse(feedback, &remb))
        return;
    rtc_estimate_remb(&peer->bandwidth.estimate, remb.bitrate_bps);
    rtc_peer_tell_bitrate(peer, now);
}

void rtc_peer_take_xr(struct rtc_peer *peer,
                      const struct rtc_rtcp_packet *packet, rtc_usec now)
{
    struct rtc_rtcp_xr xr;

    if (rtc_rtcp_xr_parse(packet, &xr) == 0)
        rtc_round_trip_take(&peer->bandwidth.round_trip, &xr,
                            rtc_peer_own_ssrc(peer), rtc_peer_ntp(peer, now),
                            now);
}
