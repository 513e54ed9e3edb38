/* SPDX-License-Identifier: MIT
 *
 * Two links, out and in: each asks its model what becomes of a datagram, and
 * holds a copy until it is due. All memory is made at the start, and touched as
 * far as it is used.
 */
#include "cmd/impair.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/driver.h"
#include "cmd/due_heap.h"

/* How soon a full socket is tried again. */
#define RETRY_US 1000

struct held {
    struct rtc_path path;
    impair_fn fn;
    void *user; /* NULL: nobody wants it any more */
    size_t len;
    uint8_t data[IMPAIR_LEN_MOST];
};

struct way {
    struct impair *impair;
    struct link_model link;
    uint64_t random;      /* gives each datagram a generator of its own */
    struct due_heap heap; /* of struct held */
    struct held *all, **unused;
    unsigned unused_count;
    struct driver_watch *timer;
};

struct impair {
    struct driver *driver;
    struct impair_counts counts;
    struct way ways[2];
};

/* ---- passing on ---------------------------------------------------------- */

static void release(struct way *way)
{
    rtc_usec now = driver_now(way->impair->driver);
    rtc_usec next;

    while ((next = due_heap_deadline(&way->heap)) <= now) {
        struct held *held = way->heap.entries[0].item;

        if (held->user &&
            !held->fn(held->user, &held->path, held->data, held->len)) {
            next = now + RETRY_US;
            break;
        }
        due_heap_pop(&way->heap);
        way->unused[way->unused_count++] = held;
    }
    driver_timer_set(way->timer, next);
}

static void on_timer(void *user, int what)
{
    (void)what;
    release(user);
}

/* ---- taking in ----------------------------------------------------------- */

/* False: it is full. */
static bool hold(struct way *way, const struct impair_run *run,
                 const uint8_t *data, size_t len, rtc_usec due)
{
    struct held *held;

    if (way->unused_count == 0)
        return false;
    held = way->unused[--way->unused_count];
    held->path = *run->path;
    held->fn = run->fn;
    held->user = run->user;
    held->len = len;
    memcpy(held->data, data, len);
    return due_heap_push(&way->heap, due, held); /* there is room for all */
}

static void take(struct way *way, const struct impair_run *run,
                 const uint8_t *data, size_t len)
{
    struct impair_counts *counts = &way->impair->counts;
    rtc_usec now = driver_now(way->impair->driver);
    uint64_t random = link_draw(&way->random);
    rtc_usec due[2];

    if (link_model_send(&way->link, len, &random, due, now) != LINK_ARRIVES ||
        len > IMPAIR_LEN_MOST || !hold(way, run, data, len, due[0])) {
        counts->dropped++;
        return;
    }
    counts->delayed += due[0] > now;
    if (due[1] != RTC_NEVER && hold(way, run, data, len, due[1]))
        counts->duplicated++;
}

void impair_pass(struct impair *impair, enum impair_way which,
                 const struct impair_run *run)
{
    struct way *way = &impair->ways[which];
    size_t segment = run->segment ? run->segment : run->len;

    for (size_t at = 0; at < run->len; at += segment)
        take(way, run, run->data + at,
             run->len - at < segment ? run->len - at : segment);
    release(way);
}

void impair_forget(struct impair *impair, const void *user)
{
    for (int i = 0; impair && i < 2; i++) {
        const struct due_heap *heap = &impair->ways[i].heap;

        for (size_t k = 0; k < heap->count; k++) {
            struct held *held = heap->entries[k].item;

            if (!held->user || (user && held->user != user))
                continue;
            held->user = NULL;
            impair->counts.late++;
        }
    }
}

bool impair_is_holding(const struct impair *impair)
{
    const struct due_heap *heap =
        impair ? &impair->ways[IMPAIR_OUT].heap : NULL;

    for (size_t i = 0; heap && i < heap->count; i++)
        if (((const struct held *)heap->entries[i].item)->user)
            return true;
    return false;
}

const struct impair_counts *impair_counts(const struct impair *impair)
{
    return &impair->counts;
}

/* ---- making -------------------------------------------------------------- */

static bool way_init(struct way *way, struct impair *impair,
                     const struct impair_options *options, uint64_t random)
{
    way->impair = impair;
    way->link.terms = options->terms;
    way->random = random;
    way->all = calloc(IMPAIR_HELD_MOST, sizeof *way->all);
    way->unused = calloc(IMPAIR_HELD_MOST, sizeof(struct held *));
    way->timer = driver_timer_new(impair->driver, on_timer, way);
    if (!way->all || !way->unused || !way->timer ||
        !due_heap_reserve(&way->heap, IMPAIR_HELD_MOST))
        return false;
    /* The first ones are taken first, and again. */
    for (unsigned i = IMPAIR_HELD_MOST; i-- > 0;)
        way->unused[way->unused_count++] = &way->all[i];
    return true;
}

static void way_done(struct way *way)
{
    driver_watch_free(way->timer);
    due_heap_done(&way->heap);
    free(way->unused);
    free(way->all);
}

struct impair *impair_new(struct driver *driver,
                          const struct impair_options *options)
{
    struct impair *impair = calloc(1, sizeof *impair);
    uint64_t random = options->seed;
    bool made = impair != NULL;

    for (int i = 0; made && i < 2; i++) {
        impair->driver = driver;
        made = way_init(&impair->ways[i], impair, options, link_draw(&random));
    }
    if (made)
        return impair;
    impair_free(impair);
    return NULL;
}

void impair_free(struct impair *impair)
{
    if (!impair)
        return;
    way_done(&impair->ways[IMPAIR_OUT]);
    way_done(&impair->ways[IMPAIR_IN]);
    free(impair);
}
