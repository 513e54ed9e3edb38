/* SPDX-License-Identifier: MIT
 *
 * A result for people: groups of one kind as the rows of a table, or, where
 * that is too wide, as a list each, of what is known; cases with a mark;
 * sentences.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "cmd/probe/form.h"

#define WIDTH 80
#define CELL_LEN 256

static const char red[] = "\033[31m", green[] = "\033[32m", plain[] = "\033[m";

void probe_name(const char *name, char separator, char *buf, size_t cap)
{
    size_t len = 0;

    for (; *name && len + 2 < cap; name++) {
        if (isupper((unsigned char)*name))
            buf[len++] = separator;
        buf[len++] = (char)tolower((unsigned char)*name);
    }
    buf[len] = '\0';
}

/* ---- values -------------------------------------------------------------- */

/* Three digits that count, with the unit that suits. */
static void write_scaled(double value, const char *const units[3], double step,
                         char cell[CELL_LEN])
{
    int i = 0;

    while (i < 2 && fabs(value) >= step * 0.9995) {
        value /= step;
        i++;
    }
    snprintf(cell, CELL_LEN, "%.*f %s",
             value == 0 || fabs(value) >= 99.95 ? 0
             : fabs(value) >= 9.995             ? 1
                                                : 2,
             value, units[i]);
}

static bool is_known(const struct probe_measure *measure)
{
    return measure->unit == PROBE_TEXT ? measure->text != NULL
                                       : !isnan(measure->value);
}

static const char *write_value(const struct probe_measure *measure,
                               char cell[CELL_LEN])
{
    static const char *const times[] = {"us", "ms", "s"};
    static const char *const rates[] = {"kbit/s", "Mbit/s", "Gbit/s"};

    snprintf(cell, CELL_LEN, "-");
    if (!is_known(measure))
        return cell;
    switch (measure->unit) {
    case PROBE_TEXT:
        snprintf(cell, CELL_LEN, "%s", measure->text);
        break;
    case PROBE_FLAG:
        snprintf(cell, CELL_LEN, "%s", measure->value != 0 ? "yes" : "no");
        break;
    case PROBE_RATIO:
        snprintf(cell, CELL_LEN, "%.4g %%", measure->value * 100);
        break;
    case PROBE_SECONDS:
        write_scaled(measure->value * 1e6, times, 1000, cell);
        break;
    case PROBE_BITRATE:
        write_scaled(measure->value / 1e3, rates, 1000, cell);
        break;
    case PROBE_COUNT:
    case PROBE_BYTES:
        snprintf(cell, CELL_LEN, "%.0f", measure->value);
        break;
    }
    return cell;
}

/* Prints `text` word by word from column `at`, continued at `indent`. */
static void write_wrapped(const char *text, int at, int indent, FILE *out)
{
    bool first = true;

    while (*text) {
        int len = (int)strcspn(text, " ");

        if (!first && at + 1 + len >= WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
            first = true;
        }
        at += fprintf(out, "%s%.*s", first ? "" : " ", len, text);
        first = false;
        text += len;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* ---- groups -------------------------------------------------------------- */

/* The groups of the run that begins with one: of its kind, and alike. */
static unsigned run_of(const struct probe_result *result, unsigned first)
{
    const struct probe_group *one = &result->groups[first];
    unsigned end = first + 1;

    for (; end < result->group_count; end++) {
        const struct probe_group *other = &result->groups[end];

        if (other->kind != one->kind || other->count != one->count)
            break;
        for (unsigned i = 0; i < one->count; i++)
            if (strcmp(other->measures[i].name, one->measures[i].name))
                return end - first;
    }
    return end - first;
}

static void widen(int *width, const char *text)
{
    int len = (int)strlen(text);

    if (len > *width)
        *width = len;
}

/* Columns of a table: the name's, and one a measure. False: one of them is too
 * wide beside the name. */
static bool measure_widths(const struct probe_group *groups, unsigned count,
                           int ret_widths[PROBE_MEASURE_MOST + 1])
{
    char cell[CELL_LEN];
    int most = 0;

    memset(ret_widths, 0, (PROBE_MEASURE_MOST + 1) * sizeof *ret_widths);
    widen(&ret_widths[0], groups->kind->name);
    for (unsigned g = 0; g < count; g++)
        widen(&ret_widths[0], groups[g].name);
    for (unsigned i = 0; i < groups->count; i++) {
        int *width = &ret_widths[i + 1];

        probe_name(groups->measures[i].name, ' ', cell, sizeof cell);
        widen(width, cell);
        for (unsigned g = 0; g < count; g++)
            widen(width, write_value(&groups[g].measures[i], cell));
        most = *width > most ? *width : most;
    }
    return ret_widths[0] + 2 + most <= WIDTH;
}

/* Blanks between columns: two, but for one where then all fit. */
static int gap_of(const struct probe_group *groups, const int *widths)
{
    int columns = (int)groups->count, total = widths[0];

    for (int i = 0; i < columns; i++)
        total += widths[i + 1];
    return total + 2 * columns > WIDTH && total + columns <= WIDTH ? 1 : 2;
}

/* The column behind the last one that fits beside the name, from `first` on. */
static unsigned fit(const struct probe_group *groups, const int *widths,
                    unsigned first)
{
    int total = widths[0], gap = gap_of(groups, widths);
    unsigned end = first;

    while (end < groups->count && total + gap + widths[end + 1] <= WIDTH)
        total += gap + widths[1 + end++];
    return end;
}

/* Texts begin, numbers end below each other. */
static void write_cell(const struct probe_measure *measure, int gap, int width,
                       const char *text, FILE *out)
{
    fprintf(out, "%*s%*s", gap, "",
            measure->unit == PROBE_TEXT ? -width : width, text);
}

/* No blanks at the end of a line. */
static int width_at(const struct probe_group *group, const int *widths,
                    unsigned end, unsigned column)
{
    return column + 1 == end && group->measures[column].unit == PROBE_TEXT
               ? 0
               : widths[column + 1];
}

/* Columns `columns[0]` to before `columns[1]`. */
static void write_rows(const struct probe_group *groups, unsigned count,
                       const int *widths, const unsigned columns[2], FILE *out)
{
    char cell[CELL_LEN];
    int gap = gap_of(groups, widths);

    fprintf(out, "%-*s", widths[0], groups->kind->name);
    for (unsigned i = columns[0]; i < columns[1]; i++) {
        probe_name(groups->measures[i].name, ' ', cell, sizeof cell);
        write_cell(&groups->measures[i], gap,
                   width_at(groups, widths, columns[1], i), cell, out);
    }
    fputc('\n', out);
    for (unsigned g = 0; g < count; g++) {
        fprintf(out, "%-*s", widths[0], groups[g].name);
        for (unsigned i = columns[0]; i < columns[1]; i++)
            write_cell(&groups[g].measures[i], gap,
                       width_at(groups, widths, columns[1], i),
                       write_value(&groups[g].measures[i], cell), out);
        fputc('\n', out);
    }
}

/* As many tables below each other as it takes. */
static void write_tables(const struct probe_group *groups, unsigned count,
                         const int *widths, FILE *out)
{
    unsigned columns[2] = {0, 0};

    do {
        if (columns[0] > 0)
            fputc('\n', out);
        columns[1] = fit(groups, widths, columns[0]);
        write_rows(groups, count, widths, columns, out);
        columns[0] = columns[1];
    } while (columns[0] < groups->count);
}

static void write_list(const struct probe_group *group, FILE *out)
{
    char cell[CELL_LEN];
    int width = 0;

    for (unsigned i = 0; i < group->count; i++) {
        probe_name(group->measures[i].name, ' ', cell, sizeof cell);
        if (is_known(&group->measures[i]))
            widen(&width, cell);
    }
    fprintf(out, "%s %s\n", group->kind->name, group->name);
    for (unsigned i = 0; i < group->count; i++) {
        if (!is_known(&group->measures[i]))
            continue;
        probe_name(group->measures[i].name, ' ', cell, sizeof cell);
        fprintf(out, "  %-*s  ", width, cell);
        write_wrapped(write_value(&group->measures[i], cell), width + 4,
                      width + 4, out);
    }
}

static void write_groups(const struct probe_result *result, FILE *out)
{
    int widths[PROBE_MEASURE_MOST + 1];
    unsigned count;

    for (unsigned at = 0; at < result->group_count; at += count) {
        count = run_of(result, at);
        if (at)
            fputc('\n', out);
        if (measure_widths(&result->groups[at], count, widths) &&
            (count > 1 || result->groups[at].count < 5)) {
            write_tables(&result->groups[at], count, widths, out);
            continue;
        }
        for (unsigned i = 0; i < count; i++) {
            if (i)
                fputc('\n', out);
            write_list(&result->groups[at + i], out);
        }
    }
}

/* ---- the rest ------------------------------------------------------------ */

static void write_mark(bool good, const char *mark, bool colour, FILE *out)
{
    if (colour)
        fputs(good ? green : red, out);
    fputs(mark, out);
    if (colour)
        fputs(plain, out);
}

static void write_case(const struct probe_case *one, bool colour, FILE *out)
{
    static const char *const marks[] = {"ok    ", "NOT OK", "skip  ", "warn  "};
    int at = 8;

    write_mark(one->outcome != PROBE_NOT_OK, marks[one->outcome], colour, out);
    at += fprintf(out, "  %s: ", one->id) - 2;
    write_wrapped(one->title, at, 8, out);
    if (one->why && one->outcome != PROBE_OK) { /* that is a line each */
        char text[512];

        at = 8;
        fputs("        ", out);
        if (one->line)
            at += fprintf(out, "line %u: ", one->line);
        snprintf(text, sizeof text, "%s%s%s%s", one->why,
                 one->source ? " (" : "", one->source ? one->source : "",
                 one->source ? ")" : "");
        write_wrapped(text, at, 8, out);
    }
}

void probe_write_table(const struct probe_result *result, bool colour,
                       FILE *out)
{
    bool any = result->group_count > 0;

    write_groups(result, out);
    if (any && result->case_count)
        fputc('\n', out);
    for (unsigned i = 0; i < result->case_count; i++)
        write_case(&result->cases[i], colour, out);
    any |= result->case_count > 0;
    if (any && result->verdict_count)
        fputc('\n', out);
    for (unsigned i = 0; i < result->verdict_count; i++)
        write_wrapped(result->verdicts[i], 0, 0, out);
    any |= result->verdict_count > 0;
    if (any && result->threshold_count)
        fputc('\n', out);
    for (unsigned i = 0; i < result->threshold_count; i++) {
        const struct probe_threshold *threshold = &result->thresholds[i];
        int at = 6;

        write_mark(threshold->passed, threshold->passed ? "pass" : "FAIL",
                   colour, out);
        at += fprintf(out, "  --%s: ", threshold->name) - 2;
        write_wrapped(threshold->sentence, at, 6, out);
    }
}
