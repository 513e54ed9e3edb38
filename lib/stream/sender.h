/* SPDX-License-Identifier: MIT
 * One outgoing RTP stream (RFC 3550): cuts frames into packets, numbers them,
 * queues them in the history, and hands out unprotected packets one by one,
 * resends first. Owns the history's ring; pool and codec are borrowed. */
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "codec/codec.h"
#include "rtcp/report.h"
#include "stream/history.h"
#include "stream/redundant.h"
#include "stream/retransmit.h"

/* Longest extension block, and so the longest header in front of a payload. */
#define RTC_SENDER_EXTENSION_MAX 128
#define RTC_SENDER_HEADER_MAX                                                  \
    (RTC_RTP_HEADER_MIN + 4 * RTC_RTP_CSRC_MOST + 4 + RTC_SENDER_EXTENSION_MAX)

/* What packets look like; may change between frames. */
struct rtc_sender_format {
    const struct rtc_codec_entry *codec; /* NULL: packet level only */
    uint8_t payload_type;
    bool rtx; /* RTX was negotiated: else packets are resent as they were */
    uint8_t rtx_payload_type;
    bool red; /* frames go out with a copy of the one before (RFC 2198); only
                 for codecs whose frames are one payload each */
    uint8_t red_payload_type;
    uint32_t clock_rate;
    /* Most bytes an unprotected packet may have, its RTX form included: the
     * MTU less what SRTP adds. At most the pool's size. */
    size_t packet_max;
};

struct rtc_sender {
    struct rtc_sender_format format;
    uint32_t ssrc, rtx_ssrc;
    struct rtc_history history;
    struct rtc_retransmit retransmit;
    struct rtc_packetizer packetizer;
    struct rtc_redundant redundant;
    uint64_t sequence; /* the next, extended */
    uint16_t rtx_sequence;
    uint32_t timestamp_offset;
    /* The header all packets of a frame share, but for sequence and marker. */
    uint8_t header[RTC_SENDER_HEADER_MAX];
    uint8_t header_len;
    uint16_t extension_profile;
    uint8_t extension[RTC_SENDER_EXTENSION_MAX];
    uint8_t extension_len;
    /* Of the RTX form when it has one of its own. */
    bool rtx_extension_set;
    uint16_t rtx_extension_profile;
    uint8_t rtx_extension[RTC_SENDER_EXTENSION_MAX];
    uint8_t rtx_extension_len;
    bool started;            /* a frame or packet was queued */
    bool reported;           /* an SR told of it since */
    uint32_t last_timestamp; /* of it, and its capture time */
    rtc_usec last_time;
    /* Counted when handed out. Octets are payload (RFC 3550 6.4.1); what was
     * resent without RTX is in `packets` and `octets` as well. */
    uint64_t packets, octets, bytes, frames;
    uint64_t packets_before, octets_before; /* under an earlier SSRC */
    uint64_t resent_packets, resent_bytes;
    uint64_t nacked; /* sequence numbers asked for */
};

/* Draws sequence numbers and timestamp offset from `random`. Allocates nothing
 * yet. `pool` as in rtc_history_init. */
void rtc_sender_init(struct rtc_sender *s,
                     const struct rtc_history_config *history,
                     struct rtc_pool *pool, const struct rtc_random *random);
void rtc_sender_done(struct rtc_sender *s);

/* Sets what follows is sent as; queued packets stay as they are. Another SSRC
 * than before starts a new stream: what is queued or kept is dropped. Copies.
 * RTC_ERR_ARG when no payload fits into packet_max. */
int rtc_sender_set_format(struct rtc_sender *s,
                          const struct rtc_sender_format *format, uint32_t ssrc,
                          uint32_t rtx_ssrc);
/* Begins a new stream with numbers of its own, in the same format. */
int rtc_sender_restart(struct rtc_sender *s, uint32_t ssrc, uint32_t rtx_ssrc,
                       const struct rtc_random *random);
/* The extension block (rtc_extensions_write) every packet carries from the next
 * frame on; `len` 0 for none. Values that change at each packet (send time,
 * transport sequence) are placeholders here, patched by the caller in what
 * rtc_sender_transmit gave. Copies. RTC_ERR_ARG when it is too long. */
int rtc_sender_set_extension(struct rtc_sender *s, uint16_t profile,
                             const uint8_t *block, size_t len);

/* The block that the RTX form has from now on, instead of the packet's own.
 * Copies. RTC_ERR_ARG alike. */
int rtc_sender_set_rtx_extension(struct rtc_sender *s, uint16_t profile,
                                 const uint8_t *block, size_t len);

/* Cuts and queues one frame, all of it or nothing. Copies. 0; RTC_ERR_AGAIN
 * when the queue has no room, RTC_ERR_ARG (no codec, another codec, more than
 * the queue ever holds), RTC_ERR_FORMAT (not a frame), NOMEM. */
int rtc_sender_send_frame(struct rtc_sender *s, const struct rtc_frame *frame,
                          rtc_usec now);
/* Queues one packet with its own payload type, marker and CSRCs (15 at most).
 * With `renumber` or number 0 it gets the next sequence number and our
 * timestamp offset, else it keeps its own sequence number and time, to be
 * forwarded as it came. Its values are not looked at: rtc_sender_set_extension.
 * Copies. Errors alike; RTC_ERR_ARG when too long, or a number already used or
 * too old. */
int rtc_sender_send_packet(struct rtc_sender *s,
                           const struct rtc_packet *packet, rtc_usec now);

/* Queues a NACK's sequence numbers for resending (RTT -1: unknown). How many
 * were. */
unsigned rtc_sender_nack(struct rtc_sender *s, const uint16_t *sequences,
                         size_t count, rtc_usec rtt_us, rtc_usec now);

/* Queues packets that were sent lately, to be sent again as RTX though nobody
 * asked for them: at least so many bytes, if there are. Whether there are any.
 */
bool rtc_sender_pad(struct rtc_sender *s, size_t bytes, rtc_usec now);

/* Drops what waits to be sent or resent; the numbers stay holes. */
void rtc_sender_clear(struct rtc_sender *s);

/* Bytes the next rtc_sender_transmit will write, 0 for nothing. */
size_t rtc_sender_peek_len(struct rtc_sender *s);
/* Writes the next unprotected packet: resends, then the queue. Its length, 0
 * when there is none, RTC_ERR_NOBUF (and then nothing is consumed). */
int rtc_sender_transmit(struct rtc_sender *s, uint8_t *buf, size_t cap,
                        rtc_usec now);

/* Whether a stream has begun that no SR told of: one before its first packet
 * says from there on which RTP time is which moment. */
bool rtc_sender_wants_report(const struct rtc_sender *s);
/* Fills the sender part of an SR (not its blocks); `ntp` is `now` as NTP. False
 * when nothing was queued yet: then an RR is due. */
bool rtc_sender_report(struct rtc_sender *s, struct rtc_rtcp_report *report,
                       uint64_t ntp, rtc_usec now);
