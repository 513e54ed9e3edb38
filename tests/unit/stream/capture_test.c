/* SPDX-License-Identifier: MIT
 * Capture times: the line through sender reports, with drift, jitter, jumps and
 * wraps known by construction. */
#include "stream/capture.h"

#include "tap.h"

#define RATE 90000u
#define START (UINT64_C(1) << 32)
#define EPOCH ((rtc_usec)3900000000 * RTC_SEC)

static struct rtc_capture capture;
static uint32_t state;

static uint64_t ticks(rtc_usec at)
{
    return START + (uint64_t)(at * RATE / RTC_SEC);
}

static void report(rtc_usec at, rtc_usec error_us)
{
    rtc_capture_report(&capture, EPOCH + at + error_us, ticks(at));
}

/* How far the frame of `at` is off. */
static rtc_usec off(rtc_usec at)
{
    return rtc_capture_time(&capture, ticks(at)) - EPOCH - at;
}

static rtc_usec absolute(rtc_usec us)
{
    return us < 0 ? -us : us;
}

static rtc_usec noise(rtc_usec most_us)
{
    state = state * 1664525u + 1013904223u;
    return (rtc_usec)(state >> 8) % (2 * most_us + 1) - most_us;
}

static void test_exact(void)
{
    rtc_usec worst = 0;

    rtc_capture_init(&capture, RATE);
    ok(rtc_capture_time(&capture, START) == RTC_NEVER, "unknown at first");
    report(5 * RTC_SEC, 0);
    ok(absolute(off(5 * RTC_SEC)) <= 1, "the report's own moment");
    ok(absolute(off(RTC_SEC)) <= 12, "what was before it");
    for (rtc_usec at = 6 * RTC_SEC; at < 90000 * RTC_SEC; at += 7 * RTC_SEC) {
        rtc_usec error = absolute(off(at));
        report(at, 0);
        worst = error > worst ? error : worst;
    }
    ok(worst <= 30, "a day of it, past the wrap of 32 bits");
}

/* The worst error once a minute of reports is in. */
static rtc_usec run(double drift, rtc_usec jitter_us, unsigned *ret_back)
{
    rtc_usec worst = 0, last = 0;

    state = 1;
    *ret_back = 0;
    rtc_capture_init(&capture, RATE);
    for (rtc_usec at = 0; at < 300 * RTC_SEC; at += 20 * RTC_MS) {
        rtc_usec gained = (rtc_usec)((double)at * drift), time, error;
        if (at % RTC_SEC == 0)
            report(at, gained + noise(jitter_us));
        time = rtc_capture_time(&capture, ticks(at));
        *ret_back += time < last;
        last = time;
        error = absolute(time - EPOCH - at - gained);
        if (at > 60 * RTC_SEC && error > worst)
            worst = error;
    }
    return worst;
}

static void test_drift(void)
{
    unsigned back;

    ok(run(100e-6, 0, &back) < 50, "drift is followed without lag");
    is_int(back, 0, "and time never steps back");
    ok(run(-200e-6, 0, &back) < 50, "either way");
    is_int(back, 0, "and time never steps back");
    ok(run(0, 5 * RTC_MS, &back) < 4 * RTC_MS, "jitter is smoothed");
    is_int(back, 0, "and time never steps back");
    ok(run(50e-6, 5 * RTC_MS, &back) < 4 * RTC_MS, "with drift, too");
    is_int(back, 0, "and time never steps back");
}

static void test_jump(void)
{
    rtc_capture_init(&capture, RATE);
    for (rtc_usec at = 0; at <= 20 * RTC_SEC; at += RTC_SEC) {
        report(at, 0);
        off(at);
    }
    report(21 * RTC_SEC, 300 * RTC_MS);
    ok(absolute(off(21 * RTC_SEC) - 300 * RTC_MS) <= 1, "a jump is followed");
    report(22 * RTC_SEC, -3600 * RTC_SEC);
    ok(absolute(off(22 * RTC_SEC) + 3600 * RTC_SEC) <= 1, "back as well");
}

static void test_order(void)
{
    rtc_usec at, before;

    rtc_capture_init(&capture, RATE);
    report(0, 0);
    at = rtc_capture_time(&capture, ticks(2 * RTC_SEC));
    report(RTC_SEC, -20 * RTC_MS);
    before = rtc_capture_time(&capture, ticks(2 * RTC_SEC + 10 * RTC_MS));
    ok(before == at, "later in the stream is not earlier");
    ok(rtc_capture_time(&capture, ticks(RTC_SEC)) < at,
       "an earlier one of a B-frame is");
    rtc_capture_report(&capture, EPOCH, ticks(0));
    report(RTC_SEC, 30 * RTC_MS);
    ok(rtc_capture_time(&capture, ticks(3 * RTC_SEC)) < EPOCH + 3 * RTC_SEC,
       "a report that comes late is passed over");
    rtc_capture_set_rate(&capture, RATE);
    ok(rtc_capture_time(&capture, START) != RTC_NEVER, "the same clock rate");
    rtc_capture_set_rate(&capture, 8000);
    ok(rtc_capture_time(&capture, START) == RTC_NEVER, "another starts anew");
    rtc_capture_init(&capture, 0);
    rtc_capture_report(&capture, EPOCH, START);
    ok(rtc_capture_time(&capture, START) == RTC_NEVER, "no rate, no time");
}

static void test_early(void)
{
    struct rtc_capture_early early = {.next = 0};
    struct rtc_capture_early_report r = {.ssrc = 0};

    ok(!rtc_capture_take(&early, 0, &r), "none kept");
    for (uint32_t i = 1; i <= RTC_CAPTURE_EARLY_MOST + 1; i++)
        rtc_capture_keep(&early, &(struct rtc_capture_early_report){
                                     .ssrc = i, .rtp_time = 10 * i});
    ok(!rtc_capture_take(&early, 1, &r), "the oldest is gone");
    rtc_capture_keep(
        &early, &(struct rtc_capture_early_report){.ssrc = 2, .rtp_time = 7});
    ok(rtc_capture_take(&early, 2, &r) && r.rtp_time == 7, "the newest of one");
    ok(!rtc_capture_take(&early, 2, &r), "is taken once");
    ok(rtc_capture_take(&early, RTC_CAPTURE_EARLY_MOST + 1, &r), "the last");
}

int main(void)
{
    test_exact();
    test_drift();
    test_jump();
    test_order();
    test_early();
    return tap_done();
}
