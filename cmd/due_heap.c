/* SPDX-License-Identifier: MIT
 *
 * A binary heap.
 */
#include "cmd/due_heap.h"

#include <stdlib.h>

bool due_heap_reserve(struct due_heap *heap, size_t cap)
{
    struct due_entry *entries;

    if (cap <= heap->cap)
        return true;
    entries = realloc(heap->entries, cap * sizeof *entries);
    if (!entries)
        return false;
    heap->entries = entries;
    heap->cap = cap;
    return true;
}

void due_heap_done(struct due_heap *heap)
{
    free(heap->entries);
}

static bool before(const struct due_entry *a, const struct due_entry *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

bool due_heap_push(struct due_heap *heap, rtc_usec due, void *item)
{
    struct due_entry entry = {due, heap->order, item};
    size_t i = heap->count;

    if (i == heap->cap && !due_heap_reserve(heap, i ? 2 * i : 64))
        return false;
    heap->order++;
    heap->count++;
    for (; i && before(&entry, &heap->entries[(i - 1) / 2]); i = (i - 1) / 2)
        heap->entries[i] = heap->entries[(i - 1) / 2];
    heap->entries[i] = entry;
    return true;
}

rtc_usec due_heap_deadline(const struct due_heap *heap)
{
    return heap->count ? heap->entries[0].due : RTC_NEVER;
}

void *due_heap_pop(struct due_heap *heap)
{
    void *item = heap->entries[0].item;
    struct due_entry last = heap->entries[--heap->count];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < heap->count) {
        if (child + 1 < heap->count &&
            before(&heap->entries[child + 1], &heap->entries[child]))
            child++;
        if (!before(&heap->entries[child], &last))
            break;
        heap->entries[i] = heap->entries[child];
        i = child;
    }
    heap->entries[i] = last;
    return item;
}
