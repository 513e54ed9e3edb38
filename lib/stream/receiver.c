/* SPDX-License-Identifier: MIT
 * Reception statistics after RFC 3550: sequence checks (A.1), loss (A.3),
 * jitter (A.8), report blocks (6.4.1). The limits of A.1 are meant for 50
 * packets a second; video runs at thousands, and resends come late. */
#include "stream/receiver.h"

#include "base/clock.h"

/* RFC 3550 A.1: MAX_DROPOUT is a minute there, here some seconds of video. */
#define DROPOUT_MOST 16384
/* MAX_MISORDER: as far back as senders keep packets for resending. */
#define MISORDER_MOST 4096
/* A step of more is a new origin of RTP time, not jitter. */
#define TRANSIT_STEP_MOST_S 5

void rtc_receiver_init(struct rtc_receiver *r, uint32_t ssrc,
                       uint32_t clock_rate)
{
    *r = (struct rtc_receiver){.ssrc = ssrc, .clock_rate = clock_rate};
}

/* Begins to count at extended number `number`. */
static void start(struct rtc_receiver *r, uint64_t number)
{
    if (r->started)
        r->lost_before = rtc_receiver_lost(r);
    r->started = true;
    r->jumped = false;
    r->has_transit = false;
    r->sequence = (struct rtc_sequence){.highest = number, .started = true};
    r->base = number;
    r->received = r->received_prior = r->expected_prior = 0;
}

static bool is_near(const struct rtc_receiver *r, uint16_t sequence)
{
    uint16_t ahead = (uint16_t)(sequence - (uint16_t)r->sequence.highest);

    return ahead < DROPOUT_MOST || ahead > 0x10000 - MISORDER_MOST;
}

/* Extends `sequence`, or starts over when two in a row are far off (A.1). */
static bool extend(struct rtc_receiver *r, uint16_t sequence,
                   uint64_t *ret_number)
{
    if (!r->started) {
        start(r, RTC_SEQUENCE_ORIGIN + sequence);
    } else if (is_near(r, sequence)) {
        r->jumped = false;
    } else if (r->jumped && sequence == r->jump_next) {
        uint64_t highest = r->sequence.highest;

        start(r, highest + (uint16_t)(sequence - (uint16_t)highest));
    } else {
        r->jumped = true;
        r->jump_next = (uint16_t)(sequence + 1);
        return false;
    }
    *ret_number = rtc_sequence_unwrap16(&r->sequence, sequence);
    return true;
}

/* A moment in ticks, modulo 2^32; seconds apart, so that nothing overflows. */
static uint32_t ticks(rtc_usec at, uint32_t rate)
{
    return (uint32_t)(at / RTC_SEC) * rate +
           (uint32_t)(at % RTC_SEC * rate / RTC_SEC);
}

static void note_jitter(struct rtc_receiver *r, uint32_t timestamp,
                        rtc_usec now)
{
    uint32_t transit = ticks(now, r->clock_rate) - timestamp;
    int64_t step = (int32_t)(transit - r->transit);

    if (step < 0)
        step = -step;
    if (r->has_transit && step < (int64_t)r->clock_rate * TRANSIT_STEP_MOST_S)
        r->jitter += (uint32_t)step - ((r->jitter + 8) >> 4);
    r->transit = transit;
    r->has_transit = true;
}

static void fill(struct rtc_receiver *r, const struct rtc_rtp_header *header,
                 uint64_t number, struct rtc_packet *ret_packet)
{
    *ret_packet = (struct rtc_packet){
        .payload = header->payload,
        .len = header->payload_len,
        .sequence = number,
        .media_time = rtc_sequence_unwrap32(&r->time, header->timestamp),
        .payload_type = header->payload_type,
        .marker = header->marker,
        .ssrc = r->ssrc,
    };
}

bool rtc_receiver_receive(struct rtc_receiver *r,
                          const struct rtc_rtp_header *header,
                          struct rtc_packet *ret_packet, rtc_usec now)
{
    uint64_t before = r->sequence.highest, number;
    bool first = !r->started;

    if (!extend(r, header->sequence, &number))
        return false;
    r->received++;
    r->packets++;
    r->bytes += header->payload_len;
    /* What comes late was resent or reordered: its delay is no jitter. */
    if (first || number > before)
        note_jitter(r, header->timestamp, now);
    fill(r, header, number, ret_packet);
    ret_packet->time = now;
    return true;
}

bool rtc_receiver_recover(struct rtc_receiver *r,
                          const struct rtc_rtp_header *header,
                          struct rtc_packet *ret_packet, rtc_usec now)
{
    if (!r->started || !is_near(r, header->sequence))
        return false;
    /* It may be the only copy of the last packet: reports are to tell of it. */
    fill(r, header, rtc_sequence_unwrap16(&r->sequence, header->sequence),
         ret_packet);
    ret_packet->time = now;
    return true;
}

void rtc_receiver_sr(struct rtc_receiver *r, uint64_t ntp, rtc_usec now)
{
    r->last_sr = rtc_ntp_middle(ntp);
    r->last_sr_us = now;
}

static uint64_t expected(const struct rtc_receiver *r)
{
    return r->started ? r->sequence.highest - r->base + 1 : 0;
}

int64_t rtc_receiver_lost(const struct rtc_receiver *r)
{
    return r->lost_before + (int64_t)(expected(r) - r->received);
}

double rtc_receiver_jitter(const struct rtc_receiver *r)
{
    return r->clock_rate ? r->jitter / 16.0 / r->clock_rate : 0;
}

/* Of 256, since the report before (A.3). */
static uint8_t fraction_lost(struct rtc_receiver *r)
{
    uint64_t interval = expected(r) - r->expected_prior;
    uint64_t received = r->received - r->received_prior;

    r->expected_prior = expected(r);
    r->received_prior = r->received;
    if (received >= interval)
        return 0;
    if (!received)
        return UINT8_MAX;
    return (uint8_t)((interval - received) * 256 / interval);
}

bool rtc_receiver_report(struct rtc_receiver *r,
                         struct rtc_rtcp_block *ret_block, rtc_usec now)
{
    int64_t lost = rtc_receiver_lost(r);

    if (!r->started)
        return false;
    if (lost > INT32_MAX)
        lost = INT32_MAX;
    if (lost < INT32_MIN)
        lost = INT32_MIN;
    *ret_block = (struct rtc_rtcp_block){
        .ssrc = r->ssrc,
        .fraction_lost = fraction_lost(r),
        .lost = (int32_t)lost,
        .highest_sequence = (uint32_t)r->sequence.highest,
        .jitter = r->jitter >> 4,
        .last_sr = r->last_sr,
        .delay_since_sr = r->last_sr ? rtc_ntp_span(now - r->last_sr_us) : 0,
    };
    return true;
}
