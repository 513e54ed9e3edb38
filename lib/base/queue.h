/* SPDX-License-Identifier: MIT
 * A bounded first-in-first-out of byte strings, its memory made at the first
 * push and grown to a cap. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtc_queue {
    uint8_t *data;
    size_t last;       /* where the newest one begins */
    size_t head, tail; /* what is queued lies between, a length before each */
    size_t size, most; /* bytes of memory now, and the cap */
};

void rtc_queue_init(struct rtc_queue *q, size_t most);
void rtc_queue_done(struct rtc_queue *q);
bool rtc_queue_is_empty(const struct rtc_queue *q);
/* Whether `len` more bytes stay within the cap. */
bool rtc_queue_has_room(const struct rtc_queue *q, size_t len);
/* Copies. `len` at most 65535. RTC_ERR_AGAIN at the cap, NOMEM. */
int rtc_queue_push(struct rtc_queue *q, const void *data, size_t len);
/* Appends copies of all that is in `from`, as far as they fit. */
void rtc_queue_append(struct rtc_queue *q, const struct rtc_queue *from);
/* Removes the newest one again, right after it was pushed or with nothing
 * popped but older ones since; there must be one. */
void rtc_queue_drop_last(struct rtc_queue *q);
void rtc_queue_clear(struct rtc_queue *q);
/* The first one, lent until the next push; NULL when empty. */
const uint8_t *rtc_queue_peek(const struct rtc_queue *q, size_t *ret_len);
/* Removes the first one; there must be one. */
void rtc_queue_pop(struct rtc_queue *q);
