/* SPDX-License-Identifier: MIT
 * Key-frame requests in both directions (PLI, RFC 4585 6.3.1; FIR, RFC 5104
 * 4.3.1): when to ask again, and which of those received are news. */
#pragma once

#include "base/clock.h"
#include "rtc.h"

/* What we ask for. Zeroed: nothing. */
struct rtc_keyframe_ask {
    bool wanted, asked;
    rtc_usec asked_us; /* last PLI, valid when asked */
    uint64_t count;    /* PLIs sent */
};

/* A key frame is needed. More calls change nothing. */
void rtc_keyframe_want(struct rtc_keyframe_ask *k);
/* It came, or is not needed any more. */
void rtc_keyframe_got(struct rtc_keyframe_ask *k);
/* When a PLI is due: at once, then every max(500 ms, 2 * rtt_us) until one
 * comes (RTT -1: unknown). RTC_NEVER for never. */
rtc_usec rtc_keyframe_deadline(const struct rtc_keyframe_ask *k,
                               rtc_usec rtt_us);
/* Whether to send a PLI now; true counts as sent. */
bool rtc_keyframe_due(struct rtc_keyframe_ask *k, rtc_usec rtt_us,
                      rtc_usec now);

/* What the remote asks for. Zeroed: nothing yet. */
struct rtc_keyframe_answer {
    bool told, has_fir;
    uint8_t fir_sequence;
    rtc_usec told_us;
    uint64_t pli_count, fir_count;
};

/* A PLI came. True when the caller is to be told; those within 300 ms of the
 * last one told are the same wish. */
bool rtc_keyframe_pli(struct rtc_keyframe_answer *k, rtc_usec now);
/* A FIR entry for our SSRC came; a repeated sequence number is the same
 * command. */
bool rtc_keyframe_fir(struct rtc_keyframe_answer *k, uint8_t sequence,
                      rtc_usec now);
