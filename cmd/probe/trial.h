/* SPDX-License-Identifier: MIT
 *
 * The measurement of one TURN server at one address: an allocation, data that
 * comes back through it, and numbers about that.
 */
#pragma once

#include "cmd/probe/behaviour.h"
#include "cmd/probe/flow.h"
#include "cmd/probe/limits.h"
#include "cmd/probe/relay.h"
#include "cmd/probe/report.h"

/* How data comes back to us. */
enum probe_way {
    PROBE_WAY_NONE,
    PROBE_WAY_SELF,    /* the relay is its own peer */
    PROBE_WAY_OUTSIDE, /* a UDP socket of ours is the peer */
};

struct probe_trial_setup {
    struct driver *driver;
    struct impair *impair; /* or NULL */
    const struct tls_trust *trust;
    const char *pins;
    struct probe_report *report;
    const bool *is_over; /* set with driver_stop: no more of it */
    uint32_t count;      /* of single datagrams */
    rtc_usec interval, time, timeout;
    int64_t bitrate_bps; /* 0: as much as passes */
};

enum probe_stage {
    PROBE_BY_INDICATIONS,
    PROBE_BY_CHANNEL,
    PROBE_LOAD,
    PROBE_STAGE_COUNT,
};

struct probe_trial {
    const struct probe_trial_setup *setup;
    const struct server *server;
    char name[SERVER_TEXT_LEN];
    struct rtc_addr addr, local;
    struct probe_failure failure;
    struct probe_relay *relay;
    struct probe_outside *outside;
    enum probe_way way;
    unsigned self_code; /* with which it refused to be its own peer */
    bool is_self_silent;
    struct rtc_addr peer; /* whom the relay sends to */
    struct rtc_addr seen; /* our socket outside, as the relay sees it */
    /* Whether it gets to the relay and back, where the relay is its own peer;
     * and the code with which that was refused. */
    enum probe_tried reached;
    unsigned reached_code;
    struct probe_flow *flow; /* the one that runs, or NULL */
    struct probe_relay_facts facts;
    struct probe_flow stages[PROBE_STAGE_COUNT]; /* run when they have begun */
};

/* Measures; the setup, server, name, addresses and the time of resolving (in
 * facts) are set. What went wrong is its failure; an end that was asked for is
 * none. */
void probe_trial_run(struct probe_trial *trial);
void probe_trial_done(struct probe_trial *trial);

/* A failure of its own, if there is none yet. */
void probe_trial_fail(struct probe_trial *trial, enum rtc_exit status,
                      enum probe_phase phase, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Of several trials, for thresholds. */
struct probe_worsts {
    struct probe_worst loss, rtt, jitter, connect, bitrate_bps, tls_days;
    struct probe_worst reached; /* 1, 0 */
};

/* Puts it into the report, with its failure and sentences. */
void probe_trial_report(const struct probe_trial *trial,
                        struct probe_worsts *worsts);
void probe_worsts_check(const struct probe_worsts *worsts,
                        const struct probe_limits *limits,
                        bool require_reachable, struct probe_result *result);
