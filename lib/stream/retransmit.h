/* SPDX-License-Identifier: MIT
 * What the remote asked for again (RFC 4585 6.2.1): a bounded queue of sequence
 * numbers, each looked up in the history when its turn comes, and the RTX form
 * of a packet (RFC 4588 4) in both directions. Holds no packets. */
#pragma once

#include "rtp/header.h"
#include "stream/history.h"

/* Requests beyond this are dropped: the remote repeats what it misses. */
#define RTC_RETRANSMIT_MOST 1024
/* RFC 4588 4: the original sequence number before the payload. */
#define RTC_RTX_OSN_LEN 2

/* Zeroed: empty. */
struct rtc_retransmit {
    uint16_t sequences[RTC_RETRANSMIT_MOST];
    unsigned first, count;
};

/* Queues one sequence number of a NACK, unless the history lost it, it is
 * queued already, or was resent less than max(rtt_us, 5 ms) ago: then the NACK
 * and the resend have crossed. True when queued. */
bool rtc_retransmit_push(struct rtc_retransmit *r, struct rtc_history *h,
                         uint16_t sequence, rtc_usec rtt_us, rtc_usec now);
/* The next packet to resend, or NULL; drops requests for packets evicted since.
 * Lends until the next call on the history. */
struct rtc_history_entry *rtc_retransmit_peek(struct rtc_retransmit *r,
                                              struct rtc_history *h);
/* Forgets every request. */
void rtc_retransmit_clear(struct rtc_retransmit *r, struct rtc_history *h);
/* What peek gave was resent. */
void rtc_retransmit_pop(struct rtc_retransmit *r,
                        struct rtc_history_entry *entry, rtc_usec now);

/* What the RTX form of a packet has of its own. */
struct rtc_rtx_form {
    uint32_t ssrc;
    uint16_t sequence;
    /* An extension block in place of the packet's; `extension_len` 0: none. */
    bool own_extension;
    uint16_t extension_profile;
    const uint8_t *extension;
    size_t extension_len;
};

/* Writes the RTX form of `entry`, a packet without CSRCs: its header in that
 * form with its RTX payload type, the original number, the payload. Its length,
 * or RTC_ERR_NOBUF. */
int rtc_rtx_write(const struct rtc_history_entry *entry,
                  const struct rtc_rtx_form *form, uint8_t *buf, size_t cap);

/* Turns the parsed header of an RTX packet into that of the original packet:
 * sequence, SSRC, payload type, payload. 0; RTC_ERR_FORMAT when it carries none
 * (padding, as senders probe with). */
int rtc_rtx_parse(struct rtc_rtp_header *header, uint32_t ssrc,
                  uint8_t payload_type);
