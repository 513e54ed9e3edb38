/* SPDX-License-Identifier: MIT
 * The delay gradient of queues that grow, stand and drain, with and without
 * jitter. */
#include "cc/trendline.h"

#include "tap.h"

static struct rtc_trendline t;
static uint32_t state;
static rtc_usec sent_us;

static rtc_usec noise(rtc_usec most)
{
    state = state * 1664525u + 1013904223u;
    return most ? (rtc_usec)(state >> 8) % most : 0;
}

/* `count` packets, one each 10 ms, each `gain_us` later than the one before;
 * which states were seen, as bits. */
static unsigned run(unsigned count, rtc_usec gain_us, rtc_usec jitter_us,
                    rtc_usec *delay_us)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < count; i++) {
        sent_us += 10 * RTC_MS;
        *delay_us += gain_us;
        rtc_trendline_add(&t, sent_us,
                          RTC_SEC + sent_us + *delay_us + noise(jitter_us));
        seen |= 1u << t.usage;
    }
    return seen;
}

static void test_queue(void)
{
    rtc_usec delay = 0;

    rtc_trendline_init(&t);
    is_int(run(500, 0, 0, &delay), 1 << RTC_USAGE_NORMAL, "a steady way");
    ok(run(60, 1 * RTC_MS, 0, &delay) & 1 << RTC_USAGE_OVER, "a queue grows");
    is_int(t.usage, RTC_USAGE_OVER, "and goes on to");
    ok(rtc_trendline_queue_us(&t) > 55 * RTC_MS &&
           rtc_trendline_queue_us(&t) <= 60 * RTC_MS,
       "it is as long as it is");
    ok(run(60, -1 * RTC_MS, 0, &delay) & 1 << RTC_USAGE_UNDER, "it drains");
    run(60, 0, 0, &delay);
    is_int(t.usage, RTC_USAGE_NORMAL, "it is gone");
    ok(rtc_trendline_queue_us(&t) < 2 * RTC_MS, "all of it");
    delay += 50 * RTC_MS;
    run(300, 0, 0, &delay);
    is_int(t.usage, RTC_USAGE_NORMAL, "a longer way is none after a while");
    ok(rtc_trendline_queue_us(&t) > 45 * RTC_MS, "though it looks like one");
    run(2000, 0, 0, &delay);
    ok(rtc_trendline_queue_us(&t) < 2 * RTC_MS, "for 20 s at most");
}

static void test_jitter(void)
{
    rtc_usec delay = 0;
    unsigned over = 0;

    rtc_trendline_init(&t);
    state = 1;
    for (unsigned i = 0; i < 3000; i++)
        over += run(1, 0, 10 * RTC_MS, &delay) == 1 << RTC_USAGE_OVER;
    ok(over < 150, "jitter is seldom taken for a queue");
    ok(run(100, 1 * RTC_MS, 10 * RTC_MS, &delay) & 1 << RTC_USAGE_OVER,
       "but one behind it is seen");
}

/* A frame's packets leave at once and arrive in a row. */
static void test_bursts(void)
{
    unsigned over = 0;

    rtc_trendline_init(&t);
    for (unsigned i = 0; i < 3000; i++) {
        rtc_usec sent = (i / 10) * 40 * RTC_MS;
        rtc_trendline_add(&t, sent, RTC_SEC + sent + i % 10 * RTC_MS);
        over += t.usage != RTC_USAGE_NORMAL;
    }
    is_int(over, 0, "bursts are one group each");
}

static void test_odd(void)
{
    rtc_usec delay = 0;

    rtc_trendline_init(&t);
    run(100, 0, 0, &delay);
    rtc_trendline_add(&t, sent_us - 50 * RTC_MS, RTC_SEC + sent_us + 50);
    is_int(t.usage, RTC_USAGE_NORMAL, "one that was overtaken");
    sent_us += 100 * RTC_SEC;
    delay = 5 * RTC_SEC;
    run(100, 0, 0, &delay);
    is_int(t.usage, RTC_USAGE_NORMAL, "another clock after a silence");
    delay = -500 * RTC_SEC;
    run(100, 0, 0, &delay);
    is_int(t.usage, RTC_USAGE_NORMAL, "a clock that went back");
    ok(rtc_trendline_queue_us(&t) < RTC_MS, "is no queue");
}

int main(void)
{
    test_queue();
    test_jitter();
    test_bursts();
    test_odd();
    return tap_done();
}
