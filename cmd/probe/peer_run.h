/* SPDX-License-Identifier: MIT
 *
 * One end of `rtc-probe peer`, from its session to what both ends counted. The
 * end that offered leads: it says what is measured, and when it begins. The
 * other one follows.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/probe/peer_count.h"
#include "cmd/probe/peer_ping.h"
#include "cmd/probe/peer_rows.h"
#include "cmd/probe/peer_sender.h"

#define PEER_CONTROL_LABEL "rtc-probe"

struct peer_run;

/* Each may be NULL. */
struct peer_calls {
    void (*begun)(struct peer_run *run);
    /* Interval `index` of `rows` can be shown. */
    void (*interval)(struct peer_run *run, unsigned index);
    /* As endpoint_calls.over. */
    void (*over)(struct peer_run *run);
};

/* How the data channels deliver. */
struct peer_delivery {
    bool unordered;
    int max_retransmits; /* -1: all arrives */
};

struct peer_run {
    /* Set before peer_run_start. */
    bool leads;
    struct peer_parameters parameters; /* when it leads, */
    struct peer_delivery delivery;     /* as this */
    struct peer_calls calls;
    void *user;

    struct endpoint end;
    int control; /* the channel, -1: not open */
    int streams[PEER_STREAM_MOST];
    unsigned open;           /* channels that are, as bits */
    bool is_welcome, is_due; /* agreed on; due to begin, where it follows */
    bool has_begun, is_finishing;
    bool is_sent, is_settled; /* our part of either direction is over */
    bool has_stopped;         /* the other one sends no more */
    bool has_told, has_heard; /* of the result */
    char remote_version[PEER_WHY_LEN];
    struct driver_watch *watch, *settle, *pulse;
    rtc_usec start, start_cpu_us;
    uint64_t start_replayed;
    struct peer_sender *sender;
    struct peer_count count;
    struct peer_ping ping;
    struct peer_tally local, remote; /* the newest; remote: told */
    struct peer_rows rows;
};

/* Begins to meet the other end, as `options` say. Ends the process when it
 * cannot. */
void peer_run_start(struct peer_run *run, const struct cli_tool *tool,
                    const struct endpoint_options *options,
                    struct driver *driver);
/* Comes to an end early, with what there is; at once when called again. */
void peer_run_finish(struct peer_run *run);
/* Once it is over: waits for a command, and frees all. Its status is in
 * `end`. */
void peer_run_done(struct peer_run *run);

/* Whether this end sends, or the other one. */
bool peer_run_sends(const struct peer_run *run);
bool peer_run_receives(const struct peer_run *run);
