/* SPDX-License-Identifier: MIT
 * One incoming media stream: receiver, loss, reorder, assemble and keyframe put
 * together in the order packets walk through them. The caller parses, decrypts
 * and routes packets, and sends the RTCP this asks for. Owns the parts; the
 * pool is borrowed. */
#pragma once

#include "codec/red.h"
#include "stream/assemble.h"
#include "stream/capture.h"
#include "stream/keyframe.h"
#include "stream/loss.h"
#include "stream/receiver.h"
#include "stream/reorder.h"

struct rtc_inbound_config {
    enum rtc_kind kind;
    uint32_t clock_rate;
    bool nack, pli;           /* negotiated */
    bool packets;             /* no frames: rtc_inbound_receive gives packets */
    rtc_usec reorder_us;      /* a hole stays open at most this long; without
                                 `nack` no longer than 100 ms */
    unsigned reorder_packets; /* and with at most this many behind it */
    bool keyframe_first;      /* video: nothing before the first key frame */
    bool keyframe_after_gap; /* video: nothing after a gap before a key frame */
};

/* Counters of all streams there were, which never fall. */
struct rtc_inbound_totals {
    uint64_t packets, bytes; /* received; bytes of payload */
    int64_t lost;            /* RFC 3550 6.4.1, may be negative */
    uint64_t repeated;       /* of them: asked for, or once too often */
    uint64_t recovered, duplicates;
    uint64_t frames, frames_dropped;
    uint64_t plis;
};

struct rtc_inbound {
    struct rtc_inbound_config config;
    struct rtc_receiver receiver;
    struct rtc_loss loss;
    struct rtc_reorder reorder;
    struct rtc_assemble assemble;
    struct rtc_keyframe_ask keyframe;
    struct rtc_capture capture;
    bool started;
    uint64_t duplicates;              /* packet level; else see reorder */
    struct rtc_inbound_totals before; /* of what was done with */
};

/* Zeroed before the first time; later ones keep the totals. */
void rtc_inbound_init(struct rtc_inbound *in,
                      const struct rtc_inbound_config *config,
                      struct rtc_pool *pool);
void rtc_inbound_done(struct rtc_inbound *in);

/* Takes in a parsed, decrypted packet. `codec` belongs to its payload type,
 * NULL when the payload is not for assembling; `resent`: it came by RTX and
 * rtc_rtx_parse was called. Another SSRC than before starts a new stream.
 * Borrows. True when `ret_packet` is news (packet-level tracks hand it on; its
 * payload is lent by the packet). */
bool rtc_inbound_receive(struct rtc_inbound *in,
                         const struct rtc_rtp_header *header,
                         const struct rtc_codec_entry *codec, bool resent,
                         struct rtc_packet *ret_packet, rtc_usec now);

/* A sender report of the stream: for round trips, and for when its frames were
 * captured. */
void rtc_inbound_sr(struct rtc_inbound *in, uint64_t ntp, uint32_t rtp_time,
                    rtc_usec now);

/* Fills the hole `back` numbers before `packet`, which rtc_inbound_receive
 * gave, by a copy that came along with it (RFC 2198). Borrows. False when there
 * is no such hole. */
bool rtc_inbound_restore(struct rtc_inbound *in,
                         const struct rtc_packet *packet, unsigned back,
                         const struct rtc_red_block *copy,
                         const struct rtc_codec_entry *codec);

/* The stream or the session is over: nothing is asked for any more, and pop
 * gives up every hole. Another SSRC begins anew. */
void rtc_inbound_end(struct rtc_inbound *in);

/* The next frame or gap, as rtc_assemble_pop. */
enum rtc_assemble_result rtc_inbound_pop(struct rtc_inbound *in,
                                         struct rtc_frame *ret_frame,
                                         struct rtc_assemble_gap *ret_gap,
                                         rtc_usec now);

/* Sequence numbers to ask for now, as rtc_loss_nack; none without NACK. */
unsigned rtc_inbound_nack(struct rtc_inbound *in, uint16_t *ret_sequences,
                          unsigned most, rtc_usec rtt_us, rtc_usec now);
/* Whether to send a PLI now; true counts as sent. */
bool rtc_inbound_pli(struct rtc_inbound *in, rtc_usec rtt_us, rtc_usec now);

struct rtc_inbound_totals rtc_inbound_totals(const struct rtc_inbound *in);

/* When pop has something to do though nothing was received. */
rtc_usec rtc_inbound_frame_deadline(const struct rtc_inbound *in);
/* When pop, nack or pli has something to do though nothing was received; valid
 * after all three were asked. */
rtc_usec rtc_inbound_deadline(const struct rtc_inbound *in, rtc_usec rtt_us);
