/* SPDX-License-Identifier: MIT
 * Packets to send and packets sent, in one ring by extended sequence number:
 * those not sent yet are the send queue, those sent wait for a NACK. Packets
 * are whole unprotected RTP packets in pool buffers, owned by the ring from
 * push until they are evicted. */
#pragma once

#include "base/pool.h"
#include "base/ring.h"
#include "rtc.h"

/* Slots a ring may have: more packets than this are never queued, nor kept. */
#define RTC_HISTORY_MOST 8192

/* How much of what was sent is kept; 0 packets: nothing. */
struct rtc_history_config {
    unsigned packets;
    rtc_usec keep_us; /* since it was first sent */
    size_t bytes;     /* 0: no bound */
};

/* A packet, or a number never pushed (`packet` NULL). */
struct rtc_history_entry {
    uint8_t *packet;
    uint16_t len;
    uint8_t header_len;       /* where its payload starts */
    uint8_t rtx_payload_type; /* for its RTX form, 0: none */
    bool resend_queued;
    bool asked; /* by a NACK */
    uint16_t resend_count;
    rtc_usec sent_us;   /* first time, RTC_NEVER: not yet */
    rtc_usec resent_us; /* last time, valid when resend_count > 0 */
};

struct rtc_history {
    struct rtc_history_config config;
    struct rtc_pool *pool; /* borrowed for the life of the ring */
    struct rtc_history_entry *entries;
    struct rtc_ring ring;
    uint64_t next; /* the first number not sent, or ring.end */
    unsigned queued, kept;
    size_t queued_bytes, kept_bytes;
};

/* Allocates nothing yet. Buffers come from and go back to `pool`, which may be
 * shared and must outlive the ring. */
void rtc_history_init(struct rtc_history *h,
                      const struct rtc_history_config *config,
                      struct rtc_pool *pool);
void rtc_history_done(struct rtc_history *h);

/* A buffer for the next push, evicting the oldest sent packet if need be. The
 * caller gives it to rtc_history_push or rtc_pool_put. 0; RTC_ERR_AGAIN when
 * only packets not yet sent are in the way, RTC_ERR_NOMEM. */
int rtc_history_buffer(struct rtc_history *h, uint8_t **ret_buffer);

/* Queues `entry` (its packet, len, header_len and rtx_payload_type) under
 * `number`. Takes the packet, on failure too. Numbers may leave holes and may
 * come late, but not twice. 0; RTC_ERR_AGAIN, NOMEM, or RTC_ERR_ARG for one
 * already there or too old. */
int rtc_history_push(struct rtc_history *h, uint64_t number,
                     const struct rtc_history_entry *entry, rtc_usec now);
/* Takes back everything queued from `number` on, as if never pushed. */
void rtc_history_unpush(struct rtc_history *h, uint64_t number);

/* Drops everything queued; its numbers are used all the same. */
void rtc_history_clear(struct rtc_history *h);

/* The next packet of the queue, or NULL. Lends until the next call. */
struct rtc_history_entry *rtc_history_peek(struct rtc_history *h);
/* What peek gave was sent: keeps it for resending, or evicts it. */
void rtc_history_pop(struct rtc_history *h, rtc_usec now);

/* A packet already sent by the low 16 bits of its number, or NULL. Lends. */
struct rtc_history_entry *rtc_history_find(struct rtc_history *h,
                                           uint16_t sequence);
