/* SPDX-License-Identifier: MIT
 *
 * What a subject of rtc-probe found, as data: groups of measures, e.g. one a
 * server; cases that hold or do not; sentences; thresholds. The forms it is
 * printed in are form.h's.
 *
 * All adding ends the process when memory runs out. Names are static; texts are
 * copied.
 */
#pragma once

#include <stdbool.h>

#include "cmd/exit.h"
#include "rtc.h"

enum probe_unit {
    PROBE_TEXT,
    PROBE_FLAG, /* 0 or 1 */
    PROBE_COUNT,
    PROBE_SECONDS,
    PROBE_BYTES,
    PROBE_RATIO,
    PROBE_BITRATE, /* bits per second */
};

/* A name is camel case, as in JSON: `rttAvg`. */
struct probe_measure {
    const char *name;
    enum probe_unit unit;
    double value; /* NaN: not known */
    char *text;   /* TEXT; NULL: not known */
};

/* What a group is about: "server", "servers". */
struct probe_kind {
    const char *name, *plural;
};

#define PROBE_MEASURE_MOST 64

struct probe_group {
    const struct probe_kind *kind;
    char *name; /* of this one */
    struct probe_measure measures[PROBE_MEASURE_MOST];
    unsigned count;
};

enum probe_outcome {
    PROBE_OK,
    PROBE_NOT_OK,
    PROBE_SKIP,
    PROBE_WARNING, /* it holds, but might have been meant otherwise */
};

struct probe_case {
    const char *id, *title;
    enum probe_outcome outcome;
    const char *why;    /* or NULL */
    unsigned line;      /* of what was read; 0: not about one */
    const char *source; /* what says so, such as "RFC 8866 5"; or NULL */
};

struct probe_threshold {
    const char *name; /* the option's */
    bool passed;
    char *sentence; /* what was wanted and what was found */
};

struct probe_result {
    const char *subject; /* "stun" */
    struct probe_group *groups;
    struct probe_case *cases;
    char **verdicts;
    struct probe_threshold *thresholds;
    unsigned group_count, case_count, verdict_count, threshold_count;
    /* A JSON text that is part of the object of --json, and an event of its
     * name for --jsonl; or NULL. */
    const char *extra_name;
    char *extra;
    rtc_usec time_us; /* it took */
    enum rtc_exit status;
    int signal;  /* that the process is about to die of, or 0 */
    char *error; /* why the status is not DONE, or NULL */
};

void probe_result_done(struct probe_result *result);

/* What the shell sees: the status, or 128 and the signal. */
int probe_result_exit(const struct probe_result *result);

/* A group of the result, or one for itself, which probe_group_done ends. Lent
 * until the next one is added. */
struct probe_group *probe_add_group(struct probe_result *result,
                                    const struct probe_kind *kind,
                                    const char *name);
void probe_group_init(struct probe_group *group, const struct probe_kind *kind,
                      const char *name);
void probe_group_done(struct probe_group *group);

/* Adds a measure. NaN: not known. */
void probe_set(struct probe_group *group, const char *name,
               enum probe_unit unit, double value);
/* RTC_NEVER and below 0: not known. */
void probe_set_time(struct probe_group *group, const char *name, rtc_usec us);
/* NULL: not known. */
void probe_set_text(struct probe_group *group, const char *name,
                    const char *text);
/* With its port. NULL, or family 0: not known. */
void probe_set_addr(struct probe_group *group, const char *name,
                    const struct rtc_addr *addr);

void probe_add_case(struct probe_result *result, const struct probe_case *one);
/* "ok", "not ok", "skip", "warning". Static. */
const char *probe_outcome_name(enum probe_outcome outcome);
void probe_add_verdict(struct probe_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void probe_add_threshold(struct probe_result *result, const char *name,
                         bool passed, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The result has no more to say: sets status and error by the thresholds,
 * unless there is one already. */
void probe_result_judge(struct probe_result *result);
