/* SPDX-License-Identifier: MIT
 * Media over links that lose, reorder and repeat: what can be repaired is, and
 * what cannot is left out whole. */
#include "tests/sim/check.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000

/* Both sides then agree on resends as they were (RFC 4585 without 4588). */
static void offer_no_rtx(char *sdp, size_t cap, bool is_answer)
{
    if (is_answer)
        return;
    sim_edit_remove(sdp, "a=rtpmap:97 rtx");
    sim_edit_remove(sdp, "a=fmtp:97 ");
    sim_edit_replace(sdp, cap, "SAVPF 96 97", "SAVPF 96");
}

static void offer_no_audio_nack(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    if (!is_answer)
        sim_edit_remove(sdp, "a=rtcp-fb:111 nack");
}

static void offer_no_nack(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    if (!is_answer)
        sim_edit_remove(sdp, "a=rtcp-fb:96 nack\r");
}

/* A flow of `count` frames over `link`, sent from L; runs until delivered. The
 * link is perfect while they connect. */
static struct sim_talk *send_over(const struct sim_link *link, uint64_t seed,
                                  enum rtc_codec codec, unsigned count,
                                  void (*edit)(char *, size_t, bool))
{
    static const struct sim_link wire = {.delay_us = 25 * MS};
    struct sim_talk *talk = sim_talk_new(seed, &wire);
    struct sim_flow *flow;

    talk->pair->edit = edit;
    flow = sim_talk_connect(talk, SIM_L, codec);
    if (!seeded(talk->pair, flow != NULL, "connected"))
        return talk;
    flow->frame_count = count;
    sim_pair_link(talk->pair, link);
    sim_talk_begin(talk);
    within(talk->pair, sim_talk_finish(talk, SIM_L, 10 * SEC), 0,
           3 * SEC + 4 * link->delay_us,
           "the sender soon knows that all is delivered");
    sim_talk_run(talk, SEC);
    return talk;
}

static struct rtc_track_stats stats_of(struct sim_talk *talk, int side)
{
    struct rtc_track_stats stats = {0};

    rtc_peer_track_stats(talk->pair->side[side].peer,
                         talk->flows[0].track[side], &stats);
    return stats;
}

/* 5 % loss and a round trip of 50 ms: nothing is missing in the end, and
 * nothing waits longer than a few round trips. */
static void check_repaired(enum rtc_codec codec,
                           void (*edit)(char *, size_t, bool), bool rtx,
                           const char *name)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.05};
    unsigned received = 0, keys = 0;
    rtc_usec late = 0;

    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct sim_talk *talk = send_over(&link, seed, codec, 1000, edit);
        const struct sim_flow *flow = &talk->flows[0];
        struct rtc_track_stats sent = stats_of(talk, SIM_L);
        struct rtc_track_stats got = stats_of(talk, SIM_R);
        /* Nobody can know of lost audio that nothing came before. */
        within(talk->pair, flow->first, 0, codec == RTC_CODEC_OPUS, "begun");
        within(talk->pair, flow->received, 1000 - flow->first,
               1000 - flow->first, name);
        within(talk->pair, talk->seen[SIM_R].events[RTC_EVENT_GAP], 0, 0,
               "without a gap");
        within(talk->pair, (int64_t)sent.packets_retransmitted,
               (int64_t)sent.packets_sent / 30, (int64_t)sent.packets_sent / 9,
               "by resends of what was lost");
        if (rtx)
            within(talk->pair, (int64_t)got.packets_recovered,
                   (int64_t)sent.packets_sent / 35,
                   (int64_t)sent.packets_retransmitted, "which came by RTX");
        else
            within(talk->pair, (int64_t)got.packets_recovered, 0, 0,
                   "which did not come by RTX");
        sound(talk, "soundly");
        received += flow->received;
        keys += flow->keys;
        late = flow->late_us > late ? flow->late_us : late;
        sim_talk_free(talk);
    }
    printf("# %s: %u of 8000, %u key frames, the latest after %d ms\n", name,
           received, keys, (int)(late / MS));
    ok(late > 75 * MS && late < 525 * MS, "within what a hole is held open");
}

/* Without NACK on audio what is lost is told and passed over in time. */
static void test_audio_unrepaired(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.05};

    for (uint64_t seed = 20; seed < 24; seed++) {
        struct sim_talk *talk =
            send_over(&link, seed, RTC_CODEC_OPUS, 1000, offer_no_audio_nack);
        const struct sim_flow *flow = &talk->flows[0];
        within(talk->pair, flow->received, 920, 980, "audio without NACK");
        within(talk->pair,
               (int64_t)talk->seen[SIM_R].gap_packets + flow->received,
               flow->last - flow->first + 1, flow->last - flow->first + 1,
               "each frame is delivered or told missing");
        /* The last frame may be one that was lost and is repeated, after two
         * round trips and 60 ms. */
        within(talk->pair, flow->late_us, 25 * MS, 186 * MS,
               "a hole holds up nothing for longer than 100 ms");
        within(talk->pair, (int64_t)stats_of(talk, SIM_R).nack_sent, 0, 0,
               "and is not asked for");
        sound(talk, "soundly");
        sim_talk_free(talk);
    }
}

/* Video without NACK: a gap costs all frames up to the next key frame, which is
 * asked for. */
static void test_video_unrepaired(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.01};
    struct sim_talk *talk =
        send_over(&link, 25, RTC_CODEC_VP8, 1000, offer_no_nack);
    const struct sim_flow *flow = &talk->flows[0];
    struct rtc_track_stats got = stats_of(talk, SIM_R);

    within(talk->pair, flow->received, 500, 985, "video without NACK goes on");
    within(talk->pair, (int64_t)got.nack_sent, 0, 0, "nothing is asked for");
    within(talk->pair, (int64_t)got.pli_sent, 5, 60, "but key frames are");
    within(talk->pair, flow->keys, 5, 60, "and sent");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* The very first packets and the very last are lost. */
static void check_ends(enum rtc_codec codec, void (*edit)(char *, size_t, bool))
{
    static const struct sim_link wire = {.delay_us = 25 * MS};
    static const struct sim_link dead = {.dead = true};
    struct sim_talk *talk = sim_talk_new(30, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;

    pair->edit = edit;
    flow = sim_talk_connect(talk, SIM_L, codec);
    flow->frame_count = 100;
    sim_talk_begin(talk);
    sim_talk_run(talk, 99 * flow->interval_us - MS);
    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &dead);
    sim_talk_run(talk, 100 * MS);
    within(pair, flow->received, 99, 99, "the last frame is lost");
    within(pair, rtc_peer_is_delivered(pair->side[SIM_L].peer, pair->now), 0, 0,
           "and not taken for delivered");
    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &wire);
    within(pair, sim_talk_finish(talk, SIM_L, 5 * SEC), 0, SEC,
           "the link is back: soon it is");
    within(pair, flow->received, 100, 100, "and has come");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* A receiver that joins within a frame asks for what came before. */
static void check_start(enum rtc_codec codec)
{
    static const struct sim_link wire = {.delay_us = 25 * MS};
    static const struct sim_link dead = {.dead = true};
    struct sim_talk *talk = sim_talk_new(31, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, codec);

    flow->frame_count = 100;
    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &dead);
    sim_talk_begin(talk);
    sim_talk_run(talk, 39 * MS); /* the key frame, which begins it all */
    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &wire);
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    within(pair, flow->received, 100, 100, "the first frame lost: all come");
    within(pair, flow->late_us, 90 * MS, 300 * MS, "in a few round trips");
    within(pair, flow->keys_sent, 1, 2, "perhaps with another key frame");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static bool lose_first(struct sim_side *side, const struct sim_packet *packet)
{
    unsigned payload_type = packet->data[1] & 0x7f;

    if (packet->data[0] >> 6 != 2 || payload_type / 32 == 2)
        return true; /* not RTP (RFC 5761 4) */
    side->on_arrival = NULL;
    return false;
}

static void offer_no_nack_at_all(char *sdp, size_t cap, bool is_answer)
{
    char line[] = "a=rtcp-fb:NNN nack\r";

    (void)cap;
    for (unsigned number = 0; !is_answer && number < 128; number++) {
        snprintf(line, sizeof line, "a=rtcp-fb:%u nack\r", number);
        sim_edit_remove(sdp, line);
    }
}

/* A key frame without its first packet (of H.264 and H.265: the parameter
 * sets) is none:
 * the stream begins with the next. */
static void check_headless(enum rtc_codec codec)
{
    static const struct sim_link wire = {.delay_us = 25 * MS};
    struct sim_talk *talk = sim_talk_new(32, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;

    pair->edit = offer_no_nack_at_all;
    flow = sim_talk_connect(talk, SIM_L, codec);
    pair->side[SIM_R].on_arrival = lose_first;
    flow->frame_count = 100;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    within(pair, flow->first, 2, 8, "a key frame lost its head: not delivered");
    within(pair, flow->keys_sent, 2, 3, "another is asked for");
    within(pair, flow->received, 100 - flow->first, 100 - flow->first,
           "and all from there on come");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* What cannot be repaired is skipped, never garbled. */
static void check_rough(const struct sim_link *link, enum rtc_codec codec,
                        unsigned least, const char *name)
{
    unsigned received = 0;

    for (uint64_t seed = 40; seed < 44; seed++) {
        struct sim_talk *talk = send_over(link, seed, codec, 1500, NULL);
        const struct sim_flow *flow = &talk->flows[0];
        within(talk->pair, flow->received, least, 1500, name);
        within(talk->pair, flow->last,
               1450 - 4 * link->delay_us / flow->interval_us, 1499,
               "up to the end");
        within(talk->pair, flow->late_us, link->delay_us,
               link->delay_us + 800 * MS, "and in time");
        sound(talk, "every frame whole, in order and rightly flagged");
        received += flow->received;
        sim_talk_free(talk);
    }
    printf("# %s: %u of 6000\n", name, received);
}

static void test_rough(void)
{
    static const struct sim_link heavy = {.delay_us = 25 * MS, .loss = 0.2};
    static const struct sim_link bursts = {
        .delay_us = 25 * MS, .burst_good = 40, .burst_bad = 4};
    static const struct sim_link wifi = {.delay_us = 15 * MS,
                                         .jitter_us = 10 * MS,
                                         .burst_good = 40,
                                         .burst_bad = 2,
                                         .rate_bps = 50000000,
                                         .queue_bytes = 100000};
    static const struct sim_link congested = {.delay_us = 80 * MS,
                                              .jitter_us = 40 * MS,
                                              .burst_good = 20,
                                              .burst_bad = 2,
                                              .rate_bps = 10000000,
                                              .queue_bytes = 50000};
    static const struct sim_link satellite = {.delay_us = 600 * MS,
                                              .jitter_us = 30 * MS,
                                              .burst_good = 100,
                                              .burst_bad = 3,
                                              .rate_bps = 15000000,
                                              .queue_bytes = 500000};

    check_rough(&heavy, RTC_CODEC_VP8, 1350, "20 % loss, VP8");
    check_rough(&heavy, RTC_CODEC_H264, 1350, "20 % loss, H.264");
    check_rough(&heavy, RTC_CODEC_VP9, 1350, "20 % loss, VP9");
    check_rough(&heavy, RTC_CODEC_AV1, 1350, "20 % loss, AV1");
    check_rough(&heavy, RTC_CODEC_H265, 1350, "20 % loss, H.265");
    check_rough(&heavy, RTC_CODEC_OPUS, 1100, "20 % loss, Opus");
    check_rough(&bursts, RTC_CODEC_VP8, 1450, "bursts of four, VP8");
    check_rough(&bursts, RTC_CODEC_H264, 1450, "bursts of four, H.264");
    check_rough(&wifi, RTC_CODEC_VP8, 1450, "lossy Wi-Fi");
    check_rough(&congested, RTC_CODEC_VP8, 1100, "a congested link");
    check_rough(&satellite, RTC_CODEC_VP8, 100, "a satellite");
}

static void test_reorder(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .reorder = 0.3};

    for (const enum rtc_codec *c = sim_flow_codecs; *c; c++) {
        struct sim_talk *talk = send_over(&link, 50, *c, 500, NULL);
        const struct sim_flow *flow = &talk->flows[0];
        within(talk->pair, flow->received, 500, 500, "reordered: all come");
        within(talk->pair, talk->seen[SIM_R].events[RTC_EVENT_GAP], 0, 0,
               "without a gap");
        within(talk->pair, flow->late_us, 25 * MS, 100 * MS, "in time");
        sound(talk, "soundly");
        sim_talk_free(talk);
    }
}

/* Each datagram is handed in five times: 50 sent are 50 received. */
static void test_repeated(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .duplicate = 0.5};

    for (const enum rtc_codec *c = sim_flow_codecs; *c; c++) {
        struct sim_talk *talk = sim_talk_new(60 + (uint64_t)*c, &link);
        struct sim_flow *flow;
        struct rtc_track_stats got;
        struct rtc_stats all;
        talk->pair->side[SIM_L].copies = talk->pair->side[SIM_R].copies = 5;
        flow = sim_talk_connect(talk, SIM_L, *c);
        if (!seeded(talk->pair, flow != NULL, "connected"))
            continue;
        flow->frame_count = 50;
        sim_talk_begin(talk);
        sim_talk_finish(talk, SIM_L, 5 * SEC);
        sim_talk_run(talk, SEC);
        within(talk->pair, flow->received, 50, 50, "fivefold: 50 are 50");
        got = stats_of(talk, SIM_R);
        within(talk->pair, (int64_t)got.packets_received,
               (int64_t)stats_of(talk, SIM_L).packets_sent,
               (int64_t)stats_of(talk, SIM_L).packets_sent,
               "counted once each");
        rtc_peer_stats(talk->pair->side[SIM_R].peer, &all);
        within(talk->pair, (int64_t)all.srtp_replayed,
               4 * (int64_t)got.packets_received,
               9 * (int64_t)got.packets_received, "the copies as replays");
        within(talk->pair, (int64_t)all.srtp_failed, 0, 0, "not as forgeries");
        sound(talk, "soundly");
        sim_talk_free(talk);
    }
}

int main(void)
{
    check_repaired(RTC_CODEC_VP8, NULL, true, "VP8 repaired by RTX");
    check_repaired(RTC_CODEC_H264, NULL, true, "H.264 repaired by RTX");
    check_repaired(RTC_CODEC_VP9, NULL, true, "VP9 repaired by RTX");
    check_repaired(RTC_CODEC_AV1, NULL, true, "AV1 repaired by RTX");
    check_repaired(RTC_CODEC_H265, NULL, true, "H.265 repaired by RTX");
    check_repaired(RTC_CODEC_VP8, offer_no_rtx, false, "VP8 repaired plainly");
    check_repaired(RTC_CODEC_OPUS, NULL, false, "Opus repaired");
    test_audio_unrepaired();
    test_video_unrepaired();
    check_ends(RTC_CODEC_VP8, NULL);
    check_ends(RTC_CODEC_H264, NULL);
    check_ends(RTC_CODEC_VP9, NULL);
    check_ends(RTC_CODEC_AV1, NULL);
    check_ends(RTC_CODEC_H265, NULL);
    check_ends(RTC_CODEC_VP8, offer_no_rtx);
    check_ends(RTC_CODEC_OPUS, NULL);
    check_start(RTC_CODEC_VP8);
    check_start(RTC_CODEC_H264);
    check_start(RTC_CODEC_VP9);
    check_start(RTC_CODEC_AV1);
    check_start(RTC_CODEC_H265);
    check_headless(RTC_CODEC_VP8);
    check_headless(RTC_CODEC_H264);
    check_headless(RTC_CODEC_VP9);
    check_headless(RTC_CODEC_AV1);
    check_headless(RTC_CODEC_H265);
    test_rough();
    test_reorder();
    test_repeated();
    return tap_done();
}
