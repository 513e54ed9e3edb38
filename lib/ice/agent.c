/* SPDX-License-Identifier: MIT
 * What the owner does with an agent: make it, tell it credentials and
 * candidates, restart, close, ask. What follows from each is in machine.c. */
#include "ice/agent.h"

#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ice/machine.h"

#include <string.h>

/* RFC 8445 5.3 asks for at least 24 and 128 bits; a character has 6. */
#define UFRAG_LEN 8
#define PWD_LEN 24

void rtc_ice_timing_init(struct rtc_ice_timing *timing)
{
    *timing = (struct rtc_ice_timing){
        .pacing_us = 50 * RTC_MS,
        .rto_us = 250 * RTC_MS,
        .rto_max_us = 3 * RTC_SEC,
        .transmit_count = 7,
        .patience_us = 20 * RTC_SEC,
        .consent_us = 5 * RTC_SEC,
        .disconnected_us = 7 * RTC_SEC,
        .expiry_us = 30 * RTC_SEC,
    };
}

void rtc_ice_make_credentials(struct rtc_ice_agent *agent)
{
    rtc_random_text(&agent->random, agent->local.ufrag, UFRAG_LEN);
    rtc_random_text(&agent->random, agent->local.pwd, PWD_LEN);
}

/* No time so short that sending at one instant has no end, none so long that
 * sums overflow. */
static rtc_usec bounded(rtc_usec span, rtc_usec least)
{
    return rtc_min_time(rtc_max_time(span, least), 24 * 3600 * RTC_SEC);
}

static void take_timing(struct rtc_ice_agent *agent,
                        const struct rtc_ice_timing *timing)
{
    agent->timing = (struct rtc_ice_timing){
        .pacing_us = bounded(timing->pacing_us, 0),
        .rto_us = bounded(timing->rto_us, RTC_MS),
        .rto_max_us = bounded(timing->rto_max_us, RTC_MS),
        .transmit_count = timing->transmit_count,
        .patience_us = bounded(timing->patience_us, 0),
        .consent_us = bounded(timing->consent_us, 10 * RTC_MS),
        .disconnected_us = bounded(timing->disconnected_us, RTC_MS),
        .expiry_us = bounded(timing->expiry_us, RTC_MS),
    };
}

int rtc_ice_new(struct rtc_ice_agent **ret_agent,
                const struct rtc_ice_config *config)
{
    struct rtc_ice_agent *agent = rtc_calloc(1, sizeof *agent);

    if (!agent)
        return RTC_ERR_NOMEM;
    agent->random = config->random;
    agent->log = config->log;
    agent->lite = config->lite;
    agent->list.controlling = config->controlling && !config->lite;
    agent->consent.asks = !config->lite;
    agent->selected = agent->nominated = -1;
    agent->path_rtt_us = -1;
    agent->nominate_at = agent->patience_at = agent->due_at = RTC_NEVER;
    agent->doubt_at = agent->before_end_at = RTC_NEVER;
    agent->tie_breaker = rtc_random_u64(&agent->random);
    take_timing(agent, &config->timing);
    rtc_ice_make_credentials(agent);
    *ret_agent = agent;
    return 0;
}

void rtc_ice_free(struct rtc_ice_agent *agent)
{
    if (!agent)
        return;
    rtc_ice_free(agent->before);
    rtc_wipe(agent, sizeof *agent);
    rtc_free(agent);
}

static void copy_credentials(struct rtc_ice_credentials *to, const char *ufrag,
                             const char *pwd)
{
    memcpy(to->ufrag, ufrag, strlen(ufrag) + 1);
    memcpy(to->pwd, pwd, strlen(pwd) + 1);
}

int rtc_ice_set_local_credentials(struct rtc_ice_agent *agent,
                                  const char *ufrag, const char *pwd)
{
    if (!rtc_ice_credentials_are_right(ufrag, pwd))
        return RTC_ERR_ARG;
    copy_credentials(&agent->local, ufrag, pwd);
    return 0;
}

const char *rtc_ice_local_ufrag(const struct rtc_ice_agent *agent)
{
    return agent->local.ufrag;
}

const char *rtc_ice_local_pwd(const struct rtc_ice_agent *agent)
{
    return agent->local.pwd;
}

const char *rtc_ice_remote_ufrag(const struct rtc_ice_agent *agent)
{
    return agent->has_remote ? agent->remote.ufrag : "";
}

const char *rtc_ice_remote_pwd(const struct rtc_ice_agent *agent)
{
    return agent->has_remote ? agent->remote.pwd : "";
}

static void be_patient(struct rtc_ice_agent *agent, rtc_usec now)
{
    if (agent->has_remote)
        agent->patience_at = rtc_after(now, agent->timing.patience_us);
}

int rtc_ice_set_remote(struct rtc_ice_agent *agent, const char *ufrag,
                       const char *pwd, bool remote_lite, rtc_usec now)
{
    if (!rtc_ice_credentials_are_right(ufrag, pwd))
        return RTC_ERR_ARG;
    if (agent->lite && remote_lite)
        return RTC_ERR_UNSUPPORTED;
    if (agent->state == RTC_ICE_CLOSED)
        return RTC_ERR_STATE;
    if (agent->has_remote)
        return strcmp(agent->remote.ufrag, ufrag) == 0 &&
                       strcmp(agent->remote.pwd, pwd) == 0
                   ? 0
                   : RTC_ERR_STATE;
    copy_credentials(&agent->remote, ufrag, pwd);
    agent->has_remote = true;
    agent->remote_lite = remote_lite;
    /* RFC 8445 6.1.1: against a lite agent the full one controls. */
    if (remote_lite)
        rtc_checklist_set_role(&agent->list, true);
    be_patient(agent, now);
    rtc_ice_settle(agent, now);
    return 0;
}

bool rtc_ice_has_remote(const struct rtc_ice_agent *agent)
{
    return agent->has_remote;
}

void rtc_ice_set_controlling(struct rtc_ice_agent *agent, bool controlling)
{
    /* A lite end decides who controls (RFC 8445 6.1.1). */
    if (!agent->lite && !agent->remote_lite)
        rtc_checklist_set_role(&agent->list, controlling);
}

bool rtc_ice_is_controlling(const struct rtc_ice_agent *agent)
{
    return agent->list.controlling;
}

void rtc_ice_set_timing(struct rtc_ice_agent *agent,
                        const struct rtc_ice_timing *timing, rtc_usec now)
{
    struct rtc_stun_retry retry;

    take_timing(agent, timing);
    retry = rtc_ice_retry(agent);
    for (unsigned i = 0; i < agent->list.pair_count; i++)
        rtc_stun_transaction_retime(&agent->list.pairs[i].check, &retry);
    agent->next_check_at = rtc_min_time(
        agent->next_check_at, rtc_after(now, agent->timing.pacing_us));
    if (agent->patience_at != RTC_NEVER)
        be_patient(agent, now);
    if (agent->before)
        rtc_ice_set_timing(agent->before, timing, now);
    rtc_ice_settle(agent, now);
}

/* New pairs, once the agent has seen others go silent, are a new beginning. */
static void note_new_pairs(struct rtc_ice_agent *agent, unsigned count,
                           rtc_usec now)
{
    if (count > 0) {
        be_patient(agent, now);
        if (agent->state == RTC_ICE_DISCONNECTED)
            rtc_ice_set_state(agent, RTC_ICE_CHECKING);
    }
    rtc_ice_settle(agent, now);
}

/* An address that checks had found already is told of now. */
static void upgrade_local(struct rtc_ice_agent *agent, int index,
                          const struct rtc_ice_local *local)
{
    if (agent->list.locals[index].type != RTC_CANDIDATE_PRFLX)
        return;
    agent->list.locals[index] = *local;
    rtc_checklist_reorder(&agent->list);
}

int rtc_ice_add_local(struct rtc_ice_agent *agent,
                      const struct rtc_candidate *candidate, rtc_usec now)
{
    struct rtc_ice_local local = {.addr = candidate->addr,
                                  .base = candidate->base,
                                  .related = candidate->related,
                                  .priority = candidate->priority,
                                  .type = (uint8_t)candidate->type,
                                  .transport = (uint8_t)candidate->transport,
                                  .tcptype = (uint8_t)candidate->tcptype,
                                  .used = true};
    int index;

    if (agent->state == RTC_ICE_CLOSED)
        return RTC_ERR_STATE;
    if (!rtc_addr_is_set(&local.addr) || !rtc_addr_is_set(&local.base))
        return RTC_ERR_ARG;
    if (agent->before)
        rtc_ice_add_local(agent->before, candidate, now);
    memcpy(local.foundation, candidate->foundation, sizeof local.foundation);
    index = rtc_checklist_find_local(&agent->list, &local.addr, &local.base,
                                     candidate->transport);
    if (index >= 0) {
        upgrade_local(agent, index, &local);
        return 0;
    }
    index = rtc_checklist_add_local(&agent->list, &local);
    if (index < 0)
        return index;
    note_new_pairs(
        agent, rtc_checklist_pair_local(&agent->list, (unsigned)index), now);
    return 0;
}

void rtc_ice_remove_local(struct rtc_ice_agent *agent,
                          const struct rtc_addr *base, rtc_usec now)
{
    if (agent->before)
        rtc_ice_remove_local(agent->before, base, now);
    rtc_checklist_remove_base(&agent->list, base);
    rtc_ice_forget_free_pairs(agent);
    rtc_ice_settle(agent, now);
}

/* A candidate that was found by a check before it was told: same pairs, now
 * with its own type and priority. */
static void upgrade_remote(struct rtc_ice_agent *agent, int index,
                           const struct rtc_ice_remote *remote)
{
    struct rtc_ice_remote *known = &agent->list.remotes[index];

    if (known->type != RTC_CANDIDATE_PRFLX)
        return;
    known->type = remote->type;
    known->priority = remote->priority;
    known->tcptype = remote->tcptype;
    rtc_checklist_reorder(&agent->list);
}

int rtc_ice_add_remote(struct rtc_ice_agent *agent,
                       const struct rtc_candidate *candidate, rtc_usec now)
{
    struct rtc_ice_remote remote = {.addr = candidate->addr,
                                    .priority = candidate->priority,
                                    .type = (uint8_t)candidate->type,
                                    .transport = (uint8_t)candidate->transport,
                                    .tcptype = (uint8_t)candidate->tcptype};
    int index;

    if (agent->state == RTC_ICE_CLOSED)
        return RTC_ERR_STATE;
    if (!rtc_addr_is_set(&remote.addr) || candidate->component != 1)
        return 0;
    index = rtc_checklist_find_remote(&agent->list, &remote.addr,
                                      candidate->transport);
    if (index >= 0)
        upgrade_remote(agent, index, &remote);
    else
        index =
            rtc_checklist_add_remote(&agent->list, &remote, agent->selected);
    rtc_ice_forget_free_pairs(agent);
    if (index < 0)
        return index;
    note_new_pairs(
        agent, rtc_checklist_pair_remote(&agent->list, (unsigned)index), now);
    return 0;
}

bool rtc_ice_local(const struct rtc_ice_agent *agent, unsigned index,
                   struct rtc_candidate *ret_candidate)
{
    const struct rtc_ice_local *local = NULL;

    for (unsigned i = 0; i < agent->list.local_count && !local; i++)
        if (agent->list.locals[i].used &&
            agent->list.locals[i].type != RTC_CANDIDATE_PRFLX && index-- == 0)
            local = &agent->list.locals[i];
    if (!local)
        return false;
    *ret_candidate = (struct rtc_candidate){
        .type = (enum rtc_candidate_type)local->type,
        .transport = (enum rtc_transport)local->transport,
        .tcptype = (enum rtc_tcptype)local->tcptype,
        .component = 1,
        .priority = local->priority,
        .addr = local->addr,
        .base = local->base,
        .related = local->related};
    memcpy(ret_candidate->foundation, local->foundation,
           sizeof local->foundation);
    return true;
}

bool rtc_ice_remote(const struct rtc_ice_agent *agent, unsigned index,
                    struct rtc_candidate *ret_candidate)
{
    const struct rtc_ice_remote *remote;

    if (index >= agent->list.remote_count)
        return false;
    remote = &agent->list.remotes[index];
    *ret_candidate = (struct rtc_candidate){
        .type = (enum rtc_candidate_type)remote->type,
        .transport = (enum rtc_transport)remote->transport,
        .tcptype = (enum rtc_tcptype)remote->tcptype,
        .component = 1,
        .priority = remote->priority,
        .addr = remote->addr};
    return true;
}

bool rtc_ice_poll(struct rtc_ice_agent *agent, struct rtc_ice_event *ret_event)
{
    if (agent->event_count == 0) {
        /* Of the older generation only the path counts, while it does. */
        while (rtc_ice_is_restarting(agent) &&
               rtc_ice_poll(agent->before, ret_event))
            if (ret_event->type == RTC_ICE_EVENT_PAIR)
                return true;
        return false;
    }
    *ret_event = agent->events[agent->event_first];
    agent->event_first = (agent->event_first + 1) % RTC_ICE_EVENT_MOST;
    agent->event_count--;
    return true;
}

rtc_usec rtc_ice_deadline(const struct rtc_ice_agent *agent)
{
    if (!agent->before)
        return agent->due_at;
    return rtc_min_time(
        agent->due_at,
        rtc_min_time(agent->before_end_at, rtc_ice_deadline(agent->before)));
}

void rtc_ice_tick(struct rtc_ice_agent *agent, rtc_usec now)
{
    if (now >= agent->before_end_at)
        rtc_ice_drop_before(agent);
    if (agent->before)
        rtc_ice_tick(agent->before, now);
    if (now < agent->due_at)
        return;
    if (agent->has_remote)
        rtc_ice_expire_checks(agent, now);
    rtc_ice_settle(agent, now);
}

enum rtc_ice_state rtc_ice_state(const struct rtc_ice_agent *agent)
{
    return agent->state;
}

const struct rtc_path *rtc_ice_selected(const struct rtc_ice_agent *agent)
{
    if (rtc_ice_is_restarting(agent))
        return rtc_ice_selected(agent->before);
    return agent->has_path ? &agent->path : NULL;
}

bool rtc_ice_selected_types(const struct rtc_ice_agent *agent,
                            enum rtc_candidate_type *ret_local,
                            enum rtc_candidate_type *ret_remote)
{
    if (rtc_ice_is_restarting(agent))
        return rtc_ice_selected_types(agent->before, ret_local, ret_remote);
    if (!agent->has_path)
        return false;
    *ret_local = agent->path_local_type;
    *ret_remote = agent->path_remote_type;
    return true;
}

rtc_usec rtc_ice_rtt_us(const struct rtc_ice_agent *agent)
{
    if (rtc_ice_is_restarting(agent))
        return rtc_ice_rtt_us(agent->before);
    return agent->has_path ? agent->path_rtt_us : -1;
}

bool rtc_ice_was_connected(const struct rtc_ice_agent *agent)
{
    return agent->was_connected;
}

void rtc_ice_close(struct rtc_ice_agent *agent)
{
    rtc_ice_set_state(agent, RTC_ICE_CLOSED);
    agent->answer_count = 0;
    agent->due_at = RTC_NEVER;
}
