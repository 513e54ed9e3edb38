/* SPDX-License-Identifier: MIT
 *
 * The report of a run of rtc-probe: in which form it is wanted, what happens
 * while it runs, and how it ends.
 */
#pragma once

#include "cmd/cli.h"
#include "cmd/probe/form.h"

struct probe_options {
    int form; /* enum probe_form */
};

/* Rows for a subject's table. The offset is that of its probe_options. */
extern const struct rtc_option probe_options_form[];
/* The same of one that has cases, which TAP and JUnit are for. */
extern const struct rtc_option probe_options_cases[];

struct probe_report {
    enum probe_form form;
    rtc_usec start;
    struct probe_result result;
    int signal; /* which ended it early, or 0 */
    /* The process dies before probe_report_exit: last words. Or NULL. */
    void (*dying)(void *user);
    void *dying_user;
};

/* Begins at once; one at a time. What die says from now on is in it, too. */
void probe_report_begin(struct probe_report *report, const char *subject,
                        const struct probe_options *options);
/* Tells of something at once, if the form does: the members of `group` (or
 * NULL), which it ends. */
void probe_report_event(struct probe_report *report, const char *event,
                        struct probe_group *group);
/* There is a status for the end already; the first one counts. */
void probe_report_fail(struct probe_report *report, enum rtc_exit status,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What die's hook does, for a subject that has one of its own: nothing was
 * found, but machines that read the report learn so. */
void probe_report_die(struct probe_report *report, enum rtc_exit status,
                      const char *sentence);
/* Prints the report and ends the process with its status, or the way the signal
 * would have. */
void probe_report_exit(struct probe_report *report) __attribute__((noreturn));
