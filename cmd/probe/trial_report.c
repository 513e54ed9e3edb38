/* SPDX-License-Identifier: MIT
 *
 * What a trial found: rows of numbers, and what a person should know.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/certificate.h"
#include "cmd/cli.h"
#include "cmd/probe/pair.h"
#include "cmd/probe/place.h"
#include "cmd/probe/trial.h"
#include "cmd/sockaddr.h"

/* A certificate that ends sooner is worth a word: most are renewed before. */
#define DAYS_LEFT_LEAST 14
/* RFC 8656 7.2 wants ten minutes by default. */
#define LIFETIME_LEAST_US 60000000

static const struct probe_kind kind_server = {"server", "servers"};
static const struct probe_kind kind_echo = {"echo", "echoes"};
static const struct probe_kind kind_load = {"load", "loads"};

static const char *transport_of(const struct server *server)
{
    return probe_transport_name(server->transport);
}

/* People see what goes together, and need no list of what is not known. */
static bool is_for_people(const struct probe_trial *trial)
{
    return trial->setup->report->form == PROBE_TABLE;
}

static void drop_unknown(struct probe_group *group)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < group->count; i++)
        if (group->measures[i].text || !isnan(group->measures[i].value))
            group->measures[kept++] = group->measures[i];
    group->count = kept;
}

/* ---- the server ---------------------------------------------------------- */

static void set_text(struct probe_group *group, const char *name,
                     const char *text)
{
    probe_set_text(group, name, text && *text ? text : NULL);
}

/* Whole days that it is still valid; below 0: it is not, or there is none. */
static int64_t days_left(const struct probe_relay_facts *facts)
{
    return facts->has_certificate
               ? certificate_days(facts->certificate.not_after)
               : -1;
}

static void set_certificate(struct probe_group *group,
                            const struct probe_relay_facts *facts)
{
    const struct tls_certificate *certificate =
        facts->has_certificate ? &facts->certificate : NULL;

    probe_set(group, "certificateDays", PROBE_COUNT,
              certificate ? (double)days_left(facts) : NAN);
    set_text(group, "certificateSubject",
             certificate ? certificate->subject : NULL);
    set_text(group, "certificateIssuer",
             certificate ? certificate->issuer : NULL);
    set_text(group, "certificatePin", certificate ? certificate->pin : NULL);
    set_text(group, "certificateTrouble",
             certificate ? certificate->trouble : NULL);
}

static const char *way_of(const struct probe_trial *trial)
{
    static const char *const names[] = {NULL, "self", "outside"};

    return names[trial->way];
}

/* Whether others get to the relay: 1, 0; -1: not known. Where we came by TCP,
 * UDP may well be blocked here. */
static int64_t reached(const struct probe_trial *trial)
{
    if (trial->way == PROBE_WAY_OUTSIDE || trial->reached == PROBE_YES)
        return 1;
    return trial->reached == PROBE_NO && trial->server->transport == RTC_UDP
               ? 0
               : -1;
}

static void add_server(const struct probe_trial *trial,
                       struct probe_result *result)
{
    const struct probe_relay_facts *facts = &trial->facts;
    struct probe_group *group =
        probe_add_group(result, &kind_server, trial->name);
    bool failed = trial->failure.status != RTC_EXIT_DONE;

    probe_set_addr(group, "address",
                   facts->server.family ? &facts->server : &trial->addr);
    probe_set_text(group, "transport", transport_of(trial->server));
    probe_set_addr(group, "localAddress", &facts->local);
    probe_set_addr(group, "mappedAddress", &facts->mapped);
    probe_set_addr(group, "relayAddress",
                   facts->relayed[0].family ? &facts->relayed[0]
                                            : &facts->relayed[1]);
    probe_set_addr(group, "secondRelayAddress",
                   facts->relayed[0].family ? &facts->relayed[1] : NULL);
    probe_set_time(group, "lifetime", facts->lifetime);
    set_text(group, "software", facts->software);
    probe_set_text(group, "echoedBy", way_of(trial));
    probe_set(group, "reachable", PROBE_FLAG,
              reached(trial) < 0 ? NAN : (double)reached(trial));
    for (int i = PROBE_RESOLVE; i <= PROBE_CHANNEL; i++)
        probe_set_time(group, probe_phase_name((enum probe_phase)i),
                       facts->times[i]);
    set_certificate(group, facts);
    probe_set_text(group, "failedPhase",
                   failed ? probe_phase_name(trial->failure.phase) : NULL);
    probe_set(group, "errorCode", PROBE_COUNT,
              trial->failure.code ? (double)trial->failure.code : NAN);
    if (is_for_people(trial))
        drop_unknown(group);
}

/* ---- echoes -------------------------------------------------------------- */

static void set_flow(struct probe_group *group, const struct probe_flow *flow)
{
    probe_series_measure(&flow->echo.series, group);
    probe_set(group, "duplicates", PROBE_COUNT, flow->echo.duplicates);
    probe_set(group, "overtaken", PROBE_COUNT, flow->echo.overtaken);
    probe_set(group, "damaged", PROBE_COUNT, flow->echo.damaged);
}

static void set_whose(struct probe_group *group,
                      const struct probe_trial *trial)
{
    if (is_for_people(trial))
        return;
    probe_set_text(group, "server", trial->name);
    probe_set_addr(group, "address", &trial->facts.server);
}

static void add_echo(const struct probe_trial *trial, enum probe_stage stage,
                     struct probe_result *result)
{
    static const char *const framings[] = {"indications", "channel"};
    const struct probe_flow *flow = &trial->stages[stage];
    char name[32];
    struct probe_group *group;

    if (!flow->begun)
        return;
    snprintf(name, sizeof name, "%s %s", transport_of(trial->server),
             framings[stage]);
    group = probe_add_group(result, &kind_echo, name);
    set_flow(group, flow);
    set_whose(group, trial);
    if (!is_for_people(trial))
        probe_set_text(group, "framing", framings[stage]);
}

static double bitrate(int64_t bps)
{
    return bps < 0 ? NAN : (double)bps;
}

static void add_load(const struct probe_trial *trial,
                     struct probe_result *result)
{
    const struct probe_flow *flow = &trial->stages[PROBE_LOAD];
    struct probe_group *group;

    if (!flow->begun)
        return;
    group = probe_add_group(result, &kind_load, transport_of(trial->server));
    probe_set_time(group, "time", flow->ended - flow->begun);
    probe_set(group, "sentBitrate", PROBE_BITRATE,
              bitrate(probe_flow_sent_bps(flow)));
    probe_set(group, "bitrate", PROBE_BITRATE,
              bitrate(probe_flow_received_bps(flow)));
    set_flow(group, flow);
    set_whose(group, trial);
}

/* ---- sentences ----------------------------------------------------------- */

static void judge_relay(const struct probe_trial *trial,
                        const struct rtc_addr *relayed,
                        struct probe_result *result)
{
    enum probe_place place = probe_place_of(relayed);
    bool near = probe_place_of(&trial->facts.server) != PROBE_PUBLIC;
    char text[RTC_ADDR_TEXT];

    if (!relayed->family)
        return;
    rtc_addr_write(relayed, text);
    if (sockaddr_same_ip(relayed, &trial->facts.mapped) &&
        place != PROBE_LOOPBACK)
        probe_add_verdict(result,
                          "%s: its relay has the address that we are seen "
                          "with: it is on this machine, or behind the same NAT "
                          "as we.",
                          trial->name);
    if (place == PROBE_LOOPBACK)
        probe_add_verdict(result,
                          "%s: its relay, %s, is on loopback: only the "
                          "server's own machine gets there.",
                          trial->name, text);
    else if (place != PROBE_PUBLIC && near)
        probe_add_verdict(result,
                          "%s: its relay, %s, is of a private network, as the "
                          "server is: nobody outside gets there.",
                          trial->name, text);
    else if (place != PROBE_PUBLIC)
        probe_add_verdict(result,
                          "%s: its relay, %s, is private, and the server is "
                          "not: peers elsewhere get nothing. The server has to "
                          "be told its public address (coturn: external-ip).",
                          trial->name, text);
}

static void judge_families(const struct probe_trial *trial,
                           struct probe_result *result)
{
    const struct rtc_addr *relayed = trial->facts.relayed;

    if (relayed[0].family == 6 && !relayed[1].family)
        probe_add_verdict(result,
                          "%s: it relays IPv6 only: peers that have but IPv4 "
                          "are not reached.",
                          trial->name);
    if (relayed[0].family == 4 && !relayed[1].family &&
        trial->facts.server.family == 6)
        probe_add_verdict(result,
                          "%s: it is reached over IPv6, and relays IPv4 only.",
                          trial->name);
}

static void judge_way(const struct probe_trial *trial,
                      struct probe_result *result)
{
    if (trial->way == PROBE_WAY_OUTSIDE && trial->is_self_silent)
        probe_add_verdict(result,
                          "%s: data reaches peers outside, but not from one of "
                          "its relays to another: two ends that both need this "
                          "server do not get together.",
                          trial->name);
    if (trial->way == PROBE_WAY_OUTSIDE && trial->self_code)
        probe_add_verdict(result,
                          "%s: it refuses (%u) to relay to its own address: "
                          "two ends that both need this server do not get "
                          "together. Measured with a socket of ours as the "
                          "peer.",
                          trial->name, trial->self_code);
}

static void judge_reached(const struct probe_trial *trial,
                          struct probe_result *result)
{
    if (trial->reached_code)
        probe_add_verdict(result,
                          "%s: it refuses (%u) to relay to our address, so "
                          "that it is not known whether others get to its "
                          "relay.",
                          trial->name, trial->reached_code);
    if (trial->reached == PROBE_NO && trial->server->transport == RTC_UDP)
        probe_add_verdict(result,
                          "%s: data goes round within the server, but nothing "
                          "gets there from a socket of ours: a firewall keeps "
                          "the ports of its relays shut (coturn: UDP, 49152 to "
                          "65535), or one here lets out to its own port only.",
                          trial->name);
    else if (trial->reached == PROBE_NO)
        probe_add_verdict(result,
                          "%s: data goes round within the server; that nothing "
                          "gets to its relay from a socket of ours may be due "
                          "to UDP that is blocked here.",
                          trial->name);
}

static void judge_certificate(const struct probe_trial *trial,
                              struct probe_result *result)
{
    const struct tls_certificate *certificate = &trial->facts.certificate;
    int64_t days = days_left(&trial->facts);
    time_t end = (time_t)certificate->not_after;
    struct tm tm = {0};
    char date[16];

    if (!trial->facts.has_certificate)
        return;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&end, &tm));
    if (*certificate->trouble && strcmp(certificate->trouble, "expired") != 0)
        probe_add_verdict(result, "%s: its certificate is not good: %s.",
                          trial->name, certificate->trouble);
    if (days < 0)
        probe_add_verdict(result, "%s: its certificate ended on %s.",
                          trial->name, date);
    else if (days < DAYS_LEFT_LEAST)
        probe_add_verdict(result, "%s: its certificate ends soon, on %s.",
                          trial->name, date);
}

static void judge_data(const struct probe_trial *trial,
                       struct probe_result *result)
{
    unsigned damaged = 0, duplicates = 0;

    for (int i = 0; i < PROBE_STAGE_COUNT; i++) {
        damaged += trial->stages[i].echo.damaged;
        duplicates += trial->stages[i].echo.duplicates;
    }
    if (damaged)
        probe_add_verdict(result, "%s: %u datagrams came back changed.",
                          trial->name, damaged);
    if (duplicates)
        probe_add_verdict(result, "%s: %u datagrams came back more than once.",
                          trial->name, duplicates);
}

static void judge(const struct probe_trial *trial, struct probe_result *result)
{
    const struct probe_relay_facts *facts = &trial->facts;
    char text[RTC_ADDR_TEXT];

    if (facts->redirects)
        probe_add_verdict(result, "%s: it sends us elsewhere, to %s.",
                          trial->name, rtc_addr_write(&facts->server, text));
    judge_certificate(trial, result);
    for (int i = 0; i < 2; i++)
        judge_relay(trial, &facts->relayed[i], result);
    judge_families(trial, result);
    if (facts->lifetime >= 0 && facts->lifetime < LIFETIME_LEAST_US)
        probe_add_verdict(result,
                          "%s: an allocation lasts %.0f s only, unless it is "
                          "refreshed.",
                          trial->name, (double)facts->lifetime / 1e6);
    judge_way(trial, result);
    judge_reached(trial, result);
    judge_data(trial, result);
}

/* ---- thresholds ---------------------------------------------------------- */

static rtc_usec connect_time(const struct probe_relay_facts *facts)
{
    rtc_usec total = 0;

    if (facts->times[PROBE_ALLOCATE] < 0)
        return -1;
    for (int i = PROBE_CONNECT; i <= PROBE_ALLOCATE; i++)
        total += facts->times[i] > 0 ? facts->times[i] : 0;
    return total;
}

static void add_worst(const struct probe_trial *trial,
                      struct probe_worsts *worsts)
{
    const char *name = trial->name;

    for (int i = PROBE_BY_INDICATIONS; i <= PROBE_BY_CHANNEL; i++) {
        const struct probe_series *series = &trial->stages[i].echo.series;

        probe_worst_take(&worsts->loss, probe_series_loss(series), false, name);
        probe_worst_take(&worsts->rtt, probe_series_mean(series), false, name);
        probe_worst_take(&worsts->jitter, probe_series_jitter(series), false,
                         name);
    }
    probe_worst_take(&worsts->connect, connect_time(&trial->facts), false,
                     name);
    probe_worst_take(&worsts->bitrate_bps,
                     probe_flow_received_bps(&trial->stages[PROBE_LOAD]), true,
                     name);
    probe_worst_take(&worsts->reached, reached(trial), true, name);
    if (trial->server->transport == RTC_TLS)
        probe_worst_take(&worsts->tls_days, days_left(&trial->facts), true,
                         name);
}

static void check_reached(const struct probe_worst *reached,
                          struct probe_result *result)
{
    probe_add_threshold(result, "require-reachable", reached->value > 0,
                        "%s at %s",
                        reached->value > 0    ? "reached"
                        : reached->value == 0 ? "not reached"
                                              : "not known",
                        reached->whose);
}

void probe_worsts_check(const struct probe_worsts *worsts,
                        const struct probe_limits *limits,
                        bool require_reachable, struct probe_result *result)
{
    const struct {
        void (*check)(struct probe_result *, const struct probe_limits *,
                      int64_t, const char *);
        const struct probe_worst *worst;
    } rows[] = {
        {probe_limit_loss, &worsts->loss},
        {probe_limit_rtt, &worsts->rtt},
        {probe_limit_jitter, &worsts->jitter},
        {probe_limit_connect, &worsts->connect},
        {probe_limit_bitrate, &worsts->bitrate_bps},
        {probe_limit_tls, &worsts->tls_days},
    };
    char where[PROBE_WHERE_LEN];

    if (!worsts->connect.any)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        rows[i].check(result, limits, probe_worst_value(rows[i].worst),
                      probe_worst_where(rows[i].worst, "at", where));
    if (require_reachable)
        check_reached(&worsts->reached, result);
}

/* ---- the whole ----------------------------------------------------------- */

void probe_trial_report(const struct probe_trial *trial,
                        struct probe_worsts *worsts)
{
    struct probe_report *report = trial->setup->report;
    const struct probe_failure *failure = &trial->failure;

    add_server(trial, &report->result);
    add_echo(trial, PROBE_BY_INDICATIONS, &report->result);
    add_echo(trial, PROBE_BY_CHANNEL, &report->result);
    add_load(trial, &report->result);
    judge(trial, &report->result);
    if (failure->status)
        probe_report_fail(report, failure->status, "%s: %s: %s", trial->name,
                          probe_phase_name(failure->phase), failure->why);
    else
        add_worst(trial, worsts);
}
