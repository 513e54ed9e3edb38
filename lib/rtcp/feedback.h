/* SPDX-License-Identifier: MIT
 * RTCP feedback: generic NACK and PLI (RFC 4585 6.2.1, 6.3.1), FIR (RFC 5104
 * 4.3.1), REMB (draft-alvestrand-rmcat-remb) and other application feedback.
 * Transport-wide feedback is recognised here and read by rtcp/twcc.h. Writing
 * appends one packet: 0, RTC_ERR_NOBUF, or RTC_ERR_ARG for an empty list or
 * one too long. */
#pragma once

#include "rtcp/compound.h"

enum rtc_feedback {
    RTC_FEEDBACK_OTHER, /* well-formed, of a format we do not know */
    RTC_FEEDBACK_NACK,
    RTC_FEEDBACK_TWCC,
    RTC_FEEDBACK_PLI,
    RTC_FEEDBACK_FIR,
    RTC_FEEDBACK_REMB,
    RTC_FEEDBACK_APPLICATION, /* PSFB format 15 that is not REMB */
};

/* The common part of RTPFB and PSFB packets; `fci` is lent by the packet. */
struct rtc_rtcp_feedback {
    enum rtc_feedback kind;
    uint32_t sender_ssrc, media_ssrc; /* media: 0 in FIR and REMB */
    const uint8_t *fci;
    size_t fci_len;
};

/* Reads the common part. 0, or RTC_ERR_FORMAT (also for another packet type).
 */
int rtc_rtcp_feedback_parse(const struct rtc_rtcp_packet *packet,
                            struct rtc_rtcp_feedback *ret_feedback);

/* Walks the sequence numbers of a NACK, in the order of the packet. */
struct rtc_nack_iterator {
    struct rtc_reader fci;
    uint16_t pid;
    uint32_t pending; /* bit 0 the PID itself, 1-16 the BLP */
};

void rtc_nack_iterator_init(struct rtc_nack_iterator *it,
                            const struct rtc_rtcp_feedback *feedback);
bool rtc_nack_next(struct rtc_nack_iterator *it, uint16_t *ret_sequence);

/* `sequences` ascend, across a wrap too (65535, 0, 1). How many of them went
 * in: fewer than `count` when the writer's room ends; the rest is another
 * packet's.
 */
int rtc_nack_write(struct rtc_writer *w, uint32_t sender_ssrc,
                   uint32_t media_ssrc, const uint16_t *sequences,
                   size_t count);

int rtc_pli_write(struct rtc_writer *w, uint32_t sender_ssrc,
                  uint32_t media_ssrc);

struct rtc_fir_entry {
    uint32_t ssrc;    /* whose key frame is asked for */
    uint8_t sequence; /* grows with each new command, not with a repetition */
};

/* Takes the next entry off a reader over `fci`. False at the end. */
bool rtc_fir_next(struct rtc_reader *fci, struct rtc_fir_entry *ret_entry);
int rtc_fir_write(struct rtc_writer *w, uint32_t sender_ssrc,
                  const struct rtc_fir_entry *entries, size_t count);

#define RTC_REMB_SSRC_MOST 255

struct rtc_remb {
    uint64_t bitrate_bps; /* written with 18 significant bits, rounded down */
    uint8_t ssrc_count;
    uint32_t ssrcs[RTC_REMB_SSRC_MOST];
};

/* Reads the part behind "REMB". 0 or RTC_ERR_FORMAT. */
int rtc_remb_parse(const struct rtc_rtcp_feedback *feedback,
                   struct rtc_remb *ret_remb);
int rtc_remb_write(struct rtc_writer *w, uint32_t sender_ssrc,
                   const struct rtc_remb *remb);

/* PSFB format 15 with bytes of the application's, zero-filled to whole words.
 */
int rtc_application_write(struct rtc_writer *w, uint32_t sender_ssrc,
                          uint32_t media_ssrc, const void *data, size_t len);
