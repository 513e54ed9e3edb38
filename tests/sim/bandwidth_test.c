/* SPDX-License-Identifier: MIT
 * Congestion control over links whose rate, delay and loss change: a sender
 * that spends what it is told must use the link and not fill its queue.
 * Acceptance B4 to B12 and B15, without probing. */
#include "tests/sim/spender.h"

/* B5: from 300 kbit/s up, and to what is there. */
static void test_growth(void)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 10000000};

    spend_begin(5, &link);
    spend_look(2 * SEC);
    spend_check_told(1000000, link.rate_bps, "B5: after 2 s");
    spend_look(10 * SEC);
    spend_check_told(5000000, link.rate_bps, "after 12 s");
    spend_check_steady(20, &link, 7000000);
    spend_end();
}

/* B10. */
static void test_converge(void)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 2000000};

    spend_begin(10, &link);
    spend_look(5 * SEC);
    spend_check_told(1400000, link.rate_bps, "B10: converges");
    spend_check_steady(30, &link, 1600000);
    spend_end();
}

/* B4, B6: a longer way is no queue. */
static void test_delay(void)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 3000000};

    spend_begin(4, &link);
    spend_look(10 * SEC);
    spend_check_told(2000000, link.rate_bps, "B4: before the way got longer");
    link.delay_us = 100 * MS;
    spend_change(&link);
    spend_look(2 * SEC);
    spend_check_told(1000000, link.rate_bps, "and after");
    spend_check_steady(15, &link, 1400000);
    spend_end();
    link = (struct sim_link){.delay_us = 20 * MS, .rate_bps = 5000000};
    spend_begin(6, &link);
    spend_look(10 * SEC);
    spend_check_told(2000000, link.rate_bps, "B6: before");
    link.delay_us = 150 * MS;
    spend_change(&link);
    spend_look(10 * SEC);
    spend_check_told(500000, link.rate_bps, "on the long way");
    link.delay_us = 20 * MS;
    spend_change(&link);
    spend_look(10 * SEC);
    spend_check_told(1000000, link.rate_bps, "and back");
    spend_check_steady(10, &link, 3000000);
    spend_end();
}

/* B7: three seconds of nothing. */
static void test_outage(void)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 3000000};

    spend_begin(7, &link);
    spend_look(10 * SEC);
    link.dead = true;
    spend_change(&link);
    spend_look(3 * SEC);
    link.dead = false;
    spend_change(&link);
    spend_look(15 * SEC);
    spend_check_told(2000000, link.rate_bps, "B7: recovers from an outage");
    spend_check_steady(10, &link, 1800000);
    spend_end();
}

/* B8: what is not sent says nothing. */
static void test_application_limit(void)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 50000000};

    spend_begin(8, &link);
    run.desired_bps = 3000000;
    spend_look(60 * SEC);
    within(run.pair, run.told_bps, 2000000, 4800000,
           "B8: half more than what is sent");
    run.desired_bps = 64000;
    spend_look(60 * SEC);
    within(run.pair, run.told_bps, 2000000, 4800000, "a pause changes nothing");
    spend_end();
}

/* From `high` down to `low` and up again. */
static void check_drop(uint64_t high, uint64_t low, uint64_t least_up,
                       const char *name)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = high};
    uint64_t bps;

    spend_begin(9, &link);
    spend_look(20 * SEC);
    spend_check_told(high / 2, high, name);
    link.rate_bps = low;
    spend_change(&link);
    spend_look(SEC);
    spend_check_told(low / 3, low, "backs off within a second");
    spend_look(14 * SEC);
    spend_check_told(low / 2, low, "finds the new rate");
    spend_check_steady(5, &link, low * 6 / 10);
    link.rate_bps = high;
    spend_change(&link);
    bps = run.told_bps;
    spend_look(3 * SEC);
    within(run.pair, run.told_bps, bps * 8 / 10, high, "holds on");
    spend_look(22 * SEC);
    within(run.pair, run.told_bps, least_up, high + high / 10, "and up again");
    spend_end();
}

/* B12: loss that is the link's own. */
static void test_loss(void)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 5000000};

    spend_begin(12, &link);
    spend_look(15 * SEC);
    spend_check_told(2000000, link.rate_bps, "B12: before any loss");
    link.loss = 0.1;
    spend_change(&link);
    spend_look(20 * SEC);
    spend_check_told(1000000, link.rate_bps, "a tenth is lost at random");
    link.loss = 0;
    link.burst_good = 40;
    link.burst_bad = 7;
    spend_change(&link);
    spend_look(20 * SEC);
    spend_check_told(1000000, link.rate_bps, "15 % in bursts");
    spend_end();
    link = (struct sim_link){
        .delay_us = 20 * MS, .rate_bps = 5000000, .loss = 0.1};
    spend_begin(13, &link);
    spend_look(30 * SEC);
    spend_check_told(1000000, link.rate_bps, "lossy from the start");
    spend_end();
}

/* A queue so short that it shows as loss only. */
static void test_short_queue(void)
{
    const struct sim_link link = {
        .delay_us = 20 * MS, .rate_bps = 2000000, .queue_bytes = 4000};

    spend_begin(14, &link);
    spend_look(20 * SEC);
    within(run.pair, spend_look(20 * SEC), 1000000, link.rate_bps,
           "a queue of three packets: uses the link");
    within(run.pair, run.most_bps, 1000000, link.rate_bps * 12 / 10,
           "told little more than it carries");
    spend_end();
}

/* The presets of networks of the acceptance cases. */
static const struct preset {
    const char *name;
    struct sim_link link;
    uint64_t desired_bps, least_bps;
} presets[] = {
    {"wifi",
     {5 * MS, 2 * MS, 100000000, 200000, 0, 200, 2, 0, 0, false},
     8000000,
     7000000},
    {"lossy wifi",
     {15 * MS, 10 * MS, 50000000, 100000, 0, 40, 2, 0, 0, false},
     8000000,
     3000000},
    {"congested wifi",
     {10 * MS, 20 * MS, 5000000, 30000, 0, 20, 2, 0, 0, false},
     8000000,
     500000},
    {"cellular",
     {50 * MS, 15 * MS, 30000000, 100000, 0, 100, 2, 0, 0, false},
     8000000,
     2000000},
    {"satellite",
     {600 * MS, 30 * MS, 15000000, 500000, 0, 100, 3, 0, 0, false},
     8000000,
     400000},
    {"congested",
     {80 * MS, 40 * MS, 10000000, 50000, 0, 20, 2, 0, 0, false},
     8000000,
     250000},
};

static void test_presets(void)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        const struct preset *p = &presets[i];
        uint64_t came;

        spend_begin(12345, &p->link);
        run.desired_bps = p->desired_bps;
        spend_look(30 * SEC);
        came = spend_look(10 * SEC);
        printf("# %s: told %d kbit/s, came %d, p95 %d ms\n", p->name,
               (int)(run.told_bps / 1000), (int)(came / 1000),
               (int)(spend_late() / MS));
        within(run.pair, came, p->least_bps, p->link.rate_bps, p->name);
        within(run.pair, spend_late(), p->link.delay_us - p->link.jitter_us,
               2 * p->link.delay_us + p->link.delay_us + 200 * MS,
               "without a long queue");
        spend_end();
    }
}

int main(void)
{
    test_growth();
    test_converge();
    test_delay();
    test_outage();
    test_application_limit();
    check_drop(5000000, 1000000, 1500000, "B9: 5 Mbit/s");
    check_drop(10000000, 800000, 3000000, "B11: 10 Mbit/s");
    test_loss();
    test_short_queue();
    test_presets();
    return tap_done();
}
