/* SPDX-License-Identifier: MIT
 * Outgoing stream. The packetizer writes each payload straight behind the
 * header in a pool buffer; the header is made once a frame and then only gets
 * its marker and sequence number (RFC 3550 5.1). A frame that does not fit is
 * taken back whole. */
#include "stream/sender.h"

#include <assert.h>
#include <string.h>

#include "rtp/sequence.h"

/* RFC 3550 5.1: a random start. Its upper half is left out because a receiver
 * that misses packets around a wrap so near the start cannot guess SRTP's
 * rollover counter (RFC 3711 3.3.1). */
static void draw_start(struct rtc_sender *s, const struct rtc_random *random)
{
    uint32_t start = rtc_random_u32(random);

    s->sequence = RTC_SEQUENCE_ORIGIN + (start & 0x7fff);
    s->rtx_sequence = (uint16_t)(start >> 16 & 0x7fff);
    s->timestamp_offset = rtc_random_u32(random);
}

void rtc_sender_init(struct rtc_sender *s,
                     const struct rtc_history_config *history,
                     struct rtc_pool *pool, const struct rtc_random *random)
{
    memset(s, 0, sizeof *s);
    rtc_history_init(&s->history, history, pool);
    draw_start(s, random);
}

void rtc_sender_done(struct rtc_sender *s)
{
    if (s)
        rtc_history_done(&s->history);
}

static size_t header_len(size_t extension_len)
{
    return RTC_RTP_HEADER_MIN + (extension_len ? 4 + extension_len : 0);
}

_Static_assert(RTC_SENDER_HEADER_MAX <= UINT8_MAX, "header_len is a byte");

/* Bytes a payload may have, so that its RTX form fits too. */
static size_t payload_max(const struct rtc_sender *s,
                          const struct rtc_sender_format *f,
                          size_t extension_len)
{
    size_t taken = header_len(extension_len);

    if (f->rtx && s->rtx_extension_set && s->rtx_extension_len > extension_len)
        taken = header_len(s->rtx_extension_len);
    if (f->rtx)
        taken += RTC_RTX_OSN_LEN;
    return f->packet_max > taken ? f->packet_max - taken : 0;
}

int rtc_sender_set_format(struct rtc_sender *s,
                          const struct rtc_sender_format *format, uint32_t ssrc,
                          uint32_t rtx_ssrc)
{
    if (!payload_max(s, format, s->extension_len) || !format->clock_rate ||
        format->packet_max > s->history.pool->size ||
        format->packet_max > UINT16_MAX)
        return RTC_ERR_ARG;
    if (s->started && ssrc != s->ssrc) {
        rtc_history_done(&s->history);
        s->retransmit.count = 0;
        s->packets_before = s->packets;
        s->octets_before = s->octets;
        s->started = s->reported = false;
    }
    if (!format->red || ssrc != s->ssrc || format->codec != s->format.codec)
        s->redundant.len = 0;
    if (format->codec != s->format.codec)
        memset(&s->packetizer, 0, sizeof s->packetizer);
    s->format = *format;
    s->ssrc = ssrc;
    s->rtx_ssrc = rtx_ssrc;
    return 0;
}

int rtc_sender_restart(struct rtc_sender *s, uint32_t ssrc, uint32_t rtx_ssrc,
                       const struct rtc_random *random)
{
    int error = rtc_sender_set_format(s, &s->format, ssrc, rtx_ssrc);

    if (!error)
        draw_start(s, random);
    return error;
}

int rtc_sender_set_extension(struct rtc_sender *s, uint16_t profile,
                             const uint8_t *block, size_t len)
{
    if (len > sizeof s->extension || len % 4)
        return RTC_ERR_ARG;
    if (s->format.packet_max && !payload_max(s, &s->format, len))
        return RTC_ERR_ARG;
    if (len)
        memcpy(s->extension, block, len);
    s->extension_profile = profile;
    s->extension_len = (uint8_t)len;
    return 0;
}

int rtc_sender_set_rtx_extension(struct rtc_sender *s, uint16_t profile,
                                 const uint8_t *block, size_t len)
{
    if (len > sizeof s->rtx_extension || len % 4)
        return RTC_ERR_ARG;
    if (len)
        memcpy(s->rtx_extension, block, len);
    s->rtx_extension_set = true;
    s->rtx_extension_profile = profile;
    s->rtx_extension_len = (uint8_t)len;
    return 0;
}

/* Makes the header of the packets that follow; `packet`, or NULL, has CSRCs. */
static void make_header(struct rtc_sender *s, uint8_t payload_type,
                        uint32_t timestamp, const struct rtc_packet *packet)
{
    struct rtc_rtp_header header = {
        .payload_type = payload_type,
        .timestamp = timestamp,
        .ssrc = s->ssrc,
        .has_extension = s->extension_len > 0,
        .extension_profile = s->extension_profile,
        .extension = s->extension,
        .extension_len = s->extension_len,
    };
    int len;

    if (packet && packet->csrc_count) {
        header.csrc_count = packet->csrc_count;
        memcpy(header.csrc, packet->csrcs,
               packet->csrc_count * sizeof *packet->csrcs);
    }
    len = rtc_rtp_write(&header, s->header, sizeof s->header);
    assert(len > 0);
    s->header_len = (uint8_t)len;
}

/* RTX of a packet needs the payload type paired with its own (RFC 4588 8.6); 0:
 * there is none. */
static uint8_t rtx_payload_type(const struct rtc_sender *s)
{
    bool paired = (s->header[1] & 0x7f) == s->format.payload_type;

    return s->format.rtx && paired ? s->format.rtx_payload_type : 0;
}

/* Completes the header in front of a payload and queues the packet. Takes
 * `packet`. */
static int queue_packet(struct rtc_sender *s, uint8_t *packet,
                        size_t payload_len, bool marker, rtc_usec now)
{
    const struct rtc_history_entry entry = {
        .packet = packet,
        .len = (uint16_t)(s->header_len + payload_len),
        .header_len = s->header_len,
        .rtx_payload_type = rtx_payload_type(s),
    };
    int error;

    memcpy(packet, s->header, s->header_len);
    if (marker)
        packet[1] |= 0x80;
    rtc_put_u16(packet + 2, (uint16_t)s->sequence);
    error = rtc_history_push(&s->history, s->sequence, &entry, now);
    if (!error)
        s->sequence++;
    return error;
}

/* Queues every payload the packetizer gives, `lead` bytes of RED before it. */
static int queue_payloads(struct rtc_sender *s, bool talkspurt, size_t lead,
                          rtc_usec now)
{
    const struct rtc_codec_entry *codec = s->format.codec;
    uint64_t first = s->sequence;

    for (;;) {
        bool last = false, marker;
        uint8_t *packet, *payload;
        size_t len;
        int error = rtc_history_buffer(&s->history, &packet);

        if (error)
            return error;
        payload = packet + s->header_len;
        len = codec->next(&s->packetizer, payload + lead, &last);
        if (!len) {
            rtc_pool_put(s->history.pool, packet);
            return s->sequence == first ? RTC_ERR_FORMAT : 0;
        }
        if (lead)
            rtc_redundant_write(&s->redundant, s->format.payload_type,
                                rtc_get_u32(s->header + 4), lead, payload);
        marker = codec->kind == RTC_VIDEO ? last : talkspurt;
        error = queue_packet(s, packet, lead + len, marker, now);
        if (error)
            return error;
    }
}

/* Remembers which RTP time belongs to which moment, for sender reports. */
static void note_time(struct rtc_sender *s, uint32_t timestamp, rtc_usec time)
{
    s->started = true;
    s->last_timestamp = timestamp;
    s->last_time = time;
}

/* Cuts a frame and queues its packets, which have room for `max` bytes. */
static int queue_frame(struct rtc_sender *s, const struct rtc_frame *frame,
                       uint32_t timestamp, size_t max, rtc_usec now)
{
    const struct rtc_sender_format *f = &s->format;
    size_t lead =
        f->red ? rtc_redundant_len(&s->redundant, timestamp, frame->len, max)
               : 0;
    int error = f->codec->packetize(&s->packetizer, frame->data, frame->len,
                                    max - lead);

    if (error)
        return error;
    make_header(s, lead ? f->red_payload_type : f->payload_type, timestamp,
                NULL);
    error = queue_payloads(s, frame->marker, lead, now);
    if (!error && f->red)
        rtc_redundant_keep(&s->redundant, frame->data, frame->len, timestamp);
    return error;
}

int rtc_sender_send_frame(struct rtc_sender *s, const struct rtc_frame *frame,
                          rtc_usec now)
{
    const struct rtc_codec_entry *codec = s->format.codec;
    const struct rtc_packetizer saved = s->packetizer;
    uint32_t timestamp = (uint32_t)frame->media_time + s->timestamp_offset;
    size_t max = payload_max(s, &s->format, s->extension_len);
    bool was_empty = s->history.queued == 0;
    uint64_t first = s->sequence;
    int error;

    if (!codec || frame->codec != codec->codec || !frame->len)
        return RTC_ERR_ARG;
    /* Spares the cutting when there is certainly no room. */
    if (frame->len / max >= RTC_HISTORY_MOST - s->history.queued)
        return was_empty ? RTC_ERR_ARG : RTC_ERR_AGAIN;
    error = queue_frame(s, frame, timestamp, max, now);
    if (error) {
        rtc_history_unpush(&s->history, first);
        s->sequence = first;
        s->packetizer = saved;
        /* Alone in the queue and still too large: waiting does not help. */
        return error == RTC_ERR_AGAIN && was_empty ? RTC_ERR_ARG : error;
    }
    s->frames++;
    note_time(s, timestamp, frame->time == RTC_NEVER ? now : frame->time);
    return 0;
}

int rtc_sender_send_packet(struct rtc_sender *s,
                           const struct rtc_packet *packet, rtc_usec now)
{
    bool renumber = packet->renumber || !packet->sequence;
    size_t csrc_len = packet->csrc_count * sizeof *packet->csrcs;
    uint32_t timestamp =
        (uint32_t)packet->media_time + (renumber ? s->timestamp_offset : 0);
    uint64_t before = s->sequence;
    uint8_t *buffer;
    int error;

    if (packet->len + csrc_len > payload_max(s, &s->format, s->extension_len) ||
        packet->payload_type > 127 ||
        (!renumber && packet->sequence > UINT64_MAX / 2))
        return RTC_ERR_ARG;
    error = rtc_history_buffer(&s->history, &buffer);
    if (error)
        return error;
    make_header(s, packet->payload_type, timestamp, packet);
    if (packet->len)
        memcpy(buffer + s->header_len, packet->payload, packet->len);
    if (!renumber)
        s->sequence = RTC_SEQUENCE_ORIGIN + packet->sequence;
    error = queue_packet(s, buffer, packet->len, packet->marker, now);
    if (error || s->sequence < before)
        s->sequence = before;
    if (!error)
        note_time(s, timestamp, packet->time == RTC_NEVER ? now : packet->time);
    return error;
}

unsigned rtc_sender_nack(struct rtc_sender *s, const uint16_t *sequences,
                         size_t count, rtc_usec rtt_us, rtc_usec now)
{
    unsigned queued = 0;

    for (size_t i = 0; i < count; i++)
        queued += rtc_retransmit_push(&s->retransmit, &s->history, sequences[i],
                                      rtt_us, now);
    s->nacked += count;
    return queued;
}

/* So far back, for what is long gone from the history. */
#define PAD_MOST 256

bool rtc_sender_pad(struct rtc_sender *s, size_t bytes, rtc_usec now)
{
    size_t queued = 0;

    for (unsigned i = 1; queued < bytes && i <= PAD_MOST && s->started; i++) {
        uint16_t number = (uint16_t)(s->sequence - i);
        const struct rtc_history_entry *e =
            rtc_history_find(&s->history, number);

        if (e && e->rtx_payload_type &&
            rtc_retransmit_push(&s->retransmit, &s->history, number, -1, now))
            queued += e->len;
    }
    return queued > 0;
}

void rtc_sender_clear(struct rtc_sender *s)
{
    rtc_retransmit_clear(&s->retransmit, &s->history);
    rtc_history_clear(&s->history);
}

static size_t rtx_len(const struct rtc_sender *s,
                      const struct rtc_history_entry *e)
{
    size_t len = e->len + (size_t)RTC_RTX_OSN_LEN;

    return s->rtx_extension_set
               ? len - e->header_len + header_len(s->rtx_extension_len)
               : len;
}

static int write_rtx(const struct rtc_sender *s,
                     const struct rtc_history_entry *e, uint8_t *buf,
                     size_t cap)
{
    const struct rtc_rtx_form form = {
        .ssrc = s->rtx_ssrc,
        .sequence = s->rtx_sequence,
        .own_extension = s->rtx_extension_set,
        .extension_profile = s->rtx_extension_profile,
        .extension = s->rtx_extension,
        .extension_len = s->rtx_extension_len,
    };

    return rtc_rtx_write(e, &form, buf, cap);
}

size_t rtc_sender_peek_len(struct rtc_sender *s)
{
    const struct rtc_history_entry *e =
        rtc_retransmit_peek(&s->retransmit, &s->history);

    if (e && e->rtx_payload_type)
        return rtx_len(s, e);
    if (e)
        return e->len;
    e = rtc_history_peek(&s->history);
    return e ? e->len : 0;
}

static int copy_packet(const struct rtc_history_entry *e, uint8_t *buf,
                       size_t cap)
{
    if (e->len > cap)
        return RTC_ERR_NOBUF;
    memcpy(buf, e->packet, e->len);
    return e->len;
}

/* RFC 3550 6.4.1: what went out under our own SSRC. */
static void count_sent(struct rtc_sender *s, const struct rtc_history_entry *e)
{
    s->packets++;
    s->octets += (uint64_t)e->len - e->header_len;
    s->bytes += e->len;
}

static int resend(struct rtc_sender *s, struct rtc_history_entry *e,
                  uint8_t *buf, size_t cap, rtc_usec now)
{
    int len = e->rtx_payload_type ? write_rtx(s, e, buf, cap)
                                  : copy_packet(e, buf, cap);

    if (len < 0)
        return len;
    if (e->rtx_payload_type)
        s->rtx_sequence++;
    else
        count_sent(s, e);
    s->resent_packets++;
    s->resent_bytes += (uint64_t)len;
    rtc_retransmit_pop(&s->retransmit, e, now);
    return len;
}

int rtc_sender_transmit(struct rtc_sender *s, uint8_t *buf, size_t cap,
                        rtc_usec now)
{
    struct rtc_history_entry *e =
        rtc_retransmit_peek(&s->retransmit, &s->history);
    int len;

    if (e)
        return resend(s, e, buf, cap, now);
    e = rtc_history_peek(&s->history);
    if (!e)
        return 0;
    len = copy_packet(e, buf, cap);
    if (len > 0) {
        count_sent(s, e);
        rtc_history_pop(&s->history, now);
    }
    return len;
}

/* `span_us` in ticks, modulo 2^32; seconds apart, so that nothing overflows. */
static uint32_t ticks(rtc_usec span_us, uint32_t rate)
{
    int64_t seconds = span_us / RTC_SEC, rest = span_us % RTC_SEC;

    return (uint32_t)seconds * rate + (uint32_t)(rest * rate / RTC_SEC);
}

bool rtc_sender_wants_report(const struct rtc_sender *s)
{
    return s->started && !s->reported;
}

bool rtc_sender_report(struct rtc_sender *s, struct rtc_rtcp_report *report,
                       uint64_t ntp, rtc_usec now)
{
    /* Unsigned, as a capture time is the caller's and may be anything. */
    rtc_usec span = (rtc_usec)((uint64_t)now - (uint64_t)s->last_time);

    if (!s->started)
        return false;
    s->reported = true;
    report->is_sender = true;
    report->ssrc = s->ssrc;
    report->ntp = ntp;
    report->rtp_time = s->last_timestamp + ticks(span, s->format.clock_rate);
    report->packet_count = (uint32_t)(s->packets - s->packets_before);
    report->octet_count = (uint32_t)(s->octets - s->octets_before);
    return true;
}
