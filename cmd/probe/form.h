/* SPDX-License-Identifier: MIT
 *
 * The forms a result of rtc-probe is printed in, one file each.
 */
#pragma once

#include <stdio.h>

#include "cmd/probe/result.h"

enum probe_form {
    PROBE_TABLE, /* for people */
    PROBE_JSON,
    PROBE_JSONL,
    PROBE_PROMETHEUS,
    PROBE_TAP,
    PROBE_JUNIT,
};

/* Aligned, in 80 columns where words allow it. */
void probe_write_table(const struct probe_result *result, bool colour,
                       FILE *out);
/* One object on one line. */
void probe_write_json(const struct probe_result *result, FILE *out);
/* One event, of the shape of rtcpipe-events(5): the members of `group` (or
 * NULL) are its fields. */
void probe_write_event(rtc_usec time_us, const char *event,
                       const struct probe_group *group, FILE *out);
/* The result as events, which an `end` ends. */
void probe_write_events(const struct probe_result *result, FILE *out);
/* The text format that Prometheus reads; what is not known is left out. */
void probe_write_prometheus(const struct probe_result *result, FILE *out);
/* The cases, and the thresholds as cases. */
void probe_write_tap(const struct probe_result *result, FILE *out);
void probe_write_junit(const struct probe_result *result, FILE *out);

/* How a name is written elsewhere: `rttAvg` as "rtt avg" or "rtt_avg". */
void probe_name(const char *name, char separator, char *buf, size_t cap);
