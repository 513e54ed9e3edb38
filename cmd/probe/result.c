/* SPDX-License-Identifier: MIT
 *
 * Lists that grow, of what a subject found. There is no more of it than the
 * command line or a description of bounded length asked for.
 */
#include "cmd/probe/result.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"

/* What others wrote must not get at a terminal, or out of a line. */
static char *clean(char *text)
{
    for (char *at = text; *at; at++)
        if (iscntrl((unsigned char)*at))
            *at = ' ';
        else if (!isascii((unsigned char)*at))
            *at = '?';
    return text;
}

static char *copy(const char *text)
{
    char *result = text ? strdup(text) : NULL;

    if (text && !result)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return result ? clean(result) : NULL;
}

static char *print(const char *format, va_list args)
{
    char *text;

    if (vasprintf(&text, format, args) < 0)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return clean(text);
}

/* Room for one more of `size` bytes behind `count` of them. */
static void *grow(void *list, unsigned count, size_t size)
{
    char *result = reallocarray(list, count + 1, size);

    if (!result)
        die(RTC_EXIT_INTERNAL, "out of memory");
    memset(result + count * size, 0, size);
    return result;
}

/* ---- groups -------------------------------------------------------------- */

void probe_group_init(struct probe_group *group, const struct probe_kind *kind,
                      const char *name)
{
    *group = (struct probe_group){.kind = kind, .name = copy(name)};
}

void probe_group_done(struct probe_group *group)
{
    for (unsigned i = 0; i < group->count; i++)
        free(group->measures[i].text);
    free(group->name);
}

struct probe_group *probe_add_group(struct probe_result *result,
                                    const struct probe_kind *kind,
                                    const char *name)
{
    struct probe_group *group;

    result->groups =
        grow(result->groups, result->group_count, sizeof *result->groups);
    group = &result->groups[result->group_count++];
    probe_group_init(group, kind, name);
    return group;
}

static struct probe_measure *add_measure(struct probe_group *group,
                                         const char *name, enum probe_unit unit)
{
    struct probe_measure *measure = &group->measures[group->count];

    assert(group->count < PROBE_MEASURE_MOST);
    group->count++;
    *measure = (struct probe_measure){.name = name, .unit = unit, .value = NAN};
    return measure;
}

void probe_set(struct probe_group *group, const char *name,
               enum probe_unit unit, double value)
{
    add_measure(group, name, unit)->value = isfinite(value) ? value : NAN;
}

void probe_set_time(struct probe_group *group, const char *name, rtc_usec us)
{
    probe_set(group, name, PROBE_SECONDS,
              us < 0 || us == RTC_NEVER ? NAN : (double)us / 1e6);
}

void probe_set_text(struct probe_group *group, const char *name,
                    const char *text)
{
    add_measure(group, name, PROBE_TEXT)->text = copy(text);
}

void probe_set_addr(struct probe_group *group, const char *name,
                    const struct rtc_addr *addr)
{
    char text[RTC_ADDR_TEXT];

    probe_set_text(group, name,
                   addr && addr->family ? rtc_addr_write(addr, text) : NULL);
}

/* ---- the other lists ----------------------------------------------------- */

void probe_add_case(struct probe_result *result, const struct probe_case *one)
{
    result->cases =
        grow(result->cases, result->case_count, sizeof *result->cases);
    result->cases[result->case_count++] = (struct probe_case){
        .id = copy(one->id),
        .title = copy(one->title),
        .outcome = one->outcome,
        .why = copy(one->why),
        .line = one->line,
        .source = copy(one->source),
    };
}

const char *probe_outcome_name(enum probe_outcome outcome)
{
    static const char *const names[] = {"ok", "not ok", "skip", "warning"};

    return names[outcome];
}

void probe_add_verdict(struct probe_result *result, const char *format, ...)
{
    va_list args;

    result->verdicts =
        grow(result->verdicts, result->verdict_count, sizeof *result->verdicts);
    va_start(args, format);
    result->verdicts[result->verdict_count++] = print(format, args);
    va_end(args);
}

void probe_add_threshold(struct probe_result *result, const char *name,
                         bool passed, const char *format, ...)
{
    struct probe_threshold threshold = {name, passed, NULL};
    va_list args;

    va_start(args, format);
    threshold.sentence = print(format, args);
    va_end(args);
    result->thresholds = grow(result->thresholds, result->threshold_count,
                              sizeof *result->thresholds);
    result->thresholds[result->threshold_count++] = threshold;
}

/* ---- the end ------------------------------------------------------------- */

int probe_result_exit(const struct probe_result *result)
{
    return result->signal ? 128 + result->signal : (int)result->status;
}

void probe_result_judge(struct probe_result *result)
{
    char *text = NULL;
    size_t len;
    FILE *out;

    if (result->status != RTC_EXIT_DONE)
        return;
    out = open_memstream(&text, &len);
    if (!out)
        die(RTC_EXIT_INTERNAL, "out of memory");
    for (unsigned i = 0; i < result->threshold_count; i++) {
        const struct probe_threshold *threshold = &result->thresholds[i];

        if (threshold->passed)
            continue;
        fprintf(out, "%s--%s: %s", result->status ? "; " : "", threshold->name,
                threshold->sentence);
        result->status = RTC_EXIT_THRESHOLD;
    }
    fclose(out);
    if (result->status != RTC_EXIT_DONE)
        result->error = text;
    else
        free(text);
}

void probe_result_done(struct probe_result *result)
{
    for (unsigned i = 0; i < result->group_count; i++)
        probe_group_done(&result->groups[i]);
    for (unsigned i = 0; i < result->case_count; i++) {
        free((char *)result->cases[i].id);
        free((char *)result->cases[i].title);
        free((char *)result->cases[i].why);
        free((char *)result->cases[i].source);
    }
    for (unsigned i = 0; i < result->verdict_count; i++)
        free(result->verdicts[i]);
    for (unsigned i = 0; i < result->threshold_count; i++)
        free(result->thresholds[i].sentence);
    free(result->groups);
    free(result->cases);
    free(result->verdicts);
    free(result->thresholds);
    free(result->extra);
    free(result->error);
    *result = (struct probe_result){0};
}
