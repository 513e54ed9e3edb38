/* SPDX-License-Identifier: MIT
 * Transport-wide congestion feedback (draft-holmer-rmcat-transport-wide-cc-
 * extensions-01 3.1): which packets arrived, and when, in 250 us steps. */
#pragma once

#include "rtc.h"
#include "rtcp/feedback.h"

/* A feedback message; the ranges are lent by the packet and hold exactly what
 * `status_count` statuses need. */
struct rtc_twcc {
    uint32_t sender_ssrc, media_ssrc;
    uint16_t base_sequence;
    uint16_t status_count;
    uint8_t feedback_count; /* grows by 1 a message, so losses of these show */
    rtc_usec reference_us;  /* in the receiver's clock, modulo 2^24 * 64 ms */
    struct rtc_reader chunks, deltas;
};

/* 0, or RTC_ERR_FORMAT: too short, or a reserved symbol. */
int rtc_twcc_parse(const struct rtc_rtcp_feedback *feedback,
                   struct rtc_twcc *ret_twcc);

/* Walks the statuses; made of a parsed message by rtc_twcc_iterator_init. */
struct rtc_twcc_iterator {
    struct rtc_reader chunks, deltas;
    rtc_usec time_us;
    uint16_t sequence;
    uint16_t left; /* statuses not yet given out */
    uint16_t chunk;
    uint16_t chunk_left; /* statuses left in `chunk` */
};

struct rtc_twcc_status {
    uint16_t sequence;
    bool received;
    rtc_usec arrival_us; /* when received; same clock as `reference_us` */
};

void rtc_twcc_iterator_init(struct rtc_twcc_iterator *it,
                            const struct rtc_twcc *twcc);
bool rtc_twcc_next(struct rtc_twcc_iterator *it,
                   struct rtc_twcc_status *ret_status);

/* A packet that came, its number unwrapped (rtp/sequence.h). */
struct rtc_twcc_arrival {
    uint64_t sequence;
    rtc_usec arrival_us;
};

/* Who reports; `base_sequence` may lie before the first arrival, to report the
 * packets between as lost. */
struct rtc_twcc_report {
    uint32_t sender_ssrc, media_ssrc;
    uint8_t feedback_count;
    uint64_t base_sequence;
    const struct rtc_twcc_arrival *arrivals; /* sequences strictly ascend */
    size_t arrival_count;
};

/* Appends one message with as many arrivals as fit the writer's room and the
 * format, and says how many; the rest is the next message's, which takes over
 * at the last sequence told + 1. RTC_ERR_NOBUF when not even one fits,
 * RTC_ERR_ARG without arrivals or with a base out of reach. */
int rtc_twcc_write(struct rtc_writer *w, const struct rtc_twcc_report *report);
