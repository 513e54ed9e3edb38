/* SPDX-License-Identifier: MIT
 * Audio: G.711 and G.722 with their static payload types, redundant Opus (RFC
 * 2198) over a link that loses, and comfort noise amid a stream. */
#include "tests/sim/check.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000
#define COUNT 1000

static const struct sim_link wire = {.delay_us = 25 * MS};

static void no_nack(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    if (!is_answer)
        sim_edit_remove(sdp, "a=rtcp-fb:111 nack");
}

/* A remote that does not know RED. */
static void no_red(char *sdp, size_t cap, bool is_answer)
{
    no_nack(sdp, cap, is_answer);
    sim_edit_remove(sdp, "a=rtpmap:63 ");
    sim_edit_remove(sdp, "a=fmtp:63 ");
    sim_edit_replace(sdp, cap, "SAVPF 111 63", "SAVPF 111");
}

struct outcome {
    unsigned received, lost;
    uint64_t recovered, bytes;
};

/* COUNT frames of Opus from L over a link that loses 10 %, without NACK. */
static struct outcome run(uint64_t seed, bool red,
                          void (*edit)(char *, size_t, bool))
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.1};
    struct sim_talk *talk = sim_talk_new(seed, &wire);
    struct rtc_track_stats sent, got;
    struct outcome outcome = {0};
    struct sim_flow *flow;

    talk->pair->edit = edit;
    flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    if (!seeded(talk->pair, flow != NULL, "connected")) {
        sim_talk_free(talk);
        return outcome;
    }
    rtc_peer_set_red(talk->pair->side[SIM_L].peer, flow->track[SIM_L], red);
    flow->frame_count = COUNT;
    sim_pair_link(talk->pair, &link);
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 10 * SEC);
    sim_talk_run(talk, SEC);
    rtc_peer_track_stats(talk->pair->side[SIM_L].peer, flow->track[SIM_L],
                         &sent);
    rtc_peer_track_stats(talk->pair->side[SIM_R].peer, flow->track[SIM_R],
                         &got);
    outcome = (struct outcome){flow->received, (unsigned)got.packets_lost,
                               got.packets_recovered, sent.bytes_sent};
    within(talk->pair, talk->seen[SIM_R].gap_packets + flow->received,
           flow->last - flow->first + 1, flow->last - flow->first + 1,
           "each frame is delivered or told missing");
    /* What RED brings is a frame late itself, and may have to wait behind a
     * hole that stays. */
    within(talk->pair, flow->late_us, 25 * MS, (red ? 146 : 126) * MS,
           "a hole holds up nothing for longer than 100 ms");
    within(talk->pair, got.nack_sent + got.packets_duplicate, 0, 3,
           "nothing is asked for, copies are no duplicates");
    sound(talk, "soundly");
    sim_talk_free(talk);
    return outcome;
}

/* Of 10 % only what is lost twice in a row is missing: 1 %. */
static void test_loss(void)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct outcome plain = run(seed, false, no_nack);
        struct outcome red = run(seed, true, no_nack);
        struct outcome deaf = run(seed, true, no_red);

        printf("# seed %d: %u plain, %u with RED, %u recovered of %u, "
               "bytes %u %u\n",
               (int)seed, plain.received, red.received, (unsigned)red.recovered,
               red.lost, (unsigned)plain.bytes, (unsigned)red.bytes);
        ok(plain.received >= 860 && plain.received <= 930 && !plain.recovered,
           "without RED a tenth is missing");
        ok(red.received >= 970 && red.received <= COUNT, "with it a hundredth");
        ok(red.recovered >= 60 && red.recovered <= 130 &&
               (int64_t)red.recovered <= red.lost,
           "the others were recovered");
        ok(red.bytes > plain.bytes * 2 && red.bytes < plain.bytes * 21 / 10,
           "at twice the cost");
        ok(deaf.received >= 860 && deaf.received <= 930 && !deaf.recovered &&
               deaf.bytes < plain.bytes * 11 / 10,
           "a remote that does not take it gets plain frames");
    }
}

/* Two packets and no more are lost, at known places. */
static bool drop_some(struct sim_side *side, const struct sim_packet *packet)
{
    unsigned *count = side->user;

    /* SRTP of the talk: its first byte says RTP, its payload type RED. */
    if (packet->data[0] >> 6 != 2 || (packet->data[1] & 0x7f) != 63)
        return true;
    ++*count;
    return *count != 10 && *count != 20 && *count != 21;
}

static struct {
    unsigned count, frames, gaps, markers;
    uint64_t first_time, last_time;
    bool broken;
} heard;

static void on_heard(struct sim_side *side, const struct rtc_event *event)
{
    const struct rtc_frame *frame = &event->frame;

    (void)side;
    heard.gaps += event->type == RTC_EVENT_GAP;
    if (event->type != RTC_EVENT_FRAME)
        return;
    heard.broken = heard.broken || frame->len != 3 ||
                   frame->codec != RTC_CODEC_OPUS ||
                   (heard.frames && frame->media_time <= heard.last_time);
    if (!heard.frames++)
        heard.first_time = frame->media_time;
    heard.last_time = frame->media_time;
    heard.markers += frame->marker;
}

static int add_audio(struct sim_side *side, enum rtc_direction direction,
                     bool packets)
{
    struct rtc_track_config track = {.kind = RTC_AUDIO,
                                     .direction = direction,
                                     .codecs = {RTC_CODEC_OPUS},
                                     .codec_count = 1,
                                     .red = true,
                                     .packets = packets};

    return rtc_peer_add_track(side->peer, &track);
}

/* The config alone, and exact places. */
static void test_places(void)
{
    struct sim_pair *pair = sim_pair_new(7);
    struct sim_side *left = &pair->side[SIM_L], *right = &pair->side[SIM_R];
    static const uint8_t packet[3] = {0x78, 1, 2};
    struct rtc_track_stats stats;
    int track;

    memset(&heard, 0, sizeof heard);
    right->on_event = on_heard;
    right->on_arrival = drop_some;
    right->user = &heard.count;
    pair->edit = no_nack;
    sim_pair_start(pair);
    track = add_audio(left, RTC_SENDONLY, false);
    sim_pair_connect(pair, 20 * SEC);
    for (unsigned i = 0; i < 40; i++) {
        struct rtc_frame frame = {.data = packet,
                                  .len = 3,
                                  .codec = RTC_CODEC_OPUS,
                                  .media_time = i * 960,
                                  .marker = i == 0 || i == 9,
                                  .time = RTC_NEVER};

        rtc_peer_send_frame(left->peer, track, &frame, pair->now);
        sim_pair_run(pair, pair->now + 20 * MS);
    }
    sim_pair_run(pair, pair->now + SEC);
    rtc_peer_track_stats(right->peer, 0, &stats);
    within(pair, heard.frames, 39, 39, "of three lost ones one is missing");
    within(pair, heard.gaps, 1, 1, "and told");
    within(pair, stats.packets_recovered, 2, 2, "the others are recovered");
    within(pair, heard.last_time - heard.first_time, 39 * 960, 39 * 960,
           "times are right");
    within(pair, heard.markers, 1, 1, "a copy has no marker");
    ok(!heard.broken, "frames as they were, in order");
    sim_pair_free(pair);
}

/* L, which answers, believes that 13 is a number for Opus, too. */
static void with_13(char *sdp, size_t cap, bool is_answer)
{
    if (is_answer) {
        sim_edit_remove(sdp, "a=rtpmap:13 ");
        sim_edit_remove(sdp, "a=fmtp:13 ");
        sim_edit_remove(sdp, "a=rtcp-fb:13 ");
        sim_edit_replace(sdp, cap, "SAVPF 111 63 13", "SAVPF 111 63");
    } else {
        sim_edit_replace(sdp, cap, "SAVPF 111 63", "SAVPF 111 63 13");
        sim_edit_add(sdp, cap, "a=rtpmap:111 ", "a=rtpmap:13 opus/48000/2");
    }
}

/* Acceptance 60: CN is passed over; it is no loss, and stalls nothing. */
static void test_comfort_noise(bool packets)
{
    struct sim_pair *pair = sim_pair_new(8);
    struct sim_side *left = &pair->side[SIM_L], *right = &pair->side[SIM_R];
    static const uint8_t payload[3] = {0x78, 1, 2};
    struct rtc_track_stats stats;
    unsigned refused = 0;

    memset(&heard, 0, sizeof heard);
    left->on_event = on_heard;
    pair->edit = with_13;
    sim_pair_start(pair);
    add_audio(left, RTC_RECVONLY, packets);
    add_audio(right, RTC_SENDONLY, true);
    right->on_event = NULL;
    sim_pair_negotiate(pair, SIM_L);
    sim_pair_connect(pair, 20 * SEC);
    for (unsigned i = 0; i < 40; i++) {
        bool noise = i % 10 > 6;
        struct rtc_packet packet = {.payload = payload,
                                    .len = noise ? 1 : 3,
                                    .media_time = i * 960,
                                    .payload_type = noise ? 13 : 111,
                                    .marker = i % 10 == 0,
                                    .time = RTC_NEVER};

        refused += rtc_peer_send_packet(right->peer, 0, &packet, pair->now) < 0;
        sim_pair_run(pair, pair->now + 20 * MS);
    }
    sim_pair_run(pair, pair->now + SEC);
    rtc_peer_track_stats(left->peer, 0, &stats);
    within(pair, refused, 0, 0, "all was sent");
    within(pair, stats.packets_received, 40, 48, "all came");
    within(pair, stats.packets_lost + (int64_t)stats.frames_dropped, -8, 0,
           "nothing counts as lost");
    within(pair, stats.nack_sent + heard.gaps, 0, 0, "or is a hole");
    if (!packets) {
        within(pair, heard.frames, 28, 28, "every frame, and no noise");
        within(pair, heard.markers, 4, 4, "its talkspurts");
        ok(!heard.broken, "as it was, in order");
    }
    sim_pair_free(pair);
}

/* Every frame comes, also over a link that loses, by NACK. */
static void test_telephony(enum rtc_codec codec, double loss)
{
    const struct sim_link link = {.delay_us = 25 * MS, .loss = loss};
    struct sim_talk *talk = sim_talk_new(9, &wire);
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, codec);

    if (seeded(talk->pair, flow != NULL, rtc_codec_name(codec))) {
        flow->frame_count = 500;
        flow->len = flow->key_len = 160;
        sim_pair_link(talk->pair, &link);
        sim_talk_begin(talk);
        sim_talk_finish(talk, SIM_L, 5 * SEC);
        within(talk->pair, flow->received, 500, 500, "every frame");
        within(talk->pair, flow->late_us, loss > 0 ? 75 * MS : 25 * MS,
               loss > 0 ? 525 * MS : 26 * MS, "in time");
        sound(talk, "soundly");
    }
    sim_talk_free(talk);
}

int main(void)
{
    static const enum rtc_codec codecs[] = {RTC_CODEC_PCMU, RTC_CODEC_PCMA,
                                            RTC_CODEC_G722};

    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        test_telephony(codecs[i], 0);
        test_telephony(codecs[i], 0.05);
    }
    test_loss();
    test_places();
    test_comfort_noise(false);
    test_comfort_noise(true);
    return tap_done();
}
