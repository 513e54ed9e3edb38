/* SPDX-License-Identifier: MIT
 * What RTCP carries beside NACK: feedback of every kind, round trips, counters
 * that never fall, and arrivals of every packet sent. */
#include "peer/peer.h"
#include "rtcp/feedback.h"
#include "rtcp/report.h"
#include "rtp/header.h"
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

/* What L polled last. */
static struct {
    uint64_t bitrate_bps;
    unsigned bitrates, requests, markers, frames;
    unsigned feedbacks[2], wrong;
} seen;

static void (*base[2])(struct sim_side *side, const struct rtc_event *event);

static void on_event(struct sim_side *side, const struct rtc_event *event)
{
    base[side->which](side, event);
    if (event->type == RTC_EVENT_BITRATE) {
        seen.bitrate_bps = event->bitrate_bps;
        seen.bitrates++;
        if (event->track != -1)
            seen.bitrates += 1000;
    }
    if (event->type == RTC_EVENT_FEEDBACK) {
        /* The number of each, and as many bytes. */
        unsigned number = seen.feedbacks[side->which]++;
        seen.wrong += event->track != 0 || event->feedback.data[0] != number ||
                      event->feedback.len != (number + 4) / 4 * 4;
    }
    seen.requests += event->type == RTC_EVENT_KEYFRAME_REQUEST;
    if (event->type == RTC_EVENT_FRAME) {
        seen.frames++;
        seen.markers += event->frame.marker;
    }
}

static struct sim_talk *new_talk(uint64_t seed, const struct sim_link *link)
{
    struct sim_talk *talk = sim_talk_new(seed, link);

    memset(&seen, 0, sizeof seen);
    for (int i = 0; i < 2; i++) {
        base[i] = talk->pair->side[i].on_event;
        talk->pair->side[i].on_event = on_event;
    }
    return talk;
}

/* Hands a compound to L as if R had sent it. */
static void give(struct sim_pair *pair, const struct rtc_writer *w)
{
    rtc_peer_take_rtcp(pair->side[SIM_L].peer, w->data, w->len, pair->now);
    sim_pair_run(pair, pair->now + 10 * MS);
}

static void test_feedback(void)
{
    struct sim_talk *talk = new_talk(1, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    struct rtc_peer *peer = pair->side[SIM_L].peer;
    uint32_t ssrc = peer->tracks[flow->track[SIM_L]]->plain.ssrc;
    struct rtc_remb remb = {.bitrate_bps = 123456, .ssrc_count = 255};
    struct rtc_stats stats;
    uint8_t buf[1200];
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_remb_write(&w, 99, &remb);
    give(pair, &w);
    is_int((int64_t)seen.bitrate_bps, 123456,
           "acceptance 57: a REMB becomes an event");
    is_int(seen.bitrates, 1, "one, of no track");
    rtc_peer_stats(peer, &stats);
    is_int((int64_t)stats.bitrate_bps, 123456, "and is in the statistics");
    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    seen.requests = 0;
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_pli_write(&w, 0xdeadbeef, ssrc);
    give(pair, &w);
    is_int(seen.requests, 1, "acceptance 54: a PLI of any sender is one");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Messages of 1 to 100 bytes each way, more than one at once. */
static void test_application(void)
{
    struct sim_talk *talk = new_talk(7, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    uint8_t data[RTC_FEEDBACK_MAX + 1] = {0};

    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    for (unsigned i = 0; i < 100; i++) {
        data[0] = (uint8_t)i;
        for (int k = 0; k < 2; k++)
            is_int(rtc_peer_send_feedback(pair->side[k].peer, flow->track[k],
                                          data, i + 1, pair->now),
                   0, "a message");
        if (i % 10 == 9)
            sim_talk_run(talk, 10 * MS);
    }
    sim_talk_run(talk, SEC);
    within(pair, seen.feedbacks[SIM_L], 100, 100,
           "acceptance 54: the application's feedback arrives");
    within(pair, seen.feedbacks[SIM_R], 100, 100, "both ways");
    within(pair, seen.wrong, 0, 0, "as it was sent, in order");
    is_int(rtc_peer_send_feedback(pair->side[SIM_L].peer, 0, data, 0, 0),
           RTC_ERR_ARG, "nothing is no message");
    is_int(
        rtc_peer_send_feedback(pair->side[SIM_L].peer, 0, data, sizeof data, 0),
        RTC_ERR_ARG, "nor is too much");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Every number that left is told of, as long as the way back loses nothing. */
static void test_arrivals(void)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.05};
    struct sim_talk *talk = new_talk(2, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;
    const struct rtc_sent *sent;
    unsigned states[3] = {0, 0, 0};

    sim_pair_start(pair);
    flow = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    flow->len = flow->key_len = 8000;
    seeded(pair, sim_pair_connect(pair, SEC) != RTC_NEVER, "connected");
    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &lossy);
    sim_talk_begin(talk);
    sim_talk_run(talk, 20 * SEC);
    for (unsigned i = 0; i < talk->flow_count; i++)
        talk->flows[i].frame_count = talk->flows[i].sent;
    sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &wire);
    sim_talk_run(talk, SEC);
    sent = &pair->side[SIM_L].peer->bandwidth.sent;
    for (uint64_t n = sent->first; n < sent->end; n++)
        states[sent->packets[n & (RTC_SENT_MOST - 1)].state]++;
    within(pair, states[RTC_SENT_UNKNOWN], 0, 0,
           "acceptance 57: every number is reported");
    within(pair, states[RTC_SENT_LOST], states[RTC_SENT_RECEIVED] / 30,
           states[RTC_SENT_RECEIVED] / 13, "what was lost as lost");
    within(pair, sent->end - sent->first, 4000, RTC_SENT_MOST,
           "of both tracks and their resends, with one counter");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_round_trips(void)
{
    static const struct sim_link fast = {.delay_us = 2 * MS};
    struct sim_talk *talk = new_talk(3, &fast);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    struct rtc_config config = pair->side[SIM_L].config;
    struct rtc_track_stats l, r;
    struct rtc_peer *peer;

    sim_talk_begin(talk);
    sim_talk_run(talk, 5 * SEC);
    rtc_peer_track_stats(pair->side[SIM_L].peer, flow->track[SIM_L], &l);
    rtc_peer_track_stats(pair->side[SIM_R].peer, flow->track[SIM_R], &r);
    within(pair, l.rtt_us, 4 * MS - 100, 10 * MS,
           "acceptance 58: the round trip of a fast link");
    within(pair, r.rtt_us, 4 * MS - 100, 10 * MS, "for both ends");
    config.report_us = 0;
    is_int(rtc_peer_new(&peer, &config), RTC_ERR_ARG,
           "a report interval of nothing is refused");
    sim_talk_free(talk);
}

/* How often each of two streams was the first of a report. */
static struct {
    uint32_t ssrcs[2];
    unsigned firsts[2], reports;
} turns;

static void on_report(void *user, const struct rtc_tapped *t)
{
    struct rtc_rtcp_report report;
    struct rtc_rtcp_packet packet;
    struct rtc_reader r;
    unsigned i;

    (void)user;
    rtc_reader_init(&r, t->data, t->len);
    if (!t->is_sent || t->data[0] >> 6 != 2 ||
        !rtc_rtp_is_rtcp(t->data, t->len) || rtc_rtcp_next(&r, &packet) <= 0 ||
        packet.type != RTC_RTCP_RR || rtc_rtcp_report_parse(&packet, &report) ||
        report.block_count != 2)
        return;
    turns.reports++;
    i = turns.ssrcs[0] && turns.ssrcs[0] != report.blocks[0].ssrc;
    turns.ssrcs[i] = report.blocks[0].ssrc;
    turns.firsts[i]++;
}

static void test_turns(void)
{
    struct sim_talk *talk = new_talk(7, &wire);
    struct sim_pair *pair = talk->pair;

    memset(&turns, 0, sizeof turns);
    pair->side[SIM_R].config.tap = on_report;
    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    seeded(pair, sim_pair_connect(pair, 20 * SEC) != RTC_NEVER, "connected");
    sim_talk_begin(talk);
    sim_talk_run(talk, 20 * SEC);
    within(pair, turns.reports, 15, 40, "reports of two streams");
    within(pair, turns.firsts[0], turns.reports / 2, turns.reports / 2 + 1,
           "each of which is the first of every other");
    sim_talk_free(talk);
}

/* Totals of a track that ends, and begins again. */
static void test_counters(void)
{
    struct sim_talk *talk = new_talk(4, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    struct rtc_track_stats before, after;

    sim_talk_begin(talk);
    sim_talk_run(talk, 5 * SEC);
    rtc_peer_track_stats(pair->side[SIM_R].peer, flow->track[SIM_R], &before);
    rtc_peer_set_direction(pair->side[SIM_L].peer, flow->track[SIM_L],
                           RTC_INACTIVE);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "the stream is taken away");
    sim_talk_run(talk, SEC);
    rtc_peer_track_stats(pair->side[SIM_R].peer, flow->track[SIM_R], &after);
    seeded(pair,
           before.packets_received > 300 &&
               after.packets_received >= before.packets_received &&
               after.bytes_received >= before.bytes_received &&
               after.frames_received >= before.frames_received,
           "acceptance 58: counters do not fall");
    rtc_peer_set_direction(pair->side[SIM_L].peer, flow->track[SIM_L],
                           RTC_SENDONLY);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "and given back");
    sim_talk_run(talk, 5 * SEC);
    before = after;
    rtc_peer_track_stats(pair->side[SIM_R].peer, flow->track[SIM_R], &after);
    within(pair, (int64_t)after.packets_received,
           (int64_t)before.packets_received + 300,
           (int64_t)before.packets_received + 500, "they go on");
    sim_talk_free(talk);
}

static void test_marker(void)
{
    struct sim_talk *talk = new_talk(5, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    static const uint8_t silence[3] = {0xf8, 0xff, 0xfe};

    for (unsigned i = 0; i < 100; i++) {
        struct rtc_frame frame = {.data = silence,
                                  .len = sizeof silence,
                                  .codec = RTC_CODEC_OPUS,
                                  .media_time = 960 * i,
                                  .time = RTC_NEVER,
                                  .marker = i % 10 == 0};
        rtc_peer_send_frame(pair->side[SIM_L].peer, flow->track[SIM_L], &frame,
                            pair->now);
        sim_pair_run(pair, pair->now + 20 * MS);
    }
    sim_pair_run(pair, pair->now + SEC);
    within(pair, seen.frames, 100, 100, "audio frames");
    within(pair, seen.markers, 10, 10,
           "acceptance 63: the talkspurt marker reaches the frame");
    sim_talk_free(talk);
}

static void test_inactive(void)
{
    struct sim_talk *talk = new_talk(6, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);

    sim_talk_begin(talk);
    sim_talk_run(talk, 5 * SEC);
    seeded(pair, seen.bitrates > 0, "audio has an estimate, too");
    within(pair, seen.bitrate_bps, 50000, 300000, "led by what is sent");
    rtc_peer_set_direction(pair->side[SIM_L].peer, flow->track[SIM_L],
                           RTC_INACTIVE);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "it becomes inactive");
    sim_talk_run(talk, 240 * SEC);
    within(pair, pair->side[SIM_L].closed_at == RTC_NEVER, 1, 1,
           "acceptance 63: and the session goes on for 240 s");
    rtc_peer_set_direction(pair->side[SIM_L].peer, flow->track[SIM_L],
                           RTC_SENDONLY);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "then active");
    seen.frames = 0;
    sim_talk_run(talk, 2 * SEC);
    within(pair, seen.frames, 90, 110, "and is heard again");
    sim_talk_free(talk);
}

int main(void)
{
    test_feedback();
    test_application();
    test_arrivals();
    test_round_trips();
    test_turns();
    test_counters();
    test_marker();
    test_inactive();
    return tap_done();
}
