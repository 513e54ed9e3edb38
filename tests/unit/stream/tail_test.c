/* SPDX-License-Identifier: MIT
 * What reports tell of the end of a stream. */
#include "stream/tail.h"

#include "tap.h"

#define FIRST 65530
#define RTT (20 * RTC_MS)

/* As if so many packets had been handed out; the numbers go over the edge. */
static void hand_out(struct rtc_sender *s, unsigned count)
{
    s->packets = count;
    s->history.next = FIRST + count;
}

static void test_reports(void)
{
    struct rtc_sender s = {.packets = 0};
    struct rtc_tail t;

    rtc_tail_init(&t, true);
    ok(rtc_tail_is_delivered(&t, RTT, 0), "nothing was sent");
    hand_out(&s, 10);
    rtc_tail_sent(&t, &s, RTT, 0);
    is_int((int64_t)t.first, FIRST, "the first number");
    ok(rtc_tail_deadline(&t) < RTC_NEVER, "not confirmed: to be repeated");
    rtc_tail_report(&t, (FIRST + 8) & 0xffff, RTC_MS);
    is_int((int64_t)t.confirmed, FIRST + 8, "all but one");
    ok(rtc_tail_deadline(&t) < RTC_NEVER, "still to be repeated");
    rtc_tail_report(&t, (FIRST + 9) & 0xffff, RTC_MS);
    is_int(rtc_tail_deadline(&t), RTC_NEVER, "all of it");
}

/* Some receivers count one too many. */
static void test_more_than_was_sent(void)
{
    struct rtc_sender s = {.packets = 0};
    struct rtc_tail t;

    rtc_tail_init(&t, true);
    hand_out(&s, 10);
    rtc_tail_sent(&t, &s, RTT, 0);
    rtc_tail_report(&t, (FIRST + 10) & 0xffff, RTC_MS);
    is_int((int64_t)t.confirmed, FIRST + 9, "no more than was sent");
    hand_out(&s, 11);
    rtc_tail_sent(&t, &s, RTT, 2 * RTC_MS);
    ok(rtc_tail_deadline(&t) < RTC_NEVER, "the next one is not confirmed yet");
}

int main(void)
{
    test_reports();
    test_more_than_was_sent();
    return tap_done();
}
