/* SPDX-License-Identifier: MIT
 * The end of what was sent: a receiver cannot miss packets behind the last one
 * it knows of, so while a stream pauses its last packet is sent again until a
 * receiver report confirms it; NACK then brings whatever else is missing. */
#pragma once

#include "stream/sender.h"

/* Times the last packet is repeated; without NACK there is nothing to gain by
 * more than a few. */
#define RTC_TAIL_TRIES 8
#define RTC_TAIL_TRIES_PLAIN 2

struct rtc_tail {
    uint64_t first;     /* the first and the last number handed out, */
    uint64_t last;      /* when `started` */
    uint64_t confirmed; /* the highest one the remote reported */
    bool started, reported;
    uint8_t tries, tries_most;
    rtc_usec due_us;   /* next repetition */
    rtc_usec quiet_us; /* since when nothing new was confirmed or asked for */
};

/* Before anything is sent: whether the remote can ask for what it misses. */
void rtc_tail_init(struct rtc_tail *t, bool nack);
/* A packet of the stream was handed out; call after rtc_sender_transmit. */
void rtc_tail_sent(struct rtc_tail *t, const struct rtc_sender *s,
                   rtc_usec rtt_us, rtc_usec now);
/* A report block came: `highest` is its highest sequence number. */
void rtc_tail_report(struct rtc_tail *t, uint32_t highest, rtc_usec now);
/* A NACK came, so something is still under way. */
void rtc_tail_nack(struct rtc_tail *t, rtc_usec now);
/* Whether the last packet is known to have come, and nothing was asked for
 * since about two round trips; or all was tried to make sure of it. */
bool rtc_tail_is_delivered(const struct rtc_tail *t, rtc_usec rtt_us,
                           rtc_usec now);
/* When rtc_tail_tick has something to do. */
rtc_usec rtc_tail_deadline(const struct rtc_tail *t);
/* Queues the repetition that is due, if any. */
void rtc_tail_tick(struct rtc_tail *t, struct rtc_sender *s, rtc_usec rtt_us,
                   rtc_usec now);
