/* SPDX-License-Identifier: MIT
 *
 * Puts together what this end counted and what the other one told.
 */
#include "cmd/probe/peer_report.h"

#include <math.h>
#include <stdio.h>

#include "cmd/probe/pair.h"

/* Rows that --json keeps. */
#define KEPT_MOST 10000
/* Overloaded is who works all the time, or is late by so much. */
#define BUSY_PERMILLE 900
#define BUSY_LATE_US 100000
/* Fewer of the packets held back than one in so many need no words. */
#define HELD_PART 100

/* One direction: who sent and who received. */
struct view {
    const char *name;
    const struct peer_sent *sent;
    const struct peer_received *received;
    uint64_t estimate_bps;
    /* It may be compared what was sent with what arrived. */
    const struct peer_sent *total;
};

static const struct probe_kind kind_direction = {"direction", "directions"};
static const struct probe_kind kind_interval = {"direction", "intervals"};

/* ---- intervals ----------------------------------------------------------- */

struct row {
    const char *direction;
    double begin, end; /* seconds */
    double sent_bps, received_bps, jitter, rtt, loss, estimate;
    double lost; /* NaN each: not known */
};

static double bps_of(double bytes, rtc_usec us)
{
    return bytes * 8e6 / (double)us;
}

static double less(uint64_t a, uint64_t b)
{
    return a > b ? (double)(a - b) : 0;
}

static void fill_received(struct row *row, const struct peer_received *before,
                          const struct peer_received *after, rtc_usec us)
{
    double expected = less(after->expected, before->expected);
    double first = less(after->packets, before->packets) -
                   less(after->recovered, before->recovered);
    rtc_usec jitter;

    row->received_bps = bps_of(less(after->bytes, before->bytes), us);
    jitter = peer_jitter_us(before, after);
    row->jitter = jitter < 0 ? NAN : (double)jitter / 1e6;
    row->lost = fmax(expected - first, 0);
    row->loss = expected > 0 ? row->lost / expected : NAN;
}

/* `sender`: the side that sends. */
static struct row row_of(const struct peer_run *run, unsigned index,
                         enum peer_side sender)
{
    rtc_usec us = run->parameters.interval_us;
    struct row row = {.direction = sender == PEER_LOCAL ? "send" : "receive",
                      .begin = (double)(index - 1) * (double)us / 1e6,
                      .end = (double)index * (double)us / 1e6,
                      .sent_bps = NAN,
                      .received_bps = NAN,
                      .jitter = NAN,
                      .rtt = NAN,
                      .loss = NAN,
                      .estimate = NAN,
                      .lost = NAN};
    struct peer_tally before, after;

    if (peer_rows_get(&run->rows, sender, index, &before, &after)) {
        row.sent_bps = bps_of(less(after.sent.bytes, before.sent.bytes), us);
        if (after.estimate_bps)
            row.estimate = (double)after.estimate_bps;
    }
    if (peer_rows_get(&run->rows, !sender, index, &before, &after))
        fill_received(&row, &before.received, &after.received, us);
    if (peer_rows_get(&run->rows, PEER_LOCAL, index, &before, &after) &&
        after.rtt_us >= 0)
        row.rtt = (double)after.rtt_us / 1e6;
    return row;
}

static const char *number(double value, int digits, char buf[32])
{
    if (isnan(value))
        snprintf(buf, 32, "-");
    else
        snprintf(buf, 32, "%.*f", digits, value);
    return buf;
}

static void print_row(const struct row *row)
{
    char interval[64], b[7][32];

    snprintf(interval, sizeof interval, "%.1f-%.1f", row->begin, row->end);
    printf("%-9s %9s  %8s  %8s  %5s  %5s  %6s  %7s  %8s\n", row->direction,
           interval, number(row->sent_bps / 1e6, 3, b[0]),
           number(row->received_bps / 1e6, 3, b[1]), number(row->lost, 0, b[2]),
           number(row->loss * 100, 1, b[3]), number(row->jitter * 1e3, 2, b[4]),
           number(row->rtt * 1e3, 2, b[5]),
           number(row->estimate / 1e6, 3, b[6]));
    fflush(stdout);
}

static void print_head(void)
{
    printf("%-9s %9s  %8s  %8s  %5s  %5s  %6s  %7s  %8s\n"
           "%-9s %9s  %8s  %8s  %5s  %5s  %6s  %7s  %8s\n",
           "direction", "interval", "sent", "received", "lost", "loss",
           "jitter", "rtt", "estimate", "", "s", "Mbit/s", "Mbit/s", "", "%",
           "ms", "ms", "Mbit/s");
}

static void set_row(struct probe_group *group, const struct row *row)
{
    probe_set(group, "begin", PROBE_SECONDS, row->begin);
    probe_set(group, "end", PROBE_SECONDS, row->end);
    probe_set(group, "bitrateSent", PROBE_BITRATE, row->sent_bps);
    probe_set(group, "bitrateReceived", PROBE_BITRATE, row->received_bps);
    probe_set(group, "lost", PROBE_COUNT, row->lost);
    probe_set(group, "loss", PROBE_RATIO, row->loss);
    probe_set(group, "jitter", PROBE_SECONDS, row->jitter);
    probe_set(group, "rtt", PROBE_SECONDS, row->rtt);
    probe_set(group, "estimate", PROBE_BITRATE, row->estimate);
}

static void tell_row(struct probe_report *report, const struct row *row,
                     bool may_keep)
{
    struct probe_group group;

    if (report->form == PROBE_TABLE) {
        print_row(row);
    } else if (report->form == PROBE_JSONL) {
        probe_group_init(&group, &kind_interval, row->direction);
        set_row(&group, row);
        probe_report_event(report, "interval", &group);
    } else if (report->form == PROBE_JSON && may_keep) {
        set_row(
            probe_add_group(&report->result, &kind_interval, row->direction),
            row);
    }
}

void peer_report_interval(struct peer_run *run, struct probe_report *report,
                          unsigned index)
{
    if (index == 1 && report->form == PROBE_TABLE)
        print_head();
    for (int side = PEER_LOCAL; side <= PEER_REMOTE; side++) {
        struct row row = row_of(run, index, (enum peer_side)side);

        if (side == PEER_LOCAL ? peer_run_sends(run) : peer_run_receives(run))
            tell_row(report, &row, index <= KEPT_MOST);
    }
}

/* ---- the result ---------------------------------------------------------- */

static void add_session(struct peer_run *run, struct probe_result *result)
{
    static const struct probe_kind kind = {"session", "sessions"};
    const struct report *report = run->end.report;
    const struct peer_parameters *p = &run->parameters;
    const struct probe_series *rtt = &run->ping.total;
    struct probe_group *group = probe_add_group(
        result, &kind, run->parameters.mode == PEER_MEDIA ? "media" : "data");
    struct rtc_stats stats = {0};

    rtc_peer_stats(run->end.peer, &stats);
    probe_set_time(group, "time", p->time_us);
    probe_set(group, "bitrate", PROBE_BITRATE,
              p->bitrate_bps ? (double)p->bitrate_bps : NAN);
    probe_set(group, "streams", PROBE_COUNT, p->streams);
    probe_set(group, "length", PROBE_BYTES, (double)p->length);
    probe_set_time(group, "gather", report_phase_at(report, REPORT_GATHER));
    probe_set_time(group, "ice", report_phase_at(report, REPORT_ICE));
    probe_set_time(group, "dtls", report_phase_at(report, REPORT_DTLS));
    probe_set_time(group, "connect", report_phase_at(report, REPORT_DTLS));
    probe_pair_measure(&stats, probe_relay_transport(run->end.peer, &stats),
                       group);
    probe_set_text(group, "remoteVersion",
                   *run->remote_version ? run->remote_version : NULL);
    probe_set(group, "rttSamples", PROBE_COUNT, rtt->received);
    probe_set_time(group, "rttMin", rtt->received ? rtt->least : -1);
    probe_set_time(group, "rttAvg", probe_series_mean(rtt));
    probe_set_time(group, "rttMax", rtt->received ? rtt->most : -1);
}

/* The other end may tell what it likes. */
static double ratio(uint64_t part, const struct view *view)
{
    uint64_t of = view->total ? view->total->packets : view->received->expected;

    return of ? fmin((double)part / (double)of, 1) : NAN;
}

static double known(double value)
{
    return value < 0 ? NAN : value;
}

static void add_direction(struct peer_run *run, const struct view *view,
                          struct probe_result *result)
{
    struct probe_group *group =
        probe_add_group(result, &kind_direction, view->name);
    const struct peer_received *received = view->received;
    uint64_t lost = peer_lost(received, view->total);
    uint64_t missing = peer_missing(received, view->total);
    bool is_media = run->parameters.mode == PEER_MEDIA;

    probe_set(group, "bitrateSent", PROBE_BITRATE,
              known(peer_sent_bps(view->sent)));
    probe_set(group, "bitrateReceived", PROBE_BITRATE,
              known(peer_received_bps(received, view->total)));
    probe_set(group, "bytesSent", PROBE_BYTES, (double)view->sent->bytes);
    probe_set(group, "bytesReceived", PROBE_BYTES, (double)received->bytes);
    probe_set(group, "packetsSent", PROBE_COUNT, (double)view->sent->packets);
    probe_set(group, "packetsReceived", PROBE_COUNT, (double)received->packets);
    probe_set(group, "lost", PROBE_COUNT, (double)lost);
    probe_set(group, "loss", PROBE_RATIO, ratio(lost, view));
    probe_set(group, "recovered", PROBE_COUNT, (double)received->recovered);
    probe_set(group, "missing", PROBE_COUNT, (double)missing);
    probe_set(group, "reordered", PROBE_COUNT, (double)received->reordered);
    probe_set(group, "duplicates", PROBE_COUNT,
              is_media ? (double)received->duplicates : NAN);
    probe_set_time(group, "jitter", peer_jitter_us(NULL, received));
    probe_set(group, "estimate", PROBE_BITRATE,
              view->estimate_bps ? (double)view->estimate_bps : NAN);
    probe_set(group, "heldBack", PROBE_COUNT, (double)view->sent->held);
    probe_set(group, "sentLate", PROBE_COUNT, (double)view->sent->late);
    if (view->sent->held * HELD_PART > view->sent->packets)
        probe_add_verdict(
            result,
            "%s: %llu packets that were due were held back, as %s did not "
            "take them.",
            view->name, (unsigned long long)view->sent->held,
            is_media ? "congestion control" : "the channels");
}

/* Each of several streams; a sum would hide one that starves. */
static void add_streams(const struct peer_run *run, const struct view *view,
                        struct probe_result *result)
{
    static const struct probe_kind kind = {"stream", "streams"};
    const struct peer_received *received = view->received;
    double bps = known(peer_received_bps(received, view->total));

    for (unsigned i = 0; i < run->parameters.streams; i++) {
        double packets = (double)received->streams[i];
        struct probe_group *group;
        char name[32];

        snprintf(name, sizeof name, "%s %u", view->name, i + 1);
        group = probe_add_group(result, &kind, name);
        probe_set(group, "bitrateReceived", PROBE_BITRATE,
                  received->packets ? bps * packets / (double)received->packets
                                    : NAN);
        probe_set(group, "bytesReceived", PROBE_BYTES,
                  packets * (double)run->parameters.length);
        probe_set(group, "packetsReceived", PROBE_COUNT, packets);
    }
}

static void add_end(struct probe_result *result, const char *name,
                    const struct peer_tally *tally)
{
    static const struct probe_kind kind = {"end", "ends"};
    struct probe_group *group = probe_add_group(result, &kind, name);

    probe_set(group, "cpu", PROBE_RATIO, tally->cpu_permille / 1e3);
    probe_set_time(group, "lateMax", tally->late_us);
    probe_set(group, "ownDrops", PROBE_COUNT, (double)tally->unread);
    if (tally->unread)
        probe_add_verdict(result,
                          "The %s machine lost %llu datagrams itself, as they "
                          "were not read in time.",
                          name, (unsigned long long)tally->unread);
    if (tally->cpu_permille >= BUSY_PERMILLE || tally->late_us >= BUSY_LATE_US)
        probe_add_verdict(result,
                          "The %s machine was overloaded: its process worked "
                          "%.0f %% of the time, and was late by up to %.0f ms. "
                          "What is lost or late may be its doing.",
                          name, tally->cpu_permille / 10.0,
                          (double)tally->late_us / 1e3);
}

/* Of the directions, and which one that is. */
static int64_t worst_of(const struct view *views, unsigned count,
                        int64_t (*of)(const struct view *), bool is_least,
                        char ret_where[PROBE_WHERE_LEN])
{
    struct probe_worst worst = {0};

    for (unsigned i = 0; i < count; i++)
        probe_worst_take(&worst, of(&views[i]), is_least, views[i].name);
    snprintf(ret_where, PROBE_WHERE_LEN, "(%s)", worst.whose);
    return probe_worst_value(&worst);
}

static int64_t loss_of(const struct view *view)
{
    double loss = ratio(peer_lost(view->received, view->total), view);

    return isnan(loss) ? -1 : (int64_t)(loss * 1e9);
}

static int64_t jitter_us_of(const struct view *view)
{
    return peer_jitter_us(NULL, view->received);
}

static int64_t bitrate_of(const struct view *view)
{
    return (int64_t)fmin(peer_received_bps(view->received, view->total), 1e18);
}

static void check(struct peer_run *run, const struct view *views,
                  unsigned count, const struct probe_limits *limits,
                  struct probe_result *result)
{
    char where[PROBE_WHERE_LEN];
    int64_t value;

    probe_limit_connect(result, limits,
                        report_phase_at(run->end.report, REPORT_DTLS), NULL);
    probe_limit_rtt(result, limits, probe_series_mean(&run->ping.total), NULL);
    value = worst_of(views, count, loss_of, false, where);
    probe_limit_loss(result, limits, value, where);
    value = worst_of(views, count, jitter_us_of, false, where);
    probe_limit_jitter(result, limits, value, where);
    value = worst_of(views, count, bitrate_of, true, where);
    probe_limit_bitrate(result, limits, value, where);
}

void peer_report_result(struct peer_run *run, struct probe_report *report,
                        const struct probe_limits *limits)
{
    const struct peer_tally *local = &run->local, *remote = &run->remote;
    const struct view all[] = {
        {"send", &local->sent, &remote->received, local->estimate_bps,
         run->has_heard ? &local->sent : NULL},
        {"receive", &remote->sent, &local->received, remote->estimate_bps,
         run->has_heard ? &remote->sent : NULL},
    };
    struct probe_result *result = &report->result;
    struct view views[2];
    unsigned count = 0;

    if (!run->has_begun && !run->end.status)
        probe_report_fail(report, RTC_EXIT_NOTHING,
                          "interrupted before anything was measured");
    if (!run->end.is_connected)
        return;
    if (run->rows.shown && report->form == PROBE_TABLE)
        printf("\n");
    if (peer_run_sends(run))
        views[count++] = all[0];
    if (peer_run_receives(run))
        views[count++] = all[1];
    add_session(run, result);
    if (!run->has_begun)
        return;
    for (unsigned i = 0; i < count; i++)
        add_direction(run, &views[i], result);
    for (unsigned i = 0; i < count && run->parameters.streams > 1; i++)
        add_streams(run, &views[i], result);
    add_end(result, "local", local);
    add_end(result, "remote", remote);
    if (!run->has_heard)
        probe_add_verdict(result, "The other end did not tell its result: what "
                                  "it counted is as of its last interval.");
    check(run, views, count, limits, result);
    /* Who follows may not have been told. */
    if (local->received.packets + remote->received.packets == 0 &&
        (run->leads || run->has_heard))
        probe_report_fail(report, RTC_EXIT_NOTHING,
                          "connected, but nothing that was sent arrived");
}
