/* SPDX-License-Identifier: MIT
 *
 * rtc-probe turn: whether TURN servers relay, and how well. One after another,
 * so that none disturbs the next; each at one address of each family.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/ice_options.h"
#include "cmd/options.h"
#include "cmd/probe/impaired.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/port.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/trial.h"
#include "cmd/resolve.h"

#define LOOKUP_MOST_US 10000000
/* By default; a threshold above that is what is tried, and a quarter more. */
#define BITRATE_DEFAULT 2000000
#define BITRATE_UNSET (-1)

struct options {
    struct probe_options report;
    int64_t count, bitrate;
    rtc_usec interval, time, timeout;
    int family;
    const char *secret_file, *cacert, *pins, *impair;
    bool insecure, require_reachable;
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
     .most = 100000,
     .help = "datagrams by indications, and as many by channel (10)"},
    {.name = "interval",
     .letter = 'i',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(interval),
     .least = 1000,
     .most = 3600000000,
     .help = "between one of them and the next (50ms)"},
    {.name = "time",
     .letter = 't',
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(time),
     .most = 60000000,
     .help = "measure the bit rate for so long (2s; 0: do not)"},
    {.name = "bitrate",
     .letter = 'b',
     .often = true,
     .type = OPTION_RATE,
     .argument = "RATE",
     .offset = OFFSET(bitrate),
     .most = 1000000000,
     .help = "send at this rate then (2M; 0: as much as passes)"},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(timeout),
     .least = 10000,
     .most = 60000000,
     .help = "of a step, and after which a datagram is lost (3s)"},
    {.name = "family",
     .type = OPTION_ROWS,
     .rows = options_family,
     .offset = OFFSET(family)},
    {.name = "impair",
     .type = OPTION_ROWS,
     .rows = probe_options_impair,
     .offset = OFFSET(impair)},
    {.heading = "Credentials and trust",
     .name = "turn-secret-file",
     .often = true,
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = OFFSET(secret_file),
     .help = "make passwords of this secret"},
    {.name = "cacert",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = OFFSET(cacert),
     .help = "whom to trust, for turns (PEM)"},
    {.name = "pinnedpubkey",
     .type = OPTION_STRING,
     .argument = "PIN",
     .offset = OFFSET(pins),
     .help = "the server's key, for turns (sha256//BASE64)"},
    {.name = "insecure",
     .letter = 'k',
     .type = OPTION_FLAG,
     .offset = OFFSET(insecure),
     .help = "trust any server's certificate"},
    {.heading = "Thresholds, for every server (else exit status 3)",
     .name = "limits",
     .type = OPTION_ROWS,
     .rows = probe_limits_path,
     .offset = OFFSET(limits)},
    {.name = "connect",
     .type = OPTION_ROWS,
     .rows = probe_limits_connect,
     .offset = OFFSET(limits)},
    {.name = "bitrates",
     .type = OPTION_ROWS,
     .rows = probe_limits_bitrate,
     .offset = OFFSET(limits)},
    {.name = "tls",
     .type = OPTION_ROWS,
     .rows = probe_limits_tls,
     .offset = OFFSET(limits)},
    {.name = "require-reachable",
     .type = OPTION_FLAG,
     .offset = OFFSET(require_reachable),
     .help = "a socket outside gets to the relay and back"},
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_form,
     .offset = OFFSET(report)},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-probe turn",
    .operands = "[SERVER]...",
    .summary = "Measure what comes through TURN servers.",
    .options = table,
    .notes = "SERVER is turn:USER:PASSWORD@HOST, turns:..., or a file "
             "NAME.json; without one,\nRTC_ICE_SERVERS names them.",
    .operands_most = -1,
};

struct run {
    struct options options;
    struct probe_report report;
    struct probe_trial_setup setup;
    struct driver *driver;
    struct server_list servers;
    struct tls_trust *trust;
    struct probe_signals signals;
    bool is_over;
    struct probe_worsts worsts;
    /* The server that is looked up, and what was found. */
    struct resolve *resolve;
    struct rtc_addr addrs[RESOLVE_MOST];
    unsigned addr_count;
    char why[256];
};

/* What was measured so far is told. */
static void on_signal(void *user, int number)
{
    struct run *run = user;

    run->report.signal = number;
    run->is_over = true;
    driver_stop(run->driver);
}

/* ---- servers ------------------------------------------------------------- */

/* The operands leave argv, where every user of the machine could see them. */
static void read_servers(struct run *run, char **operands, int count)
{
    struct option_list names = {.count = (unsigned)count};
    char *copies[OPTION_LIST_MOST];

    if (count > OPTION_LIST_MOST)
        die_usage("more than %d servers", SERVER_MOST);
    for (int i = 0; i < count; i++) {
        copies[i] = strdup(operands[i]);
        if (!copies[i])
            die(RTC_EXIT_INTERNAL, "out of memory");
        names.items[i] = copies[i];
        memset(operands[i], '*', strlen(operands[i]));
    }
    ice_options_read(&names, "SERVER", run->options.secret_file, &run->servers);
    for (int i = 0; i < count; i++) {
        explicit_bzero(copies[i], strlen(copies[i]));
        free(copies[i]);
    }
}

static void on_resolved(void *user, const struct rtc_addr *addrs,
                        unsigned count, const char *why)
{
    struct run *run = user;

    for (unsigned i = 0; i < count; i++)
        run->addrs[run->addr_count++] = addrs[i];
    snprintf(run->why, sizeof run->why, "%s", why ? why : "");
    resolve_free(run->resolve);
    run->resolve = NULL;
    driver_stop(run->driver);
}

/* Its addresses. How long that took; -1: it is an address already. */
static rtc_usec look_up(struct run *run, const struct server *server)
{
    rtc_usec begun = driver_now(run->driver);
    const struct resolve_request request = {server->host, server->port,
                                            run->options.family,
                                            begun + LOOKUP_MOST_US};

    run->addr_count = 0;
    *run->why = '\0';
    if (resolve_literal(server->host, server->port, &run->addrs[0])) {
        run->addr_count = 1;
        return -1;
    }
    run->resolve = resolve_start(run->driver, &request, on_resolved, run);
    if (!run->resolve)
        die(RTC_EXIT_INTERNAL, "cannot look up names");
    driver_run(run->driver);
    resolve_free(run->resolve);
    run->resolve = NULL;
    return driver_now(run->driver) - begun;
}

/* ---- trials -------------------------------------------------------------- */

/* At an address, or at none that can be used (NULL). */
static void try_at(struct run *run, const struct server *server,
                   const struct rtc_addr *addr, rtc_usec resolve_us)
{
    struct probe_trial trial = {.setup = &run->setup, .server = server};

    server_text(server, trial.name);
    for (int i = 0; i < PROBE_PHASE_COUNT; i++)
        trial.facts.times[i] = -1;
    trial.facts.times[PROBE_RESOLVE] = resolve_us;
    trial.facts.lifetime = -1;
    if (addr) {
        trial.addr = *addr;
        if (probe_source(addr, &trial.local))
            probe_trial_fail(&trial, RTC_EXIT_GATHER, PROBE_CONNECT,
                             "no way there from here: %s", strerror(errno));
    } else if (*run->why) {
        probe_trial_fail(&trial, RTC_EXIT_RESOLVE, PROBE_RESOLVE, "%s",
                         run->why);
    } else {
        probe_trial_fail(&trial, RTC_EXIT_RESOLVE, PROBE_RESOLVE,
                         "it has no IPv%d address", run->options.family);
    }
    probe_trial_run(&trial);
    probe_trial_report(&trial, &run->worsts);
    probe_trial_done(&trial);
}

/* Whether one of the addresses before is of the same family. */
static bool is_repeated(const struct run *run, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (run->addrs[i].family == run->addrs[index].family)
            return true;
    return false;
}

static void try_server(struct run *run, const struct server *server)
{
    rtc_usec resolve_us = look_up(run, server);
    bool any = false;

    for (unsigned i = 0; i < run->addr_count && !run->is_over; i++) {
        if (is_repeated(run, i) ||
            (run->options.family &&
             run->addrs[i].family != run->options.family))
            continue;
        any = true;
        try_at(run, server, &run->addrs[i], resolve_us);
    }
    if (!any && !run->is_over)
        try_at(run, server, NULL, resolve_us);
}

/* ---- setting up ---------------------------------------------------------- */

/* Those that are no TURN servers are passed over; one has to be. */
static void check_servers(struct run *run)
{
    bool any = false, any_stream = false;
    char why[256];

    for (unsigned i = 0; i < run->servers.count; i++) {
        const struct server *server = &run->servers.items[i];

        if (server->type != RTC_SERVER_TURN)
            continue;
        any = true;
        any_stream |= server->transport != RTC_UDP;
        if (server->transport != RTC_TLS || run->trust)
            continue;
        run->trust = tls_trust_new(run->options.cacert, run->options.insecure,
                                   why, sizeof why);
        if (!run->trust)
            die(RTC_EXIT_USAGE, "--cacert %s", why);
    }
    if (!any)
        die_usage("no TURN server is named: turn:USER:PASSWORD@HOST, or "
                  "RTC_ICE_SERVERS");
    if (any_stream && run->options.impair)
        warn("--impair does nothing to TCP and TLS");
}

static void check_pins(const char *pins)
{
    for (; pins; pins = strchr(pins, ';') ? strchr(pins, ';') + 1 : NULL)
        if (strncmp(pins, "sha256//", 8) != 0)
            die_usage("--pinnedpubkey: `%.80s' does not begin with sha256//",
                      pins);
}

static int64_t bitrate_of(const struct options *options)
{
    int64_t wanted = options->limits.min_bitrate;

    if (options->bitrate != BITRATE_UNSET)
        return options->bitrate;
    return wanted > BITRATE_DEFAULT / 5 * 4 ? wanted / 4 * 5 : BITRATE_DEFAULT;
}

static void set_up(struct run *run)
{
    const struct options *options = &run->options;

    run->driver = driver_new();
    if (!run->driver)
        die(RTC_EXIT_INTERNAL, "out of memory");
    probe_signals_watch(&run->signals, run->driver, on_signal, run);
    check_servers(run);
    check_pins(options->pins);
    run->setup = (struct probe_trial_setup){
        .driver = run->driver,
        .impair = probe_impair_new(run->driver, options->impair),
        .trust = run->trust,
        .pins = options->pins,
        .report = &run->report,
        .is_over = &run->is_over,
        .count = (uint32_t)options->count,
        .interval = options->interval,
        .time = options->time,
        .timeout = options->timeout,
        .bitrate_bps = bitrate_of(options),
    };
}

static void tear_down(struct run *run)
{
    probe_impair_end(run->setup.impair, run->options.impair,
                     &run->report.result);
    tls_trust_free(run->trust);
    probe_signals_done(&run->signals);
    driver_free(run->driver);
    server_list_done(&run->servers);
}

void probe_turn(int argc, char **argv)
{
    static struct run run = {.options = {.count = 10,
                                         .interval = 50000,
                                         .time = 2000000,
                                         .timeout = 3000000,
                                         .bitrate = BITRATE_UNSET,
                                         .limits = PROBE_LIMITS_NONE}};
    int first = cli_parse(&tool, &run.options, argc, argv);

    probe_report_begin(&run.report, "turn", &run.options.report);
    read_servers(&run, argv + first, argc - first);
    set_up(&run);
    probe_report_event(&run.report, "start", NULL);
    for (unsigned i = 0; i < run.servers.count && !run.is_over; i++)
        if (run.servers.items[i].type == RTC_SERVER_TURN)
            try_server(&run, &run.servers.items[i]);
    probe_worsts_check(&run.worsts, &run.options.limits,
                       run.options.require_reachable, &run.report.result);
    tear_down(&run);
    probe_report_exit(&run.report);
}
