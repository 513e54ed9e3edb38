/* SPDX-License-Identifier: MIT
 * When a key frame is asked for, and which requests are news. */
#include "stream/keyframe.h"

#include "tap.h"

static void test_ask(void)
{
    static const struct {
        rtc_usec rtt_us, gap_us;
    } rows[] = {{-1, 500 * RTC_MS},
                {0, 500 * RTC_MS},
                {100 * RTC_MS, 500 * RTC_MS},
                {400 * RTC_MS, 800 * RTC_MS}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_keyframe_ask k = {0};
        rtc_usec rtt = rows[i].rtt_us, gap = rows[i].gap_us, now = 5000;

        is_int(rtc_keyframe_deadline(&k, rtt), RTC_NEVER, "nothing wanted");
        ok(!rtc_keyframe_due(&k, rtt, now), "nothing due");
        rtc_keyframe_want(&k);
        ok(rtc_keyframe_deadline(&k, rtt) <= now, "wanted: at once");
        ok(rtc_keyframe_due(&k, rtt, now), "is due");
        rtc_keyframe_want(&k);
        ok(!rtc_keyframe_due(&k, rtt, now), "more wishes change nothing");
        is_int(rtc_keyframe_deadline(&k, rtt), now + gap, "again after a gap");
        ok(!rtc_keyframe_due(&k, rtt, now + gap - 1), "not before");
        ok(rtc_keyframe_due(&k, rtt, now + gap), "but then");
        rtc_keyframe_got(&k);
        is_int(rtc_keyframe_deadline(&k, rtt), RTC_NEVER, "until it came");
        rtc_keyframe_want(&k);
        ok(!rtc_keyframe_due(&k, rtt, now + gap + 1),
           "a new wish keeps the gap too");
        ok(rtc_keyframe_due(&k, rtt, now + 2 * gap), "and is told after it");
        is_int(k.count, 3, "three were sent");
    }
}

static void test_answer(void)
{
    struct rtc_keyframe_answer k = {0};

    ok(rtc_keyframe_pli(&k, 0), "the first PLI is news");
    ok(!rtc_keyframe_pli(&k, 299 * RTC_MS), "a burst is one wish");
    ok(rtc_keyframe_pli(&k, 300 * RTC_MS), "a later one is another");
    ok(!rtc_keyframe_fir(&k, 9, 310 * RTC_MS), "so is a FIR beside it");
    ok(!rtc_keyframe_fir(&k, 9, RTC_SEC), "a FIR repeated is no new command");
    ok(rtc_keyframe_fir(&k, 10, RTC_SEC), "a new FIR is");
    ok(rtc_keyframe_fir(&k, 255, 2 * RTC_SEC), "any number");
    ok(rtc_keyframe_fir(&k, 0, 3 * RTC_SEC), "and its wrap");
    is_int(k.pli_count, 3, "all PLIs count");
    is_int(k.fir_count, 5, "all FIRs too");
}

int main(void)
{
    test_ask();
    test_answer();
    return tap_done();
}
