/* SPDX-License-Identifier: MIT
 * Media over good links: every codec both ways, datagram sizes, statistics, a
 * long stream, pauses, and a receiver that joins late. */
#include "tests/sim/check.h"

#include <time.h>

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

static void finish_both(struct sim_talk *talk)
{
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    sim_talk_finish(talk, SIM_R, 5 * SEC);
}

/* Audio and video both ways at once, over one pair of addresses. */
static void check_both_ways(enum rtc_codec video, const char *name)
{
    struct sim_talk *talk = sim_talk_new(1, &wire);
    struct sim_pair *pair = talk->pair;

    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    sim_talk_add(talk, SIM_L, video);
    sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    sim_talk_add(talk, SIM_R, video);
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, name);
    for (unsigned i = 0; i < 4; i++)
        talk->flows[i].frame_count = 500;
    sim_talk_begin(talk);
    finish_both(talk);
    for (unsigned i = 0; i < 4; i++) {
        const struct sim_flow *flow = &talk->flows[i];
        within(pair, flow->received, 500, 500, "every frame comes");
        within(pair, flow->refused, 0, 0, "none was refused");
        within(pair, flow->late_us, 25 * MS, 46 * MS, "when it should");
        within(pair, flow->keys, flow->codec != RTC_CODEC_OPUS,
               flow->codec != RTC_CODEC_OPUS, "one is a key frame");
    }
    for (int i = 0; i < 2; i++) {
        within(pair, talk->seen[i].events[RTC_EVENT_GAP], 0, 0, "no gap");
        within(pair, talk->seen[i].events[RTC_EVENT_KEYFRAME_REQUEST], 0, 0,
               "no key frame is asked for");
    }
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* One track that sends and receives. */
static void test_sendrecv(void)
{
    struct sim_talk *talk = sim_talk_new(2, &wire);
    struct sim_pair *pair = talk->pair;
    struct rtc_track_config track = {.kind = RTC_VIDEO,
                                     .direction = RTC_SENDRECV,
                                     .codecs = {RTC_CODEC_VP8},
                                     .codec_count = 1};
    struct sim_flow *there, *back;

    sim_pair_start(pair);
    there = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    rtc_peer_set_direction(pair->side[SIM_L].peer, there->track[SIM_L],
                           RTC_SENDRECV);
    rtc_peer_add_track(pair->side[SIM_R].peer, &track);
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS,
           "a track in both directions");
    is_int(rtc_peer_track_count(pair->side[SIM_R].peer), 1,
           "the answerer's track is taken");
    back = &talk->flows[talk->flow_count++];
    *back = *there;
    back->from = SIM_R;
    there->track[SIM_R] = back->track[SIM_R] = 0;
    there->frame_count = back->frame_count = 100;
    sim_talk_begin(talk);
    finish_both(talk);
    within(pair, there->received, 100, 100, "frames go there");
    within(pair, back->received, 100, 100, "and back");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Frames of every length around a packet's, in datagrams of each size. */
static void test_mtu(void)
{
    static const size_t mtus[] = {576, 1038, 1200, 1500};

    for (size_t i = 0; i < sizeof mtus / sizeof *mtus; i++)
        for (const enum rtc_codec *c = sim_flow_codecs; *c; c++) {
            struct sim_talk *talk = sim_talk_new(mtus[i], &wire);
            struct sim_pair *pair = talk->pair;
            struct sim_flow *flow;
            const struct sim_net_stats *net;
            bool audio = rtc_codec_kind(*c) == RTC_AUDIO;
            pair->side[0].config.mtu = pair->side[1].config.mtu = mtus[i];
            flow = sim_talk_connect(talk, SIM_L, *c);
            if (!seeded(pair, flow != NULL, "connected"))
                continue;
            flow->frame_count = 20;
            flow->len = audio ? 400 : 3 * mtus[i] - 100;
            flow->key_len = audio ? 400 : 32768;
            sim_talk_begin(talk);
            sim_talk_finish(talk, SIM_L, SEC);
            net = sim_net_stats(pair->net, &pair->side[SIM_L].addrs[0]);
            within(pair, flow->received, 20, 20, "all frames come");
            within(pair, (int64_t)net->largest,
                   audio ? 400 : (int64_t)mtus[i] - 20, (int64_t)mtus[i],
                   "in datagrams as large as may be");
            sound(talk, "soundly");
            sim_talk_free(talk);
        }
}

/* What one side sent, the other received or misses. */
static void test_stats(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.1};
    struct sim_talk *talk = sim_talk_new(3, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    struct rtc_track_stats sent, got;
    struct rtc_stats l, r;
    const struct sim_net_stats *net;

    flow->frame_count = 1000;
    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &link);
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 3 * SEC);
    sim_talk_run(talk, 2 * SEC);
    rtc_peer_track_stats(pair->side[SIM_L].peer, flow->track[SIM_L], &sent);
    rtc_peer_track_stats(pair->side[SIM_R].peer, flow->track[SIM_R], &got);
    rtc_peer_stats(pair->side[SIM_L].peer, &l);
    rtc_peer_stats(pair->side[SIM_R].peer, &r);
    net = sim_net_stats(pair->net, &pair->side[SIM_L].addrs[0]);
    is_int((int64_t)sent.frames_sent, 1000, "frames sent");
    is_int((int64_t)got.frames_received, flow->received, "frames received");
    within(pair, (int64_t)sent.packets_sent,
           (int64_t)got.packets_received + got.packets_lost,
           (int64_t)got.packets_received + got.packets_lost,
           "packets sent are received or lost");
    within(pair, got.packets_lost, (int64_t)sent.packets_sent * 8 / 100,
           (int64_t)sent.packets_sent * 12 / 100, "a tenth is lost");
    within(pair, (int64_t)got.packets_recovered, got.packets_lost * 95 / 100,
           got.packets_lost, "nearly all of that recovered");
    within(pair, (int64_t)sent.packets_retransmitted,
           (int64_t)got.packets_recovered, got.packets_lost * 13 / 10,
           "by about as many resends");
    within(pair, (int64_t)sent.nack_received, 1, 3 * got.packets_lost,
           "after NACKs");
    within(pair, (int64_t)got.nack_sent, 1, (int64_t)sent.nack_received,
           "of one or more numbers each");
    within(pair, (int64_t)l.datagrams_sent, (int64_t)net->sent,
           (int64_t)net->sent, "datagrams sent are those on the wire");
    within(pair, (int64_t)r.datagrams_received, (int64_t)net->delivered,
           (int64_t)net->delivered, "those received what came through");
    within(pair, (int64_t)(r.srtp_failed + r.srtp_replayed), 0, 0,
           "none of them bad");
    within(pair, sent.rtt_us, 49 * MS, 60 * MS, "the round trip by RTCP");
    within(pair, (int64_t)(sent.remote_loss * 1000), 0, 300,
           "the remote's loss");
    is_int((int64_t)sent.remote_expected,
           (int64_t)got.packets_received + got.packets_lost,
           "the remote's reports cover all that was sent");
    is_int(sent.remote_lost, got.packets_lost, "and count what it lost");
    within(pair, (int64_t)(sent.remote_jitter * 1e6),
           (int64_t)(got.jitter * 1e6) - 1000,
           (int64_t)(got.jitter * 1e6) + 1000, "with its jitter");
    within(pair, (int64_t)(got.jitter * 1e6), 0, 5 * MS, "jitter");
    within(pair, got.rtt_us, 49 * MS, 60 * MS,
           "acceptance 57: and for one who only receives, by XR");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Audio is resent as it was: what came at last was lost at first. */
static void test_missed(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.1};
    struct sim_talk *talk = sim_talk_new(5, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    struct rtc_track_stats sent, got;
    int64_t expected;

    flow->frame_count = 2000;
    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &link);
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 3 * SEC);
    sim_talk_run(talk, 2 * SEC);
    rtc_peer_track_stats(pair->side[SIM_L].peer, flow->track[SIM_L], &sent);
    rtc_peer_track_stats(pair->side[SIM_R].peer, flow->track[SIM_R], &got);
    expected = (int64_t)got.packets_received + got.packets_lost;
    within(pair, expected, 2000, 2000, "all were expected");
    within(pair, got.packets_lost, -20, 40, "nearly all came at last");
    within(pair, got.packets_missed, expected * 8 / 100, expected * 12 / 100,
           "a tenth was lost at first");
    within(pair, sent.remote_lost, got.packets_missed * 95 / 100,
           got.packets_missed * 105 / 100, "the sender knows by NACKs");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Jitter is what the link has. */
static void test_jitter(void)
{
    static const struct sim_link link = {.delay_us = 50 * MS,
                                         .jitter_us = 10 * MS};
    struct sim_talk *talk = sim_talk_new(4, &link);
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    struct rtc_track_stats got;

    sim_talk_begin(talk);
    sim_talk_run(talk, 20 * SEC);
    rtc_peer_track_stats(talk->pair->side[SIM_R].peer, flow->track[SIM_R],
                         &got);
    /* Differences of two even distributions: 2/3 of 10 ms on average. */
    within(talk->pair, (int64_t)(got.jitter * 1e6), 4 * MS, 10 * MS, "jitter");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Ten minutes of sound and pictures; how long they take here is only told. */
static void test_long(void)
{
    static const struct sim_link link = {
        .delay_us = 25 * MS, .jitter_us = 5 * MS, .loss = 0.01};
    struct sim_talk *talk = sim_talk_new(5, &link);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *audio, *video;
    clock_t begun = clock();

    sim_pair_start(pair);
    audio = sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    video = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    within(pair, sim_pair_connect(pair, 5 * SEC), 0, 2 * SEC, "ten minutes");
    audio->frame_count = 30000;
    video->frame_count = 15000;
    video->key_every = 250;
    video->len = 6000; /* sequence numbers wrap */
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 3 * SEC);
    within(pair, pair->now, 1600 * SEC, 1605 * SEC, "of virtual time");
    within(pair, audio->last, 29990, 29999, "sound to the end");
    within(pair, audio->received, 29500, 30000, "nearly all of it");
    within(pair, video->received, 15000, 15000, "every picture");
    within(pair, video->keys, 60, 60, "every key frame");
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_ICE], 1, 4,
           "ICE stays as it was");
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_PAUSED], 0, 0, "no pause");
    sound(talk, "soundly");
    printf("# ten minutes took %.2f s of CPU time, %d datagrams\n",
           (double)(clock() - begun) / CLOCKS_PER_SEC,
           (int)pair->datagram_count);
    sim_talk_free(talk);
}

/* A stream that stops for a while is told once, and goes on. */
static void test_pause(void)
{
    struct sim_talk *talk = sim_talk_new(6, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    const unsigned *paused = &talk->seen[SIM_R].events[RTC_EVENT_PAUSED];

    flow->frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_run(talk, 49 * 40 * MS + 25 * MS + 1400 * MS);
    within(pair, *paused, 0, 0, "1.4 s of silence are none");
    sim_talk_run(talk, 400 * MS);
    within(pair, *paused, 1, 1, "1.5 s are a pause");
    sim_talk_run(talk, 10 * SEC);
    within(pair, *paused, 1, 1, "told once");
    flow->frame_count = 100;
    flow->next = pair->now;
    flow->begun = pair->now - 50 * flow->interval_us;
    pair->side[SIM_L].timer = pair->now;
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, *paused, 2, 2, "and that it is over");
    within(pair, flow->received, 100, 100, "every frame comes");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* The receiver may ask for a key frame; many calls are one request. */
static void test_keyframe_request(void)
{
    struct sim_talk *talk = sim_talk_new(7, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_H264);
    struct rtc_peer *r = pair->side[SIM_R].peer;

    flow->frame_count = 250;
    sim_talk_begin(talk);
    sim_talk_run(talk, 2 * SEC);
    within(pair, flow->keys, 1, 1, "one key frame so far");
    for (int i = 0; i < 20; i++) {
        is_int(rtc_peer_request_keyframe(r, flow->track[SIM_R], pair->now), 0,
               "another is asked for");
        sim_talk_run(talk, MS);
    }
    sim_talk_run(talk, SEC);
    within(pair, talk->seen[SIM_L].events[RTC_EVENT_KEYFRAME_REQUEST], 1, 1,
           "the sender is told once");
    within(pair, flow->keys, 2, 2, "and it comes");
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, flow->received, 250, 250, "in its place");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* A frame larger than what the link takes at once, and many in a row: the queue
 * says AGAIN, and loses nothing it took. */
static void test_large(void)
{
    struct sim_talk *talk = sim_talk_new(8, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);

    flow->frame_count = 10;
    flow->len = 700000;
    flow->key_len = 1000000;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, flow->received, 10, 10, "frames of a megabyte");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Whole frames leave in one send (GSO) and come in one read (GRO). */
static void test_runs(void)
{
    struct sim_talk *talk = sim_talk_new(9, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;

    pair->side[SIM_L].merge = pair->side[SIM_R].merge = true;
    flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    flow->frame_count = 100;
    flow->len = 30000;
    flow->key_len = 60000;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, pair->side[SIM_L].longest_run, 50, 56, "a frame in one send");
    within(pair, flow->received, 100, 100, "and in one read");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

int main(void)
{
    check_both_ways(RTC_CODEC_VP8, "Opus and VP8 both ways");
    check_both_ways(RTC_CODEC_H264, "Opus and H.264 both ways");
    check_both_ways(RTC_CODEC_VP9, "Opus and VP9 both ways");
    check_both_ways(RTC_CODEC_AV1, "Opus and AV1 both ways");
    check_both_ways(RTC_CODEC_H265, "Opus and H.265 both ways");
    test_sendrecv();
    test_mtu();
    test_stats();
    test_missed();
    test_jitter();
    test_pause();
    test_keyframe_request();
    test_large();
    test_runs();
    test_long();
    return tap_done();
}
