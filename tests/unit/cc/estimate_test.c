/* SPDX-License-Identifier: MIT
 * What the parts make together; whole links are tests/sim/bandwidth_test.c's.
 */
#include "cc/estimate.h"

#include "tap.h"

static struct rtc_estimate e;

static void test_remb(void)
{
    rtc_estimate_init(&e);
    is_int((int64_t)rtc_estimate_bps(&e), 0, "unknown");
    rtc_estimate_remb(&e, 123456);
    is_int((int64_t)rtc_estimate_bps(&e), 123456, "what the remote allows");
    rtc_estimate_remb(&e, 99999);
    is_int((int64_t)rtc_estimate_bps(&e), 99999, "now");
}

/* `seconds` of 1 Mbit/s with a report each second. */
static rtc_usec run(unsigned seconds, uint8_t lost, rtc_usec from)
{
    rtc_usec now = from;

    for (unsigned i = 0; i < 100 * seconds; i++) {
        now += 10 * RTC_MS;
        rtc_estimate_sent(&e, 1250, now);
        if (i % 100 == 99)
            rtc_estimate_report(&e, lost, 50 * RTC_MS, now);
    }
    return now;
}

static void test_reports(void)
{
    uint64_t before;
    rtc_usec now;

    rtc_estimate_init(&e);
    now = run(30, 0, 0);
    before = rtc_estimate_bps(&e);
    ok(before > 1400000 && before < 1600000,
       "without feedback: half more than is sent");
    rtc_estimate_remb(&e, 800000);
    is_int((int64_t)rtc_estimate_bps(&e), 800000, "but what the remote allows");
    rtc_estimate_remb(&e, 5000000);
    is_int((int64_t)rtc_estimate_bps(&e), (int64_t)before, "not more");
    now = run(12, 64, now);
    ok(rtc_estimate_bps(&e) < before, "loss: less");
    e.heard = true;
    before = rtc_estimate_bps(&e);
    run(3, 255, now);
    is_int((int64_t)rtc_estimate_bps(&e), (int64_t)before,
           "with feedback reports do not count");
}

/* A report may overtake the first feedback (RFC 3550 6.2 lets it go at once):
 * the start goes on as if there had been none. */
static void test_early_report(void)
{
    static struct rtc_sent sent;
    const uint8_t fci[] = {0, 1,  0,  8,  0,  0,  1,  0,  0x20,
                           8, 40, 40, 40, 40, 40, 40, 40, 40};
    const struct rtc_rtcp_feedback feedback = {
        .kind = RTC_FEEDBACK_TWCC, .fci = fci, .fci_len = sizeof fci};
    struct rtc_twcc twcc;
    rtc_usec now;

    rtc_estimate_init(&e);
    now = run(1, 0, 0);
    ok(!e.aimd.starting, "a report is no feedback");
    rtc_sent_init(&sent);
    for (int i = 0; i < 8; i++)
        rtc_sent_push(&sent, 1250, 0, now + 10 * i * RTC_MS);
    ok(rtc_twcc_parse(&feedback, &twcc) == 0, "feedback");
    rtc_sent_feedback(&sent, &twcc);
    rtc_estimate_feedback(&e, &sent, now + 100 * RTC_MS);
    ok(e.heard && e.aimd.starting, "the start is still to come");
    rtc_sent_done(&sent);
}

int main(void)
{
    test_remb();
    test_reports();
    test_early_report();
    return tap_done();
}
