/* SPDX-License-Identifier: MIT
 * How two peers come together: how fast, over what links and addresses, in
 * which roles, and that a wrong certificate keeps them apart. */
#include "tests/sim/check.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000

/* Connects and then sends 50 frames, all of which arrive: `least` to `most` is
 * what connecting may take. */
static struct sim_talk *check_connect(struct sim_talk *talk, rtc_usec least,
                                      rtc_usec most, const char *name)
{
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    rtc_usec took = sim_pair_connect(pair, 60 * SEC);

    within(pair, took, least, most, name);
    flow->frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    within(pair, flow->received, 50, 50, "and media flows");
    for (int i = 0; i < 2; i++)
        within(pair, talk->seen[i].events[RTC_EVENT_CONNECTED], 1, 1,
               "each is told once");
    sound(talk, "soundly");
    return talk;
}

static struct sim_talk *start(uint64_t seed, const struct sim_link *link)
{
    struct sim_talk *talk = sim_talk_new(seed, link);

    sim_pair_start(talk->pair);
    return talk;
}

static void test_clean(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk =
        check_connect(start(1, &link), 125 * MS, 220 * MS,
                      "acceptance 1: host candidates alone, RTT 50 ms");

    for (int i = 0; i < 2; i++) {
        const struct sim_side *side = &talk->pair->side[i];
        struct rtc_stats stats;
        rtc_peer_stats(side->peer, &stats);
        ok(side->ice_state == RTC_ICE_CONNECTED ||
               side->ice_state == RTC_ICE_COMPLETED,
           "ICE is done");
        within(talk->pair, stats.ice_rtt_us, 50 * MS, 51 * MS, "its RTT");
        is_str(stats.dtls_version, "DTLS1.2", "DTLS version");
        is_str(stats.srtp_profile, "SRTP_AEAD_AES_128_GCM", "SRTP profile");
        ok(stats.dtls_cipher, "cipher suite");
        is_int(stats.path.local.port, 5000, "local end of the path");
        is_int((int64_t)(stats.srtp_failed + stats.srtp_replayed), 0,
               "every packet authenticated");
        ok(side->ice_event_count <= 3, "few ICE events");
    }
    sim_talk_free(talk);
}

/* Checks are sent again when the remote checks, and answers to the first then
 * come soon after the second. */
static void test_round_trips(void)
{
    static const rtc_usec delays[] = {1, 4, 9, 15, 24, 33, 40, 61, 120, 300};

    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        const struct sim_link link = {.delay_us = delays[i] * MS};
        struct sim_talk *talk = start(60 + i, &link);
        struct sim_pair *pair = talk->pair;

        sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
        seeded(pair, sim_pair_connect(pair, 20 * SEC) != RTC_NEVER,
               "connected");
        sim_pair_run(pair, pair->now + 4 * delays[i] * MS);
        for (int k = 0; k < 2; k++) {
            struct rtc_stats stats;

            rtc_peer_stats(pair->side[k].peer, &stats);
            within(pair, stats.ice_rtt_us, 2 * delays[i] * MS,
                   2 * delays[i] * MS + MS, "the round trip by ICE");
        }
        sim_talk_free(talk);
    }
}

/* Whether something under the new keys has arrived, and how much of the
 * handshake did behind it. */
static bool is_keyed[2];
static unsigned overtaken[2];

static bool note_order(struct sim_side *side, const struct sim_packet *packet)
{
    uint8_t first = packet->data[0]; /* RFC 7983 7 */

    if (first >= 128 && first <= 191)
        is_keyed[side->which] = true;
    else if (first >= 20 && first <= 63)
        overtaken[side->which] += is_keyed[side->which];
    return true;
}

/* RTCP before the last flight would reach who has no keys yet. */
static void test_order(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = start(2, &link);

    for (int i = 0; i < 2; i++)
        talk->pair->side[i].on_arrival = note_order;
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    sim_pair_connect(talk->pair, 5 * SEC);
    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    for (int i = 0; i < 2; i++) {
        ok(is_keyed[i], "packets under the keys");
        is_int(overtaken[i], 0, "come behind the handshake");
    }
    sim_talk_free(talk);
}

static void test_links(void)
{
    static const struct {
        const char *name;
        struct sim_link there, back;
        rtc_usec least, most;
    } rows[] = {
        {"no delay at all", {0}, {0}, 0, 100 * MS},
        {"jitter",
         {.delay_us = 40 * MS, .jitter_us = 30 * MS},
         {.delay_us = 40 * MS, .jitter_us = 30 * MS},
         150 * MS,
         600 * MS},
        {"64 kbit/s",
         {.delay_us = 25 * MS, .rate_bps = 64000},
         {.delay_us = 25 * MS, .rate_bps = 64000},
         200 * MS,
         2 * SEC},
        {"reordering and duplicates",
         {.delay_us = 25 * MS, .reorder = 0.5, .duplicate = 0.5},
         {.delay_us = 25 * MS, .reorder = 0.5, .duplicate = 0.5},
         125 * MS,
         600 * MS},
        {"loss one way",
         {.delay_us = 25 * MS, .loss = 0.3},
         {.delay_us = 25 * MS},
         125 * MS,
         8 * SEC},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim_talk *talk = start(10 + i, NULL);
        struct sim_pair *pair = talk->pair;
        struct sim_flow *flow;
        sim_net_link(pair->net, &pair->side[SIM_L].addrs[0], &rows[i].there);
        sim_net_link(pair->net, &pair->side[SIM_R].addrs[0], &rows[i].back);
        flow = sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
        within(pair, sim_pair_connect(pair, 30 * SEC), rows[i].least,
               rows[i].most, rows[i].name);
        flow->frame_count = 50;
        sim_talk_begin(talk);
        sim_talk_finish(talk, SIM_L, 10 * SEC);
        within(pair, flow->received, rows[i].there.loss > 0 ? 20 : 50, 50,
               "media flows");
        sound(talk, "soundly");
        sim_talk_free(talk);
    }
}

static void test_heavy_loss(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS, .loss = 0.3};
    unsigned connected = 0;
    rtc_usec longest = 0;

    for (uint64_t seed = 100; seed < 140; seed++) {
        struct sim_talk *talk = start(seed, &link);
        rtc_usec took;
        sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
        took = sim_pair_connect(talk->pair, 30 * SEC);
        connected += took != RTC_NEVER;
        longest = took > longest ? took : longest;
        if (took == RTC_NEVER)
            printf("# seed %d did not connect: %s; %s\n", (int)seed,
                   rtc_peer_why(talk->pair->side[0].peer),
                   rtc_peer_why(talk->pair->side[1].peer));
        if (!seeded(talk->pair,
                    !talk->pair->side[0].past_deadlines &&
                        !talk->pair->side[1].past_deadlines,
                    "no deadline lies in the past"))
            printf("# seed %d\n", (int)seed);
        sim_talk_free(talk);
    }
    is_int(connected, 40, "30 % loss both ways: forty of forty connect");
    printf("# the slowest took %.3f s\n", (double)longest / 1e6);
    ok(longest < 20 * SEC, "in 20 s");
}

static void set_addr(struct sim_side *side, unsigned index, const char *text)
{
    if (rtc_addr_parse(text, &side->addrs[index]))
        abort();
    if (side->addr_count <= index)
        side->addr_count = index + 1;
}

static void test_addresses(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = start(30, NULL);
    struct rtc_stats stats;

    set_addr(&talk->pair->side[SIM_L], 0, "[2001:db8::1]:5000");
    set_addr(&talk->pair->side[SIM_R], 0, "[2001:db8::2]:5000");
    sim_pair_link(talk->pair, &link);
    check_connect(talk, 125 * MS, 220 * MS, "IPv6");
    rtc_peer_stats(talk->pair->side[SIM_L].peer, &stats);
    is_int(stats.path.remote.family, 6, "acceptance 1: over an IPv6 path");
    sim_talk_free(talk);

    talk = start(31, NULL);
    set_addr(&talk->pair->side[SIM_L], 0, "192.0.2.1:5000");
    set_addr(&talk->pair->side[SIM_L], 1, "[2001:db8::1]:5000");
    set_addr(&talk->pair->side[SIM_R], 0, "198.51.100.1:5000");
    set_addr(&talk->pair->side[SIM_R], 1, "[2001:db8::2]:5000");
    sim_net_link(talk->pair->net, &talk->pair->side[SIM_R].addrs[0],
                 &(struct sim_link){.dead = true});
    sim_net_link(talk->pair->net, &talk->pair->side[SIM_L].addrs[1], &link);
    sim_net_link(talk->pair->net, &talk->pair->side[SIM_R].addrs[1], &link);
    check_connect(talk, 125 * MS, 700 * MS, "two addresses each, one works");
    rtc_peer_stats(talk->pair->side[SIM_R].peer, &stats);
    is_int(stats.path.remote.family, 6, "over the pair that does");
    sim_talk_free(talk);

    talk = start(32, &link);
    for (unsigned i = 1; i < 4; i++) {
        set_addr(&talk->pair->side[SIM_L], i, "192.0.2.1:5000");
        talk->pair->side[SIM_L].addrs[i].port = (uint16_t)(5000 + i);
        set_addr(&talk->pair->side[SIM_R], i, "192.0.2.2:5000");
        talk->pair->side[SIM_R].addrs[i].port = (uint16_t)(5000 + i);
    }
    sim_pair_link(talk->pair, &link);
    check_connect(talk, 125 * MS, 700 * MS, "four addresses each");
    sim_talk_free(talk);
}

static void drop_candidates(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    if (is_answer)
        sim_edit_remove(sdp, "a=candidate:");
}

static void test_peer_reflexive(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = start(33, &link);
    struct rtc_stats stats;

    talk->pair->edit = drop_candidates;
    check_connect(talk, 125 * MS, 700 * MS, "the answerer tells no candidate");
    rtc_peer_stats(talk->pair->side[SIM_L].peer, &stats);
    is_int(stats.remote_type, RTC_CANDIDATE_PRFLX,
           "acceptance 16: so that its address is peer-reflexive");
    sim_talk_free(talk);
}

static void drop_all_candidates(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    (void)is_answer;
    sim_edit_remove(sdp, "a=candidate:");
    sim_edit_remove(sdp, "a=end-of-candidates");
}

static void test_trickle(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = start(34, &link);
    struct sim_pair *pair = talk->pair;
    struct rtc_candidate candidate;

    pair->edit = drop_all_candidates;
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "no candidates at first");
    sim_pair_run(pair, pair->now + 5 * SEC);
    within(pair, talk->seen[SIM_L].events[RTC_EVENT_PAIR], 0, 0, "no pair");
    is_int(rtc_peer_local_candidate(pair->side[SIM_R].peer, 1, &candidate),
           RTC_ERR_ARG, "there is one");
    is_int(rtc_peer_local_candidate(pair->side[SIM_R].peer, 0, &candidate), 0,
           "which is told");
    is_int(rtc_peer_add_remote(pair->side[SIM_L].peer, &candidate, pair->now),
           0, "later");
    sim_pair_run(pair, pair->now + 2 * SEC);
    within(pair, pair->side[SIM_L].connected_at, 1005 * SEC + 125 * MS,
           1005 * SEC + 700 * MS, "and soon they are connected");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* A description that lies about who is lite makes both sides control, or none:
 * the checks find out (RFC 8445 7.3.1.1). */
static void claim_lite(char *sdp, size_t cap, bool is_answer)
{
    if (!is_answer)
        sim_edit_add(sdp, cap, "t=0 0", "a=ice-lite");
}

static void hide_lite(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    if (!is_answer)
        sim_edit_remove(sdp, "a=ice-lite");
}

static void test_role_conflict(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = start(35, &link);

    talk->pair->edit = claim_lite;
    check_connect(talk, 125 * MS, SEC, "acceptance 13: both sides control");
    sim_talk_free(talk);
    talk = sim_talk_new(36, &link);
    talk->pair->edit = hide_lite;
    talk->pair->side[SIM_L].config.ice_lite = true;
    sim_pair_start(talk->pair);
    check_connect(talk, 125 * MS, SEC, "acceptance 13: neither side controls");
    sim_talk_free(talk);
}

/* The address in use goes away: another takes over, and nothing ends. */
static void test_lost_address(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};

    for (int side = 0; side < 2; side++) {
        struct sim_talk *talk = start(37, &link);
        struct sim_pair *pair = talk->pair;
        struct sim_flow *flow = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
        struct rtc_stats stats;
        struct rtc_addr gone;
        for (int i = 0; i < 2; i++) {
            set_addr(&pair->side[i], 1, "198.51.100.1:5000");
            pair->side[i].addrs[1].ip[3] = (uint8_t)(1 + i);
        }
        sim_pair_link(pair, &link);
        sim_pair_connect(pair, SEC);
        sim_talk_begin(talk);
        sim_talk_run(talk, 3 * SEC);
        rtc_peer_stats(pair->side[side].peer, &stats);
        gone = stats.path.local;
        sim_net_link(pair->net, &gone, &(struct sim_link){.dead = true});
        is_int(rtc_peer_remove_local(pair->side[side].peer, &gone, pair->now),
               0, "the address in use is gone");
        sim_talk_run(talk, 15 * SEC);
        rtc_peer_stats(pair->side[side].peer, &stats);
        ok(memcmp(stats.path.local.ip, gone.ip, 4) != 0,
           "acceptance 13: one address is dropped, another is used");
        within(pair, flow->sent - flow->last, 1, 3, "media is live");
        within(pair, flow->received, 400, 452, "after a short while");
        within(pair, talk->seen[SIM_R].events[RTC_EVENT_CLOSED], 0, 0,
               "nothing ended");
        sound(talk, "soundly");
        sim_talk_free(talk);
    }
}

static void test_lite(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};

    for (int lite = 0; lite < 2; lite++) {
        struct sim_talk *talk = sim_talk_new(40 + (uint64_t)lite, &link);
        talk->pair->side[lite].config.ice_lite = true;
        sim_pair_start(talk->pair);
        check_connect(talk, 125 * MS, 320 * MS,
                      lite ? "acceptance 6: the answerer is lite"
                           : "acceptance 6: the offerer is lite");
        ok(strstr(talk->pair->side[lite].description, "a=ice-lite"),
           "and says so");
        sim_talk_run(talk, 120 * SEC);
        within(
            talk->pair, talk->pair->side[lite].ice_event_count, 1, 9,
            "acceptance 10: few ICE events of a lite peer in two idle minutes");
        within(talk->pair, talk->seen[lite].events[RTC_EVENT_CLOSED], 0, 0,
               "and no end");
        sim_talk_free(talk);
    }
}

static void test_both_lite(void)
{
    struct sim_talk *talk = sim_talk_new(42, NULL);

    talk->pair->side[0].config.ice_lite = true;
    talk->pair->side[1].config.ice_lite = true;
    sim_pair_start(talk->pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    is_int(sim_pair_negotiate(talk->pair, SIM_L), RTC_ERR_UNSUPPORTED,
           "two lite peers cannot connect, and are told at once");
    sim_talk_free(talk);
}

static void test_either_offers(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = start(50, &link);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    struct rtc_track_config track = {.kind = RTC_AUDIO,
                                     .direction = RTC_RECVONLY};

    rtc_peer_add_track(pair->side[SIM_R].peer, &track);
    is_int(sim_pair_negotiate(pair, SIM_R), 0, "the receiver offers");
    sim_pair_run(pair, pair->now + SEC);
    within(pair, pair->side[SIM_L].connected_at, 1000 * SEC,
           1000 * SEC + 220 * MS, "and they connect");
    flow->frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, flow->received, 50, 50, "and media flows");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_glare(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = start(51, &link);
    struct sim_pair *pair = talk->pair;
    struct rtc_peer *r = pair->side[SIM_R].peer;
    struct sim_flow *to_r = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    struct sim_flow *to_l = sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    const char *offer = pair->side[SIM_L].description;

    sim_pair_add_locals(pair);
    is_int(sim_pair_offer(pair, SIM_R), 0, "both offer");
    is_int(sim_pair_offer(pair, SIM_L), 0, "at once");
    is_int(rtc_peer_remote_offer(r, offer, strlen(offer), pair->now),
           RTC_ERR_STATE, "an offer meets an offer");
    is_int(rtc_peer_signaling(r), RTC_SIGNALING_LOCAL_OFFER, "and is refused");
    is_int(rtc_peer_rollback(r), 0, "one gives in");
    is_int(sim_pair_answer(pair, SIM_L), 0, "answers");
    is_int(sim_pair_conclude(pair, SIM_L), 0, "and the other takes that");
    sim_pair_run(pair, pair->now + SEC);
    to_r->frame_count = to_l->frame_count = 50;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    sim_talk_finish(talk, SIM_R, SEC);
    within(pair, to_r->received, 50, 50, "media flows to the one");
    within(pair, to_l->received, 50, 50, "and to the other");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* Turns the digits of each fingerprint around. */
static void spoil(char *sdp, bool hit)
{
    static const char key[] = "a=fingerprint:sha-256 ";

    for (char *at = sdp; hit && (at = strstr(at, key));) {
        at += sizeof key - 1;
        at[0] = at[0] == '0' ? '1' : '0';
    }
}

static void spoil_offer(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    spoil(sdp, !is_answer);
}

static void spoil_answer(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    spoil(sdp, is_answer);
}

/* Who is deceived ends with FINGERPRINT, and the other ends too. */
static void check_fingerprint(int deceived)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = start(60 + (uint64_t)deceived, &link);
    struct sim_pair *pair = talk->pair;
    struct sim_side *side = pair->side;
    struct sim_flow *flow = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    struct rtc_frame frame = {.data = (const uint8_t *)"\x31\2\0abc", .len = 6};

    frame.codec = RTC_CODEC_VP8;
    pair->edit = deceived == SIM_R ? spoil_offer : spoil_answer;
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "a wrong fingerprint is told");
    sim_pair_run(pair, pair->now + 5 * SEC);
    within(pair, side[deceived].closed_at, 1000 * SEC + 100 * MS,
           1000 * SEC + 400 * MS, "the deceived one ends");
    within(pair, side[deceived].reason, RTC_CLOSE_FINGERPRINT,
           RTC_CLOSE_FINGERPRINT, "for that reason");
    within(pair, side[!deceived].closed_at, 1000 * SEC + 100 * MS,
           1000 * SEC + 1400 * MS, "the other one ends too, in time");
    within(pair, side[!deceived].reason, RTC_CLOSE_DTLS, RTC_CLOSE_DTLS,
           "as it was refused");
    ok(side[deceived].connected_at == RTC_NEVER,
       "the deceived one was never connected");
    is_int(rtc_peer_send_frame(side[SIM_L].peer, flow->track[SIM_L], &frame,
                               pair->now),
           RTC_ERR_CLOSED, "nothing can be sent");
    ok(*rtc_peer_why(side[deceived].peer), "and there is a sentence");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_skip_fingerprint(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_talk *talk = sim_talk_new(62, &link);

    talk->pair->edit = spoil_answer;
    talk->pair->side[SIM_L].config.skip_fingerprint = true;
    sim_pair_start(talk->pair);
    check_connect(talk, 125 * MS, 220 * MS, "no check, no harm");
    sim_talk_free(talk);
}

int main(void)
{
    test_clean();
    test_round_trips();
    test_order();
    test_links();
    test_addresses();
    test_peer_reflexive();
    test_trickle();
    test_role_conflict();
    test_lost_address();
    test_lite();
    test_both_lite();
    test_either_offers();
    test_glare();
    check_fingerprint(SIM_L);
    check_fingerprint(SIM_R);
    test_skip_fingerprint();
    test_heavy_loss();
    return tap_done();
}
