/* SPDX-License-Identifier: MIT
 * Candidates that come, go, come again or come twice while agents are under
 * way, and clocks that begin anywhere. */
#include "ice/link.h"

#define A "192.0.2.1:1000"
#define A2 "198.51.100.1:1001"
#define B "192.0.2.2:2000"
#define B2 "198.51.100.2:2001"
#define NAT "203.0.113.7:7777"
#define SERVER "203.0.113.9:3478"

static void remove_host(struct link *link, int whose, const char *text)
{
    struct rtc_addr gone = link_addr(text);

    rtc_ice_remove_local(link->agents[whose], &gone, link->now);
}

/* A clock may begin at 0. */
static void test_early(rtc_usec start)
{
    struct link *link = link_new();

    link->now = start;
    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED,
                    "acceptance 13: early timestamps do as well");
    is_int(link->completed_at[0] - start, 40 * RTC_MS, "as fast");
    link_run(link, 20 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "and stay connected");
    link_free(link);
}

static unsigned from_removed;

static bool note_removed(struct link *link, int from, struct rtc_path *path)
{
    struct rtc_addr removed = link_addr(A);

    from_removed += from == 0 && rtc_addr_equal(&path->local, &removed);
    return link_pass(link, from, path);
}

static void test_no_reply(void)
{
    struct link *link = link_new();
    unsigned before;

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, RTC_SEC);
    link->route = note_removed;
    from_removed = 0;
    remove_host(link, 0, A);
    before = link->sent[1];
    link_run(link, 15 * RTC_SEC);
    ok(link->sent[1] > before + 2, "the remote goes on to check");
    is_int(from_removed, 0,
           "acceptance 13: an invalidated candidate does not reply");
    link_free(link);
}

/* B goes and comes again, then what took its place goes. */
static void test_again(int whose)
{
    const char *first = whose ? B : A, *second = whose ? B2 : A2;
    struct link *link = link_new();
    struct rtc_candidate again = link_host(first);

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_add_host(link, whose, second);
    link_introduce(link);
    link_run(link, RTC_SEC);
    remove_host(link, whose, first);
    link_run(link, 50 * RTC_MS);
    link_is_selected(link, whose, second, whose ? A : B);
    link_run(link, 12 * RTC_SEC); /* its pairs fail at the other side */
    link_add_local(link, whose, &again);
    link_tell(link, whose, &again);
    link_run(link, RTC_SEC);
    remove_host(link, whose, second);
    /* A remote that controls has to miss it first. */
    link_run(link, whose ? 15 * RTC_SEC : RTC_SEC);
    ok(rtc_ice_selected(link->agents[whose]) &&
           rtc_ice_selected(link->agents[whose])->local.port == again.addr.port,
       whose ? "acceptance 14: a remote candidate that comes again is used"
             : "acceptance 14: a local candidate that comes again is used");
    link_are_states(link, RTC_ICE_COMPLETED, "by both");
    link_free(link);
}

/* A NAT before side 0. */
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

/* The reflexive candidate is told `after` the checks began, while they run. */
static void test_told_meanwhile(rtc_usec after)
{
    struct link *link = link_new();
    struct rtc_addr nat = link_addr(NAT), base = link_addr(A),
                    server = link_addr(SERVER);
    enum rtc_candidate_type local, remote;
    struct rtc_candidate host = link_host(A), srflx;

    link->route = nat_route;
    link_add_local(link, 0, &host);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, after);
    rtc_candidate_make_srflx(&srflx, &nat, &base, &server, 100);
    link_add_local(link, 0, &srflx);
    link_tell(link, 0, &srflx);
    link_run(link, 10 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED,
                    "acceptance 17: replaced in the attempt, it connects");
    ok(link->connected_at[1] - 1000 * RTC_SEC <= 60 * RTC_MS, "without delay");
    is_int(link->state_events[1], 3,
           "acceptance 17: checking, connected, completed and no other state");
    ok(rtc_ice_selected_types(link->agents[1], &local, &remote) &&
           remote == RTC_CANDIDATE_SRFLX,
       "as what was told");
    link_free(link);
}

static void test_identical(void)
{
    struct link *link = link_new();
    struct rtc_addr base = link_addr(A), server = link_addr(SERVER);
    struct rtc_candidate host = link_host(A), srflx, remote = link_host(B);

    rtc_candidate_make_srflx(&srflx, &base, &base, &server, 100);
    link->route = link_lose;
    link_introduce_one(link, 0, false);
    link_add_local(link, 0, &host);
    link_add_local(link, 0, &srflx);
    ok(!rtc_ice_local(link->agents[0], 1, &srflx),
       "acceptance 18: a reflexive candidate that is the host is none");
    link_tell(link, 1, &remote);
    remote.type = RTC_CANDIDATE_SRFLX;
    remote.priority -= 1000;
    link_tell(link, 1, &remote);
    link_run(link, 15 * RTC_SEC);
    is_int(link->sent[0], 7,
           "acceptance 18: nor does it make pairs, ours or the remote's");
    link_free(link);
}

static struct rtc_candidate relay_by(const char *relayed, const char *server)
{
    struct rtc_relay_source source = {.relayed = link_addr(relayed),
                                      .mapped = link_addr(NAT),
                                      .server = link_addr(server)};
    struct rtc_candidate c;

    rtc_candidate_make_relay(&c, &source, 100);
    return c;
}

/* Two relays with IPv4 addresses, one reached over IPv6. */
static void test_relay_families(bool controlling)
{
    struct link *link = link_new_with(
        (struct link_side){.controlling = controlling},
        (struct link_side){.controlling = !controlling}, NULL, NULL);
    struct rtc_candidate across = relay_by("198.51.100.9:9", "[2001:db8::9]:9");
    struct rtc_candidate straight = relay_by("198.51.100.8:8", SERVER);

    link_add_local(link, 0, &across);
    link_tell(link, 0, &across);
    link_add_local(link, 0, &straight);
    link_tell(link, 0, &straight);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 2 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "two relays");
    ok(rtc_ice_selected(link->agents[0])->local.port == 8,
       controlling ? "acceptance 18: v4-v4 relay is preferred, controlling"
                   : "acceptance 18: v4-v4 relay is preferred, controlled");
    link_free(link);
}

int main(void)
{
    test_early(0);
    test_early(1);
    test_no_reply();
    test_again(0);
    test_again(1);
    test_told_meanwhile(5 * RTC_MS);
    test_told_meanwhile(15 * RTC_MS);
    test_told_meanwhile(25 * RTC_MS);
    test_told_meanwhile(35 * RTC_MS);
    test_identical();
    test_relay_families(true);
    test_relay_families(false);
    return tap_done();
}
