/* SPDX-License-Identifier: MIT
 * Bytes in a ring of slots. The time a rate is taken over ends with the newest
 * byte, so that what stands still is not slow: it is not measured. */
#include "cc/throughput.h"

#define SLOT_US (50 * RTC_MS)
#define LEAST_US (200 * RTC_MS)
/* What comes later than that has a clock of its own. */
#define STEP_MOST_US (60 * RTC_SEC)

static void start(struct rtc_throughput *t, rtc_usec at)
{
    *t = (struct rtc_throughput){
        .started = true, .slot = at / SLOT_US, .first_us = at, .newest_us = at};
}

static uint64_t *slot_of(struct rtc_throughput *t, int64_t slot)
{
    return &t->bytes[(uint64_t)slot % RTC_THROUGHPUT_SLOTS];
}

void rtc_throughput_add(struct rtc_throughput *t, size_t len, rtc_usec at)
{
    int64_t slot = at / SLOT_US;

    if (!t->started || at > t->newest_us + STEP_MOST_US ||
        at < t->newest_us - STEP_MOST_US)
        start(t, at);
    for (unsigned i = 0; t->slot < slot && i < RTC_THROUGHPUT_SLOTS; i++)
        *slot_of(t, ++t->slot) = 0;
    if (t->slot < slot)
        t->slot = slot;
    if (slot <= t->slot - RTC_THROUGHPUT_SLOTS)
        return; /* too old to count */
    *slot_of(t, slot) += len;
    t->newest_us = rtc_max_time(t->newest_us, at);
}

uint64_t rtc_throughput_bps(const struct rtc_throughput *t)
{
    rtc_usec begin = (t->slot - RTC_THROUGHPUT_SLOTS + 1) * SLOT_US, span;
    uint64_t sum = 0;

    if (!t->started)
        return 0;
    span = t->newest_us - rtc_max_time(begin, t->first_us);
    if (span < LEAST_US)
        return 0;
    for (unsigned i = 0; i < RTC_THROUGHPUT_SLOTS; i++)
        sum += t->bytes[i];
    return sum * 8 * RTC_SEC / (uint64_t)span;
}
