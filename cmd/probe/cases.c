/* SPDX-License-Identifier: MIT
 *
 * Cases for test harnesses: TAP version 13, and the XML that JUnit's readers
 * take. Thresholds are cases, too.
 */
#include <ctype.h>
#include <string.h>

#include "cmd/probe/form.h"

static unsigned count_outcome(const struct probe_result *result,
                              enum probe_outcome outcome)
{
    unsigned count = 0;

    for (unsigned i = 0; i < result->case_count; i++)
        count += result->cases[i].outcome == outcome;
    for (unsigned i = 0; i < result->threshold_count; i++)
        count += outcome == PROBE_NOT_OK && !result->thresholds[i].passed;
    return count;
}

/* Something went wrong that no case tells of. */
static bool is_stuck(const struct probe_result *result)
{
    return result->error && count_outcome(result, PROBE_NOT_OK) == 0;
}

/* ---- TAP ----------------------------------------------------------------- */

/* On one line, and without what TAP reads as a directive. */
static void write_plain(const char *text, FILE *out)
{
    for (; *text; text++)
        if (*text == '#' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else
            fputc(iscntrl((unsigned char)*text) ? ' ' : *text, out);
}

void probe_write_tap(const struct probe_result *result, FILE *out)
{
    unsigned count = 0;

    fprintf(out, "TAP version 13\n1..%u\n",
            result->case_count + result->threshold_count);
    for (unsigned i = 0; i < result->case_count; i++) {
        const struct probe_case *one = &result->cases[i];

        fprintf(out, "%sok %u - ", one->outcome == PROBE_NOT_OK ? "not " : "",
                ++count);
        write_plain(one->id, out);
        fputs(": ", out);
        write_plain(one->title, out);
        if (one->outcome == PROBE_SKIP)
            fputs(" # SKIP", out);
        if (one->why)
            fputs(one->outcome == PROBE_SKIP ? " " : "\n# ", out);
        if (one->why && one->outcome == PROBE_WARNING)
            fputs("warning: ", out);
        if (one->why && one->line)
            fprintf(out, "line %u: ", one->line);
        if (one->why)
            write_plain(one->why, out);
        if (one->why && one->source)
            fprintf(out, " (%s)", one->source);
        fputc('\n', out);
    }
    for (unsigned i = 0; i < result->threshold_count; i++) {
        const struct probe_threshold *threshold = &result->thresholds[i];

        fprintf(out, "%sok %u - %s: ", threshold->passed ? "" : "not ", ++count,
                threshold->name);
        write_plain(threshold->sentence, out);
        fputc('\n', out);
    }
    if (!is_stuck(result))
        return;
    fputs("Bail out! ", out);
    write_plain(result->error, out);
    fputc('\n', out);
}

/* ---- JUnit --------------------------------------------------------------- */

/* XML 1.0 has no way to write most control characters. */
static void write_escaped(const char *text, FILE *out)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(iscntrl((unsigned char)*text) ? ' ' : *text, out);
        }
}

static void write_attribute(const char *name, const char *text, FILE *out)
{
    fprintf(out, " %s=\"", name);
    write_escaped(text, out);
    fputc('"', out);
}

/* `inside`: "failure", "error", "skipped" or NULL. */
static void write_testcase(const struct probe_result *result,
                           const char *const texts[2], const char *inside,
                           const char *why, FILE *out)
{
    fprintf(out, "  <testcase classname=\"rtc-probe.%s\" name=\"",
            result->subject);
    write_escaped(texts[0], out);
    fputs(": ", out);
    write_escaped(texts[1], out);
    fputc('"', out);
    if (inside) {
        fprintf(out, "><%s", inside);
        write_attribute("message", why ? why : texts[1], out);
        fputs("/></testcase>\n", out);
    } else {
        fputs("/>\n", out);
    }
}

void probe_write_junit(const struct probe_result *result, FILE *out)
{
    static const char *const insides[] = {NULL, "failure", "skipped", NULL};
    const char *const run[] = {"run", "it runs to its end"};
    bool stuck = is_stuck(result);
    char why[512];

    fprintf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"rtc-probe %s\" tests=\"%u\" failures=\"%u\" "
        "skipped=\"%u\" errors=\"%u\" time=\"%.6f\">\n",
        result->subject, result->case_count + result->threshold_count + stuck,
        count_outcome(result, PROBE_NOT_OK), count_outcome(result, PROBE_SKIP),
        stuck, (double)result->time_us / 1e6);
    for (unsigned i = 0; i < result->case_count; i++) {
        const struct probe_case *one = &result->cases[i];

        if (one->line)
            snprintf(why, sizeof why, "line %u: %s", one->line, one->why);
        else
            snprintf(why, sizeof why, "%s", one->why ? one->why : one->title);
        write_testcase(result, (const char *[]){one->id, one->title},
                       insides[one->outcome], why, out);
    }
    for (unsigned i = 0; i < result->threshold_count; i++) {
        const struct probe_threshold *one = &result->thresholds[i];

        write_testcase(result, (const char *[]){one->name, one->sentence},
                       insides[one->passed ? PROBE_OK : PROBE_NOT_OK], NULL,
                       out);
    }
    if (stuck)
        write_testcase(result, run, "error", result->error, out);
    fputs("</testsuite>\n", out);
}
