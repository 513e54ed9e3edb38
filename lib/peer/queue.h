/* SPDX-License-Identifier: MIT
 * Three bounded queues between the verbs: events for poll, packets of
 * packet-level tracks for poll, and protected packets that came before their
 * keys. What does not fit is dropped and counted by the caller. */
#pragma once

#include "base/pool.h"
#include "rtc.h"

#define RTC_EVENT_MOST 64
#define RTC_PACKET_QUEUE_MOST 1024
#define RTC_EARLY_MOST 32

/* Events that carry their values in themselves. */
struct rtc_event_queue {
    struct rtc_event events[RTC_EVENT_MOST];
    unsigned first, count;
};

/* False when it is full. */
bool rtc_event_push(struct rtc_event_queue *q, const struct rtc_event *event);
bool rtc_event_pop(struct rtc_event_queue *q, struct rtc_event *ret_event);

/* RTP packets with their payload, and behind it the bytes of their header
 * extensions, copied into pool buffers. */
struct rtc_packet_item {
    int track;
    struct rtc_packet packet;
    struct rtc_packet_values values;
    uint32_t csrcs[RTC_CSRC_MOST];
    uint8_t *buffer;
};

struct rtc_packet_queue {
    struct rtc_pool *pool;         /* borrowed */
    struct rtc_packet_item *items; /* allocated with the first packet */
    unsigned first, count;
    uint8_t *lent; /* the buffer of the last one popped */
};

void rtc_packet_queue_init(struct rtc_packet_queue *q, struct rtc_pool *pool);
void rtc_packet_queue_done(struct rtc_packet_queue *q);
/* Copies. False when it is full. */
bool rtc_packet_queue_push(struct rtc_packet_queue *q, int track,
                           const struct rtc_packet *packet);
/* Lends what the packet points at until the next call. */
bool rtc_packet_queue_pop(struct rtc_packet_queue *q, int *ret_track,
                          struct rtc_packet *ret_packet);

/* Datagrams kept until they can be read. */
struct rtc_early_queue {
    struct rtc_pool *pool; /* borrowed */
    struct {
        uint8_t *buffer;
        size_t len;
    } items[RTC_EARLY_MOST];
    unsigned count;
};

void rtc_early_init(struct rtc_early_queue *q, struct rtc_pool *pool);
/* Copies. False when it is full or the datagram larger than a buffer. */
bool rtc_early_push(struct rtc_early_queue *q, const uint8_t *data, size_t len);
/* Drops all of them; the buffers go back. */
void rtc_early_clear(struct rtc_early_queue *q);
