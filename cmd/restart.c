/* SPDX-License-Identifier: MIT
 *
 * One attempt at a time, and each further one of our own accord after a longer
 * wait. An attempt is over once ICE has a pair, the new one or the old one. One
 * that is not answered is taken back; a session that has no pair all the while
 * is given up when its consent would have ended (RFC 7675).
 */
#include "cmd/restart.h"

#include <stdlib.h>
#include <string.h>

/* What goes on by itself does so within this time: over another pair after a
 * change, over the same one after a silence. */
#define CHANGE_US 1000000
#define SILENCE_US 2000000
/* How long an attempt waits for its answer. */
#define ATTEMPT_US 10000000
/* From the begin of one attempt to that of the next. */
#define BACKOFF_US 2000000
#define BACKOFF_MOST_US 16000000
/* After such a time without any, the next one is the first again. */
#define CALM_US 60000000
/* ICE says disconnected after 7 s; consent ends after 30 (RFC 7675 5.1). */
#define LOST_US 23000000
/* A pair that works for less is none. */
#define RELAPSE_US 2000000

enum reason { OPTION, SIGNAL, NETWORK, LOST };
static const char *const reasons[] = {"option", "signal", "network", "lost"};

struct restart {
    struct endpoint *end;
    struct driver_watch *option; /* --ice-restart-after */
    struct driver_watch *timer;  /* what is due, or the end of an attempt */
    struct driver_watch *limit;  /* of a session without a pair */
    bool was_asked;              /* by the option */
    bool is_due, is_under_way;
    enum reason reason; /* of what is due */
    rtc_usec due_at;
    rtc_usec begun_at, next_at; /* of attempts */
    rtc_usec wait;
    enum rtc_ice_state state;
    bool was_up, is_lost;       /* ICE had a pair once, and has none now */
    rtc_usec lost_at, found_at; /* when it was lost, and last found again */
    struct rtc_addr local;      /* the pair's address of ours */
    bool is_relayed;            /* by a server of ours */
    bool is_gathered;
};

/* ---- attempts ------------------------------------------------------------ */

static rtc_usec now_of(const struct restart *r)
{
    return driver_now(r->end->driver);
}

static bool carry(struct endpoint *end)
{
    return end->line && end->line->restart(end);
}

static void count_attempt(struct restart *r, rtc_usec now)
{
    if (!r->wait || now - r->begun_at > CALM_US)
        r->wait = BACKOFF_US;
    else if (r->wait < BACKOFF_MOST_US)
        r->wait *= 2;
    r->begun_at = now;
    r->next_at = now + r->wait;
}

static bool begin(struct restart *r, enum reason reason)
{
    rtc_usec now = now_of(r);

    r->is_due = false;
    if (!carry(r->end))
        return false;
    verbose("ICE restart: %s", reasons[reason]);
    report_restart(r->end->report, reasons[reason], now);
    count_attempt(r, now);
    r->is_under_way = true;
    driver_timer_set(r->timer, now + ATTEMPT_US);
    return true;
}

static void rest(struct restart *r)
{
    r->is_due = r->is_under_way = false;
    driver_timer_set(r->timer, RTC_NEVER);
}

/* One for the same reason is put off, as changes come in swarms; of two
 * reasons the earlier counts. */
static void plan(struct restart *r, enum reason reason, rtc_usec wait)
{
    rtc_usec at = now_of(r) + wait;

    if (at < r->next_at)
        at = r->next_at;
    if (r->is_under_way ||
        (r->is_due && reason != r->reason && at >= r->due_at))
        return;
    r->is_due = true;
    r->reason = reason;
    r->due_at = at;
    driver_timer_set(r->timer, at);
}

static void give_up(struct restart *r)
{
    struct endpoint *end = r->end;
    bool was_up = r->was_up;

    restart_reset(r);
    if (was_up)
        endpoint_lost(end, RTC_CLOSE_CONSENT,
                      "the remote stopped answering (consent lost)");
    else
        endpoint_lost(end, RTC_CLOSE_ICE_FAILED,
                      "no pair of addresses works between the two");
}

static void end_attempt(struct restart *r)
{
    rest(r);
    if (r->end->line && r->end->line->take_back &&
        r->end->line->take_back(r->end))
        warn("the ICE restart was not answered and is taken back");
    if (r->is_lost)
        plan(r, LOST, 0);
}

static void on_timer(void *user, int what)
{
    struct restart *r = user;

    (void)what;
    if (r->end->is_ending)
        return;
    if (r->is_under_way)
        end_attempt(r);
    else if (r->is_due && !begin(r, r->reason) && r->state == RTC_ICE_FAILED)
        give_up(r);
}

static void on_limit(void *user, int what)
{
    struct restart *r = user;

    (void)what;
    if (!r->end->is_ending)
        give_up(r);
}

/* ---- on request ---------------------------------------------------------- */

static void on_option(void *user, int what)
{
    struct restart *r = user;

    (void)what;
    if (!r->end->is_ending && !r->is_under_way && !begin(r, OPTION))
        warn("no ICE restart: the other end cannot be told");
}

bool restart_on_signal(struct restart *restart)
{
    if (!restart || restart->end->is_ending)
        return false;
    if (restart->is_under_way) {
        verbose("no ICE restart now: one is under way");
        return true;
    }
    return begin(restart, SIGNAL);
}

/* ---- of our own accord --------------------------------------------------- */

static void find(struct restart *r)
{
    r->was_up = true;
    if (r->is_lost)
        r->found_at = now_of(r);
    r->is_lost = false;
    driver_timer_set(r->limit, RTC_NEVER);
    if (r->is_under_way || (r->is_due && r->reason == LOST))
        rest(r);
}

static void lose(struct restart *r)
{
    rtc_usec now = now_of(r);

    if (!r->is_lost && now - r->found_at > RELAPSE_US)
        r->lost_at = now;
    r->is_lost = true;
    driver_timer_set(r->limit, r->lost_at + LOST_US);
}

static void note_state(struct restart *r, enum rtc_ice_state state)
{
    r->state = state;
    switch (state) {
    case RTC_ICE_CONNECTED:
    case RTC_ICE_COMPLETED:
        find(r);
        break;
    case RTC_ICE_DISCONNECTED:
        lose(r);
        plan(r, LOST, SILENCE_US);
        break;
    case RTC_ICE_FAILED:
        if (!r->was_up) {
            give_up(r);
            break;
        }
        lose(r);
        rest(r);
        plan(r, LOST, 0);
        break;
    default:
        break;
    }
}

static void plan_change(struct restart *r)
{
    if (r->end->is_connected && !r->end->is_ending && !r->end->is_lost)
        plan(r, NETWORK, CHANGE_US);
}

static void note_pair(struct restart *r, const struct rtc_event *event)
{
    r->local = event->pair.path.local;
    r->is_relayed = event->pair.local_type == RTC_CANDIDATE_RELAY;
    if (r->is_due && r->reason == NETWORK)
        rest(r);
}

/* A server that lost our relay has given us another. */
static void note_candidate(struct restart *r, const struct rtc_event *event)
{
    if (r->is_gathered && r->is_relayed &&
        event->candidate->type == RTC_CANDIDATE_RELAY)
        plan_change(r);
}

static bool is_same_host(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return a->family == b->family && !memcmp(a->ip, b->ip, sizeof a->ip);
}

/* An address that the session does not use may go. */
void restart_network(struct restart *restart, const struct rtc_addr *addr,
                     bool is_new)
{
    if (restart && (is_new || is_same_host(addr, &restart->local)))
        plan_change(restart);
}

void restart_event(struct restart *restart, const struct rtc_event *event)
{
    struct restart *r = restart;

    if (!r || r->end->is_ending)
        return;
    if (event->type == RTC_EVENT_ICE)
        note_state(r, event->ice_state);
    else if (event->type == RTC_EVENT_PAIR)
        note_pair(r, event);
    else if (event->type == RTC_EVENT_CANDIDATE)
        note_candidate(r, event);
    else if (event->type == RTC_EVENT_GATHERED)
        r->is_gathered = true;
    else if (event->type == RTC_EVENT_CONNECTED && !r->was_asked &&
             r->end->options.ice_restart_after) {
        r->was_asked = true;
        driver_timer_set(r->option,
                         now_of(r) + r->end->options.ice_restart_after);
    }
}

/* ---- life ---------------------------------------------------------------- */

void restart_reset(struct restart *restart)
{
    struct restart *r = restart;

    if (!r)
        return;
    rest(r);
    driver_timer_set(r->limit, RTC_NEVER);
    r->state = RTC_ICE_NEW;
    r->was_up = r->is_lost = r->is_relayed = r->is_gathered = false;
}

struct restart *restart_new(struct endpoint *end)
{
    struct restart *r = calloc(1, sizeof *r);

    if (!r)
        die(RTC_EXIT_INTERNAL, "out of memory");
    r->end = end;
    r->option = driver_timer_new(end->driver, on_option, r);
    r->timer = driver_timer_new(end->driver, on_timer, r);
    r->limit = driver_timer_new(end->driver, on_limit, r);
    if (!r->option || !r->timer || !r->limit)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return r;
}

void restart_free(struct restart *restart)
{
    if (!restart)
        return;
    driver_watch_free(restart->option);
    driver_watch_free(restart->timer);
    driver_watch_free(restart->limit);
    free(restart);
}
