/* SPDX-License-Identifier: MIT
 * Calls that are wrong, or come at the wrong time: each is refused with its
 * error, and nothing changes. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

static void fill(void *user, void *buf, size_t len)
{
    memset(buf, 1 + (user != NULL), len);
}

static int try_config(void (*change)(struct rtc_config *))
{
    struct rtc_config config;
    struct rtc_peer *peer = NULL;
    int error;

    rtc_config_init(&config);
    config.random = fill;
    change(&config);
    error = rtc_peer_new(&peer, &config);
    rtc_peer_free(peer);
    return error;
}

static void no_change(struct rtc_config *c)
{
    (void)c;
}

static void no_random(struct rtc_config *c)
{
    c->random = NULL;
}

static void small_mtu(struct rtc_config *c)
{
    c->mtu = 575;
}

static void large_mtu(struct rtc_config *c)
{
    c->mtu = 1501;
}

static void no_reports(struct rtc_config *c)
{
    c->report_us = 0;
}

static void half_credentials(struct rtc_config *c)
{
    c->ice_ufrag = "abcd";
}

static void short_password(struct rtc_config *c)
{
    c->ice_ufrag = "abcd";
    c->ice_pwd = "short";
}

static void bad_identity(struct rtc_config *c)
{
    c->identity_pem = "-----BEGIN NONSENSE-----\n";
}

static void test_configs(void)
{
    is_int(try_config(no_change), 0, "the defaults and a generator will do");
    is_int(try_config(no_random), RTC_ERR_ARG, "no generator");
    is_int(try_config(small_mtu), RTC_ERR_ARG, "MTU too small");
    is_int(try_config(large_mtu), RTC_ERR_ARG, "MTU too large");
    is_int(try_config(no_reports), RTC_ERR_ARG, "no time between reports");
    is_int(try_config(half_credentials), RTC_ERR_ARG, "half of credentials");
    is_int(try_config(short_password), RTC_ERR_ARG, "credentials too short");
    ok(try_config(bad_identity) < 0, "an identity that is none");
    is_int(rtc_peer_new(NULL, NULL), RTC_ERR_ARG, "nothing at all");
}

/* A pair whose peers were just made. */
static struct sim_talk *start(struct rtc_peer **ret_peer)
{
    struct sim_talk *talk = sim_talk_new(3, &wire);

    sim_pair_start(talk->pair);
    *ret_peer = talk->pair->side[SIM_L].peer;
    return talk;
}

static void test_verbs(void)
{
    struct rtc_peer *l;
    struct sim_talk *talk = start(&l);
    struct rtc_path path = {.transport = RTC_UDP};
    struct rtc_datagrams d;
    struct rtc_event event;
    uint8_t buf[100] = {0};

    is_int(rtc_peer_receive(l, NULL, buf, 1, 0, 0), RTC_ERR_ARG, "no path");
    is_int(rtc_peer_receive(l, &path, NULL, 1, 0, 0), RTC_ERR_ARG, "no data");
    is_int(rtc_peer_transmit(l, buf, sizeof buf, &d, 0), RTC_ERR_ARG,
           "a buffer under the MTU");
    ok(!rtc_peer_poll(l, NULL), "no place for an event");
    ok(!rtc_peer_poll(NULL, &event), "no peer");
    is_int(rtc_peer_deadline(NULL), RTC_NEVER, "who waits for nothing");
    rtc_peer_tick(NULL, 0);
    rtc_peer_close(NULL, 0);
    rtc_peer_free(NULL);
    sim_talk_free(talk);
}

static void test_addresses(void)
{
    struct rtc_peer *l;
    struct sim_talk *talk = start(&l);
    struct rtc_addr addr = {.family = 4, .port = 1};

    is_int(rtc_peer_add_local(l, &addr, RTC_UDP, 0), RTC_ERR_ARG,
           "the any address");
    addr.ip[0] = 10;
    is_int(rtc_peer_add_local(l, &addr, RTC_TLS, 0), RTC_ERR_UNSUPPORTED,
           "a TLS socket");
    for (unsigned i = 0; i < 16; i++) {
        addr.port = (uint16_t)(1000 + i);
        is_int(rtc_peer_add_local(l, &addr, RTC_UDP, 0), 0, "a socket");
    }
    addr.port = 2000;
    is_int(rtc_peer_add_local(l, &addr, RTC_UDP, 0), RTC_ERR_NOMEM,
           "one too many");
    is_int(rtc_peer_remove_local(l, &addr, 0), RTC_ERR_ARG,
           "an unknown one taken away");
    sim_talk_free(talk);
}

static void test_tracks(void)
{
    struct rtc_peer *l;
    struct sim_talk *talk = start(&l);
    struct rtc_track_config track = {
        .kind = RTC_VIDEO, .codecs = {RTC_CODEC_OPUS}, .codec_count = 1};
    struct rtc_frame frame = {
        .data = (const uint8_t *)"\x31\2\0x", .len = 4, .codec = RTC_CODEC_VP8};
    struct rtc_packet packet = {.payload = frame.data, .len = 4};
    enum rtc_direction none = (enum rtc_direction)4;

    is_int(rtc_peer_add_track(l, &track), RTC_ERR_ARG, "a video of Opus");
    track.codec_count = RTC_CODEC_MOST + 1;
    is_int(rtc_peer_add_track(l, &track), RTC_ERR_ARG, "too many codecs");
    track.codec_count = 0;
    for (int i = 0; i < RTC_TRACK_MOST; i++)
        is_int(rtc_peer_add_track(l, &track), i, "a track");
    is_int(rtc_peer_add_track(l, &track), RTC_ERR_NOMEM, "one too many");
    is_int(rtc_peer_set_direction(l, RTC_TRACK_MOST, RTC_SENDONLY), RTC_ERR_ARG,
           "a track that is none");
    is_int(rtc_peer_set_direction(l, 0, none), RTC_ERR_ARG,
           "a direction that is none");
    is_int(rtc_peer_stop_track(l, -1), RTC_ERR_ARG, "no track to stop");
    is_int(rtc_peer_send_frame(l, 99, &frame, 0), RTC_ERR_ARG,
           "a frame for no track");
    is_int(rtc_peer_send_frame(l, 0, &frame, 0), RTC_ERR_STATE,
           "a frame before there is a session");
    is_int(rtc_peer_send_packet(l, 0, &packet, 0), RTC_ERR_STATE,
           "a packet before there is one");
    is_int(rtc_peer_request_keyframe(l, 0, 0), RTC_ERR_ARG,
           "a key frame of nobody");
    sim_talk_free(talk);
}

static void test_descriptions(void)
{
    static char text[32768];
    struct rtc_track_config track = {.kind = RTC_VIDEO};
    struct rtc_peer *l;
    struct sim_talk *talk = start(&l);

    rtc_peer_add_track(l, &track);
    is_int(rtc_peer_offer(l, text, 100, 0), RTC_ERR_NOBUF,
           "an offer in a small buffer");
    is_int(rtc_peer_signaling(l), RTC_SIGNALING_STABLE, "changes nothing");
    is_int(rtc_peer_answer(l, text, sizeof text, 0), RTC_ERR_STATE,
           "an answer to nothing");
    is_int(rtc_peer_remote_answer(l, "v=0", 3, 0), RTC_ERR_STATE,
           "an answer to no offer");
    is_int(rtc_peer_remote_offer(l, "nonsense", 8, 0), RTC_ERR_FORMAT,
           "an offer that is none");
    ok(*rtc_peer_why(l), "with a sentence");
    ok(rtc_peer_offer(l, text, sizeof text, 0) > 0, "an offer");
    is_int(rtc_peer_offer(l, text, sizeof text, 0), RTC_ERR_STATE,
           "two at once");
    is_int(rtc_peer_remote_answer(l, "v=0", 3, 0), RTC_ERR_FORMAT,
           "an answer that is none");
    is_int(rtc_peer_signaling(l), RTC_SIGNALING_LOCAL_OFFER,
           "leaves the offer as it is");
    is_int(rtc_peer_save(l, text, 10, 0), RTC_ERR_NOBUF,
           "a small buffer to save");
    sim_talk_free(talk);
}

static void test_bad_frames(void)
{
    struct sim_talk *talk = sim_talk_new(4, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    struct rtc_peer *l = pair->side[SIM_L].peer;
    struct rtc_frame frame = {.data = (const uint8_t *)"\x30zz", .len = 3};
    struct rtc_packet packet = {.payload = frame.data, .len = 3};
    static uint8_t huge[16 << 20] = {0x31};
    int track = flow->track[SIM_L];

    frame.codec = RTC_CODEC_VP8;
    is_int(rtc_peer_send_frame(l, track, NULL, pair->now), RTC_ERR_ARG,
           "no frame");
    is_int(rtc_peer_send_frame(l, track, &frame, pair->now), RTC_ERR_FORMAT,
           "a frame that is none");
    frame.codec = RTC_CODEC_H264;
    is_int(rtc_peer_send_frame(l, track, &frame, pair->now), RTC_ERR_ARG,
           "a codec not agreed");
    is_int(rtc_peer_send_packet(l, track, &packet, pair->now), RTC_ERR_ARG,
           "a packet on a track of frames");
    frame = (struct rtc_frame){.data = huge, .codec = RTC_CODEC_VP8};
    is_int(rtc_peer_send_frame(l, track, &frame, pair->now), RTC_ERR_ARG,
           "an empty frame");
    frame.len = sizeof huge;
    ok(rtc_peer_send_frame(l, track, &frame, pair->now) < 0,
       "a frame larger than the queue ever holds");
    is_int(rtc_peer_send_frame(pair->side[SIM_R].peer, 0, &frame, pair->now),
           RTC_ERR_STATE, "a frame from the receiver");
    frame.len = 500000;
    for (int i = 0, error = 0; i < 40 && !error; i++) {
        error = rtc_peer_send_frame(l, track, &frame, pair->now);
        if (error)
            is_int(error, RTC_ERR_AGAIN, "frames without a drain: full");
        else if (i == 39)
            ok(false, "the queue has no bound");
    }
    sim_talk_run(talk, SEC);
    flow->frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    within(pair, flow->refused, 0, 0, "drained, it takes frames again");
    within(pair, flow->received, 50, 50, "which come");
    sim_talk_free(talk);
}

int main(void)
{
    test_configs();
    test_verbs();
    test_addresses();
    test_tracks();
    test_descriptions();
    test_bad_frames();
    return tap_done();
}
