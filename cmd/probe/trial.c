/* SPDX-License-Identifier: MIT
 *
 * One step after another, each of them driver_run until it is over.
 *
 * Data comes back by the shortest way that works: the relay is made its own
 * peer, so that what it sends arrives at itself. A server that forbids that, or
 * whose network does not carry it, gets a UDP socket of ours for a peer. That
 * sends first, which opens the NATs in front of it and tells us its address.
 */
#include "cmd/probe/trial.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/probe/outside.h"
#include "cmd/sockaddr.h"

#define PING_LEN 100  /* as audio has it */
#define LOAD_LEN 1100 /* as video has it */
#define TRY_US 50000  /* between the first ones, until one is back */

static const struct probe_kind kind_server = {"server", "servers"};

void probe_trial_fail(struct probe_trial *trial, enum rtc_exit status,
                      enum probe_phase phase, const char *format, ...)
{
    va_list args;

    if (trial->failure.status)
        return;
    trial->failure.status = status;
    trial->failure.phase = phase;
    va_start(args, format);
    vsnprintf(trial->failure.why, sizeof trial->failure.why, format, args);
    va_end(args);
}

static bool is_over(const struct probe_trial *trial)
{
    return *trial->setup->is_over;
}

/* The relay's failure is ours. False, for what returns it. */
static bool give_up(struct probe_trial *trial)
{
    if (!trial->failure.status)
        trial->failure = *probe_relay_failure(trial->relay);
    return false;
}

static void tell_phase(struct probe_trial *trial, enum probe_phase phase)
{
    struct probe_group group;
    char line[SERVER_TEXT_LEN + 40];

    snprintf(line, sizeof line, "%s: %s", trial->name, probe_phase_name(phase));
    cli_progress(line);
    if (trial->setup->report->form != PROBE_JSONL ||
        trial->facts.times[phase] < 0)
        return;
    probe_group_init(&group, &kind_server, trial->name);
    probe_set_text(&group, "phase", probe_phase_name(phase));
    probe_set_time(&group, "time", trial->facts.times[phase]);
    probe_report_event(trial->setup->report, "phase", &group);
}

/* ---- datagrams ----------------------------------------------------------- */

/* A single one that came back, where events are wanted. */
static void tell_response(struct probe_trial *trial)
{
    const struct probe_flow *flow = trial->flow;
    struct probe_group group;

    if (trial->setup->report->form != PROBE_JSONL || !flow->setup.interval ||
        flow->setup.first_only)
        return;
    probe_group_init(&group, &kind_server, trial->name);
    probe_set_text(&group, "framing",
                   flow == &trial->stages[PROBE_BY_CHANNEL] ? "channel"
                                                            : "indications");
    probe_set_time(&group, "rtt", flow->echo.series.last);
    probe_report_event(trial->setup->report, "response", &group);
}

static bool receive(struct probe_trial *trial, const uint8_t *data, size_t len)
{
    if (!trial->flow || !probe_flow_receive(trial->flow, data, len))
        return false;
    tell_response(trial);
    return true;
}

/* From the relay. Who sent it is how it is seen there. */
static void on_data(void *user, const struct rtc_addr *peer,
                    const uint8_t *data, size_t len)
{
    struct probe_trial *trial = user;

    if (receive(trial, data, len))
        trial->seen = *peer;
}

static void on_outside(void *user, const uint8_t *data, size_t len)
{
    receive(user, data, len);
}

static bool send_by_relay(void *user, const uint8_t *data, size_t len)
{
    struct probe_trial *trial = user;

    return probe_relay_send(trial->relay, &trial->peer, data, len);
}

static bool send_from_outside(void *user, const uint8_t *data, size_t len)
{
    struct probe_trial *trial = user;

    return probe_outside_send(trial->outside, data, len);
}

/* Runs it. False: the relay failed, or it is over. */
static bool run_flow(struct probe_trial *trial, struct probe_flow *flow,
                     struct probe_flow_setup *setup)
{
    if (is_over(trial)) /* It was told as the last step ended well. */
        return false;
    setup->driver = trial->setup->driver;
    setup->user = trial;
    trial->flow = flow;
    probe_flow_run(flow, setup);
    trial->flow = NULL;
    if (probe_relay_failure(trial->relay)->status)
        return give_up(trial);
    return !is_over(trial);
}

/* Whether one of a few datagrams comes through within the time of a step; its
 * round trip. */
static bool try_flow(struct probe_trial *trial,
                     bool (*send)(void *user, const uint8_t *data, size_t len),
                     rtc_usec *ret_took)
{
    rtc_usec half = trial->setup->timeout / 2;
    struct probe_flow_setup setup = {
        .len = PING_LEN,
        .count = (uint32_t)(half / TRY_US) + 1,
        .interval = TRY_US,
        .timeout = half,
        .first_only = true,
        .send = send,
    };
    struct probe_flow flow = {0};
    bool came = run_flow(trial, &flow, &setup) && flow.echo.series.received > 0;

    *ret_took = flow.last_at - flow.begun;
    probe_flow_done(&flow);
    return came;
}

/* ---- a way back ---------------------------------------------------------- */

/* A permission: 0, a code, or -1. */
static int permit(struct probe_trial *trial, const struct rtc_addr *peer)
{
    int code = probe_relay_permit(trial->relay, peer);

    if (code == 0 && trial->facts.times[PROBE_PERMISSION] < 0) {
        rtc_usec took =
            probe_relay_facts(trial->relay)->times[PROBE_PERMISSION];

        trial->facts.times[PROBE_PERMISSION] = took;
        tell_phase(trial, PROBE_PERMISSION);
    }
    return code;
}

static bool take_way(struct probe_trial *trial, enum probe_way way,
                     rtc_usec took)
{
    trial->way = way;
    trial->facts.times[PROBE_DATA] = took;
    tell_phase(trial, PROBE_DATA);
    return true;
}

static bool try_self(struct probe_trial *trial)
{
    rtc_usec took;
    int code;

    trial->peer = trial->facts.relayed[0].family ? trial->facts.relayed[0]
                                                 : trial->facts.relayed[1];
    code = permit(trial, &trial->peer);
    if (code < 0)
        return give_up(trial);
    trial->self_code = (unsigned)code;
    if (code > 0)
        return false;
    if (try_flow(trial, send_by_relay, &took))
        return take_way(trial, PROBE_WAY_SELF, took);
    trial->is_self_silent = true;
    return false;
}

/* Neither way is allowed. */
static bool fail_refused(struct probe_trial *trial, unsigned code)
{
    const struct rtc_addr *relayed = &trial->peer;
    bool on_loopback = relayed->family == 4 && relayed->ip[0] == 127;
    char why[PROBE_REFUSAL_LEN];

    probe_relay_refusal(trial->relay, code, why);
    probe_trial_fail(trial, RTC_EXIT_TURN, PROBE_PERMISSION,
                     "the server relays neither to itself nor to us: %s%s", why,
                     on_loopback ? "; for peers on loopback, coturn needs "
                                   "--allow-loopback-peers"
                                 : "");
    trial->failure.code = code;
    return false;
}

static bool fail_silent(struct probe_trial *trial)
{
    char why[PROBE_REFUSAL_LEN] = "";

    if (trial->self_code)
        probe_relay_refusal(trial->relay, trial->self_code, why);
    probe_trial_fail(trial, RTC_EXIT_NOTHING, PROBE_DATA,
                     "the server allocates, but nothing comes through its "
                     "relay, neither %s%s%s nor from a socket of ours",
                     *why ? "from itself, which it refuses: " : "from itself",
                     *why ? why : "", *why ? "," : "");
    return false;
}

/* Our address as the server sees it. It is permitted already when it is the
 * relay's, too; and of another family it is none that the relay can send to. */
static int permit_outside(struct probe_trial *trial)
{
    const struct rtc_addr *mapped = &trial->facts.mapped;

    if (mapped->family != trial->peer.family ||
        sockaddr_same_ip(mapped, &trial->peer))
        return (int)trial->self_code;
    return permit(trial, mapped);
}

/* From a socket of ours to the relay, and from there to it. Our peer is that
 * socket then. */
static bool pass_outside(struct probe_trial *trial, rtc_usec *ret_took)
{
    trial->outside = probe_outside_new(trial->setup->driver, &trial->peer,
                                       on_outside, trial);
    if (!trial->outside) {
        verbose("no socket towards the relay: %s", strerror(errno));
        return false;
    }
    if (!try_flow(trial, send_from_outside, ret_took))
        return false;
    trial->peer = trial->seen;
    return try_flow(trial, send_by_relay, ret_took);
}

static bool try_outside(struct probe_trial *trial)
{
    rtc_usec took;
    int code = permit_outside(trial);

    if (code < 0)
        return give_up(trial);
    if (code > 0)
        return fail_refused(trial, (unsigned)code);
    if (pass_outside(trial, &took))
        return take_way(trial, PROBE_WAY_OUTSIDE, took);
    if (is_over(trial) || trial->failure.status)
        return false;
    return fail_silent(trial);
}

/* What works within the server may still not work for others. Where we come by
 * another family than that of the relay, the second one is of it, if any is. */
static bool look_outside(struct probe_trial *trial)
{
    const struct rtc_addr *mapped = &trial->facts.mapped;
    const struct rtc_addr *second = &trial->facts.relayed[1];
    bool by_second = mapped->family != trial->peer.family;
    struct rtc_addr peer = trial->peer;
    rtc_usec took;
    int code;

    if (by_second && mapped->family != second->family)
        return true;
    if (by_second)
        trial->peer = *second;
    code = by_second ? permit(trial, mapped) : permit_outside(trial);
    if (code < 0)
        return give_up(trial);
    trial->reached_code = (unsigned)code;
    if (code == 0)
        trial->reached = pass_outside(trial, &took) ? PROBE_YES : PROBE_NO;
    trial->peer = peer;
    return !trial->failure.status && !is_over(trial);
}

static bool find_way(struct probe_trial *trial)
{
    if (try_self(trial))
        return look_outside(trial);
    return !is_over(trial) && !trial->failure.status && try_outside(trial);
}

/* ---- measuring ----------------------------------------------------------- */

static bool ping(struct probe_trial *trial, enum probe_stage stage,
                 enum probe_phase phase)
{
    struct probe_flow_setup setup = {
        .len = PING_LEN,
        .count = trial->setup->count,
        .interval = trial->setup->interval,
        .timeout = trial->setup->timeout,
        .send = send_by_relay,
    };

    if (!run_flow(trial, &trial->stages[stage], &setup))
        return false;
    if (trial->stages[stage].echo.series.received == 0)
        probe_trial_fail(
            trial, RTC_EXIT_NOTHING, phase, "of %u datagrams %s none came back",
            trial->stages[stage].echo.series.sent,
            stage == PROBE_BY_CHANNEL ? "in the channel" : "in indications");
    return !trial->failure.status;
}

static bool bind_channel(struct probe_trial *trial)
{
    int code = probe_relay_bind(trial->relay, &trial->peer);
    char why[PROBE_REFUSAL_LEN];

    if (code < 0)
        return give_up(trial);
    if (code > 0) {
        probe_trial_fail(
            trial, RTC_EXIT_TURN, PROBE_CHANNEL, "%s",
            probe_relay_refusal(trial->relay, (unsigned)code, why));
        trial->failure.code = (unsigned)code;
        return false;
    }
    trial->facts.times[PROBE_CHANNEL] =
        probe_relay_facts(trial->relay)->times[PROBE_CHANNEL];
    tell_phase(trial, PROBE_CHANNEL);
    return true;
}

static bool load(struct probe_trial *trial)
{
    const struct probe_trial_setup *s = trial->setup;
    double count = (double)s->time * (double)s->bitrate_bps / 8e6 / LOAD_LEN;
    struct probe_flow_setup setup = {
        .len = LOAD_LEN,
        .count = s->bitrate_bps && count < PROBE_ECHO_MOST ? (uint32_t)count + 1
                                                           : PROBE_ECHO_MOST,
        .bitrate_bps = s->bitrate_bps,
        .rtt_us = trial->stages[PROBE_BY_CHANNEL].echo.series.most,
        .time = s->time,
        .timeout = s->timeout,
        .send = send_by_relay,
    };

    return s->time == 0 || run_flow(trial, &trial->stages[PROBE_LOAD], &setup);
}

/* ---- the whole ----------------------------------------------------------- */

static bool reach(struct probe_trial *trial)
{
    const struct probe_trial_setup *s = trial->setup;
    const struct probe_relay_setup setup = {
        .driver = s->driver,
        .impair = s->impair,
        .server = trial->server,
        .addr = trial->addr,
        .local = trial->local,
        .trust = s->trust,
        .pins = s->pins,
        .timeout = s->timeout,
        .data = on_data,
        .user = trial,
    };
    rtc_usec resolve = trial->facts.times[PROBE_RESOLVE];
    bool reached;

    trial->relay = probe_relay_new(&setup);
    reached = probe_relay_allocate(trial->relay);
    trial->facts = *probe_relay_facts(trial->relay);
    trial->facts.times[PROBE_RESOLVE] = resolve;
    for (int i = PROBE_RESOLVE; i <= PROBE_ALLOCATE; i++)
        tell_phase(trial, (enum probe_phase)i);
    return reached || give_up(trial);
}

void probe_trial_run(struct probe_trial *trial)
{
    if (trial->failure.status || is_over(trial))
        return;
    if (reach(trial) && find_way(trial) &&
        ping(trial, PROBE_BY_INDICATIONS, PROBE_DATA) && bind_channel(trial) &&
        ping(trial, PROBE_BY_CHANNEL, PROBE_CHANNEL))
        load(trial);
    probe_relay_release(trial->relay, !is_over(trial));
}

void probe_trial_done(struct probe_trial *trial)
{
    for (int i = 0; i < PROBE_STAGE_COUNT; i++)
        probe_flow_done(&trial->stages[i]);
    probe_outside_free(trial->outside);
    probe_relay_free(trial->relay);
    trial->outside = NULL;
    trial->relay = NULL;
}
