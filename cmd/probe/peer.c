/* SPDX-License-Identifier: MIT
 *
 * rtc-probe peer: measures the path between two of itself, in packets of media
 * or over data channels. The one that offers is told by its options what to
 * measure, and reports; the other one serves it, once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/file.h"
#include "cmd/meet.h"
#include "cmd/probe/impaired.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/peer_options.h"
#include "cmd/probe/peer_report.h"
#include "cmd/probe/probe.h"

/* Of a datagram: for headers, their extensions, and a relay's. */
#define HEADROOM 200
#define MESSAGE_LEN 16384
#define DATAGRAM_LEN 1000
/* Messages a second, at least: fewer would be no rate. */
#define RATE_LEAST 50

static const struct cli_tool tool = {
    .name = "rtc-probe peer",
    .operands = "",
    .summary = "Measure the path to another rtc-probe.",
    .options = peer_option_rows,
};

struct peer {
    struct peer_options options;
    struct probe_report report;
    struct peer_run run;
    struct driver *driver;
    struct impair *impair;
    struct probe_signals signals;
    bool is_standard; /* descriptions go over our stdin and stdout */
    int output;       /* the report's file, or -1 */
    bool is_redirected, is_over;
};

/* ---- where the report goes ----------------------------------------------- */

/* Before the two meet, so that one that cannot be written wastes no time. */
static void open_output(struct peer *peer)
{
    const char *name = peer->options.output;

    peer->output = name ? file_open_write(name, true) : -1;
    if (name && peer->output < 0)
        die(RTC_EXIT_OUTPUT, "%s: %s", name, strerror(errno));
}

/* From now on stdout is the report's: nobody reads it, or FILE does. */
static void redirect(struct peer *peer)
{
    if (peer->is_redirected)
        return;
    peer->is_redirected = true;
    if (peer->output < 0) {
        if (peer->is_standard)
            file_close_standard(STDOUT_FILENO);
        return;
    }
    if (dup2(peer->output, STDOUT_FILENO) < 0)
        die(RTC_EXIT_OUTPUT, "%s: %s", peer->options.output, strerror(errno));
    close(peer->output);
}

static void on_die(void *user, enum rtc_exit status, const char *sentence)
{
    struct peer *peer = user;

    endpoint_die(&peer->run.end);
    redirect(peer);
    probe_report_die(&peer->report, status, sentence);
}

/* ---- what happens -------------------------------------------------------- */

static void on_begun(struct peer_run *run)
{
    redirect(run->user);
}

static void on_interval(struct peer_run *run, unsigned index)
{
    struct peer *peer = run->user;

    peer_report_interval(run, &peer->report, index);
}

static void on_over(struct peer_run *run)
{
    struct peer *peer = run->user;

    peer->is_over = true;
    driver_stop(peer->driver);
}

/* What was measured so far is told; a second one does not wait. */
static void on_signal(void *user, int number)
{
    struct peer *peer = user;

    if (peer->report.signal)
        endpoint_end(&peer->run.end, RTC_EXIT_DONE, false);
    peer->report.signal = number;
    peer_run_finish(&peer->run);
}

/* ---- the command line ---------------------------------------------------- */

static void check(struct peer *peer)
{
    struct peer_options *o = &peer->options;
    bool leads;

    if (!o->end.signal)
        die_usage("say how to meet the other end: --signal COMMAND, or "
                  "--signal -");
    peer->is_standard = !strcmp(o->end.signal, "-");
    leads = !peer->is_standard || o->end.role == ROLE_OFFER;
    meet_check(&o->end, peer->is_standard ? ROLE_ANSWER : ROLE_OFFER, false,
               false);
    if (peer->is_standard && !o->output && (leads || o->report.form))
        die_usage("--signal - writes descriptions to stdout: name the report "
                  "by -o FILE");
    if (!o->data && (o->unordered || o->max_retransmits >= 0))
        die_usage("--unordered and --max-retransmits go with --data");
    peer->run.leads = leads;
}

static int64_t default_length(const struct peer_options *o)
{
    int64_t most =
        o->unordered || o->max_retransmits >= 0 ? DATAGRAM_LEN : MESSAGE_LEN;
    int64_t by_rate = o->bitrate / 8 / RATE_LEAST;

    if (!o->data)
        return o->end.mtu - HEADROOM;
    if (o->bitrate <= 0 || by_rate > most)
        return most;
    return by_rate < PEER_LENGTH_LEAST ? PEER_LENGTH_LEAST : by_rate;
}

static void set_parameters(struct peer *peer)
{
    const struct peer_options *o = &peer->options;
    struct peer_parameters *p = &peer->run.parameters;

    *p = (struct peer_parameters){
        .mode = o->data ? PEER_DATA : PEER_MEDIA,
        .up = o->way != PEER_WAY_RECEIVE,
        .down = o->way != PEER_WAY_SEND,
        .time_us = o->time,
        .interval_us = o->interval,
        .bitrate_bps = o->bitrate >= 0 ? o->bitrate
                       : o->data       ? 0
                                       : 2000000,
        .streams = (unsigned)o->streams,
        .length = (size_t)(o->length >= 0 ? o->length : default_length(o)),
    };
    driver_random(NULL, &p->run, sizeof p->run);
    if (p->mode == PEER_MEDIA && (int64_t)p->length > o->end.mtu - HEADROOM / 2)
        die_usage("--length %zu does not fit --mtu %lld, of which %d bytes are "
                  "for headers",
                  p->length, (long long)o->end.mtu, HEADROOM / 2);
    peer->run.delivery = (struct peer_delivery){
        .unordered = o->unordered, .max_retransmits = (int)o->max_retransmits};
}

static void start(struct peer *peer)
{
    peer->driver = driver_new();
    if (!peer->driver)
        die(RTC_EXIT_INTERNAL, "no event loop: %s", strerror(errno));
    probe_signals_watch(&peer->signals, peer->driver, on_signal, peer);
    peer->impair = probe_impair_new(peer->driver, peer->options.impair);
    driver_impair(peer->driver, peer->impair);
    if (!peer->is_standard) {
        redirect(peer);
        probe_report_event(&peer->report, "start", NULL);
    }
    peer->run.user = peer;
    peer->run.calls = (struct peer_calls){
        .begun = on_begun, .interval = on_interval, .over = on_over};
    peer_run_start(&peer->run, &tool, &peer->options.end, peer->driver);
}

void probe_peer(int argc, char **argv)
{
    static struct peer peer = {.options = {.end = ENDPOINT_DEFAULTS,
                                           .limits = PROBE_LIMITS_NONE,
                                           .time = 10000000,
                                           .interval = 1000000,
                                           .bitrate = -1,
                                           .streams = 1,
                                           .length = -1,
                                           .max_retransmits = -1}};
    const struct endpoint *end = &peer.run.end;

    cli_parse(&tool, &peer.options, argc, argv);
    check(&peer);
    set_parameters(&peer);
    peer.options.end.interval = 0; /* The run has its own. */
    probe_report_begin(&peer.report, "peer", &peer.options.report);
    cli_on_die(on_die, &peer);
    open_output(&peer);
    start(&peer);
    if (!peer.is_over)
        driver_run(peer.driver);
    redirect(&peer);
    if (end->status)
        probe_report_fail(&peer.report, end->status, "%s", end->error);
    peer_report_result(&peer.run, &peer.report, &peer.options.limits);
    peer_run_done(&peer.run); /* A command may have failed. */
    if (end->status)
        probe_report_fail(&peer.report, end->status, "%s", end->error);
    probe_impair_end(peer.impair, peer.options.impair, &peer.report.result);
    probe_signals_done(&peer.signals);
    driver_free(peer.driver);
    probe_report_exit(&peer.report);
}
