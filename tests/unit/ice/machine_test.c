/* SPDX-License-Identifier: MIT
 * Seeded sequences of whatever an owner and a network can do to two agents, in
 * any order: no step of states is illegal (an assertion), no deadline is late,
 * what is selected is consistent, and in the end a restart heals everything. */
#include "ice/link.h"

#define ROUNDS 200
#define ACTIONS 80

static uint64_t seed;

static unsigned draw(unsigned below)
{
    uint8_t bytes[4];

    link_random(&seed, bytes, sizeof bytes);
    return ((unsigned)bytes[0] | (unsigned)bytes[1] << 8 |
            (unsigned)bytes[2] << 16) %
           below;
}

static bool mostly(struct link *link, int from, struct rtc_path *path)
{
    return draw(4) > 0 && link_pass(link, from, path);
}

static struct rtc_candidate any_host(int side)
{
    struct rtc_candidate c = link_host("192.0.2.1:0");

    c.addr.port = c.base.port = (uint16_t)(1000 * (side + 1) + (int)draw(4));
    c.priority -= draw(1000);
    if (draw(4) == 0)
        c.type = RTC_CANDIDATE_RELAY;
    return c;
}

static void remove_any(struct link *link, int side)
{
    struct rtc_candidate c = any_host(side);

    rtc_ice_remove_local(link->agents[side], &c.base, link->now);
}

static void tell_all(struct link *link, int side)
{
    struct rtc_candidate c;

    for (unsigned i = 0; rtc_ice_local(link->agents[side], i, &c); i++)
        rtc_ice_add_remote(link->agents[1 - side], &c, link->now);
}

static void introduce(struct link *link)
{
    for (int i = 0; i < 2; i++)
        rtc_ice_set_remote(
            link->agents[i], rtc_ice_local_ufrag(link->agents[1 - i]),
            rtc_ice_local_pwd(link->agents[1 - i]), false, link->now);
}

static void restart_both(struct link *link)
{
    rtc_ice_restart(link->agents[0], link->now);
    rtc_ice_restart(link->agents[1], link->now);
    introduce(link);
}

static void retime(struct link *link, int side)
{
    struct rtc_ice_timing timing;

    rtc_ice_timing_init(&timing);
    timing.rto_us = RTC_MS * draw(500);
    timing.pacing_us = RTC_MS * draw(100);
    timing.consent_us = RTC_MS * draw(6000);
    rtc_ice_set_timing(link->agents[side], &timing, link->now);
}

static void act(struct link *link)
{
    int side = (int)draw(2);
    struct rtc_candidate c = any_host(side);
    static const link_route_fn routes[] = {link_pass, link_lose, mostly};

    switch (draw(10)) {
    case 0:
        rtc_ice_add_local(link->agents[side], &c, link->now);
        break;
    case 1:
    case 2:
        tell_all(link, side);
        break;
    case 3:
        remove_any(link, side);
        break;
    case 4:
        introduce(link);
        break;
    case 5:
        if (draw(3) == 0)
            restart_both(link);
        break;
    case 6:
        link->route = routes[draw(3)];
        break;
    case 7:
        rtc_ice_set_controlling(link->agents[side], draw(2));
        break;
    case 8:
        retime(link, side);
        break;
    default:
        rtc_ice_restart(link->agents[side], link->now);
        introduce(link);
        break;
    }
}

/* Like link_run, without a line a step. */
static void run(struct link *link, rtc_usec span)
{
    rtc_usec until = link->now + span;

    while (link->now < until) {
        link_drain(link);
        link->now = rtc_min_time(link->now + 5 * RTC_MS, until);
        link_deliver(link);
        rtc_ice_tick(link->agents[0], link->now);
        rtc_ice_tick(link->agents[1], link->now);
    }
}

static bool is_consistent(const struct rtc_ice_agent *agent)
{
    enum rtc_ice_state state = rtc_ice_state(agent);
    bool has_path = rtc_ice_selected(agent) != NULL;

    if (state == RTC_ICE_CONNECTED || state == RTC_ICE_COMPLETED)
        return has_path;
    return state != RTC_ICE_FAILED || !has_path;
}

static void test_round(unsigned round)
{
    struct link *link = link_new();
    bool consistent = true;
    struct rtc_candidate c;

    seed = 0xABCDEF + round;
    for (unsigned i = 0; i < ACTIONS; i++) {
        act(link);
        run(link, RTC_MS * draw(i % 8 ? 300 : 12000));
        consistent = consistent && is_consistent(link->agents[0]) &&
                     is_consistent(link->agents[1]);
    }
    link->route = link_pass;
    for (int i = 0; i < 2; i++) {
        c = any_host(i);
        rtc_ice_add_local(link->agents[i], &c, link->now);
    }
    restart_both(link);
    tell_all(link, 0);
    tell_all(link, 1);
    run(link, 30 * RTC_SEC);
    printf("# seed %u\n", (unsigned)(0xABCDEF + round));
    ok(consistent, "states and selection agree all the way");
    is_int(link->late_deadlines, 0, "no deadline lies in the past");
    link_are_states(link, RTC_ICE_COMPLETED, "a restart heals everything");
    ok(rtc_addr_equal(&rtc_ice_selected(link->agents[0])->local,
                      &rtc_ice_selected(link->agents[1])->remote),
       "both take the same pair");
    link_free(link);
}

int main(void)
{
    for (unsigned round = 0; round < ROUNDS; round++)
        test_round(round);
    return tap_done();
}
