/* SPDX-License-Identifier: MIT
 * ICE restarts (RFC 8445 2.4, 9). The generation there was goes on living
 * inside the agent, with its pairs, consent and path, until the new one has
 * selected a pair, and a little longer for what is still under way. So a
 * restart can also be taken back, or fail, and nothing was lost. */
#include "base/clock.h"
#include "base/mem.h"
#include "ice/machine.h"

/* The remote may use the old pair until it has found its new one. */
#define LINGER_US (5 * RTC_SEC)

/* Sets the older generation aside; one that never had a pair gives way to the
 * one before it. */
static int keep_generation(struct rtc_ice_agent *agent)
{
    struct rtc_ice_agent *before;

    if (rtc_ice_is_restarting(agent))
        return 0;
    before = rtc_calloc(1, sizeof *before);
    if (!before)
        return RTC_ERR_NOMEM;
    rtc_ice_free(agent->before);
    *before = *agent;
    before->before = NULL;
    before->log = NULL; /* it would tell of states that are not ours */
    before->event_count = 0;
    agent->before = before;
    return 0;
}

int rtc_ice_restart(struct rtc_ice_agent *agent, rtc_usec now)
{
    if (agent->state == RTC_ICE_CLOSED)
        return RTC_ERR_STATE;
    if (keep_generation(agent))
        return RTC_ERR_NOMEM;
    rtc_ice_make_credentials(agent);
    agent->has_remote = agent->has_path = false;
    agent->answer_count = 0;
    rtc_checklist_clear_remotes(&agent->list);
    agent->selected = agent->nominated = -1;
    agent->consent.active = false;
    agent->rechecking = false;
    agent->nominate_at = agent->patience_at = RTC_NEVER;
    agent->before_end_at = agent->doubt_at = RTC_NEVER;
    agent->next_check_at = 0;
    if (agent->state != RTC_ICE_NEW)
        rtc_ice_set_state(agent, RTC_ICE_CHECKING);
    rtc_ice_settle(agent, now);
    return 0;
}

void rtc_ice_keep_remotes(struct rtc_ice_agent *agent, rtc_usec now)
{
    struct rtc_candidate remote;

    if (!rtc_ice_is_restarting(agent))
        return;
    for (unsigned i = 0; rtc_ice_remote(agent->before, i, &remote); i++)
        rtc_ice_add_remote(agent, &remote, now);
}

bool rtc_ice_is_restarting(const struct rtc_ice_agent *agent)
{
    return agent->before && agent->before_end_at == RTC_NEVER;
}

int rtc_ice_cancel_restart(struct rtc_ice_agent *agent, rtc_usec now)
{
    struct rtc_ice_agent *before = agent->before;
    enum rtc_ice_state state = agent->state, old;

    if (!rtc_ice_is_restarting(agent))
        return RTC_ERR_STATE;
    old = before->state;
    before->log = agent->log;
    before->event_first = agent->event_first;
    before->event_count = agent->event_count;
    memcpy(before->events, agent->events, sizeof agent->events);
    *agent = *before;
    rtc_wipe(before, sizeof *before);
    rtc_free(before);
    agent->state = state;
    if ((state == RTC_ICE_FAILED && old != RTC_ICE_FAILED) ||
        (state == RTC_ICE_NEW && agent->has_path))
        rtc_ice_set_state(agent, RTC_ICE_CHECKING);
    /* From there settle finds the way to what it is now. */
    if (agent->has_path)
        rtc_ice_set_state(agent, RTC_ICE_CONNECTED);
    else if (old == RTC_ICE_FAILED)
        rtc_ice_set_state(agent, RTC_ICE_FAILED);
    rtc_ice_settle(agent, now);
    return 0;
}

bool rtc_ice_fall_back(struct rtc_ice_agent *agent, rtc_usec now)
{
    return rtc_ice_is_restarting(agent) && agent->before->has_path &&
           rtc_ice_cancel_restart(agent, now) == 0;
}

void rtc_ice_outgrow(struct rtc_ice_agent *agent, rtc_usec now)
{
    if (agent->before && agent->before_end_at == RTC_NEVER)
        agent->before_end_at = now + LINGER_US;
}

void rtc_ice_drop_before(struct rtc_ice_agent *agent)
{
    rtc_ice_free(agent->before);
    agent->before = NULL;
    agent->before_end_at = RTC_NEVER;
}
