/* SPDX-License-Identifier: MIT
 * Statistics of one incoming stream (RFC 3550 A.1, A.3, A.8): extends sequence
 * numbers and times to 64 bit, and makes report blocks. Holds no packets. Feed
 * it only packets that authenticated. */
#pragma once

#include "rtcp/report.h"
#include "rtp/header.h"
#include "rtp/sequence.h"

struct rtc_receiver {
    uint32_t ssrc, clock_rate;
    bool started;
    bool jumped;        /* `jump_next` is set */
    uint16_t jump_next; /* what would confirm a jump (A.1: bad_seq) */
    uint64_t base;      /* first number counted as expected */
    struct rtc_sequence sequence, time;
    uint64_t received;                       /* since the last restart */
    uint64_t packets, bytes;                 /* in all; bytes of payload */
    uint64_t expected_prior, received_prior; /* at the last report block */
    int64_t lost_before;                     /* lost before the last restart */
    /* Counted by the caller: those that were news; and of those received such
     * as were asked for, or were there already. */
    uint64_t recovered, repeated;
    uint32_t transit; /* ticks, of the last packet in order */
    uint32_t jitter;  /* ticks * 16 */
    bool has_transit;
    uint32_t last_sr; /* rtc_ntp_middle, 0: none */
    rtc_usec last_sr_us;
};

/* Starts over, for a new SSRC too. */
void rtc_receiver_init(struct rtc_receiver *r, uint32_t ssrc,
                       uint32_t clock_rate);

/* Takes a packet of the stream into account and fills `ret_packet`, whose
 * payload is lent by the packet. False: drop it, its number is far off and no
 * neighbour has confirmed it yet. After a confirmed jump numbers go on upwards,
 * far ahead. */
bool rtc_receiver_receive(struct rtc_receiver *r,
                          const struct rtc_rtp_header *header,
                          struct rtc_packet *ret_packet, rtc_usec now);
/* The same for what came by RTX (rtc_rtx_parse): it does not count as received
 * (RFC 4588 4). False: older or newer than anything asked for. */
bool rtc_receiver_recover(struct rtc_receiver *r,
                          const struct rtc_rtp_header *header,
                          struct rtc_packet *ret_packet, rtc_usec now);

/* Remembers a sender report of this SSRC for LSR and DLSR. */
void rtc_receiver_sr(struct rtc_receiver *r, uint64_t ntp, rtc_usec now);
/* Makes the report block and starts the next interval of fraction lost. False:
 * nothing was received yet. */
bool rtc_receiver_report(struct rtc_receiver *r,
                         struct rtc_rtcp_block *ret_block, rtc_usec now);
/* RFC 3550 6.4.1: may be negative. */
int64_t rtc_receiver_lost(const struct rtc_receiver *r);
/* Jitter in seconds. */
double rtc_receiver_jitter(const struct rtc_receiver *r);
