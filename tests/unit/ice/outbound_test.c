/* SPDX-License-Identifier: MIT
 * When checks go out: the resend times of rows of timings, their number to a
 * dead address, pacing, consent, and a change of times under way. */
#include "ice/checklist.h"
#include "ice/link.h"

#define A "192.0.2.1:1000"

struct row {
    const char *name;
    rtc_usec rto_us, rto_max_us;
    unsigned transmit_count;
    rtc_usec sends[8]; /* since the start */
    unsigned count;
};

#define MS(n) ((n)*RTC_MS)

static const struct row rows[] = {
    {"the defaults",
     MS(250),
     MS(3000),
     7,
     {0, MS(250), MS(750), MS(1750), MS(3750), MS(6750), MS(9750)},
     7},
    {"acceptance 4: initial RTO 50 ms", MS(50), MS(3000), 2, {0, MS(50)}, 2},
    {"acceptance 4: initial RTO 100, at most 150 ms",
     MS(100),
     MS(150),
     5,
     {0, MS(100), MS(250), MS(400), MS(550)},
     5},
    {"acceptance 5: three sends to a dead address, then silence",
     MS(250),
     MS(3000),
     3,
     {0, MS(250), MS(750)},
     3},
};

static struct link *dead_link(const struct rtc_ice_timing *timing)
{
    struct link *link = link_new_with((struct link_side){.controlling = true},
                                      (struct link_side){0}, timing, NULL);

    link->route = link_lose;
    link_add_host(link, 0, A);
    return link;
}

static void add_dead_remote(struct link *link, unsigned port)
{
    struct rtc_candidate c = link_host("192.0.2.2:2000");

    c.addr.port = (uint16_t)port;
    /* Lower ports first. */
    c.priority -= (uint32_t)port;
    rtc_ice_add_remote(link->agents[0], &c, link->now);
}

static void test_row(const struct row *row)
{
    struct rtc_ice_timing timing;
    struct link *link;
    rtc_usec start;

    rtc_ice_timing_init(&timing);
    timing.rto_us = row->rto_us;
    timing.rto_max_us = row->rto_max_us;
    timing.transmit_count = row->transmit_count;
    link = dead_link(&timing);
    link_introduce_one(link, 0, false);
    start = link->now;
    add_dead_remote(link, 2000);
    link_run(link, 19 * RTC_SEC);
    is_int(link->sent[0], row->count, row->name);
    for (unsigned i = 0; i < row->count; i++)
        is_int(link->sent_at[0][i] - start, row->sends[i], "sent when due");
    link_free(link);
}

static void test_pacing(void)
{
    struct rtc_ice_timing timing;
    struct link *link;
    rtc_usec start;

    rtc_ice_timing_init(&timing);
    timing.transmit_count = 2;
    link = dead_link(&timing);
    link_introduce_one(link, 0, false);
    start = link->now;
    for (unsigned i = 0; i < 10; i++)
        add_dead_remote(link, 2000 + i);
    link_run(link, 10 * RTC_SEC);
    for (unsigned i = 0; i < 10; i++)
        is_int(link->sent_at[0][i] - start, MS(50) * i, "one every Ta");
    /* RFC 8445 14.3: Ta times the number of pairs. */
    is_int(link->sent_at[0][10] - start, MS(500), "the first resend");
    is_int(link->sent[0], 20, "each twice");
    link_free(link);
}

static void test_retimed(void)
{
    struct rtc_ice_timing timing;
    struct link *link;
    rtc_usec start;

    rtc_ice_timing_init(&timing);
    timing.rto_us = 2 * RTC_SEC;
    link = dead_link(&timing);
    link_introduce_one(link, 0, false);
    start = link->now;
    add_dead_remote(link, 2000);
    link_run(link, MS(10));
    timing.rto_us = MS(60);
    rtc_ice_set_timing(link->agents[0], &timing, link->now);
    link_run(link, MS(500));
    is_int(link->sent_at[0][1] - start, MS(60),
           "acceptance 18: a change of timing acts at once");
    link_free(link);
}

static void test_never_forever(void)
{
    struct rtc_ice_timing timing = {RTC_NEVER, RTC_NEVER, RTC_NEVER, 0,
                                    RTC_NEVER, RTC_NEVER, RTC_NEVER, RTC_NEVER};
    struct link *link = dead_link(&timing);

    link_introduce_one(link, 0, false);
    add_dead_remote(link, 2000);
    link_run(link, 100 * RTC_SEC);
    is_int(link->sent[0], 1, "times without end are borne");
    link_free(link);

    timing = (struct rtc_ice_timing){0};
    link = dead_link(&timing);
    link_introduce_one(link, 0, false);
    add_dead_remote(link, 2000);
    link_run(link, 100 * RTC_SEC);
    is_int(link->sent[0], 0, "and times of nothing");
    is_int(rtc_ice_state(link->agents[0]), RTC_ICE_FAILED,
           "where patience ends before the first send");
    link_free(link);
}

static void test_consent_times(void)
{
    struct link *link = link_new();
    unsigned distinct = 0;

    link->delay_us = 0;
    link_add_host(link, 0, A);
    link_add_host(link, 1, "192.0.2.2:2000");
    link_introduce_one(link, 0, true); /* as if 1 were lite: it only answers */
    link_run(link, 100 * RTC_SEC);
    ok(link->sent[0] >= 2 + 16 && link->sent[0] <= 2 + 25, "every 4 to 6 s");
    for (unsigned i = 3; i < link->sent[0]; i++) {
        rtc_usec gap = link->sent_at[0][i] - link->sent_at[0][i - 1];

        ok(gap >= 4 * RTC_SEC && gap <= 6 * RTC_SEC, "within 20 %");
        distinct +=
            gap / MS(10) !=
            (link->sent_at[0][i - 1] - link->sent_at[0][i - 2]) / MS(10);
    }
    ok(distinct > 10, "and never the same");
    link_free(link);
}

static void test_small_buffer(void)
{
    struct link *link = dead_link(NULL);
    uint8_t buf[RTC_ICE_MESSAGE_MOST];
    struct rtc_path path;

    link_introduce_one(link, 0, false);
    add_dead_remote(link, 2000);
    is_int(rtc_ice_transmit(link->agents[0], buf, sizeof buf - 1, &path,
                            link->now),
           RTC_ERR_NOBUF, "a small buffer");
    ok(rtc_ice_transmit(link->agents[0], buf, sizeof buf, &path, link->now) > 0,
       "loses nothing");
    link_free(link);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        test_row(&rows[i]);
    test_pacing();
    test_retimed();
    test_never_forever();
    test_consent_times();
    test_small_buffer();
    return tap_done();
}
