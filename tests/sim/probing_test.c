/* SPDX-License-Identifier: MIT
 * Congestion control that looks for room the media does not use: acceptance B1
 * to B3, B13 and B14. The sender spends little, or what it is told; what it
 * would spend is its goal. */
#include "tests/sim/spender.h"

/* A sender that spends `desired`, and would spend `goal`. */
static void begin(uint64_t seed, uint64_t link_bps, uint64_t desired,
                  uint64_t goal)
{
    const struct sim_link link = {.delay_us = 20 * MS, .rate_bps = link_bps};

    spend_begin(seed, &link);
    run.desired_bps = desired;
    rtc_peer_set_bitrate_goal(run.pair->side[SIM_L].peer, goal);
}

/* B1. */
static void test_start(void)
{
    begin(1, 10000000, 1000000, 10000000);
    spend_look(2 * SEC);
    spend_check_told(5000000, 10000000, "B1: room is found within 2 s");
    spend_look(10 * SEC);
    spend_check_told(5000000, 10000000, "and remembered");
    within(run.pair, spend_late(), 20 * MS, 60 * MS, "without a queue");
    spend_end();
    begin(1, 10000000, 1000000, 0);
    spend_look(12 * SEC);
    spend_check_told(1000000, 1800000, "without a goal nothing is looked for");
    spend_end();
}

/* B2, B3. */
static void test_goal(void)
{
    begin(2, 20000000, 1000000, 20000000);
    spend_look(3 * SEC);
    spend_check_told(12000000, 20000000, "B2: further runs find more");
    spend_end();
    begin(3, 50000000, 1000000, 10000000);
    spend_look(10 * SEC);
    within(run.pair, run.most_bps, 10000000, 20000000,
           "B3: no more than twice the goal");
    spend_end();
}

/* B13. */
static void test_idle(void)
{
    struct sim_link link = {.delay_us = 20 * MS, .rate_bps = 2000000};

    begin(13, link.rate_bps, 400000, 2000000);
    spend_look(15 * SEC);
    spend_check_told(1400000, 2000000, "B13: what there is");
    link.rate_bps = 8000000;
    spend_change(&link);
    spend_look(4 * SEC);
    spend_check_told(1400000, 4000000, "with that goal no more is looked for");
    rtc_peer_set_bitrate_goal(run.pair->side[SIM_L].peer, 8000000);
    spend_look(7 * SEC);
    spend_check_told(5500000, 8000000, "a higher goal finds more");
    link.rate_bps = 1000000;
    spend_change(&link);
    spend_look(20 * SEC);
    spend_check_told(600000, 1200000, "and a slower link is noticed");
    spend_end();
}

/* The layer that fits, of three; what it spends, for the wire. */
static uint64_t layer(uint64_t told)
{
    static const uint64_t layers[] = {1200000, 500000, 150000};

    for (int i = 0; i < 2; i++)
        if (layers[i] + layers[i] / 10 <= told)
            return layers[i];
    return layers[2];
}

/* Looks second by second, and takes the layer that fits. */
static unsigned steady_seconds(unsigned seconds, uint64_t wanted)
{
    unsigned steady = 0;

    for (unsigned i = 0; i < seconds; i++) {
        run.desired_bps = layer(run.told_bps);
        spend_look(SEC);
        steady = run.desired_bps >= wanted ? steady + 1 : 0;
    }
    return steady;
}

/* B14. */
static void test_ramp(void)
{
    struct sim_link link = {
        .delay_us = 50 * MS, .jitter_us = 10 * MS, .rate_bps = 250000};

    begin(14, link.rate_bps, 150000, 1400000);
    steady_seconds(20, 500000);
    link.rate_bps = 750000;
    spend_change(&link);
    within(run.pair, steady_seconds(20, 500000), 1, 20,
           "B14: the middle layer within 20 s");
    link.rate_bps = 1500000;
    spend_change(&link);
    within(run.pair, steady_seconds(20, 1200000), 1, 20,
           "the top one within 20 s");
    within(run.pair, steady_seconds(10, 1200000), 10, 10, "and it stays");
    spend_end();
}

int main(void)
{
    test_start();
    test_goal();
    test_idle();
    test_ramp();
    return tap_done();
}
