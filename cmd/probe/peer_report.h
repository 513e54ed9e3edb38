/* SPDX-License-Identifier: MIT
 *
 * What `rtc-probe peer` found, as rows while it runs and as a result: each
 * direction as its sender and its receiver saw it.
 */
#pragma once

#include "cmd/probe/limits.h"
#include "cmd/probe/peer_run.h"
#include "cmd/probe/report.h"

/* An interval is over: a line of the table, or an event, or kept for the
 * object. */
void peer_report_interval(struct peer_run *run, struct probe_report *report,
                          unsigned index);
/* All groups, sentences and thresholds; before the run is done with. */
void peer_report_result(struct peer_run *run, struct probe_report *report,
                        const struct probe_limits *limits);
