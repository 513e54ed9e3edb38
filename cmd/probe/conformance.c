/* SPDX-License-Identifier: MIT
 *
 * rtc-probe conformance: asks a WHIP or WHEP server what RFC 9725 or the draft
 * of WHEP says of it, and reports what holds as cases. The options, the report
 * and the exit status are here; the requests are conformance_run.h's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/endpoint.h"
#include "cmd/options.h"
#include "cmd/probe/conformance_run.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/report.h"
#include "cmd/redirect.h"
#include "cmd/url.h"
#include "cmd/whip.h"

#define WHEP_DRAFT "draft-ietf-wish-whep-03"

struct options {
    struct probe_options report;
    struct endpoint_options end;
    bool strict, intrusive, no_connect;
    rtc_usec timeout;
};

#define OFFSET(member) offsetof(struct options, member)

static const struct rtc_option table[] = {
    {.heading = "Server",
     .name = "whip",
     .often = true,
     .type = OPTION_STRING,
     .argument = "URL",
     .offset = OFFSET(end.whip),
     .secret = true,
     .help = "check this WHIP endpoint"},
    {.name = "whep",
     .often = true,
     .type = OPTION_STRING,
     .argument = "URL",
     .offset = OFFSET(end.whep),
     .secret = true,
     .help = "check this WHEP endpoint"},
    {.heading = "Cases",
     .name = "strict",
     .often = true,
     .type = OPTION_FLAG,
     .offset = OFFSET(strict),
     .help = "warnings count as failures"},
    {.name = "intrusive",
     .often = true,
     .type = OPTION_FLAG,
     .offset = OFFSET(intrusive),
     .help = "also ask what may disturb others"},
    {.name = "no-connect",
     .often = true,
     .type = OPTION_FLAG,
     .offset = OFFSET(no_connect),
     .help = "HTTP alone: leave the connection out"},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(timeout),
     .least = 10000,
     .most = 600000000,
     .help = "after which an answer is not waited for (10s)"},
    {.name = "max-time",
     .letter = 'm',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(end.max_time),
     .least = 100000,
     .most = 3600000000,
     .help = "ask no more after this time (1m)"},
    {.name = "requests",
     .type = OPTION_ROWS,
     .rows = options_requests,
     .offset = OFFSET(end)},
    {.name = "cacert",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = OFFSET(end.http.cacert),
     .help = "whom to trust, for https (PEM)"},
    {.name = "insecure",
     .letter = 'k',
     .type = OPTION_FLAG,
     .offset = OFFSET(end.http.insecure),
     .help = "trust any server's certificate"},
    {.heading = "Network",
     .name = "interface",
     .type = OPTION_STRING,
     .argument = "NAME",
     .offset = OFFSET(end.interface),
     .help = "only this interface or address (default: not lo)"},
    {.name = "family",
     .type = OPTION_ROWS,
     .rows = options_family,
     .offset = OFFSET(end.family)},
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_cases,
     .offset = OFFSET(report)},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-probe conformance",
    .operands = "",
    .summary = "Check whether a WHIP or WHEP server keeps its RFC.",
    .options = table,
    .notes = "A few requests, one session at a time, and each is deleted.",
};

/* Of all servers together. */
struct totals {
    unsigned outcomes[PROBE_WARNING + 1];
    char failed[900]; /* ids */
};

struct check {
    struct options options;
    struct probe_report report;
    struct driver *driver;
    struct probe_signals signals;
    struct conform_run *run; /* of the server that is asked now, or NULL */
    rtc_usec deadline;
    struct totals totals;
};

static const struct probe_kind kind_server = {"server", "servers"};
static const struct probe_kind kind_request = {"request", "requests"};

/* ---- secrets ------------------------------------------------------------- */

static bool repeats(const char *text, const char *secret)
{
    return secret && *secret && strstr(text, secret);
}

/* A server may send back what it was sent. Takes such a text away: what came
 * along as credentials, with and without the name of their scheme. */
static const char *hide(const struct check *check, const char *text)
{
    const struct option_list *list = &check->options.end.http.headers;
    bool found = repeats(text, conform_run_token(check->run));

    for (unsigned i = 0; i < list->count; i++) {
        const char *value = strchr(list->items[i], ':');
        const char *last = strrchr(list->items[i], ' ');

        if (!value || !redirect_is_credential(list->items[i]))
            continue;
        value += 1 + strspn(value + 1, " \t");
        found = found || repeats(text, value) ||
                repeats(text, last ? last + 1 : NULL);
    }
    return found ? "(it repeats credentials, and is not shown)" : text;
}

/* ---- what happens -------------------------------------------------------- */

/* Not by probe_report_event: who does not read on must not keep a session from
 * being deleted. The end of the report tells of it. */
static void on_answered(void *user, const char *name,
                        const struct http_response *response)
{
    struct check *check = user;
    struct probe_group group;
    char url[512];

    url_show(response->url, url, sizeof url);
    verbose("%s: %s %s: status %d", name, response->method, hide(check, url),
            response->error ? 0 : response->status);
    if (check->report.form != PROBE_JSONL)
        return;
    probe_group_init(&group, &kind_request, name);
    probe_set_text(&group, "method", response->method);
    probe_set_text(&group, "url", hide(check, url));
    probe_set(&group, "status", PROBE_COUNT,
              response->error ? 0 : response->status);
    probe_set_time(&group, "time",
                   driver_now(check->driver) - response->started);
    probe_write_event(driver_now(check->driver) - check->report.start, "http",
                      &group, stdout);
    probe_group_done(&group);
    fflush(stdout);
}

static void on_left(void *user, const char *url)
{
    struct check *check = user;
    char shown[512];

    warn("a session could not be deleted: %s",
         hide(check, url_show(url, shown, sizeof shown)));
}

static void on_done(void *user)
{
    struct check *check = user;

    driver_stop(check->driver);
}

/* A second one is not kept waiting by the server. */
static void on_signal(void *user, int number)
{
    struct check *check = user;

    if (check->report.signal || !check->run)
        driver_stop(check->driver);
    check->report.signal = number;
    if (check->run)
        conform_run_stop(check->run, "interrupted");
}

/* ---- telling ------------------------------------------------------------- */

static void name_failed(struct totals *totals, const char *id)
{
    size_t len = strlen(totals->failed);

    snprintf(totals->failed + len, sizeof totals->failed - len, "%s%s",
             len ? ", " : "", id);
}

/* With both kinds of servers, each case is there twice. */
static void add_case(struct check *check, const struct conform_case *one,
                     bool is_whep)
{
    bool both = check->options.end.whip && check->options.end.whep;
    const char *section =
        is_whep && one->source_whep ? one->source_whep : one->source;
    struct conform_verdict verdict;
    char id[32], source[64];

    conform_decide(one, conform_run_seen(check->run), &verdict);
    if (check->options.strict && verdict.outcome == PROBE_WARNING)
        verdict.outcome = PROBE_NOT_OK;
    snprintf(id, sizeof id, "%s%s", both ? is_whep ? "whep." : "whip." : "",
             one->id);
    snprintf(source, sizeof source, "%s%s%s",
             strncmp(section, "RFC", 3) ? is_whep ? WHEP_DRAFT : "RFC 9725"
                                        : "",
             strncmp(section, "RFC", 3) ? " " : "", section);
    probe_add_case(
        &check->report.result,
        &(struct probe_case){
            .id = id,
            .title = is_whep && one->title_whep ? one->title_whep : one->title,
            .outcome = verdict.outcome,
            .why = hide(check, verdict.why),
            .source = source,
        });
    check->totals.outcomes[verdict.outcome]++;
    if (verdict.outcome == PROBE_NOT_OK)
        name_failed(&check->totals, id);
}

static void add_server(struct check *check, const char *url, bool is_whep)
{
    const struct conform_seen *seen = conform_run_seen(check->run);
    struct probe_group *group;
    char shown[512];

    group = probe_add_group(&check->report.result, &kind_server,
                            hide(check, url_show(url, shown, sizeof shown)));
    probe_set_text(group, "protocol", is_whep ? "whep" : "whip");
    probe_set(group, "requests", PROBE_COUNT, conform_run_count(check->run));
    probe_set_time(group, "connectTime", seen->media.connect_us);
}

static void tell(struct check *check, const char *url, bool is_whep)
{
    const char *why;
    enum rtc_exit status = conform_run_status(check->run, &why);
    enum conform_kind other = is_whep ? CONFORM_WHIP : CONFORM_WHEP;

    add_server(check, url, is_whep);
    for (const struct conform_case *one = conform_cases; one->id; one++)
        if (one->kind != other)
            add_case(check, one, is_whep);
    if (status)
        probe_report_fail(&check->report, status, "%s", hide(check, why));
}

static void conclude(struct check *check)
{
    const unsigned *count = check->totals.outcomes;

    probe_add_verdict(
        &check->report.result, "%u hold, %u do not; %u warning%s; %u left out.",
        count[PROBE_OK], count[PROBE_NOT_OK], count[PROBE_WARNING],
        count[PROBE_WARNING] == 1 ? "" : "s", count[PROBE_SKIP]);
    if (count[PROBE_OK] + count[PROBE_NOT_OK] + count[PROBE_WARNING] == 0)
        probe_report_fail(&check->report, RTC_EXIT_NOTHING,
                          "no case could be looked at");
    if (count[PROBE_NOT_OK] > 0)
        probe_report_fail(&check->report, RTC_EXIT_CAPABILITY,
                          "%u case%s not hold: %s", count[PROBE_NOT_OK],
                          count[PROBE_NOT_OK] == 1 ? " does" : "s do",
                          check->totals.failed);
}

/* ---- asking -------------------------------------------------------------- */

static void check_server(struct check *check, const char *url, bool is_whep)
{
    const struct options *o = &check->options;
    const struct conform_setup setup = {
        .driver = check->driver,
        .url = url,
        .is_whep = is_whep,
        .is_intrusive = o->intrusive,
        .is_unconnected = o->no_connect,
        .http = &o->end.http,
        .interface = o->end.interface,
        .family = o->end.family,
        .timeout = o->timeout,
        .deadline = check->deadline,
        .answered = on_answered,
        .left = on_left,
        .done = on_done,
        .user = check,
    };

    if (!url || check->report.signal)
        return;
    check->run = conform_run_new(&setup);
    driver_run(check->driver);
    tell(check, url, is_whep);
    conform_run_free(check->run);
    check->run = NULL;
}

static void check_options(const struct options *options)
{
    struct endpoint_options one = options->end;

    if (!one.whip && !one.whep)
        die_usage("no server is named: --whip or --whep is missing");
    whip_check(&one);
    one.whip = NULL;
    whip_check(&one);
}

static void take_http_options(struct endpoint_options *end)
{
    end->http.interface = end->interface;
    end->http.family = end->family;
}

void probe_conformance(int argc, char **argv)
{
    static struct check check = {
        .options = {.end = {.max_time = 60000000}, .timeout = 10000000}};
    struct options *o = &check.options;

    cli_parse(&tool, o, argc, argv);
    probe_report_begin(&check.report, "conformance", &o->report);
    check_options(o);
    take_http_options(&o->end);
    check.driver = driver_new();
    if (!check.driver)
        die(RTC_EXIT_INTERNAL, "out of memory");
    probe_signals_watch(&check.signals, check.driver, on_signal, &check);
    check.deadline = driver_now(check.driver) + o->end.max_time;
    probe_report_event(&check.report, "start", NULL);
    check_server(&check, o->end.whip, false);
    check_server(&check, o->end.whep, true);
    conclude(&check);
    probe_signals_done(&check.signals);
    driver_free(check.driver);
    probe_report_exit(&check.report);
}
