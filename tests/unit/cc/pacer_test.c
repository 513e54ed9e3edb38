/* SPDX-License-Identifier: MIT
 * When packets may leave, on links of plain arithmetic; whole sessions are
 * tests/sim/pacer_test.c's. */
#include "cc/pacer.h"

#include "tap.h"

#define PACKET 1200

static struct rtc_pacer p;

/* Feedback each 100 ms for `span`: 40 ms of way, and that estimate. */
static rtc_usec hear(uint64_t bps, bool limited, rtc_usec span, rtc_usec now)
{
    const struct rtc_pacer_news news = {
        .bps = bps, .limited = limited, .rtt_us = 40 * RTC_MS};

    for (rtc_usec end = now + span; now < end; now += 100 * RTC_MS)
        rtc_pacer_feedback(&p, &news, now);
    return now;
}

/* Packets that leave at once. */
static size_t burst(size_t under_way, rtc_usec now)
{
    size_t sent = 0, most = rtc_pacer_ask(&p, under_way, now);

    while (most && sent < 10000000) {
        size_t run = 0;
        while (run < most && run < 64 * PACKET)
            run += PACKET;
        rtc_pacer_sent(&p, run, now);
        sent += run;
        most = rtc_pacer_ask(&p, under_way + sent, now);
    }
    return sent;
}

/* What leaves in `span` when it arrives at once. */
static size_t drain(rtc_usec span, rtc_usec *now)
{
    rtc_usec end = *now + span, before = *now;
    size_t sent = 0;

    while (*now < end) {
        sent += burst(0, *now);
        before = *now;
        *now = rtc_pacer_deadline(&p);
        if (*now <= before || *now == RTC_NEVER)
            return 0;
    }
    return sent;
}

static void test_start(void)
{
    rtc_usec now = RTC_SEC, due;

    rtc_pacer_init(&p);
    is_int(rtc_pacer_deadline(&p), RTC_NEVER, "nothing waits");
    ok(rtc_pacer_ask(&p, 0, now) > PACKET, "the first packet leaves at once");
    ok(rtc_pacer_queue_most(&p) == SIZE_MAX, "anything may wait");
    is_int(burst(0, now), 110 * PACKET, "a first burst is 128 KiB");
    ok(rtc_pacer_is_full(&p), "then it is full");
    due = rtc_pacer_deadline(&p);
    is_int(due - now, RTC_SEC, "no feedback for a second");
    is_int(rtc_pacer_ask(&p, 1 << 20, due - 1), 0, "until then");
    ok(rtc_pacer_ask(&p, 1 << 20, due) == SIZE_MAX, "and all is free");
    ok(rtc_pacer_ask(&p, 1 << 30, due + RTC_SEC) == SIZE_MAX, "for good");
}

static void test_pace(void)
{
    rtc_usec now;
    size_t sent;

    rtc_pacer_init(&p);
    now = hear(8000000, true, RTC_SEC, RTC_SEC);
    sent = burst(0, now);
    ok(sent >= 20 * 1250 && sent <= 22 * 1250, "10 ms of 2.5 times 8 Mbit/s");
    is_int(rtc_pacer_deadline(&p) - now >= 4 * RTC_MS &&
               rtc_pacer_deadline(&p) - now <= 7 * RTC_MS,
           1, "half of it later again");
    is_int(rtc_pacer_ask(&p, 0, now + RTC_MS), 0, "not packet by packet");
    now = rtc_pacer_deadline(&p);
    sent = drain(RTC_SEC, &now);
    ok(sent > 2400000 && sent < 2600000, "20 Mbit/s");
    sent = burst(0, now + 60 * RTC_SEC);
    ok(sent >= 20 * 1250 && sent <= 22 * 1250, "a minute's rest saves nothing");
    now += 61 * RTC_SEC;
    rtc_pacer_sent(&p, 10000000, now); /* audio, say */
    is_int(rtc_pacer_ask(&p, 0, now), 0, "what does not ask counts, too");
    ok(rtc_pacer_deadline(&p) <= now + RTC_SEC, "but for no more than that");
    now = rtc_pacer_deadline(&p);
    ok(rtc_pacer_ask(&p, 0, now) > 0, "due means due");
    rtc_pacer_rest(&p);
    is_int(rtc_pacer_deadline(&p), RTC_NEVER, "nothing waits any more");
}

static void test_small(void)
{
    rtc_usec now;

    rtc_pacer_init(&p);
    now = hear(50000, true, RTC_SEC, RTC_SEC);
    ok(burst(0, now) >= 5 * PACKET, "a few packets leave at once at any rate");
    is_int(p.window, 12000, "and a few more are under way");
    ok(rtc_pacer_queue_most(&p) == 256 << 10, "a larger one may wait");
}

static void test_window(void)
{
    rtc_usec now;

    rtc_pacer_init(&p);
    now = hear(8000000, true, 5 * RTC_SEC, RTC_SEC);
    is_int(p.window, 240000, "round trip, feedback and 100 ms more");
    is_int(rtc_pacer_ask(&p, 240000, now), 0, "are under way");
    ok(rtc_pacer_is_full(&p), "full");
    ok(rtc_pacer_ask(&p, 239999, now) >= 1, "a byte less");
    is_int(rtc_pacer_ask(&p, 240000, now + 739 * RTC_MS), 0, "and it waits");
    ok(rtc_pacer_ask(&p, 240000, now + 740 * RTC_MS) > 0,
       "until feedback is not to be expected");
    now = hear(8000000, true, 1, now + RTC_SEC);
    ok(!rtc_pacer_is_full(&p), "but it comes");
    is_int(rtc_pacer_ask(&p, 240000, now) > 0, p.window > 240000,
           "and holds again");
    ok(rtc_pacer_queue_most(&p) == 1000000, "a second may wait");
    now = hear(1000000000, true, 20 * RTC_SEC, now);
    is_int((int64_t)p.window, 8 << 20, "never more than is kept account of");
}

static void test_way(void)
{
    const struct rtc_pacer_news news = {
        .bps = 8000000, .limited = true, .rtt_us = 240 * RTC_MS};
    rtc_usec now;

    rtc_pacer_init(&p);
    now = hear(8000000, true, 5 * RTC_SEC, RTC_SEC);
    rtc_pacer_feedback(&p, &news, now);
    is_int(p.window, 240000, "a queue widens nothing");
    for (rtc_usec end = now + 12 * RTC_SEC; now < end; now += 100 * RTC_MS)
        rtc_pacer_feedback(&p, &news, now);
    ok(p.window > 439000 && p.window <= 440000,
       "a longer way does, after some seconds");
}

static void test_growth(void)
{
    struct rtc_pacer_news news = {.bps = 300000, .rtt_us = RTC_MS};
    rtc_usec now = RTC_SEC;
    size_t before;

    rtc_pacer_init(&p);
    for (unsigned i = 0; i < 3; i++) {
        news.told_bytes = burst(0, now);
        rtc_pacer_feedback(&p, &news, now += 50 * RTC_MS);
    }
    ok(p.window > 1000000 && p.window <= 1 << 20, "doubles up to 1 MiB");
    before = p.window;
    rtc_pacer_feedback(&p, &news, now += 50 * RTC_MS);
    is_int(p.window, before, "not by itself");
    news.queue_us = 60 * RTC_MS;
    rtc_pacer_feedback(&p, &news, now += 50 * RTC_MS);
    is_int(p.window, 12000, "until a queue shows");
    news.queue_us = 0;
    rtc_pacer_feedback(&p, &news, now += 50 * RTC_MS);
    is_int(p.window, 12000, "then never again");
}

/* Who fills the window all the time would take the queue for the way. */
static void test_drain(void)
{
    const struct rtc_pacer_news news = {
        .bps = 8000000, .limited = true, .rtt_us = 40 * RTC_MS};
    rtc_usec now, drained = 0, step = 50 * RTC_MS;

    rtc_pacer_init(&p);
    now = hear(8000000, true, 4 * RTC_SEC, RTC_SEC);
    for (rtc_usec end = now + 20 * RTC_SEC; now < end; now += step) {
        rtc_pacer_ask(&p, 1 << 20, now);
        rtc_pacer_feedback(&p, &news, now);
        drained += p.window < 100000 ? step : 0;
    }
    ok(drained >= 400 * RTC_MS && drained <= 1600 * RTC_MS,
       "now and then the queue is let drain");
    rtc_pacer_feedback(&p, &news, now += 6 * RTC_SEC);
    rtc_pacer_feedback(&p, &news, now += 6 * RTC_SEC);
    ok(p.window > 100000, "not when there is none");
}

/* Loss without a queue is none to be spared. */
static void test_lossy(void)
{
    struct rtc_pacer_news news = {.bps = 100000,
                                  .acked_bps = 400000,
                                  .limited = true,
                                  .lossy = true,
                                  .rtt_us = 40 * RTC_MS};
    rtc_usec now = RTC_SEC;

    rtc_pacer_init(&p);
    rtc_pacer_feedback(&p, &news, now);
    is_int(burst(0, now), 110 * PACKET, "loss alone: 128 KiB leave at once");
    is_int(rtc_pacer_ask(&p, 1 << 20, now + 339 * RTC_MS), 0, "then it waits");
    ok(rtc_pacer_ask(&p, 1 << 20, now + 340 * RTC_MS) > 0,
       "but not for lost feedback");
    news.queue_us = 200 * RTC_MS;
    rtc_pacer_feedback(&p, &news, now += 400 * RTC_MS);
    is_int(p.window, 12000, "a queue is spared");
}

int main(void)
{
    test_start();
    test_pace();
    test_small();
    test_window();
    test_way();
    test_growth();
    test_drain();
    test_lossy();
    return tap_done();
}
