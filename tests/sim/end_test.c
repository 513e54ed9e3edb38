/* SPDX-License-Identifier: MIT
 * How sessions end: by either side, by silence, under loss; and that nothing
 * sent is lost by it. */
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};
static const struct sim_link dead = {.dead = true};

/* The peer is over: it says so once, and neither wants nor does anything. */
static void check_over(struct sim_talk *talk, int which)
{
    struct sim_side *side = &talk->pair->side[which];
    struct rtc_packet packet = {.payload = (const uint8_t *)"x", .len = 1};
    struct rtc_frame frame = {.data = (const uint8_t *)"\x78x", .len = 2};
    struct rtc_path path = {.local = side->addrs[0]};
    struct rtc_datagrams d;
    struct rtc_event event;
    uint8_t buf[2000] = {0};

    within(talk->pair, talk->seen[which].events[RTC_EVENT_CLOSED], 1, 1,
           "its end is told once");
    is_int(rtc_peer_deadline(side->peer), RTC_NEVER, "it waits for nothing");
    is_int(rtc_peer_transmit(side->peer, buf, sizeof buf, &d, talk->pair->now),
           0, "sends nothing");
    ok(!rtc_peer_poll(side->peer, &event), "tells nothing");
    frame.codec = RTC_CODEC_OPUS;
    is_int(rtc_peer_send_frame(side->peer, 0, &frame, talk->pair->now),
           RTC_ERR_CLOSED, "takes no frame");
    is_int(rtc_peer_send_packet(side->peer, 0, &packet, talk->pair->now),
           RTC_ERR_CLOSED, "no packet");
    is_int(rtc_peer_receive(side->peer, &path, buf, 20, 0, talk->pair->now),
           RTC_ERR_CLOSED, "no datagram");
    is_int(rtc_peer_offer(side->peer, (char *)buf, sizeof buf, talk->pair->now),
           RTC_ERR_CLOSED, "offers nothing");
    rtc_peer_tick(side->peer, talk->pair->now);
    rtc_peer_close(side->peer, talk->pair->now);
    ok(!rtc_peer_poll(side->peer, &event), "and cannot end again");
    ok(*rtc_peer_why(side->peer), "there is a sentence about it");
}

static void test_silent(void)
{
    struct sim_talk *talk = sim_talk_new(1, &dead);
    struct sim_pair *pair = talk->pair;
    rtc_usec begun;

    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "nothing ever comes through");
    begun = pair->now;
    sim_pair_run(pair, begun + 120 * SEC);
    for (int i = 0; i < 2; i++) {
        const struct sim_side *side = &pair->side[i];
        within(pair, side->closed_at - begun, 19 * SEC, 23 * SEC,
               "it ends when patience does");
        within(pair, side->reason, RTC_CLOSE_ICE_FAILED, RTC_CLOSE_ICE_FAILED,
               "acceptance 13: nothing comes through, no pair is found");
        within(pair, side->ice_state, RTC_ICE_FAILED, RTC_ICE_FAILED,
               "which ICE says too");
        within(pair, (int64_t)sim_net_stats(pair->net, &side->addrs[0])->sent,
               5, 20, "after some checks, not too many");
        check_over(talk, i);
    }
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* ICE comes through, DTLS does not. */
static bool is_no_dtls(struct sim_side *side, const struct sim_packet *packet)
{
    (void)side;
    return packet->data[0] < 20 || packet->data[0] > 63;
}

static void test_no_dtls(void)
{
    struct sim_talk *talk = sim_talk_new(2, &wire);
    struct sim_pair *pair = talk->pair;
    rtc_usec begun;

    pair->side[SIM_L].on_arrival = is_no_dtls;
    pair->side[SIM_R].on_arrival = is_no_dtls;
    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "only ICE comes through");
    begun = pair->now;
    sim_pair_run(pair, begun + 120 * SEC);
    for (int i = 0; i < 2; i++) {
        within(pair, pair->side[i].closed_at - begun, 29 * SEC, 32 * SEC,
               "it ends with the time for the handshake");
        within(pair, pair->side[i].reason, RTC_CLOSE_DTLS, RTC_CLOSE_DTLS,
               "for DTLS");
        check_over(talk, i);
    }
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* When ICE of either side said that it is disconnected. */
static rtc_usec disconnected_at[2];
static void (*talk_on_event)(struct sim_side *, const struct rtc_event *);

static void watch_ice(struct sim_side *side, const struct rtc_event *event)
{
    if (event->type == RTC_EVENT_ICE &&
        event->ice_state == RTC_ICE_DISCONNECTED)
        disconnected_at[side->which] = side->pair->now;
    talk_on_event(side, event);
}

static struct sim_talk *start_watched(uint64_t seed)
{
    struct sim_talk *talk = sim_talk_new(seed, &wire);

    for (int i = 0; i < 2; i++) {
        talk_on_event = talk->pair->side[i].on_event;
        talk->pair->side[i].on_event = watch_ice;
        disconnected_at[i] = RTC_NEVER;
    }
    if (!sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8))
        abort();
    sim_talk_begin(talk);
    sim_talk_run(talk, 20 * SEC);
    return talk;
}

static void test_consent(void)
{
    struct sim_talk *talk = start_watched(3);
    struct sim_pair *pair = talk->pair;
    rtc_usec cut = pair->now;

    sim_pair_link(pair, &dead);
    sim_talk_run(talk, 60 * SEC);
    for (int i = 0; i < 2; i++) {
        const struct sim_side *side = &pair->side[i];
        within(pair, disconnected_at[i] - cut, SEC, 8 * SEC,
               "acceptance 13: the line is cut, soon disconnected");
        within(pair, side->closed_at - cut, 23 * SEC, 31 * SEC,
               "in the end without consent");
        within(pair, side->reason, RTC_CLOSE_CONSENT, RTC_CLOSE_CONSENT,
               "which is the reason");
        within(pair, side->ice_state, RTC_ICE_FAILED, RTC_ICE_FAILED,
               "ICE failed");
        check_over(talk, i);
    }
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_outage(void)
{
    struct sim_talk *talk = start_watched(4);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = &talk->flows[0];

    sim_pair_link(pair, &dead);
    sim_talk_run(talk, 15 * SEC);
    ok(disconnected_at[0] != RTC_NEVER && disconnected_at[1] != RTC_NEVER,
       "15 s of silence: disconnected");
    sim_pair_link(pair, &wire);
    sim_talk_run(talk, 10 * SEC);
    for (int i = 0; i < 2; i++) {
        ok(pair->side[i].ice_state == RTC_ICE_CONNECTED ||
               pair->side[i].ice_state == RTC_ICE_COMPLETED,
           "the line is back: connected again");
        within(pair, pair->side[i].closed_at == RTC_NEVER, 1, 1, "no end");
    }
    within(pair, flow->keys, 2, 6, "a key frame came");
    within(pair, flow->sent - flow->last, 1, 3, "media is live again");
    within(pair, flow->received, 700, 760, "what could be played was");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* One way only: the side that hears nothing ends; the other hears it end or
 * loses consent as well. */
static void test_one_way(void)
{
    struct sim_talk *talk = start_watched(5);
    struct sim_pair *pair = talk->pair;
    rtc_usec cut = pair->now;

    sim_net_link(pair->net, &pair->side[SIM_R].addrs[0], &dead);
    sim_talk_run(talk, 60 * SEC);
    for (int i = 0; i < 2; i++)
        within(pair, pair->side[i].closed_at - cut, 23 * SEC, 62 * SEC,
               "half a line is none");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void check_close(int closer)
{
    struct sim_talk *talk = sim_talk_new(6 + (uint64_t)closer, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    uint64_t datagrams;

    flow->frame_count = 100;
    sim_talk_begin(talk);
    sim_talk_run(talk, 99 * 20 * MS); /* the last one is just out */
    within(pair, flow->sent, 100, 100, "all is sent");
    datagrams = pair->datagram_count;
    rtc_peer_close(pair->side[closer].peer, pair->now);
    sim_talk_run(talk, 0);
    within(pair, (int64_t)(pair->datagram_count - datagrams), 4, 6,
           "BYE and close_notify, thrice, leave at once");
    sim_talk_run(talk, 10 * SEC);
    within(pair, pair->side[closer].reason, RTC_CLOSE_LOCAL, RTC_CLOSE_LOCAL,
           "one closes");
    within(pair, pair->side[!closer].reason, RTC_CLOSE_REMOTE, RTC_CLOSE_REMOTE,
           "the other is told");
    within(pair, pair->side[!closer].closed_at - pair->side[closer].closed_at,
           25 * MS, 26 * MS, "as fast as light");
    if (closer == SIM_L) {
        within(pair, flow->received, 100, 100, "behind the last frame");
        within(pair, talk->seen[SIM_R].events[RTC_EVENT_BYE], 1, 1,
               "and the stream's own end");
    }
    check_over(talk, SIM_L);
    check_over(talk, SIM_R);
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_close_both(void)
{
    struct sim_talk *talk = sim_talk_new(8, &wire);
    struct sim_pair *pair = talk->pair;

    sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    rtc_peer_close(pair->side[SIM_L].peer, pair->now);
    rtc_peer_close(pair->side[SIM_R].peer, pair->now);
    sim_talk_run(talk, 10 * SEC);
    for (int i = 0; i < 2; i++) {
        within(pair, pair->side[i].reason, RTC_CLOSE_LOCAL, RTC_CLOSE_LOCAL,
               "both close at once");
        check_over(talk, i);
    }
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Closed `after_us` into connecting, at any point of it. */
static void test_close_early(void)
{
    for (rtc_usec after_us = 0; after_us < 250 * MS; after_us += 10 * MS) {
        struct sim_talk *talk = sim_talk_new(9, &wire);
        struct sim_pair *pair = talk->pair;
        bool told;
        sim_pair_start(pair);
        sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
        sim_pair_negotiate(pair, SIM_L);
        sim_talk_run(talk, after_us);
        rtc_peer_close(pair->side[SIM_L].peer, pair->now);
        sim_talk_run(talk, 60 * SEC);
        within(pair, pair->side[SIM_L].reason, RTC_CLOSE_LOCAL, RTC_CLOSE_LOCAL,
               "closed while connecting");
        told = after_us >= 160 * MS;
        within(pair, pair->side[SIM_R].closed_at - pair->side[SIM_L].closed_at,
               0, told ? 100 * MS : 45 * SEC, "the other ends as well");
        sound(talk, "soundly");
        sim_talk_free(talk);
    }
}

static void test_close_loss(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.3};
    unsigned prompt = 0, ended = 0, reasons = 0;

    for (uint64_t seed = 100; seed < 140; seed++) {
        struct sim_talk *talk = sim_talk_new(seed, &wire);
        struct sim_pair *pair = talk->pair;
        rtc_usec took;
        sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
        sim_talk_run(talk, 5 * SEC);
        sim_pair_link(pair, &link);
        rtc_peer_close(pair->side[SIM_L].peer, pair->now);
        sim_talk_run(talk, 60 * SEC);
        took = pair->side[SIM_R].closed_at - pair->side[SIM_L].closed_at;
        ended += pair->side[SIM_R].closed_at != RTC_NEVER;
        prompt += took < 100 * MS;
        reasons += pair->side[SIM_R].reason ==
                   (took < 100 * MS ? RTC_CLOSE_REMOTE : RTC_CLOSE_CONSENT);
        sim_talk_free(talk);
    }
    printf("# close_notify came in %u of 40\n", prompt);
    is_int(ended, 40, "30 % loss: the other ends in any case");
    is_int(reasons, 40, "for the right reason");
    ok(prompt >= 20, "mostly at once");
}

/* Sends, waits until all is delivered, closes: nothing is missing. */
static void check_delivered(const struct sim_link *link, enum rtc_codec codec,
                            rtc_usec limit, const char *name)
{
    rtc_usec longest = 0;

    for (uint64_t seed = 200; seed < 220; seed++) {
        struct sim_talk *talk = sim_talk_new(seed, &wire);
        struct sim_pair *pair = talk->pair;
        struct sim_flow *flow = sim_talk_connect(talk, SIM_L, codec);
        rtc_usec took;
        flow->frame_count = 50;
        sim_pair_link(pair, link);
        sim_talk_begin(talk);
        took = sim_talk_finish(talk, SIM_L, 10 * SEC);
        within(pair, took, 25 * MS, limit, name);
        longest = took > longest ? took : longest;
        within(pair, flow->received, 50, 50, "what is delivered has come");
        sim_pair_link(pair, &wire);
        rtc_peer_close(pair->side[SIM_L].peer, pair->now);
        sim_talk_run(talk, SEC);
        within(pair, talk->seen[SIM_R].events[RTC_EVENT_BYE], 1, 1, "BYE");
        sound(talk, "comes behind it");
        sim_talk_free(talk);
    }
    printf("# %s: at most %.3f s\n", name, (double)longest / 1e6);
}

int main(void)
{
    static const struct sim_link lossy = {.delay_us = 25 * MS, .loss = 0.1};

    test_silent();
    test_no_dtls();
    test_consent();
    test_outage();
    test_one_way();
    check_close(SIM_L);
    check_close(SIM_R);
    test_close_both();
    test_close_early();
    test_close_loss();
    check_delivered(&wire, RTC_CODEC_OPUS, 500 * MS, "Opus delivered");
    check_delivered(&wire, RTC_CODEC_VP8, 500 * MS, "VP8 delivered");
    check_delivered(&lossy, RTC_CODEC_VP8, 5 * SEC, "VP8 at 10 % loss");
    return tap_done();
}
