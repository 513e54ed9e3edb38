/* SPDX-License-Identifier: MIT
 * Arrival times in a ring by number. A report is due 100 ms after the first
 * packet it tells of, and sooner when there are many: senders see a queue grow
 * only as fast as they are told. */
#include "cc/arrival.h"

#include "base/mem.h"

#define INTERVAL_US (100 * RTC_MS)
/* So many packets in less time are worth a report each 50 ms, and so many fill
 * a datagram. */
#define BUSY_INTERVAL_US (50 * RTC_MS)
#define BUSY_COUNT 16
#define FULL_COUNT 512
/* One report tells of no more; more do not fit a datagram. */
#define WRITE_MOST 1024

_Static_assert((RTC_ARRIVAL_MOST & (RTC_ARRIVAL_MOST - 1)) == 0, "a ring");

void rtc_arrivals_init(struct rtc_arrivals *a)
{
    *a = (struct rtc_arrivals){.due_us = RTC_NEVER};
}

void rtc_arrivals_done(struct rtc_arrivals *a)
{
    if (!a)
        return;
    rtc_free(a->times);
    rtc_arrivals_init(a);
}

static rtc_usec *at(struct rtc_arrivals *a, uint64_t number)
{
    return &a->times[number & (RTC_ARRIVAL_MOST - 1)];
}

/* Makes the ring, empty in front of `number`. */
static bool start(struct rtc_arrivals *a, uint64_t number)
{
    if (!a->times)
        a->times = rtc_calloc(RTC_ARRIVAL_MOST, sizeof *a->times);
    if (!a->times)
        return false;
    for (unsigned i = 0; i < RTC_ARRIVAL_MOST; i++)
        a->times[i] = RTC_NEVER;
    a->first = a->end = number;
    return true;
}

/* Moves the ring's end up to behind `number`. */
static void reach(struct rtc_arrivals *a, uint64_t number)
{
    for (; a->end <= number; a->end++)
        *at(a, a->end) = RTC_NEVER;
    if (a->first + RTC_ARRIVAL_MOST < a->end)
        a->first = a->end - RTC_ARRIVAL_MOST;
}

static void schedule(struct rtc_arrivals *a, rtc_usec now)
{
    rtc_usec sooner = now;

    a->new_count++;
    if (a->due_us == RTC_NEVER)
        a->due_us = now + INTERVAL_US;
    if (a->new_count == BUSY_COUNT)
        sooner = a->due_us - (INTERVAL_US - BUSY_INTERVAL_US);
    else if (a->new_count < FULL_COUNT)
        return;
    a->due_us = rtc_min_time(a->due_us, rtc_max_time(sooner, now));
}

void rtc_arrivals_receive(struct rtc_arrivals *a, uint16_t number, rtc_usec now)
{
    uint64_t wide = rtc_sequence_unwrap16(&a->sequence, number);

    if (!a->times || wide >= a->end + RTC_ARRIVAL_MOST) {
        if (!start(a, wide))
            return;
    } else if (wide + RTC_ARRIVAL_MOST < a->end + 1) {
        return; /* too old for the ring */
    }
    reach(a, wide);
    if (*at(a, wide) != RTC_NEVER)
        return;
    *at(a, wide) = now;
    if (wide < a->first)
        a->first = wide;
    schedule(a, now);
}

/* Lists what came from `first` on. */
static size_t list(struct rtc_arrivals *a, struct rtc_twcc_arrival *ret_list)
{
    size_t count = 0;

    for (uint64_t n = a->first; n < a->end && count < WRITE_MOST; n++)
        if (*at(a, n) != RTC_NEVER)
            ret_list[count++] = (struct rtc_twcc_arrival){n, *at(a, n)};
    return count;
}

bool rtc_arrivals_write(struct rtc_arrivals *a, struct rtc_writer *w,
                        uint32_t sender_ssrc, uint32_t media_ssrc, rtc_usec now)
{
    struct rtc_twcc_arrival arrivals[WRITE_MOST];
    struct rtc_twcc_report report = {.sender_ssrc = sender_ssrc,
                                     .media_ssrc = media_ssrc,
                                     .feedback_count = a->feedback_count,
                                     .base_sequence = a->first,
                                     .arrivals = arrivals};
    int told;

    if (now < a->due_us)
        return false;
    report.arrival_count = list(a, arrivals);
    told = rtc_twcc_write(w, &report);
    if (told == RTC_ERR_ARG)
        a->due_us = RTC_NEVER; /* nothing to tell after all */
    if (told <= 0)
        return false;
    a->feedback_count++;
    a->first = arrivals[told - 1].sequence + 1;
    if (a->first < a->end) {
        a->due_us = now;
        return true;
    }
    a->new_count = 0;
    a->due_us = RTC_NEVER;
    return true;
}
