/* SPDX-License-Identifier: MIT
 * Two agents find each other, stay together, and part: roles, nomination,
 * trickle, reflexive candidates, lite, consent, restart, removal. */
#include "ice/link.h"

#define A "192.0.2.1:1000"
#define A2 "198.51.100.1:1001"
#define B "192.0.2.2:2000"
#define B2 "198.51.100.2:2001"

static void test_host(void)
{
    struct link *link = link_new();

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    is_int(rtc_ice_state(link->agents[0]), RTC_ICE_NEW, "new at first");
    link_introduce(link);
    is_int(rtc_ice_state(link->agents[0]), RTC_ICE_CHECKING, "then checking");
    link_run(link, 5 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED,
                    "acceptance 13: host and host find each other");
    link_is_selected(link, 0, A, B);
    link_is_selected(link, 1, B, A);
    is_int(link->connected_at[0] - 1000 * RTC_SEC, 20 * RTC_MS,
           "connected after one round trip");
    is_int(link->completed_at[0] - 1000 * RTC_SEC, 40 * RTC_MS,
           "completed after two");
    ok(link->completed_at[1] - 1000 * RTC_SEC <= 40 * RTC_MS,
       "the controlled side too");
    is_int(rtc_ice_rtt_us(link->agents[0]), 20 * RTC_MS, "round trip");
    is_int(link->pair_events[0], 1, "one pair event");
    link_free(link);
}

static void test_total_loss(void)
{
    struct link *link = link_new();

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link->route = link_lose;
    link_run(link, 19 * RTC_SEC);
    link_are_states(link, RTC_ICE_CHECKING, "patient");
    link_run(link, 2 * RTC_SEC);
    link_are_states(link, RTC_ICE_FAILED,
                    "acceptance 13: total loss from the start ends in failed");
    ok(!rtc_ice_was_connected(link->agents[0]), "never connected");
    ok(!rtc_ice_selected(link->agents[0]), "nowhere to send");
    is_int(rtc_ice_deadline(link->agents[0]), RTC_NEVER, "nothing more is due");
    link_free(link);
}

static void test_no_candidates(void)
{
    struct link *link = link_new();

    link_introduce(link);
    link_run(link, 15 * RTC_SEC);
    link_are_states(link, RTC_ICE_NEW,
                    "acceptance 19: not disconnected without candidates");
    link_run(link, 10 * RTC_SEC);
    link_are_states(link, RTC_ICE_FAILED, "and patience ends");
    link_free(link);
}

static void test_role_conflict(bool controlling, uint64_t extra_seed)
{
    struct link_side side = {.controlling = controlling};
    struct link *link = link_new_with(side, side, NULL, NULL);

    link->seeds[0] += extra_seed;
    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 5 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED,
                    "acceptance 13: a role conflict either way is settled");
    ok(rtc_ice_is_controlling(link->agents[0]) !=
           rtc_ice_is_controlling(link->agents[1]),
       "one of them controls");
    link_free(link);
}

static bool only_second_pair(struct link *link, int from, struct rtc_path *path)
{
    return path->local.port % 1000 == 1 && path->remote.port % 1000 == 1 &&
           link_pass(link, from, path);
}

/* The pair of A2 and B2 works at first; then all do and a relay is left. */
static void test_trickle_better(void)
{
    struct link *link = link_new();
    struct rtc_relay_source source = {.relayed = link_addr(A2),
                                      .mapped = link_addr("203.0.113.1:9"),
                                      .server = link_addr("203.0.113.9:3478")};
    struct rtc_candidate relay;
    enum rtc_candidate_type local, remote;

    rtc_candidate_make_relay(&relay, &source, 0);
    link_add_local(link, 0, &relay);
    link_tell(link, 0, &relay);
    link_introduce(link);
    link_add_host(link, 1, B2);
    link_run(link, 2 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED,
                    "acceptance 2: the relay pair connects first");
    link_is_selected(link, 1, B2, A2);
    link_add_host(link, 0, A);
    link_run(link, 2 * RTC_SEC);
    link_is_selected(link, 0, A, B2);
    link_is_selected(link, 1, B2, A);
    link_are_states(
        link, RTC_ICE_COMPLETED,
        "acceptance 2: then the host pair is used, without a restart");
    ok(rtc_ice_selected_types(link->agents[1], &local, &remote) &&
           remote == RTC_CANDIDATE_HOST,
       "as its type says");
    is_int(link->pair_events[0], 2, "it moved once");
    link_free(link);
}

static void test_same_kind(void)
{
    struct link *link = link_new();
    struct rtc_candidate better = link_host(A2);

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, RTC_SEC);
    better.priority += 1000;
    link_add_local(link, 0, &better);
    link_tell(link, 0, &better);
    link_run(link, 2 * RTC_SEC);
    link_is_selected(link, 0, A, B);
    is_int(link->pair_events[0] + link->pair_events[1], 2,
           "acceptance 17: a pair of the same kind is not nominated anew");
    link_free(link);
}

static void test_better_pair_first(void)
{
    struct link *link = link_new();
    struct rtc_candidate worse = link_host(A);

    /* A dead better pair holds the nomination back, not the selection. */
    worse.priority -= 5000;
    link_add_local(link, 0, &worse);
    link_tell(link, 0, &worse);
    link_add_host(link, 0, A2);
    link_add_host(link, 1, "192.0.2.2:2001");
    link_introduce(link);
    link_run(link, 2 * RTC_SEC);
    link_is_selected(link, 0, A2, "192.0.2.2:2001");
    link_free(link);

    link = link_new();
    link->route = only_second_pair;
    link_add_host(link, 0, "192.0.2.1:1000");
    link_add_host(link, 0, "192.0.2.1:1001");
    link_add_host(link, 1, "192.0.2.2:2001");
    link_introduce(link);
    link_run(link, RTC_SEC);
    link_is_selected(link, 0, "192.0.2.1:1001", "192.0.2.2:2001");
    is_int(rtc_ice_state(link->agents[1]), RTC_ICE_CONNECTED,
           "connected while the other pair is tried");
    link_run(link, 15 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "completed when it is given up");
    link_free(link);
}

/* A NAT before side 0: what it sends comes from NAT, and back. */
#define NAT "203.0.113.7:7777"
static bool nat_route(struct link *link, int from, struct rtc_path *path)
{
    struct rtc_addr inside = link_addr(A), outside = link_addr(NAT);

    if (from == 1 && !rtc_addr_equal(&path->remote, &outside))
        return false;
    link_pass(link, from, path);
    if (from == 0)
        path->remote = outside;
    else
        path->local = inside;
    return true;
}

static void test_prflx(void)
{
    struct link *link = link_new();
    enum rtc_candidate_type local, remote;
    struct rtc_candidate srflx;
    struct rtc_addr nat = link_addr(NAT), base = link_addr(A),
                    server = link_addr("203.0.113.9:3478");
    unsigned events;

    link->route = nat_route;
    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, RTC_SEC);
    is_int(rtc_ice_state(link->agents[1]), RTC_ICE_CONNECTED,
           "through a NAT, while the inner address is tried");
    link_run(link, 15 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "until that is given up");
    link_is_selected(link, 1, B, NAT);
    ok(rtc_ice_selected_types(link->agents[0], &local, &remote) &&
           local == RTC_CANDIDATE_PRFLX && remote == RTC_CANDIDATE_HOST,
       "acceptance 16: peer-reflexive, our own address");
    ok(rtc_ice_selected_types(link->agents[1], &local, &remote) &&
           local == RTC_CANDIDATE_HOST && remote == RTC_CANDIDATE_PRFLX,
       "acceptance 16: peer-reflexive, the remote's address");
    events = link->state_events[1];
    rtc_candidate_make_srflx(&srflx, &nat, &base, &server, 100);
    link_add_local(link, 0, &srflx);
    link_tell(link, 0, &srflx);
    link_run(link, 20 * RTC_SEC);
    ok(rtc_ice_selected_types(link->agents[1], &local, &remote) &&
           remote == RTC_CANDIDATE_SRFLX,
       "acceptance 17: the told candidate takes the place of the learnt one");
    link_is_selected(link, 1, B, NAT);
    is_int(link->state_events[1], events,
           "acceptance 17: which is no change of state");
    link_free(link);
}

static void test_lite(bool lite_is_offerer)
{
    struct link_side full = {.controlling = !lite_is_offerer},
                     lite = {.lite = true, .controlling = lite_is_offerer};
    struct link *link = link_new_with(full, lite, NULL, NULL);
    unsigned events;

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce_one(link, 1, false);
    link_run(link, 10 * RTC_SEC);
    is_int(rtc_ice_state(link->agents[1]), RTC_ICE_CHECKING,
           "acceptance 15: a lite agent does not connect without checks");
    is_int(link->sent[1], 0, "and sends nothing");
    is_int(link->state_events[1], 1,
           "acceptance 7: nor is it disconnected before the first check");
    link_introduce_one(link, 0, true);
    link_run(link, 5 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "acceptance 6: lite and full");
    ok(rtc_ice_is_controlling(link->agents[0]), "the full one controls");
    link_is_selected(link, 1, B, A);
    events = link->state_events[1];
    link_run(link, 120 * RTC_SEC);
    ok(link->state_events[1] - events < 1,
       "acceptance 10: no ICE event in two idle minutes of a lite agent");
    link->route = link_lose;
    link_run(link, 10 * RTC_SEC);
    is_int(rtc_ice_state(link->agents[1]), RTC_ICE_COMPLETED,
           "acceptance 15: a lite agent is not disconnected at once");
    link_run(link, 10 * RTC_SEC);
    link_are_states(link, RTC_ICE_DISCONNECTED,
                    "acceptance 13: disconnected on total loss");
    link->route = link_pass;
    link_run(link, 5 * RTC_SEC);
    link_are_states(
        link, RTC_ICE_COMPLETED,
        "acceptance 15: a lite agent is connected again after the loss");
    link_free(link);
}

static void test_lite_both(void)
{
    struct link_side lite = {.lite = true};
    struct link *link = link_new_with(lite, lite, NULL, NULL);

    is_int(rtc_ice_set_remote(link->agents[0], "abcd", "0123456789012345678901",
                              true, link->now),
           RTC_ERR_UNSUPPORTED, "two lite ends cannot find each other");
    link_free(link);
}

static void test_consent(void)
{
    struct link *link = link_new();

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 60 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "consent is refreshed");
    ok(link->sent[0] >= 20 && link->sent[0] <= 40,
       "a request and an answer every 5 s or so");
    link->route = link_lose;
    link_run(link, 6 * RTC_SEC - RTC_SEC);
    link_run(link, 8 * RTC_SEC);
    link_are_states(link, RTC_ICE_DISCONNECTED, "silence");
    ok(rtc_ice_selected(link->agents[0]), "still sent to");
    link->route = link_pass;
    link_run(link, 2 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "and back");
    link->route = link_lose;
    link_run(link, 31 * RTC_SEC);
    link_are_states(link, RTC_ICE_FAILED, "consent expires");
    ok(rtc_ice_was_connected(link->agents[0]), "after having been connected");
    ok(!rtc_ice_selected(link->agents[0]), "nothing is sent any more");
    link_free(link);
}

/* Only requests of side 1 reach side 0, and answers to them. */
static bool one_way_checks(struct link *link, int from, struct rtc_path *path)
{
    const uint8_t *data = link->queue[link->count].data;
    bool is_request = data[0] == 0 && data[1] == 1;

    return is_request == (from == 1) && link_pass(link, from, path);
}

static void test_only_remote_checks(void)
{
    struct link *link = link_new();

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 2 * RTC_SEC);
    link->route = one_way_checks;
    link_run(link, 25 * RTC_SEC);
    link_are_states(
        link, RTC_ICE_COMPLETED,
        "acceptance 9: connected while only the remote's checks come through");
    link_run(link, 12 * RTC_SEC);
    is_int(rtc_ice_state(link->agents[0]), RTC_ICE_FAILED,
           "but not our consent to send");
    link_free(link);
}

static void test_new_candidate_when_silent(void)
{
    struct link *link = link_new();

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, RTC_SEC);
    link->route = only_second_pair;
    link_run(link, 10 * RTC_SEC);
    link_are_states(link, RTC_ICE_DISCONNECTED, "the pair is dead");
    link_add_host(link, 0, A2);
    link_add_host(link, 1, B2);
    link_are_states(
        link, RTC_ICE_CHECKING,
        "acceptance 18: new candidates after disconnected are checked");
    link_run(link, 3 * RTC_SEC);
    link_is_selected(link, 0, A2, B2);
    link_is_selected(link, 1, B2, A2);
    ok(rtc_ice_state(link->agents[0]) == RTC_ICE_CONNECTED ||
           rtc_ice_state(link->agents[0]) == RTC_ICE_COMPLETED,
       "and taken");
    link_free(link);
}

static void test_removal(void)
{
    struct link *link = link_new();
    struct rtc_addr gone = link_addr(A);
    struct rtc_candidate again = link_host(A);

    link_add_host(link, 0, A);
    link_add_host(link, 0, "192.0.2.1:1001");
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 2 * RTC_SEC);
    link_is_selected(link, 0, A, B);
    rtc_ice_remove_local(link->agents[0], &gone, link->now);
    link_is_selected(link, 0, "192.0.2.1:1001", B);
    link_run(link, 100 * RTC_MS);
    link_is_selected(link, 1, B, "192.0.2.1:1001");
    link_are_states(
        link, RTC_ICE_COMPLETED,
        "acceptance 14: to another pair without waiting for a timeout");
    link_add_local(link, 0, &again);
    gone = link_addr("192.0.2.1:1001");
    link_run(link, RTC_SEC);
    rtc_ice_remove_local(link->agents[0], &gone, link->now);
    link_run(link, RTC_SEC);
    link_is_selected(link, 0, A, B);
    link_is_selected(link, 1, B, A);
    gone = link_addr(A);
    rtc_ice_remove_local(link->agents[0], &gone, link->now);
    is_int(rtc_ice_state(link->agents[0]), RTC_ICE_DISCONNECTED,
           "with the last one it is over");
    ok(!rtc_ice_selected(link->agents[0]), "for now");
    link_add_local(link, 0, &again);
    link_run(link, RTC_SEC);
    link_is_selected(link, 0, A, B);
    link_free(link);
}

static void test_restart(int by)
{
    struct link *link = link_new();
    char ufrag[RTC_UFRAG_MAX + 1];

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 2 * RTC_SEC);
    strcpy(ufrag, rtc_ice_local_ufrag(link->agents[by]));
    rtc_ice_restart(link->agents[by], link->now);
    ok(strcmp(ufrag, rtc_ice_local_ufrag(link->agents[by])) != 0,
       "acceptance 8: the one who restarts has new credentials");
    is_int(rtc_ice_state(link->agents[by]), RTC_ICE_CHECKING, "not connected");
    ok(rtc_ice_selected(link->agents[by]), "but still sending");
    link_run(link, 8 * RTC_SEC);
    is_int(rtc_ice_state(link->agents[1 - by]), RTC_ICE_COMPLETED,
           "the other side's consent checks are answered meanwhile");
    rtc_ice_restart(link->agents[1 - by], link->now);
    link_are_states(link, RTC_ICE_CHECKING,
                    "acceptance 8: after a restart neither side is connected");
    {
        struct rtc_candidate a = link_host(A), b = link_host(B);

        link_tell(link, 0, &a);
        link_tell(link, 1, &b);
    }
    link_introduce(link);
    ok(rtc_ice_selected(link->agents[0]) && rtc_ice_selected(link->agents[1]),
       "both still have a path");
    link_run(link, RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED,
                    "acceptance 8: both are connected again");
    link_free(link);
}

static void test_loss(void)
{
    struct link *link = link_new();

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 500 * RTC_MS);
    link->delay_us = 600 * RTC_MS;
    link_run(link, 60 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "1.2 s of round trip are borne");
    link_free(link);
}

/* Three of ten datagrams are lost, by the second random sequence. */
static bool lossy(struct link *link, int from, struct rtc_path *path)
{
    uint8_t draw;

    link_random(&link->seeds[1], &draw, 1);
    return draw >= 77 && link_pass(link, from, path);
}

static void test_lossy(uint64_t seed)
{
    struct link *link = link_new();

    link->seeds[1] += seed;
    link->route = lossy;
    link_add_host(link, 0, A);
    link_add_host(link, 0, A2);
    link_introduce(link);
    link_add_host(link, 1, B);
    link_add_host(link, 1, B2);
    link_run(link, 20 * RTC_SEC);
    link->route = link_pass;
    link_run(link, 10 * RTC_SEC);
    printf("# seed %u\n", (unsigned)seed);
    link_are_states(link, RTC_ICE_COMPLETED, "30 % loss is borne");
    ok(rtc_addr_equal(&rtc_ice_selected(link->agents[0])->local,
                      &rtc_ice_selected(link->agents[1])->remote),
       "both take the same pair");
    link_free(link);
}

static void test_close(void)
{
    struct link *link = link_new();
    struct rtc_candidate c = link_host(A2);
    unsigned sent;

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 2 * RTC_SEC);
    rtc_ice_close(link->agents[0]);
    rtc_ice_close(link->agents[0]);
    sent = link->sent[0];
    link_run(link, 20 * RTC_SEC);
    is_int(link->sent[0], sent, "a closed agent sends nothing");
    is_int(link->states[0], RTC_ICE_CLOSED, "and says so");
    is_int(rtc_ice_add_local(link->agents[0], &c, link->now), RTC_ERR_STATE,
           "takes no candidate");
    is_int(rtc_ice_restart(link->agents[0], link->now), RTC_ERR_STATE,
           "and does not come back");
    link_free(link);
}

static void find_address(void *user, enum rtc_log_level level, const char *line)
{
    unsigned *found = user;

    (void)level;
    found[0]++;
    if (strstr(line, "192.0.2.") || strstr(line, "198.51.100."))
        found[1]++;
}

static void test_redaction(bool redact)
{
    unsigned found[2] = {0};
    struct rtc_log log = {.fn = find_address,
                          .user = found,
                          .level = RTC_LOG_DEBUG,
                          .redact = redact};
    struct link *link = link_new_with((struct link_side){.controlling = true},
                                      (struct link_side){0}, NULL, &log);

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_add_host(link, 1, B2);
    link_introduce(link);
    link_run(link, 30 * RTC_SEC);
    ok(found[0] > 0, "lines are written");
    ok(redact == (found[1] == 0), "addresses are in them unless redacted");
    link_free(link);
}

int main(void)
{
    test_host();
    test_total_loss();
    test_no_candidates();
    for (uint64_t seed = 0; seed < 4; seed++) {
        test_role_conflict(true, seed);
        test_role_conflict(false, seed);
    }
    test_trickle_better();
    test_same_kind();
    test_better_pair_first();
    test_prflx();
    test_lite(false);
    test_lite(true);
    test_lite_both();
    test_consent();
    test_only_remote_checks();
    test_new_candidate_when_silent();
    test_removal();
    test_restart(0);
    test_restart(1);
    test_loss();
    for (uint64_t seed = 1; seed <= 40; seed++)
        test_lossy(seed);
    test_close();
    test_redaction(true);
    test_redaction(false);
    return tap_done();
}
