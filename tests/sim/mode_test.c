/* SPDX-License-Identifier: MIT
 * Sound one way, both ways, and in a section that the answerer adds; and frames
 * and packets in every combination: who sends frames and who takes packets see
 * one RTP clock, of whatever rate, in which talkspurts keep their place. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

/* ---- acceptance 46 ------------------------------------------------------- */

static void test_one_way(void)
{
    struct sim_talk *talk = sim_talk_new(1, &wire);
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);

    sim_talk_begin(talk);
    sim_talk_run(talk, 20 * SEC);
    within(talk->pair, flow->received, 998, 1000, "Opus for 20 s, one way");
    within(talk->pair, flow->late_us, 25 * MS, 26 * MS, "in time");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_both_ways(void)
{
    struct sim_talk *talk = sim_talk_new(2, &wire);
    struct sim_flow *there, *back;

    sim_pair_start(talk->pair);
    there = sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    back = sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    within(talk->pair, sim_pair_connect(talk->pair, SEC), 0, 220 * MS,
           "both ways");
    sim_talk_begin(talk);
    sim_talk_run(talk, 20 * SEC);
    within(talk->pair, there->received, 998, 1000, "for 20 s there");
    within(talk->pair, back->received, 998, 1000, "and back");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* R, which answered, adds sound of its own while L's goes on. */
static void test_added(void)
{
    struct sim_talk *talk = sim_talk_new(3, &wire);
    struct sim_pair *pair = talk->pair;
    struct rtc_track_config track = {.kind = RTC_AUDIO,
                                     .direction = RTC_SENDONLY,
                                     .codecs = {RTC_CODEC_OPUS},
                                     .codec_count = 1};
    struct sim_flow *there = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    struct sim_flow *added = &talk->flows[1];
    struct rtc_track_info info;
    unsigned tracks;

    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    tracks = talk->seen[SIM_R].events[RTC_EVENT_TRACK];
    *added = *there;
    added->from = SIM_R;
    added->sent = added->received = 0;
    added->next = RTC_NEVER;
    added->track[SIM_L] = -1;
    added->track[SIM_R] = rtc_peer_add_track(pair->side[SIM_R].peer, &track);
    talk->flow_count = 2;
    is_int(sim_pair_negotiate(pair, SIM_R), 0, "the answerer adds a track");
    sim_talk_begin(talk);
    sim_talk_run(talk, 2 * SEC);
    within(pair, added->received, 97, 100, "2 s of it come");
    within(pair, there->received, 147, 150, "the other goes on");
    ok(rtc_peer_track_count(pair->side[SIM_L].peer) == 2 &&
           !rtc_peer_track_info(pair->side[SIM_L].peer, 1, &info) &&
           info.by_remote,
       "acceptance 37: the other side has a track that the remote made");
    ok(!rtc_peer_track_info(pair->side[SIM_R].peer, 1, &info) &&
           !info.by_remote,
       "and who made it has not");
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_TRACK] - tracks, 2, 2,
           "each track is told of once more");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Acceptance 38: what cannot be sent is refused, and harms nothing. */
static void test_refused(void)
{
    static const uint8_t opus[] = {0x78, 1};
    struct sim_talk *talk = sim_talk_new(4, &wire);
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    struct rtc_peer *r = talk->pair->side[SIM_R].peer;
    const struct rtc_frame frame = {.data = opus,
                                    .len = sizeof opus,
                                    .codec = RTC_CODEC_OPUS,
                                    .time = RTC_NEVER};
    unsigned refused = 0;

    flow->frame_count = 100;
    sim_talk_begin(talk);
    for (unsigned i = 0; i < 50; i++) {
        sim_talk_run(talk, 10 * MS);
        refused +=
            rtc_peer_send_frame(r, 0, &frame, talk->pair->now) == RTC_ERR_STATE;
    }
    within(talk->pair, refused, 50, 50,
           "a track that only receives sends nothing");
    sim_talk_finish(talk, SIM_L, SEC);
    within(talk->pair, flow->received, 100, 100, "and receives all");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* ---- acceptance 60: modes and clocks ------------------------------------- */

#define COUNT 200
#define SPURT 50 /* each one so long, and half as long a silence behind it */

struct mode {
    enum rtc_codec codec;
    uint8_t payload_type;
    bool packets[2]; /* at L, which sends, and R */
};

static struct {
    unsigned count, wrong_time, wrong_rank, markers, wrong_marker;
    uint64_t first_time;
} heard;

/* Ticks from the first frame to frame `i`: silences are not sent. */
static uint64_t time_of(enum rtc_codec codec, unsigned i)
{
    unsigned periods = i + i / SPURT * (SPURT / 2);

    return (uint64_t)periods * rtc_codec_clock_rate(codec) / 50;
}

static enum rtc_codec heard_codec;

static void take(uint64_t time, bool marker, const uint8_t *data)
{
    if (!heard.count)
        heard.first_time = time;
    heard.wrong_time +=
        time - heard.first_time != time_of(heard_codec, heard.count);
    heard.wrong_rank += data[1] != (uint8_t)heard.count;
    heard.wrong_marker += marker != (heard.count % SPURT == 0);
    heard.markers += marker;
    heard.count++;
}

static void on_event(struct sim_side *side, const struct rtc_event *event)
{
    (void)side;
    if (event->type == RTC_EVENT_FRAME)
        take(event->frame.media_time, event->frame.marker, event->frame.data);
    if (event->type == RTC_EVENT_PACKET)
        take(event->packet.media_time, event->packet.marker,
             event->packet.payload);
}

static int send_one(struct sim_pair *pair, const struct mode *mode, unsigned i)
{
    uint8_t data[160] = {0x78, (uint8_t)i};
    struct rtc_frame frame = {.data = data,
                              .len = sizeof data,
                              .codec = mode->codec,
                              .media_time = time_of(mode->codec, i),
                              .marker = i % SPURT == 0,
                              .time = RTC_NEVER};
    struct rtc_packet packet = {.payload = data,
                                .len = sizeof data,
                                .media_time = frame.media_time,
                                .payload_type = mode->payload_type,
                                .marker = frame.marker,
                                .renumber = true,
                                .time = RTC_NEVER};
    struct rtc_peer *l = pair->side[SIM_L].peer;

    return mode->packets[SIM_L] ? rtc_peer_send_packet(l, 0, &packet, pair->now)
                                : rtc_peer_send_frame(l, 0, &frame, pair->now);
}

static void test_mode(const struct mode *mode)
{
    struct sim_pair *pair = sim_pair_new(60);
    struct rtc_track_config track = {
        .kind = RTC_AUDIO, .codecs = {mode->codec}, .codec_count = 1};
    struct rtc_track_stats stats;
    unsigned refused = 0;
    char name[64];

    memset(&heard, 0, sizeof heard);
    heard_codec = mode->codec;
    snprintf(name, sizeof name, "%s, %s to %s", rtc_codec_name(mode->codec),
             mode->packets[SIM_L] ? "packets" : "frames",
             mode->packets[SIM_R] ? "packets" : "frames");
    sim_pair_link(pair, &wire);
    pair->side[SIM_R].on_event = on_event;
    sim_pair_start(pair);
    for (int i = 0; i < 2; i++) {
        track.direction = i == SIM_L ? RTC_SENDONLY : RTC_RECVONLY;
        track.packets = mode->packets[i];
        rtc_peer_add_track(pair->side[i].peer, &track);
    }
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, name);
    for (unsigned i = 0; i < COUNT; i++) {
        refused += send_one(pair, mode, i) != 0;
        sim_pair_run(pair, pair->now + 20 * MS);
        if (i % SPURT == SPURT - 1) /* silence */
            sim_pair_run(pair, pair->now + SPURT / 2 * 20 * MS);
    }
    sim_pair_run(pair, pair->now + SEC);
    rtc_peer_track_stats(pair->side[SIM_R].peer, 0, &stats);
    within(pair, refused, 0, 0, "all is taken");
    within(pair, heard.count, COUNT, COUNT, "comes");
    within(pair, heard.wrong_rank, 0, 0, "in order");
    within(pair, heard.wrong_time, 0, 0, "at its media time");
    within(pair, heard.markers, COUNT / SPURT, COUNT / SPURT, "talkspurts");
    within(pair, heard.wrong_marker, 0, 0, "begin where they did");
    /* In seconds, whatever the clock. */
    within(pair, (int64_t)(stats.jitter * 1e6), 0, 2 * MS, "without jitter");
    sim_pair_free(pair);
}

static void test_modes(void)
{
    static const struct {
        enum rtc_codec codec;
        uint8_t payload_type;
    } codecs[] = {{RTC_CODEC_OPUS, 111},
                  {RTC_CODEC_G722, 9},
                  {RTC_CODEC_PCMU, 0},
                  {RTC_CODEC_PCMA, 8}};

    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        for (unsigned k = 0; k < 4; k++)
            test_mode(&(struct mode){.codec = codecs[i].codec,
                                     .payload_type = codecs[i].payload_type,
                                     .packets = {k & 1, k >> 1}});
}

int main(void)
{
    test_one_way();
    test_both_ways();
    test_added();
    test_refused();
    test_modes();
    return tap_done();
}
