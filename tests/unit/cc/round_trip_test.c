/* SPDX-License-Identifier: MIT
 * Questions and answers of XR. */
#include "cc/round_trip.h"

#include "tap.h"

static void test_both(void)
{
    struct rtc_round_trip asker, answerer;
    struct rtc_rtcp_xr xr = {.ssrc = 5, .has_rrtr = true};
    rtc_usec origin = 3000000000 * RTC_SEC;

    rtc_round_trip_init(&asker);
    rtc_round_trip_init(&answerer);
    is_int(asker.rtt_us, -1, "unknown");
    ok(!rtc_round_trip_answer(&answerer, &xr, 0), "nobody asked");
    xr.ntp = rtc_ntp_write(origin + RTC_SEC);
    rtc_round_trip_take(&answerer, &xr, 6, 0, 70 * RTC_SEC);
    xr = (struct rtc_rtcp_xr){.ssrc = 6};
    ok(rtc_round_trip_answer(&answerer, &xr, 70 * RTC_SEC + 400 * RTC_MS),
       "an answer");
    is_int(xr.dlrr[0].ssrc, 5, "acceptance 57: to who asked");
    is_int(xr.dlrr[0].delay, 65536 * 4 / 10, "after 400 ms");
    ok(!rtc_round_trip_answer(&answerer, &(struct rtc_rtcp_xr){0}, 0), "once");
    rtc_round_trip_take(&asker, &xr, 77, rtc_ntp_write(origin + 2 * RTC_SEC),
                        2 * RTC_SEC);
    is_int(asker.rtt_us, -1, "one for another says nothing");
    rtc_round_trip_take(&asker, &xr, 5, rtc_ntp_write(origin + 1500 * RTC_MS),
                        1500 * RTC_MS);
    ok(asker.rtt_us > 99900 && asker.rtt_us < 100100, "100 ms there and back");
}

static void test_bounds(void)
{
    struct rtc_round_trip t;
    struct rtc_rtcp_xr xr = {.has_rrtr = true, .ntp = UINT64_C(1) << 32};

    rtc_round_trip_init(&t);
    for (uint32_t i = 1; i <= 100; i++) {
        xr.ssrc = i;
        rtc_round_trip_take(&t, &xr, 6, 0, 0);
        rtc_round_trip_take(&t, &xr, 6, 0, 0);
    }
    ok(rtc_round_trip_answer(&t, &xr, 0), "many ask");
    is_int(xr.dlrr_count, RTC_ROUND_TRIP_MOST, "some are answered");
    is_int(xr.dlrr[RTC_ROUND_TRIP_MOST - 1].ssrc, 100, "the newest");
    is_int(xr.dlrr[0].ssrc, 100 - RTC_ROUND_TRIP_MOST + 1, "each once");
}

int main(void)
{
    test_both();
    test_bounds();
    return tap_done();
}
