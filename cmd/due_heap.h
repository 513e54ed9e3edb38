/* SPDX-License-Identifier: MIT
 *
 * Things by the time at which they are due; of the same time, the first one in
 * is the first one out.
 */
#pragma once

#include "rtc.h"

struct due_entry {
    rtc_usec due;
    uint64_t order;
    void *item;
};

/* Zeroed: empty. Entries from 0 to `count` may be read, in no useful order but
 * that the first is the next one due. */
struct due_heap {
    struct due_entry *entries;
    size_t count, cap;
    uint64_t order;
};

/* Makes room for `cap` of them. False when out of memory. */
bool due_heap_reserve(struct due_heap *heap, size_t cap);
/* Items are the caller's. */
void due_heap_done(struct due_heap *heap);
/* Grows when it is full; false when out of memory. */
bool due_heap_push(struct due_heap *heap, rtc_usec due, void *item);
/* When the next one is due, RTC_NEVER for none. */
rtc_usec due_heap_deadline(const struct due_heap *heap);
/* Removes the next one; there must be one. */
void *due_heap_pop(struct due_heap *heap);
