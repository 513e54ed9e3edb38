/* SPDX-License-Identifier: MIT
 *
 * rtc-probe nat: how a NAT maps our ports and whom it lets in (RFC 5780), for
 * each family of addresses.
 *
 * Steps follow each other, each of them driver_run until its answers are there.
 * Every step has fresh ports: a mapping or a hole left by one would falsify the
 * next. What it all means is behaviour.c's.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/options.h"
#include "cmd/probe/behaviour.h"
#include "cmd/probe/impaired.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/lifetime.h"
#include "cmd/probe/place.h"
#include "cmd/probe/port.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/servers.h"
#include "cmd/sockaddr.h"

struct options {
    struct probe_options report;
    rtc_usec timeout;
    int family;
    const char *impair;
    bool lifetime;
    rtc_usec lifetime_most;
    int require_mapping; /* of `mappings` */
};

#define OFFSET(member) offsetof(struct options, member)

static const char *const mappings[] = {"any", "none", "endpoint-independent",
                                       "address-dependent", NULL};

static const struct rtc_option table[] = {
    {.heading = "Measuring",
     .name = "timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(timeout),
     .least = 10000,
     .most = 60000000,
     .help = "how long an answer is waited for (2s)"},
    {.name = "lifetime",
     .often = true,
     .type = OPTION_FLAG,
     .offset = OFFSET(lifetime),
     .help = "also how long an idle port stays reachable (takes as long)"},
    {.name = "lifetime-most",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(lifetime_most),
     .least = 1000000,
     .most = 3600000000,
     .help = "but look no further than this (5m)"},
    {.name = "family",
     .type = OPTION_ROWS,
     .rows = options_family,
     .offset = OFFSET(family)},
    {.name = "impair",
     .type = OPTION_ROWS,
     .rows = probe_options_impair,
     .offset = OFFSET(impair)},
    {.heading = "Thresholds (else exit status 3)",
     .name = "require-mapping",
     .often = true,
     .type = OPTION_CHOICE,
     .argument = "KIND",
     .offset = OFFSET(require_mapping),
     .choices = mappings,
     .help = "none (no NAT), endpoint-independent or address-dependent, or "
             "better; any"},
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_form,
     .offset = OFFSET(report)},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-probe nat",
    .operands = "SERVER...",
    .summary = "Find out what a NAT or firewall does to WebRTC.",
    .options = table,
    .notes = "SERVER is HOST, HOST:PORT or a stun: URL. One that has two "
             "addresses\n(RFC 5780) tells all; of plain ones, name two.",
    .operands_least = 1,
    .operands_most = -1,
};

/* One answer that is waited for. */
struct reply {
    struct run *run;
    struct probe_answer answer;
};

struct run {
    struct options options;
    struct probe_report report;
    struct driver *driver;
    struct impair *impair; /* or NULL */
    struct probe_signals signals;
    struct probe_servers servers;
    bool is_found;
    unsigned waiting;
};

/* What one family gave. */
struct finding {
    struct probe_seen seen;
    const struct probe_server *full; /* one that has RFC 5780, or NULL */
    struct rtc_addr other;           /* its second address */
    struct rtc_addr mapped;          /* the first one seen, and by whom */
    const struct probe_server *seer;
    unsigned asked, answered;
    bool is_heard; /* anything came, of use or not */
    enum probe_tried hairpin;
    struct probe_lifetime lifetime;
};

static const struct probe_kind kind_server = {"server", "servers"};
static const struct probe_kind kind_family = {"family", "families"};

/* ---- asking -------------------------------------------------------------- */

static struct probe_port *open_port(struct run *run,
                                    const struct rtc_addr *local)
{
    struct probe_port *port = probe_port_new(run->driver, local);
    char text[RTC_ADDR_TEXT];

    if (!port)
        die(RTC_EXIT_INTERNAL, "no socket on %s: %s",
            rtc_addr_write(local, text), strerror(errno));
    probe_port_impair(port, run->impair);
    return port;
}

static void on_answer(void *user, const struct probe_answer *answer)
{
    struct reply *reply = user;

    reply->answer = *answer;
    if (--reply->run->waiting == 0)
        driver_stop(reply->run->driver);
}

/* Three sends, the last of which has more than half of the time. */
static struct rtc_stun_retry retry_of(const struct run *run)
{
    rtc_usec first = run->options.timeout / 7;

    return (struct rtc_stun_retry){first, 4 * first, 3};
}

/* The answer will be there after wait_all. */
static void ask(struct run *run, struct probe_port *port,
                const struct rtc_addr *server, uint32_t change,
                struct reply *ret_reply)
{
    const struct probe_ask wanted = {
        .server = *server, .change = change, .retry = retry_of(run)};

    *ret_reply = (struct reply){.run = run};
    run->waiting++;
    probe_port_ask(port, &wanted, on_answer, ret_reply);
}

/* A signal came: no step does anything any more, and none concludes. */
static bool is_interrupted(const struct run *run)
{
    return run->report.signal != 0;
}

static void wait_all(struct run *run)
{
    if (run->waiting > 0 && !is_interrupted(run))
        driver_run(run->driver);
}

static bool is_good(const struct reply *reply)
{
    return probe_answer_is_good(&reply->answer);
}

/* ---- mapping ------------------------------------------------------------- */

static void add_sight(struct finding *finding, const struct rtc_addr *server,
                      const struct reply *reply)
{
    struct probe_seen *seen = &finding->seen;

    if (!is_good(reply) || seen->sight_count == PROBE_SIGHT_MOST)
        return;
    if (seen->sight_count == 0)
        finding->mapped = reply->answer.mapped;
    seen->sights[seen->sight_count++] =
        (struct probe_sight){*server, reply->answer.mapped};
}

static void tell_server(struct run *run, const struct probe_server *server,
                        const struct reply *reply)
{
    const struct rtc_addr *other = &reply->answer.other;
    struct probe_group *group =
        probe_add_group(&run->report.result, &kind_server, server->name);

    probe_set_addr(group, "address", &server->addr);
    probe_set_addr(group, "mappedAddress",
                   is_good(reply) ? &reply->answer.mapped : NULL);
    probe_set_addr(group, "otherAddress", is_good(reply) ? other : NULL);
}

/* Whether it has a second IP address to answer from. */
static bool is_full(const struct probe_server *server,
                    const struct reply *reply)
{
    const struct rtc_addr *other = &reply->answer.other;

    return is_good(reply) && other->family == server->addr.family &&
           !sockaddr_same_ip(other, &server->addr) &&
           other->port != server->addr.port;
}

/* Of that family, and by the way that the port is on. */
static bool is_for(const struct probe_server *server, int family,
                   const struct probe_port *port)
{
    char text[RTC_ADDR_TEXT];

    if (server->addr.family != family)
        return false;
    if (sockaddr_same_ip(&server->local, probe_port_addr(port)))
        return true;
    warn("%s is not compared: packets to it leave from %s", server->name,
         rtc_addr_write(&server->local, text));
    return false;
}

/* Asks all servers of a family from one port. */
static void ask_servers(struct run *run, struct probe_port *port, int family,
                        struct finding *finding)
{
    struct reply replies[2 * PROBE_SERVER_MOST] = {0};
    char why[PROBE_TROUBLE_LEN];

    for (unsigned i = 0; i < run->servers.count; i++)
        if (is_for(&run->servers.items[i], family, port))
            ask(run, port, &run->servers.items[i].addr, 0, &replies[i]);
    wait_all(run);
    finding->is_heard = probe_port_is_heard(port);
    for (unsigned i = 0; i < run->servers.count; i++) {
        const struct probe_server *server = &run->servers.items[i];

        if (!replies[i].run) /* not asked */
            continue;
        finding->asked++;
        finding->answered += is_good(&replies[i]);
        add_sight(finding, &server->addr, &replies[i]);
        tell_server(run, server, &replies[i]);
        if (!is_good(&replies[i]) && !is_interrupted(run))
            warn("%s %s", server->name,
                 probe_answer_trouble(&replies[i].answer, why));
        if (!finding->seer && is_good(&replies[i]))
            finding->seer = server;
        if (!finding->full && is_full(server, &replies[i])) {
            finding->full = server;
            finding->other = replies[i].answer.other;
        }
    }
}

/* Its second address, by both of its ports. Whether it is alive. */
static bool ask_other(struct run *run, struct probe_port *port,
                      struct finding *finding)
{
    struct rtc_addr addrs[2] = {finding->other, finding->other};
    struct reply replies[2];

    addrs[0].port = finding->full->addr.port;
    for (int i = 0; i < 2; i++)
        ask(run, port, &addrs[i], 0, &replies[i]);
    wait_all(run);
    for (int i = 0; i < 2; i++)
        add_sight(finding, &addrs[i], &replies[i]);
    if (is_good(&replies[0]) || is_good(&replies[1]))
        return true;
    if (is_interrupted(run))
        return false;
    warn("%s: its other address does not answer, so whom the NAT lets in "
         "cannot be told",
         finding->full->name);
    return false;
}

/* ---- filtering ----------------------------------------------------------- */

/* Whether an answer of another origin gets to a port that only ever sent to the
 * server's first address. */
static enum probe_tried
try_change(struct run *run, const struct finding *finding, uint32_t change)
{
    const struct rtc_addr *server = &finding->full->addr;
    struct probe_port *port = open_port(run, &finding->full->local);
    struct reply opened, reply;
    bool is_other;

    ask(run, port, server, 0, &opened);
    wait_all(run);
    ask(run, port, server, change, &reply);
    wait_all(run);
    probe_port_free(port);
    if (is_interrupted(run) || !is_good(&opened) ||
        (reply.answer.is_answered && reply.answer.error_code))
        return PROBE_UNTRIED;
    if (!reply.answer.is_answered)
        return PROBE_NO;
    is_other = change & PROBE_CHANGE_IP
                   ? !sockaddr_same_ip(&reply.answer.from, server)
                   : reply.answer.from.port != server->port;
    return is_other ? PROBE_YES : PROBE_UNTRIED; /* It did not do as asked. */
}

/* ---- hairpinning --------------------------------------------------------- */

/* Two ports of ours send to each other's public address, as two hosts behind
 * one NAT would. */
static enum probe_tried try_hairpin(struct run *run,
                                    const struct probe_server *server)
{
    struct probe_port *ports[2] = {open_port(run, &server->local),
                                   open_port(run, &server->local)};
    struct reply replies[2];
    enum probe_tried result = PROBE_UNTRIED;

    for (int i = 0; i < 2; i++)
        ask(run, ports[i], &server->addr, 0, &replies[i]);
    wait_all(run);
    if (is_good(&replies[0]) && is_good(&replies[1])) {
        struct rtc_addr mapped[2] = {replies[0].answer.mapped,
                                     replies[1].answer.mapped};

        for (int i = 0; i < 2; i++)
            ask(run, ports[i], &mapped[!i], 0, &replies[i]);
        wait_all(run);
        if (probe_port_reached(ports[0]) || probe_port_reached(ports[1]))
            result = PROBE_YES;
        else if (!is_interrupted(run))
            result = PROBE_NO;
    }
    for (int i = 0; i < 2; i++)
        probe_port_free(ports[i]);
    return result;
}

/* ---- lifetime ------------------------------------------------------------ */

static void find_lifetime(struct run *run, const struct probe_server *server,
                          struct finding *finding)
{
    const struct probe_lifetime_terms terms = {
        .driver = run->driver,
        .impair = run->impair,
        .server = server->addr,
        .local = server->local,
        .retry = retry_of(run),
        .most = run->options.lifetime_most,
        .signal = &run->report.signal,
    };
    const char *why = probe_lifetime_find(&terms, &finding->lifetime);

    if (why)
        warn("%s: how long an idle port stays reachable cannot be told: %s",
             server->name, why);
}

static void tell_lifetime(struct run *run, const char *family,
                          struct probe_group *group,
                          const struct probe_lifetime *lifetime)
{
    probe_set_time(group, "lifetimeKept", lifetime->kept);
    probe_set_time(group, "lifetimeGone", lifetime->gone);
    if (lifetime->kept < 0 || is_interrupted(run))
        return;
    if (lifetime->gone < 0)
        probe_add_verdict(&run->report.result,
                          "%s: a port that idles can still be reached after "
                          "%.3g seconds.",
                          family, (double)lifetime->kept / 1e6);
    else
        probe_add_verdict(&run->report.result,
                          "%s: a port that idles can be reached for %.3g "
                          "seconds, and no more after %.3g.",
                          family, (double)lifetime->kept / 1e6,
                          (double)lifetime->gone / 1e6);
}

/* ---- a family ------------------------------------------------------------ */

/* And who cannot see all of the way to the Internet. */
static void tell_meaning(struct run *run, const char *family,
                         const struct finding *finding)
{
    const struct probe_server *seer = finding->seer;
    const char *note = probe_place_note(&seer->addr, &finding->mapped);

    probe_add_verdict(
        &run->report.result, "%s: %s", family,
        probe_mapping_meaning(probe_mapping_of(&finding->seen),
                              probe_filtering_of(&finding->seen)));
    if (note)
        probe_add_verdict(&run->report.result, "%s: %s", seer->name, note);
}

static void tell_family(struct run *run, int family,
                        const struct finding *finding)
{
    enum probe_mapping mapping = probe_mapping_of(&finding->seen);
    enum probe_filtering filtering = probe_filtering_of(&finding->seen);
    char name[8];
    struct probe_group *group;
    bool any = finding->answered > 0;

    snprintf(name, sizeof name, "IPv%d", family);
    group = probe_add_group(&run->report.result, &kind_family, name);
    probe_set_text(group, "mapping", probe_mapping_name(mapping));
    probe_set_text(group, "filtering", probe_filtering_name(filtering));
    probe_set(group, "hairpinning", PROBE_FLAG,
              finding->hairpin == PROBE_UNTRIED
                  ? NAN
                  : finding->hairpin == PROBE_YES);
    probe_set(group, "portKept", PROBE_FLAG,
              any ? finding->mapped.port == finding->seen.local.port : NAN);
    probe_set_addr(group, "localAddress", &finding->seen.local);
    probe_set_addr(group, "mappedAddress", any ? &finding->mapped : NULL);
    probe_set(group, "serversAsked", PROBE_COUNT, finding->asked);
    probe_set(group, "serversAnswered", PROBE_COUNT, finding->answered);
    if (run->options.lifetime)
        tell_lifetime(run, name, group, &finding->lifetime);
    if (any)
        tell_meaning(run, name, finding);
    else if (finding->is_heard)
        probe_add_verdict(&run->report.result,
                          "%s: answers come over UDP, but tell nothing: the "
                          "servers are no STUN servers, or not for us.",
                          name);
    else if (!is_interrupted(run))
        probe_add_verdict(&run->report.result,
                          "%s: no answer over UDP. If the servers are alive, "
                          "UDP is blocked: only TURN over TCP or TLS can help.",
                          name);
}

static void check_requirement(struct run *run, int family,
                              const struct finding *finding)
{
    int wanted = run->options.require_mapping;
    int found = (int)probe_mapping_of(&finding->seen);

    if (wanted == 0)
        return;
    if (found == PROBE_MAPPING_UNKNOWN)
        probe_add_threshold(&run->report.result, "require-mapping", false,
                            "%s wanted, IPv%d's is not known", mappings[wanted],
                            family);
    else
        probe_add_threshold(&run->report.result, "require-mapping",
                            found <= wanted, "%s wanted, IPv%d's is %s",
                            mappings[wanted], family,
                            probe_mapping_name((enum probe_mapping)found));
}

/* The first server of the family, or NULL. */
static const struct probe_server *first_of(const struct run *run, int family)
{
    for (unsigned i = 0; i < run->servers.count; i++)
        if (run->servers.items[i].addr.family == family)
            return &run->servers.items[i];
    return NULL;
}

/* Whether any server answered. */
static bool test_family(struct run *run, int family)
{
    const struct probe_server *first = first_of(run, family);
    struct finding finding = {.lifetime = {-1, -1}};
    struct probe_port *port;

    if (!first || is_interrupted(run))
        return false;
    port = open_port(run, &first->local);
    finding.seen.local = *probe_port_addr(port);
    ask_servers(run, port, family, &finding);
    if (finding.full && ask_other(run, port, &finding)) {
        finding.seen.from_address =
            try_change(run, &finding, PROBE_CHANGE_IP | PROBE_CHANGE_PORT);
        finding.seen.from_port = try_change(run, &finding, PROBE_CHANGE_PORT);
    }
    probe_port_free(port);
    if (finding.answered > 0 &&
        probe_mapping_of(&finding.seen) != PROBE_MAPPING_NONE)
        finding.hairpin = try_hairpin(run, finding.full ? finding.full : first);
    if (finding.answered > 0 && run->options.lifetime)
        find_lifetime(run, finding.full ? finding.full : first, &finding);
    tell_family(run, family, &finding);
    if (finding.answered > 0)
        check_requirement(run, family, &finding);
    return finding.answered > 0;
}

/* ---- wiring -------------------------------------------------------------- */

static void on_found(void *user)
{
    struct run *run = user;

    run->is_found = true;
    driver_stop(run->driver);
}

/* What is known by then is told. */
static void on_signal(void *user, int number)
{
    struct run *run = user;

    run->report.signal = number;
    driver_stop(run->driver);
}

void probe_nat(int argc, char **argv)
{
    static struct run run = {
        .options = {.timeout = 2000000, .lifetime_most = 300000000}};
    int first = cli_parse(&tool, &run.options, argc, argv);
    bool any;

    probe_report_begin(&run.report, "nat", &run.options.report);
    run.driver = driver_new();
    if (!run.driver)
        die(RTC_EXIT_INTERNAL, "out of memory");
    probe_signals_watch(&run.signals, run.driver, on_signal, &run);
    run.impair = probe_impair_new(run.driver, run.options.impair);
    run.servers.driver = run.driver;
    run.servers.report = &run.report;
    run.servers.family = run.options.family;
    probe_report_event(&run.report, "start", NULL);
    probe_servers_find(&run.servers, argv + first, argc - first, on_found,
                       &run);
    if (!run.is_found)
        driver_run(run.driver);
    any = test_family(&run, 4);
    any |= test_family(&run, 6);
    probe_impair_end(run.impair, run.options.impair, &run.report.result);
    probe_signals_done(&run.signals);
    driver_free(run.driver);
    if (!any)
        probe_report_fail(&run.report, RTC_EXIT_NOTHING,
                          "no server gave an address");
    probe_report_exit(&run.report);
}
