/* SPDX-License-Identifier: MIT
 * STUN messages that go out, in this order: answers, repetitions and triggered
 * checks at once, new checks every Ta (RFC 8445 14), consent (RFC 7675). */
#include "base/clock.h"
#include "ice/machine.h"

static int send_answer(struct rtc_ice_agent *agent, struct rtc_writer *w,
                       struct rtc_path *ret_path)
{
    const struct rtc_ice_answer *answer = &agent->answers[agent->answer_first];

    agent->answer_first = (agent->answer_first + 1) % RTC_ICE_ANSWER_MOST;
    agent->answer_count--;
    rtc_ice_answer_write(w, answer, &agent->local);
    if (w->failed)
        return 0;
    *ret_path = answer->path;
    return (int)w->len;
}

static int write_request(struct rtc_ice_agent *agent, struct rtc_writer *w,
                         unsigned pair, const uint8_t *id, bool use_candidate)
{
    const struct rtc_ice_checklist *list = &agent->list;
    struct rtc_ice_check check = {.id = id,
                                  .local = &agent->local,
                                  .remote = &agent->remote,
                                  .priority = rtc_ice_local_prflx_priority(
                                      &list->locals[list->pairs[pair].local]),
                                  .controlling = list->controlling,
                                  .use_candidate = use_candidate,
                                  .tie_breaker = agent->tie_breaker};

    rtc_ice_check_write(w, &check);
    return w->failed ? 0 : (int)w->len;
}

static int send_check(struct rtc_ice_agent *agent, struct rtc_writer *w,
                      unsigned index, rtc_usec now)
{
    struct rtc_ice_pair *pair = &agent->list.pairs[index];
    struct rtc_stun_retry retry = rtc_ice_retry(agent);

    /* A role that changed since is sent as it is now. */
    pair->sent_controlling = agent->list.controlling;
    pair->nominating = pair->nominating && agent->list.controlling;
    rtc_stun_transaction_sent(&pair->check, &retry, now);
    pair->last_sent_at = now;
    return write_request(agent, w, index, pair->check.id, pair->nominating);
}

/* A begun check that is due, or -1. */
static int due_check(const struct rtc_ice_agent *agent, rtc_usec now)
{
    struct rtc_stun_retry retry = rtc_ice_retry(agent);

    for (unsigned i = 0; i < agent->list.pair_count; i++) {
        const struct rtc_ice_pair *pair = &agent->list.pairs[i];

        if (pair->state == RTC_ICE_PAIR_CHECKING &&
            rtc_stun_transaction_step(&pair->check, &retry, now) ==
                RTC_STUN_RESEND)
            return (int)i;
    }
    return -1;
}

/* The pair whose check goes out now, begun if it was not, or -1. */
static int next_check(struct rtc_ice_agent *agent, rtc_usec now)
{
    int pair = due_check(agent, now);
    bool is_turn = now >= agent->next_check_at;

    if (pair >= 0)
        return pair;
    pair = rtc_checklist_pick(&agent->list, !is_turn);
    if (pair < 0)
        return -1;
    /* A triggered check takes the turn of an ordinary one. */
    agent->next_check_at = rtc_after(now, agent->timing.pacing_us);
    rtc_ice_start_check(agent, (unsigned)pair, false, now);
    return pair;
}

static int send_consent(struct rtc_ice_agent *agent, struct rtc_writer *w,
                        rtc_usec now)
{
    /* Repeating the nomination heals one that the remote took otherwise. */
    bool nominates =
        agent->list.controlling && agent->selected == agent->nominated;

    rtc_ice_consent_asked(&agent->consent, &agent->timing, &agent->random, now);
    return write_request(agent, w, (unsigned)agent->selected, agent->consent.id,
                         nominates);
}

int rtc_ice_transmit(struct rtc_ice_agent *agent, uint8_t *buf, size_t cap,
                     struct rtc_path *ret_path, rtc_usec now)
{
    struct rtc_writer w;
    int pair, len = 0;

    if (cap < RTC_ICE_MESSAGE_MOST)
        return RTC_ERR_NOBUF;
    if (agent->before)
        len = rtc_ice_transmit(agent->before, buf, cap, ret_path, now);
    if (len || now < agent->due_at)
        return len;
    rtc_writer_init(&w, buf, cap);
    if (agent->answer_count > 0) {
        len = send_answer(agent, &w, ret_path);
        rtc_ice_settle(agent, now);
        return len;
    }
    rtc_ice_tick(agent, now);
    if (agent->state == RTC_ICE_FAILED || agent->state == RTC_ICE_CLOSED ||
        agent->lite || !agent->has_remote)
        return 0;
    pair = next_check(agent, now);
    if (pair >= 0) {
        len = send_check(agent, &w, (unsigned)pair, now);
        *ret_path = rtc_checklist_path(&agent->list, (unsigned)pair);
    } else if (rtc_ice_consent_is_due(&agent->consent, now)) {
        len = send_consent(agent, &w, now);
        *ret_path = agent->path;
    }
    rtc_ice_settle(agent, now);
    return len;
}
