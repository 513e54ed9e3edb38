/* SPDX-License-Identifier: MIT
 * The rate's steps up and down. */
#include "cc/aimd.h"

#include "tap.h"

static struct rtc_aimd a;
static rtc_usec now;

static void step(enum rtc_usage usage, uint64_t acked_bps, rtc_usec queue_us)
{
    struct rtc_aimd_input in = {.usage = usage,
                                .acked_bps = acked_bps,
                                .rtt_us = 50 * RTC_MS,
                                .queue_us = queue_us,
                                .may_grow = true};

    now += 100 * RTC_MS;
    rtc_aimd_update(&a, &in, now);
}

static void test_start(void)
{
    a = (struct rtc_aimd){.starting = true};
    step(RTC_USAGE_NORMAL, 300000, 0);
    is_int((int64_t)a.bps, 300000, "begins with what arrives");
    for (unsigned i = 0; i < 100; i++)
        step(RTC_USAGE_NORMAL, 300000, 0);
    is_int((int64_t)a.bps, 500000, "and leads it by half, and some");
    for (unsigned i = 0; i < 10; i++)
        step(RTC_USAGE_NORMAL, a.bps, 0);
    ok(a.bps > 1500000 && a.bps < 3000000, "fast, as long as it is used");
}

static void test_steps(void)
{
    uint64_t before;

    a = (struct rtc_aimd){.bps = 2000000, .starting = true};
    step(RTC_USAGE_OVER, 1000000, 50 * RTC_MS);
    is_int((int64_t)a.bps, 850000, "down to 0.85 of what arrives");
    step(RTC_USAGE_NORMAL, 850000, 0);
    is_int((int64_t)a.bps, 850000, "one moment there");
    step(RTC_USAGE_UNDER, 850000, 0);
    is_int((int64_t)a.bps, 850000, "and while the queue drains");
    for (unsigned i = 0; i < 10; i++)
        step(RTC_USAGE_NORMAL, a.bps, 0);
    ok(a.bps > 880000 && a.bps < 1000000, "then slowly up");
    before = a.bps;
    for (unsigned i = 0; i < 10; i++)
        step(RTC_USAGE_NORMAL, 3000000, 0);
    ok(a.bps > before * 107 / 100 && a.bps < before * 110 / 100,
       "by 8 % a second where the limit is unknown");
    step(RTC_USAGE_OVER, 5000000, 0);
    ok(a.bps < before * 110 / 100, "a cut is never a raise");
}

static void test_drain(void)
{
    a = (struct rtc_aimd){.bps = 2000000};
    step(RTC_USAGE_OVER, 1000000, 500 * RTC_MS);
    is_int((int64_t)a.bps, 500000, "a long queue is drained");
    step(RTC_USAGE_NORMAL, 500000, 300 * RTC_MS);
    is_int((int64_t)a.bps, 500000, "until it is short");
    step(RTC_USAGE_NORMAL, 500000, 10 * RTC_MS);
    is_int((int64_t)a.bps, 850000, "then the link is used again");
    step(RTC_USAGE_OVER, 1000000, 500 * RTC_MS);
    for (unsigned i = 0; i < 51; i++)
        step(RTC_USAGE_NORMAL, 500000, 500 * RTC_MS);
    ok(a.bps >= 850000, "or it turns out to be none");
}

static void test_bounds(void)
{
    a = (struct rtc_aimd){.bps = 100000};
    rtc_aimd_set(&a, 1, now);
    is_int((int64_t)a.bps, 30000, "the least");
    rtc_aimd_set(&a, UINT64_MAX, now);
    is_int((int64_t)a.bps, 10000000000, "the most");
}

int main(void)
{
    test_start();
    test_steps();
    test_drain();
    test_bounds();
    return tap_done();
}
