/* SPDX-License-Identifier: MIT
 * The agent's struct and what its files share: agent.c (what the owner does),
 * inbound.c and outbound.c (messages), machine.c (what follows from it:
 * selection, nomination, states, times). */
#pragma once

#include <string.h>

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
    uint64_t tie_breaker;
    struct rtc_ice_checklist list;

    enum rtc_ice_state state;
    int selected, nominated; /* pairs, or -1 */
    /* Where datagrams go. */
    bool has_path, was_connected;
    struct rtc_path path;
    enum rtc_candidate_type path_local_type, path_remote_type;
    rtc_usec path_rtt_us;
    struct rtc_ice_consent consent;
    bool rechecking; /* the selected pair is silent, others are tried */

    rtc_usec next_check_at; /* pacing, Ta */
    rtc_usec nominate_at;   /* stop waiting for better pairs */
    rtc_usec patience_at;   /* RFC 8863 */
    /* The remote checks another way: the selected pair has to answer since
     * `doubted_at` and by `doubt_at`, or is given up. */
    rtc_usec doubted_at, doubt_at;
    rtc_usec due_at; /* the earliest of all times */

    struct rtc_ice_answer answers[RTC_ICE_ANSWER_MOST];
    struct rtc_ice_event events[RTC_ICE_EVENT_MOST];
    unsigned answer_first, answer_count, event_first, event_count;

    struct rtc_ice_agent *before; /* as it was before a restart, or NULL */
    rtc_usec before_end_at;       /* when that is of no use any more */
};

/* Draws the conclusions of whatever changed: call it last in each function
 * that changes the agent. */
void rtc_ice_settle(struct rtc_ice_agent *agent, rtc_usec now);
void rtc_ice_make_credentials(struct rtc_ice_agent *agent);
/* A pair that the remote checked works beside the selected one: perhaps the
 * remote has moved, so the selected one is asked again, and given up when it
 * does not answer soon. */
void rtc_ice_doubt(struct rtc_ice_agent *agent, rtc_usec now);
/* restart.c. Takes an unsuccessful restart back if the generation before it
 * still has a path; true if so. */
bool rtc_ice_fall_back(struct rtc_ice_agent *agent, rtc_usec now);
/* This generation selected a pair: the one before it ends soon. */
void rtc_ice_outgrow(struct rtc_ice_agent *agent, rtc_usec now);
void rtc_ice_drop_before(struct rtc_ice_agent *agent);
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
