/* SPDX-License-Identifier: MIT
 * NTP arithmetic; the round-trip example is RFC 3550 6.4.1, figure 2. */
#include "rtcp/ntp.h"

#include "tap.h"

static void test_rtt(void)
{
    /* A = b710:8000, LSR = b705:2000, DLSR = 5.250 s: 6.125 s. */
    is_int(rtc_ntp_rtt(UINT64_C(0xb7108000) << 16, 0xb7052000, 0x00054000),
           6125000, "the RFC's example");
    is_int(rtc_ntp_rtt(UINT64_C(0xb7108000) << 16, 0, 0x00054000), -1,
           "no report yet");
    is_int(rtc_ntp_rtt(UINT64_C(0xb7108000) << 16, 0xb7108000, 1), 0,
           "a delay longer than the time since");
    is_int(rtc_ntp_rtt(UINT64_C(0x00008000) << 16, 0xffff8000, 0), 1000000,
           "across the wrap of the middle bits");
}

static void test_conversion(void)
{
    static const rtc_usec times[] = {
        0, 1, 999999, 1000000, 1234567, INT64_C(4294967295999999)};
    bool same = true;

    is_int(rtc_ntp_write(1500000), INT64_C(0x180000000), "1.5 s");
    is_int(rtc_ntp_parse(UINT64_C(0x180000000)), 1500000, "and back");
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        same &= rtc_ntp_parse(rtc_ntp_write(times[i])) == times[i];
    ok(same, "microseconds survive");
    is_int(rtc_ntp_middle(UINT64_C(0x1234567890abcdef)), 0x567890ab, "middle");
}

static void test_span(void)
{
    is_int(rtc_ntp_span(5250000), 0x00054000, "5.25 s");
    is_int(rtc_ntp_span(-1), 0, "a negative span");
    is_int(rtc_ntp_span(INT64_C(65535999999)), 0xffffffff, "the longest");
    is_int(rtc_ntp_span(INT64_C(65536000000)), 0xffffffff, "a longer one");
    is_int(rtc_ntp_span(RTC_NEVER), 0xffffffff, "for ever");
}

int main(void)
{
    test_rtt();
    test_conversion();
    test_span();
    return tap_done();
}
