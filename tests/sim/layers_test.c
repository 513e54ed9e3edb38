/* SPDX-License-Identifier: MIT
 * Simulcast: the layers of a track are streams of their own, told apart by what
 * their packets name. Each has losses and resends, begins, pauses and ends by
 * itself. */
#include "rtp/extension.h"
#include "rtp/header.h"
#include "tests/sim/check.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};
static const char *const qhf[] = {"q", "h", "f"};

/* A pair with three layers from L, not negotiated yet. */
static struct sim_talk *start(uint64_t seed, const struct sim_link *link)
{
    struct sim_talk *talk = sim_talk_new(seed, link);

    sim_pair_start(talk->pair);
    sim_talk_add_layers(talk, SIM_L, RTC_CODEC_VP8, qhf, 3);
    return talk;
}

static struct rtc_track_info info_of(const struct sim_talk *talk, int side)
{
    struct rtc_track_info info = {.agreed = RTC_INACTIVE};

    rtc_peer_track_info(talk->pair->side[side].peer, 0, &info);
    return info;
}

static void check_rids(const struct sim_talk *talk, const char *q,
                       const char *h, const char *f)
{
    for (int i = 0; i < 2; i++) {
        struct rtc_track_info info = info_of(talk, i);
        is_str(info.rids[0], q, "the first rid");
        is_str(info.rids[1], h, "the second");
        is_str(info.rids[2], f, "the third");
    }
}

static struct rtc_track_stats stats_of(const struct sim_talk *talk, int side)
{
    struct rtc_track_stats stats = {.rtt_us = -1};

    rtc_peer_track_stats(talk->pair->side[side].peer, 0, &stats);
    return stats;
}

/* ---- packets as they pass ------------------------------------------------ */

static struct passed {
    unsigned media, named; /* and with an extension */
    unsigned resent, resent_named;
    rtc_usec last_named;
} passed;

/* Whether a packet says its mid, for which our offers take the id 4. */
static bool is_named(const struct rtc_rtp_header *header)
{
    struct rtc_extension_bytes block = {header->extension,
                                        header->extension_len};
    struct rtc_extmap map = {.id = {0}};
    struct rtc_extensions e;

    rtc_extmap_set(&map, RTC_EXTENSION_MID, 4);
    return header->has_extension &&
           !rtc_extensions_parse(&map, header->extension_profile, block, &e) &&
           rtc_extensions_has(&e, RTC_EXTENSION_MID);
}

/* Header extensions are not encrypted. */
static bool on_arrival(struct sim_side *side, const struct sim_packet *packet)
{
    struct rtc_rtp_header header;

    if (packet->len < 12 || packet->data[0] >> 6 != 2 ||
        rtc_rtp_is_rtcp(packet->data, packet->len) ||
        rtc_rtp_parse(packet->data, packet->len, &header))
        return true;
    if (header.payload_type == 97) {
        passed.resent++;
        passed.resent_named += is_named(&header);
        return true;
    }
    passed.media++;
    passed.named += is_named(&header);
    if (is_named(&header))
        passed.last_named = side->pair->now;
    return true;
}

static void check_all(struct sim_talk *talk, unsigned count)
{
    for (unsigned i = 0; i < 3; i++)
        within(talk->pair, talk->flows[i].received, count, count,
               "every frame of a layer comes");
}

/* ---- scenarios ----------------------------------------------------------- */

static void test_loss(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.05};
    struct sim_talk *talk = start(1, &link);
    struct sim_pair *pair = talk->pair;
    struct rtc_track_stats sent, got;

    memset(&passed, 0, sizeof passed);
    pair->side[SIM_R].on_arrival = on_arrival;
    within(pair, sim_pair_connect(pair, 10 * SEC), 0, 5 * SEC,
           "acceptance 47: three layers known by MID and RID");
    check_rids(talk, "q", "h", "f");
    is_int(info_of(talk, SIM_L).layer_count, 3, "as many at the sender");
    is_int(info_of(talk, SIM_R).layer_count, 3, "and at the receiver");
    for (unsigned i = 0; i < 3; i++) {
        talk->flows[i].frame_count = 500;
        talk->flows[i].key_every = 100;
    }
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    check_all(talk, 500);
    sent = stats_of(talk, SIM_L);
    got = stats_of(talk, SIM_R);
    is_int((int64_t)sent.frames_sent, 1500, "statistics are of all layers");
    is_int((int64_t)got.frames_received, 1500, "at both ends");
    within(pair, (int64_t)got.packets_recovered, 150, 600, "losses recovered");
    within(pair, passed.resent, 150, 700, "by RTX");
    is_int(passed.resent_named, passed.resent, "which names the layer");
    within(pair, passed.named, 3, 300, "media does at first");
    within(pair, passed.last_named - pair->side[SIM_R].connected_at, 0, 3 * SEC,
           "until it is reported on");
    within(pair, passed.media - passed.named, 2000, 9000, "not any more then");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Each layer ends by itself. */
static void test_bye(void)
{
    struct sim_talk *talk = start(2, &wire);
    struct sim_pair *pair = talk->pair;

    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "three layers");
    for (unsigned i = 0; i < 3; i++)
        talk->flows[i].frame_count = 25;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    rtc_peer_close(pair->side[SIM_L].peer, pair->now);
    sim_talk_run(talk, SEC);
    check_all(talk, 25);
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_BYE], 3, 3,
           "a BYE for each");
    sim_talk_free(talk);
}

static unsigned paused[RTC_LAYER_MOST], asked[RTC_LAYER_MOST];
static void (*base)(struct sim_side *side, const struct rtc_event *event);

static void count_layers(struct sim_side *side, const struct rtc_event *event)
{
    if (event->type == RTC_EVENT_PAUSED)
        paused[event->layer]++;
    if (event->type == RTC_EVENT_KEYFRAME_REQUEST)
        asked[event->layer]++;
    base(side, event);
}

static void count_on(struct sim_talk *talk)
{
    memset(paused, 0, sizeof paused);
    memset(asked, 0, sizeof asked);
    base = talk->pair->side[SIM_L].on_event;
    talk->pair->side[SIM_L].on_event = count_layers;
    talk->pair->side[SIM_R].on_event = count_layers;
}

/* One begins when the others are named no more, and one falls silent. */
static void test_later(void)
{
    struct sim_talk *talk = start(3, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *late = &talk->flows[2];

    count_on(talk);
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "three layers");
    talk->flows[0].frame_count = 500;
    talk->flows[1].frame_count = 100;
    late->frame_count = 250;
    sim_talk_begin(talk);
    late->begun = late->next = pair->now + 10 * SEC;
    sim_talk_run(talk, 9 * SEC);
    within(pair, late->received, 0, 0, "nothing of the third");
    within(pair, paused[1], 1, 1, "the second fell silent");
    within(pair, paused[0] + paused[2], 0, 0, "no other did");
    sim_talk_run(talk, 2 * SEC);
    within(pair, late->received, 20, 26, "the third begins");
    is_int(rtc_peer_request_keyframe(pair->side[SIM_R].peer, 0, pair->now), 0,
           "key frames are asked for");
    sim_talk_run(talk, SEC);
    within(pair, asked[0], 1, 1, "of the first layer");
    within(pair, asked[2], 1, 1, "and the third");
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, talk->flows[0].keys, 2, 2, "it came");
    within(pair, late->keys, 2, 2, "for each");
    within(pair, talk->flows[0].received, 500, 500, "the first is whole");
    within(pair, late->received, 250, 250, "as is the late one");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void pause_third(char *sdp, size_t cap, bool is_answer)
{
    if (is_answer)
        sim_edit_replace(sdp, cap, "recv q;h;f", "recv q;h;~f");
}

static void take_second(char *sdp, size_t cap, bool is_answer)
{
    if (!is_answer)
        return;
    sim_edit_remove(sdp, "a=rid:q");
    sim_edit_remove(sdp, "a=rid:f");
    sim_edit_replace(sdp, cap, "recv q;h;f", "recv h");
}

static int send_one(struct sim_talk *talk, unsigned layer)
{
    static uint8_t buf[32768];
    const struct sim_flow *flow = &talk->flows[layer];
    struct rtc_frame frame = {.data = buf,
                              .len = sim_flow_len(flow, true),
                              .codec = flow->codec,
                              .time = RTC_NEVER,
                              .layer = (uint8_t)layer};

    sim_flow_write(flow, 0, true, buf);
    return rtc_peer_send_frame(talk->pair->side[SIM_L].peer, 0, &frame,
                               talk->pair->now);
}

/* A layer the remote does not want for now is refused, and comes back with a
 * key frame. */
static void test_pause(void)
{
    struct sim_talk *talk = start(4, &wire);
    struct sim_pair *pair = talk->pair;
    unsigned before;

    count_on(talk);
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "three layers");
    sim_talk_begin(talk);
    sim_talk_run(talk, 2 * SEC);
    pair->edit = pause_third;
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "one is paused");
    check_rids(talk, "q", "h", "f");
    is_int(send_one(talk, 2), RTC_ERR_STATE, "it is refused");
    is_int(send_one(talk, 3), RTC_ERR_ARG, "as is one that does not exist");
    before = talk->flows[2].received;
    sim_talk_run(talk, 3 * SEC);
    within(pair, talk->flows[2].received - before, 0, 2, "nothing comes of it");
    within(pair, paused[2], 1, 1, "which is told");
    within(pair, talk->flows[0].received, 120, 126, "the others go on");
    within(pair, asked[2], 0, 0, "no key frame is needed yet");
    pair->edit = NULL;
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "it is wanted again");
    sim_talk_run(talk, 100 * MS);
    within(pair, asked[2], 1, 1, "so a key frame is needed");
    within(pair, asked[0] + asked[1], 0, 0, "of that layer only");
    sim_talk_run(talk, 2 * SEC);
    within(pair, talk->flows[2].sent - talk->flows[2].last, 1, 3, "it is live");
    within(pair, talk->flows[2].corrupt + talk->flows[2].disordered, 0, 0,
           "as it was sent");
    within(pair, talk->flows[0].received, 165, 180, "as are the others");
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_GAP], 0, 0, "no gap");
    sim_talk_free(talk);
}

/* The answer takes one of three; a later one takes all. */
static void test_fewer(void)
{
    struct sim_talk *talk = start(5, &wire);
    struct sim_pair *pair = talk->pair;

    pair->edit = take_second;
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "one of three");
    is_str(info_of(talk, SIM_L).rids[0], "", "not the first");
    is_str(info_of(talk, SIM_L).rids[1], "h", "the second");
    is_int(info_of(talk, SIM_L).layer_count, 2, "none behind it");
    is_int(send_one(talk, 0), RTC_ERR_STATE, "the first is refused");
    is_int(send_one(talk, 2), RTC_ERR_STATE, "and the third");
    sim_talk_begin(talk);
    sim_talk_run(talk, 2 * SEC);
    within(pair, talk->flows[1].received, 48, 51, "the second flows");
    within(pair, talk->flows[0].received + talk->flows[2].received, 0, 0,
           "no other does");
    pair->edit = NULL;
    talk->flows[0].key_asked = talk->flows[2].key_asked = true;
    is_int(sim_pair_negotiate(pair, SIM_R), 0, "the receiver wants all");
    check_rids(talk, "q", "h", "f");
    sim_talk_run(talk, 2 * SEC);
    within(pair, talk->flows[1].received, 97, 101, "the second goes on");
    within(pair, talk->flows[0].received, 46, 51, "with the first");
    within(pair, talk->flows[2].received, 46, 51, "and the third");
    sim_talk_free(talk);
}

static void forget_layers(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    (void)is_answer;
    sim_edit_remove(sdp, "a=rid:");
    sim_edit_remove(sdp, "a=simulcast:");
}

/* Who knows no simulcast gets the first layer as an ordinary stream. */
static void test_unknown(void)
{
    struct sim_talk *talk = start(6, &wire);
    struct sim_pair *pair = talk->pair;

    pair->edit = forget_layers;
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "no simulcast");
    is_int(info_of(talk, SIM_L).layer_count, 0, "one stream");
    is_int(send_one(talk, 1), RTC_ERR_STATE, "no second layer");
    talk->flows[0].frame_count = 50;
    talk->flows[1].frame_count = talk->flows[2].frame_count = 1;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, talk->flows[0].received, 50, 50, "the first layer comes");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void rename_third(char *sdp, size_t cap, bool is_answer)
{
    sim_edit_replace(sdp, cap, is_answer ? "a=rid:x" : "a=rid:f",
                     is_answer ? "a=rid:f" : "a=rid:x");
    sim_edit_replace(sdp, cap, is_answer ? "h;x" : "h;f",
                     is_answer ? "h;f" : "h;x");
}

/* Packets of a rid that was not described belong to nobody. */
static void test_stranger(void)
{
    struct sim_talk *talk = start(7, &wire);
    struct sim_pair *pair = talk->pair;
    struct rtc_stats before, after;

    pair->edit = rename_third;
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "a strange rid");
    rtc_peer_stats(pair->side[SIM_R].peer, &before);
    for (unsigned i = 0; i < 3; i++)
        talk->flows[i].frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_run(talk, 4 * SEC);
    rtc_peer_stats(pair->side[SIM_R].peer, &after);
    within(pair, talk->flows[2].received, 0, 0, "nothing of it comes");
    within(pair, (int64_t)(after.datagrams_dropped - before.datagrams_dropped),
           200, 400, "its packets are dropped");
    within(pair, talk->flows[0].received, 50, 50, "the others are whole");
    within(pair, talk->flows[1].received, 50, 50, "both");
    sim_talk_free(talk);
}

/* Both peers go on in another process. */
static void test_saved(void)
{
    static char text[65536];
    struct sim_talk *talk = start(8, &wire);
    struct sim_pair *pair = talk->pair;

    is_int(sim_pair_negotiate(pair, SIM_L), 0, "layers are negotiated");
    for (int i = 0; i < 2; i++) {
        struct sim_side *side = &pair->side[i];
        int len = rtc_peer_save(side->peer, text, sizeof text, pair->now);
        ok(len > 0, "a peer is saved");
        rtc_peer_free(side->peer);
        side->peer = NULL;
        is_int(rtc_peer_load(&side->peer, &side->config, text, (size_t)len, 0,
                             NULL, pair->now),
               0, "and loaded");
    }
    check_rids(talk, "q", "h", "f");
    for (unsigned i = 0; i < 3; i++)
        talk->flows[i].frame_count = 50;
    sim_talk_run(talk, SEC);
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    check_all(talk, 50);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "an offer later");
    check_rids(talk, "q", "h", "f");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Offers of either side change nothing of what flows. */
static void test_offers(void)
{
    struct sim_talk *talk = start(9, &wire);
    struct sim_pair *pair = talk->pair;

    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "three layers");
    for (unsigned i = 0; i < 3; i++)
        talk->flows[i].frame_count = 150;
    sim_talk_begin(talk);
    for (int i = 0; i < 4; i++) {
        sim_talk_run(talk, SEC);
        is_int(sim_pair_negotiate(pair, i % 2), 0, "an offer");
        check_rids(talk, "q", "h", "f");
    }
    sim_talk_finish(talk, SIM_L, SEC);
    check_all(talk, 150);
    within(pair, talk->flows[0].keys, 1, 1, "one key frame");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* More streams than one report has room for take turns. */
static void test_many(void)
{
    static const char *const rids[] = {"a", "b", "c", "d"};
    struct sim_talk *talk = sim_talk_new(11, &wire);
    struct sim_pair *pair = talk->pair;

    memset(&passed, 0, sizeof passed);
    pair->side[SIM_L].config.mtu = pair->side[SIM_R].config.mtu = 576;
    pair->side[SIM_R].on_arrival = on_arrival;
    sim_pair_start(pair);
    for (unsigned i = 0; i < 2; i++)
        sim_talk_add_layers(talk, SIM_L, RTC_CODEC_VP8, rids, 4);
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS, "eight layers");
    for (unsigned i = 0; i < 8; i++)
        talk->flows[i].frame_count = 250;
    sim_talk_begin(talk);
    within(pair, sim_talk_finish(talk, SIM_L, 3 * SEC), 0, 2 * SEC,
           "all is confirmed");
    for (unsigned i = 0; i < 8; i++)
        within(pair, talk->flows[i].received, 250, 250, "every frame comes");
    within(pair, passed.last_named - pair->side[SIM_R].connected_at, 0, 4 * SEC,
           "every stream is reported on");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static int add(struct rtc_peer *peer, enum rtc_kind kind, bool packets,
               const char *first, const char *second, unsigned count)
{
    struct rtc_track_config track = {.kind = kind,
                                     .direction = RTC_SENDONLY,
                                     .packets = packets,
                                     .layer_count = count};

    memset(track.rids[0], 'x', sizeof track.rids[0]);
    if (first)
        strcpy(track.rids[0], first);
    strcpy(track.rids[1], second);
    return rtc_peer_add_track(peer, &track);
}

static void test_misuse(void)
{
    struct sim_talk *talk = sim_talk_new(10, &wire);
    struct rtc_peer *peer;

    sim_pair_start(talk->pair);
    peer = talk->pair->side[SIM_L].peer;
    is_int(add(peer, RTC_AUDIO, false, "a", "b", 2), RTC_ERR_ARG, "of audio");
    is_int(add(peer, RTC_VIDEO, true, "a", "b", 2), RTC_ERR_ARG, "of packets");
    is_int(add(peer, RTC_VIDEO, false, "a", "a", 2), RTC_ERR_ARG, "twice");
    is_int(add(peer, RTC_VIDEO, false, "a", "", 2), RTC_ERR_ARG, "no name");
    is_int(add(peer, RTC_VIDEO, false, "a", "b;c", 2), RTC_ERR_ARG,
           "a name that SDP would misread");
    is_int(add(peer, RTC_VIDEO, false, NULL, "b", 2), RTC_ERR_ARG, "too long");
    is_int(add(peer, RTC_VIDEO, false, "a", "b", 5), RTC_ERR_ARG, "too many");
    is_int(add(peer, RTC_VIDEO, false, "a", "b", 2), 0, "and a good one");
    sim_talk_free(talk);
}

int main(void)
{
    test_loss();
    test_bye();
    test_later();
    test_pause();
    test_fewer();
    test_unknown();
    test_stranger();
    test_saved();
    test_offers();
    test_many();
    test_misuse();
    return tap_done();
}
