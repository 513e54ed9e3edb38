/* SPDX-License-Identifier: MIT
 *
 * Picks the form, prints the result in it on stdout, and says on stderr why the
 * status is not 0.
 */
#include "cmd/probe/report.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FORM(text, shape, says)                                                \
    {                                                                          \
        .name = text, .often = true, .type = OPTION_SET, .least = shape,       \
        .offset = offsetof(struct probe_options, form), .help = says           \
    }
#define FORMS                                                                  \
    {.heading = "Report",                                                      \
     .name = "json",                                                           \
     .often = true,                                                            \
     .type = OPTION_SET,                                                       \
     .least = PROBE_JSON,                                                      \
     .offset = offsetof(struct probe_options, form),                           \
     .help = "print one JSON object"},                                         \
        FORM("jsonl", PROBE_JSONL, "print events as they happen"),             \
        FORM("prometheus", PROBE_PROMETHEUS, "print metrics for Prometheus")

const struct rtc_option probe_options_form[] = {FORMS, {.name = NULL}};

const struct rtc_option probe_options_cases[] = {
    FORMS,
    FORM("tap", PROBE_TAP, "print the cases as TAP"),
    FORM("junit", PROBE_JUNIT, "print the cases as JUnit's XML"),
    {.name = NULL}};

static rtc_usec read_clock(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (rtc_usec)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static bool has_colour(void)
{
    const char *no = getenv("NO_COLOR");

    return isatty(STDOUT_FILENO) && (!no || !*no);
}

static void write_result(struct probe_report *report)
{
    const struct probe_result *result = &report->result;

    report->result.time_us = read_clock() - report->start;
    switch (report->form) {
    case PROBE_TABLE:
        probe_write_table(result, has_colour(), stdout);
        break;
    case PROBE_JSON:
        probe_write_json(result, stdout);
        break;
    case PROBE_JSONL:
        probe_write_events(result, stdout);
        break;
    case PROBE_PROMETHEUS:
        probe_write_prometheus(result, stdout);
        break;
    case PROBE_TAP:
        probe_write_tap(result, stdout);
        break;
    case PROBE_JUNIT:
        probe_write_junit(result, stdout);
        break;
    }
}

static void say_last_words(struct probe_report *report)
{
    if (report->dying)
        report->dying(report->dying_user);
    report->dying = NULL;
}

void probe_report_die(struct probe_report *report, enum rtc_exit status,
                      const char *sentence)
{
    say_last_words(report);
    probe_report_fail(report, status, "%s", sentence);
    if (report->form != PROBE_TABLE)
        write_result(report);
    fflush(stdout);
}

static void on_die(void *user, enum rtc_exit status, const char *sentence)
{
    probe_report_die(user, status, sentence);
}

void probe_report_begin(struct probe_report *report, const char *subject,
                        const struct probe_options *options)
{
    *report = (struct probe_report){.form = (enum probe_form)options->form,
                                    .start = read_clock(),
                                    .result.subject = subject};
    cli_on_die(on_die, report);
}

/* Nobody reads on, or the disk is full: there is nothing more to report. */
static void check_output(struct probe_report *report)
{
    int error;

    if (!fflush(stdout) && !ferror(stdout))
        return;
    error = errno;
    cli_on_die(NULL, NULL);
    say_last_words(report);
    if (error == EPIPE)
        cli_die_by_signal(SIGPIPE);
    die(RTC_EXIT_OUTPUT, "stdout: %s", strerror(error));
}

void probe_report_event(struct probe_report *report, const char *event,
                        struct probe_group *group)
{
    if (report->form == PROBE_JSONL) {
        probe_write_event(read_clock() - report->start, event, group, stdout);
        check_output(report);
    }
    if (group)
        probe_group_done(group);
}

void probe_report_fail(struct probe_report *report, enum rtc_exit status,
                       const char *format, ...)
{
    va_list args;

    if (report->result.status != RTC_EXIT_DONE)
        return;
    report->result.status = status;
    va_start(args, format);
    if (vasprintf(&report->result.error, format, args) < 0)
        report->result.error = NULL;
    va_end(args);
}

void probe_report_exit(struct probe_report *report)
{
    enum rtc_exit status;
    char why[1000];

    cli_progress("");
    report->dying = NULL;
    probe_result_judge(&report->result);
    report->result.signal = report->signal;
    write_result(report);
    check_output(report);
    cli_on_die(NULL, NULL);
    status = report->result.status;
    snprintf(why, sizeof why, "%s",
             report->result.error ? report->result.error : "");
    probe_result_done(&report->result);
    if (report->signal)
        cli_die_by_signal(report->signal);
    if (status != RTC_EXIT_DONE)
        die(status, "%s", why);
    exit(RTC_EXIT_DONE);
}
