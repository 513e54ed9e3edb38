/* SPDX-License-Identifier: MIT
 * Packets and where they belong: streams known by SSRC or by MID alone, what
 * arrives of a packet, numbers that wrap, duplicates, SSRCs that change, and
 * what happens to packets that wait when their track ends. */
#include "peer/peer.h"
#include "peer/track.h"
#include "tests/sim/check.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

/* ---- packets as written
 * ------------------------------------------------------
 */

#define TRACKS 2
#define PACKETS 40

static struct rtc_packet came[TRACKS][PACKETS];
static uint8_t first_byte[TRACKS][PACKETS];
static unsigned count[TRACKS];

static void on_packet(struct sim_side *side, const struct rtc_event *event)
{
    (void)side;
    if (event->type != RTC_EVENT_PACKET || event->track >= TRACKS ||
        count[event->track] == PACKETS)
        return;
    first_byte[event->track][count[event->track]] = event->packet.payload[4];
    came[event->track][count[event->track]++] = event->packet;
}

static void without_mid(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    (void)is_answer;
    sim_edit_remove(sdp, "a=extmap:");
}

static void without_ssrc(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    (void)is_answer;
    sim_edit_remove(sdp, "a=ssrc");
}

/* Two video tracks with the same payload types from L to R, at packet level. */
static struct sim_talk *start(uint64_t seed,
                              void (*edit)(char *sdp, size_t cap, bool answer))
{
    struct sim_talk *talk = sim_talk_new(seed, &wire);
    struct sim_pair *pair = talk->pair;
    struct rtc_track_config track = {.kind = RTC_VIDEO,
                                     .codecs = {RTC_CODEC_VP8},
                                     .codec_count = 1,
                                     .packets = true};

    memset(count, 0, sizeof count);
    pair->edit = edit;
    pair->side[SIM_R].on_event = on_packet;
    sim_pair_start(pair);
    for (unsigned i = 0; i < TRACKS; i++) {
        track.direction = RTC_SENDONLY;
        rtc_peer_add_track(pair->side[SIM_L].peer, &track);
        track.direction = RTC_RECVONLY;
        rtc_peer_add_track(pair->side[SIM_R].peer, &track);
    }
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "two tracks");
    return talk;
}

/* Packet `i` of a track, forwarded with numbers and times of its own: the
 * number wraps, times go forth and back, and markers follow no rule. */
static struct rtc_packet packet_of(int track, unsigned i, uint8_t payload[8])
{
    static const uint8_t vp8[8] = {0x90, 0x80, 0x81, 0x23};

    memcpy(payload, vp8, sizeof vp8);
    payload[4] = (uint8_t)(track * 100 + (int)i);
    return (struct rtc_packet){
        .payload = payload,
        .len = 8,
        .sequence = 65520 + i,
        .media_time =
            (uint64_t)UINT32_MAX - 20000 + 3000 * (i ^ 1) + (unsigned)track,
        .payload_type = 96,
        .marker = i % 3 == 1,
        .time = RTC_NEVER,
    };
}

static int send_one(struct sim_talk *talk, int track, unsigned i)
{
    uint8_t payload[8];
    struct rtc_packet packet = packet_of(track, i, payload);

    return rtc_peer_send_packet(talk->pair->side[SIM_L].peer, track, &packet,
                                talk->pair->now);
}

static void send_all(struct sim_talk *talk, unsigned from, unsigned to)
{
    unsigned refused = 0;

    for (unsigned i = from; i < to; i++) {
        for (int track = 0; track < TRACKS; track++)
            refused += send_one(talk, track, i) != 0;
        sim_talk_run(talk, 10 * MS);
    }
    is_int(refused, 0, "packets are taken");
    sim_talk_run(talk, 100 * MS);
}

static void check_as_written(struct sim_talk *talk, const char *name)
{
    for (int track = 0; track < TRACKS; track++) {
        unsigned wrong = 0;

        within(talk->pair, count[track], PACKETS, PACKETS, name);
        for (unsigned i = 0; i < count[track]; i++) {
            uint8_t payload[8];
            struct rtc_packet want = packet_of(track, i, payload);
            const struct rtc_packet *got = &came[track][i];

            wrong += (uint16_t)got->sequence != (uint16_t)want.sequence ||
                     got->sequence != came[track][0].sequence + i ||
                     (uint32_t)got->media_time != (uint32_t)want.media_time ||
                     got->media_time - came[track][0].media_time !=
                         want.media_time -
                             ((uint64_t)UINT32_MAX - 17000 + (unsigned)track) ||
                     got->marker != want.marker ||
                     got->payload_type != want.payload_type ||
                     first_byte[track][i] != payload[4];
        }
        is_int(wrong, 0, "number, time, marker and payload as written");
    }
}

static void test_by_ssrc(void)
{
    struct sim_talk *talk = start(1, without_mid);

    send_all(talk, 0, PACKETS);
    check_as_written(talk, "acceptance 47: known by SSRC alone");
    sim_talk_free(talk);
}

static void test_by_mid(void)
{
    struct sim_talk *talk = start(2, without_ssrc);

    send_all(talk, 0, PACKETS);
    check_as_written(talk, "acceptance 47: known by MID alone");
    sim_talk_free(talk);
}

/* ---- tracks that end
 * ----------------------------------------------------------
 */

static unsigned first_of_rtp, rtp;

static bool count_rtp(struct sim_side *side, const struct sim_packet *packet)
{
    (void)side;
    if (packet->len > 12 && packet->data[0] >> 6 == 2 &&
        (packet->data[1] & 0x7f) == 96)
        rtp++;
    return true;
}

static void test_removal(void)
{
    struct sim_talk *talk = start(3, NULL);
    struct sim_pair *pair = talk->pair;
    struct rtc_track_info info;

    pair->side[SIM_R].on_arrival = count_rtp;
    send_all(talk, 0, 10);
    within(pair, count[0], 10, 10, "both flow");
    within(pair, count[1], 10, 10, "the second as well");
    /* What waits is not sent any more. */
    for (unsigned i = 10; i < 20; i++)
        is_int(send_one(talk, 0, i), 0, "a packet waits");
    first_of_rtp = rtp;
    is_int(rtc_peer_stop_track(pair->side[SIM_L].peer, 0), 0, "one is stopped");
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "as is agreed");
    sim_talk_run(talk, SEC);
    within(pair, rtp - first_of_rtp, 0, 0,
           "acceptance 51: packets that waited are not sent");
    within(pair, count[0], 10, 10, "and do not come");
    for (int i = 0; i < 2; i++) {
        rtc_peer_track_info(pair->side[i].peer, 0, &info);
        ok(info.stopped && info.agreed == RTC_INACTIVE,
           "acceptance 47: the track is gone at both ends");
    }
    is_int(pair->side[SIM_R].peer->tracks[0]->plain.receiving, 0,
           "and its stream");
    is_int(send_one(talk, 0, 20), RTC_ERR_STATE, "nothing is taken for it");
    for (unsigned i = 10; i < 20; i++)
        send_one(talk, 1, i);
    sim_talk_run(talk, SEC);
    within(pair, count[1], 20, 20, "the other goes on");
    sim_talk_free(talk);
}

/* ---- history, duplicates ------------------------------------------------- */

static void test_no_history(void)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.05};
    struct sim_talk *talk = sim_talk_new(4, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;
    struct rtc_track_stats sent;

    pair->side[SIM_L].config.history_packets = 0;
    flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    sim_pair_link(pair, &lossy);
    flow->frame_count = 250;
    flow->key_every = 25;
    sim_talk_begin(talk);
    sim_talk_run(talk, 13 * SEC);
    rtc_peer_track_stats(pair->side[SIM_L].peer, flow->track[SIM_L], &sent);
    is_int((int64_t)sent.packets_retransmitted, 0,
           "acceptance 51: without history nothing is resent");
    within(pair, (int64_t)sent.nack_received, 1, 2000, "though asked for");
    within(pair, flow->received, 40, 220, "frames come all the same");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_duplicates(void)
{
    struct sim_talk *talk = sim_talk_new(5, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow;
    struct rtc_track_stats sent, got;
    struct rtc_stats stats;

    pair->side[SIM_R].copies = 4;
    flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    flow->frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    rtc_peer_track_stats(pair->side[SIM_L].peer, flow->track[SIM_L], &sent);
    rtc_peer_track_stats(pair->side[SIM_R].peer, flow->track[SIM_R], &got);
    rtc_peer_stats(pair->side[SIM_R].peer, &stats);
    within(pair, flow->received, 50, 50, "acceptance 51: each frame once");
    is_int((int64_t)got.packets_received, (int64_t)sent.packets_sent,
           "each packet is counted once");
    within(pair, (int64_t)stats.srtp_replayed, 3 * (int64_t)sent.packets_sent,
           4 * (int64_t)sent.packets_sent, "its copies are replays");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* ---- another SSRC
 * ------------------------------------------------------------
 */

/* What a remote may do at any time (RFC 3550 8.2), and ours does not. */
static void change_ssrc(struct sim_talk *talk, uint32_t ssrc)
{
    struct rtc_peer *l = talk->pair->side[SIM_L].peer;
    struct rtc_layer *layer = l->layers[0];

    layer->ssrc = ssrc;
    layer->known = layer->extension_set = false;
    is_int(rtc_layer_set_codec(l, layer, &layer->track->agreed.codecs[0]), 0,
           "another SSRC");
    talk->flows[0].key_asked = true;
}

static void test_change(void)
{
    struct sim_talk *talk = sim_talk_new(6, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    uint32_t first = pair->side[SIM_L].peer->layers[0]->ssrc;

    flow->frame_count = 100;
    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    change_ssrc(talk, first ^ 1);
    sim_talk_run(talk, SEC);
    within(pair, flow->received, 47, 51, "acceptance 49: from A to B");
    is_int(pair->side[SIM_R].peer->layers[0]->remote_ssrc, first ^ 1, "is B");
    change_ssrc(talk, first);
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, flow->received, 100, 100, "acceptance 49: and back to A");
    is_int(pair->side[SIM_R].peer->layers[0]->remote_ssrc, first, "is A");
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_GAP], 0, 0,
           "without a gap");
    within(pair, flow->corrupt + flow->disordered, 0, 0, "as it was sent");
    sim_talk_free(talk);
}

int main(void)
{
    test_by_ssrc();
    test_by_mid();
    test_removal();
    test_no_history();
    test_duplicates();
    test_change();
    return tap_done();
}
