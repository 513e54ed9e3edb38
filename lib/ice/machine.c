/* SPDX-License-Identifier: MIT
 * What follows from the pairs' states (RFC 8445 8): which pair is selected,
 * when the controlling side nominates, the agent's state and its next time.
 * Nomination is regular: one pair, once those that would be better are settled
 * or had their chance. A pair that turns out better later is nominated too. */
#include "ice/machine.h"

#include "base/addr.h"
#include "base/clock.h"

#include <assert.h>

/* How long better pairs can hold back the first nomination. */
#define NOMINATION_WAIT_MOST (500 * RTC_MS)
/* How long a selected pair in doubt has to answer: a few round trips. */
#define DOUBT_LEAST (500 * RTC_MS)
#define DOUBT_MOST (2 * RTC_SEC)

#define STEP(state) (1u << RTC_ICE_##state)

static const uint8_t legal_steps[] = {
    [RTC_ICE_NEW] = STEP(CHECKING) | STEP(FAILED) | STEP(CLOSED),
    [RTC_ICE_CHECKING] = STEP(CONNECTED) | STEP(FAILED) | STEP(CLOSED),
    [RTC_ICE_CONNECTED] = STEP(COMPLETED) | STEP(DISCONNECTED) |
                          STEP(CHECKING) | STEP(FAILED) | STEP(CLOSED),
    [RTC_ICE_COMPLETED] = STEP(CONNECTED) | STEP(DISCONNECTED) |
                          STEP(CHECKING) | STEP(FAILED) | STEP(CLOSED),
    [RTC_ICE_DISCONNECTED] =
        STEP(CONNECTED) | STEP(CHECKING) | STEP(FAILED) | STEP(CLOSED),
    [RTC_ICE_FAILED] = STEP(CHECKING) | STEP(CLOSED),
    [RTC_ICE_CLOSED] = 0,
};

const char *rtc_ice_state_name(enum rtc_ice_state state)
{
    static const char *const names[] = {
        "new",          "checking", "connected", "completed",
        "disconnected", "failed",   "closed",
    };

    return state <= RTC_ICE_CLOSED ? names[state] : "unknown";
}

static struct rtc_ice_event *push_event(struct rtc_ice_agent *agent,
                                        enum rtc_ice_event_type type)
{
    struct rtc_ice_event *event;

    if (agent->event_count == RTC_ICE_EVENT_MOST) {
        agent->event_first = (agent->event_first + 1) % RTC_ICE_EVENT_MOST;
        agent->event_count--;
    }
    event = &agent->events[(agent->event_first + agent->event_count++) %
                           RTC_ICE_EVENT_MOST];
    *event = (struct rtc_ice_event){.type = type, .state = agent->state};
    return event;
}

/* RFC 7675 5.1: without consent nothing is sent. */
static void drop_selection(struct rtc_ice_agent *agent)
{
    agent->selected = -1;
    agent->has_path = false;
    agent->consent.active = false;
}

void rtc_ice_set_state(struct rtc_ice_agent *agent, enum rtc_ice_state state)
{
    if (agent->state == state)
        return;
    assert(legal_steps[agent->state] & 1u << state);
    agent->state = state;
    if (state == RTC_ICE_CONNECTED)
        agent->was_connected = true;
    rtc_log(agent->log, RTC_LOG_INFO, "ice.state state=%s",
            rtc_ice_state_name(state));
    push_event(agent, RTC_ICE_EVENT_STATE);
    if (state == RTC_ICE_FAILED || state == RTC_ICE_CLOSED) {
        drop_selection(agent);
        rtc_ice_drop_before(agent);
    }
}

static void log_pair(const struct rtc_ice_agent *agent, const char *state,
                     unsigned pair)
{
    struct rtc_path path = rtc_checklist_path(&agent->list, pair);
    char local[RTC_ADDR_TEXT], remote[RTC_ADDR_TEXT];

    rtc_log(agent->log, RTC_LOG_INFO,
            "ice.pair state=%s local=%s remote=%s rtt_us=%lld", state,
            rtc_log_addr(agent->log, &path.local, local),
            rtc_log_addr(agent->log, &path.remote, remote),
            (long long)agent->list.pairs[pair].rtt_us);
}

struct rtc_stun_retry rtc_ice_retry(const struct rtc_ice_agent *agent)
{
    const struct rtc_ice_timing *timing = &agent->timing;
    rtc_usec all =
        (rtc_usec)rtc_checklist_unsettled(&agent->list, 0) * timing->pacing_us;

    return (struct rtc_stun_retry){.rto_us = rtc_max_time(timing->rto_us, all),
                                   .rto_max_us = timing->rto_max_us,
                                   .send_count = timing->transmit_count};
}

void rtc_ice_start_check(struct rtc_ice_agent *agent, unsigned pair,
                         bool nominating, rtc_usec now)
{
    struct rtc_ice_pair *p = &agent->list.pairs[pair];
    uint8_t id[RTC_STUN_ID_LEN];

    rtc_random_bytes(&agent->random, id, sizeof id);
    rtc_stun_transaction_start(&p->check, id, now);
    p->state = RTC_ICE_PAIR_CHECKING;
    p->triggered = false;
    p->nominating = nominating;
    p->sent_controlling = agent->list.controlling;
}

void rtc_ice_fail_pair(struct rtc_ice_agent *agent, unsigned pair)
{
    struct rtc_ice_pair *p = &agent->list.pairs[pair];

    log_pair(agent, "failed", pair);
    p->state = RTC_ICE_PAIR_FAILED;
    p->check.open = false;
    p->valid = p->nominating = p->triggered = false;
}

void rtc_ice_expire_checks(struct rtc_ice_agent *agent, rtc_usec now)
{
    struct rtc_stun_retry retry = rtc_ice_retry(agent);

    for (unsigned i = 0; i < agent->list.pair_count; i++) {
        struct rtc_ice_pair *pair = &agent->list.pairs[i];

        if (pair->state == RTC_ICE_PAIR_CHECKING &&
            rtc_stun_transaction_step(&pair->check, &retry, now) ==
                RTC_STUN_GIVE_UP)
            rtc_ice_fail_pair(agent, i);
    }
}

void rtc_ice_switch_role(struct rtc_ice_agent *agent)
{
    rtc_checklist_set_role(&agent->list, !agent->list.controlling);
    agent->nominate_at = RTC_NEVER;
    rtc_log(agent->log, RTC_LOG_INFO, "ice.role controlling=%d",
            (int)agent->list.controlling);
}

/* A remote that never checks without USE-CANDIDATE nominates aggressively (RFC
 * 5245 8.1.1.2): of its pairs the best counts. One that has nominates on
 * purpose: the latest counts. */
void rtc_ice_accept_nomination(struct rtc_ice_agent *agent, unsigned pair)
{
    const struct rtc_ice_pair *p = &agent->list.pairs[pair];
    int old = agent->nominated;

    if (old == (int)pair)
        return;
    if (old >= 0 && agent->list.pairs[old].valid && !p->asked_plain &&
        agent->list.pairs[old].priority > p->priority)
        return;
    agent->nominated = (int)pair;
    log_pair(agent, "nominated", pair);
}

void rtc_ice_forget_free_pairs(struct rtc_ice_agent *agent)
{
    const struct rtc_ice_pair *pairs = agent->list.pairs;

    if (agent->nominated >= 0 &&
        pairs[agent->nominated].state == RTC_ICE_PAIR_FREE)
        agent->nominated = -1;
    if (agent->selected >= 0 &&
        pairs[agent->selected].state == RTC_ICE_PAIR_FREE)
        drop_selection(agent);
}

static void refresh_types(struct rtc_ice_agent *agent)
{
    const struct rtc_ice_pair *pair = &agent->list.pairs[agent->selected];
    const struct rtc_ice_checklist *list = &agent->list;

    agent->path_local_type =
        (enum rtc_candidate_type)list->locals[pair->valid_local].type;
    agent->path_remote_type =
        (enum rtc_candidate_type)list->remotes[pair->remote].type;
    agent->path_rtt_us = pair->rtt_us;
}

static void select_pair(struct rtc_ice_agent *agent, unsigned index,
                        rtc_usec now)
{
    const struct rtc_ice_pair *pair = &agent->list.pairs[index];
    /* One that was not checked just now tells the remote that we moved. */
    bool is_old = now - pair->answered_at >
                  (agent->was_connected ? 0 : agent->timing.consent_us);
    bool asks_now = is_old || pair->rtt_us < 0;
    struct rtc_ice_event *event;

    agent->selected = (int)index;
    agent->path = rtc_checklist_path(&agent->list, index);
    agent->has_path = true;
    agent->rechecking = false;
    agent->doubt_at = RTC_NEVER;
    rtc_ice_outgrow(agent, now);
    rtc_ice_consent_start(&agent->consent, &agent->timing, &agent->random,
                          asks_now, now);
    refresh_types(agent);
    log_pair(agent, "selected", index);
    event = push_event(agent, RTC_ICE_EVENT_PAIR);
    event->path = agent->path;
    event->local_type = agent->path_local_type;
    event->remote_type = agent->path_remote_type;
}

static enum rtc_consent_level level(const struct rtc_ice_agent *agent,
                                    rtc_usec now)
{
    return rtc_ice_consent_level(&agent->consent, &agent->timing, now);
}

/* The selected pair is silent: give it up if another one is valid (those were
 * checked anew since the silence began). */
static void leave_silent_pair(struct rtc_ice_agent *agent)
{
    struct rtc_ice_pair *silent = &agent->list.pairs[agent->selected];

    silent->valid = false;
    if (rtc_checklist_best_valid(&agent->list) < 0) {
        silent->valid = true;
        return;
    }
    rtc_ice_fail_pair(agent, (unsigned)agent->selected);
    agent->nominated = -1;
}

void rtc_ice_doubt(struct rtc_ice_agent *agent, rtc_usec now)
{
    rtc_usec wait = rtc_max_time(DOUBT_LEAST, 4 * agent->path_rtt_us);

    if (agent->doubt_at != RTC_NEVER || !agent->consent.asks)
        return;
    agent->doubted_at = now;
    agent->doubt_at = now + rtc_min_time(wait, DOUBT_MOST);
    rtc_ice_consent_hurry(&agent->consent, agent->doubt_at, now);
}

/* The doubt was right if the selected pair did not answer, and another one did
 * since. Those that have not are asked anew. */
static void resolve_doubt(struct rtc_ice_agent *agent, rtc_usec now)
{
    struct rtc_ice_pair *pairs = agent->list.pairs;
    bool is_replaced = false;

    if (now < agent->doubt_at)
        return;
    agent->doubt_at = RTC_NEVER;
    if (agent->selected < 0 || agent->consent.answered_at >= agent->doubted_at)
        return;
    for (unsigned i = 0; i < agent->list.pair_count; i++)
        is_replaced = is_replaced ||
                      (pairs[i].state != RTC_ICE_PAIR_FREE && pairs[i].valid &&
                       pairs[i].answered_at >= agent->doubted_at);
    for (unsigned i = 0; is_replaced && i < agent->list.pair_count; i++)
        if (pairs[i].state == RTC_ICE_PAIR_SUCCEEDED &&
            pairs[i].answered_at < agent->doubted_at) {
            pairs[i].state = RTC_ICE_PAIR_WAITING;
            pairs[i].valid = false;
        }
}

static void choose_pair(struct rtc_ice_agent *agent, rtc_usec now)
{
    int want;

    if (agent->rechecking && agent->selected >= 0)
        leave_silent_pair(agent);
    resolve_doubt(agent, now);
    if (agent->nominated >= 0 && !agent->list.pairs[agent->nominated].valid)
        agent->nominated = -1;
    want = agent->nominated >= 0 ? agent->nominated
                                 : rtc_checklist_best_valid(&agent->list);
    if (want >= 0 && want != agent->selected)
        select_pair(agent, (unsigned)want, now);
    else if (want < 0 && agent->selected >= 0)
        drop_selection(agent);
    if (agent->selected >= 0)
        refresh_types(agent);
}

static bool is_nominating(const struct rtc_ice_agent *agent)
{
    for (unsigned i = 0; i < agent->list.pair_count; i++)
        if (agent->list.pairs[i].state == RTC_ICE_PAIR_CHECKING &&
            agent->list.pairs[i].nominating)
            return true;
    return false;
}

/* Is `best` worth being nominated in place of what is. */
static bool is_worth_nominating(const struct rtc_ice_agent *agent, int best)
{
    const struct rtc_ice_pair *pairs = agent->list.pairs;
    int old = agent->nominated;

    if (best < 0 || best == old || pairs[best].state != RTC_ICE_PAIR_SUCCEEDED)
        return false;
    return old < 0 || (pairs[best].priority > pairs[old].priority &&
                       !rtc_checklist_same_kind(&agent->list, (unsigned)best,
                                                (unsigned)old));
}

static void nominate(struct rtc_ice_agent *agent, rtc_usec now)
{
    int best = rtc_checklist_best_valid(&agent->list);
    unsigned better;

    if (!agent->list.controlling || is_nominating(agent) ||
        !is_worth_nominating(agent, best)) {
        agent->nominate_at = RTC_NEVER;
        return;
    }
    better =
        rtc_checklist_unsettled(&agent->list, agent->list.pairs[best].priority);
    if (agent->nominate_at == RTC_NEVER) {
        /* Each has been sent after its turn of Ta, and answered by then. */
        rtc_usec wait = 2 * rtc_max_time(agent->list.pairs[best].rtt_us, 0) +
                        (rtc_usec)better * agent->timing.pacing_us;

        agent->nominate_at = now + rtc_min_time(wait, NOMINATION_WAIT_MOST);
    }
    if (better > 0 && now < agent->nominate_at)
        return;
    agent->nominate_at = RTC_NEVER;
    rtc_ice_start_check(agent, (unsigned)best, true, now);
}

/* Tries every pair but the selected one again. */
static void recheck_others(struct rtc_ice_agent *agent, rtc_usec now)
{
    agent->rechecking = true;
    agent->patience_at = rtc_after(now, agent->timing.patience_us);
    for (unsigned i = 0; i < agent->list.pair_count; i++) {
        struct rtc_ice_pair *pair = &agent->list.pairs[i];

        if ((int)i == agent->selected || pair->state == RTC_ICE_PAIR_FREE)
            continue;
        pair->state = RTC_ICE_PAIR_WAITING;
        pair->check.open = false;
        pair->valid = pair->nominating = false;
    }
}

static void update_selected_state(struct rtc_ice_agent *agent, rtc_usec now)
{
    switch (level(agent, now)) {
    case RTC_CONSENT_LOST:
        rtc_ice_set_state(agent, RTC_ICE_FAILED);
        return;
    case RTC_CONSENT_SILENT:
        if (!agent->rechecking)
            recheck_others(agent, now);
        /* With new candidates it is Checking again. */
        if (agent->state != RTC_ICE_CHECKING)
            rtc_ice_set_state(agent, RTC_ICE_DISCONNECTED);
        return;
    case RTC_CONSENT_FRESH:
        break;
    }
    agent->rechecking = false;
    if (agent->state != RTC_ICE_COMPLETED || agent->nominated < 0)
        rtc_ice_set_state(agent, RTC_ICE_CONNECTED);
    if (agent->nominated >= 0 && !rtc_checklist_unsettled(&agent->list, 0))
        rtc_ice_set_state(agent, RTC_ICE_COMPLETED);
}

static void update_state(struct rtc_ice_agent *agent, rtc_usec now)
{
    if (agent->state == RTC_ICE_NEW &&
        (agent->lite || agent->list.pair_count > 0))
        rtc_ice_set_state(agent, RTC_ICE_CHECKING);
    if (agent->selected >= 0) {
        update_selected_state(agent, now);
        return;
    }
    if (agent->state == RTC_ICE_CONNECTED ||
        agent->state == RTC_ICE_COMPLETED) {
        rtc_ice_set_state(agent, RTC_ICE_DISCONNECTED);
        recheck_others(agent, now);
    }
    if (now >= agent->patience_at && !rtc_ice_fall_back(agent, now))
        rtc_ice_set_state(agent, RTC_ICE_FAILED);
}

static rtc_usec checks_due(const struct rtc_ice_agent *agent, rtc_usec now)
{
    rtc_usec due = RTC_NEVER;

    if (agent->lite || !agent->has_remote)
        return due;
    for (unsigned i = 0; i < agent->list.pair_count; i++) {
        const struct rtc_ice_pair *pair = &agent->list.pairs[i];

        if (pair->state == RTC_ICE_PAIR_CHECKING)
            due = rtc_min_time(due, rtc_stun_transaction_due(&pair->check));
        else if (pair->state == RTC_ICE_PAIR_WAITING)
            due = rtc_min_time(
                due, pair->triggered ? now
                                     : rtc_max_time(now, agent->next_check_at));
    }
    return due;
}

static rtc_usec next_time(const struct rtc_ice_agent *agent, rtc_usec now)
{
    rtc_usec due;

    if (agent->state == RTC_ICE_CLOSED)
        return RTC_NEVER;
    if (agent->answer_count > 0)
        return now;
    if (agent->state == RTC_ICE_FAILED || !agent->has_remote)
        return RTC_NEVER;
    due = rtc_min_time(checks_due(agent, now), agent->nominate_at);
    due = rtc_min_time(due, agent->doubt_at);
    if (agent->selected < 0)
        return rtc_min_time(due, agent->patience_at);
    return rtc_min_time(
        due, rtc_ice_consent_deadline(&agent->consent, &agent->timing, now));
}

void rtc_ice_settle(struct rtc_ice_agent *agent, rtc_usec now)
{
    bool is_over =
        agent->state == RTC_ICE_FAILED || agent->state == RTC_ICE_CLOSED;

    if (!is_over && agent->has_remote) {
        choose_pair(agent, now);
        nominate(agent, now);
        update_state(agent, now);
    }
    agent->due_at = next_time(agent, now);
}
