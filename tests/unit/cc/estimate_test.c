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

int main(void)
{
    test_remb();
    test_reports();
    return tap_done();
}
