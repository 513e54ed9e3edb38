/* SPDX-License-Identifier: MIT
 * Loss in intervals long enough to mean something. Cuts are an experiment: when
 * a fifth less did not lessen the loss, it is the link's own, and the cuts are
 * taken back. */
#include "cc/loss_rate.h"

/* An interval ends with so many packets, or later with fewer. */
#define INTERVAL_US (200 * RTC_MS)
#define INTERVAL_COUNT 50
#define SLOW_INTERVAL_US RTC_SEC
#define SLOW_INTERVAL_COUNT 10
/* draft-ietf-rmcat-gcc-02 6. */
#define CUT_FRACTION 0.10
#define HOLD_FRACTION 0.02
/* Intervals that are averaged. */
#define SMOOTHED 3
/* How much less of the rate shows whose the loss is. */
#define EXPERIMENT 0.8
#define OWN_MOST 0.4
/* What a link loses may become less with time. */
#define UNLEARN 0.1
/* Loss that stays while the rate is held so many intervals may be the link's
 * own, too; which steps of at least this find out. */
#define HELD_MOST 3
#define CUT_LEAST 0.1

void rtc_loss_rate_add(struct rtc_loss_rate *l, unsigned total, unsigned lost,
                       rtc_usec now)
{
    if (!l->total)
        l->begun_us = now;
    l->total += total;
    l->lost += lost;
}

void rtc_loss_rate_found(struct rtc_loss_rate *l)
{
    l->lost -= l->lost > 0;
}

static bool is_over(const struct rtc_loss_rate *l, rtc_usec now)
{
    rtc_usec span = now - l->begun_us;

    return (l->total >= INTERVAL_COUNT && span >= INTERVAL_US) ||
           (l->total >= SLOW_INTERVAL_COUNT && span >= SLOW_INTERVAL_US);
}

static void end_interval(struct rtc_loss_rate *l)
{
    double fraction = (double)l->lost / l->total, gain;

    l->intervals++;
    gain = l->intervals < SMOOTHED ? 1.0 / l->intervals : 1.0 / SMOOTHED;
    l->fraction += gain * (fraction - l->fraction);
    l->total = l->lost = 0;
    if (l->own > l->fraction)
        l->own += UNLEARN * (l->fraction - l->own);
}

static void begin_cutting(struct rtc_loss_rate *l, uint64_t bps)
{
    if (l->phase == RTC_LOSS_FREE) {
        l->cut_from_bps = bps;
        l->cut_fraction = l->fraction;
    }
    l->phase = RTC_LOSS_CUTTING;
    l->held = 0;
}

/* The rate is low enough to tell what that does to the loss. */
static void begin_judging(struct rtc_loss_rate *l)
{
    l->phase = RTC_LOSS_JUDGING;
    l->intervals = 0;
}

/* Says whether the cuts were in vain. */
static bool judge(struct rtc_loss_rate *l)
{
    double was = l->cut_fraction, full = 1 - (1 - was) / EXPERIMENT;
    bool vain;

    /* A full link would now lose no more than that; a bad one as before. */
    if (full < 0)
        full = 0;
    vain = was < OWN_MOST && l->fraction > (was + full) / 2;

    l->phase = RTC_LOSS_FREE;
    l->ours = l->ours || !vain;
    if (vain)
        l->own = l->fraction < OWN_MOST ? l->fraction : OWN_MOST;
    return vain;
}

static enum rtc_loss_advice advise(struct rtc_loss_rate *l, uint64_t bps,
                                   uint64_t *ret_bps)
{
    double excess = (l->fraction - l->own) / (1 - l->own);
    double margin = l->own / 2;

    if (l->phase == RTC_LOSS_FREE && excess <= HOLD_FRACTION + margin) {
        l->held = 0;
        return RTC_LOSS_GROW;
    }
    if (excess <= CUT_FRACTION + margin && l->phase == RTC_LOSS_FREE &&
        ++l->held <= HELD_MOST)
        return RTC_LOSS_HOLD;
    begin_cutting(l, bps);
    if (excess < 2 * CUT_LEAST)
        excess = 2 * CUT_LEAST;
    *ret_bps = (uint64_t)((double)bps * (1 - excess / 2));
    if ((double)*ret_bps < EXPERIMENT * (double)l->cut_from_bps)
        begin_judging(l);
    return RTC_LOSS_CUT;
}

enum rtc_loss_advice rtc_loss_rate_advise(struct rtc_loss_rate *l, uint64_t bps,
                                          uint64_t *ret_bps, rtc_usec now)
{
    *ret_bps = bps;
    if (!is_over(l, now))
        return RTC_LOSS_NOTHING_NEW;
    end_interval(l);
    if (l->phase == RTC_LOSS_JUDGING) {
        if (l->intervals < SMOOTHED)
            return RTC_LOSS_HOLD;
        if (judge(l)) {
            *ret_bps = bps > l->cut_from_bps ? bps : l->cut_from_bps;
            return RTC_LOSS_GROW;
        }
    }
    return advise(l, bps, ret_bps);
}
