/* SPDX-License-Identifier: MIT
 * A peer that moves in mid-stream: its address goes and another one comes, at
 * either side, with or without a pause, told to the other side or not. */
#include "base/addr.h"
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};
static const struct sim_link dead = {.dead = true};

/* VP8 from L, Opus from R, on addresses that are dead from here on, or will
 * be. */
static struct sim_talk *start(uint64_t seed)
{
    struct sim_talk *talk = sim_talk_new(seed, &wire);
    struct sim_pair *pair = talk->pair;

    for (int i = 0; i < 2; i++)
        pair->side[i].config.trickle = true;
    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    within(pair, sim_pair_connect(pair, 5 * SEC), 125 * MS, 220 * MS,
           "connected");
    sim_talk_begin(talk);
    sim_talk_run(talk, 5 * SEC);
    return talk;
}

/* Runs on; the longest time in which no frame of the flow came. */
static rtc_usec longest_gap(struct sim_talk *talk, unsigned flow, rtc_usec span)
{
    const struct sim_flow *f = &talk->flows[flow];
    struct sim_pair *pair = talk->pair;
    rtc_usec until = pair->now + span, longest = 0;

    while (pair->now < until) {
        rtc_usec since = pair->now;
        unsigned before = f->received;
        while (pair->now < until && f->received == before)
            sim_talk_run(talk, 10 * MS);
        if (pair->now - since > longest)
            longest = pair->now - since;
    }
    return longest;
}

static struct rtc_path path_of(const struct sim_talk *talk, int which)
{
    struct rtc_stats stats;

    rtc_peer_stats(talk->pair->side[which].peer, &stats);
    return stats.path;
}

/* The only address of `which` goes; another one comes that is the seed's. */
static struct rtc_addr move(struct sim_talk *talk, int which, rtc_usec pause,
                            bool told)
{
    struct sim_pair *pair = talk->pair;
    struct sim_side *side = &pair->side[which];
    struct rtc_addr gone = side->addrs[0], here = gone;
    struct rtc_candidate c;

    here.ip[2]++;
    here.port++;
    sim_net_link(pair->net, &gone, &dead);
    sim_net_link(pair->net, &here, &wire);
    side->addrs[0] = here;
    is_int(rtc_peer_remove_local(side->peer, &gone, pair->now), 0,
           "an address goes");
    sim_talk_run(talk, pause);
    is_int(rtc_peer_add_local(side->peer, &here, RTC_UDP, pair->now), 0,
           "another one comes");
    for (unsigned i = 0; told && !rtc_peer_local_candidate(side->peer, i, &c);
         i++)
        rtc_peer_add_remote(pair->side[!which].peer, &c, pair->now);
    return here;
}

static void check_arrived(struct sim_talk *talk, int which,
                          const struct rtc_addr *here)
{
    struct sim_pair *pair = talk->pair;
    struct rtc_path own = path_of(talk, which), other = path_of(talk, !which);

    seeded(pair, rtc_addr_equal(&own.local, here), "over the new address");
    seeded(pair, rtc_addr_equal(&other.remote, here), "at both ends");
    for (unsigned i = 0; i < 2; i++)
        within(pair, talk->flows[i].sent - talk->flows[i].last, 1, 5,
               "media is live both ways");
    for (int i = 0; i < 2; i++) {
        within(pair, talk->seen[i].events[RTC_EVENT_CONNECTED], 1, 1,
               "in the same session");
        seeded(pair,
               pair->side[i].ice_state == RTC_ICE_CONNECTED ||
                   pair->side[i].ice_state == RTC_ICE_COMPLETED,
               "which is connected");
    }
    sound(talk, "soundly");
}

static void check_roaming(int which, rtc_usec pause, bool told,
                          const char *name)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct sim_talk *talk = start(seed);
        struct rtc_addr here = move(talk, which, pause, told);

        within(talk->pair, longest_gap(talk, which == SIM_L, 5 * SEC), 0,
               3 * SEC, name);
        within(talk->pair, longest_gap(talk, which == SIM_R, 10 * SEC), 0,
               100 * MS, "and stays");
        check_arrived(talk, which, &here);
        sim_talk_free(talk);
    }
}

/* Moving time and again, by turns. */
static void test_travel(void)
{
    struct sim_talk *talk = start(10);

    for (int i = 0; i < 8; i++) {
        struct rtc_addr here = move(talk, i & 1, 200 * MS, true);

        within(talk->pair, longest_gap(talk, i & 1, 5 * SEC), 0, 3 * SEC,
               "time and again");
        check_arrived(talk, i & 1, &here);
    }
    sim_talk_free(talk);
}

int main(void)
{
    check_roaming(SIM_L, 0, true, "the offerer moves");
    check_roaming(SIM_R, 0, true, "the answerer moves");
    check_roaming(SIM_L, SEC, true, "the offerer after a second");
    check_roaming(SIM_R, SEC, true, "the answerer after a second");
    check_roaming(SIM_L, 0, false, "the offerer, untold");
    check_roaming(SIM_R, 0, false, "the answerer, untold");
    test_travel();
    return tap_done();
}
