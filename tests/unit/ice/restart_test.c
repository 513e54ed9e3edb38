/* SPDX-License-Identifier: MIT
 * Restarts that are taken back, fail or overlap, and sides that move to another
 * address while connected. */
#include "ice/link.h"

#define A "192.0.2.1:1000"
#define A2 "192.0.2.2:1000"
#define B "198.51.100.1:2000"
#define B2 "198.51.100.2:2000"

static void tell_each_other(struct link *link)
{
    struct rtc_candidate a = link_host(A), b = link_host(B);

    link_tell(link, 0, &a);
    link_tell(link, 1, &b);
    link_introduce(link);
}

static struct link *connected(void)
{
    struct link *link = link_new();

    link_add_host(link, 0, A);
    link_add_host(link, 1, B);
    link_introduce(link);
    link_run(link, 2 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "connected");
    return link;
}

static void test_cancel(int by)
{
    struct link *link = connected();
    struct rtc_ice_agent *agent = link->agents[by];
    char ufrag[RTC_UFRAG_MAX + 1];

    strcpy(ufrag, rtc_ice_local_ufrag(agent));
    is_int(rtc_ice_cancel_restart(agent, link->now), RTC_ERR_STATE,
           "there is nothing to take back");
    rtc_ice_restart(agent, link->now);
    ok(rtc_ice_is_restarting(agent), "restarting");
    link_run(link, 40 * RTC_SEC);
    ok(rtc_ice_selected(agent), "consent is kept longer than it lasts");
    is_int(rtc_ice_state(link->agents[1 - by]), RTC_ICE_COMPLETED,
           "the other side's, too");
    is_int(rtc_ice_cancel_restart(agent, link->now), 0, "taken back");
    is_str(rtc_ice_local_ufrag(agent), ufrag, "the old credentials");
    link_run(link, RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "as before");
    link_free(link);
}

static void test_twice(void)
{
    struct link *link = connected();
    char ufrag[RTC_UFRAG_MAX + 1];

    strcpy(ufrag, rtc_ice_local_ufrag(link->agents[0]));
    rtc_ice_restart(link->agents[0], link->now);
    rtc_ice_restart(link->agents[0], link->now);
    is_int(rtc_ice_cancel_restart(link->agents[0], link->now), 0,
           "two restarts are taken back as one");
    is_str(rtc_ice_local_ufrag(link->agents[0]), ufrag, "to what worked last");
    rtc_ice_restart(link->agents[0], link->now);
    rtc_ice_restart(link->agents[1], link->now);
    tell_each_other(link);
    link_run(link, RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "and then one is carried out");
    is_int(rtc_ice_cancel_restart(link->agents[0], link->now), RTC_ERR_STATE,
           "which is too late to take back");
    link_free(link);
}

/* The remote's new credentials never come to be used. */
static void test_fall_back(void)
{
    struct link *link = connected();

    rtc_ice_restart(link->agents[0], link->now);
    rtc_ice_set_remote(link->agents[0], "wrong", "wrongwrongwrongwrongwrong",
                       false, link->now);
    {
        struct rtc_candidate b = link_host(B);

        rtc_ice_add_remote(link->agents[0], &b, link->now);
    }
    link_run(link, 10 * RTC_SEC);
    is_int(rtc_ice_state(link->agents[0]), RTC_ICE_CHECKING, "it is tried");
    link_run(link, 15 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED,
                    "a restart that finds nothing leaves the old session");
    link_free(link);
}

/* The first side to move is the controlling one, or not. */
static void test_roaming(int by)
{
    struct link *link = connected();
    const char *gone = by ? B : A, *come = by ? B2 : A2;
    struct rtc_addr base = link_addr(gone);
    struct rtc_candidate c = link_host(come);

    rtc_ice_remove_local(link->agents[by], &base, link->now);
    ok(!rtc_ice_selected(link->agents[by]), "no path without an address");
    rtc_ice_add_local(link->agents[by], &c, link->now);
    link_run(link, 2 * RTC_SEC);
    link_is_selected(link, by, come, by ? A : B);
    link_is_selected(link, 1 - by, by ? A : B, come);
    link_run(link, 30 * RTC_SEC);
    link_are_states(link, RTC_ICE_COMPLETED, "and it stays so");
    link_free(link);
}

/* A second path that works is no reason to leave one that answers. */
static void test_no_reason(void)
{
    struct link *link = connected();
    struct rtc_candidate c = link_host(B2);

    c.priority /= 2;
    rtc_ice_add_local(link->agents[1], &c, link->now);
    link_run(link, 10 * RTC_SEC);
    link_is_selected(link, 0, A, B);
    link_is_selected(link, 1, B, A);
    link_free(link);
}

int main(void)
{
    for (int by = 0; by < 2; by++) {
        test_cancel(by);
        test_roaming(by);
    }
    test_twice();
    test_fall_back();
    test_no_reason();
    return tap_done();
}
