/* SPDX-License-Identifier: MIT
 * Additive increase near what the link is known to carry, multiplicative far
 * from it, fast at the start; multiplicative decrease. A rate that is not used
 * says nothing, so it never grows beyond half more than what arrives. */
#include "cc/aimd.h"

/* draft-ietf-rmcat-gcc-02 5.5: beta and eta. */
#define BETA 0.85
#define GROWTH 0.08
/* A queue this long, which a step down would take long to drain, is drained at
 * half of what the link carries, but not for ever: perhaps it is none. */
#define DRAIN_QUEUE_US (150 * RTC_MS)
#define DRAINED_QUEUE_US (40 * RTC_MS)
#define DRAIN_BETA 0.5
#define DRAIN_MOST_US (5 * RTC_SEC)
/* At the start there are no probes, so the media itself is one: the bound by
 * what arrives leaves about half more each round trip and measurement. */
#define START_GROWTH 1.4
#define LEAD 1.5
#define LEAD_BPS 50000
/* What is kept back is a probe at any time. */
#define FULL_LEAD 1.1
#define LEAST_BPS 30000
#define MOST_BPS 10000000000
/* What one packet more in a response time is. */
#define PACKET_BITS (1200 * 8)
#define RESPONSE_US (100 * RTC_MS)
#define ADD_LEAST 0.02
#define CUT_GAP_LEAST_US (10 * RTC_MS)
#define CUT_GAP_MOST_US (200 * RTC_MS)
/* How the capacity is averaged over the cuts, and how far off it is another. */
#define CAPACITY_GAIN 0.05
#define VARIANCE_LEAST 0.4
#define VARIANCE_MOST 2.5
#define DEVIATIONS 3.0

static void set(struct rtc_aimd *a, double bps)
{
    if (bps < LEAST_BPS)
        bps = LEAST_BPS;
    a->bps = bps < (double)MOST_BPS ? (uint64_t)bps : MOST_BPS;
}

void rtc_aimd_set(struct rtc_aimd *a, uint64_t bps, rtc_usec now)
{
    set(a, (double)bps);
    a->grown_us = now;
}

/* ---- the link's capacity ------------------------------------------------- */

/* Whether `kbps` is beyond three deviations above or below the capacity. */
static int compare_capacity(const struct rtc_aimd *a, double kbps)
{
    double off = kbps - a->capacity_kbps;

    if (a->capacity_kbps <= 0 ||
        off * off <= DEVIATIONS * DEVIATIONS * a->variance * a->capacity_kbps)
        return 0;
    return off > 0 ? 1 : -1;
}

static void note_capacity(struct rtc_aimd *a, double kbps)
{
    double off;

    if (compare_capacity(a, kbps) || a->capacity_kbps <= 0) {
        a->capacity_kbps = kbps;
        a->variance = VARIANCE_LEAST;
        return;
    }
    off = kbps - a->capacity_kbps;
    a->capacity_kbps += CAPACITY_GAIN * off;
    a->variance += CAPACITY_GAIN * (off * off / a->capacity_kbps - a->variance);
    if (a->variance < VARIANCE_LEAST)
        a->variance = VARIANCE_LEAST;
    if (a->variance > VARIANCE_MOST)
        a->variance = VARIANCE_MOST;
}

/* ---- down and up --------------------------------------------------------- */

static void cut(struct rtc_aimd *a, const struct rtc_aimd_input *in,
                rtc_usec now)
{
    bool is_deep = in->queue_us > DRAIN_QUEUE_US;
    double bps = (is_deep ? DRAIN_BETA : BETA) * (double)in->acked_bps;
    rtc_usec gap = rtc_max_time(CUT_GAP_LEAST_US,
                                rtc_min_time(in->rtt_us, CUT_GAP_MOST_US));

    if (a->holds && now - a->cut_us < gap)
        return;
    note_capacity(a, (double)in->acked_bps / 1000);
    if (bps < (double)a->bps)
        set(a, bps);
    a->starting = false;
    a->drain_until_us = now + DRAIN_MOST_US;
    a->holds = true;
    a->drains = a->drains || is_deep;
    a->cut_us = now;
}

static double added(const struct rtc_aimd *a, const struct rtc_aimd_input *in)
{
    double bps =
        (double)PACKET_BITS * RTC_SEC / (double)(in->rtt_us + RESPONSE_US);

    if (a->starting)
        return START_GROWTH * (double)a->bps;
    if (a->capacity_kbps <= 0)
        bps = GROWTH * (double)a->bps;
    if (bps < ADD_LEAST * (double)a->bps)
        bps = ADD_LEAST * (double)a->bps;
    return bps;
}

static void grow(struct rtc_aimd *a, const struct rtc_aimd_input *in,
                 rtc_usec now)
{
    double span = (double)rtc_min_time(now - a->grown_us, RTC_SEC) / RTC_SEC;
    bool is_full = in->is_full && !a->starting;
    double most = is_full ? FULL_LEAD * (double)in->acked_bps
                          : LEAD * (double)in->acked_bps + LEAD_BPS;
    double bps;

    if (compare_capacity(a, (double)in->acked_bps / 1000) > 0)
        a->capacity_kbps = 0; /* it carries more now */
    bps = (double)a->bps + span * added(a, in);
    /* Carried without a queue. */
    if (a->starting && bps < (double)in->acked_bps)
        bps = (double)in->acked_bps;
    if (bps > most)
        bps = most;
    if (bps > (double)a->bps)
        set(a, bps);
}

/* Whether the queue that led to the cut is gone, or is none. */
static void recover(struct rtc_aimd *a, const struct rtc_aimd_input *in,
                    rtc_usec now)
{
    if (a->drains && in->queue_us > DRAINED_QUEUE_US && now < a->drain_until_us)
        return;
    if (a->drains && a->capacity_kbps > 0)
        set(a, BETA * 1000 * a->capacity_kbps);
    a->holds = a->drains = false;
}

void rtc_aimd_update(struct rtc_aimd *a, const struct rtc_aimd_input *in,
                     rtc_usec now)
{
    if (!a->bps)
        set(a, (double)in->acked_bps);
    else if (in->usage == RTC_USAGE_OVER)
        cut(a, in, now);
    else if (in->usage == RTC_USAGE_NORMAL && a->holds)
        recover(a, in, now);
    else if (in->usage == RTC_USAGE_NORMAL && in->may_grow)
        grow(a, in, now);
    a->grown_us = now;
}
