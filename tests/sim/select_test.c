/* SPDX-License-Identifier: MIT
 * A forwarding unit M that takes all simulcast layers of A as packets and sends
 * one of them on to B: it changes over at key frames, numbers packets on across
 * that, and aligns the layers' RTP times by their capture times. B sees one
 * stream without a gap. */
#include "codec/codec.h"
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000
#define LAYERS 3
#define FRAME_TICKS 3600 /* 25 a second */
#define TICKS_OFF 90     /* a millisecond that a time may be off */

static const struct sim_link wire = {.delay_us = 25 * MS};
static const char *const qhf[LAYERS] = {"q", "h", "f"};

static struct {
    struct sim_talk *in, *out;
    int track;     /* M's towards B */
    int current;   /* layer that is forwarded, -1: none yet */
    unsigned want; /* layer to change over to */
    uint64_t sequence_offset, time_offset;
    uint64_t last_sequence, last_time; /* sent on */
    rtc_usec last_remote;
    /* What M saw. */
    unsigned of_layer[LAYERS], untimed, refused, changes;
    uint32_t ssrc[LAYERS];
    bool mixed; /* a layer of two SSRCs */
    /* What B saw. */
    unsigned frames, keys, wrong_flag, wrong_time, wrong_len;
    unsigned doubled; /* one of another layer had the same time */
    uint64_t last_media_time;
    unsigned gaps, asked;
} s;

/* ---- M ------------------------------------------------------------------- */

static bool starts_stream(const struct rtc_packet *p)
{
    struct rtc_payload_info info = {0};

    return !rtc_codec_entry(RTC_CODEC_VP8)
                ->inspect(p->payload, p->len, p->marker, &info) &&
           info.starts_stream;
}

/* From here on this layer: its numbers and times go on where the other's were.
 */
static void change_over(const struct rtc_packet *p)
{
    if (s.current >= 0) {
        rtc_usec span = p->remote_time - s.last_remote;

        s.sequence_offset = s.last_sequence + 1 - p->sequence;
        s.time_offset =
            s.last_time + (uint64_t)(span * 90 / MS) - p->media_time;
    }
    s.current = p->layer;
    s.changes++;
}

static void forward(const struct rtc_packet *p, rtc_usec now)
{
    struct rtc_packet out = *p;

    out.sequence += s.sequence_offset;
    out.media_time += s.time_offset;
    out.time = RTC_NEVER;
    s.refused += rtc_peer_send_packet(s.out->pair->side[SIM_L].peer, s.track,
                                      &out, now) != 0;
    if (out.sequence > s.last_sequence || s.changes == 1) {
        s.last_sequence = out.sequence;
        s.last_time = out.media_time;
        s.last_remote = p->remote_time;
    }
}

static void on_packet(struct sim_side *side, const struct rtc_event *event)
{
    const struct rtc_packet *p = &event->packet;

    if (event->type != RTC_EVENT_PACKET)
        return;
    if (p->layer >= LAYERS || event->layer != p->layer) {
        s.mixed = true;
        return;
    }
    s.of_layer[p->layer]++;
    s.mixed = s.mixed || (s.ssrc[p->layer] && s.ssrc[p->layer] != p->ssrc);
    s.ssrc[p->layer] = p->ssrc;
    s.untimed += p->remote_time == RTC_NEVER;
    if (p->layer == s.want && (int)p->layer != s.current && starts_stream(p))
        change_over(p);
    if ((int)p->layer == s.current)
        forward(p, side->pair->now);
}

/* B's wishes are A's business. */
static void on_feedback(struct sim_side *side, const struct rtc_event *event)
{
    (void)side;
    if (event->type != RTC_EVENT_KEYFRAME_REQUEST)
        return;
    s.asked++;
    rtc_peer_request_keyframe(s.in->pair->side[SIM_R].peer, 0, s.in->pair->now);
}

/* ---- B ------------------------------------------------------------------- */

static bool is_frame_len(size_t len, bool key)
{
    const struct sim_flow *flow = &s.in->flows[s.current];

    return len == sim_flow_len(flow, key);
}

static void on_frame(struct sim_side *side, const struct rtc_event *event)
{
    const struct rtc_frame *f = &event->frame;
    uint64_t step;

    (void)side;
    s.gaps += event->type == RTC_EVENT_GAP;
    if (event->type != RTC_EVENT_FRAME)
        return;
    step = f->media_time - s.last_media_time;
    if (s.frames++) {
        s.wrong_flag += !f->contiguous;
        if (step + TICKS_OFF <= 2 * TICKS_OFF)
            s.doubled++;
        else
            s.wrong_time += step + TICKS_OFF < FRAME_TICKS ||
                            step > FRAME_TICKS + TICKS_OFF;
    }
    s.keys += f->keyframe;
    s.wrong_len += !is_frame_len(f->len, f->keyframe);
    s.last_media_time = f->media_time;
}

/* ---- the two sessions
 * -------------------------------------------------------- */

static void start(uint64_t seed)
{
    struct rtc_track_config track = {.kind = RTC_VIDEO,
                                     .direction = RTC_RECVONLY,
                                     .codecs = {RTC_CODEC_VP8},
                                     .codec_count = 1,
                                     .packets = true};

    memset(&s, 0, sizeof s);
    s.current = -1;
    s.in = sim_talk_new(seed, &wire);
    s.in->pair->side[SIM_L].config.mtu = 1150;
    sim_pair_start(s.in->pair);
    sim_talk_add_layers(s.in, SIM_L, RTC_CODEC_VP8, qhf, LAYERS);
    rtc_peer_add_track(s.in->pair->side[SIM_R].peer, &track);
    s.in->pair->side[SIM_R].on_event = on_packet;
    within(s.in->pair, sim_pair_connect(s.in->pair, SEC), 0, 220 * MS,
           "simulcast as packets");
    s.out = sim_talk_new(seed + 1000, &wire);
    s.out->pair->side[SIM_L].on_event = on_feedback;
    s.out->pair->side[SIM_R].on_event = on_frame;
    sim_pair_start(s.out->pair);
    track.direction = RTC_SENDONLY;
    s.track = rtc_peer_add_track(s.out->pair->side[SIM_L].peer, &track);
    within(s.out->pair, sim_pair_connect(s.out->pair, SEC), 0, 220 * MS,
           "one stream to B");
    s.out->pair->now = s.in->pair->now; /* both connected as fast */
}

static void run(rtc_usec span_us)
{
    rtc_usec until = s.in->pair->now + span_us;

    for (rtc_usec now = s.in->pair->now; now <= until; now += MS) {
        sim_pair_run(s.in->pair, now);
        sim_pair_run(s.out->pair, now);
    }
}

/* From the smallest up and back again, two seconds each, over links that lose
 * `loss`. */
static void test_select(double loss)
{
    static const unsigned wants[] = {0, 1, 2, 0, 2, 1};
    const struct sim_link link = {.delay_us = 25 * MS, .loss = loss};
    const unsigned count = sizeof wants / sizeof *wants;
    struct rtc_track_info info;

    start(loss > 0 ? 2 : 1);
    sim_talk_begin(s.in);
    for (unsigned i = 0; i < count; i++) {
        s.want = wants[i];
        if (i)
            rtc_peer_request_keyframe(s.in->pair->side[SIM_R].peer, 0,
                                      s.in->pair->now);
        run(2 * SEC);
        if (!i) {
            sim_pair_link(s.in->pair, &link);
            sim_pair_link(s.out->pair, &link);
        }
        within(s.in->pair, s.current, wants[i], wants[i], "the layer wanted");
    }
    rtc_peer_track_info(s.in->pair->side[SIM_R].peer, 0, &info);
    ok(info.layer_count == LAYERS && !strcmp(info.rids[2], "f"),
       "layers by the names A gave them");
    ok(!s.mixed, "each layer's packets are told apart");
    for (unsigned i = 0; i < LAYERS; i++)
        within(s.in->pair, s.of_layer[i], 290, 4000, "all of them come");
    within(s.in->pair, s.untimed, 0, 12, "with capture times");
    within(s.in->pair, s.changes, count, count, "each change over is one");
    within(s.out->pair, s.refused, 0, 0, "no packet is refused");
    /* Of the instant of a change it may have two. */
    within(s.out->pair, s.doubled, 0, count - 1, "none twice but for changes");
    within(s.out->pair, s.frames - s.doubled, 297, 301, "B has every frame");
    within(s.out->pair, s.gaps + s.wrong_flag, 0, 0, "without a gap");
    within(s.out->pair, s.wrong_time, 0, 0, "at even times");
    within(s.out->pair, s.keys, count, count + s.doubled + s.asked,
           "key frames where it has to have them");
    if (loss == 0) {
        within(s.out->pair, s.wrong_len, 0, count, "of the layer wanted");
        within(s.out->pair, s.asked, 0, 0, "and B asks for nothing");
    }
    sound(s.in, "soundly");
    sim_talk_free(s.in);
    sim_talk_free(s.out);
}

int main(void)
{
    test_select(0);
    test_select(0.03);
    return tap_done();
}
