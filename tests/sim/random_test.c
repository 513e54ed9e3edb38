/* SPDX-License-Identifier: MIT
 * Links and streams drawn at random from the seed: whatever the link does, two
 * peers find each other, what is delivered is right, and ends are ends. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static uint64_t draw(uint64_t *random, uint64_t most)
{
    return sim_draw(random) % (most + 1);
}

/* One in three is as it should be. */
static double draw_share(uint64_t *random, double most)
{
    return draw(random, 2) ? sim_draw_unit(random) * most : 0;
}

static struct sim_link draw_link(uint64_t *random)
{
    struct sim_link link = {
        .delay_us = (rtc_usec)draw(random, 150 * MS),
        .jitter_us = (rtc_usec)draw(random, 20 * MS),
        .loss = draw_share(random, 0.15),
        .reorder = draw_share(random, 0.2),
        .duplicate = draw_share(random, 0.2),
    };

    if (draw(random, 3) == 0) {
        link.burst_good = 20 + (double)draw(random, 100);
        link.burst_bad = 1 + (double)draw(random, 4);
    }
    if (draw(random, 2) == 0) {
        link.rate_bps = 3000000 + draw(random, 20000000);
        link.queue_bytes = 30000 + draw(random, 200000);
    }
    return link;
}

static void draw_flow(struct sim_flow *flow, uint64_t *random)
{
    if (rtc_codec_kind(flow->codec) == RTC_AUDIO) {
        flow->len = flow->key_len = 10 + draw(random, 300);
        return;
    }
    flow->len = 40 + draw(random, 5000);
    flow->key_len = 60 + draw(random, 20000);
    flow->key_every = (unsigned)draw(random, 100);
    flow->interval_us = (rtc_usec)(15 + draw(random, 60)) * MS;
}

/* Twenty seconds of whatever it is. */
static void check_one(uint64_t seed)
{
    uint64_t random = seed;
    struct sim_talk *talk = sim_talk_new(seed, NULL);
    struct sim_pair *pair = talk->pair;
    unsigned count = 1 + (unsigned)draw(&random, 3);
    rtc_usec took;

    for (int i = 0; i < 2; i++) {
        struct sim_link link = draw_link(&random);
        sim_net_link(pair->net, &pair->side[i].addrs[0], &link);
        pair->side[i].config.mtu = 576 + draw(&random, 924);
        pair->side[i].merge = draw(&random, 1);
    }
    pair->side[1].config.mtu = pair->side[0].config.mtu; /* as buffers are */
    sim_pair_start(pair);
    for (unsigned i = 0; i < count; i++)
        draw_flow(sim_talk_add(
                      talk, (int)draw(&random, 1),
                      sim_flow_codecs[draw(&random, SIM_FLOW_CODEC_COUNT - 1)]),
                  &random);
    took = sim_pair_connect(pair, 30 * SEC);
    within(pair, took, 0, 20 * SEC, "connected");
    if (took != RTC_NEVER) {
        sim_talk_begin(talk);
        sim_talk_run(talk, 20 * SEC);
        for (unsigned i = 0; i < count; i++)
            within(pair, talk->flows[i].received, talk->flows[i].sent / 5,
                   talk->flows[i].sent, "media flows");
    }
    rtc_peer_close(pair->side[draw(&random, 1)].peer, pair->now);
    sim_talk_run(talk, 60 * SEC);
    for (int i = 0; i < 2; i++)
        within(pair, talk->seen[i].events[RTC_EVENT_CLOSED], 1, 1, "ended");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

int main(int argc, char **argv)
{
    if (argc > 1) /* one that failed, again */
        check_one(strtoull(argv[1], NULL, 10));
    for (uint64_t seed = 1; argc == 1 && seed <= 100; seed++)
        check_one(seed);
    return tap_done();
}
