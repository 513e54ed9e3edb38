/* SPDX-License-Identifier: MIT
 * The list of missing numbers. They are appended as gaps show, so they ascend;
 * one that is found is only marked, and leaves when the list is next walked,
 * which happens at most once a NACK. */
#include "stream/loss.h"

#include <string.h>

#include "base/mem.h"

#define ENTRIES_FIRST 64u
/* A lone packet behind a gap may just have overtaken: wait this long. Another
 * behind it makes the gap certain at once. */
#define GRACE_US (8 * RTC_MS)
#define REPEAT_MIN_US (20 * RTC_MS)
#define RTT_UNKNOWN_US (100 * RTC_MS)
/* Numbers before the first one seen may never have been sent. */
#define BACKFILL_TRIES 3

void rtc_loss_init(struct rtc_loss *l, rtc_usec give_up_us)
{
    *l = (struct rtc_loss){.give_up_us = give_up_us, .due_us = RTC_NEVER};
}

void rtc_loss_done(struct rtc_loss *l)
{
    if (!l)
        return;
    rtc_free(l->entries);
    rtc_loss_init(l, l->give_up_us);
}

/* Empties the list; numbers still missing are given up. */
static void clear(struct rtc_loss *l)
{
    l->given_up += l->missing;
    l->count = l->missing = 0;
    l->has_fresh = false;
    l->due_us = RTC_NEVER;
}

void rtc_loss_reset(struct rtc_loss *l)
{
    clear(l);
    l->started = false;
}

/* Removes the first `count` entries. */
static void drop_first(struct rtc_loss *l, unsigned count)
{
    if (!count)
        return;
    for (unsigned i = 0; i < count; i++)
        if (!l->entries[i].found) {
            l->missing--;
            l->given_up++;
        }
    l->count -= count;
    memmove(l->entries, l->entries + count, l->count * sizeof *l->entries);
}

/* Room for `count` entries more, giving up the oldest at the cap. */
static bool reserve(struct rtc_loss *l, unsigned count)
{
    unsigned cap = l->cap ? l->cap : ENTRIES_FIRST;
    struct rtc_loss_entry *wider;

    if (l->count + count > RTC_LOSS_MOST)
        drop_first(l, l->count + count - RTC_LOSS_MOST);
    if (l->count + count <= l->cap)
        return true;
    while (cap < l->count + count)
        cap *= 2;
    wider = rtc_realloc(l->entries, cap * sizeof *wider);
    if (!wider)
        return false;
    l->entries = wider;
    l->cap = cap;
    return true;
}

/* Lists what is missing between the highest number and `number`. */
static void add_gap(struct rtc_loss *l, uint64_t number, rtc_usec now)
{
    uint64_t count = number - l->highest - 1;

    if (count > RTC_LOSS_MOST) {
        clear(l);
        return;
    }
    if (!reserve(l, (unsigned)count))
        return;
    for (uint64_t n = l->highest + 1; n < number; n++)
        l->entries[l->count++] = (struct rtc_loss_entry){
            .number = n, .seen_us = now, .due_us = now + GRACE_US};
    l->missing += (unsigned)count;
    l->due_us = rtc_min_time(l->due_us, now + GRACE_US);
    if (!l->has_fresh)
        l->fresh = l->highest + 1;
    l->has_fresh = true;
}

void rtc_loss_backfill(struct rtc_loss *l, unsigned count, rtc_usec now)
{
    if (!l->started || l->count || !reserve(l, count))
        return;
    for (uint64_t n = l->highest - count; n < l->highest; n++)
        l->entries[l->count++] =
            (struct rtc_loss_entry){.number = n,
                                    .seen_us = now,
                                    .due_us = now,
                                    .tries = RTC_LOSS_TRIES - BACKFILL_TRIES};
    l->missing = count;
    l->due_us = now;
}

/* Index of the first entry at or above `number`. */
static unsigned search(const struct rtc_loss *l, uint64_t number)
{
    unsigned low = 0, high = l->count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (l->entries[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool find(struct rtc_loss *l, uint64_t number)
{
    unsigned i = search(l, number);

    if (i == l->count || l->entries[i].number != number || l->entries[i].found)
        return false;
    l->entries[i].found = true;
    l->recovered++;
    l->answered += l->entries[i].tries > 0;
    if (--l->missing == 0)
        clear(l);
    return true;
}

bool rtc_loss_receive(struct rtc_loss *l, uint64_t number, rtc_usec now)
{
    if (!l->started) {
        l->started = true;
        l->highest = l->certain = number;
        return true;
    }
    if (number <= l->highest)
        return find(l, number);
    /* The second packet behind every gap there was until now. */
    l->certain = l->highest;
    if (l->has_fresh && l->fresh < l->certain)
        l->due_us = rtc_min_time(l->due_us, now);
    if (number > l->highest + 1)
        add_gap(l, number, now);
    l->highest = number;
    return true;
}

void rtc_loss_forget(struct rtc_loss *l, uint64_t number)
{
    drop_first(l, search(l, number));
    if (!l->missing)
        clear(l);
}

/* The pause after the `tries`th NACK: the round-trip time and a little more
 * each time, as a link that stays bad is not helped by asking faster. */
static rtc_usec pause_after(unsigned tries, rtc_usec rtt_us)
{
    rtc_usec base = rtt_us < 0 ? RTT_UNKNOWN_US : rtt_us;

    return rtc_max_time(base, REPEAT_MIN_US) * (4 + tries) / 4;
}

static bool is_due(const struct rtc_loss *l, const struct rtc_loss_entry *e,
                   rtc_usec now)
{
    return now >= e->due_us || (e->tries == 0 && e->number < l->certain);
}

static void note_asked(struct rtc_loss_entry *e, rtc_usec rtt_us, rtc_usec now)
{
    e->tries++;
    e->due_us = e->tries < RTC_LOSS_TRIES ? now + pause_after(e->tries, rtt_us)
                                          : RTC_NEVER;
}

/* Keeps an entry at `to`, and its times in the summary. */
static void keep(struct rtc_loss *l, const struct rtc_loss_entry *e,
                 unsigned to)
{
    l->entries[to] = *e;
    l->due_us = rtc_min_time(
        l->due_us,
        rtc_min_time(e->due_us, rtc_after(e->seen_us, l->give_up_us)));
    if (e->tries == 0 && !l->has_fresh) {
        l->has_fresh = true;
        l->fresh = e->number;
    }
}

unsigned rtc_loss_nack(struct rtc_loss *l, uint16_t *ret_sequences,
                       unsigned most, rtc_usec rtt_us, rtc_usec now)
{
    unsigned asked = 0, kept = 0;

    if (now < l->due_us)
        return 0;
    l->due_us = RTC_NEVER;
    l->has_fresh = false;
    for (unsigned i = 0; i < l->count; i++) {
        struct rtc_loss_entry e = l->entries[i];

        if (e.found)
            continue;
        if (now >= rtc_after(e.seen_us, l->give_up_us)) {
            l->missing--;
            l->given_up++;
            continue;
        }
        if (is_due(l, &e, now)) {
            if (asked < most) {
                ret_sequences[asked++] = (uint16_t)e.number;
                note_asked(&e, rtt_us, now);
            } else {
                e.due_us = now;
            }
        }
        keep(l, &e, kept++);
    }
    l->count = kept;
    l->nacked += asked;
    return asked;
}

rtc_usec rtc_loss_deadline(const struct rtc_loss *l)
{
    return l->due_us;
}
