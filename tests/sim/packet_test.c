/* SPDX-License-Identifier: MIT
 * What a forwarding unit needs of packets: contributing sources and header
 * extensions arrive as written, in the one-byte and the two-byte form, resent
 * packets included; numbers may start anywhere; streams begin anew. */
#include "tests/sim/check.h"
#include "tests/sim/clock.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000
#define PACKETS 200

static const struct sim_link wire = {.delay_us = 25 * MS};

static const char *const uris[RTC_OWN_EXTENSION_MOST] = {
    "urn:example:first", "urn:example:second", "urn:example:third",
    "urn:example:fourth"};

/* One packet as it came, with what it pointed at. */
static struct came {
    struct rtc_packet packet;
    struct rtc_packet_values values;
    uint32_t csrcs[RTC_CSRC_MOST];
    uint8_t bytes[2 + RTC_OWN_EXTENSION_MOST][64];
    uint8_t payload[4];
} came[PACKETS];
static unsigned count, keys_asked;

static void keep_bytes(struct rtc_packet_bytes *bytes, uint8_t *to)
{
    if (!bytes->data)
        return;
    memcpy(to, bytes->data, bytes->len < 64 ? bytes->len : 64);
    bytes->data = to;
}

static void on_event(struct sim_side *side, const struct rtc_event *event)
{
    struct came *c = &came[count];

    (void)side;
    keys_asked += event->type == RTC_EVENT_KEYFRAME_REQUEST;
    if (event->type != RTC_EVENT_PACKET || count == PACKETS)
        return;
    count++;
    c->packet = event->packet;
    c->values = *event->packet.values;
    memcpy(c->csrcs, event->packet.csrcs,
           event->packet.csrc_count * sizeof *c->csrcs);
    memcpy(c->payload, event->packet.payload, sizeof c->payload);
    keep_bytes(&c->values.dependency_descriptor, c->bytes[0]);
    keep_bytes(&c->values.video_layers, c->bytes[1]);
    for (unsigned i = 0; i < RTC_OWN_EXTENSION_MOST; i++)
        keep_bytes(&c->values.own[i], c->bytes[2 + i]);
}

/* A packet-level track of `codec` from L to R. */
static struct sim_talk *make(uint64_t seed, enum rtc_codec codec,
                             void (*edit)(char *sdp, size_t cap, bool answer))
{
    struct sim_talk *talk = sim_talk_new(seed, &wire);
    struct sim_pair *pair = talk->pair;
    struct rtc_track_config track = {.kind = rtc_codec_kind(codec),
                                     .codecs = {codec},
                                     .codec_count = 1,
                                     .packets = true};

    count = keys_asked = 0;
    memset(came, 0, sizeof came);
    pair->edit = edit;
    for (int i = 0; i < 2; i++) {
        pair->side[i].on_event = on_event;
        memcpy(pair->side[i].config.extensions, uris, sizeof uris);
    }
    sim_pair_start(pair);
    track.direction = RTC_SENDONLY;
    rtc_peer_add_track(pair->side[SIM_L].peer, &track);
    track.direction = RTC_RECVONLY;
    rtc_peer_add_track(pair->side[SIM_R].peer, &track);
    return talk;
}

static struct sim_talk *start(uint64_t seed, enum rtc_codec codec,
                              void (*edit)(char *sdp, size_t cap, bool answer))
{
    struct sim_talk *talk = make(seed, codec, edit);

    within(talk->pair, sim_pair_connect(talk->pair, SEC), 0, 220 * MS,
           "a track");
    return talk;
}

static int send_one(struct sim_talk *talk, const struct rtc_packet *packet)
{
    return rtc_peer_send_packet(talk->pair->side[SIM_L].peer, 0, packet,
                                talk->pair->now);
}

static bool is_same_bytes(const struct rtc_packet_bytes *a,
                          const struct rtc_packet_bytes *b)
{
    return !a->data == !b->data && a->len == b->len &&
           (!a->len || !memcmp(a->data, b->data, a->len));
}

static bool is_same(const struct rtc_packet_values *a,
                    const struct rtc_packet_values *b)
{
    bool same =
        a->has == b->has && a->audio_level == b->audio_level &&
        a->voice == b->voice && a->rotation == b->rotation &&
        a->flipped == b->flipped && a->back_camera == b->back_camera &&
        a->playout_min_ms == b->playout_min_ms &&
        a->playout_max_ms == b->playout_max_ms &&
        a->capture_ntp == b->capture_ntp &&
        a->has_capture_offset == b->has_capture_offset &&
        a->capture_offset == b->capture_offset &&
        is_same_bytes(&a->dependency_descriptor, &b->dependency_descriptor) &&
        is_same_bytes(&a->video_layers, &b->video_layers);

    for (unsigned i = 0; i < RTC_OWN_EXTENSION_MOST; i++)
        same = same && is_same_bytes(&a->own[i], &b->own[i]);
    return same;
}

static const uint8_t vp8[4] = {0x90, 0x80, 0x81, 0x23};
static const uint8_t bytes[64] = {0xa0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

/* ---- contributing sources ------------------------------------------------ */

/* 0 to 15 of them, over a link that loses: resent packets have theirs, too. */
static void test_csrcs(void)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.1};
    struct sim_talk *talk = start(1, RTC_CODEC_VP8, NULL);
    uint32_t csrcs[RTC_CSRC_MOST];
    struct rtc_packet packet = {.payload = vp8,
                                .len = sizeof vp8,
                                .payload_type = 96,
                                .csrcs = csrcs,
                                .time = RTC_NEVER};
    struct rtc_track_stats stats;
    unsigned refused = 0, wrong = 0;

    for (unsigned i = 0; i < RTC_CSRC_MOST; i++)
        csrcs[i] = 0x80000000 + i;
    for (unsigned i = 0; i < 160; i++) {
        if (i == 1) /* the first one's loss could not be seen */
            sim_net_link(talk->pair->net, &talk->pair->side[SIM_L].addrs[0],
                         &lossy);
        packet.sequence = 1000 + i;
        packet.csrc_count = (uint8_t)(i % 16);
        refused += send_one(talk, &packet) != 0;
        sim_talk_run(talk, 10 * MS);
    }
    sim_talk_run(talk, SEC);
    within(talk->pair, refused, 0, 0, "up to 15 CSRCs are taken");
    within(talk->pair, count, 160, 160, "every packet comes");
    for (unsigned i = 0; i < count; i++)
        wrong += came[i].packet.csrc_count !=
                     (came[i].packet.sequence - 1000) % 16 ||
                 memcmp(came[i].csrcs, csrcs,
                        came[i].packet.csrc_count * sizeof *csrcs) != 0;
    within(talk->pair, wrong, 0, 0, "with its CSRCs");
    rtc_peer_track_stats(talk->pair->side[SIM_R].peer, 0, &stats);
    within(talk->pair, (int64_t)stats.packets_recovered, 5, 40,
           "some were resent");
    packet.sequence++;
    packet.csrc_count = 16;
    is_int(send_one(talk, &packet), RTC_ERR_ARG, "16 are refused");
    packet.csrc_count = 1;
    packet.csrcs = NULL;
    is_int(send_one(talk, &packet), RTC_ERR_ARG, "and none where one is said");
    sim_talk_free(talk);
}

/* ---- header extensions --------------------------------------------------- */

static void without_mixed(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    (void)is_answer;
    sim_edit_remove(sdp, "a=extmap-allow-mixed");
}

struct row {
    const char *name;
    enum rtc_codec codec;
    struct rtc_packet_values values;
};

#define FIVE                                                                   \
    {                                                                          \
        bytes, 5                                                               \
    }

static const struct row rows[] = {
    {"nothing", RTC_CODEC_VP8, {0}},
    {"a level",
     RTC_CODEC_OPUS,
     {.has = RTC_VALUE_AUDIO_LEVEL, .audio_level = 42}},
    {"the loudest, a voice",
     RTC_CODEC_OPUS,
     {.has = RTC_VALUE_AUDIO_LEVEL, .voice = true}},
    {"silence",
     RTC_CODEC_OPUS,
     {.has = RTC_VALUE_AUDIO_LEVEL, .audio_level = 127}},
    {"a capture time",
     RTC_CODEC_VP8,
     {.has = RTC_VALUE_CAPTURE_TIME, .capture_ntp = 0xe8f0123456789abc}},
    {"a capture time of sound, with offset",
     RTC_CODEC_OPUS,
     {.has = RTC_VALUE_CAPTURE_TIME,
      .capture_ntp = 1,
      .has_capture_offset = true,
      .capture_offset = -7}},
    {"a camera on its side",
     RTC_CODEC_VP8,
     {.has = RTC_VALUE_ORIENTATION, .rotation = 270, .back_camera = true}},
    {"upright, mirrored",
     RTC_CODEC_VP8,
     {.has = RTC_VALUE_ORIENTATION, .flipped = true}},
    {"a playout delay",
     RTC_CODEC_VP8,
     {.has = RTC_VALUE_PLAYOUT_DELAY,
      .playout_min_ms = 10,
      .playout_max_ms = 40950}},
    {"video layers", RTC_CODEC_VP8, {.video_layers = FIVE}},
    {"a dependency descriptor",
     RTC_CODEC_VP8,
     {.dependency_descriptor = {bytes, 16}}},
    {"one of the caller's own", RTC_CODEC_VP8, {.own = {FIVE}}},
    {"another, with sound", RTC_CODEC_OPUS, {.own = {[2] = {bytes, 1}}}},
    {"all there is at once",
     RTC_CODEC_VP8,
     {.has = RTC_VALUE_CAPTURE_TIME | RTC_VALUE_ORIENTATION |
             RTC_VALUE_PLAYOUT_DELAY,
      .capture_ntp = 5,
      .rotation = 90,
      .playout_min_ms = 100,
      .playout_max_ms = 100,
      .video_layers = FIVE,
      .dependency_descriptor = {bytes, 3},
      .own = {FIVE, {bytes, 16}, {bytes, 2}}}},
};

/* What does not fit one-byte elements. */
static const struct row long_rows[] = {
    {"a long one of the caller's own", RTC_CODEC_VP8, {.own = {{bytes, 17}}}},
    {"one of the highest id", RTC_CODEC_OPUS, {.own = {[3] = FIVE}}},
    {"an empty one", RTC_CODEC_VP8, {.own = {[1] = {bytes, 0}}}},
    {"long video layers, other values",
     RTC_CODEC_VP8,
     {.has = RTC_VALUE_ORIENTATION,
      .rotation = 180,
      .video_layers = {bytes, 64}}},
};

static struct sim_talk *send_row(uint64_t seed, const struct row *row,
                                 void (*edit)(char *, size_t, bool))
{
    struct sim_talk *talk = start(seed, row->codec, edit);
    struct rtc_packet packet = {.payload = vp8,
                                .len = sizeof vp8,
                                .payload_type =
                                    row->codec == RTC_CODEC_VP8 ? 96 : 111,
                                .renumber = true,
                                .values = &row->values,
                                .time = RTC_NEVER};
    unsigned refused = 0;

    /* Long enough for the MID to be left out in the end. */
    for (unsigned i = 0; i < 150; i++) {
        packet.media_time = 900 * i;
        refused += send_one(talk, &packet) != 0;
        sim_talk_run(talk, 10 * MS);
    }
    packet.values = NULL;
    refused += send_one(talk, &packet) != 0;
    sim_talk_run(talk, SEC);
    within(talk->pair, refused, 0, 0, row->name);
    within(talk->pair, count, 151, 151, "packets come");
    return talk;
}

static void test_values(const struct row *row, bool one_byte_only)
{
    struct sim_talk *talk =
        send_row(10, row, one_byte_only ? without_mixed : NULL);
    static const struct rtc_packet_values none;
    unsigned wrong = 0;

    for (unsigned i = 0; i + 1 < count; i++)
        wrong += !is_same(&came[i].values, &row->values);
    within(talk->pair, wrong, 0, 0, "with what was written");
    ok(is_same(&came[150].values, &none), "and one without, without");
    sim_talk_free(talk);
}

/* A long value is left out where only one-byte elements were agreed; the
 * others are there. */
static void test_left_out(const struct row *row)
{
    struct sim_talk *talk = send_row(11, row, without_mixed);
    struct rtc_packet_values want = row->values;
    unsigned wrong = 0;

    want.video_layers = (struct rtc_packet_bytes){0};
    memset(want.own, 0, sizeof want.own);
    for (unsigned i = 0; i + 1 < count; i++)
        wrong += !is_same(&came[i].values, &want);
    within(talk->pair, wrong, 0, 0, "left out where it may not be");
    sim_talk_free(talk);
}

static void test_wrong_values(void)
{
    static const struct {
        const char *name;
        struct rtc_packet_values values;
    } wrong[] = {
        {"a level of 128", {.has = RTC_VALUE_AUDIO_LEVEL, .audio_level = 128}},
        {"a turn by 45 degrees",
         {.has = RTC_VALUE_ORIENTATION, .rotation = 45}},
        {"a full turn", {.has = RTC_VALUE_ORIENTATION, .rotation = 360}},
        {"a delay of 41 s",
         {.has = RTC_VALUE_PLAYOUT_DELAY, .playout_max_ms = 41000}},
        {"a delay of less than its least",
         {.has = RTC_VALUE_PLAYOUT_DELAY, .playout_min_ms = 10}},
        {"a value of 256 bytes", {.own = {{bytes, 256}}}},
        {"more than fits a header", {.own = {{bytes, 64}, {bytes, 64}}}},
    };
    struct sim_talk *talk = start(12, RTC_CODEC_VP8, NULL);
    struct rtc_packet packet = {.payload = vp8,
                                .len = sizeof vp8,
                                .payload_type = 96,
                                .renumber = true,
                                .time = RTC_NEVER};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        packet.values = &wrong[i].values;
        is_int(send_one(talk, &packet), RTC_ERR_ARG, wrong[i].name);
    }
    packet.values = NULL;
    is_int(send_one(talk, &packet), 0, "the next one is taken");
    sim_talk_run(talk, 100 * MS);
    is_int(count, 1, "and comes alone");
    sim_talk_free(talk);
}

/* URIs that a description could not have, or that are ours. */
static void test_wrong_uris(void)
{
    static const struct {
        const char *uris[2];
        int error;
        const char *name;
    } wrong[] = {
        {{"urn:a"}, 0, "one URI is good"},
        {{NULL, "urn:a"}, 0, "in any place"},
        {{"urn:a", "urn:a"}, RTC_ERR_ARG, "the same one twice is not"},
        {{""}, RTC_ERR_ARG, "nor is none"},
        {{"urn:a b"}, RTC_ERR_ARG, "one with a space"},
        {{"urn:a\r\na=x"}, RTC_ERR_ARG, "one with a line end"},
        {{"urn:ietf:params:rtp-hdrext:sdes:mid"},
         RTC_ERR_ARG,
         "one of the library's"},
    };
    char longest[RTC_URI_MAX + 2];
    struct rtc_config config;
    struct rtc_peer *peer;

    rtc_config_init(&config);
    config.random = sim_random;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        peer = NULL;
        memcpy(config.extensions, wrong[i].uris, sizeof wrong[i].uris);
        is_int(rtc_peer_new(&peer, &config), wrong[i].error, wrong[i].name);
        rtc_peer_free(peer);
    }
    memset(longest, 'a', sizeof longest);
    longest[RTC_URI_MAX + 1] = '\0';
    config.extensions[0] = longest;
    config.extensions[1] = NULL;
    is_int(rtc_peer_new(&peer, &config), RTC_ERR_ARG, "one too long");
    longest[RTC_URI_MAX] = '\0';
    is_int(rtc_peer_new(&peer, &config), 0, "one just as long as may be");
    rtc_peer_free(peer);
}

/* A peer that was saved between its description and its connection knows ids by
 * the URIs it is given again. */
static void reload(struct sim_side *side)
{
    static char text[65536];
    const char *why = NULL;
    int len = rtc_peer_save(side->peer, text, sizeof text, side->pair->now);

    rtc_peer_free(side->peer);
    side->peer = NULL;
    if (!ok(len > 0 && !rtc_peer_load(&side->peer, &side->config, text,
                                      (size_t)len, 0, &why, side->pair->now),
            "saved and loaded"))
        exit(EXIT_FAILURE);
}

static void test_saved(void)
{
    static const struct rtc_packet_values values = {
        .has = RTC_VALUE_CAPTURE_TIME, .capture_ntp = 5, .own = {[1] = FIVE}};
    struct sim_talk *talk = make(13, RTC_CODEC_VP8, NULL);
    struct sim_pair *pair = talk->pair;
    struct rtc_packet packet = {.payload = vp8,
                                .len = sizeof vp8,
                                .payload_type = 96,
                                .renumber = true,
                                .values = &values,
                                .time = RTC_NEVER};
    unsigned wrong = 0;

    is_int(sim_pair_negotiate(pair, SIM_L), 0, "negotiated");
    for (int i = 0; i < 2; i++)
        reload(&pair->side[i]);
    sim_pair_run(pair, pair->now + SEC);
    for (unsigned i = 0; i < 20; i++) {
        wrong += send_one(talk, &packet) != 0;
        sim_talk_run(talk, 10 * MS);
    }
    sim_talk_run(talk, 100 * MS);
    for (unsigned i = 0; i < count; i++)
        wrong += !is_same(&came[i].values, &values);
    within(pair, count, 20, 20, "packets of a saved peer come");
    within(pair, wrong, 0, 0, "with what was written");
    sim_talk_free(talk);
}

/* ---- numbers and streams ------------------------------------------------- */

/* A stream joined in its third cycle of numbers, close to the next. */
static void test_cycles(void)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.05};
    struct sim_talk *talk = start(20, RTC_CODEC_VP8, NULL);
    struct rtc_packet packet = {.payload = vp8,
                                .len = sizeof vp8,
                                .payload_type = 96,
                                .time = RTC_NEVER};
    const uint64_t first = 3 * 65536 + 65500;
    unsigned refused = 0, seen[PACKETS] = {0}, once = 0;

    for (unsigned i = 0; i < PACKETS; i++) {
        packet.sequence = first + i;
        packet.media_time = UINT32_MAX - 10000 + 900 * (uint64_t)i;
        refused += send_one(talk, &packet) != 0;
        /* A few come before anything is lost: whoever misses the first ones
         * and begins behind the wrap cannot know of it. */
        if (i == 10)
            sim_net_link(talk->pair->net, &talk->pair->side[SIM_L].addrs[0],
                         &lossy);
        sim_talk_run(talk, 10 * MS);
    }
    sim_talk_run(talk, SEC);
    within(talk->pair, refused, 0, 0, "numbers of a later cycle");
    within(talk->pair, count, PACKETS, PACKETS, "every packet comes");
    for (unsigned i = 0; i < count; i++) {
        uint64_t at = came[i].packet.sequence - came[0].packet.sequence;

        if (at < PACKETS)
            seen[at]++;
    }
    for (unsigned i = 0; i < PACKETS; i++)
        once += seen[i] == 1;
    within(talk->pair, once, PACKETS, PACKETS, "each once, numbered on");
    is_int((uint16_t)came[0].packet.sequence, 65500, "from the number it had");
    sim_talk_free(talk);
}

/* Other SSRCs, in the middle of a stream that loses packets: what comes behind
 * is complete and resent where needed. */
static void test_restart(void)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.05};
    struct sim_talk *talk = start(21, RTC_CODEC_VP8, NULL);
    struct rtc_peer *l = talk->pair->side[SIM_L].peer;
    struct rtc_packet packet = {.payload = vp8,
                                .len = sizeof vp8,
                                .payload_type = 96,
                                .renumber = true,
                                .time = RTC_NEVER};
    struct rtc_track_stats stats;
    unsigned ssrcs = 0, behind = 0;

    for (unsigned i = 0; i < 180; i++) {
        packet.media_time = 900 * i;
        /* Nothing would tell of a stream's first packet that is lost. */
        if (i == 10 || i == 95)
            sim_net_link(talk->pair->net, &talk->pair->side[SIM_L].addrs[0],
                         &lossy);
        if (i == 90) {
            sim_talk_run(talk, 300 * MS); /* what is lost is resent first */
            sim_net_link(talk->pair->net, &talk->pair->side[SIM_L].addrs[0],
                         &wire);
            is_int(rtc_peer_restart_track(l, 0), 0, "begins anew");
        }
        (void)send_one(talk, &packet);
        sim_talk_run(talk, 10 * MS);
    }
    sim_talk_run(talk, SEC);
    for (unsigned i = 0; i < count; i++) {
        ssrcs += !i || came[i].packet.ssrc != came[i - 1].packet.ssrc;
        behind += came[i].packet.ssrc != came[0].packet.ssrc;
    }
    within(talk->pair, ssrcs, 2, 2, "under another SSRC");
    within(talk->pair, behind, 90, 90, "every packet behind comes");
    within(talk->pair, count, 180, 180, "as did those before");
    rtc_peer_track_stats(talk->pair->side[SIM_R].peer, 0, &stats);
    within(talk->pair, (int64_t)stats.packets_recovered, 1, 20,
           "RTX goes on, too");
    rtc_peer_track_stats(l, 0, &stats);
    within(talk->pair, (int64_t)stats.packets_retransmitted, 4, 40,
           "from where it was asked for");
    is_int(rtc_peer_restart_track(l, 7), RTC_ERR_ARG, "no such track");
    sim_talk_free(talk);
}

int main(void)
{
    test_csrcs();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        test_values(&rows[i], false);
        test_values(&rows[i], true);
    }
    for (size_t i = 0; i < sizeof long_rows / sizeof *long_rows; i++) {
        test_values(&long_rows[i], false);
        test_left_out(&long_rows[i]);
    }
    test_wrong_values();
    test_wrong_uris();
    test_saved();
    test_cycles();
    test_restart();
    return tap_done();
}
