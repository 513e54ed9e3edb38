/* SPDX-License-Identifier: MIT
 *
 * One client is told of in full, several as percentiles. Failures that look
 * alike are one line.
 */
#include "cmd/probe/crowd_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/probe/client_report.h"
#include "cmd/url.h"

#define FAILURE_MOST 32

static const struct probe_kind kind_session = {"session", "sessions"};
static const struct probe_kind kind_crowd = {"crowd", "crowds"};
static const struct probe_kind kind_spread = {"measure", "measures"};
static const struct probe_kind kind_failure = {"failure", "failures"};

/* ---- what is known of all ------------------------------------------------ */

struct failure {
    enum rtc_exit status;
    const char *error, *phase;
    unsigned count;
};

/* A number of each client that knows it, sorted. */
struct values {
    double items[CROWD_MOST];
    unsigned count;
};

struct summary {
    struct values connect, keyframe, loss, jitter, rtt, bitrate;
    unsigned measured, failed; /* connected at all; ended with a status */
    int64_t expected, lost, path_lost;
    uint64_t own_drops, late_frames, frames;
    struct failure failures[FAILURE_MOST]; /* the most frequent one first */
    unsigned failure_count;
};

static void add(struct values *values, double value)
{
    if (value >= 0)
        values->items[values->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void sort(struct values *values)
{
    qsort(values->items, values->count, sizeof *values->items, by_value);
}

/* The least value that `share` of them do not exceed; -1: there is none. */
static double percentile(const struct values *values, double share)
{
    unsigned at = (unsigned)ceil(share * values->count);

    return values->count > 0 ? values->items[at > 0 ? at - 1 : 0] : -1;
}

static double sum_of(const struct values *values)
{
    double sum = 0;

    for (unsigned i = 0; i < values->count; i++)
        sum += values->items[i];
    return sum;
}

static void add_failure(struct summary *s, const struct client *client)
{
    const char *error = client_error(client);
    unsigned i = 0;

    while (i < s->failure_count &&
           (s->failures[i].status != client_status(client) ||
            strcmp(s->failures[i].error, error) != 0))
        i++;
    if (i == FAILURE_MOST)
        return;
    if (i == s->failure_count)
        s->failures[s->failure_count++] = (struct failure){
            client_status(client), error, client_failed_phase(client), 0};
    s->failures[i].count++;
}

static int by_count(const void *a, const void *b)
{
    const struct failure *x = a, *y = b;

    return (x->count < y->count) - (x->count > y->count);
}

static void add_client(struct summary *s, const struct client *client)
{
    struct client_numbers n;

    client_numbers(client, &n);
    add(&s->connect, n.connect);
    add(&s->keyframe, n.first_keyframe);
    add(&s->loss, n.loss);
    add(&s->jitter, n.jitter);
    add(&s->rtt, n.rtt);
    add(&s->bitrate, n.bitrate);
    s->expected += n.expected;
    s->lost += n.lost;
    s->path_lost += n.path_lost;
    s->own_drops += client->receive_drops;
    s->measured += client->connected_at != RTC_NEVER;
    if (client->publisher) {
        const struct publisher_counts *counts =
            publisher_counts(client->publisher);

        s->late_frames += counts->late;
        s->frames += counts->frames[RTC_AUDIO] + counts->frames[RTC_VIDEO];
    }
    if (client_status(client)) {
        s->failed++;
        add_failure(s, client);
    }
}

static void summarize(const struct crowd *crowd, struct summary *s)
{
    struct values *all[] = {&s->connect, &s->keyframe, &s->loss,
                            &s->jitter,  &s->rtt,      &s->bitrate};

    for (unsigned i = 0; i < crowd->begun; i++)
        add_client(s, crowd->clients[i]);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sort(all[i]);
    qsort(s->failures, s->failure_count, sizeof *s->failures, by_count);
}

/* ---- groups -------------------------------------------------------------- */

static void add_spread(struct probe_result *result, const char *name,
                       enum probe_unit unit, const struct values *values)
{
    static const struct {
        const char *name;
        double share;
    } columns[] = {{"min", 0},    {"p50", 0.5},  {"p90", 0.9},
                   {"p95", 0.95}, {"p99", 0.99}, {"max", 1}};
    struct probe_group *group = probe_add_group(result, &kind_spread, name);

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        double value = percentile(values, columns[i].share);

        probe_set(group, columns[i].name, unit, value < 0 ? NAN : value);
    }
}

static double loss_of(const struct summary *s)
{
    return s->expected > 0 && s->lost >= 0
               ? (double)s->lost / (double)s->expected
               : NAN;
}

static void add_crowd(const struct crowd *crowd, const struct summary *s,
                      const char *name)
{
    struct probe_group *group =
        probe_add_group(&crowd->report->result, &kind_crowd, name);

    probe_set(group, "sessions", PROBE_COUNT, crowd->begun);
    probe_set(group, "connected", PROBE_COUNT, s->measured);
    probe_set(group, "failed", PROBE_COUNT, s->failed);
    probe_set(group, "bitrate", PROBE_BITRATE,
              s->bitrate.count > 0 ? sum_of(&s->bitrate) : NAN);
    probe_set(group, "packetsExpected", PROBE_COUNT, (double)s->expected);
    probe_set(group, "packetsLost", PROBE_COUNT, (double)s->lost);
    probe_set(group, "loss", PROBE_RATIO, loss_of(s));
}

static void add_spreads(struct probe_result *result, const struct summary *s)
{
    add_spread(result, "connect", PROBE_SECONDS, &s->connect);
    if (s->keyframe.count > 0)
        add_spread(result, "firstKeyframe", PROBE_SECONDS, &s->keyframe);
    add_spread(result, "loss", PROBE_RATIO, &s->loss);
    add_spread(result, "jitter", PROBE_SECONDS, &s->jitter);
    add_spread(result, "rtt", PROBE_SECONDS, &s->rtt);
    add_spread(result, "bitrate", PROBE_BITRATE, &s->bitrate);
}

static void add_failures(struct probe_result *result, const struct summary *s)
{
    for (unsigned i = 0; i < s->failure_count; i++) {
        const struct failure *failure = &s->failures[i];
        struct probe_group *group = probe_add_group(
            result, &kind_failure, exit_name((int)failure->status));

        probe_set(group, "status", PROBE_COUNT, failure->status);
        probe_set(group, "count", PROBE_COUNT, failure->count);
        probe_set_text(group, "phase", failure->phase);
        probe_set_text(group, "message", failure->error);
    }
}

static void add_load(const struct crowd *crowd, const struct summary *s)
{
    struct probe_group *group = load_add(&crowd->load, &crowd->report->result);

    probe_set(group, "framesLate", PROBE_COUNT, (double)s->late_frames);
    probe_set(group, "ownDrops", PROBE_COUNT, (double)s->own_drops);
    probe_set(group, "pathLost", PROBE_COUNT, (double)s->path_lost);
}

/* ---- sentences, thresholds ----------------------------------------------- */

static void judge_load(const struct crowd *crowd, const struct summary *s)
{
    struct probe_result *result = &crowd->report->result;
    bool late = s->frames > 0 && s->late_frames * 100 > s->frames;

    if (s->measured > 0 && (load_is_high(&crowd->load) || late))
        probe_add_verdict(result,
                          "This machine was too busy: loss, jitter and round "
                          "trips may be its own, not the network's.");
    if (s->own_drops > 0 && !crowd->clients[0]->publisher)
        probe_add_verdict(result,
                          "%llu datagrams found our own sockets full; they "
                          "are among those lost.",
                          (unsigned long long)s->own_drops);
    if (crowd->is_cut)
        probe_add_verdict(result, "Not every session ended in time.");
}

static void judge_loss(const struct crowd *crowd, const struct summary *s)
{
    double loss = loss_of(s);

    if (loss >= CLIENT_LOSS_HIGH)
        probe_add_verdict(&crowd->report->result,
                          "Loss is high: %.1f %% of all packets.", 100 * loss);
}

static rtc_usec in_us(double seconds)
{
    return seconds < 0 ? -1 : (rtc_usec)llround(seconds * 1e6);
}

/* The least that a session saw; some may not have come that far. */
static int64_t certificate_days(const struct crowd *crowd)
{
    int64_t least = -1;
    bool any = false;

    for (unsigned i = 0; i < crowd->begun; i++) {
        int64_t days = client_certificate_days(crowd->clients[i]);

        if (!crowd->clients[i]->end.certificate_expires)
            continue;
        if (!any || days < least)
            least = days;
        any = true;
    }
    return least;
}

/* Of several sessions: the loss of all packets, the slowest bitrate, and of the
 * others what 95 % of the sessions keep. */
static void check_limits(const struct crowd *crowd, const struct summary *s,
                         const struct probe_limits *limits)
{
    struct probe_result *result = &crowd->report->result;
    const char *where = crowd->begun > 1 ? "for 95 % of the sessions" : NULL;
    double loss = loss_of(s);

    probe_limit_loss(result, limits,
                     isnan(loss) ? -1 : (int64_t)llround(loss * 1e9), NULL);
    probe_limit_rtt(result, limits, in_us(percentile(&s->rtt, 0.95)), where);
    probe_limit_jitter(result, limits, in_us(percentile(&s->jitter, 0.95)),
                       where);
    probe_limit_connect(result, limits, in_us(percentile(&s->connect, 0.95)),
                        where);
    probe_limit_bitrate(result, limits, (int64_t)percentile(&s->bitrate, 0),
                        crowd->begun > 1 ? "in the slowest session" : NULL);
    probe_limit_tls(result, limits, certificate_days(crowd), NULL);
}

static void check_failed(const struct crowd *crowd, const struct summary *s,
                         int64_t max_failed)
{
    struct probe_result *result = &crowd->report->result;
    double share = crowd->begun > 0 ? (double)s->failed / crowd->begun : 0;

    if (crowd->begun < 2)
        return;
    if (max_failed > 0 || s->failed > 0)
        probe_add_threshold(result, "max-failed",
                            share * 1e9 <= (double)max_failed,
                            "%u of %u sessions failed, %.4g %% allowed",
                            s->failed, crowd->begun, (double)max_failed / 1e7);
}

/* Whether there is anything to judge but failures. */
static bool is_measured(const struct crowd *crowd, const struct summary *s)
{
    if (crowd->options->count == 1)
        return s->measured > 0 && s->failed == 0;
    return s->measured > 0 && (crowd->options->client.end.whip ||
                               s->expected > 0 || s->failed < crowd->begun);
}

/* Nothing was measured, or the only session failed. */
static void fail(const struct crowd *crowd, const struct summary *s)
{
    const struct failure *failure = &s->failures[0];

    if (s->failure_count == 0)
        probe_report_fail(crowd->report, RTC_EXIT_NOTHING,
                          "no session connected before the end");
    else if (failure->phase)
        probe_report_fail(crowd->report, failure->status, "%s: %s",
                          failure->phase, failure->error);
    else
        probe_report_fail(crowd->report, failure->status, "%s", failure->error);
}

void crowd_conclude(const struct crowd *crowd,
                    const struct probe_limits *limits, int64_t max_failed)
{
    const struct endpoint_options *end = &crowd->options->client.end;
    struct probe_result *result = &crowd->report->result;
    struct summary *s = calloc(1, sizeof *s);
    char name[256];

    if (!s)
        die(RTC_EXIT_INTERNAL, "out of memory");
    summarize(crowd, s);
    url_show(end->whip ? end->whip : end->whep, name, sizeof name);
    if (crowd->options->count > 1) {
        add_crowd(crowd, s, name);
        add_spreads(result, s);
        add_failures(result, s);
        judge_loss(crowd, s);
    } else {
        client_measure(crowd->clients[0],
                       probe_add_group(result, &kind_session, name));
        client_conclude(crowd->clients[0], result);
    }
    if (s->measured > 0)
        add_load(crowd, s);
    judge_load(crowd, s);
    if (!is_measured(crowd, s)) {
        fail(crowd, s);
    } else {
        check_limits(crowd, s, limits);
        check_failed(crowd, s, max_failed);
    }
    free(s);
}
