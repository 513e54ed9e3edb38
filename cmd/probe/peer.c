/* SPDX-License-Identifier: MIT
 *
 * rtc-probe peer: measures the path between two of itself, in packets of media
 * or over data channels. The one that offers is told by its options what to
 * measure, and reports; the other one serves it, once.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/file.h"
#include "cmd/meet.h"
#include "cmd/options.h"
#include "cmd/probe/impaired.h"
#include "cmd/probe/peer_report.h"
#include "cmd/probe/probe.h"

/* Of a datagram: for headers, their extensions, and a relay's. */
#define HEADROOM 200
#define MESSAGE_LEN 16384
#define DATAGRAM_LEN 1000

enum way { WAY_SEND, WAY_RECEIVE, WAY_BOTH };

struct options {
    struct probe_options report;
    struct endpoint_options end;
    struct probe_limits limits;
    rtc_usec time, interval;
    int64_t bitrate, streams, length; /* -1: by what is measured */
    int way;
    bool data, unordered;
    int64_t max_retransmits;
    const char *output, *impair;
};

#define OFFSET(member) offsetof(struct options, member)

static const struct rtc_option table[] = {
    {.heading = "Meeting the other end",
     .name = "signal",
     .type = OPTION_STRING,
     .argument = "COMMAND",
     .offset = OFFSET(end.signal),
     .help = "run it: our offer in, the answer out; -: ours"},
    {.name = "offer",
     .type = OPTION_SET,
     .least = ROLE_OFFER,
     .offset = OFFSET(end.role),
     .help = "with --signal -: make the offer, and measure"},
    {.name = "answer",
     .type = OPTION_SET,
     .least = ROLE_ANSWER,
     .offset = OFFSET(end.role),
     .help = "with --signal -: answer one, and serve (default)"},
    {.name = "trickle",
     .type = OPTION_FLAG,
     .offset = OFFSET(end.trickle),
     .help = "tell of candidates as they are found"},
    {.name = "connect-timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(end.connect_timeout),
     .help = "give up when no pair works by then (20s)"},
    {.name = "max-time",
     .letter = 'm',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(end.max_time),
     .help = "give up when not connected by then"},
    {.heading = "Measuring",
     .name = "time",
     .letter = 't',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(time),
     .least = 100000,
     .most = 86400000000,
     .help = "for so long (10s)"},
    {.name = "bitrate",
     .letter = 'b',
     .type = OPTION_RATE,
     .argument = "RATE",
     .offset = OFFSET(bitrate),
     .most = 100000000000,
     .help = "of each stream (2M; with --data 0: all that goes)"},
    {.name = "reverse",
     .letter = 'R',
     .type = OPTION_SET,
     .least = WAY_RECEIVE,
     .offset = OFFSET(way),
     .help = "the other end sends"},
    {.name = "bidir",
     .type = OPTION_SET,
     .least = WAY_BOTH,
     .offset = OFFSET(way),
     .help = "both ends send at the same time"},
    {.name = "parallel",
     .letter = 'P',
     .type = OPTION_INTEGER,
     .argument = "N",
     .offset = OFFSET(streams),
     .least = 1,
     .most = PEER_STREAM_MOST,
     .help = "streams at the same time (1)"},
    {.name = "length",
     .letter = 'l',
     .type = OPTION_SIZE,
     .argument = "BYTES",
     .offset = OFFSET(length),
     .least = PEER_LENGTH_LEAST,
     .most = PEER_LENGTH_MOST,
     .help = "of a packet (200 less than --mtu) or message (16k)"},
    {.name = "interval",
     .letter = 'i',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(interval),
     .least = 100000,
     .most = 86400000000,
     .help = "between one line and the next (1s)"},
    {.name = "data",
     .type = OPTION_FLAG,
     .offset = OFFSET(data),
     .help = "messages on data channels in place of media packets"},
    {.name = "unordered",
     .type = OPTION_FLAG,
     .offset = OFFSET(unordered),
     .help = "in any order"},
    {.name = "max-retransmits",
     .type = OPTION_INTEGER,
     .argument = "N",
     .offset = OFFSET(max_retransmits),
     .most = 65535,
     .help = "resent no more often, and then lost"},
    {.name = "network",
     .type = OPTION_ROWS,
     .rows = options_network,
     .offset = OFFSET(end)},
    {.name = "impair",
     .type = OPTION_STRING,
     .argument = "TERMS",
     .offset = OFFSET(impair),
     .help = "behave as on a bad network: loss=2%,delay=50ms,..."},
    {.heading = "Thresholds, for either direction (else exit status 3)",
     .name = "path",
     .type = OPTION_ROWS,
     .rows = probe_limits_path,
     .offset = OFFSET(limits)},
    {.name = "limit-connect",
     .type = OPTION_ROWS,
     .rows = probe_limits_connect,
     .offset = OFFSET(limits)},
    {.name = "limit-bitrate",
     .type = OPTION_ROWS,
     .rows = probe_limits_bitrate,
     .offset = OFFSET(limits)},
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_form,
     .offset = OFFSET(report)},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = OFFSET(output),
     .help = "write the report to it, not to stdout"},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-probe peer",
    .operands = "",
    .summary = "Measure the path to another rtc-probe.",
    .options = table,
    .notes = "Example: rtc-probe peer --signal 'ssh HOST rtc-probe peer "
             "--signal -'",
};

struct peer {
    struct options options;
    struct probe_report report;
    struct peer_run run;
    struct driver *driver;
    struct impair *impair;
    struct driver_watch *signals[2];
    bool is_standard; /* descriptions go over our stdin and stdout */
    bool is_redirected, is_over;
};

/* ---- where the report goes ----------------------------------------------- */

/* From now on stdout is the report's: nobody reads it, or FILE does. */
static void redirect(struct peer *peer)
{
    const char *name = peer->options.output;
    int fd;

    if (peer->is_redirected)
        return;
    peer->is_redirected = true;
    if (!name) {
        if (peer->is_standard)
            file_close_standard(STDOUT_FILENO);
        return;
    }
    fd = file_open_write(name, true);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        die(RTC_EXIT_OUTPUT, "%s: %s", name, strerror(errno));
    close(fd);
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

/* One that is ignored stays so: our commands do not hear the keyboard's. */
static void watch_signals(struct peer *peer)
{
    static const int numbers[] = {SIGINT, SIGTERM};

    for (int i = 0; i < 2; i++) {
        struct sigaction inherited;

        if (sigaction(numbers[i], NULL, &inherited) == 0 &&
            inherited.sa_handler == SIG_IGN)
            continue;
        peer->signals[i] =
            driver_watch_signal(peer->driver, numbers[i], on_signal, peer);
        if (!peer->signals[i])
            die(RTC_EXIT_INTERNAL, "out of memory");
    }
}

/* ---- the command line ---------------------------------------------------- */

static void check(struct peer *peer)
{
    struct options *o = &peer->options;
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

static int64_t default_length(const struct options *o)
{
    if (!o->data)
        return o->end.mtu - HEADROOM;
    return o->unordered || o->max_retransmits >= 0 ? DATAGRAM_LEN : MESSAGE_LEN;
}

static void set_parameters(struct peer *peer)
{
    const struct options *o = &peer->options;
    struct peer_parameters *p = &peer->run.parameters;

    *p = (struct peer_parameters){
        .mode = o->data ? PEER_DATA : PEER_MEDIA,
        .up = o->way != WAY_RECEIVE,
        .down = o->way != WAY_SEND,
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
    watch_signals(peer);
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
    start(&peer);
    if (!peer.is_over)
        driver_run(peer.driver);
    redirect(&peer);
    peer_report_result(&peer.run, &peer.report, &peer.options.limits);
    peer_run_done(&peer.run);
    if (end->status)
        probe_report_fail(&peer.report, end->status, "%s", end->error);
    probe_impair_end(peer.impair, peer.options.impair, &peer.report.result);
    for (int i = 0; i < 2; i++)
        driver_watch_free(peer.signals[i]);
    driver_free(peer.driver);
    probe_report_exit(&peer.report);
}
