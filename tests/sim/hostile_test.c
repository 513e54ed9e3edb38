/* SPDX-License-Identifier: MIT
 * What an attacker on the network does: a running session goes on as if nothing
 * were. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};
static uint64_t noise;

static void hand_in(struct sim_side *side, const struct rtc_path *path,
                    const uint8_t *data, size_t len)
{
    uint8_t copy[2048];

    memcpy(copy, data, len);
    rtc_peer_receive(side->peer, path, copy, len, 0, side->pair->now);
}

static struct rtc_path elsewhere(const struct sim_packet *packet)
{
    struct rtc_path path = packet->path;

    path.remote.ip[3] = 66;
    path.remote.port = 6666;
    return path;
}

/* Noise under every first byte, from the right and from a strange address. */
static bool add_garbage(struct sim_side *side, const struct sim_packet *packet)
{
    struct rtc_path strange = elsewhere(packet);
    uint8_t data[200];

    for (unsigned i = 0; i < 8; i++) {
        size_t len = sim_draw(&noise) % sizeof data;
        for (size_t k = 0; k < len; k++)
            data[k] = (uint8_t)sim_draw(&noise);
        hand_in(side, &packet->path, data, len);
        hand_in(side, &strange, data, len);
    }
    return true;
}

/* Each datagram first with one bit of it turned over. */
static bool add_altered(struct sim_side *side, const struct sim_packet *packet)
{
    uint8_t data[2048];

    for (unsigned i = 0; i < 4; i++) {
        memcpy(data, packet->data, packet->len);
        data[sim_draw(&noise) % packet->len] ^= (uint8_t)(1u << i * 2);
        hand_in(side, &packet->path, data, packet->len);
    }
    return true;
}

/* Each datagram first in part. */
static bool add_cut(struct sim_side *side, const struct sim_packet *packet)
{
    for (unsigned i = 0; i < 4; i++)
        hand_in(side, &packet->path, packet->data,
                sim_draw(&noise) % packet->len);
    return true;
}

/* Each datagram, but no STUN, again from a strange address, and first. */
static bool add_moved(struct sim_side *side, const struct sim_packet *packet)
{
    struct rtc_path strange = elsewhere(packet);

    if (packet->data[0] > 3)
        hand_in(side, &strange, packet->data, packet->len);
    return true;
}

/* Each datagram again, late. */
static bool add_replayed(struct sim_side *side, const struct sim_packet *packet)
{
    static struct sim_packet kept[2][64];
    static unsigned count[2];
    unsigned *at = &count[side->which];

    if (side->pair->now < 1000 * SEC + 100)
        *at = 0;
    for (unsigned i = 0; i < 3 && *at >= 64; i++) {
        const struct sim_packet *old =
            &kept[side->which][sim_draw(&noise) % 64];
        hand_in(side, &old->path, old->data, old->len);
    }
    kept[side->which][(*at)++ % 64] = *packet;
    return true;
}

/* Alerts and closings in the clear, as anyone can write them, and a record of
 * keys to come. */
static bool add_dtls(struct sim_side *side, const struct sim_packet *packet)
{
    static const uint8_t alert[] = {21, 254, 253, 0, 0, 0, 0, 0,
                                    0,  1,   0,   0, 2, 2, 42};
    static const uint8_t closing[] = {21, 254, 253, 0, 0, 0, 0, 0,
                                      0,  2,   0,   0, 2, 1, 0};
    static const uint8_t later[] = {23, 254, 253, 0, 1, 0, 0, 0, 0,
                                    9,  0,   0,   4, 1, 2, 3, 4};

    hand_in(side, &packet->path, alert, sizeof alert);
    hand_in(side, &packet->path, closing, sizeof closing);
    hand_in(side, &packet->path, later, sizeof later);
    return true;
}

/* An empty ClientHello. Before the handshake it would end it, as it is the
 * first thing a DTLS server believes. */
static bool add_hello(struct sim_side *side, const struct sim_packet *packet)
{
    static const uint8_t hello[] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 3, 0, 0, 12,
                                    1,  0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0};

    hand_in(side, &packet->path, hello, sizeof hello);
    return true;
}

/* Two minutes of a stream under attack, which begins with the first datagram of
 * all or once they are connected. */
static void check_attack(bool (*attack)(struct sim_side *,
                                        const struct sim_packet *),
                         bool early, const char *name)
{
    struct sim_talk *talk = sim_talk_new(1, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;
    struct rtc_stats stats;

    noise = 1;
    if (early)
        pair->side[SIM_L].on_arrival = pair->side[SIM_R].on_arrival = attack;
    sim_pair_start(pair);
    flow = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    within(pair, sim_pair_connect(pair, 20 * SEC), 0, 10 * SEC, name);
    pair->side[SIM_L].on_arrival = pair->side[SIM_R].on_arrival = attack;
    flow->frame_count = 500;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    sim_talk_run(talk, 100 * SEC);
    within(pair, flow->received, 500, 500, "the stream is unharmed");
    within(pair, flow->late_us, 25 * MS, 60 * MS, "and no later");
    for (int i = 0; i < 2; i++) {
        const struct sim_side *side = &pair->side[i];
        rtc_peer_stats(side->peer, &stats);
        is_int(stats.path.remote.port, 5000, "it keeps its path");
        ok(side->ice_state == RTC_ICE_CONNECTED ||
               side->ice_state == RTC_ICE_COMPLETED,
           "and its state");
        within(pair, side->ice_event_count, 1, 6, "without much ado");
        within(pair,
               (int64_t)(stats.datagrams_dropped + stats.srtp_failed +
                         stats.srtp_replayed),
               0, (int64_t)stats.datagrams_received, "counters tell");
    }
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_GAP], 0, 0, "no gap");
    within(pair, talk->seen[SIM_L].events[RTC_EVENT_KEYFRAME_REQUEST], 0, 0,
           "no key frame asked for");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* What each kind of bad packet is counted as. */
static void test_counters(void)
{
    struct sim_talk *talk = sim_talk_new(2, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_side *r = &pair->side[SIM_R];
    struct rtc_stats before, after;
    struct rtc_path path, strange;
    uint8_t rtp[60] = {0x80, 96, 0, 1}, rtcp[60] = {0x80, 200, 0, 6};
    uint8_t other[60] = {100};

    sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    rtc_peer_stats(r->peer, &before);
    path = strange = before.path;
    strange.remote.port = 6666;
    hand_in(r, &path, rtp, sizeof rtp);
    hand_in(r, &path, rtcp, sizeof rtcp);
    hand_in(r, &path, other, sizeof other);
    hand_in(r, &strange, rtp, sizeof rtp);
    rtc_peer_stats(r->peer, &after);
    is_int((int64_t)(after.datagrams_received - before.datagrams_received), 4,
           "four datagrams");
    is_int((int64_t)(after.srtp_failed - before.srtp_failed), 2,
           "two are forged");
    is_int((int64_t)(after.datagrams_dropped - before.datagrams_dropped), 2,
           "two are not for us");
    ok(!rtc_peer_accepts(r->peer, &strange, rtp, sizeof rtp),
       "a strange path is not accepted");
    ok(rtc_peer_accepts(r->peer, &path, rtp, sizeof rtp), "the right one is");
    is_int(rtc_peer_receive(r->peer, &path, rtp, 0, 0, pair->now), 0,
           "an empty datagram");
    is_int(rtc_peer_receive(r->peer, &path, rtp, 60, 7, pair->now), 0,
           "a merged one, cut oddly");
    sim_talk_free(talk);
}

int main(void)
{
    check_attack(add_garbage, true, "garbage from the start");
    check_attack(add_altered, false, "altered copies");
    check_attack(add_cut, true, "parts of datagrams from the start");
    check_attack(add_moved, true, "copies from elsewhere");
    check_attack(add_replayed, false, "late copies");
    check_attack(add_dtls, true, "DTLS in the clear from the start");
    check_attack(add_hello, false, "a ClientHello later");
    test_counters();
    return tap_done();
}
