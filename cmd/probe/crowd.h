/* SPDX-License-Identifier: MIT
 *
 * Clients of one server, one or many: they begin one after the other, and the
 * crowd is over when the last of them is, or its time has run out. What they
 * measured together is crowd_report.h's.
 */
#pragma once

#include "cmd/probe/client.h"
#include "cmd/probe/load.h"
#include "cmd/probe/report.h"

#define CROWD_MOST 1000

struct crowd_options {
    struct client_options client;
    int64_t count;
    rtc_usec ramp;     /* the last one begins so long after the first */
    rtc_usec interval; /* between events of how it goes, 0: none */
};

/* Read-only for others. */
struct crowd {
    const struct crowd_options *options;
    struct driver *driver;
    struct probe_report *report;
    struct client **clients; /* options->count of them */
    unsigned begun, connected, over;
    struct driver_watch *next, *second, *limit;
    rtc_usec began_at, told_at;
    uint64_t told_bytes;
    struct load load;
    bool is_ending, is_cut; /* cut: some did not end in time */
};

/* Raises what the process may open to what that many clients need. Ends the
 * process when it cannot. */
void crowd_make_room(const struct crowd_options *options);
/* `options`, `driver` and `report` are borrowed. Ends the process when memory
 * runs out. */
void crowd_begin(struct crowd *crowd, const struct crowd_options *options,
                 struct driver *driver, struct probe_report *report);
/* Ends those that have begun, in good order; no more begin. */
void crowd_end(struct crowd *crowd);
/* The process dies: the server is told of what it still has, within bounds. */
void crowd_die(struct crowd *crowd);
/* Behind driver_run, which ends when the crowd is over: no more is measured. */
void crowd_stop(struct crowd *crowd);
/* Frees the clients. */
void crowd_done(struct crowd *crowd);
