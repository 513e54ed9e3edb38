/* SPDX-License-Identifier: MIT
 * Equal-sized packet buffers up to a fixed count, made a slab at a time as the
 * high-water mark first rises and then reused: the steady state allocates
 * nothing, an idle peer holds nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rtc_pool {
    struct rtc_pool_slab *slabs;
    struct rtc_pool_item *free;
    size_t size;          /* bytes a buffer */
    unsigned count, most; /* buffers made, and the cap */
    unsigned used;        /* handed out now */
};

void rtc_pool_init(struct rtc_pool *pool, size_t size, unsigned most);
/* Releases every buffer, handed out or not. */
void rtc_pool_done(struct rtc_pool *pool);
/* A buffer of `size` bytes with old content, or NULL at the cap or without
 * memory. The caller owns it until rtc_pool_put. */
uint8_t *rtc_pool_get(struct rtc_pool *pool);
void rtc_pool_put(struct rtc_pool *pool, uint8_t *buffer);
