/* SPDX-License-Identifier: MIT
 *
 * A trial is a port that was used once: one request, one answer. It then idles
 * for its time, after which a second port has the server answer to the first
 * one's public port (RESPONSE-PORT). What arrives there shows that the way in
 * was still open, and spoils the port for any other trial; so many run at once,
 * each with ports of its own: first for times that double, then for times
 * between the last that was kept and the first that was gone.
 *
 * Of a server that only answers to where it was asked from, the idle port asks
 * itself. Then a new public port shows that the old one was given up, but only
 * where a NAT does not give out the same one again.
 */
#include "cmd/probe/lifetime.h"

#include <stdio.h>

#include "cmd/cli.h"
#include "cmd/sockaddr.h"

#define SECOND INT64_C(1000000)
#define TRIAL_MOST 16
#define PARTS 8 /* that what is left is divided into */
/* It is known well enough by a second, or by so many parts of it. */
#define EXACT_PARTS 16

enum fate { OPEN, KEPT, GONE, FAILED, REFUSED };

struct trial {
    struct search *search;
    struct probe_port *idle, *asking;
    struct driver_watch *timer;
    struct rtc_addr mapped; /* of the idle one */
    rtc_usec time;
    enum fate fate;
};

struct search {
    const struct probe_lifetime_terms *terms;
    struct trial trials[TRIAL_MOST];
    unsigned count, open;
    bool by_mapping; /* not by RESPONSE-PORT */
    bool keeps_port; /* public ports are the local ones */
    struct probe_lifetime found;
};

/* ---- a trial ------------------------------------------------------------- */

/* Longer ones than the first that is gone have nothing to tell. */
static void settle(struct trial *trial, enum fate fate)
{
    struct search *search = trial->search;

    trial->fate = fate;
    search->open--;
    if (search->open == 0 || fate == GONE)
        driver_stop(search->terms->driver);
}

static struct probe_port *open_port(const struct search *search)
{
    struct probe_port *port =
        probe_port_new(search->terms->driver, &search->terms->local);

    if (port)
        probe_port_impair(port, search->terms->impair);
    return port;
}

static enum fate fate_of(const struct trial *trial,
                         const struct probe_answer *answer)
{
    const struct rtc_addr *stray = probe_port_stray(trial->idle);

    if (trial->search->by_mapping) {
        if (!probe_answer_is_good(answer))
            return FAILED;
        return sockaddr_same(&answer->mapped, &trial->mapped) ? KEPT : GONE;
    }
    if (answer->is_answered)
        return REFUSED;
    return stray->family && !sockaddr_same(stray, &trial->mapped) ? KEPT : GONE;
}

static void on_asked(void *user, const struct probe_answer *answer)
{
    settle(user, fate_of(user, answer));
}

static void on_time(void *user, int what)
{
    struct trial *trial = user;
    const struct probe_lifetime_terms *terms = trial->search->terms;
    struct probe_ask ask = {.server = terms->server, .retry = terms->retry};

    (void)what;
    if (trial->search->by_mapping) {
        probe_port_ask(trial->idle, &ask, on_asked, trial);
        return;
    }
    ask.response_port = trial->mapped.port;
    trial->asking = open_port(trial->search);
    if (trial->asking)
        probe_port_ask(trial->asking, &ask, on_asked, trial);
    else
        settle(trial, FAILED);
}

static void on_opened(void *user, const struct probe_answer *answer)
{
    struct trial *trial = user;
    struct driver *driver = trial->search->terms->driver;

    if (!probe_answer_is_good(answer)) {
        settle(trial, FAILED);
        return;
    }
    trial->mapped = answer->mapped;
    trial->search->keeps_port |=
        answer->mapped.port == probe_port_addr(trial->idle)->port;
    driver_timer_set(trial->timer, driver_now(driver) + trial->time);
}

static void trial_start(struct search *search, rtc_usec time)
{
    const struct probe_lifetime_terms *terms = search->terms;
    const struct probe_ask ask = {.server = terms->server,
                                  .retry = terms->retry};
    struct trial *trial = &search->trials[search->count];

    *trial = (struct trial){.search = search, .time = time};
    trial->idle = open_port(search);
    trial->timer = driver_timer_new(terms->driver, on_time, trial);
    if (!trial->timer)
        die(RTC_EXIT_INTERNAL, "out of memory");
    search->count++;
    if (!trial->idle) {
        trial->fate = FAILED;
        return;
    }
    search->open++;
    probe_port_ask(trial->idle, &ask, on_opened, trial);
}

static void trial_done(struct trial *trial)
{
    driver_watch_free(trial->timer);
    probe_port_free(trial->idle);
    probe_port_free(trial->asking);
}

/* ---- rounds -------------------------------------------------------------- */

/* Whether one of the trials that were started ended like that. */
static bool run_round(struct search *search, enum fate wanted)
{
    struct probe_lifetime *found = &search->found;
    bool any = false;

    if (search->open > 0 && !*search->terms->signal)
        driver_run(search->terms->driver);
    for (unsigned i = 0; i < search->count; i++) {
        const struct trial *trial = &search->trials[i];

        any |= trial->fate == wanted;
        if (trial->fate == GONE &&
            (found->gone < 0 || trial->time < found->gone))
            found->gone = trial->time;
    }
    for (unsigned i = 0; i < search->count; i++) {
        struct trial *trial = &search->trials[i];

        if (trial->fate == KEPT && trial->time > found->kept &&
            (found->gone < 0 || trial->time < found->gone))
            found->kept = trial->time;
        trial_done(trial);
    }
    search->count = search->open = 0;
    return any;
}

static void show_progress(rtc_usec from, rtc_usec to)
{
    char line[80];

    snprintf(line, sizeof line, "ports idle for %.3g to %.3g seconds",
             (double)from / SECOND, (double)to / SECOND);
    cli_progress(line);
}

static void run_doubling(struct search *search)
{
    rtc_usec most = search->terms->most, time = SECOND;

    for (; time < most && search->count + 1 < TRIAL_MOST; time *= 2)
        trial_start(search, time);
    trial_start(search, most);
    show_progress(0, most);
    run_round(search, GONE);
}

/* Until what is left is small, or nothing is learnt any more. */
static void run_dividing(struct search *search)
{
    const struct probe_lifetime *found = &search->found;
    rtc_usec left = found->gone - found->kept, before = RTC_NEVER;

    while (!*search->terms->signal && left < before && left > SECOND &&
           left > found->gone / EXACT_PARTS) {
        for (int i = 1; i < PARTS; i++)
            trial_start(search, found->kept + left * i / PARTS);
        show_progress(found->kept, found->gone);
        run_round(search, GONE);
        before = left;
        left = found->gone - found->kept;
    }
}

/* Whether a port that did not idle can be reached, which shows that there is a
 * way to find out. */
static const char *find_way(struct search *search)
{
    trial_start(search, 0);
    if (run_round(search, REFUSED)) {
        if (search->keeps_port)
            return "the server knows no RESPONSE-PORT (RFC 5780), and public "
                   "ports do not change";
        search->by_mapping = true;
        trial_start(search, 0);
        run_round(search, KEPT);
    }
    search->found.gone = -1; /* Of no use without one that was kept. */
    if (search->found.kept < 0 && !*search->terms->signal)
        return "answers do not reach another port than the one that asks";
    return NULL;
}

const char *probe_lifetime_find(const struct probe_lifetime_terms *terms,
                                struct probe_lifetime *ret_lifetime)
{
    struct search search = {.terms = terms, .found = {-1, -1}};
    const char *why = find_way(&search);

    if (search.found.kept >= 0)
        run_doubling(&search);
    if (search.found.gone > 0)
        run_dividing(&search);
    *ret_lifetime = search.found;
    return why;
}
