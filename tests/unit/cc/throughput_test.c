/* SPDX-License-Identifier: MIT
 * Throughput of streams whose rate is known. */
#include "cc/throughput.h"

#include "tap.h"

/* Adds `bps` in packets of 1250 bytes from `from` on. */
static rtc_usec pass(struct rtc_throughput *t, uint64_t bps, rtc_usec from,
                     rtc_usec span)
{
    rtc_usec at = from, step = (rtc_usec)(10000 * RTC_SEC / (rtc_usec)bps);

    for (; at < from + span; at += step)
        rtc_throughput_add(t, 1250, at);
    return at;
}

/* A packet more or less counts when there are few. */
static void is_about(uint64_t got, uint64_t want, const char *name)
{
    uint64_t off = want / 10 + 25000;

    if (!ok(got > want - off && got < want + off, name))
        printf("# got %" PRIu64 ", want %" PRIu64 "\n", got, want);
}

static void test_rates(void)
{
    static const uint64_t rates[] = {200000, 1000000, 30000000};

    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct rtc_throughput t = {.started = false};
        rtc_usec at = pass(&t, rates[i], 7777, 100 * RTC_MS);
        is_int((int64_t)rtc_throughput_bps(&t), 0, "too little to tell");
        at = pass(&t, rates[i], at, 300 * RTC_MS);
        is_about(rtc_throughput_bps(&t), rates[i], "the start");
        at = pass(&t, rates[i], at, 5 * RTC_SEC);
        is_about(rtc_throughput_bps(&t), rates[i], "a long while");
        at = pass(&t, rates[i] / 2, at, 600 * RTC_MS);
        is_about(rtc_throughput_bps(&t), rates[i] / 2, "half of it");
    }
}

static void test_steps(void)
{
    struct rtc_throughput t = {.started = false};
    rtc_usec at = pass(&t, 1000000, 0, RTC_SEC);
    uint64_t before = rtc_throughput_bps(&t);

    rtc_throughput_add(&t, 1000000, at - 700 * RTC_MS);
    ok(rtc_throughput_bps(&t) == before, "what is too old does not count");
    rtc_throughput_add(&t, 1250, at - 200 * RTC_MS);
    ok(rtc_throughput_bps(&t) > before, "what is late does");
    rtc_throughput_add(&t, 1250, at + 3 * RTC_SEC);
    ok(rtc_throughput_bps(&t) < 100000, "after a silence little passed");
    at = pass(&t, 1000000, at + 500 * RTC_SEC, RTC_SEC);
    is_about(rtc_throughput_bps(&t), 1000000, "another clock");
    at = pass(&t, 1000000, -5 * RTC_SEC, 10 * RTC_SEC);
    is_about(rtc_throughput_bps(&t), 1000000, "times before 0 do no harm");
    pass(&t, 1000000, at, RTC_SEC);
    is_about(rtc_throughput_bps(&t), 1000000, "and it goes on");
}

int main(void)
{
    test_rates();
    test_steps();
    return tap_done();
}
