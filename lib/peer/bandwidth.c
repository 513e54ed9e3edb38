/* SPDX-License-Identifier: MIT
 * Between packets and congestion control: numbers and send times into what
 * leaves, arrivals and feedback to those who reckon with them, and the estimate
 * to the caller. */
#include "base/bytes.h"
#include "peer/event.h"
#include "peer/peer.h"
#include "peer/track.h"
#include "rtp/extension.h"

/* The caller is told of changes by a twentieth, and so often at most, but at
 * once when a quarter is gone. */
#define TELL_PART 20
#define TELL_GAP_US (200 * RTC_MS)
#define FALL_PART 4
/* As long as more waits here than what takes so long, a part of the rate is
 * left to it. */
#define WAIT_US (250 * RTC_MS)
#define WAIT_PART 4
/* More than that is loss. */
#define LOSSY 0.005

void rtc_peer_init_bandwidth(struct rtc_peer *peer)
{
    struct rtc_bandwidth *b = &peer->bandwidth;

    rtc_arrivals_init(&b->arrivals);
    rtc_sent_init(&b->sent);
    rtc_estimate_init(&b->estimate);
    rtc_pacer_init(&b->pacer);
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
    struct rtc_bandwidth *b = &peer->bandwidth;

    if (numbered)
        rtc_sent_push(&b->sent, len,
                      rtc_probe_sent(&b->estimate.probe, len, now), now);
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

/* ---- when to send -------------------------------------------------------- */

size_t rtc_peer_ask_pacer(struct rtc_peer *peer, struct rtc_layer *layer,
                          rtc_usec now)
{
    struct rtc_bandwidth *b = &peer->bandwidth;
    size_t resends = layer->sender.retransmit.count, most;
    size_t under_way = rtc_sent_under_way(&b->sent);

    if (!b->number_id)
        return SIZE_MAX; /* nobody tells what arrives */
    if (!resends)
        return rtc_pacer_ask(&b->pacer, under_way, now);
    /* What they stand for is not under way any more, and perhaps more is. */
    most = rtc_pacer_ask(&b->pacer, under_way / 2, now);
    resends *= rtc_sender_peek_len(&layer->sender);
    return most < resends ? most : resends;
}

struct rtc_layer *rtc_peer_pad(struct rtc_peer *peer, size_t *ret_most,
                               rtc_usec now)
{
    struct rtc_probe *probe = &peer->bandwidth.estimate.probe;
    size_t most = rtc_probe_ask(probe, now);

    if (!most)
        return NULL;
    for (unsigned i = 0; i < peer->layer_count; i++) {
        struct rtc_layer *layer = peer->layers[i];

        if (number_id(layer->track) &&
            rtc_sender_pad(&layer->sender, most, now)) {
            *ret_most = most;
            return layer;
        }
    }
    rtc_probe_give_up(probe);
    return NULL;
}

/* Bytes of video kept back. */
static size_t waiting(const struct rtc_peer *peer)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < peer->layer_count; i++)
        if (peer->layers[i]->track->wish.kind == RTC_VIDEO)
            bytes += peer->layers[i]->sender.history.queued_bytes;
    return bytes;
}

bool rtc_peer_may_queue(const struct rtc_peer *peer)
{
    const struct rtc_bandwidth *b = &peer->bandwidth;

    return !b->number_id || waiting(peer) < rtc_pacer_queue_most(&b->pacer);
}

/* The estimate without what it takes to send what waits. */
static uint64_t left_bps(const struct rtc_peer *peer)
{
    const struct rtc_bandwidth *b = &peer->bandwidth;
    uint64_t bps = rtc_estimate_bps(&b->estimate);
    bool late = waiting(peer) * 8 * RTC_SEC > bps * WAIT_US;

    return b->pacer.heard && late ? bps - bps / WAIT_PART : bps;
}

int rtc_peer_set_bitrate_goal(struct rtc_peer *peer, uint64_t bps)
{
    if (!peer)
        return RTC_ERR_ARG;
    if (peer->closed)
        return RTC_ERR_CLOSED;
    rtc_probe_set_goal(&peer->bandwidth.estimate.probe, bps);
    return 0;
}

/* ---- what the remote says ------------------------------------------------ */

void rtc_peer_tell_bitrate(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_bandwidth *b = &peer->bandwidth;
    uint64_t bps = left_bps(peer);
    uint64_t off = bps > b->told_bps ? bps - b->told_bps : b->told_bps - bps;
    bool falls = bps < b->told_bps - b->told_bps / FALL_PART;

    if (!bps || off <= b->told_bps / TELL_PART ||
        (b->told_bps && !falls && now - b->told_us < TELL_GAP_US))
        return;
    b->told_bps = bps;
    b->told_us = now;
    rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_BITRATE,
                                            .track = -1,
                                            .time = now,
                                            .bitrate_bps = bps});
}

/* `told_bytes`: not under way any more. */
static void tell_pacer(struct rtc_bandwidth *b, size_t told_bytes, rtc_usec now)
{
    const struct rtc_estimate *e = &b->estimate;
    const struct rtc_pacer_news news = {
        .bps = rtc_estimate_bps(e),
        .acked_bps = rtc_throughput_bps(&e->came),
        .limited = !e->aimd.starting || rtc_estimate_bps(e) < e->aimd.bps,
        .lossy = e->loss.fraction > LOSSY,
        .rtt_us = e->rtt_us,
        .queue_us = rtc_trendline_queue_us(&e->trendline),
        .told_bytes = told_bytes,
    };

    rtc_pacer_feedback(&b->pacer, &news, now);
}

void rtc_peer_take_twcc(struct rtc_peer *peer,
                        const struct rtc_rtcp_feedback *feedback, rtc_usec now)
{
    struct rtc_bandwidth *b = &peer->bandwidth;
    struct rtc_twcc twcc;
    size_t under_way = rtc_sent_under_way(&b->sent);

    if (!b->number_id || rtc_twcc_parse(feedback, &twcc))
        return;
    rtc_sent_feedback(&b->sent, &twcc);
    b->estimate.is_full = rtc_pacer_is_full(&b->pacer);
    rtc_estimate_feedback(&b->estimate, &b->sent, now);
    if (b->estimate.heard)
        tell_pacer(b, under_way - rtc_sent_under_way(&b->sent), now);
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
