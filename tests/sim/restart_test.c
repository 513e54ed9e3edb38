/* SPDX-License-Identifier: MIT
 * ICE restarts in mid-stream: by either side, taken back, never answered,
 * doubled, and out of a dead session. */
#include "tests/sim/check.h"
#include "tests/sim/edit.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};
static const struct sim_link dead = {.dead = true};

/* ---- helpers ------------------------------------------------------------- */

/* A connected talk with VP8 from L and Opus from R, both under way. */
static struct sim_talk *start(uint64_t seed, int lite, bool survives)
{
    struct sim_talk *talk = sim_talk_new(seed, &wire);
    struct sim_pair *pair = talk->pair;

    for (int i = 0; i < 2; i++) {
        pair->side[i].config.ice_lite = i == lite;
        pair->side[i].config.survives_failure = survives;
    }
    sim_pair_start(pair);
    sim_talk_add(talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(talk, SIM_R, RTC_CODEC_OPUS);
    if (!seeded(pair, sim_pair_connect(pair, 5 * SEC) != RTC_NEVER,
                "connected"))
        exit(tap_done());
    sim_talk_begin(talk);
    sim_talk_run(talk, 2 * SEC);
    return talk;
}

/* Copies the value of the first line that begins with `key`. */
static void value_of(const char *sdp, const char *key, char ret_value[64])
{
    const char *at = strstr(sdp, key);

    snprintf(ret_value, 64, "%.*s",
             at ? (int)strcspn(at + strlen(key), "\r\n") : 0,
             at ? at + strlen(key) : "");
}

struct credentials {
    char ufrag[2][64], pwd[2][64];
};

/* As the latest descriptions of both have them. */
static struct credentials credentials_of(const struct sim_pair *pair)
{
    struct credentials c;

    for (int i = 0; i < 2; i++) {
        value_of(pair->side[i].description, "a=ice-ufrag:", c.ufrag[i]);
        value_of(pair->side[i].description, "a=ice-pwd:", c.pwd[i]);
    }
    return c;
}

static bool differ(const struct credentials *a, const struct credentials *b)
{
    bool all = true;

    for (int i = 0; i < 2; i++)
        all = all && *a->ufrag[i] && strcmp(a->ufrag[i], b->ufrag[i]) != 0 &&
              strcmp(a->pwd[i], b->pwd[i]) != 0;
    return all;
}

static bool is_connected(const struct sim_side *side)
{
    return side->ice_state == RTC_ICE_CONNECTED ||
           side->ice_state == RTC_ICE_COMPLETED;
}

static bool is_apart(struct sim_pair *pair)
{
    return !is_connected(&pair->side[0]) || !is_connected(&pair->side[1]);
}

/* The time until both are connected, at most ten seconds, or RTC_NEVER. */
static rtc_usec reconnect(struct sim_pair *pair)
{
    rtc_usec since = pair->now;

    return sim_pair_run_while(pair, since + 10 * SEC, is_apart)
               ? pair->now - since
               : RTC_NEVER;
}

/* Stops both flows and lets what is under way arrive: not a frame is missing,
 * and none came late. */
static void check_unharmed(struct sim_talk *talk, const char *name)
{
    struct sim_pair *pair = talk->pair;

    for (unsigned i = 0; i < talk->flow_count; i++)
        talk->flows[i].frame_count = talk->flows[i].sent;
    sim_talk_run(talk, SEC);
    for (unsigned i = 0; i < talk->flow_count; i++) {
        const struct sim_flow *flow = &talk->flows[i];
        within(pair, flow->received, flow->sent, flow->sent, name);
        within(pair, flow->late_us, 25 * MS, 45 * MS, "and none is late");
        within(pair, flow->refused, 0, 0, "nor refused");
    }
    for (int i = 0; i < 2; i++)
        within(pair, talk->seen[i].events[RTC_EVENT_CONNECTED], 1, 1,
               "DTLS is not begun anew");
    sound(talk, "soundly");
}

static int restart(struct sim_talk *talk, int by)
{
    return rtc_peer_restart_ice(talk->pair->side[by].peer, talk->pair->now);
}

/* ---- good ones ----------------------------------------------------------- */

/* `lite`: SIM_L, SIM_R or -1. */
static void check_restart(int by, int lite, const char *name)
{
    struct sim_talk *talk = start(10 + (uint64_t)by, lite, false);
    struct sim_pair *pair = talk->pair;
    struct credentials before = credentials_of(pair), after;

    is_int(restart(talk, by), 0, name);
    is_int(sim_pair_negotiate(pair, by), 0, "offered and answered");
    after = credentials_of(pair);
    ok(differ(&before, &after),
       "acceptance 8: credentials differ on both sides");
    sim_pair_run(pair, pair->now);
    for (int i = 0; i < 2; i++)
        within(pair, pair->side[i].ice_state, RTC_ICE_CHECKING,
               RTC_ICE_CHECKING,
               "acceptance 8: at that moment a side is not connected");
    within(pair, reconnect(pair), 50 * MS, 500 * MS,
           "acceptance 8: both are connected again");
    sim_talk_run(talk, 40 * SEC);
    for (int i = 0; i < 2; i++)
        seeded(pair, is_connected(&pair->side[i]), "and stay so");
    check_unharmed(talk, "acceptance 8: media goes on across a restart");
    sim_talk_free(talk);
}

/* Once more before, while and after the first one has found its pair. */
static void check_twice(rtc_usec pause, bool other)
{
    struct sim_talk *talk = start(20, -1, false);
    struct sim_pair *pair = talk->pair;
    struct credentials before = credentials_of(pair), between, after;

    is_int(restart(talk, SIM_L), 0, "acceptance 8: two restarts in a row");
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "the first one");
    between = credentials_of(pair);
    sim_talk_run(talk, pause);
    is_int(restart(talk, other), 0, "the second");
    is_int(sim_pair_negotiate(pair, other), 0, "is answered, too");
    after = credentials_of(pair);
    ok(differ(&before, &between) && differ(&between, &after),
       "each has credentials of its own");
    sim_pair_run(pair, pair->now);
    within(pair, reconnect(pair), 0, 500 * MS, "both are connected");
    sim_talk_run(talk, 40 * SEC);
    check_unharmed(talk, "and media goes on");
    sim_talk_free(talk);
}

/* Asked for twice before any offer: one restart. */
static void test_asked_twice(void)
{
    struct sim_talk *talk = start(21, -1, false);
    struct credentials before = credentials_of(talk->pair), after;

    is_int(restart(talk, SIM_L), 0, "asked for a restart");
    is_int(restart(talk, SIM_L), 0, "and again");
    is_int(sim_pair_negotiate(talk->pair, SIM_L), 0, "one offer");
    after = credentials_of(talk->pair);
    ok(differ(&before, &after), "restarts");
    sim_pair_run(talk->pair, talk->pair->now);
    within(talk->pair, reconnect(talk->pair), 50 * MS, 500 * MS, "and works");
    check_unharmed(talk, "without harm");
    sim_talk_free(talk);
}

/* Both want one at once; R gives in. */
static void test_glare(void)
{
    struct sim_talk *talk = start(22, -1, false);
    struct sim_pair *pair = talk->pair;
    struct credentials before = credentials_of(pair), after;
    const char *offer = pair->side[SIM_L].description;
    struct rtc_peer *r = pair->side[SIM_R].peer;

    is_int(restart(talk, SIM_L), 0, "both restart");
    is_int(restart(talk, SIM_R), 0, "at once");
    is_int(sim_pair_offer(pair, SIM_R), 0, "both offer");
    is_int(sim_pair_offer(pair, SIM_L), 0, "it");
    is_int(rtc_peer_remote_offer(r, offer, strlen(offer), pair->now),
           RTC_ERR_STATE, "an offer meets an offer");
    is_int(rtc_peer_rollback(r), 0, "one gives in");
    is_int(sim_pair_answer(pair, SIM_L), 0, "and answers");
    is_int(sim_pair_conclude(pair, SIM_L), 0, "which holds");
    after = credentials_of(pair);
    ok(differ(&before, &after), "with new credentials on both sides");
    sim_pair_run(pair, pair->now);
    within(pair, reconnect(pair), 50 * MS, 500 * MS, "connected again");
    sim_talk_run(talk, 40 * SEC);
    check_unharmed(talk, "without harm");
    sim_talk_free(talk);
}

/* ---- ones that do not come about ----------------------------------------- */

enum undo { CANCEL, ROLLBACK, ROLLBACK_REMOTE };

static void undo(struct sim_pair *pair, enum undo how)
{
    struct rtc_peer *l = pair->side[SIM_L].peer, *r = pair->side[SIM_R].peer;
    const char *offer = pair->side[SIM_L].description;

    if (how != CANCEL)
        is_int(sim_pair_offer(pair, SIM_L), 0, "is offered");
    if (how == ROLLBACK_REMOTE) {
        is_int(rtc_peer_remote_offer(r, offer, strlen(offer), pair->now), 0,
               "and looked at");
        is_int(rtc_peer_rollback(r), 0, "taken back there");
    }
    if (how == CANCEL)
        is_int(rtc_peer_cancel_restart(l, pair->now), 0, "cancelled");
    else
        is_int(rtc_peer_rollback(l), 0, "taken back");
}

/* The old session works on, and so does an ordinary offer after it. */
static void check_undone(enum undo how, const char *name)
{
    struct sim_talk *talk = start(30, -1, false);
    struct sim_pair *pair = talk->pair;
    struct credentials before = credentials_of(pair), after;

    is_int(restart(talk, SIM_L), 0, name);
    sim_talk_run(talk, 100 * MS);
    undo(pair, how);
    is_int(rtc_peer_signaling(pair->side[SIM_L].peer), RTC_SIGNALING_STABLE,
           "stable again");
    sim_talk_run(talk, 40 * SEC);
    for (int i = 0; i < 2; i++)
        seeded(pair, is_connected(&pair->side[i]),
               "acceptance 8: the old session is connected");
    is_int(sim_pair_negotiate(pair, SIM_R), 0, "an ordinary offer");
    after = credentials_of(pair);
    for (int i = 0; i < 2; i++)
        is_str(after.ufrag[i], before.ufrag[i], "with the old credentials");
    sim_talk_run(talk, 5 * SEC);
    is_int(rtc_peer_cancel_restart(pair->side[SIM_L].peer, pair->now),
           RTC_ERR_STATE, "nothing is left to cancel");
    check_unharmed(talk, "acceptance 8: a restart undone does no harm");
    sim_talk_free(talk);
}

/* The answer never comes, or comes a minute later. */
static void check_unanswered(bool at_last)
{
    struct sim_talk *talk = start(31, -1, false);
    struct sim_pair *pair = talk->pair;

    is_int(restart(talk, SIM_L), 0, "a restart");
    is_int(sim_pair_offer(pair, SIM_L), 0, "is offered, and nobody answers");
    sim_talk_run(talk, 60 * SEC);
    for (int i = 0; i < 2; i++)
        within(pair, pair->side[i].closed_at == RTC_NEVER, 1, 1,
               "acceptance 8: without an answer the old session lasts");
    if (at_last) {
        is_int(sim_pair_answer(pair, SIM_L), 0, "a minute later");
        is_int(sim_pair_conclude(pair, SIM_L), 0, "the answer comes");
        sim_pair_run(pair, pair->now);
        within(pair, reconnect(pair), 50 * MS, 500 * MS, "and it restarts");
        sim_talk_run(talk, 40 * SEC);
    }
    check_unharmed(talk, "media goes on all the time");
    sim_talk_free(talk);
}

static void hide_candidates(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    if (!is_answer)
        sim_edit_remove(sdp, "a=candidate:");
}

/* By a server that tells its new credentials and nothing else, and knows no
 * candidate of ours: we find it where it was. */
static void test_credentials_alone(void)
{
    struct sim_talk *talk = start(33, -1, false);
    struct sim_pair *pair = talk->pair;
    struct rtc_peer *peer = pair->side[SIM_L].peer;
    struct credentials c;
    char fragment[160];

    pair->edit = hide_candidates;
    is_int(restart(talk, SIM_L), 0, "a restart");
    is_int(sim_pair_offer(pair, SIM_L), 0, "offered");
    is_int(sim_pair_answer(pair, SIM_L), 0, "and answered");
    c = credentials_of(pair);
    snprintf(fragment, sizeof fragment, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n",
             c.ufrag[SIM_R], c.pwd[SIM_R]);
    is_int(
        rtc_peer_remote_fragment(peer, fragment, strlen(fragment), pair->now),
        0, "but by a fragment without candidates");
    within(pair, reconnect(pair), 50 * MS, 500 * MS, "connected again");
    sim_talk_run(talk, 40 * SEC);
    check_unharmed(talk, "and media goes on");
    sim_talk_free(talk);
}

/* Answered, but nothing comes through from then on that is not of the old
 * session: the new one finds no pair; cancelling keeps the old one. */
static bool is_restarted;
static struct credentials old;

static bool only_old(struct sim_side *side, const struct sim_packet *packet)
{
    const char *ufrag = old.ufrag[side->which];
    bool is_request = packet->data[0] == 0 && packet->data[1] == 1;

    return !is_restarted || !is_request ||
           memmem(packet->data, packet->len, ufrag, strlen(ufrag)) != NULL;
}

static void test_no_pair(void)
{
    struct sim_talk *talk = start(32, -1, false);
    struct sim_pair *pair = talk->pair;

    old = credentials_of(pair);
    for (int i = 0; i < 2; i++)
        pair->side[i].on_arrival = only_old;
    is_restarted = true;
    is_int(restart(talk, SIM_L), 0, "a restart");
    is_int(sim_pair_negotiate(pair, SIM_L), 0, "whose checks fail");
    sim_talk_run(talk, 5 * SEC);
    for (int i = 0; i < 2; i++)
        is_int(rtc_peer_cancel_restart(pair->side[i].peer, pair->now), 0,
               "is given up");
    sim_talk_run(talk, 40 * SEC);
    for (int i = 0; i < 2; i++)
        seeded(pair, is_connected(&pair->side[i]),
               "acceptance 8: the old session goes on");
    check_unharmed(talk, "without harm");
    is_restarted = false;
    sim_talk_free(talk);
}

/* ---- out of a dead session ----------------------------------------------- */

/* `down`: from disconnected (10 s) or failed (40 s). */
static void check_revived(int by, rtc_usec down)
{
    struct sim_talk *talk = start(40, -1, true);
    struct sim_pair *pair = talk->pair;
    const struct sim_flow *flow = &talk->flows[0];
    unsigned before;

    sim_pair_link(pair, &dead);
    sim_talk_run(talk, down);
    for (int i = 0; i < 2; i++) {
        within(pair, pair->side[i].ice_state, RTC_ICE_DISCONNECTED,
               RTC_ICE_FAILED, "the line is dead");
        within(pair, pair->side[i].closed_at == RTC_NEVER, 1, 1,
               "acceptance 8: but the session survives");
    }
    sim_pair_link(pair, &wire);
    is_int(restart(talk, by), 0, "a restart");
    is_int(sim_pair_negotiate(pair, by), 0, "is agreed elsewhere");
    before = flow->received;
    within(pair, reconnect(pair), 50 * MS, SEC,
           "acceptance 8: a restart revives a dead path");
    sim_talk_run(talk, 5 * SEC);
    within(pair, flow->received - before, 100, 135, "media is live again");
    within(pair, flow->sent - flow->last, 1, 3, "without delay");
    for (int i = 0; i < 2; i++)
        within(pair, talk->seen[i].events[RTC_EVENT_CONNECTED], 1, 1,
               "in the same DTLS session");
    sound(talk, "soundly");
    sim_talk_free(talk);
}

static void test_not_yet(void)
{
    struct sim_talk *talk = sim_talk_new(50, &wire);

    sim_pair_start(talk->pair);
    is_int(restart(talk, SIM_L), RTC_ERR_STATE, "nothing to restart yet");
    rtc_peer_close(talk->pair->side[SIM_L].peer, talk->pair->now);
    sim_pair_run(talk->pair, talk->pair->now + SEC);
    is_int(restart(talk, SIM_L), RTC_ERR_CLOSED, "or any more");
    sim_talk_free(talk);
}

int main(void)
{
    test_not_yet();
    check_restart(SIM_L, -1, "the offerer restarts");
    check_restart(SIM_R, -1, "the answerer restarts");
    check_restart(SIM_L, SIM_L, "a lite peer that offered restarts");
    check_restart(SIM_R, SIM_R, "a lite peer that answered restarts");
    check_restart(SIM_R, SIM_L, "the full peer of a lite one restarts");
    check_twice(0, false);
    check_twice(30 * MS, false);
    check_twice(60 * MS, true);
    check_twice(SEC, true);
    test_asked_twice();
    test_glare();
    check_undone(CANCEL, "cancelled before its offer");
    check_undone(ROLLBACK, "its offer taken back");
    check_undone(ROLLBACK_REMOTE, "taken back at both sides");
    check_unanswered(false);
    check_unanswered(true);
    test_no_pair();
    test_credentials_alone();
    for (int by = 0; by < 2; by++) {
        check_revived(by, 15 * SEC);
        check_revived(by, 40 * SEC);
    }
    return tap_done();
}
