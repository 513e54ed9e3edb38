/* SPDX-License-Identifier: MIT
 * Packets received, in order: a ring by extended sequence number that copies
 * payloads into pool buffers, filters duplicates and late ones, and knows since
 * when each hole is open. What to do about holes is assemble's. Owns its ring
 * and the buffers in it; the pool is borrowed. */
#pragma once

#include "base/pool.h"
#include "base/ring.h"
#include "codec/codec.h"
#include "rtc.h"

/* Slots a ring may have. */
#define RTC_REORDER_MOST 16384

struct rtc_reorder_slot {
    /* `payload` is the slot's pool buffer or NULL when len is 0. In a hole only
     * `time` counts: since when it is one. */
    struct rtc_packet packet;
    const struct rtc_codec_entry *codec; /* NULL: only its number counts */
    uint8_t *buffer;                     /* what payload points at, or NULL */
    bool present;
};

struct rtc_reorder {
    struct rtc_pool *pool;
    struct rtc_reorder_slot *slots;
    struct rtc_ring ring;
    unsigned most; /* packets behind a hole before it must be given up */
    bool started;
    bool taken;    /* something was popped */
    bool squeezed; /* the pool had no buffer, nothing was popped since */
    uint64_t duplicates, late;
    uint64_t refused; /* no room, no memory, or longer than a buffer */
};

/* Allocates nothing yet. `pool` (buffers of at least the longest payload) may
 * be shared and must outlive it. */
void rtc_reorder_init(struct rtc_reorder *r, unsigned most,
                      struct rtc_pool *pool);
/* Returns every buffer. */
void rtc_reorder_done(struct rtc_reorder *r);
/* Forgets the stream (SSRC change); keeps memory and counters. */
void rtc_reorder_reset(struct rtc_reorder *r);

/* Copies a packet in. `codec` says how to read its payload, NULL for one that
 * only fills its number (padding, comfort noise). A number far ahead drops all
 * that waits. True when it was stored; otherwise a counter says why. */
bool rtc_reorder_push(struct rtc_reorder *r, const struct rtc_packet *packet,
                      const struct rtc_codec_entry *codec);

/* The next number: a packet or a hole, NULL when nothing waits. Lends until the
 * next call. */
const struct rtc_reorder_slot *rtc_reorder_peek(const struct rtc_reorder *r);
/* Drops what peek gives. */
void rtc_reorder_pop(struct rtc_reorder *r);
/* Whether the number is missing between others that came. */
bool rtc_reorder_is_hole(const struct rtc_reorder *r, uint64_t number);
/* Whether more than `most` numbers wait, or the pool is empty: a hole in front
 * has to go. */
bool rtc_reorder_is_pressed(const struct rtc_reorder *r);
