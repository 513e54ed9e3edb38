/* SPDX-License-Identifier: MIT
 *
 * Takes a description apart into lines, and runs the rules over them.
 */
#include "cmd/probe/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"

#define FOUND_MOST 100 /* shown of one rule */

/* ---- lines --------------------------------------------------------------- */

static void read_line(struct lint *lint, struct rtc_text text,
                      struct lint_line *line)
{
    struct rtc_text value;

    line->number = lint->line_count;
    line->has_cr = text.len > 0 && text.at[text.len - 1] == '\r';
    text.len -= line->has_cr;
    line->text = text;
    line->section = lint->section_count - 1;
    if (text.len < 2 || text.at[1] != '=')
        return;
    line->type = text.at[0];
    value = (struct rtc_text){text.at + 2, text.len - 2};
    if (line->type == 'a') {
        (void)rtc_text_split(&value, ':', &line->name);
        line->name = rtc_text_trim(line->name);
    }
    line->value = rtc_text_trim(value);
    if (line->type != 'm' || lint->section_count == RTC_SDP_MEDIA_MOST)
        return;
    lint->sections[lint->section_count++] = lint->line_count - 1;
    line->section++;
}

static void read_lines(struct lint *lint, const char *text, size_t len)
{
    size_t count = 1;

    for (size_t i = 0; i < len; i++)
        count += text[i] == '\n';
    lint->lines = calloc(count, sizeof *lint->lines);
    if (!lint->lines)
        die(RTC_EXIT_INTERNAL, "out of memory");
    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t taken = end ? (size_t)(end - text) : len;
        struct lint_line *line = &lint->lines[lint->line_count++];

        line->has_lf = end;
        read_line(lint, (struct rtc_text){text, taken}, line);
        text += taken + (end ? 1 : 0);
        len -= taken + (end ? 1 : 0);
    }
}

/* ---- for the rules ------------------------------------------------------- */

static void add(struct lint *lint, enum probe_outcome outcome, unsigned line,
                const char *why)
{
    const struct probe_case one = {
        .id = lint->rule->id,
        .title = lint->rule->title,
        .outcome = outcome,
        .why = why,
        .line = line,
        .source = lint->cited ? lint->cited : lint->rule->source,
    };

    lint->cited = NULL;
    lint->errors += outcome == PROBE_NOT_OK;
    if (lint->found++ < FOUND_MOST)
        probe_add_case(lint->result, &one);
}

void lint_cite(struct lint *lint, const char *source)
{
    lint->cited = source;
}

void lint_error(struct lint *lint, unsigned line, const char *format, ...)
{
    char why[200];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    add(lint, PROBE_NOT_OK, line, why);
}

void lint_warning(struct lint *lint, unsigned line, const char *format, ...)
{
    char why[200];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    add(lint, PROBE_WARNING, line, why);
}

const struct lint_line *lint_next(const struct lint *lint, int section,
                                  const char *name,
                                  const struct lint_line *after)
{
    const struct lint_line *at = after ? after + 1 : lint->lines;

    for (; at < lint->lines + lint->line_count; at++)
        if (at->section == section && at->type == 'a' &&
            rtc_text_is_nocase(at->name, name))
            return at;
    return NULL;
}

unsigned lint_section_line(const struct lint *lint, int section)
{
    return section < 0 ? 0 : lint->lines[lint->sections[section]].number;
}

bool lint_has_transport(const struct lint *lint, int section)
{
    const struct rtc_sdp *sdp = lint->sdp;
    const struct rtc_sdp_media *media = &sdp->media[section];

    if (rtc_sdp_is_rejected(sdp, media))
        return false;
    return !rtc_sdp_is_bundled(sdp, media) ||
           rtc_sdp_same(media->mid, sdp->bundle[0]);
}

/* ---- running ------------------------------------------------------------- */

static void run_rules(struct lint *lint, const struct lint_rule *rules)
{
    for (lint->rule = rules; lint->rule->id; lint->rule++) {
        lint->found = 0;
        if (lint->rule->parsed && !lint->sdp)
            add(lint, PROBE_SKIP, 0, "the description cannot be read");
        else
            lint->rule->check(lint);
        lint->cited = NULL;
        if (lint->found == 0)
            add(lint, PROBE_OK, 0, NULL);
    }
}

unsigned probe_lint(const char *text, size_t len, const struct rtc_sdp *sdp,
                    enum description_type type, struct probe_result *result)
{
    struct lint lint = {.sdp = sdp, .type = type, .result = result};

    read_lines(&lint, text, len);
    run_rules(&lint, lint_session_rules);
    run_rules(&lint, lint_media_rules);
    free(lint.lines);
    return lint.errors;
}
