/* SPDX-License-Identifier: MIT
 * RTCP out, one compound packet at a time (RFC 3550 6.1): feedback as soon as
 * a stream asks for it (alone where reduced size was agreed, RFC 5506), reports
 * at their interval (6.2), and BYE at the end (6.6). */
#include <string.h>

#include "base/clock.h"
#include "peer/peer.h"
#include "rtcp/feedback.h"
#include "rtcp/report.h"

/* A stream that pauses is reported once more, soon: its sender may wait for the
 * last packet to be confirmed before it ends. */
#define IDLE_US (80 * RTC_MS)
/* The report after that of a new stream comes so much sooner. */
#define SOONER 5
/* RFC 3550 6.4: bytes of an RR without blocks together with the head of an
 * SDES, of an SR, and of a block. */
#define RR_LEN 12
#define SR_LEN 28
#define BLOCK_LEN 24

uint64_t rtc_peer_ntp(const struct rtc_peer *peer, rtc_usec now)
{
    return rtc_ntp_write(now + peer->ntp_origin_us);
}

/* The first stream's we send, else a plain one. */
uint32_t rtc_peer_own_ssrc(const struct rtc_peer *peer)
{
    for (unsigned i = 0; i < peer->layer_count; i++)
        if (peer->layers[i]->sender.started)
            return peer->layers[i]->ssrc;
    return peer->rtcp_ssrc;
}

/* How many blocks and senders go into `room` bytes: the blocks take half of it
 * at most. */
struct share {
    unsigned blocks, senders;
};

static struct share share_room(const struct rtc_peer *peer, size_t room,
                               unsigned blocks)
{
    size_t chunk = 4 + 2 + strlen(peer->cname) + 4;
    struct share share = {.blocks = blocks};

    if (room < RR_LEN + chunk)
        return (struct share){0, 0};
    if (share.blocks > room / 2 / BLOCK_LEN)
        share.blocks = (unsigned)(room / 2 / BLOCK_LEN);
    room -= RR_LEN + share.blocks * BLOCK_LEN;
    share.senders = (unsigned)(room / (SR_LEN + chunk));
    if (share.senders > RTC_RTCP_COUNT_MAX)
        share.senders = RTC_RTCP_COUNT_MAX;
    return share;
}

static unsigned count_receiving(const struct rtc_peer *peer)
{
    unsigned count = 0;

    for (unsigned i = 0; i < peer->layer_count; i++)
        count += peer->layers[i]->receiving;
    return count < RTC_RTCP_COUNT_MAX ? count : RTC_RTCP_COUNT_MAX;
}

/* The streams in turn, so that those a report has no room for are in the next
 * one (RFC 3550 6.4.2). */
static struct rtc_layer *in_turn(const struct rtc_peer *peer, unsigned from,
                                 unsigned i)
{
    return peer->layers[(from + i) % peer->layer_count];
}

static void add_blocks(struct rtc_peer *peer, struct rtc_rtcp_report *report,
                       unsigned most, rtc_usec now)
{
    unsigned from = peer->report_blocks_from;

    for (unsigned i = 0; i < peer->layer_count; i++) {
        struct rtc_layer *layer = in_turn(peer, from, i);
        if (!layer->receiving)
            continue;
        if (report->block_count == most) {
            peer->report_blocks_from = (from + i) % peer->layer_count;
            return;
        }
        if (rtc_receiver_report(&layer->inbound.receiver,
                                &report->blocks[report->block_count], now))
            report->block_count++;
        layer->reported_us = now;
    }
    /* Janus takes a whole report for one of the first block's stream, and keeps
     * what a stream sends for resending once it was reported. */
    if (peer->layer_count)
        peer->report_blocks_from = (from + 1) % peer->layer_count;
}

static void add_name(const struct rtc_peer *peer, struct rtc_rtcp_sdes *sdes,
                     uint32_t ssrc)
{
    sdes->chunks[sdes->count].ssrc = ssrc;
    sdes->chunks[sdes->count++].cname = rtc_text_of(peer->cname);
}

/* Who sends nothing asks for round trips, and who is asked answers. */
static void write_xr(struct rtc_peer *peer, struct rtc_writer *w, bool asks,
                     rtc_usec now)
{
    struct rtc_rtcp_xr xr = {.ssrc = rtc_peer_own_ssrc(peer),
                             .has_rrtr = asks,
                             .ntp = rtc_peer_ntp(peer, now)};

    if (rtc_round_trip_answer(&peer->bandwidth.round_trip, &xr, now) || asks)
        rtc_rtcp_xr_write(w, &xr);
}

/* An SR for each stream sent, the blocks in the first. */
static void write_senders(struct rtc_peer *peer, struct rtc_writer *w,
                          struct rtc_rtcp_report *report,
                          struct rtc_rtcp_sdes *sdes, unsigned most,
                          rtc_usec now)
{
    unsigned from = peer->report_senders_from;

    for (unsigned i = 0; i < peer->layer_count; i++) {
        struct rtc_layer *layer = in_turn(peer, from, i);
        if (!layer->sender.started)
            continue;
        if (sdes->count == most) {
            peer->report_senders_from = (from + i) % peer->layer_count;
            return;
        }
        rtc_sender_report(&layer->sender, report, rtc_peer_ntp(peer, now), now);
        report->is_sender = true;
        report->ssrc = layer->ssrc;
        rtc_rtcp_report_write(w, report);
        report->block_count = 0;
        add_name(peer, sdes, layer->ssrc);
    }
}

/* SRs, or an RR when nothing is sent. */
static void write_reports(struct rtc_peer *peer, struct rtc_writer *w,
                          rtc_usec now)
{
    struct rtc_rtcp_report report = {.block_count = 0};
    struct rtc_rtcp_sdes sdes = {.count = 0};
    /* A part is left for feedback. */
    struct share share =
        share_room(peer, (w->cap - w->len) * 3 / 4, count_receiving(peer));
    bool asks;

    add_blocks(peer, &report, share.blocks, now);
    asks = report.block_count > 0;
    write_senders(peer, w, &report, &sdes, share.senders, now);
    asks = asks && !sdes.count;
    if (!sdes.count) {
        report.is_sender = false;
        report.ssrc = peer->rtcp_ssrc;
        rtc_rtcp_report_write(w, &report);
        add_name(peer, &sdes, peer->rtcp_ssrc);
    }
    rtc_rtcp_sdes_write(w, &sdes);
    write_xr(peer, w, asks, now);
}

/* What stands before feedback in a compound that is not of reduced size. */
static void write_prefix(struct rtc_peer *peer, struct rtc_writer *w)
{
    struct rtc_rtcp_report empty = {.ssrc = rtc_peer_own_ssrc(peer)};
    struct rtc_rtcp_sdes sdes = {.count = 0};

    if (w->len || peer->rtcp_rsize)
        return;
    add_name(peer, &sdes, empty.ssrc);
    rtc_rtcp_report_write(w, &empty);
    rtc_rtcp_sdes_write(w, &sdes);
}

static void write_feedback(struct rtc_peer *peer, struct rtc_layer *layer,
                           struct rtc_writer *w, rtc_usec now)
{
    uint16_t missing[RTC_LOSS_NACK_MOST];
    struct rtc_inbound *in = &layer->inbound;
    rtc_usec rtt = rtc_layer_rtt_us(peer, layer);
    unsigned count =
        rtc_inbound_nack(in, missing, RTC_LOSS_NACK_MOST, rtt, now);
    bool pli = rtc_inbound_pli(in, rtt, now);

    if (count || pli)
        write_prefix(peer, w);
    if (count && rtc_nack_write(w, rtc_peer_own_ssrc(peer), layer->remote_ssrc,
                                missing, count) > 0)
        layer->nack_sent++;
    if (pli)
        rtc_pli_write(w, rtc_peer_own_ssrc(peer), layer->remote_ssrc);
}

/* Arrivals, for the remote's congestion control. */
static void write_arrivals(struct rtc_peer *peer, struct rtc_writer *w,
                           rtc_usec now)
{
    struct rtc_bandwidth *b = &peer->bandwidth;

    if (!b->reports || now < rtc_arrivals_deadline(&b->arrivals))
        return;
    write_prefix(peer, w);
    rtc_arrivals_write(&b->arrivals, w, rtc_peer_own_ssrc(peer), b->media_ssrc,
                       now);
}

static void write_bye(struct rtc_peer *peer, struct rtc_writer *w)
{
    struct rtc_rtcp_bye bye = {.count = 0};

    for (unsigned i = 0; i < peer->layer_count; i++)
        if (peer->layers[i]->sender.started && bye.count < RTC_RTCP_COUNT_MAX)
            bye.ssrcs[bye.count++] = peer->layers[i]->ssrc;
    if (!bye.count)
        bye.ssrcs[bye.count++] = peer->rtcp_ssrc;
    rtc_rtcp_bye_write(w, &bye);
    peer->bye_due = false;
}

/* RFC 3550 6.2: half to one and a half times the interval, so that many do not
 * report in step. */
static void schedule(struct rtc_peer *peer, rtc_usec interval, rtc_usec now)
{
    rtc_usec spread = (rtc_usec)(rtc_random_u32(&peer->random) % 1024);

    peer->report_us = now + interval / 2 + interval * spread / 1024;
}

/* A stream begins, and its report goes in front of it. */
static bool has_new_stream(const struct rtc_peer *peer)
{
    for (unsigned i = 0; i < peer->layer_count; i++)
        if (rtc_sender_wants_report(&peer->layers[i]->sender))
            return true;
    return false;
}

static rtc_usec report_deadline(const struct rtc_peer *peer)
{
    rtc_usec at = !peer->track_count     ? RTC_NEVER
                  : has_new_stream(peer) ? 0
                                         : peer->report_us;

    for (unsigned i = 0; i < peer->layer_count; i++) {
        const struct rtc_layer *layer = peer->layers[i];
        if (layer->receiving && layer->heard_us != RTC_NEVER &&
            layer->reported_us <= layer->heard_us)
            at = rtc_min_time(at, layer->heard_us + IDLE_US);
    }
    return at;
}

int rtc_peer_make_rtcp(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                       rtc_usec now)
{
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    if (peer->bye_due || (!peer->closed && now >= report_deadline(peer))) {
        /* The first may be lost, or be for an SSRC still unknown. */
        rtc_usec interval =
            peer->config.report_us / (has_new_stream(peer) ? SOONER : 1);
        write_reports(peer, &w, now);
        schedule(peer, interval, now);
    }
    for (unsigned i = 0; !peer->closed && i < peer->layer_count; i++)
        if (peer->layers[i]->receiving && peer->layers[i]->remote_ssrc)
            write_feedback(peer, peer->layers[i], &w, now);
    if (!peer->closed)
        write_arrivals(peer, &w, now);
    /* In a compound of its own, in which it certainly fits. */
    if (!w.len && !peer->closed && peer->feedback_out.count) {
        write_prefix(peer, &w);
        rtc_peer_write_application(peer, &w);
    }
    if (peer->bye_due)
        write_bye(peer, &w);
    return (int)w.len;
}

rtc_usec rtc_peer_rtcp_deadline(const struct rtc_peer *peer)
{
    if (!peer->srtp || peer->closed || !rtc_ice_selected(peer->ice))
        return RTC_NEVER;
    if (peer->feedback_out.count)
        return 0;
    if (!peer->bandwidth.reports)
        return report_deadline(peer);
    return rtc_min_time(report_deadline(peer),
                        rtc_arrivals_deadline(&peer->bandwidth.arrivals));
}
