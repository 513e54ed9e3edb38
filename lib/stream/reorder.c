/* SPDX-License-Identifier: MIT
 * The reorder ring. It starts without slots and doubles as the span of numbers
 * asks for it. `most` is when holes are given up; the ring itself holds more,
 * so that a burst handed in before frames are taken out is not lost. */
#include "stream/reorder.h"

#include <string.h>

#include "base/mem.h"

#define SLOTS_FIRST 64u
/* Slots, in multiples of `most`. */
#define SLACK 4

static struct rtc_reorder_slot *slot_at(const struct rtc_reorder *r,
                                        uint64_t number)
{
    return &r->slots[rtc_ring_slot(&r->ring, number)];
}

void rtc_reorder_init(struct rtc_reorder *r, unsigned most,
                      struct rtc_pool *pool)
{
    *r = (struct rtc_reorder){.pool = pool};
    r->most = most < RTC_REORDER_MOST / SLACK ? most : RTC_REORDER_MOST / SLACK;
}

static void empty(struct rtc_reorder *r, struct rtc_reorder_slot *slot)
{
    if (slot->buffer)
        rtc_pool_put(r->pool, slot->buffer);
    slot->buffer = NULL;
    slot->present = false;
}

/* Drops all that waits and goes on at `number`. */
static void restart(struct rtc_reorder *r, uint64_t number)
{
    for (uint64_t n = r->ring.first; n < r->ring.end; n++)
        empty(r, slot_at(r, n));
    r->ring.first = r->ring.end = number;
}

void rtc_reorder_reset(struct rtc_reorder *r)
{
    restart(r, 0);
    r->started = r->taken = r->squeezed = false;
}

void rtc_reorder_done(struct rtc_reorder *r)
{
    if (!r)
        return;
    rtc_reorder_reset(r);
    rtc_free(r->slots);
    rtc_reorder_init(r, r->most, r->pool);
}

/* Slots the ring may grow to. */
static uint64_t span_most(const struct rtc_reorder *r)
{
    return r->most < SLOTS_FIRST ? SLOTS_FIRST * SLACK
                                 : (uint64_t)r->most * SLACK;
}

static bool grow(struct rtc_reorder *r, uint64_t span)
{
    uint32_t slots = r->slots ? r->ring.mask + 1 : SLOTS_FIRST;
    struct rtc_reorder_slot *wider;

    if (r->slots && span <= slots)
        return true;
    while (slots < span)
        slots *= 2;
    wider = rtc_calloc(slots, sizeof *wider);
    if (!wider)
        return false;
    for (uint64_t n = r->ring.first; n < r->ring.end; n++)
        wider[(uint32_t)n & (slots - 1)] = *slot_at(r, n);
    rtc_free(r->slots);
    r->slots = wider;
    r->ring.mask = slots - 1;
    return true;
}

/* Marks [from, to) as holes open since `since`. */
static void open_holes(struct rtc_reorder *r, uint64_t from, uint64_t to,
                       rtc_usec since)
{
    for (uint64_t n = from; n < to; n++) {
        slot_at(r, n)->present = false;
        slot_at(r, n)->packet.time = since;
    }
}

/* Widens the ring at its front: the stream's first packets came out of order,
 * and none was taken out yet. */
static bool reach_back(struct rtc_reorder *r, uint64_t number, rtc_usec now)
{
    uint64_t first = r->ring.first;

    if (r->taken || r->ring.end - number > span_most(r) ||
        !grow(r, r->ring.end - number))
        return false;
    r->ring.first = number;
    open_holes(r, number, first, now);
    return true;
}

/* Widens the ring up to and with `number`. */
static bool reach_on(struct rtc_reorder *r, uint64_t number, rtc_usec now)
{
    if (!r->started || number - r->ring.first >= span_most(r))
        restart(r, number);
    if (!grow(r, number - r->ring.first + 1))
        return false;
    r->started = true;
    open_holes(r, r->ring.end, number + 1, now);
    r->ring.end = number + 1;
    return true;
}

/* Makes the slot of `number`, which has none, or says why there is none. */
static bool reach(struct rtc_reorder *r, uint64_t number, rtc_usec now)
{
    if (!r->started || number >= r->ring.end) {
        if (reach_on(r, number, now))
            return true;
        r->refused++;
        return false;
    }
    if (number >= r->ring.first || reach_back(r, number, now))
        return true;
    r->late++;
    return false;
}

/* Copies `packet` into its slot. */
static bool fill(struct rtc_reorder *r, struct rtc_reorder_slot *slot,
                 const struct rtc_packet *packet)
{
    if (packet->len > r->pool->size)
        return false;
    slot->packet = *packet;
    slot->packet.payload = NULL;
    if (!packet->len)
        return true;
    slot->buffer = rtc_pool_get(r->pool);
    if (!slot->buffer) {
        r->squeezed = true;
        return false;
    }
    memcpy(slot->buffer, packet->payload, packet->len);
    slot->packet.payload = slot->buffer;
    return true;
}

bool rtc_reorder_push(struct rtc_reorder *r, const struct rtc_packet *packet,
                      const struct rtc_codec_entry *codec)
{
    struct rtc_reorder_slot *slot;

    if (!reach(r, packet->sequence, packet->time))
        return false;
    slot = slot_at(r, packet->sequence);
    if (slot->present) {
        r->duplicates++;
        return false;
    }
    if (!fill(r, slot, packet)) {
        r->refused++;
        return false;
    }
    slot->codec = codec;
    slot->present = true;
    return true;
}

const struct rtc_reorder_slot *rtc_reorder_peek(const struct rtc_reorder *r)
{
    return r->ring.first < r->ring.end ? slot_at(r, r->ring.first) : NULL;
}

void rtc_reorder_pop(struct rtc_reorder *r)
{
    empty(r, slot_at(r, r->ring.first++));
    r->taken = true;
    r->squeezed = false;
}

bool rtc_reorder_is_hole(const struct rtc_reorder *r, uint64_t number)
{
    return number >= r->ring.first && number < r->ring.end &&
           !slot_at(r, number)->present;
}

bool rtc_reorder_is_pressed(const struct rtc_reorder *r)
{
    return r->squeezed || rtc_ring_count(&r->ring) > r->most;
}
