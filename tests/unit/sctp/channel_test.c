/* SPDX-License-Identifier: MIT
 * The table of channels: numbers, slots and streams; and the ledger of what was
 * sent. */
#include "sctp/channel.h"

#include "sctp/ledger.h"
#include "tap.h"

static struct rtc_channel *make(struct rtc_channel_table *t, int id)
{
    struct rtc_channel_config config = {.max_retransmits = -1,
                                        .max_lifetime_ms = -1,
                                        .negotiated = id >= 0,
                                        .id = (uint16_t)id};
    struct rtc_channel *c = NULL;

    (void)rtc_channel_make(t, &config, &c);
    return c;
}

static void test_numbers(void)
{
    struct rtc_channel_table t = {.next_number = 0};
    struct rtc_channel *c;

    for (int i = 0; i < RTC_CHANNEL_MOST; i++)
        if (!(c = make(&t, -1)) || c->number != i || c->id != -1)
            ok(false, "channels are numbered from 0");
    ok(!make(&t, -1), "up to the cap");
    c = rtc_channel_by_number(&t, 7);
    rtc_channel_close(c);
    ok(!make(&t, -1), "a closed one stays until the close is told");
    c->tell_closed = false;
    ok(rtc_channel_by_number(&t, 7) == c, "and after it");
    c = make(&t, -1);
    is_int(c ? c->number : -1, RTC_CHANNEL_MOST, "its slot is used again");
    ok(!rtc_channel_by_number(&t, 7), "its number is not");
    rtc_channel_table_done(&t);
}

static void test_ids(void)
{
    struct rtc_channel_table t = {.next_number = 0};
    struct rtc_channel *c;

    is_int(rtc_channel_free_id(&t, true, 10), 0, "the client's first stream");
    is_int(rtc_channel_free_id(&t, false, 10), 1, "the server's");
    c = make(&t, 0);
    make(&t, 3);
    is_int(rtc_channel_free_id(&t, true, 10), 2, "the next one");
    is_int(rtc_channel_free_id(&t, false, 10), 1, "not taken by the client's");
    make(&t, 1);
    is_int(rtc_channel_free_id(&t, false, 10), 5, "those in use are left out");
    is_int(rtc_channel_free_id(&t, false, 5), -1, "and there may be none");
    rtc_channel_close(c);
    is_int(rtc_channel_free_id(&t, true, 10), 0, "a closed one's is free");
    ok(!rtc_channel_by_id(&t, 0), "it is nobody's");
    ok(rtc_channel_by_id(&t, 3)->id == 3, "another is found");
    rtc_channel_table_done(&t);
}

static void test_ledger(void)
{
    struct rtc_ledger l = {.first = 0};
    uint64_t settled = 0;
    int owner = -1;

    is_int(rtc_ledger_settle(&l, 0, &owner), 0, "nothing to settle");
    for (uint32_t i = 1; i <= 100; i++) {
        ok(!rtc_ledger_reserve(&l), "room");
        rtc_ledger_push(&l, (int)i, i);
        if (i % 3 == 0)
            settled += rtc_ledger_settle(&l, l.total - i / 3, &owner);
    }
    is_int((int64_t)(l.total + settled), 5050, "no byte is lost");
    is_int(rtc_ledger_settle(&l, l.total, &owner), 0, "still waiting");
    while (rtc_ledger_settle(&l, 0, &owner))
        ;
    is_int(owner, 100, "the newest is the last to go");
    is_int((int64_t)l.total, 0, "none is left");
    for (uint32_t i = 0; i < RTC_LEDGER_MOST; i++) {
        if (rtc_ledger_reserve(&l))
            ok(false, "room up to the cap");
        rtc_ledger_push(&l, 1, 1);
    }
    is_int(rtc_ledger_reserve(&l), RTC_ERR_AGAIN, "then no more");
    rtc_ledger_done(&l);
}

int main(void)
{
    test_numbers();
    test_ids();
    test_ledger();
    return tap_done();
}
