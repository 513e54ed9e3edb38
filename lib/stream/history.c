/* SPDX-License-Identifier: MIT
 * The ring of packets queued and sent. It starts without slots and doubles as
 * the span of numbers asks for it; slots outside [first, end) are always empty,
 * so holes need no marking. From first up to `next` everything is sent or a
 * hole: that part is evicted, oldest first, to make room. */
#include "stream/history.h"

#include <assert.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rtp/sequence.h"

#define SLOTS_FIRST 64u

static struct rtc_history_entry *entry_at(const struct rtc_history *h,
                                          uint64_t number)
{
    return &h->entries[rtc_ring_slot(&h->ring, number)];
}

static bool is_sent(const struct rtc_history_entry *e)
{
    return e->sent_us != RTC_NEVER;
}

void rtc_history_init(struct rtc_history *h,
                      const struct rtc_history_config *config,
                      struct rtc_pool *pool)
{
    *h = (struct rtc_history){.config = *config, .pool = pool};
}

void rtc_history_done(struct rtc_history *h)
{
    if (!h)
        return;
    for (uint64_t n = h->ring.first; n < h->ring.end; n++)
        if (entry_at(h, n)->packet)
            rtc_pool_put(h->pool, entry_at(h, n)->packet);
    rtc_free(h->entries);
    rtc_history_init(h, &h->config, h->pool);
}

/* Drops the oldest number, unless it waits to be sent. */
static bool evict(struct rtc_history *h)
{
    struct rtc_history_entry *e;

    if (h->ring.first >= h->next)
        return false;
    e = entry_at(h, h->ring.first++);
    if (!e->packet)
        return true;
    h->kept--;
    h->kept_bytes -= e->len;
    rtc_pool_put(h->pool, e->packet);
    e->packet = NULL;
    return true;
}

/* Whether the oldest number is a hole, or beyond what is to be kept. */
static bool is_stale(const struct rtc_history *h, rtc_usec now)
{
    const struct rtc_history_entry *e = entry_at(h, h->ring.first);

    return !e->packet || h->kept > h->config.packets ||
           (h->config.bytes && h->kept_bytes > h->config.bytes) ||
           now - e->sent_us > h->config.keep_us;
}

static void trim(struct rtc_history *h, rtc_usec now)
{
    while (h->ring.first < h->next && is_stale(h, now))
        evict(h);
}

int rtc_history_buffer(struct rtc_history *h, uint8_t **ret_buffer)
{
    uint8_t *buffer;

    while (!(buffer = rtc_pool_get(h->pool)))
        if (!evict(h))
            return h->queued ? RTC_ERR_AGAIN : RTC_ERR_NOMEM;
    *ret_buffer = buffer;
    return 0;
}

static int grow(struct rtc_history *h, uint32_t slots)
{
    struct rtc_history_entry *wider = rtc_calloc(slots, sizeof *wider);

    if (!wider)
        return RTC_ERR_NOMEM;
    for (uint64_t n = h->ring.first; n < h->ring.end; n++)
        wider[(uint32_t)n & (slots - 1)] = *entry_at(h, n);
    rtc_free(h->entries);
    h->entries = wider;
    h->ring.mask = slots - 1;
    return 0;
}

/* Makes the ring reach up to `number`, which is at or above its end. */
static int reach(struct rtc_history *h, uint64_t number)
{
    uint32_t slots = h->entries ? h->ring.mask + 1 : 0;

    while (number - h->ring.first >= RTC_HISTORY_MOST && evict(h))
        ;
    if (h->ring.first == h->ring.end)
        h->ring.first = h->ring.end = h->next = number;
    if (number - h->ring.first >= RTC_HISTORY_MOST)
        return RTC_ERR_AGAIN;
    if (number - h->ring.first < slots)
        return 0;
    if (!slots)
        slots = SLOTS_FIRST;
    while (number - h->ring.first >= slots)
        slots *= 2;
    return grow(h, slots);
}

/* Gives `number`, not in use yet, a slot. */
static int make_room(struct rtc_history *h, uint64_t number)
{
    int error;

    if (number < h->ring.first)
        return RTC_ERR_ARG;
    if (number < h->ring.end)
        return entry_at(h, number)->packet ? RTC_ERR_ARG : 0;
    error = reach(h, number);
    if (!error)
        h->ring.end = number + 1;
    return error;
}

int rtc_history_push(struct rtc_history *h, uint64_t number,
                     const struct rtc_history_entry *entry, rtc_usec now)
{
    struct rtc_history_entry *e;
    int error;

    trim(h, now);
    error = make_room(h, number);
    if (error) {
        rtc_pool_put(h->pool, entry->packet);
        return error;
    }
    e = entry_at(h, number);
    *e = *entry;
    e->sent_us = RTC_NEVER;
    e->resend_queued = e->asked = false;
    e->resend_count = 0;
    if (!h->queued || number < h->next)
        h->next = number;
    h->queued++;
    h->queued_bytes += e->len;
    return 0;
}

void rtc_history_clear(struct rtc_history *h)
{
    for (uint64_t number = h->next; h->queued; number++) {
        struct rtc_history_entry *e = entry_at(h, number);

        if (!e->packet || is_sent(e))
            continue;
        h->queued--;
        h->queued_bytes -= e->len;
        rtc_pool_put(h->pool, e->packet);
        e->packet = NULL;
    }
    h->next = h->ring.end;
}

void rtc_history_unpush(struct rtc_history *h, uint64_t number)
{
    while (h->ring.end > number && h->ring.end > h->ring.first) {
        struct rtc_history_entry *e = entry_at(h, --h->ring.end);

        if (!e->packet)
            continue;
        assert(!is_sent(e));
        h->queued--;
        h->queued_bytes -= e->len;
        rtc_pool_put(h->pool, e->packet);
        e->packet = NULL;
    }
    if (h->next > h->ring.end)
        h->next = h->ring.end;
}

struct rtc_history_entry *rtc_history_peek(struct rtc_history *h)
{
    return h->queued ? entry_at(h, h->next) : NULL;
}

void rtc_history_pop(struct rtc_history *h, rtc_usec now)
{
    struct rtc_history_entry *e = rtc_history_peek(h);

    assert(e && e->packet && !is_sent(e));
    e->sent_us = now;
    h->queued--;
    h->queued_bytes -= e->len;
    h->kept++;
    h->kept_bytes += e->len;
    do
        h->next++;
    while (h->next < h->ring.end &&
           (!entry_at(h, h->next)->packet || is_sent(entry_at(h, h->next))));
    trim(h, now);
}

struct rtc_history_entry *rtc_history_find(struct rtc_history *h,
                                           uint16_t sequence)
{
    struct rtc_history_entry *e;
    uint64_t number;

    if (h->ring.first == h->ring.end)
        return NULL;
    number = rtc_sequence_near16(h->ring.end, sequence);
    if (!rtc_ring_has(&h->ring, number))
        return NULL;
    e = entry_at(h, number);
    return e->packet && is_sent(e) ? e : NULL;
}
