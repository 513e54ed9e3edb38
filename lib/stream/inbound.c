/* SPDX-License-Identifier: MIT
 * The way of a received packet: numbered by the receiver, put in the reorder
 * ring, crossed off the list of losses; and of what is asked for: NACK as long
 * as a hole may be filled, a key frame when one was not. */
#include "stream/inbound.h"

/* Without NACK only reordering can fill a hole. */
#define REORDER_MOST_US (100 * RTC_MS)
/* A video stream seen first behind its start waits this long for what was
 * overtaken, and with NACK for what was lost; so many packets are asked for. */
#define START_US (20 * RTC_MS)
#define START_NACK_US (250 * RTC_MS)
#define START_COUNT 128

void rtc_inbound_init(struct rtc_inbound *in,
                      const struct rtc_inbound_config *config,
                      struct rtc_pool *pool)
{
    const struct rtc_assemble_config assemble = {
        .hole_us = config->nack
                       ? config->reorder_us
                       : rtc_min_time(config->reorder_us, REORDER_MOST_US),
        .start_us = config->nack ? START_NACK_US : START_US,
        .keyframe_first = config->keyframe_first,
        .keyframe_after_gap = config->keyframe_after_gap,
    };

    *in = (struct rtc_inbound){.config = *config, .before = in->before};
    rtc_receiver_init(&in->receiver, 0, config->clock_rate);
    rtc_capture_init(&in->capture, config->clock_rate);
    rtc_loss_init(&in->loss, config->reorder_us);
    rtc_reorder_init(&in->reorder, config->reorder_packets, pool);
    rtc_assemble_init(&in->assemble, &assemble, &in->reorder);
}

struct rtc_inbound_totals rtc_inbound_totals(const struct rtc_inbound *in)
{
    struct rtc_inbound_totals t = in->before;

    t.packets += in->receiver.packets;
    t.bytes += in->receiver.bytes;
    t.lost += rtc_receiver_lost(&in->receiver);
    t.recovered += in->receiver.recovered;
    t.repeated += in->receiver.repeated;
    t.duplicates += in->reorder.duplicates + in->duplicates;
    t.frames += in->assemble.frames;
    t.frames_dropped += in->assemble.frames_dropped;
    t.plis += in->keyframe.count;
    return t;
}

void rtc_inbound_done(struct rtc_inbound *in)
{
    if (!in)
        return;
    in->before = rtc_inbound_totals(in);
    rtc_receiver_init(&in->receiver, 0, 0);
    in->reorder.duplicates = in->duplicates = 0;
    in->assemble.frames = in->assemble.frames_dropped = 0;
    in->keyframe.count = 0;
    rtc_assemble_done(&in->assemble);
    rtc_reorder_done(&in->reorder);
    rtc_loss_done(&in->loss);
}

/* Another SSRC: a new stream with numbers of its own. */
static void restart(struct rtc_inbound *in, uint32_t ssrc)
{
    in->before.packets += in->receiver.packets;
    in->before.bytes += in->receiver.bytes;
    in->before.lost += rtc_receiver_lost(&in->receiver);
    in->before.recovered += in->receiver.recovered;
    in->before.repeated += in->receiver.repeated;
    rtc_receiver_init(&in->receiver, ssrc, in->config.clock_rate);
    rtc_capture_init(&in->capture, in->config.clock_rate);
    rtc_loss_reset(&in->loss);
    rtc_reorder_reset(&in->reorder);
    rtc_assemble_reset(&in->assemble);
    rtc_keyframe_got(&in->keyframe);
    in->started = true;
}

/* A stream's first packet came: was it the first one sent? A receiver cannot
 * know what it missed before, but a sender that can be asked remembers. */
static void check_start(struct rtc_inbound *in, const struct rtc_packet *packet,
                        const struct rtc_codec_entry *codec)
{
    struct rtc_payload_info info = {0};

    if (!codec || codec->kind != RTC_VIDEO || !in->config.nack ||
        codec->inspect(packet->payload, packet->len, packet->marker, &info) ||
        info.starts_stream)
        return;
    rtc_loss_backfill(&in->loss, START_COUNT, packet->time);
    rtc_keyframe_want(&in->keyframe);
}

/* Of packets that are handed on nobody makes a frame that would be seen to be a
 * key frame. */
static void look_for_keyframe(struct rtc_inbound *in,
                              const struct rtc_packet *packet,
                              const struct rtc_codec_entry *codec)
{
    struct rtc_payload_info info = {0};

    if (in->config.packets && in->keyframe.wanted && codec &&
        codec->kind == RTC_VIDEO &&
        !codec->inspect(packet->payload, packet->len, packet->marker, &info) &&
        info.keyframe)
        rtc_keyframe_got(&in->keyframe);
}

/* Lets a packet with its number in. True when it is news. */
static bool admit(struct rtc_inbound *in, const struct rtc_packet *packet,
                  const struct rtc_codec_entry *codec)
{
    bool fresh;

    if (!in->config.packets) {
        fresh = rtc_reorder_push(&in->reorder, packet, codec);
        /* What the ring refused is still missing. */
        if (fresh)
            rtc_loss_receive(&in->loss, packet->sequence, packet->time);
        return fresh;
    }
    fresh = rtc_loss_receive(&in->loss, packet->sequence, packet->time);
    in->duplicates += !fresh;
    return fresh;
}

/* A track may change between codecs whose RTP clocks differ. */
static void set_rate(struct rtc_inbound *in, uint32_t clock_rate)
{
    in->receiver.clock_rate = clock_rate;
    rtc_capture_set_rate(&in->capture, clock_rate);
}

bool rtc_inbound_receive(struct rtc_inbound *in,
                         const struct rtc_rtp_header *header,
                         const struct rtc_codec_entry *codec, bool resent,
                         struct rtc_packet *ret_packet, rtc_usec now)
{
    uint64_t answered = in->loss.answered;
    struct rtc_packet packet;
    bool first;

    if (!resent && (!in->started || header->ssrc != in->receiver.ssrc))
        restart(in, header->ssrc);
    if (codec)
        set_rate(in, codec->clock_rate);
    if (resent ? !rtc_receiver_recover(&in->receiver, header, &packet, now)
               : !rtc_receiver_receive(&in->receiver, header, &packet, now))
        return false;
    first = !in->loss.started;
    if (!admit(in, &packet, codec)) {
        in->receiver.repeated += !resent;
        return false;
    }
    in->receiver.repeated += !resent && in->loss.answered > answered;
    if (first)
        check_start(in, &packet, codec);
    look_for_keyframe(in, &packet, codec);
    in->receiver.recovered += resent;
    *ret_packet = packet;
    return true;
}

void rtc_inbound_sr(struct rtc_inbound *in, uint64_t ntp, uint32_t rtp_time,
                    rtc_usec now)
{
    rtc_receiver_sr(&in->receiver, ntp, now);
    /* RFC 3550 6.4.1: 0 is said by those who have no clock. */
    if (!ntp || !in->receiver.time.started)
        return;
    rtc_capture_report(
        &in->capture, rtc_ntp_parse(ntp),
        rtc_sequence_near32(in->receiver.time.highest, rtp_time));
}

bool rtc_inbound_restore(struct rtc_inbound *in,
                         const struct rtc_packet *packet, unsigned back,
                         const struct rtc_red_block *copy,
                         const struct rtc_codec_entry *codec)
{
    struct rtc_packet restored = *packet;

    restored.sequence -= back;
    restored.media_time -= copy->age;
    restored.payload_type = copy->payload_type;
    restored.payload = copy->data;
    restored.len = copy->len;
    restored.marker = false;
    if (in->config.packets || !copy->age || !copy->len ||
        !rtc_reorder_is_hole(&in->reorder, restored.sequence) ||
        !admit(in, &restored, codec))
        return false;
    in->receiver.recovered++;
    return true;
}

void rtc_inbound_end(struct rtc_inbound *in)
{
    rtc_assemble_end(&in->assemble);
}

static bool has_ended(const struct rtc_inbound *in)
{
    return in->assemble.ended;
}

enum rtc_assemble_result rtc_inbound_pop(struct rtc_inbound *in,
                                         struct rtc_frame *ret_frame,
                                         struct rtc_assemble_gap *ret_gap,
                                         rtc_usec now)
{
    uint64_t skipped = in->assemble.packets_skipped;
    bool taken = in->reorder.taken;
    enum rtc_assemble_result result =
        rtc_assemble_pop(&in->assemble, ret_frame, ret_gap, now);

    if (in->assemble.packets_skipped != skipped || in->reorder.taken != taken)
        rtc_loss_forget(&in->loss, in->assemble.next);
    if (result == RTC_ASSEMBLE_FRAME)
        ret_frame->remote_time =
            rtc_capture_time(&in->capture, ret_frame->media_time);
    if (result == RTC_ASSEMBLE_FRAME && ret_frame->keyframe)
        rtc_keyframe_got(&in->keyframe);
    if (in->assemble.need_keyframe)
        rtc_keyframe_want(&in->keyframe);
    return result;
}

unsigned rtc_inbound_nack(struct rtc_inbound *in, uint16_t *ret_sequences,
                          unsigned most, rtc_usec rtt_us, rtc_usec now)
{
    if (!in->config.nack || has_ended(in))
        return 0;
    return rtc_loss_nack(&in->loss, ret_sequences, most, rtt_us, now);
}

/* A key frame is coming in: another would only delay it. */
static bool is_in_keyframe(const struct rtc_inbound *in)
{
    return in->assemble.state == RTC_ASSEMBLE_INSIDE &&
           in->assemble.shows_keyframe;
}

bool rtc_inbound_pli(struct rtc_inbound *in, rtc_usec rtt_us, rtc_usec now)
{
    return in->config.pli && !has_ended(in) && !is_in_keyframe(in) &&
           rtc_keyframe_due(&in->keyframe, rtt_us, now);
}

rtc_usec rtc_inbound_frame_deadline(const struct rtc_inbound *in)
{
    if (in->config.packets || has_ended(in))
        return RTC_NEVER;
    return rtc_assemble_deadline(&in->assemble);
}

rtc_usec rtc_inbound_deadline(const struct rtc_inbound *in, rtc_usec rtt_us)
{
    rtc_usec at = rtc_inbound_frame_deadline(in);

    if (has_ended(in))
        return RTC_NEVER;
    if (in->config.nack)
        at = rtc_min_time(at, rtc_loss_deadline(&in->loss));
    if (in->config.pli && !is_in_keyframe(in))
        at = rtc_min_time(at, rtc_keyframe_deadline(&in->keyframe, rtt_us));
    return at;
}
