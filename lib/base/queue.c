/* SPDX-License-Identifier: MIT
 * A first-in-first-out of byte strings in one block of memory: each with two
 * bytes of length before it, moved to the front when the end is reached. */
#include "base/queue.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "rtc.h"

#define PREFIX ((size_t)2)
#define FIRST_SIZE ((size_t)2048)

void rtc_queue_init(struct rtc_queue *q, size_t most)
{
    *q = (struct rtc_queue){.most = most};
}

void rtc_queue_done(struct rtc_queue *q)
{
    rtc_free(q->data);
    rtc_queue_init(q, q->most);
}

bool rtc_queue_is_empty(const struct rtc_queue *q)
{
    return q->head == q->tail;
}

bool rtc_queue_has_room(const struct rtc_queue *q, size_t len)
{
    size_t used = q->tail - q->head;

    return len <= UINT16_MAX && used + PREFIX + len <= q->most;
}

/* Makes `need` bytes fit behind `tail`. */
static int make_room(struct rtc_queue *q, size_t need)
{
    size_t used = q->tail - q->head;
    size_t size = q->size ? q->size : FIRST_SIZE;
    uint8_t *grown;

    if (q->size - q->tail >= need)
        return 0;
    if (used > 0)
        memmove(q->data, q->data + q->head, used);
    q->last -= q->head;
    q->head = 0;
    q->tail = used;
    if (q->size - used >= need)
        return 0;
    while (size - used < need)
        size *= 2;
    grown = rtc_realloc(q->data, size);
    if (!grown)
        return RTC_ERR_NOMEM;
    q->data = grown;
    q->size = size;
    return 0;
}

int rtc_queue_push(struct rtc_queue *q, const void *data, size_t len)
{
    if (!rtc_queue_has_room(q, len))
        return RTC_ERR_AGAIN;
    if (make_room(q, PREFIX + len))
        return RTC_ERR_NOMEM;
    q->last = q->tail;
    rtc_put_u16(q->data + q->tail, (uint16_t)len);
    if (len > 0)
        memcpy(q->data + q->tail + PREFIX, data, len);
    q->tail += PREFIX + len;
    return 0;
}

void rtc_queue_append(struct rtc_queue *q, const struct rtc_queue *from)
{
    size_t at = from->head;

    while (at < from->tail) {
        size_t len = rtc_get_u16(from->data + at);

        (void)rtc_queue_push(q, from->data + at + PREFIX, len);
        at += PREFIX + len;
    }
}

void rtc_queue_drop_last(struct rtc_queue *q)
{
    assert(q->head <= q->last && q->last < q->tail);
    q->tail = q->last;
}

void rtc_queue_clear(struct rtc_queue *q)
{
    q->head = q->tail = 0;
}

const uint8_t *rtc_queue_peek(const struct rtc_queue *q, size_t *ret_len)
{
    if (rtc_queue_is_empty(q))
        return NULL;
    *ret_len = rtc_get_u16(q->data + q->head);
    return q->data + q->head + PREFIX;
}

void rtc_queue_pop(struct rtc_queue *q)
{
    assert(q->head < q->tail);
    q->head += PREFIX + rtc_get_u16(q->data + q->head);
    if (q->head == q->tail)
        q->head = q->tail = 0;
}
