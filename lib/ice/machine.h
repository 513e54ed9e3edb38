/* SPDX-License-Identifier: MIT
 * The agent's struct and what its files share: agent.c (what the owner does),
 * inbound.c and outbound.c (messages), machine.c (what follows from it:
 * selection, nomination, states, times). */
#pragma once

#include "ice/agent.h"
#include "ice/check.h"
#include "ice/checklist.h"
#include "ice/consent.h"

/* Answers owed and events not yet polled; more push out the oldest. */
#define RTC_ICE_ANSWER_MOST 16
#define RTC_ICE_EVENT_MOST 8

struct rtc_ice_agent {
    struct rtc_ice_timing timing;
    struct rtc_random random;
    const struct rtc_log *log;
    bool lite, remote_lite, has_remote;
    struct rtc_ice_credentials local, remote;
    struct rtc_ice_credentials previous; /* ours, before a restart */
    uint64_t tie_breaker;
    struct rtc_ice_checklist list;

    enum rtc_ice_state state;
    int selected, nominated; /* pairs, or -1 */
    /* Where datagrams go; after a restart still the old pair's, while
     * `selected` is -1. */
    bool has_path, was_connected;
    struct rtc_path path;
    enum rtc_candidate_type path_local_type, path_remote_type;
    rtc_usec path_rtt_us;
    struct rtc_ice_consent consent;
    bool rechecking; /* the selected pair is silent, others are tried */

    rtc_usec next_check_at; /* pacing, Ta */
    rtc_usec nominate_at;   /* stop waiting for better pairs */
    rtc_usec patience_at;   /* RFC 8863 */
    rtc_usec due_at;        /* the earliest of all times */

    struct rtc_ice_answer answers[RTC_ICE_ANSWER_MOST];
    struct rtc_ice_event events[RTC_ICE_EVENT_MOST];
    unsigned answer_first, answer_count, event_first, event_count;
};

/* Draws the conclusions of whatever changed: call it last in each function
 * that changes the agent. */
void rtc_ice_settle(struct rtc_ice_agent *agent, rtc_usec now);
/* The remote nominated a pair that is valid. */
void rtc_ice_accept_nomination(struct rtc_ice_agent *agent, unsigned pair);
/* Lets go of pairs that no longer are (a candidate was removed). */
void rtc_ice_forget_free_pairs(struct rtc_ice_agent *agent);
void rtc_ice_switch_role(struct rtc_ice_agent *agent);
void rtc_ice_set_state(struct rtc_ice_agent *agent, enum rtc_ice_state state);
/* Begins a check of the pair, due at once. */
void rtc_ice_start_check(struct rtc_ice_agent *agent, unsigned pair,
                         bool nominating, rtc_usec now);
void rtc_ice_fail_pair(struct rtc_ice_agent *agent, unsigned pair);
/* RFC 8445 14.3, with the checks there are now. */
struct rtc_stun_retry rtc_ice_retry(const struct rtc_ice_agent *agent);
/* Gives up what was sent too often; outdated times are passed on by settle. */
void rtc_ice_expire_checks(struct rtc_ice_agent *agent, rtc_usec now);
