/* SPDX-License-Identifier: MIT
 * STUN messages that come in: requests (RFC 8445 7.3) are answered and cause
 * checks of their own, answers (7.2.5) decide about pairs. What does not
 * authenticate is dropped without a word. A request is answered before the
 * remote's credentials are known; its pair waits for them. */
#include "base/addr.h"
#include "base/clock.h"
#include "ice/machine.h"
#include "stun/auth.h"

#include <string.h>

/* Not at once: both first checks may just have crossed. */
#define FIRST_REPEAT_US (5 * RTC_MS)

static void push_answer(struct rtc_ice_agent *agent,
                        const struct rtc_ice_answer *answer)
{
    unsigned at;

    if (agent->answer_count == RTC_ICE_ANSWER_MOST) {
        agent->answer_first = (agent->answer_first + 1) % RTC_ICE_ANSWER_MOST;
        agent->answer_count--;
    }
    at = (agent->answer_first + agent->answer_count++) % RTC_ICE_ANSWER_MOST;
    agent->answers[at] = *answer;
}

/* RFC 8445 7.3.1.1: does the remote claim our role, and must it change. */
static bool is_role_refused(struct rtc_ice_agent *agent,
                            const struct rtc_stun *m)
{
    bool controlling = agent->list.controlling;
    bool is_conflict = controlling ? m->has_controlling : m->has_controlled;
    bool is_ours = agent->tie_breaker >= m->tie_breaker;

    /* A lite agent is controlled whatever the remote says of itself, and a
     * remote that is lite has no say. */
    if (!is_conflict || agent->lite)
        return false;
    if (controlling == is_ours)
        return true;
    rtc_ice_switch_role(agent);
    return false;
}

/* The remote candidate a request comes from; a new one is peer-reflexive (RFC
 * 8445 7.3.1.3). -1 at the cap. */
static int source_of(struct rtc_ice_agent *agent, const struct rtc_path *path,
                     const struct rtc_stun *m)
{
    int found =
        rtc_checklist_find_remote(&agent->list, &path->remote, path->transport);
    struct rtc_ice_remote remote = {.addr = path->remote,
                                    .priority = m->priority,
                                    .type = RTC_CANDIDATE_PRFLX,
                                    .transport = (uint8_t)path->transport};

    if (found >= 0)
        return found;
    found = rtc_checklist_add_remote(&agent->list, &remote, agent->selected);
    rtc_ice_forget_free_pairs(agent);
    return found;
}

/* When a check under way may be repeated because the remote checked, too. Its
 * first sending was probably lost, before the remote had opened its port; the
 * others not more often than Ta: the remote cannot make us send faster. */
static rtc_usec repeat_time(const struct rtc_ice_agent *agent,
                            const struct rtc_ice_pair *pair)
{
    rtc_usec gap = agent->timing.pacing_us;

    if (pair->check.sent_count == 1)
        gap = rtc_min_time(gap, FIRST_REPEAT_US);
    return rtc_after(pair->last_sent_at, gap);
}

/* What was sent for the last time, perhaps before the remote was there, is sent
 * once more. */
static void repeat_soon(const struct rtc_ice_agent *agent,
                        struct rtc_ice_pair *pair)
{
    rtc_usec soon = repeat_time(agent, pair);
    unsigned most = agent->timing.transmit_count;

    if (most == 0)
        return;
    if (pair->check.sent_count >= most)
        pair->check.sent_count = most - 1;
    pair->check.due_at = rtc_min_time(pair->check.due_at, soon);
}

/* RFC 8445 7.3.1.4. A check under way is repeated earlier instead of being
 * begun anew. */
static void trigger(struct rtc_ice_agent *agent, struct rtc_ice_pair *pair)
{
    switch ((enum rtc_ice_pair_state)pair->state) {
    case RTC_ICE_PAIR_WAITING:
    case RTC_ICE_PAIR_FAILED:
        pair->state = RTC_ICE_PAIR_WAITING;
        pair->triggered = true;
        break;
    case RTC_ICE_PAIR_CHECKING:
        repeat_soon(agent, pair);
        break;
    case RTC_ICE_PAIR_SUCCEEDED:
    case RTC_ICE_PAIR_FREE:
        break;
    }
}

/* A lite agent makes no checks: the remote's are the proof. */
static void prove_lite(struct rtc_ice_pair *pair, rtc_usec now)
{
    pair->state = RTC_ICE_PAIR_SUCCEEDED;
    pair->valid = true;
    pair->answered_at = now;
}

/* Once a pair is nominated a check on another one tells that the remote looks
 * for a way, e.g. since it moved: the pair is looked at again. Only by the side
 * that controls, or they would make each other do so for ever. */
static void note_lateness(struct rtc_ice_agent *agent, unsigned index)
{
    struct rtc_ice_pair *pair = &agent->list.pairs[index];

    if (!agent->list.controlling || agent->nominated < 0 ||
        agent->selected != agent->nominated || agent->selected == (int)index)
        return;
    pair->late = true;
    if (pair->state == RTC_ICE_PAIR_SUCCEEDED)
        pair->state = RTC_ICE_PAIR_WAITING;
}

static void note_request(struct rtc_ice_agent *agent, unsigned index,
                         const struct rtc_stun *m, rtc_usec now)
{
    struct rtc_ice_pair *pair = &agent->list.pairs[index];

    pair->heard = true;
    if (agent->selected == (int)index)
        agent->consent.heard_at = now;
    if (agent->lite) {
        prove_lite(pair, now);
    } else {
        note_lateness(agent, index);
        trigger(agent, pair);
    }
    if (!m->use_candidate)
        pair->asked_plain = true;
    else if (agent->list.controlling)
        return;
    else if (pair->valid)
        rtc_ice_accept_nomination(agent, index);
    else
        pair->wanted = true;
}

static void refuse_unknown(struct rtc_ice_agent *agent,
                           struct rtc_ice_answer *answer,
                           const struct rtc_stun *m)
{
    unsigned count = m->unknown_count < RTC_STUN_UNKNOWN_MOST
                         ? m->unknown_count
                         : RTC_STUN_UNKNOWN_MOST;

    answer->error = 420;
    answer->unknown_count = (uint8_t)count;
    memcpy(answer->unknown, m->unknown, count * sizeof m->unknown[0]);
    push_answer(agent, answer);
}

static bool receive_request(struct rtc_ice_agent *agent,
                            const struct rtc_path *path,
                            const struct rtc_stun *m, rtc_usec now)
{
    int base =
        rtc_checklist_find_base(&agent->list, &path->local, path->transport);
    struct rtc_ice_answer answer = {.path = *path};
    int source, pair;

    if (base < 0)
        return false;
    memcpy(answer.id, m->id, sizeof answer.id);
    if (!rtc_ice_check_is_for(m, &agent->local))
        return false;
    if (m->unknown_count > 0) {
        refuse_unknown(agent, &answer, m);
        return true;
    }
    if (is_role_refused(agent, m))
        answer.error = 487;
    push_answer(agent, &answer);
    if (answer.error)
        return true;
    source = source_of(agent, path, m);
    pair = source < 0 ? -1
                      : rtc_checklist_pair(&agent->list, (unsigned)base,
                                           (unsigned)source);
    if (pair >= 0)
        note_request(agent, (unsigned)pair, m, now);
    return true;
}

/* Which of our addresses the remote sees; a new one is a peer-reflexive
 * candidate (RFC 8445 7.2.5.3.1). */
static unsigned learn_local(struct rtc_ice_agent *agent,
                            const struct rtc_ice_pair *pair,
                            const struct rtc_addr *mapped)
{
    const struct rtc_ice_local *base = &agent->list.locals[pair->local];
    struct rtc_ice_local learnt = *base;
    int index;

    if (!mapped->family)
        return pair->local;
    index = rtc_checklist_find_local(&agent->list, mapped, &base->base,
                                     (enum rtc_transport)base->transport);
    if (index < 0) {
        learnt.addr = *mapped;
        learnt.related = base->base;
        learnt.type = RTC_CANDIDATE_PRFLX;
        learnt.priority = rtc_ice_local_prflx_priority(base);
        index = rtc_checklist_add_local(&agent->list, &learnt);
    }
    return index < 0 ? pair->local : (unsigned)index;
}

static void succeed(struct rtc_ice_agent *agent, unsigned index,
                    const struct rtc_stun *m, rtc_usec now)
{
    struct rtc_ice_pair *pair = &agent->list.pairs[index];

    /* After a repetition it is not known which send was answered; a pair that is
     * selected without a round trip is asked at once for one. */
    if (pair->check.sent_count == 1)
        pair->rtt_us = now - pair->last_sent_at;
    pair->valid_local = (uint8_t)learn_local(agent, pair, &m->mapped);
    pair->state = RTC_ICE_PAIR_SUCCEEDED;
    pair->valid = true;
    pair->answered_at = now;
    if (agent->list.controlling ? pair->nominating : pair->wanted)
        rtc_ice_accept_nomination(agent, index);
    pair->nominating = pair->wanted = false;
    if (pair->late && agent->selected >= 0 && agent->selected != (int)index)
        rtc_ice_doubt(agent, now);
    pair->late = false;
}

/* RFC 8445 7.2.5.1. A 487 to a role we no longer have is stale. */
static void lose_role(struct rtc_ice_agent *agent, struct rtc_ice_pair *pair)
{
    if (pair->sent_controlling == agent->list.controlling) {
        rtc_ice_switch_role(agent);
        agent->tie_breaker = rtc_random_u64(&agent->random);
    }
    pair->state = RTC_ICE_PAIR_WAITING;
    pair->triggered = true;
    pair->nominating = false;
}

static bool receive_consent(struct rtc_ice_agent *agent,
                            const struct rtc_path *path,
                            const struct rtc_stun *m, rtc_usec now)
{
    struct rtc_ice_pair *pair;

    if (agent->selected < 0 || !rtc_path_equal(path, &agent->path))
        return false;
    pair = &agent->list.pairs[agent->selected];
    if (m->class == RTC_STUN_ERROR || m->unknown_count > 0 ||
        !rtc_ice_consent_answer(&agent->consent, m->id, &pair->rtt_us, now))
        return false;
    pair->answered_at = now;
    return true;
}

/* The pair whose check this answers, coming the way the request went (RFC 8445
 * 7.2.5.2.1), or -1. */
static int answered_pair(struct rtc_ice_agent *agent,
                         const struct rtc_path *path, const struct rtc_stun *m)
{
    int index = rtc_checklist_find_path(&agent->list, path);

    if (index < 0 || agent->list.pairs[index].state != RTC_ICE_PAIR_CHECKING ||
        !rtc_stun_transaction_answer(&agent->list.pairs[index].check, m->id))
        return -1;
    return index;
}

static bool receive_answer(struct rtc_ice_agent *agent,
                           const struct rtc_path *path,
                           const struct rtc_stun *m, rtc_usec now)
{
    int index;

    if (!agent->has_remote || !rtc_ice_answer_is_from(m, &agent->remote))
        return false;
    if (receive_consent(agent, path, m, now))
        return true;
    index = answered_pair(agent, path, m);
    if (index < 0)
        return false;
    if (m->class == RTC_STUN_SUCCESS && m->unknown_count == 0)
        succeed(agent, (unsigned)index, m, now);
    else if (m->class == RTC_STUN_ERROR && m->error_code == 487)
        lose_role(agent, &agent->list.pairs[index]);
    else
        rtc_ice_fail_pair(agent, (unsigned)index);
    return true;
}

static bool receive(struct rtc_ice_agent *agent, const struct rtc_path *path,
                    const struct rtc_stun *m, rtc_usec now)
{
    bool is_ours = false;

    switch (m->class) {
    case RTC_STUN_REQUEST:
        is_ours = receive_request(agent, path, m, now);
        break;
    case RTC_STUN_SUCCESS:
    case RTC_STUN_ERROR:
        is_ours = receive_answer(agent, path, m, now);
        break;
    case RTC_STUN_INDICATION: /* a keepalive (RFC 8445 11) */
        return rtc_ice_knows_path(agent, path);
    }
    if (is_ours)
        rtc_ice_settle(agent, now);
    return is_ours;
}

bool rtc_ice_receive(struct rtc_ice_agent *agent, const struct rtc_path *path,
                     const uint8_t *data, size_t len, rtc_usec now)
{
    struct rtc_stun m;

    if (agent->state == RTC_ICE_CLOSED || rtc_stun_parse(&m, data, len) < 0 ||
        m.method != RTC_STUN_BINDING || !rtc_stun_check_fingerprint(&m))
        return false;
    return receive(agent, path, &m, now) ||
           (agent->before && receive(agent->before, path, &m, now));
}

bool rtc_ice_knows_path(const struct rtc_ice_agent *agent,
                        const struct rtc_path *path)
{
    int index;

    if (agent->has_path && rtc_path_equal(path, &agent->path))
        return true;
    index = rtc_checklist_find_path(&agent->list, path);
    if (index >= 0 &&
        (agent->list.pairs[index].valid || agent->list.pairs[index].heard))
        return true;
    return agent->before && rtc_ice_knows_path(agent->before, path);
}

bool rtc_ice_accepts(const struct rtc_ice_agent *agent,
                     const struct rtc_path *path, const uint8_t *data,
                     size_t len)
{
    struct rtc_stun m;

    if (!rtc_stun_is_message(data, len))
        return rtc_ice_knows_path(agent, path);
    if (agent->before && rtc_ice_accepts(agent->before, path, data, len))
        return true;
    if (rtc_stun_parse(&m, data, len) < 0)
        return false;
    if (m.class == RTC_STUN_REQUEST)
        return rtc_ice_check_is_for(&m, &agent->local);
    return rtc_checklist_find_path(&agent->list, path) >= 0;
}
