/* SPDX-License-Identifier: MIT
 *
 * A result in the text format of Prometheus, for a node exporter's textfile
 * collector. Every name is told of once, with all of its samples behind it, and
 * ends with its unit. Texts are labels of one sample a group, of value 1.
 */
#include <math.h>
#include <string.h>

#include "cmd/probe/form.h"

#define NAME_LEN 128

static void write_label(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '\n') {
            fputs("\\n", out);
            continue;
        }
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

/* `rtc_probe_stun_rtt_avg_seconds`. Returns `name`. */
static char *name_of(const struct probe_result *result,
                     const struct probe_measure *measure, char name[NAME_LEN])
{
    static const char *const units[] = {
        [PROBE_TEXT] = "",
        [PROBE_FLAG] = "",
        [PROBE_COUNT] = "",
        [PROBE_SECONDS] = "_seconds",
        [PROBE_BYTES] = "_bytes",
        [PROBE_RATIO] = "_ratio",
        [PROBE_BITRATE] = "_bits_per_second",
    };
    char snake[NAME_LEN / 2];

    probe_name(measure->name, '_', snake, sizeof snake);
    snprintf(name, NAME_LEN, "rtc_probe_%s_%s%s", result->subject, snake,
             units[measure->unit]);
    return name;
}

static void write_head(const char *name, const char *help, FILE *out)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static bool is_same(const struct probe_measure *a,
                    const struct probe_measure *b)
{
    return a->unit == b->unit && !strcmp(a->name, b->name);
}

/* Whether a measure of that name and unit came in an earlier group, with a
 * value. */
static bool is_told(const struct probe_result *result, unsigned group,
                    const struct probe_measure *measure)
{
    for (unsigned g = 0; g < group; g++)
        for (unsigned i = 0; i < result->groups[g].count; i++)
            if (is_same(&result->groups[g].measures[i], measure) &&
                !isnan(result->groups[g].measures[i].value))
                return true;
    return false;
}

static const char *address_of(const struct probe_group *group)
{
    for (unsigned i = 0; i < group->count; i++)
        if (!strcmp(group->measures[i].name, "address") &&
            group->measures[i].text)
            return group->measures[i].text;
    return "";
}

/* A server of one name may be measured at several addresses. */
static void write_address(const struct probe_group *group, FILE *out)
{
    const char *address = address_of(group);

    if (!*address)
        return;
    fputs(",address=", out);
    write_label(address, out);
}

/* Whether the sample has a value, and no group in front has one of the same
 * labels: what was named twice is told once. */
static bool is_sample(const struct probe_result *result, unsigned group,
                      const struct probe_measure *sample)
{
    const struct probe_group *own = &result->groups[group];

    for (unsigned g = 0; g < group; g++) {
        const struct probe_group *other = &result->groups[g];

        if (other->kind != own->kind || strcmp(other->name, own->name) != 0 ||
            strcmp(address_of(other), address_of(own)) != 0)
            continue;
        for (unsigned i = 0; i < other->count; i++)
            if (is_same(&other->measures[i], sample) &&
                !isnan(other->measures[i].value))
                return false;
    }
    return !isnan(sample->value);
}

static void write_samples(const struct probe_result *result, unsigned first,
                          const struct probe_measure *measure, FILE *out)
{
    char name[NAME_LEN], words[NAME_LEN], help[2 * NAME_LEN];

    name_of(result, measure, name);
    probe_name(measure->name, ' ', words, sizeof words);
    snprintf(help, sizeof help, "rtc-probe %s: %s.", result->subject, words);
    write_head(name, help, out);
    for (unsigned g = first; g < result->group_count; g++) {
        const struct probe_group *group = &result->groups[g];

        for (unsigned i = 0; i < group->count; i++) {
            const struct probe_measure *one = &group->measures[i];

            if (!is_same(one, measure) || !is_sample(result, g, one))
                continue;
            fprintf(out, "%s{%s=", name, group->kind->name);
            write_label(group->name, out);
            write_address(group, out);
            fprintf(out, "} %.15g\n", one->value);
        }
    }
}

/* The next of its texts from `*at` on, which goes behind it, or NULL. */
static const struct probe_measure *next_text(const struct probe_group *group,
                                             unsigned *at)
{
    while (*at < group->count)
        if (group->measures[(*at)++].text)
            return &group->measures[*at - 1];
    return NULL;
}

static bool has_same_texts(const struct probe_group *a,
                           const struct probe_group *b)
{
    const struct probe_measure *one, *other;
    unsigned at = 0, other_at = 0;

    if (a->kind != b->kind || strcmp(a->name, b->name) != 0)
        return false;
    do {
        one = next_text(a, &at);
        other = next_text(b, &other_at);
    } while (one && other && is_same(one, other) &&
             !strcmp(one->text, other->text));
    return !one && !other;
}

static bool is_text_told(const struct probe_result *result, unsigned group)
{
    for (unsigned g = 0; g < group; g++)
        if (has_same_texts(&result->groups[g], &result->groups[group]))
            return true;
    return false;
}

static void write_texts(const struct probe_result *result, FILE *out)
{
    char name[NAME_LEN], label[NAME_LEN];

    snprintf(name, sizeof name, "rtc_probe_%s_info", result->subject);
    write_head(name, "What rtc-probe found, in words.", out);
    for (unsigned g = 0; g < result->group_count; g++) {
        const struct probe_group *group = &result->groups[g];
        const struct probe_measure *text;
        unsigned at = 0;

        if (is_text_told(result, g))
            continue;
        fprintf(out, "%s{%s=", name, group->kind->name);
        write_label(group->name, out);
        while ((text = next_text(group, &at))) {
            probe_name(text->name, '_', label, sizeof label);
            fprintf(out, ",%s=", label);
            write_label(text->text, out);
        }
        fputs("} 1\n", out);
    }
}

static void write_cases(const struct probe_result *result, FILE *out)
{
    char name[NAME_LEN];

    snprintf(name, sizeof name, "rtc_probe_%s_cases", result->subject);
    write_head(name, "Cases by their outcome.", out);
    for (int outcome = PROBE_OK; outcome <= PROBE_WARNING; outcome++) {
        unsigned count = 0;

        for (unsigned i = 0; i < result->case_count; i++)
            count += (int)result->cases[i].outcome == outcome;
        fprintf(out, "%s{outcome=\"%s\"} %u\n", name,
                probe_outcome_name((enum probe_outcome)outcome), count);
    }
}

/* Whether all of that name did: one may hold for each family of addresses. */
static bool all_passed(const struct probe_result *result, unsigned first)
{
    bool passed = true;

    for (unsigned i = first; i < result->threshold_count; i++)
        if (!strcmp(result->thresholds[i].name, result->thresholds[first].name))
            passed &= result->thresholds[i].passed;
    return passed;
}

static bool is_first(const struct probe_result *result, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (!strcmp(result->thresholds[i].name, result->thresholds[index].name))
            return false;
    return true;
}

static void write_thresholds(const struct probe_result *result, FILE *out)
{
    char name[NAME_LEN];

    snprintf(name, sizeof name, "rtc_probe_%s_threshold_passed",
             result->subject);
    write_head(name, "Whether what was found is within the threshold.", out);
    for (unsigned i = 0; i < result->threshold_count; i++)
        if (is_first(result, i))
            fprintf(out, "%s{threshold=\"%s\"} %d\n", name,
                    result->thresholds[i].name, all_passed(result, i));
}

void probe_write_prometheus(const struct probe_result *result, FILE *out)
{
    char name[NAME_LEN];

    for (unsigned g = 0; g < result->group_count; g++)
        for (unsigned i = 0; i < result->groups[g].count; i++) {
            const struct probe_measure *measure =
                &result->groups[g].measures[i];

            if (measure->unit != PROBE_TEXT && !isnan(measure->value) &&
                !is_told(result, g, measure))
                write_samples(result, g, measure, out);
        }
    if (result->group_count > 0)
        write_texts(result, out);
    if (result->case_count > 0)
        write_cases(result, out);
    if (result->threshold_count > 0)
        write_thresholds(result, out);
    snprintf(name, sizeof name, "rtc_probe_%s_exit", result->subject);
    write_head(name, "The exit status of rtc-probe.", out);
    fprintf(out, "%s %d\n", name, probe_result_exit(result));
}
