/* SPDX-License-Identifier: MIT
 * Authenticated RTCP in: each packet of a compound to the stream it speaks of.
 * What is malformed ends the walk; what is unknown is passed over. */
#include "peer/event.h"
#include "peer/peer.h"

#include "rtcp/feedback.h"
#include "rtcp/report.h"

static struct rtc_layer *sending(const struct rtc_peer *peer, uint32_t ssrc)
{
    for (unsigned i = 0; i < peer->layer_count; i++)
        if (peer->layers[i]->ssrc == ssrc)
            return peer->layers[i];
    return NULL;
}

static void take_block(struct rtc_peer *peer,
                       const struct rtc_rtcp_block *block, rtc_usec now)
{
    struct rtc_layer *layer = sending(peer, block->ssrc);
    rtc_usec rtt;

    if (!layer)
        return;
    rtt = rtc_ntp_rtt(rtc_peer_ntp(peer, now), block->last_sr,
                      block->delay_since_sr);
    if (rtt >= 0)
        layer->rtt_us = rtt;
    layer->remote_loss = block->fraction_lost / 256.0;
    layer->remote_lost = block->lost;
    layer->remote_jitter = block->jitter;
    rtc_estimate_report(&peer->bandwidth.estimate, block->fraction_lost, rtt,
                        now);
    rtc_peer_tell_bitrate(peer, now);
    layer->known = true;
    rtc_tail_report(&layer->tail, block->highest_sequence, now);
}

/* A stream's first report may come before its first packet. */
static void take_sr(struct rtc_peer *peer, const struct rtc_rtcp_report *report,
                    rtc_usec now)
{
    struct rtc_layer *layer = rtc_peer_layer_by_ssrc(peer, report->ssrc);

    if (layer && layer->receiving && layer->remote_ssrc == report->ssrc)
        rtc_inbound_sr(&layer->inbound, report->ntp, report->rtp_time, now);
    else
        rtc_capture_keep(
            &peer->early_reports,
            &(struct rtc_capture_early_report){.ssrc = report->ssrc,
                                               .rtp_time = report->rtp_time,
                                               .ntp = report->ntp,
                                               .came_us = now});
}

static void take_report(struct rtc_peer *peer,
                        const struct rtc_rtcp_packet *packet, rtc_usec now)
{
    struct rtc_rtcp_report report;

    if (rtc_rtcp_report_parse(packet, &report))
        return;
    if (report.is_sender)
        take_sr(peer, &report, now);
    for (unsigned i = 0; i < report.block_count; i++)
        take_block(peer, &report.blocks[i], now);
}

static void take_bye(struct rtc_peer *peer,
                     const struct rtc_rtcp_packet *packet)
{
    struct rtc_rtcp_bye bye;

    if (rtc_rtcp_bye_parse(packet, &bye))
        return;
    for (unsigned i = 0; i < bye.count; i++) {
        struct rtc_layer *layer = rtc_peer_layer_by_ssrc(peer, bye.ssrcs[i]);
        if (!layer || !layer->receiving || layer->remote_ssrc != bye.ssrcs[i])
            continue;
        layer->ended = true;
        rtc_inbound_end(&layer->inbound);
    }
}

static void take_nack(struct rtc_peer *peer, struct rtc_layer *layer,
                      const struct rtc_rtcp_feedback *feedback, rtc_usec now)
{
    struct rtc_nack_iterator it;
    uint16_t sequence;

    rtc_nack_iterator_init(&it, feedback);
    while (rtc_nack_next(&it, &sequence))
        rtc_sender_nack(&layer->sender, &sequence, 1,
                        rtc_layer_rtt_us(peer, layer), now);
    rtc_tail_nack(&layer->tail, now);
}

static void note_request(struct rtc_peer *peer, const struct rtc_layer *layer,
                         rtc_usec now)
{
    rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_KEYFRAME_REQUEST,
                                            .track = layer->track->number,
                                            .layer = layer->index,
                                            .time = now});
}

static void take_fir(struct rtc_peer *peer,
                     const struct rtc_rtcp_feedback *feedback, rtc_usec now)
{
    struct rtc_reader fci;
    struct rtc_fir_entry entry;

    rtc_reader_init(&fci, feedback->fci, feedback->fci_len);
    while (rtc_fir_next(&fci, &entry)) {
        struct rtc_layer *layer = sending(peer, entry.ssrc);
        if (layer && rtc_keyframe_fir(&layer->requests, entry.sequence, now))
            note_request(peer, layer, now);
    }
}

static void take_feedback(struct rtc_peer *peer,
                          const struct rtc_rtcp_packet *packet, rtc_usec now)
{
    struct rtc_rtcp_feedback feedback;
    struct rtc_layer *layer;

    if (rtc_rtcp_feedback_parse(packet, &feedback))
        return;
    layer = sending(peer, feedback.media_ssrc);
    if (feedback.kind == RTC_FEEDBACK_TWCC)
        rtc_peer_take_twcc(peer, &feedback, now);
    else if (feedback.kind == RTC_FEEDBACK_REMB)
        rtc_peer_take_remb(peer, &feedback, now);
    else if (feedback.kind == RTC_FEEDBACK_APPLICATION)
        rtc_peer_take_application(peer, &feedback, now);
    else if (feedback.kind == RTC_FEEDBACK_FIR)
        take_fir(peer, &feedback, now);
    else if (layer && feedback.kind == RTC_FEEDBACK_NACK)
        take_nack(peer, layer, &feedback, now);
    else if (layer && feedback.kind == RTC_FEEDBACK_PLI &&
             rtc_keyframe_pli(&layer->requests, now))
        note_request(peer, layer, now);
}

void rtc_peer_take_rtcp(struct rtc_peer *peer, const uint8_t *data, size_t len,
                        rtc_usec now)
{
    struct rtc_reader datagram;
    struct rtc_rtcp_packet packet;

    rtc_reader_init(&datagram, data, len);
    while (rtc_rtcp_next(&datagram, &packet) > 0) {
        switch (packet.type) {
        case RTC_RTCP_SR:
        case RTC_RTCP_RR:
            take_report(peer, &packet, now);
            break;
        case RTC_RTCP_BYE:
            take_bye(peer, &packet);
            break;
        case RTC_RTCP_RTPFB:
        case RTC_RTCP_PSFB:
            take_feedback(peer, &packet, now);
            break;
        case RTC_RTCP_XR:
            rtc_peer_take_xr(peer, &packet, now);
            break;
        default:
            break;
        }
    }
}
