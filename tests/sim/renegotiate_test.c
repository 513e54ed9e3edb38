/* SPDX-License-Identifier: MIT
 * Offers and answers over the life of a session: directions change, tracks come
 * and go, offers are taken back, and a peer goes on in another process. */
#include "tests/sim/check.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

static struct rtc_track_info info_of(const struct sim_talk *talk, int side,
                                     int track)
{
    struct rtc_track_info info = {.agreed = RTC_INACTIVE};

    rtc_peer_track_info(talk->pair->side[side].peer, track, &info);
    return info;
}

static int send_one(struct sim_talk *talk, const struct sim_flow *flow)
{
    static uint8_t buf[16384];
    struct sim_side *side = &talk->pair->side[flow->from];
    struct rtc_frame frame = {.data = buf, .len = sim_flow_len(flow, true)};

    frame.codec = flow->codec;
    frame.time = RTC_NEVER;
    sim_flow_write(flow, 0, true, buf);
    return rtc_peer_send_frame(side->peer, flow->track[flow->from], &frame,
                               talk->pair->now);
}

static unsigned count_sections(const char *sdp)
{
    unsigned count = 0;

    for (const char *at = sdp; (at = strstr(at, "\nm=")); at++)
        count++;
    return count;
}

/* Inactive and back; the offerer is either. */
static void check_direction(int offerer)
{
    struct sim_talk *talk = sim_talk_new(1 + (uint64_t)offerer, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_VP8);
    struct rtc_peer *peer = pair->side[offerer].peer;
    unsigned before;

    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    is_int(rtc_peer_set_direction(peer, flow->track[offerer], RTC_INACTIVE), 0,
           "one side wants it inactive");
    is_int(info_of(talk, SIM_L, 0).agreed, RTC_SENDONLY,
           "which changes nothing yet");
    is_int(sim_pair_negotiate(pair, offerer), 0, "it offers again");
    is_int(info_of(talk, SIM_L, 0).agreed, RTC_INACTIVE, "nothing is sent");
    is_int(info_of(talk, SIM_R, 0).agreed, RTC_INACTIVE, "nor received");
    ok(strstr(pair->side[!offerer].description, "a=inactive"),
       "as the answer says");
    is_int(send_one(talk, flow), RTC_ERR_STATE, "a frame is refused");
    before = flow->received;
    sim_talk_run(talk, 5 * SEC);
    within(pair, flow->received - before, 0, 1, "and none comes");
    within(pair, talk->seen[SIM_R].events[RTC_EVENT_CLOSED], 0, 0,
           "the session lasts");
    rtc_peer_set_direction(peer, flow->track[offerer],
                           offerer == SIM_L ? RTC_SENDONLY : RTC_RECVONLY);
    is_int(sim_pair_negotiate(pair, offerer), 0, "and once more");
    is_int(info_of(talk, SIM_L, 0).agreed, RTC_SENDONLY, "it sends again");
    flow->key_asked = true; /* the receiver begins anew */
    sim_talk_run(talk, 2 * SEC);
    within(pair, flow->sent - flow->last, 1, 3, "and is live again");
    within(pair, flow->corrupt + flow->disordered + flow->wrong_time, 0, 0,
           "as it was sent");
    within(pair, pair->side[SIM_L].past_deadlines, 0, 0, "in time");
    sim_talk_free(talk);
}

/* Another offer in the middle changes nothing of what flows. */
static void test_again(void)
{
    struct sim_talk *talk = sim_talk_new(3, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *flow = sim_talk_connect(talk, SIM_L, RTC_CODEC_H264);
    unsigned ice = pair->side[SIM_L].ice_event_count;

    flow->frame_count = 250;
    sim_talk_begin(talk);
    for (int i = 0; i < 8; i++) {
        sim_talk_run(talk, SEC);
        is_int(sim_pair_negotiate(pair, i % 2), 0, "the same is offered again");
    }
    sim_talk_finish(talk, SIM_L, 5 * SEC);
    within(pair, flow->received, 250, 250, "every frame comes");
    within(pair, flow->keys, 1, 1, "without another key frame");
    within(pair, pair->side[SIM_L].ice_event_count, ice, ice + 1,
           "ICE is left alone");
    is_int(count_sections(pair->side[SIM_L].description), 1, "one section");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* The offerer adds a track, then the answerer does; then the first one ends and
 * a new one takes its section. */
static void test_add_and_stop(void)
{
    struct sim_talk *talk = sim_talk_new(4, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *first = sim_talk_connect(talk, SIM_L, RTC_CODEC_OPUS);
    struct sim_flow *second, *third, *fourth;
    unsigned received;

    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    second = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    is_int(send_one(talk, second), RTC_ERR_STATE, "a track not agreed");
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "is offered");
    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    within(pair, second->received, 24, 25, "and flows");
    is_int(rtc_peer_track_count(pair->side[SIM_R].peer), 2,
           "the answerer got a track");
    ok(info_of(talk, SIM_R, 1).by_remote, "by the remote");
    third = sim_talk_add(talk, SIM_R, RTC_CODEC_VP8);
    is_int(sim_pair_negotiate(pair, SIM_R), 0, "the other side adds one");
    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    within(pair, third->received, 24, 25, "that flows too");
    within(pair, second->received, 49, 50, "beside the second");
    is_int(count_sections(pair->side[SIM_R].description), 3, "three sections");
    is_int(rtc_peer_stop_track(pair->side[SIM_L].peer, first->track[SIM_L]), 0,
           "the first one is stopped");
    is_int(rtc_peer_stop_track(pair->side[SIM_L].peer, first->track[SIM_L]), 0,
           "twice");
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "which is offered");
    received = first->received;
    sim_talk_run(talk, SEC);
    within(pair, first->received, received, received + 2, "it flows no more");
    ok(info_of(talk, SIM_L, first->track[SIM_L]).stopped, "it is stopped here");
    ok(info_of(talk, SIM_R, first->track[SIM_R]).stopped, "and there");
    is_int(send_one(talk, first), RTC_ERR_STATE, "it takes no frame");
    within(pair, second->received, 74, 75, "the second flows on");
    within(pair, third->received, 49, 50, "and the third");
    fourth = sim_talk_add(talk, SIM_L, RTC_CODEC_H264);
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "a fourth one is offered");
    sim_talk_begin(talk);
    sim_talk_run(talk, SEC);
    is_int(count_sections(pair->side[SIM_L].description), 3,
           "in the first one's section");
    within(pair, fourth->received, 24, 25, "and flows");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* An offer's text without its version. */
static char *offer_of(struct sim_side *side)
{
    int len = rtc_peer_offer(side->peer, side->description,
                             sizeof side->description, side->pair->now);

    if (len < 0)
        return NULL;
    sim_edit_remove(side->description, "o=");
    return strdup(side->description);
}

static char *save_of(struct sim_side *side)
{
    static char text[65536];
    int len = rtc_peer_save(side->peer, text, sizeof text, side->pair->now);

    if (len < 0)
        return NULL;
    sim_edit_remove(text, "origin ");
    return strdup(text);
}

static void check_rollback(bool connected)
{
    struct sim_talk *talk = sim_talk_new(5, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_side *l = &pair->side[SIM_L], *r = &pair->side[SIM_R];
    struct rtc_track_config track = {.kind = RTC_AUDIO};
    char *saved = NULL, *offer, *again, *other;

    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    if (connected)
        sim_pair_connect(pair, SEC);
    else
        sim_pair_add_locals(pair);
    is_int(rtc_peer_rollback(l->peer), RTC_ERR_STATE, "nothing to take back");
    if (!connected)
        saved = save_of(r);
    offer = offer_of(l);
    is_int(rtc_peer_rollback(l->peer), 0, "an offer is taken back");
    is_int(rtc_peer_signaling(l->peer), RTC_SIGNALING_STABLE, "and forgotten");
    again = offer_of(l);
    is_str(again, offer, "the next one is the same");
    is_int(rtc_peer_rollback(l->peer), 0, "taken back as well");
    rtc_peer_add_track(l->peer, &track);
    sim_pair_offer(pair, SIM_L);
    free(again);
    again = strdup(l->description);
    for (int i = 0; i < 20; i++) {
        if (rtc_peer_remote_offer(r->peer, again, strlen(again), pair->now))
            ok(false, "a remote offer is taken in");
        is_int(rtc_peer_track_count(r->peer), 2, "its tracks are seen");
        is_int(rtc_peer_rollback(r->peer), 0, "and taken back");
    }
    is_int(rtc_peer_track_count(r->peer), connected, "nothing is left of them");
    if (!connected) {
        other = save_of(r);
        ok(saved && other && !strcmp(saved, other), "nor of anything else");
        free(other);
    }
    is_int(sim_pair_answer(pair, SIM_L), 0, "answered after all");
    is_int(sim_pair_conclude(pair, SIM_L), 0, "it holds");
    sim_talk_begin(talk);
    sim_talk_run(talk, 2 * SEC);
    within(pair, talk->flows[0].received, 40, 50, "and media flows");
    sound(talk, "soundly");
    free(saved);
    free(offer);
    free(again);
    sim_talk_free(talk);
}

/* The peer of a side is saved, freed, loaded, and saved again. */
static void hand_over(struct sim_talk *talk, int which, const char *name)
{
    static char first[65536], second[65536];
    struct sim_side *side = &talk->pair->side[which];
    const char *why = "";
    struct rtc_config config = side->config;
    int len = rtc_peer_save(side->peer, first, sizeof first, side->pair->now),
        error;

    if (!ok(len > 0, name))
        return;
    is_int(rtc_peer_save(side->peer, second, (size_t)len, side->pair->now),
           RTC_ERR_NOBUF, "a buffer one byte too small is refused");
    rtc_peer_free(side->peer);
    side->peer = NULL;
    config.ice_lite = false; /* what was saved counts */
    error = rtc_peer_load(&side->peer, &config, first, (size_t)len, 0, &why,
                          talk->pair->now);
    if (!seeded(talk->pair, error == 0, "loaded")) {
        printf("# %s\n", why);
        abort();
    }
    is_int(rtc_peer_save(side->peer, second, sizeof second, side->pair->now),
           len, "saved again it is as long");
    is_str(second, first, "and the same");
}

/* At which step which side goes on in another process. */
static void check_saved(unsigned steps, bool lite)
{
    struct sim_talk *talk = sim_talk_new(20 + steps, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_flow *there, *back;

    pair->side[SIM_L].config.ice_lite = lite;
    sim_pair_start(pair);
    there = sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    back = sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    sim_pair_add_locals(pair);
    if (steps & 1)
        hand_over(talk, SIM_L, "the offerer before its offer");
    is_int(sim_pair_offer(pair, SIM_L), 0, "an offer");
    if (steps & 2)
        hand_over(talk, SIM_L, "the offerer after its offer");
    if (steps & 4)
        hand_over(talk, SIM_R, "the answerer before the offer");
    is_int(sim_pair_answer(pair, SIM_L), 0, "its answer");
    if (steps & 8)
        hand_over(talk, SIM_R, "the answerer after its answer");
    is_int(sim_pair_conclude(pair, SIM_L), 0, "and that taken in");
    /* One that is the DTLS server has begun by now to listen. */
    if (steps & 8)
        is_int(rtc_peer_signaling(pair->side[SIM_R].peer), RTC_SIGNALING_STABLE,
               "the loaded one is stable");
    there->frame_count = back->frame_count = 100;
    sim_pair_run(pair, pair->now + SEC);
    within(pair, pair->side[SIM_L].connected_at, 1000 * SEC,
           1000 * SEC + 320 * MS, "they connect");
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    sim_talk_finish(talk, SIM_R, SEC);
    within(pair, there->received, 100, 100, "media flows there");
    within(pair, back->received, 100, 100, "and back");
    is_int(rtc_peer_save(pair->side[SIM_L].peer, pair->side[0].description,
                         sizeof pair->side[0].description, pair->now),
           RTC_ERR_STATE, "too late to be saved");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

/* A saved peer cut short or altered is refused, or is a peer. */
static void test_damaged(void)
{
    static char text[65536];
    struct sim_talk *talk = sim_talk_new(40, &wire);
    struct sim_pair *pair = talk->pair;
    struct sim_side *l = &pair->side[SIM_L];
    uint64_t random = 40;
    struct rtc_peer *peer;
    const char *why, *key, *key_end;
    unsigned refused = 0, count = 0, silent = 0;
    int len;

    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_pair_add_locals(pair);
    sim_pair_offer(pair, SIM_L);
    len = rtc_peer_save(l->peer, text, sizeof text, pair->now);
    for (int cut = 0; cut < len; cut += cut < len - 100 ? 37 : 1) {
        why = NULL;
        count++;
        if (!rtc_peer_load(&peer, &l->config, text, (size_t)cut, 0, &why,
                           pair->now))
            rtc_peer_free(peer);
        else
            refused++, silent += !why;
    }
    within(pair, refused, count - 2, count, "cut short: refused");
    /* But not the key: GnuTLS 3.7 leaks one that does not fit its
     * certificate. */
    key = strstr(text, "-----BEGIN");
    key_end = strstr(text, "\nstate ");
    for (int i = 0; i < 300; i++) {
        size_t at = (size_t)(sim_draw(&random) % (uint64_t)len);
        char before = text[at];
        if (text + at >= key && text + at < key_end)
            continue;
        text[at] = (char)sim_draw(&random);
        why = NULL;
        if (!rtc_peer_load(&peer, &l->config, text, (size_t)len, 0, &why,
                           pair->now))
            rtc_peer_free(peer);
        else
            silent += !why;
        text[at] = before;
    }
    within(pair, silent, 0, 0, "always with a sentence");
    sim_talk_free(talk);
}

static void answer_vp7(char *sdp, size_t cap, bool is_answer)
{
    if (!is_answer)
        sim_edit_replace(sdp, cap, "VP8/90000", "VP7/90000");
}

static void test_nothing_in_common(void)
{
    struct sim_talk *talk = sim_talk_new(50, &wire);
    struct sim_pair *pair = talk->pair;
    struct rtc_peer *r;

    sim_pair_start(pair);
    r = pair->side[SIM_R].peer;
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    pair->edit = answer_vp7;
    is_int(sim_pair_negotiate(pair, SIM_L), RTC_ERR_UNSUPPORTED,
           "no codec in common");
    ok(*rtc_peer_why(r), "there is a sentence");
    is_int(rtc_peer_rollback(r), 0, "the offer can be taken back");
    is_int(rtc_peer_track_count(r), 0, "without a trace");
    sim_talk_free(talk);

    talk = sim_talk_new(51, &wire);
    pair = talk->pair;
    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(talk, SIM_L, RTC_CODEC_OPUS);
    pair->edit = answer_vp7;
    within(pair, sim_pair_connect(pair, SEC), 0, 220 * MS,
           "one of two sections is refused");
    ok(info_of(talk, SIM_L, 0).stopped, "that track is stopped");
    is_int(info_of(talk, SIM_L, 1).agreed, RTC_SENDONLY, "the other is not");
    talk->flows[1].frame_count = 100;
    talk->flows[0].frame_count = 1;
    sim_talk_begin(talk);
    sim_talk_finish(talk, SIM_L, SEC);
    within(pair, talk->flows[1].received, 100, 100, "and flows");
    within(pair, talk->flows[0].refused, 1, 1, "the stopped one does not");
    sim_talk_free(talk);
}

int main(void)
{
    check_direction(SIM_L);
    check_direction(SIM_R);
    test_again();
    test_add_and_stop();
    check_rollback(false);
    check_rollback(true);
    for (unsigned steps = 0; steps < 16; steps++)
        check_saved(steps, false);
    check_saved(15, true);
    test_damaged();
    test_nothing_in_common();
    return tap_done();
}
