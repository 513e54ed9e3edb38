/* SPDX-License-Identifier: MIT
 *
 * rtc-probe stun: asks each server for our address again and again, and tells
 * how long the answers took, how many were missing, and what address each saw.
 *
 * A request is sent once; one that is not answered in time is lost. (RFC 8489
 * has them resent, which would hide what is measured here.)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/options.h"
#include "cmd/probe/impaired.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/limits.h"
#include "cmd/probe/place.h"
#include "cmd/probe/port.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/series.h"
#include "cmd/probe/servers.h"
#include "cmd/sockaddr.h"

struct options {
    struct probe_options report;
    int64_t count;
    rtc_usec interval, timeout;
    int family;
    const char *impair;
    struct probe_limits limits;
};

#define OFFSET(member) offsetof(struct options, member)

static const struct rtc_option table[] = {
    {.heading = "Measuring",
     .name = "count",
     .letter = 'c',
     .often = true,
     .type = OPTION_INTEGER,
     .argument = "N",
     .offset = OFFSET(count),
     .least = 1,
     .most = 10000,
     .help = "requests to each server (5)"},
    {.name = "interval",
     .letter = 'i',
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(interval),
     .least = 10000,
     .most = 3600000000,
     .help = "between one request and the next (200ms)"},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(timeout),
     .least = 1000,
     .most = 60000000,
     .help = "after which an answer counts as lost (2s)"},
    {.name = "family",
     .type = OPTION_ROWS,
     .rows = options_family,
     .offset = OFFSET(family)},
    {.name = "impair",
     .type = OPTION_ROWS,
     .rows = probe_options_impair,
     .offset = OFFSET(impair)},
    {.heading = "Thresholds, for every server (else exit status 3)",
     .name = "limits",
     .type = OPTION_ROWS,
     .rows = probe_limits_path,
     .offset = OFFSET(limits)},
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_form,
     .offset = OFFSET(report)},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-probe stun",
    .operands = "SERVER...",
    .summary = "Measure round trips to STUN servers, and the address they see.",
    .options = table,
    .notes = "SERVER is HOST, HOST:PORT or a stun: URL.",
    .operands_least = 1,
    .operands_most = -1,
};

/* A server's address of one family, or one without any that can be asked. */
struct row {
    struct run *run;
    const struct probe_server *server;
    struct probe_port *port; /* or NULL */
    struct probe_series series;
    unsigned waiting;
    struct rtc_addr mapped;
    struct probe_answer useless; /* the last one that named no address */
    struct rtc_addr elsewhere;   /* where answers came from instead */
    bool changed;                /* not always the same address */
};

struct run {
    struct options options;
    struct probe_report report;
    struct driver *driver;
    struct impair *impair; /* or NULL */
    struct probe_servers servers;
    struct row rows[2 * PROBE_SERVER_MOST];
    unsigned row_count, waiting;
    int64_t round;
    rtc_usec due;
    struct driver_watch *timer;
    struct probe_signals signals;
    bool is_over;
};

static const struct probe_kind kind_server = {"server", "servers"};

/* ---- measuring ----------------------------------------------------------- */

static void tell(struct row *row, const struct probe_answer *answer)
{
    bool good = probe_answer_is_good(answer);
    struct probe_group group;

    if (row->run->report.form != PROBE_JSONL)
        return;
    probe_group_init(&group, &kind_server, row->server->name);
    probe_set_addr(&group, "address", &row->server->addr);
    probe_set_time(&group, "rtt", good ? answer->rtt_us : -1);
    probe_set_addr(&group, "mappedAddress", good ? &answer->mapped : NULL);
    probe_report_event(&row->run->report, good ? "response" : "loss", &group);
}

static void take_answer(struct row *row, const struct probe_answer *answer)
{
    row->changed |=
        row->mapped.family && !sockaddr_same(&row->mapped, &answer->mapped);
    row->mapped = answer->mapped;
    if (!sockaddr_same(&answer->from, &row->server->addr))
        row->elsewhere = answer->from;
    probe_series_add(&row->series, answer->rtt_us);
}

static void on_answer(void *user, const struct probe_answer *answer)
{
    struct row *row = user;
    struct run *run = row->run;

    tell(row, answer);
    run->waiting--;
    row->waiting--;
    if (probe_answer_is_good(answer))
        take_answer(row, answer);
    else if (answer->is_answered)
        row->useless = *answer;
    if (run->waiting == 0 && run->round == run->options.count)
        driver_stop(run->driver);
}

static void show_progress(const struct run *run)
{
    char line[80];

    snprintf(line, sizeof line, "request %lld of %lld", (long long)run->round,
             (long long)run->options.count);
    cli_progress(line);
}

/* One request to each server. */
static void on_round(void *user, int what)
{
    struct run *run = user;
    rtc_usec timeout = run->options.timeout;

    (void)what;
    if (run->round == 0)
        run->due = driver_now(run->driver);
    run->round++;
    show_progress(run);
    run->waiting += run->row_count;
    for (unsigned i = 0; i < run->row_count; i++) {
        struct row *row = &run->rows[i];
        struct probe_ask ask = {.server = row->server->addr,
                                .retry = {timeout, timeout, 1}};

        row->series.sent++;
        row->waiting++;
        probe_port_ask(row->port, &ask, on_answer, row);
    }
    run->due += run->options.interval;
    driver_timer_set(run->timer,
                     run->round < run->options.count ? run->due : RTC_NEVER);
}

/* What was measured so far is told. */
static void on_signal(void *user, int number)
{
    struct run *run = user;

    run->report.signal = number;
    run->is_over = true;
    driver_stop(run->driver);
}

static void on_found(void *user)
{
    struct run *run = user;

    for (unsigned i = 0; i < run->servers.count; i++) {
        struct row *row = &run->rows[run->row_count];

        row->run = run;
        row->server = &run->servers.items[i];
        row->port = probe_port_new(run->driver, &row->server->local);
        if (!row->port) {
            warn("%s: no socket: %s", row->server->name, strerror(errno));
            continue;
        }
        probe_port_impair(row->port, run->impair);
        run->row_count++;
    }
    if (run->row_count > 0)
        driver_timer_set(run->timer, driver_now(run->driver));
    else
        run->is_over = true;
    if (run->is_over)
        driver_stop(run->driver);
}

/* ---- telling ------------------------------------------------------------- */

static void judge(struct run *run, const struct row *row)
{
    const char *note = probe_place_note(&row->server->addr, &row->mapped);
    char text[RTC_ADDR_TEXT];

    if (note)
        probe_add_verdict(&run->report.result, "%s: %s", row->server->name,
                          note);
    if (row->changed)
        probe_add_verdict(&run->report.result,
                          "%s: the mapped address changed while it was asked.",
                          row->server->name);
    if (row->elsewhere.family)
        probe_add_verdict(&run->report.result,
                          "%s: answers come from %s, which was not asked: "
                          "ICE, and most firewalls, drop such.",
                          row->server->name,
                          rtc_addr_write(&row->elsewhere, text));
}

static void add_row(struct run *run, const struct row *row)
{
    struct probe_group *group =
        probe_add_group(&run->report.result, &kind_server, row->server->name);
    char why[PROBE_TROUBLE_LEN];

    probe_set_addr(group, "address", &row->server->addr);
    probe_set_addr(group, "localAddress",
                   row->port ? probe_port_addr(row->port) : NULL);
    probe_set_addr(group, "mappedAddress", &row->mapped);
    probe_series_measure(&row->series, group);
    if (row->useless.is_answered)
        warn("%s %s", row->server->name,
             probe_answer_trouble(&row->useless, why));
    if (row->mapped.family)
        judge(run, row);
}

static void check_thresholds(struct run *run)
{
    const struct {
        void (*check)(struct probe_result *, const struct probe_limits *,
                      int64_t, const char *);
        int64_t (*of)(const struct probe_series *);
    } limits[] = {
        {probe_limit_loss, probe_series_loss},
        {probe_limit_rtt, probe_series_mean},
        {probe_limit_jitter, probe_series_jitter},
    };

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct probe_worst worst = {0};
        char where[PROBE_WHERE_LEN];

        for (unsigned k = 0; k < run->row_count; k++)
            probe_worst_take(&worst, limits[i].of(&run->rows[k].series), false,
                             run->rows[k].server->name);
        limits[i].check(&run->report.result, &run->options.limits,
                        probe_worst_value(&worst),
                        probe_worst_where(&worst, "at", where));
    }
}

/* What was named and could not be asked keeps no threshold either. */
static void add_lost(struct run *run)
{
    for (unsigned i = 0; i < run->servers.lost_count; i++)
        run->rows[run->row_count++].server = &run->servers.lost[i];
}

static void conclude(struct run *run)
{
    unsigned received = 0;

    add_lost(run);
    for (unsigned i = 0; i < run->row_count; i++) {
        struct row *row = &run->rows[i];

        row->series.sent -= row->waiting; /* Not lost: not waited for. */
        received += row->series.received;
        add_row(run, row);
    }
    if (received == 0)
        probe_report_fail(&run->report, RTC_EXIT_NOTHING,
                          "no server gave an address");
    else
        check_thresholds(run);
}

void probe_stun(int argc, char **argv)
{
    static struct run run = {.options = {.count = 5,
                                         .interval = 200000,
                                         .timeout = 2000000,
                                         .limits = PROBE_LIMITS_NONE}};
    int first = cli_parse(&tool, &run.options, argc, argv);

    probe_report_begin(&run.report, "stun", &run.options.report);
    run.driver = driver_new();
    run.timer =
        run.driver ? driver_timer_new(run.driver, on_round, &run) : NULL;
    if (!run.timer)
        die(RTC_EXIT_INTERNAL, "out of memory");
    probe_signals_watch(&run.signals, run.driver, on_signal, &run);
    run.impair = probe_impair_new(run.driver, run.options.impair);
    run.servers.driver = run.driver;
    run.servers.report = &run.report;
    run.servers.family = run.options.family;
    probe_report_event(&run.report, "start", NULL);
    probe_servers_find(&run.servers, argv + first, argc - first, on_found,
                       &run);
    if (!run.is_over) /* Perhaps no operand can be used. */
        driver_run(run.driver);
    conclude(&run);
    for (unsigned i = 0; i < run.row_count; i++)
        probe_port_free(run.rows[i].port);
    probe_impair_end(run.impair, run.options.impair, &run.report.result);
    driver_watch_free(run.timer);
    probe_signals_done(&run.signals);
    driver_free(run.driver);
    probe_report_exit(&run.report);
}
