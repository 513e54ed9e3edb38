/* SPDX-License-Identifier: MIT
 *
 * A bit for each of the last frames says whether it came; the rest are sums.
 * What a mark says is believed as far as it can be: an unknown run, or a
 * sequence that was not sent yet, is none of ours.
 */
#include "cmd/probe/arrivals.h"

/* ---- which came ---------------------------------------------------------- */

static uint64_t *word_of(struct arrivals *arrivals, uint64_t sequence)
{
    return &arrivals->seen[sequence % ARRIVALS_WINDOW / 64];
}

static uint64_t bit_of(uint64_t sequence)
{
    return UINT64_C(1) << sequence % 64;
}

/* What counts now reaches to before `end`. */
static void extend(struct arrivals *arrivals, uint64_t end)
{
    uint64_t at = arrivals->end;

    if (end > at + ARRIVALS_WINDOW)
        at = end - ARRIVALS_WINDOW;
    for (; at < end; at++)
        *word_of(arrivals, at) &= ~bit_of(at);
    arrivals->end = end;
}

/* Counts one of ours. False: it came before, or is too old to tell. */
static bool take(struct arrivals *arrivals, uint64_t sequence)
{
    if (arrivals->received == 0)
        arrivals->first = arrivals->end = sequence;
    if (sequence + ARRIVALS_WINDOW < arrivals->end)
        return false;
    if (sequence >= arrivals->end)
        extend(arrivals, sequence + 1);
    if (*word_of(arrivals, sequence) & bit_of(sequence))
        return false;
    *word_of(arrivals, sequence) |= bit_of(sequence);
    if (sequence < arrivals->first)
        arrivals->first = sequence;
    if (sequence < arrivals->next)
        arrivals->reordered++;
    else
        arrivals->next = sequence + 1;
    arrivals->received++;
    return true;
}

/* What the mark says may be anything. */
static bool is_ours(const struct arrivals *arrivals, const struct arrival *one)
{
    return one->state != PROBE_MARK_NONE && one->mark.run == arrivals->run &&
           one->mark.sequence < one->sent && one->mark.time_us >= 0 &&
           one->mark.time_us <= one->at;
}

/* ---- when ---------------------------------------------------------------- */

static void note_latency(struct arrivals *arrivals, rtc_usec latency)
{
    rtc_usec step = latency - arrivals->last_latency;

    if (arrivals->latency.count > 0)
        arrivals->step_sum += step < 0 ? -step : step;
    arrivals->last_latency = latency;
    histogram_add(&arrivals->latency, latency);
    if (latency > arrivals->late_us)
        arrivals->late++;
}

static void note_clock(struct arrivals *arrivals, const struct arrival *one)
{
    rtc_usec ahead;

    if (one->remote_time == RTC_NEVER)
        return;
    ahead = one->remote_time - one->mark.time_us;
    if (arrivals->ahead_count++ == 0)
        arrivals->ahead = ahead;
    arrivals->ahead_sum += (double)(ahead - arrivals->ahead);
}

static void note_time(struct arrivals *arrivals, rtc_usec at)
{
    if (arrivals->frames++ == 0)
        arrivals->first_at = arrivals->last_at = at;
    else if (at - arrivals->last_at > arrivals->gap)
        arrivals->gap = at - arrivals->last_at;
    if (at > arrivals->last_at) /* Its last packet may have been resent. */
        arrivals->last_at = at;
}

void arrivals_add(struct arrivals *arrivals, const struct arrival *one)
{
    bool is_altered = one->state == PROBE_MARK_ALTERED;
    bool ours = is_ours(arrivals, one);

    note_time(arrivals, one->at);
    arrivals->bytes += one->len;
    arrivals->altered += is_altered;
    arrivals->unmarked += one->state == PROBE_MARK_NONE;
    arrivals->foreign += one->state == PROBE_MARK_WHOLE && !ours;
    if (!ours)
        return;
    if (!take(arrivals, one->mark.sequence)) {
        arrivals->duplicated += !is_altered;
    } else if (!is_altered) {
        note_latency(arrivals, one->at - one->mark.time_us);
        note_clock(arrivals, one);
    }
}

void arrivals_due(struct arrivals *arrivals, uint64_t count)
{
    if (arrivals->received > 0 && count > arrivals->end)
        extend(arrivals, count);
}

void arrivals_end(struct arrivals *arrivals, rtc_usec now)
{
    if (arrivals->frames > 0 && now - arrivals->last_at > arrivals->gap)
        arrivals->gap = now - arrivals->last_at;
}

/* ---- in numbers ---------------------------------------------------------- */

uint64_t arrivals_expected(const struct arrivals *arrivals)
{
    return arrivals->end - arrivals->first;
}

uint64_t arrivals_lost(const struct arrivals *arrivals)
{
    return arrivals_expected(arrivals) - arrivals->received;
}

rtc_usec arrivals_jitter(const struct arrivals *arrivals)
{
    uint64_t count = arrivals->latency.count;

    return count > 1 ? arrivals->step_sum / (rtc_usec)(count - 1) : -1;
}

double arrivals_bitrate(const struct arrivals *arrivals)
{
    rtc_usec time = arrivals->last_at - arrivals->first_at;

    return time > 0 ? (double)arrivals->bytes * 8e6 / (double)time : -1;
}

bool arrivals_sync(const struct arrivals *a, const struct arrivals *b,
                   rtc_usec *ret_us)
{
    if (a->ahead_count == 0 || b->ahead_count == 0)
        return false;
    *ret_us = a->ahead - b->ahead +
              (rtc_usec)(a->ahead_sum / (double)a->ahead_count -
                         b->ahead_sum / (double)b->ahead_count);
    return true;
}
