/* SPDX-License-Identifier: MIT
 * Runs of packets on links of plain arithmetic; whole sessions are
 * tests/sim/probing_test.c's. */
#include "cc/probe.h"

#include "tap.h"

#define PACKET 1200
#define MBIT UINT64_C(1000000)

static struct rtc_probe p;
static rtc_usec now, jitter_us;
static uint32_t dice = 1;

/* Up to jitter_us, either way. */
static rtc_usec jitter(void)
{
    dice = dice * 1664525 + 1013904223;
    return jitter_us ? (rtc_usec)(dice >> 8) % (2 * jitter_us) - jitter_us : 0;
}

static struct rtc_probe_view view(uint64_t estimate, uint64_t sent)
{
    return (struct rtc_probe_view){.estimate_bps = estimate, .sent_bps = sent};
}

static void plan(uint64_t estimate, uint64_t sent)
{
    const struct rtc_probe_view seen = view(estimate, sent);

    rtc_probe_plan(&p, &seen, now);
}

static void begin(uint64_t goal)
{
    rtc_probe_init(&p);
    rtc_probe_set_goal(&p, goal);
    now = 1000 * RTC_SEC;
}

/* Makes the run that is due over a link of `link_bps`, of which every
 * `lose`th packet is lost (0: none). The rate it was sent at, 0: there is
 * none. */
static uint64_t make_one(uint64_t link_bps, unsigned lose,
                         struct rtc_probe_result *ret_result, bool *ret_known)
{
    struct rtc_probe_news news[1000];
    unsigned count = 0;
    rtc_usec free_at = 0, first = 0, last = 0;
    size_t bytes = 0;

    while (rtc_probe_deadline(&p) != RTC_NEVER && count < 1000) {
        size_t most;

        now = rtc_max_time(now, rtc_probe_deadline(&p));
        most = rtc_probe_ask(&p, now);
        for (size_t sent = 0; sent < most && count < 1000; sent += PACKET) {
            rtc_usec took = PACKET * 8 * RTC_SEC / (rtc_usec)link_bps;

            free_at = rtc_max_time(free_at, now) + took;
            news[count] = (struct rtc_probe_news){
                .id = rtc_probe_sent(&p, PACKET, now),
                .received = !lose || count % lose,
                .sent_us = now,
                .came_us = free_at + 20 * RTC_MS + jitter(),
                .len = PACKET};
            if (!news[count].id)
                break;
            first = count ? first : now;
            last = now;
            bytes += PACKET;
            count++;
        }
    }
    for (unsigned i = 0; i < count; i++)
        rtc_probe_take(&p, &news[i]);
    now += 60 * RTC_MS;
    *ret_known = rtc_probe_result(&p, ret_result, now);
    return count > 1 ? (bytes - PACKET) * 8 * RTC_SEC / (uint64_t)(last - first)
                     : 0;
}

/* The same, and those that repeat it: until there is a result. */
static uint64_t make_run(uint64_t link_bps, unsigned lose,
                         struct rtc_probe_result *ret_result, bool *ret_known)
{
    uint64_t bps = make_one(link_bps, lose, ret_result, ret_known);

    for (int i = 0; i < 2 && !*ret_known && p.met_count; i++)
        make_one(link_bps, lose, ret_result, ret_known);
    return bps;
}

static bool near(uint64_t got, uint64_t want)
{
    bool pass = got > want - want / 20 && got < want + want / 20;

    if (!pass)
        printf("# got %llu, want about %llu\n", (unsigned long long)got,
               (unsigned long long)want);
    return pass;
}

/* B1, B2. */
static void test_start(void)
{
    struct rtc_probe_result result;
    bool known;

    begin(20 * MBIT);
    plan(0, 0);
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "nothing known, nothing done");
    plan(MBIT, MBIT);
    ok(near(make_run(20 * MBIT, 0, &result, &known), 3 * MBIT),
       "first thrice the estimate");
    ok(known && !result.limited && near(result.carried_bps, 3 * MBIT),
       "which is carried");
    ok(near(make_run(20 * MBIT, 0, &result, &known), 6 * MBIT),
       "then six times");
    ok(known && near(result.carried_bps, 6 * MBIT), "carried, too");
    ok(near(make_run(20 * MBIT, 0, &result, &known), 12 * MBIT),
       "and twice that, as it was");
    ok(known && near(result.carried_bps, 12 * MBIT), "carried");
    ok(near(make_run(20 * MBIT, 0, &result, &known), 24 * MBIT),
       "and once more");
    ok(known && result.limited && result.carried_bps > 18 * MBIT &&
           result.carried_bps < 20 * MBIT,
       "where the link's rate shows");
    is_int((int64_t)make_run(20 * MBIT, 0, &result, &known), 0,
           "that is enough");
}

static void test_limit(void)
{
    struct rtc_probe_result result;
    bool known;

    begin(20 * MBIT);
    plan(MBIT, MBIT);
    make_run(2 * MBIT, 0, &result, &known);
    ok(known && result.limited && result.carried_bps > 18 * MBIT / 10 &&
           result.carried_bps < 2 * MBIT,
       "a slow link shows in the first run");
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "and there is no second");
}

/* A short run among jitter of half its length says little; three say more. */
static void test_jitter(void)
{
    struct rtc_probe_result result;
    bool known;
    unsigned count = 0, wrong = 0;

    jitter_us = 10 * RTC_MS;
    for (int i = 0; i < 100; i++) {
        begin(20 * MBIT);
        p.started = p.raised = true;
        plan(MBIT, MBIT / 2);
        make_run(15 * MBIT / 10, 0, &result, &known);
        if (!known || !result.limited)
            continue;
        count++;
        wrong += result.carried_bps < 1200000 || result.carried_bps > 1650000 ||
                 !result.is_sure;
    }
    jitter_us = 0;
    printf("# %u limits, %u far off\n", count, wrong);
    ok(count > 60, "most of the runs meet the link's limit");
    ok(wrong < 5, "and measure it");
}

/* A limit that a longer run shows needs no other. */
static void test_sure(void)
{
    struct rtc_probe_result result;
    bool known;

    begin(20 * MBIT);
    plan(MBIT, MBIT);
    make_one(MBIT / 2, 0, &result, &known);
    ok(known && result.limited && result.is_sure, "a long run is sure at once");
    begin(20 * MBIT);
    plan(MBIT, MBIT);
    make_one(2 * MBIT, 0, &result, &known);
    ok(!known, "a short one is not");
    ok(rtc_probe_deadline(&p) >= now + 200 * RTC_MS,
       "and is made again when its queue is gone");
}

/* B3. */
static void test_goal(void)
{
    struct rtc_probe_result result;
    bool known;
    uint64_t most = 0;

    begin(10 * MBIT);
    plan(5 * MBIT, 5 * MBIT);
    for (int i = 0; i < 10; i++) {
        uint64_t bps = make_run(50 * MBIT, 0, &result, &known);
        most = bps > most ? bps : most;
    }
    ok(near(most, 20 * MBIT), "no run is faster than twice the goal");
    begin(0);
    plan(5 * MBIT, MBIT);
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "without a goal there is none");
}

/* A started one, whose media takes `sent` of `estimate`. */
static void begin_idle(uint64_t estimate, uint64_t sent)
{
    begin(10 * MBIT);
    p.started = true;
    p.next_us = now + 5 * RTC_SEC;
    plan(estimate, estimate);
    plan(estimate, sent);
}

/* B13. */
static void test_idle(void)
{
    struct rtc_probe_result result;
    bool known;

    begin_idle(3 * MBIT, 28 * MBIT / 10);
    now += 10 * RTC_SEC;
    plan(3 * MBIT, 28 * MBIT / 10);
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "the media uses what there is");
    begin_idle(3 * MBIT, 2 * MBIT);
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "two thirds are no idling");
    now += 5 * RTC_SEC;
    plan(3 * MBIT, 2 * MBIT);
    ok(near(make_run(5 * MBIT, 0, &result, &known), 6 * MBIT),
       "but a run comes in its time");
    begin_idle(3 * MBIT, MBIT);
    ok(near(make_run(5 * MBIT, 0, &result, &known), 6 * MBIT),
       "a third is: a run at once");
    now += 2 * RTC_SEC;
    plan(3 * MBIT, MBIT);
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "none before its time");
    plan(3 * MBIT, 17 * MBIT / 10);
    ok(p.idle, "more, and still idle");
    now += 3 * RTC_SEC;
    plan(3 * MBIT, MBIT);
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "nor soon: it met a limit");
    now += 5 * RTC_SEC;
    plan(3 * MBIT, MBIT);
    ok(near(make_run(6 * MBIT, 0, &result, &known), 6 * MBIT),
       "another one after ten seconds");
    make_run(6 * MBIT, 0, &result, &known);
    rtc_probe_set_goal(&p, 12 * MBIT);
    plan(3 * MBIT, MBIT);
    ok(near(make_run(5 * MBIT, 0, &result, &known), 6 * MBIT),
       "and when the goal rises");
    plan(3 * MBIT, 2 * MBIT);
    ok(!p.idle, "idle no more");
    plan(13 * MBIT, MBIT);
    is_int(rtc_probe_deadline(&p), RTC_NEVER,
           "nothing is looked for beyond the goal");
}

static void test_trouble(void)
{
    struct rtc_probe_view troubled = view(MBIT, MBIT);

    begin(10 * MBIT);
    troubled.troubled = true;
    rtc_probe_plan(&p, &troubled, now);
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "no run into a full path");
    plan(MBIT, MBIT);
    ok(rtc_probe_deadline(&p) <= now, "the first ones come later then");
}

static void test_loss(void)
{
    struct rtc_probe_result result;
    bool known;

    begin(10 * MBIT);
    plan(MBIT, MBIT);
    make_run(20 * MBIT, 3, &result, &known);
    ok(!known, "a third lost says nothing");
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "and the next run is not made");
    begin(10 * MBIT);
    plan(MBIT, MBIT);
    make_run(20 * MBIT, 12, &result, &known);
    ok(known, "one of eight is bearable");
}

/* Nothing to send, nothing heard. */
static void test_stall(void)
{
    struct rtc_probe_result result;

    begin(10 * MBIT);
    plan(MBIT, MBIT);
    ok(rtc_probe_ask(&p, now) > 0, "a run begins");
    rtc_probe_sent(&p, PACKET, now);
    now += RTC_SEC;
    is_int((int64_t)rtc_probe_ask(&p, now), 0, "too late to go on with it");
    is_int(rtc_probe_deadline(&p), RTC_NEVER, "it is given up");
    begin(10 * MBIT);
    plan(MBIT, MBIT);
    for (int i = 0; i < 100 && rtc_probe_deadline(&p) != RTC_NEVER; i++) {
        now = rtc_max_time(now, rtc_probe_deadline(&p));
        if (rtc_probe_ask(&p, now))
            rtc_probe_sent(&p, PACKET, now);
    }
    ok(!rtc_probe_result(&p, &result, now + RTC_SEC), "nothing heard yet");
    ok(p.run.bps, "it is waited for");
    ok(!rtc_probe_result(&p, &result, now + 3 * RTC_SEC), "nothing heard");
    ok(!p.run.bps, "and no longer waited for");
}

int main(void)
{
    test_start();
    test_limit();
    test_jitter();
    test_sure();
    test_goal();
    test_idle();
    test_trouble();
    test_loss();
    test_stall();
    return tap_done();
}
