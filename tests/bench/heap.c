/* SPDX-License-Identifier: MIT
 * base/mem.h with counters; sizes are those malloc really reserved. */
#include "tests/bench/heap.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

unsigned long heap_allocations;
size_t heap_live;

static void *count(void *memory)
{
    heap_allocations++;
    heap_live += malloc_usable_size(memory);
    return memory;
}

void *rtc_calloc(size_t many, size_t size)
{
    return count(calloc(many, size));
}

void *rtc_realloc(void *old, size_t size)
{
    size_t before = malloc_usable_size(old);
    void *memory = realloc(old, size);

    if (memory)
        heap_live -= before;
    return count(memory);
}

char *rtc_strndup(const char *text, size_t len)
{
    char *copy = rtc_calloc(1, len + 1);

    if (copy)
        memcpy(copy, text, len);
    return copy;
}

void rtc_free(void *memory)
{
    heap_live -= malloc_usable_size(memory);
    free(memory);
}

void rtc_wipe(void *memory, size_t len)
{
    explicit_bzero(memory, len);
}
