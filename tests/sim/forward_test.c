/* SPDX-License-Identifier: MIT
 * A forwarding unit: a stream goes from A to M and from M to B as RTP packets,
 * in two sessions, with sequence numbers, markers and times as A wrote them. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

/* A to M is one pair, M to B another; both R's and M's own L are at hand. */
struct forward {
    struct sim_talk *in, *out;
    int track; /* M's in the second session */
    unsigned packets, refused, disordered;
    uint64_t first, last; /* sequence numbers */
    bool first_marker;
    void (*base)(struct sim_side *side, const struct rtc_event *event);
};

static struct forward f;

static void on_packet(struct sim_side *side, const struct rtc_event *event)
{
    if (event->type != RTC_EVENT_PACKET) {
        f.base(side, event);
        return;
    }
    if (!f.packets++)
        f.first = event->packet.sequence;
    else
        f.disordered += event->packet.sequence < f.last;
    f.last = event->packet.sequence;
    if (rtc_peer_send_packet(f.out->pair->side[SIM_L].peer, f.track,
                             &event->packet, side->pair->now))
        f.refused++;
}

/* B's packets, when it takes packets as well. */
struct arrived {
    unsigned count, markers;
    uint64_t first, last, first_time, last_time;
    unsigned disordered;
};

static struct arrived arrived;

static void on_arrived(struct sim_side *side, const struct rtc_event *event)
{
    const struct rtc_packet *p = &event->packet;

    (void)side;
    if (event->type != RTC_EVENT_PACKET)
        return;
    if (!arrived.count++) {
        arrived.first = p->sequence;
        arrived.first_time = p->media_time;
    } else {
        arrived.disordered += p->sequence != arrived.last + 1;
    }
    arrived.last = p->sequence;
    arrived.last_time = p->media_time;
    arrived.markers += p->marker;
}

static int add_track(struct sim_side *side, enum rtc_direction direction,
                     enum rtc_codec codec)
{
    struct rtc_track_config track = {.kind = rtc_codec_kind(codec),
                                     .direction = direction,
                                     .codecs = {codec},
                                     .codec_count = 1,
                                     .packets = true};

    return rtc_peer_add_track(side->peer, &track);
}

/* Both sessions connected; B takes frames or packets. */
static void start(uint64_t seed, enum rtc_codec codec, bool frames_at_b)
{
    memset(&f, 0, sizeof f);
    memset(&arrived, 0, sizeof arrived);
    f.in = sim_talk_new(seed, &wire);
    sim_pair_start(f.in->pair);
    sim_talk_add(f.in, SIM_L, codec);
    add_track(&f.in->pair->side[SIM_R], RTC_RECVONLY, codec);
    f.base = f.in->pair->side[SIM_R].on_event;
    f.in->pair->side[SIM_R].on_event = on_packet;
    sim_pair_connect(f.in->pair, SEC);
    f.out = sim_talk_new(seed + 1000, &wire);
    /* M's packets carry a MID where A's do not any more, and are that longer.
     */
    f.out->pair->side[SIM_L].config.mtu = 1216;
    f.out->pair->side[SIM_R].config.mtu = 1216;
    sim_pair_start(f.out->pair);
    f.track = add_track(&f.out->pair->side[SIM_L], RTC_SENDONLY, codec);
    if (!frames_at_b) {
        add_track(&f.out->pair->side[SIM_R], RTC_RECVONLY, codec);
        f.out->pair->side[SIM_R].on_event = on_arrived;
    }
    sim_pair_connect(f.out->pair, SEC);
    f.out->pair->now = f.in->pair->now; /* both connected as fast */
}

/* Runs both sessions side by side, a millisecond at a time. */
static void run(rtc_usec span_us)
{
    rtc_usec until = f.in->pair->now + span_us;

    for (rtc_usec now = f.in->pair->now; now <= until; now += MS) {
        sim_pair_run(f.in->pair, now);
        sim_pair_run(f.out->pair, now);
    }
}

static void finish(void)
{
    sim_talk_free(f.in);
    sim_talk_free(f.out);
}

/* What B makes of the packets are the frames A sent: the flow is checked in
 * the second session as if it had begun there. */
static void check_frames(enum rtc_codec codec, const struct sim_link *link,
                         unsigned least, const char *name)
{
    struct sim_flow *there, *here;

    start(1, codec, true);
    there = &f.in->flows[0];
    there->frame_count = 250;
    there->key_every = 50;
    here = &f.out->flows[f.out->flow_count++];
    *here = *there;
    here->begun = f.in->pair->now;
    here->next = RTC_NEVER;
    here->track[SIM_L] = f.track;
    here->track[SIM_R] = -1;
    sim_pair_link(f.in->pair, link);
    sim_talk_begin(f.in);
    run(12 * SEC);
    within(f.out->pair, here->received, least, 250, name);
    within(f.out->pair, f.refused, 0, 0, "no packet is refused");
    within(f.out->pair, here->late_us, 48 * MS, 700 * MS, "in time");
    sound(f.out, "soundly");
    finish();
}

static void test_packets(void)
{
    const struct sim_flow *flow;
    struct rtc_track_stats sent;

    start(2, RTC_CODEC_VP8, false);
    flow = &f.in->flows[0];
    f.in->flows[0].frame_count = 250;
    sim_talk_begin(f.in);
    run(11 * SEC);
    rtc_peer_track_stats(f.in->pair->side[SIM_L].peer, flow->track[SIM_L],
                         &sent);
    within(f.in->pair, f.packets, (int64_t)sent.packets_sent,
           (int64_t)sent.packets_sent, "every packet A sent comes to M");
    within(f.out->pair, arrived.count, f.packets, f.packets, "and to B");
    ok((uint16_t)arrived.first == (uint16_t)f.first &&
           (uint16_t)arrived.last == (uint16_t)f.last,
       "under the same sequence numbers");
    within(f.out->pair, arrived.disordered, 0, 0, "one by one");
    within(f.out->pair, arrived.markers, 250, 250, "a marker for each frame");
    within(f.out->pair, (int64_t)(arrived.last_time - arrived.first_time),
           249 * 3600, 249 * 3600, "times as far apart");
    finish();
}

/* A key frame is asked for until one begins, and no longer. */
static void test_request(void)
{
    struct rtc_track_stats got;
    struct rtc_track_info info;
    struct rtc_peer *m;

    start(4, RTC_CODEC_VP8, false);
    m = f.in->pair->side[SIM_R].peer;
    is_int(rtc_peer_set_packets(m, 0, false), 0, "a track may be changed");
    is_int(rtc_peer_set_packets(m, 0, true), 0, "and changed back");
    is_int(rtc_peer_set_packets(m, 9, true), RTC_ERR_ARG, "if there is one");
    f.in->flows[0].frame_count = 250;
    f.in->flows[0].key_every = 50;
    sim_talk_begin(f.in);
    run(SEC);
    is_int(rtc_peer_set_packets(m, 0, false), RTC_ERR_STATE,
           "but not once packets came");
    rtc_peer_request_keyframe(m, 0, f.in->pair->now);
    run(9 * SEC);
    rtc_peer_track_stats(m, 0, &got);
    within(f.in->pair, (int64_t)got.pli_sent, 1, 4, "asked for a key frame");
    ok(rtc_peer_track_info(m, 0, &info) == 0 && info.codec_count == 1 &&
           info.codecs[0] == RTC_CODEC_VP8 && info.payload_types[0] >= 96 &&
           info.payload_types[0] < 128,
       "its payload type is told");
    finish();
}

/* A packet track numbers packets itself when they have no number. */
static void test_own_numbers(void)
{
    static const uint8_t payload[] = {0x90, 0x80, 0x81, 0x23, 0x31, 0, 0, 1};
    struct rtc_packet packet = {.payload = payload,
                                .len = sizeof payload,
                                .payload_type = 96,
                                .renumber = true,
                                .time = RTC_NEVER};
    struct rtc_peer *l;

    start(3, RTC_CODEC_VP8, false);
    l = f.out->pair->side[SIM_L].peer;
    for (unsigned i = 0; i < 50; i++) {
        packet.media_time = 3000 * i;
        packet.marker = i % 5 == 4;
        if (rtc_peer_send_packet(l, f.track, &packet, f.out->pair->now))
            f.refused++;
        sim_talk_run(f.out, 10 * MS);
    }
    sim_talk_run(f.out, SEC);
    within(f.out->pair, f.refused, 0, 0, "packets without numbers are taken");
    within(f.out->pair, arrived.count, 50, 50, "come");
    within(f.out->pair, arrived.disordered, 0, 0, "are numbered");
    within(f.out->pair, arrived.markers, 10, 10, "keep the marker");
    within(f.out->pair, (int64_t)(arrived.last_time - arrived.first_time),
           49 * 3000, 49 * 3000, "and the time");
    packet.payload_type = 77;
    is_int(rtc_peer_send_packet(l, f.track, &packet, f.out->pair->now),
           RTC_ERR_ARG, "a payload type that was not agreed is refused");
    packet.payload_type = 96;
    packet.len = 1300;
    packet.payload = (const uint8_t[1300]){0x90};
    is_int(rtc_peer_send_packet(l, f.track, &packet, f.out->pair->now),
           RTC_ERR_ARG, "and a packet over the MTU");
    finish();
}

int main(void)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.05};

    check_frames(RTC_CODEC_VP8, &wire, 250, "VP8 through a third party");
    check_frames(RTC_CODEC_H264, &wire, 250, "H.264 through a third party");
    check_frames(RTC_CODEC_OPUS, &wire, 250, "Opus through a third party");
    check_frames(RTC_CODEC_VP8, &lossy, 250, "VP8 over a lossy first part");
    test_packets();
    test_request();
    test_own_numbers();
    return tap_done();
}
