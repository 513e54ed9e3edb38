/* SPDX-License-Identifier: MIT
 * When a request is sent again, as rows of times. */
#include "stun/transaction.h"

#include "base/clock.h"
#include "tap.h"

static const uint8_t id[RTC_STUN_ID_LEN] = "identifier12";
static const uint8_t other_id[RTC_STUN_ID_LEN] = "identifier13";

struct row {
    const char *name;
    struct rtc_stun_retry retry;
    rtc_usec sends[10]; /* since the start, then RTC_NEVER */
    rtc_usec give_up;
};

static const struct row rows[] = {
    /* RFC 8489 6.2.1's example without its own last wait. */
    {"500 ms, 7 sends",
     {500 * RTC_MS, 100 * RTC_SEC, 7},
     {0, 500 * RTC_MS, 1500 * RTC_MS, 3500 * RTC_MS, 7500 * RTC_MS,
      15500 * RTC_MS, 31500 * RTC_MS, RTC_NEVER},
     63500 * RTC_MS},
    {"the wait is capped",
     {100 * RTC_MS, 150 * RTC_MS, 4},
     {0, 100 * RTC_MS, 250 * RTC_MS, 400 * RTC_MS, RTC_NEVER},
     550 * RTC_MS},
    {"a cap below the first wait",
     {100 * RTC_MS, 40 * RTC_MS, 2},
     {0, 40 * RTC_MS, RTC_NEVER},
     80 * RTC_MS},
    {"one send", {10, 10, 1}, {0, RTC_NEVER}, 10},
    {"a count of 0 is 1", {10, 10, 0}, {0, RTC_NEVER}, 10},
};

static void test_row(const struct row *row)
{
    const rtc_usec start = 12345678;
    struct rtc_stun_transaction t;
    unsigned i;

    rtc_stun_transaction_start(&t, id, start);
    for (i = 0; row->sends[i] != RTC_NEVER; i++) {
        rtc_usec at = start + row->sends[i];

        is_int(rtc_stun_transaction_due(&t), at, row->name);
        is_int(rtc_stun_transaction_step(&t, &row->retry, at - 1),
               RTC_STUN_WAIT, "not before");
        is_int(rtc_stun_transaction_step(&t, &row->retry, at), RTC_STUN_RESEND,
               "then it is sent");
        rtc_stun_transaction_sent(&t, &row->retry, at);
    }
    is_int(t.sent_count, i, "sends");
    is_int(t.first_sent_at, start, "the first send is remembered");
    is_int(rtc_stun_transaction_step(&t, &row->retry, start + row->give_up - 1),
           RTC_STUN_WAIT, "one more wait");
    is_int(rtc_stun_transaction_step(&t, &row->retry, start + row->give_up),
           RTC_STUN_GIVE_UP, "then it is over");
}

static void test_answer(void)
{
    const struct rtc_stun_retry retry = {250 * RTC_MS, 3 * RTC_SEC, 7};
    struct rtc_stun_transaction t;

    rtc_stun_transaction_start(&t, id, 0);
    ok(!rtc_stun_transaction_answer(&t, id), "not answered before it is sent");
    rtc_stun_transaction_sent(&t, &retry, 0);
    ok(!rtc_stun_transaction_answer(&t, other_id), "another id");
    ok(rtc_stun_transaction_answer(&t, id), "answered");
    ok(!rtc_stun_transaction_answer(&t, id), "but only once");
    is_int(rtc_stun_transaction_due(&t), RTC_NEVER, "then nothing is due");
    is_int(rtc_stun_transaction_step(&t, &retry, RTC_NEVER), RTC_STUN_WAIT,
           "ever");
}

static void test_retime(void)
{
    const struct rtc_stun_retry slow = {RTC_SEC, 60 * RTC_SEC, 7};
    const struct rtc_stun_retry fast = {50 * RTC_MS, 150 * RTC_MS, 7};
    struct rtc_stun_transaction t;

    rtc_stun_transaction_start(&t, id, 0);
    rtc_stun_transaction_retime(&t, &fast);
    is_int(t.due_at, 0, "a first send stays due");
    rtc_stun_transaction_sent(&t, &slow, 0);
    rtc_stun_transaction_sent(&t, &slow, RTC_SEC);
    is_int(t.due_at, 3 * RTC_SEC, "by the slow times");
    rtc_stun_transaction_retime(&t, &fast);
    is_int(t.due_at, RTC_SEC + 100 * RTC_MS, "by the fast ones");
    rtc_stun_transaction_sent(&t, &fast, t.due_at);
    is_int(t.wait_us, 150 * RTC_MS, "and on from there");
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        test_row(&rows[i]);
    test_answer();
    test_retime();
    return tap_done();
}
