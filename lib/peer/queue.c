/* SPDX-License-Identifier: MIT
 * The peer's bounded queues: rings of fixed size. */
#include "peer/queue.h"

#include <string.h>

#include "base/mem.h"
#include "peer/values.h"

bool rtc_event_push(struct rtc_event_queue *q, const struct rtc_event *event)
{
    if (q->count == RTC_EVENT_MOST)
        return false;
    q->events[(q->first + q->count++) % RTC_EVENT_MOST] = *event;
    return true;
}

bool rtc_event_pop(struct rtc_event_queue *q, struct rtc_event *ret_event)
{
    if (!q->count)
        return false;
    *ret_event = q->events[q->first];
    q->first = (q->first + 1) % RTC_EVENT_MOST;
    q->count--;
    return true;
}

void rtc_packet_queue_init(struct rtc_packet_queue *q, struct rtc_pool *pool)
{
    *q = (struct rtc_packet_queue){.pool = pool};
}

static void give_back(struct rtc_packet_queue *q)
{
    if (q->lent)
        rtc_pool_put(q->pool, q->lent);
    q->lent = NULL;
}

void rtc_packet_queue_done(struct rtc_packet_queue *q)
{
    if (!q->pool)
        return;
    give_back(q);
    for (; q->count; q->count--, q->first++)
        rtc_pool_put(q->pool,
                     q->items[q->first % RTC_PACKET_QUEUE_MOST].buffer);
    rtc_free(q->items);
    q->items = NULL;
}

/* Bytes of a buffer that a packet takes. */
static size_t packet_len(const struct rtc_packet *packet)
{
    struct rtc_packet_values values;
    const struct rtc_packet_bytes *bytes;
    size_t len = packet->len;

    if (!packet->values)
        return len;
    values = *packet->values;
    for (unsigned i = 0; (bytes = rtc_values_bytes(&values, i)); i++)
        len += bytes->len;
    return len;
}

/* Copies what a packet points at, and points at that. */
static void fill(struct rtc_packet_item *item, const struct rtc_packet *packet,
                 uint8_t *buffer)
{
    uint8_t *at = buffer + packet->len;
    struct rtc_packet_bytes *bytes;

    item->packet = *packet;
    item->buffer = buffer;
    if (packet->len)
        memcpy(buffer, packet->payload, packet->len);
    item->packet.payload = buffer;
    if (packet->csrc_count)
        memcpy(item->csrcs, packet->csrcs,
               packet->csrc_count * sizeof *item->csrcs);
    item->packet.csrcs = item->csrcs;
    if (!packet->values)
        return;
    item->values = *packet->values;
    item->packet.values = &item->values;
    for (unsigned i = 0; (bytes = rtc_values_bytes(&item->values, i)); i++) {
        if (bytes->len)
            memcpy(at, bytes->data, bytes->len);
        if (bytes->data)
            bytes->data = at;
        at += bytes->len;
    }
}

bool rtc_packet_queue_push(struct rtc_packet_queue *q, int track,
                           const struct rtc_packet *packet)
{
    struct rtc_packet_item *item;
    uint8_t *buffer;

    if (!q->items)
        q->items = rtc_calloc(RTC_PACKET_QUEUE_MOST, sizeof *q->items);
    if (!q->items || q->count == RTC_PACKET_QUEUE_MOST ||
        packet_len(packet) > q->pool->size)
        return false;
    buffer = rtc_pool_get(q->pool);
    if (!buffer)
        return false;
    item = &q->items[(q->first + q->count++) % RTC_PACKET_QUEUE_MOST];
    item->track = track;
    fill(item, packet, buffer);
    return true;
}

bool rtc_packet_queue_pop(struct rtc_packet_queue *q, int *ret_track,
                          struct rtc_packet *ret_packet)
{
    struct rtc_packet_item *item;

    give_back(q);
    if (!q->count)
        return false;
    item = &q->items[q->first];
    q->first = (q->first + 1) % RTC_PACKET_QUEUE_MOST;
    q->count--;
    q->lent = item->buffer;
    *ret_track = item->track;
    *ret_packet = item->packet;
    return true;
}

void rtc_early_init(struct rtc_early_queue *q, struct rtc_pool *pool)
{
    *q = (struct rtc_early_queue){.pool = pool};
}

bool rtc_early_push(struct rtc_early_queue *q, const uint8_t *data, size_t len)
{
    uint8_t *buffer;

    if (q->count == RTC_EARLY_MOST || len > q->pool->size)
        return false;
    buffer = rtc_pool_get(q->pool);
    if (!buffer)
        return false;
    memcpy(buffer, data, len);
    q->items[q->count].buffer = buffer;
    q->items[q->count++].len = len;
    return true;
}

void rtc_early_clear(struct rtc_early_queue *q)
{
    while (q->count)
        rtc_pool_put(q->pool, q->items[--q->count].buffer);
}
