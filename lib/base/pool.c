/* SPDX-License-Identifier: MIT
 * Packet buffers: slabs of 4 to 32, a free list threaded through the idle ones.
 */
#include "base/pool.h"

#include "base/mem.h"

#define SLAB_FIRST 4
#define SLAB_MOST 32

/* An idle buffer holds the link; a buffer in use is all its user's. */
struct rtc_pool_item {
    struct rtc_pool_item *next;
};

struct rtc_pool_slab {
    struct rtc_pool_slab *next;
    size_t pad; /* keeps the buffers aligned to 16 */
};

void rtc_pool_init(struct rtc_pool *pool, size_t size, unsigned most)
{
    *pool = (struct rtc_pool){.most = most};
    if (size < sizeof(struct rtc_pool_item))
        size = sizeof(struct rtc_pool_item);
    pool->size = (size + 15) & ~(size_t)15;
}

void rtc_pool_done(struct rtc_pool *pool)
{
    while (pool->slabs) {
        struct rtc_pool_slab *slab = pool->slabs;
        pool->slabs = slab->next;
        rtc_free(slab);
    }
    *pool = (struct rtc_pool){.size = pool->size, .most = pool->most};
}

static void add_slab(struct rtc_pool *pool)
{
    unsigned count = pool->count ? pool->count : SLAB_FIRST;
    struct rtc_pool_slab *slab;

    if (count > SLAB_MOST)
        count = SLAB_MOST;
    if (count > pool->most - pool->count)
        count = pool->most - pool->count;
    slab = count ? rtc_calloc(1, sizeof *slab + count * pool->size) : NULL;
    if (!slab)
        return;
    slab->next = pool->slabs;
    pool->slabs = slab;
    pool->count += count;
    for (unsigned i = 0; i < count; i++) {
        void *at = (uint8_t *)(slab + 1) + i * pool->size;
        struct rtc_pool_item *item = at;
        item->next = pool->free;
        pool->free = item;
    }
}

uint8_t *rtc_pool_get(struct rtc_pool *pool)
{
    struct rtc_pool_item *item;

    if (!pool->free)
        add_slab(pool);
    item = pool->free;
    if (!item)
        return NULL;
    pool->free = item->next;
    pool->used++;
    return (uint8_t *)item;
}

void rtc_pool_put(struct rtc_pool *pool, uint8_t *buffer)
{
    void *at = buffer;
    struct rtc_pool_item *item = at;

    item->next = pool->free;
    pool->free = item;
    pool->used--;
}
