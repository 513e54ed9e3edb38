/* SPDX-License-Identifier: MIT
 * Streams that begin anew in mid-session, under other SSRCs: frames of every
 * codec, and layers of simulcast, go on. Packets are packet_test.c's. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

/* Between two frames. */
static void test_frames(enum rtc_codec codec)
{
    struct sim_talk *talk = sim_talk_new(22, &wire);
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, codec);
    unsigned before;

    if (!seeded(talk->pair, flow != NULL, "connected"))
        return;
    flow->key_every = 25;
    flow->frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    before = flow->received;
    within(talk->pair, before, 50, 50, rtc_codec_name(codec));
    is_int(rtc_peer_restart_track(talk->pair->side[SIM_L].peer,
                                  flow->track[SIM_L]),
           0, "begins anew");
    flow->frame_count = 100;
    flow->next = talk->pair->now;
    flow->begun = flow->next - 50 * flow->interval_us;
    talk->pair->side[SIM_L].timer = talk->pair->now;
    flow->received = 0; /* media time has another origin */
    sim_talk_finish(talk, SIM_L, 2 * SEC);
    within(talk->pair, flow->received, 50, 50, "frames go on");
    within(talk->pair, flow->last, 99, 99, "to the last");
    within(talk->pair, flow->corrupt + flow->disordered + flow->wrong_time, 0,
           0, "soundly");
    sim_talk_free(talk);
}

/* Known by their rids. */
static void test_layers(void)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.03};
    static const char *const rids[] = {"a", "b"};
    struct sim_talk *talk = sim_talk_new(23, &wire);
    struct sim_pair *pair = talk->pair;
    struct rtc_peer *l;

    sim_pair_start(pair);
    l = pair->side[SIM_L].peer;
    sim_talk_add_layers(talk, SIM_L, RTC_CODEC_VP8, rids, 2);
    is_int(rtc_peer_restart_track(l, 0), 0, "before anything was agreed");
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "two layers");
    sim_pair_link(pair, &lossy);
    for (unsigned i = 0; i < 2; i++)
        talk->flows[i].frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 2 * SEC);
    is_int(rtc_peer_restart_track(l, 0), 0, "begin anew");
    for (unsigned i = 0; i < 2; i++) {
        struct sim_flow *flow = &talk->flows[i];

        within(pair, flow->received, 50, 50, "every frame before");
        flow->received = 0; /* media time has another origin */
        flow->frame_count = 100;
        flow->key_asked = true;
        flow->next = pair->now;
        flow->begun = flow->next - 50 * flow->interval_us;
    }
    pair->side[SIM_L].timer = pair->now;
    sim_talk_finish(talk, SIM_L, 2 * SEC);
    for (unsigned i = 0; i < 2; i++)
        within(pair, talk->flows[i].received, 50, 50, "and behind");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

int main(void)
{
    for (const enum rtc_codec *c = sim_flow_codecs; *c; c++)
        test_frames(*c);
    test_layers();
    return tap_done();
}
