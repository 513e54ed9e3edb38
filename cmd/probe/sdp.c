/* SPDX-License-Identifier: MIT
 *
 * rtc-probe sdp: reads a description in any of its forms, shows what it says,
 * and what is wrong with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/description.h"
#include "cmd/file.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/lint.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/report.h"
#include "cmd/probe/sdp.h"

struct options {
    struct probe_options report;
    bool strict;
};

static const struct rtc_option table[] = {
    {.heading = "Thresholds (else exit status 3)",
     .name = "strict",
     .often = true,
     .type = OPTION_FLAG,
     .offset = offsetof(struct options, strict),
     .help = "nothing is wrong; warnings are allowed"},
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_cases,
     .offset = offsetof(struct options, report)},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-probe sdp",
    .operands = "[FILE]",
    .summary = "Show what a session description says, and what is wrong.",
    .options = table,
    .notes = "Without FILE, standard input. SDP, the JSON of a browser, or the "
             "base64 of that.",
    .operands_most = 1,
};

static const struct probe_kind kind_section = {"section", "sections"};

/* ---- reading ------------------------------------------------------------- */

/* NULL: a signal came first. */
static char *read_all(const char *file, size_t *ret_len)
{
    size_t cap = 65536, len = 0;
    char *text = malloc(cap);
    int fd = file_open_read(file);
    ssize_t n;

    if (fd < 0)
        die(RTC_EXIT_INPUT, "%s: %s", file, strerror(errno));
    fcntl(fd, F_SETFL, O_RDONLY); /* Waits. */
    while (text) {
        probe_interrupt_wait(fd, -1);
        if (probe_interrupted()) {
            free(text);
            close(fd);
            return NULL;
        }
        n = read(fd, text + len, cap - len);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            die(RTC_EXIT_INPUT, "%s: %s", file, strerror(errno));
        len += n > 0 ? (size_t)n : 0;
        if (len > DESCRIPTION_MAX)
            die(RTC_EXIT_DESCRIPTION, "%s: longer than %d bytes", file,
                DESCRIPTION_MAX);
        if (len == cap)
            text = realloc(text, cap *= 2);
    }
    if (!text)
        die(RTC_EXIT_INTERNAL, "out of memory");
    close(fd);
    *ret_len = len;
    return text;
}

/* ---- telling ------------------------------------------------------------- */

/* The codecs of a section, each once. */
static void list_codecs(const struct rtc_sdp_media *media, char *buf,
                        size_t cap)
{
    size_t len = 0;

    buf[0] = '\0';
    for (unsigned i = 0; i < media->format_count && len < cap; i++) {
        const struct rtc_text *name = &media->formats[i].name;
        bool again = name->len == 0;

        for (unsigned k = 0; k < i; k++)
            again |= rtc_sdp_same(media->formats[k].name, *name);
        if (!again)
            len += (size_t)snprintf(
                buf + len, cap - len, "%s%.*s", len ? " " : "",
                name->len < 20 ? (int)name->len : 20, name->at);
    }
}

static void add_section(struct probe_result *result,
                        const struct rtc_sdp_media *media, unsigned index)
{
    struct probe_group *group;
    char text[256];

    snprintf(text, sizeof text, "%u", index);
    group = probe_add_group(result, &kind_section, text);
    snprintf(text, sizeof text, "%.*s",
             media->mid.len < 20 ? (int)media->mid.len : 20, media->mid.at);
    probe_set_text(group, "mid", media->mid.len ? text : NULL);
    snprintf(text, sizeof text, "%.*s",
             media->kind_name.len < 20 ? (int)media->kind_name.len : 20,
             media->kind_name.at);
    probe_set_text(group, "kind", text);
    probe_set(group, "port", PROBE_COUNT, media->port);
    probe_set_text(group, "direction", rtc_direction_name(media->direction));
    probe_set(group, "candidates", PROBE_COUNT, media->candidate_count);
    list_codecs(media, text, sizeof text);
    probe_set_text(group, "codecs", *text ? text : NULL);
}

/* What a parser that gives up says is a finding, too. */
static void add_refusal(struct probe_report *report,
                        const struct rtc_sdp_error *error)
{
    const struct probe_case one = {
        .id = "read",
        .title = "the description can be read",
        .outcome = PROBE_NOT_OK,
        .why = error->text,
        .line = error->line,
    };

    probe_add_case(&report->result, &one);
    if (error->line)
        probe_report_fail(report, RTC_EXIT_DESCRIPTION, "line %u: %s",
                          error->line, error->text);
    else
        probe_report_fail(report, RTC_EXIT_DESCRIPTION, "%s", error->text);
}

static void examine(struct probe_report *report,
                    const struct description *description, bool strict)
{
    struct probe_result *result = &report->result;
    struct rtc_sdp_error error;
    struct rtc_sdp *sdp = NULL;
    unsigned errors;

    if (rtc_sdp_parse(description->sdp, description->len, &sdp, &error)) {
        add_refusal(report, &error);
    } else {
        result->extra_name = "description";
        result->extra = probe_sdp_json(sdp, description->sdp, description->len);
        for (unsigned i = 0; i < sdp->media_count; i++)
            add_section(result, &sdp->media[i], i);
    }
    errors = probe_lint(description->sdp, description->len, sdp,
                        description->type, result);
    if (strict)
        probe_add_threshold(result, "strict", errors == 0, "%u error%s", errors,
                            errors == 1 ? "" : "s");
    rtc_sdp_free(sdp);
}

static void read_and_examine(struct probe_report *report, const char *file,
                             bool strict)
{
    struct description description;
    char why[DESCRIPTION_WHY_LEN];
    size_t len;
    char *text = read_all(file, &len);

    report->signal = probe_interrupted();
    if (!text) {
        probe_report_fail(report, RTC_EXIT_NOTHING,
                          "interrupted before the end of the description");
        return;
    }
    if (description_parse(text, len, &description, why))
        die(RTC_EXIT_DESCRIPTION, "%s", why);
    free(text);
    examine(report, &description, strict);
    description_done(&description);
}

void probe_sdp(int argc, char **argv)
{
    struct options options = {0};
    int first = cli_parse(&tool, &options, argc, argv);
    static struct probe_report report;

    probe_report_begin(&report, "sdp", &options.report);
    probe_interrupt_init();
    read_and_examine(&report, first < argc ? argv[first] : "-", options.strict);
    probe_report_exit(&report);
}
