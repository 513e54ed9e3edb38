/* SPDX-License-Identifier: MIT
 * What the path carries, as far as a sender can tell: of the delay and loss
 * that transport-wide feedback shows, or without it of receiver reports, and
 * never more than the remote allows by REMB. Numbers are of whole datagrams. */
#pragma once

#include "cc/aimd.h"
#include "cc/loss_rate.h"
#include "cc/probe.h"
#include "cc/sent.h"
#include "cc/throughput.h"
#include "cc/trendline.h"

struct rtc_estimate {
    struct rtc_trendline trendline;
    struct rtc_throughput left, came; /* what was sent, what arrived */
    struct rtc_loss_rate loss;
    struct rtc_aimd aimd;
    struct rtc_probe probe;
    uint64_t remb_bps; /* 0: none */
    rtc_usec rtt_us;   /* of the feedback */
    bool heard;        /* there is transport-wide feedback */
    bool holds;        /* loss forbids to grow */
    rtc_usec queue_us; /* of the feedback before */
    bool is_full; /* the caller's: media is kept back, as the path is full */
};

void rtc_estimate_init(struct rtc_estimate *e);

/* A datagram of media left. */
void rtc_estimate_sent(struct rtc_estimate *e, size_t len, rtc_usec now);
/* A feedback message came; takes all its news from `sent`. */
void rtc_estimate_feedback(struct rtc_estimate *e, struct rtc_sent *sent,
                           rtc_usec now);
/* A report block came: lost so much of 256. Counts only as long as there is no
 * transport-wide feedback. */
void rtc_estimate_report(struct rtc_estimate *e, uint8_t fraction_lost,
                         rtc_usec rtt_us, rtc_usec now);
/* The remote allows so much. */
void rtc_estimate_remb(struct rtc_estimate *e, uint64_t bps);

/* Bits a second; 0: unknown. */
uint64_t rtc_estimate_bps(const struct rtc_estimate *e);
