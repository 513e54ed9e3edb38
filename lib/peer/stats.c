/* SPDX-License-Identifier: MIT
 * Counters of the modules gathered into the public structs. */
#include "peer/peer.h"

void rtc_peer_stats(const struct rtc_peer *peer, struct rtc_stats *ret_stats)
{
    const struct rtc_path *path;

    if (!peer || !ret_stats)
        return;
    *ret_stats = peer->stats;
    ret_stats->ice_rtt_us = rtc_ice_rtt_us(peer->ice);
    ret_stats->bitrate_bps = rtc_estimate_bps(&peer->bandwidth.estimate);
    path = rtc_ice_selected(peer->ice);
    if (path)
        ret_stats->path = *path;
    rtc_ice_selected_types(peer->ice, &ret_stats->local_type,
                           &ret_stats->remote_type);
}

/* Resends that are not by RTX count as received (RFC 3550 A.3), so a report
 * alone says less than was lost. */
static int64_t missed_by_remote(const struct rtc_layer *layer)
{
    int64_t asked = (int64_t)layer->sender.asked;

    if (layer->sender.format.rtx || !layer->tail.reported)
        return layer->remote_lost;
    return asked > layer->remote_lost ? asked : layer->remote_lost;
}

static void add_sent(const struct rtc_layer *layer,
                     struct rtc_track_stats *stats)
{
    const struct rtc_sender *s = &layer->sender;

    stats->packets_sent += s->packets;
    stats->bytes_sent += s->octets;
    stats->frames_sent += s->frames;
    stats->packets_queued += s->history.queued;
    stats->packets_retransmitted += s->resent_packets;
    stats->bytes_retransmitted += s->resent_bytes;
    stats->nack_received += s->nacked;
    stats->pli_received += layer->requests.pli_count;
    stats->fir_received += layer->requests.fir_count;
    if (layer->tail.reported && layer->tail.confirmed >= layer->tail.first)
        stats->remote_expected += layer->tail.confirmed - layer->tail.first + 1;
    stats->remote_lost += missed_by_remote(layer);
    /* Of several streams, the worst. */
    if (s->format.clock_rate &&
        layer->remote_jitter / (double)s->format.clock_rate >
            stats->remote_jitter)
        stats->remote_jitter =
            layer->remote_jitter / (double)s->format.clock_rate;
    if (layer->remote_loss > stats->remote_loss)
        stats->remote_loss = layer->remote_loss;
    if (layer->rtt_us > stats->rtt_us)
        stats->rtt_us = layer->rtt_us;
}

static void add_received(const struct rtc_layer *layer,
                         struct rtc_track_stats *stats)
{
    const struct rtc_inbound *in = &layer->inbound;
    const struct rtc_inbound_totals totals = rtc_inbound_totals(in);
    double jitter = rtc_receiver_jitter(&in->receiver);

    stats->packets_received += totals.packets;
    stats->bytes_received += totals.bytes;
    stats->packets_lost += totals.lost;
    stats->packets_missed += totals.lost + (int64_t)totals.repeated;
    stats->packets_recovered += totals.recovered;
    stats->packets_duplicate += totals.duplicates;
    stats->frames_received += totals.frames;
    stats->frames_dropped += totals.frames_dropped;
    stats->nack_sent += layer->nack_sent;
    stats->pli_sent += totals.plis;
    if (jitter > stats->jitter)
        stats->jitter = jitter;
}

int rtc_peer_track_stats(const struct rtc_peer *peer, int number,
                         struct rtc_track_stats *ret_stats)
{
    const struct rtc_track *track =
        peer ? rtc_peer_find_track(peer, number) : NULL;
    struct rtc_track_stats stats = {.rtt_us = -1};

    if (!track || !ret_stats)
        return RTC_ERR_ARG;
    for (unsigned i = 0; i < track->layer_count; i++) {
        add_sent(track->layers[i], &stats);
        add_received(track->layers[i], &stats);
    }
    if (stats.rtt_us < 0)
        stats.rtt_us = peer->bandwidth.round_trip.rtt_us;
    *ret_stats = stats;
    return 0;
}
