/* SPDX-License-Identifier: MIT
 *
 * What is made of a hundred clients whose numbers are known: percentiles, sums,
 * failures by kind, thresholds, and the status.
 */
#include "cmd/probe/crowd_report.h"

#include <math.h>

#include "tap.h"

#define COUNT 100

static struct client clients[COUNT];
static struct client *list[COUNT];
static struct probe_report report;
static const struct crowd_options options = {
    .client = {.end = {.whep = "http://127.0.0.1/x"}}, .count = COUNT};
static struct crowd crowd = {.options = &options, .report = &report};

/* The `i`th of 1 to 100 takes i ms, gets i kB in a second, and loses i of its
 * 1000 packets; they are in no order. */
static void make(unsigned failed)
{
    for (unsigned n = 0; n < COUNT; n++) {
        unsigned i = n * 37 % COUNT + 1;
        struct client *c = list[n] = &clients[n];

        *c = (struct client){
            .options = &options.client, .connected_at = 0, .ended_at = 1000000};
        player_init(&c->player);
        c->player.counts[RTC_VIDEO].first_at = 0;
        c->rtt = (struct client_series){1, i / 1e3, i / 1e3, i / 1e3};
        c->tracks[RTC_VIDEO] =
            (struct rtc_track_stats){.bytes_received = 1000 * i,
                                     .packets_received = 1000 - i,
                                     .packets_lost = i,
                                     .packets_missed = i};
        c->end.status = i > failed   ? RTC_EXIT_DONE
                        : i % 4 == 0 ? RTC_EXIT_NOT_LIVE
                                     : RTC_EXIT_BUSY;
        snprintf(c->end.error, sizeof c->end.error, "why");
    }
    crowd.clients = list;
    crowd.begun = crowd.over = COUNT;
    report = (struct probe_report){0};
}

static const struct probe_group *find(const char *kind, const char *name)
{
    for (unsigned i = 0; i < report.result.group_count; i++) {
        const struct probe_group *group = &report.result.groups[i];

        if (!strcmp(group->kind->name, kind) &&
            (!name || !strcmp(group->name, name)))
            return group;
    }
    return NULL;
}

static double value(const struct probe_group *group, const char *name)
{
    for (unsigned i = 0; group && i < group->count; i++)
        if (!strcmp(group->measures[i].name, name))
            return group->measures[i].value;
    return NAN;
}

static void is_near(double got, double want, const char *name)
{
    if (!ok(fabs(got - want) < 1e-9 * (1 + want), name))
        printf("# got %.12g, want %.12g\n", got, want);
}

static void test_percentiles(void)
{
    const struct probe_limits limits = {.max_loss = 50500000,
                                        .max_rtt = 95000,
                                        .max_jitter = -1,
                                        .max_connect = -1,
                                        .min_bitrate = 8000,
                                        .tls_days = -1};
    const struct probe_group *rtt;

    make(0);
    crowd_conclude(&crowd, &limits, 0);
    rtt = find("measure", "rtt");
    is_near(value(rtt, "min"), 0.001, "the least");
    is_near(value(rtt, "p50"), 0.050, "half of them");
    is_near(value(rtt, "p90"), 0.090, "90 %");
    is_near(value(rtt, "p95"), 0.095, "95 %");
    is_near(value(rtt, "p99"), 0.099, "99 %");
    is_near(value(rtt, "max"), 0.100, "the most");
    is_near(value(find("measure", "loss"), "p50"), 0.05, "of loss, too");
    is_near(value(find("crowd", NULL), "loss"), 0.0505, "all packets together");
    is_near(value(find("crowd", NULL), "packetsLost"), 5050, "lost");
    is_near(value(find("crowd", NULL), "bitrate"), 8 * 5050000.0,
            "the sum of bitrates");
    ok(isnan(value(find("measure", "jitter"), "p50")), "what nobody knows");
    ok(find("failure", NULL) == NULL, "none failed");
    probe_result_judge(&report.result);
    is_int(report.result.threshold_count, 3, "thresholds");
    is_int(report.result.status, RTC_EXIT_DONE, "all just kept");
    probe_result_done(&report.result);
}

/* Ten of 40 are of the rarer kind. */
static void test_failures(void)
{
    static const struct probe_limits none = PROBE_LIMITS_NONE;

    make(40);
    crowd_conclude(&crowd, &none, 390000000);
    is_near(value(find("crowd", NULL), "failed"), 40, "40 failed");
    is_near(value(find("failure", NULL), "count"), 30,
            "the most frequent kind first");
    is_near(value(find("failure", "not-live"), "count"), 10, "and the other");
    probe_result_judge(&report.result);
    is_int(report.result.status, RTC_EXIT_THRESHOLD, "more than 39 %");
    probe_result_done(&report.result);
    make(40);
    crowd_conclude(&crowd, &none, 400000000);
    probe_result_judge(&report.result);
    is_int(report.result.status, RTC_EXIT_DONE, "no more than 40 %");
    probe_result_done(&report.result);
}

static void test_all_failed(void)
{
    static const struct probe_limits none = PROBE_LIMITS_NONE;

    make(COUNT);
    for (unsigned n = 0; n < COUNT; n++)
        clients[n].connected_at = clients[n].ended_at = RTC_NEVER;
    crowd_conclude(&crowd, &none, 1000000000);
    is_int(report.result.status, RTC_EXIT_BUSY,
           "none connected: the most frequent failure's");
    probe_result_done(&report.result);
    make(0);
    for (unsigned n = 0; n < COUNT; n++)
        clients[n].connected_at = clients[n].ended_at = RTC_NEVER;
    crowd_conclude(&crowd, &none, 0);
    is_int(report.result.status, RTC_EXIT_NOTHING,
           "none connected, and none failed: nothing was measured");
    probe_result_done(&report.result);
}

int main(void)
{
    test_percentiles();
    test_failures();
    test_all_failed();
    return tap_done();
}
