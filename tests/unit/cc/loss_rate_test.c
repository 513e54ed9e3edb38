/* SPDX-License-Identifier: MIT
 * Loss that a lower rate lessens, and loss that it does not. */
#include "cc/loss_rate.h"

#include "tap.h"

static rtc_usec now;

/* `seconds` at 100 packets a second, of which a part is lost that `loss` says
 * for the rate; the rate in the end. */
static uint64_t run(struct rtc_loss_rate *l, unsigned seconds, uint64_t bps,
                    double (*loss)(uint64_t bps), unsigned *ret_cuts)
{
    double lost = 0;

    *ret_cuts = 0;
    for (unsigned i = 0; i < 100 * seconds; i++) {
        uint64_t next;
        now += 10 * RTC_MS;
        lost += loss(bps);
        rtc_loss_rate_add(l, 1, lost >= 1, now);
        lost -= lost >= 1;
        switch (rtc_loss_rate_advise(l, bps, &next, now)) {
        case RTC_LOSS_CUT:
            ++*ret_cuts;
            bps = next;
            break;
        case RTC_LOSS_GROW:
            bps = next > bps ? next : bps + bps / 50;
            break;
        default:
            break;
        }
    }
    return bps;
}

static double none(uint64_t bps)
{
    (void)bps;
    return 0;
}

static double slight(uint64_t bps)
{
    (void)bps;
    return 0.05;
}

static double radio(uint64_t bps)
{
    (void)bps;
    return 0.2;
}

/* 1 Mbit/s without a queue. */
static double narrow(uint64_t bps)
{
    return bps > 1000000 ? 1 - 1e6 / (double)bps : 0;
}

static void test_kinds(void)
{
    struct rtc_loss_rate l = {.total = 0};
    uint64_t bps, fast;
    unsigned cuts;

    ok(run(&l, 10, 1000000, none, &cuts) > 1200000 && !cuts, "none: grows");
    l = (struct rtc_loss_rate){.total = 0};
    is_int((int64_t)run(&l, 1, 1000000, slight, &cuts), 1000000,
           "a little: stays");
    is_int(cuts, 0, "without a cut");
    ok(run(&l, 20, 1000000, slight, &cuts) > 1000000,
       "and goes on when it is the link's own");
    l = (struct rtc_loss_rate){.total = 0};
    bps = run(&l, 4, 1000000, radio, &cuts);
    ok(cuts > 0, "much: is cut");
    bps = run(&l, 30, bps, radio, &cuts);
    ok(bps > 1000000, "in vain, so it is given back");
    l = (struct rtc_loss_rate){.total = 0};
    fast = run(&l, 30, 4000000, narrow, &cuts);
    ok(cuts > 0 && fast < 1400000 && fast > 700000,
       "a narrow link is not mistaken for that");
    fast = run(&l, 300, fast, narrow, &cuts);
    ok(fast < 1400000 && fast > 700000, "ever");
}

static void test_intervals(void)
{
    struct rtc_loss_rate l = {.total = 0};
    uint64_t bps;

    rtc_loss_rate_add(&l, 9, 9, 0);
    is_int(rtc_loss_rate_advise(&l, 1000, &bps, 5 * RTC_SEC),
           RTC_LOSS_NOTHING_NEW, "nine packets say nothing");
    rtc_loss_rate_add(&l, 41, 0, 0);
    is_int(rtc_loss_rate_advise(&l, 1000, &bps, 199 * RTC_MS),
           RTC_LOSS_NOTHING_NEW, "nor does a short while");
    for (unsigned i = 0; i < 9; i++)
        rtc_loss_rate_found(&l);
    is_int(rtc_loss_rate_advise(&l, 1000, &bps, 200 * RTC_MS), RTC_LOSS_GROW,
           "what was found again was not lost");
    rtc_loss_rate_found(&l);
    rtc_loss_rate_add(&l, 50, 50, RTC_SEC);
    is_int(rtc_loss_rate_advise(&l, 1000, &bps, 2 * RTC_SEC), RTC_LOSS_CUT,
           "all lost");
    ok(bps >= 500 && bps < 1000, "is half at worst");
}

int main(void)
{
    test_kinds();
    test_intervals();
    return tap_done();
}
