/* SPDX-License-Identifier: MIT
 * How soon losses are asked for and repaired, packet by packet, as seen by the
 * taps of both peers; and what resends cost over links of known kinds. */
#include "base/bytes.h"
#include "rtcp/feedback.h"
#include "rtp/header.h"
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000
#define PACKETS 1000

static const struct sim_link wire = {.delay_us = 25 * MS};

/* ---- packet by packet ---------------------------------------------------- */

/* By low 16 bits of the sequence number; RTC_NEVER: not. */
static struct {
    uint32_t ssrc;
    rtc_usec sent[65536], came[65536], asked[65536], resent_came[65536];
} seen;

static void note(rtc_usec *at, rtc_usec time)
{
    if (*at == RTC_NEVER)
        *at = time;
}

static void on_left(void *user, const struct rtc_tapped *t)
{
    struct rtc_rtp_header h;

    (void)user;
    if (!t->is_sent || t->data[0] >> 6 != 2 ||
        rtc_rtp_is_rtcp(t->data, t->len) || rtc_rtp_parse(t->data, t->len, &h))
        return;
    if (!seen.ssrc)
        seen.ssrc = h.ssrc;
    if (h.ssrc == seen.ssrc)
        note(&seen.sent[h.sequence], t->time);
}

static void on_nacks(const struct rtc_tapped *t)
{
    struct rtc_rtcp_packet packet;
    struct rtc_rtcp_feedback feedback;
    struct rtc_nack_iterator it;
    struct rtc_reader r;
    uint16_t sequence;

    rtc_reader_init(&r, t->data, t->len);
    while (rtc_rtcp_next(&r, &packet) > 0) {
        if (rtc_rtcp_feedback_parse(&packet, &feedback) ||
            feedback.kind != RTC_FEEDBACK_NACK)
            continue;
        rtc_nack_iterator_init(&it, &feedback);
        while (rtc_nack_next(&it, &sequence))
            note(&seen.asked[sequence], t->time);
    }
}

static void on_right(void *user, const struct rtc_tapped *t)
{
    struct rtc_rtp_header h;

    (void)user;
    if (t->data[0] >> 6 != 2)
        return;
    if (rtc_rtp_is_rtcp(t->data, t->len)) {
        if (t->is_sent)
            on_nacks(t);
        return;
    }
    if (t->is_sent || rtc_rtp_parse(t->data, t->len, &h))
        return;
    if (h.ssrc == seen.ssrc)
        note(&seen.came[h.sequence], t->time);
    else if (h.payload_len > 2) /* RFC 4588 4: the number it had */
        note(&seen.resent_came[rtc_get_u16(h.payload)], t->time);
}

static void forget(void)
{
    seen.ssrc = 0;
    for (size_t i = 0; i < 65536; i++)
        seen.sent[i] = seen.came[i] = seen.asked[i] = seen.resent_came[i] =
            RTC_NEVER;
}

struct found {
    unsigned lost, unasked, unrepaired, slow;
    rtc_usec ask_us, repair_us; /* the longest */
};

/* What became of each packet that was lost; but of those behind the last that
 * came, which only their repetition tells of. */
static struct found look(rtc_usec delay_us)
{
    struct found f = {0};
    rtc_usec last = 0;

    for (size_t i = 0; i < 65536; i++)
        if (seen.came[i] != RTC_NEVER && seen.sent[i] > last)
            last = seen.sent[i];
    for (size_t i = 0; i < 65536; i++) {
        /* When it would have come. */
        rtc_usec due = seen.sent[i] + delay_us, ask, repair;

        if (seen.sent[i] > last || seen.came[i] != RTC_NEVER)
            continue;
        f.lost++;
        f.unasked += seen.asked[i] == RTC_NEVER;
        f.unrepaired += seen.resent_came[i] == RTC_NEVER;
        if (seen.asked[i] == RTC_NEVER || seen.resent_came[i] == RTC_NEVER)
            continue;
        ask = seen.asked[i] - due;
        repair = seen.resent_came[i] - due;
        f.ask_us = ask > f.ask_us ? ask : f.ask_us;
        f.repair_us = repair > f.repair_us ? repair : f.repair_us;
        f.slow += repair > 200 * MS;
    }
    return f;
}

/* Acceptance 55. A packet each 10 ms, 5 % lost each way. */
static void test_times(enum rtc_codec codec, uint64_t seed)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.05};
    struct sim_talk *talk = sim_talk_new(seed, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;
    struct found f;

    forget();
    pair->side[SIM_L].config.tap = on_left;
    pair->side[SIM_R].config.tap = on_right;
    flow = sim_talk_connect(talk, SIM_L, codec);
    if (!seeded(pair, flow != NULL, "connected"))
        return;
    flow->frame_count = PACKETS;
    flow->interval_us = 10 * MS;
    flow->len = flow->key_len = 900;
    sim_pair_link(pair, &lossy);
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    f = look(25 * MS);
    printf("# %s: %u lost, asked for within %d ms, there within %d ms, %u "
           "after 200 ms\n",
           rtc_codec_name(codec), f.lost, (int)(f.ask_us / MS),
           (int)(f.repair_us / MS), f.slow);
    within(pair, flow->received, PACKETS, PACKETS, rtc_codec_name(codec));
    within(pair, f.lost, 25, 85, "a twentieth is lost");
    within(pair, f.unasked, 0, 0, "all of that is asked for");
    within(pair, f.ask_us, 10 * MS, 99 * MS, "in less than 100 ms");
    within(pair, f.unrepaired, 0, 0, "all of it comes again");
    /* One in ten is lost once more, or its NACK; the second try is there
     * 200 ms after the loss all the same, the third need not. */
    within(pair, f.slow, 0, f.lost / 20, "nearly always within 200 ms");
    within(pair, f.repair_us, 60 * MS, 300 * MS, "and soon in any case");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* ---- links of known kinds ------------------------------------------------ */

struct preset {
    const char *name;
    struct sim_link link;
    /* How long a hole may stay open: where one round trip is a fifth of a
     * second, longer than our default. */
    rtc_usec reorder_us;
    double share; /* of resends, at most */
    rtc_usec late_us;
};

static const struct preset presets[] = {
    {.name = "Wi-Fi",
     .link = {.delay_us = 5 * MS,
              .jitter_us = 2 * MS,
              .burst_good = 200,
              .burst_bad = 2,
              .rate_bps = 100000000,
              .queue_bytes = 200000},
     .reorder_us = 500 * MS,
     .share = 0.05,
     .late_us = 150 * MS},
    {.name = "lossy Wi-Fi",
     .link = {.delay_us = 15 * MS,
              .jitter_us = 10 * MS,
              .burst_good = 40,
              .burst_bad = 2,
              .rate_bps = 50000000,
              .queue_bytes = 100000},
     .reorder_us = 500 * MS,
     .share = 0.15,
     .late_us = 500 * MS},
    {.name = "congested Wi-Fi",
     .link = {.delay_us = 10 * MS,
              .jitter_us = 20 * MS,
              .burst_good = 20,
              .burst_bad = 2,
              .rate_bps = 5000000,
              .queue_bytes = 30000},
     .reorder_us = 500 * MS,
     .share = 0.2,
     .late_us = 500 * MS},
    {.name = "congested",
     .link = {.delay_us = 80 * MS,
              .jitter_us = 40 * MS,
              .burst_good = 20,
              .burst_bad = 2,
              .rate_bps = 10000000,
              .queue_bytes = 50000},
     .reorder_us = 2 * SEC,
     .share = 0.2,
     .late_us = 2 * SEC},
};

/* Acceptance 56. */
static void test_preset(const struct preset *p, enum rtc_codec codec)
{
    struct sim_talk *talk = sim_talk_new(12345, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;
    struct rtc_track_stats sent, got;
    int64_t lost;

    pair->side[SIM_L].config.history_us = p->reorder_us + SEC;
    pair->side[SIM_R].config.reorder_us = p->reorder_us;
    flow = sim_talk_connect(talk, SIM_L, codec);
    if (!seeded(pair, flow != NULL, "connected"))
        return;
    flow->frame_count = 1000;
    flow->key_every = 100;
    sim_pair_link(pair, &p->link);
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 10 * SEC);
    rtc_peer_track_stats(pair->side[SIM_L].peer, flow->track[SIM_L], &sent);
    rtc_peer_track_stats(pair->side[SIM_R].peer, flow->track[SIM_R], &got);
    lost = (int64_t)sent.packets_sent - (int64_t)got.packets_received;
    printf("# %s, %s: %d of %d packets lost, %d resent, the latest frame "
           "after %d ms\n",
           p->name, rtc_codec_name(codec), (int)lost, (int)sent.packets_sent,
           (int)sent.packets_retransmitted, (int)(flow->late_us / MS));
    within(pair, flow->received, 1000, 1000, p->name);
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_GAP], 0, 0,
           "every packet comes");
    within(pair, lost, 10, (int64_t)sent.packets_sent / 7, "in the end");
    within(pair, (int64_t)sent.packets_retransmitted, lost,
           (int64_t)((double)sent.packets_sent * p->share),
           "with a share of resends as it should be");
    within(pair, flow->late_us, p->link.delay_us, p->late_us, "in time");
    within(pair, flow->tail_us, p->link.delay_us, p->late_us + SEC,
           "the end, too");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 4; seed++)
        test_times(RTC_CODEC_VP8, seed);
    test_times(RTC_CODEC_H264, 5);
    test_times(RTC_CODEC_VP9, 6);
    test_times(RTC_CODEC_AV1, 7);
    test_times(RTC_CODEC_H265, 8);
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        for (const enum rtc_codec *c = sim_flow_codecs; *c; c++)
            if (rtc_codec_kind(*c) == RTC_VIDEO)
                test_preset(&presets[i], *c);
    return tap_done();
}
