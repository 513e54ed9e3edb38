/* SPDX-License-Identifier: MIT
 *
 * A result as one JSON object, and as JSON Lines with the fields that every
 * event of rtcpipe-events(5) has. What is not known is null.
 */
#include <math.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/json_of.h"
#include "cmd/probe/form.h"

#define VERSION 1

static json_t *value_of(const struct probe_measure *measure)
{
    switch (measure->unit) {
    case PROBE_TEXT:
        return json_of_text(measure->text);
    case PROBE_FLAG:
        return isnan(measure->value) ? json_null()
                                     : json_boolean(measure->value != 0);
    case PROBE_COUNT:
    case PROBE_BYTES:
        return isnan(measure->value) ? json_null()
                                     : json_integer((json_int_t)measure->value);
    case PROBE_SECONDS:
    case PROBE_RATIO:
    case PROBE_BITRATE:
        break;
    }
    return json_of_number(measure->value);
}

static void add_measures(json_t *object, const struct probe_group *group)
{
    for (unsigned i = 0; i < group->count; i++)
        json_of_member(object, group->measures[i].name,
                       value_of(&group->measures[i]));
}

static json_t *of_group(const struct probe_group *group)
{
    json_t *object = json_object();

    json_of_member(object, group->kind->name, json_of_text(group->name));
    add_measures(object, group);
    return object;
}

static json_t *of_case(const struct probe_case *one)
{
    json_t *object = json_object();

    json_of_member(object, "id", json_of_text(one->id));
    json_of_member(object, "title", json_of_text(one->title));
    json_of_member(object, "outcome",
                   json_of_text(probe_outcome_name(one->outcome)));
    json_of_member(object, "why", json_of_text(one->why));
    json_of_member(object, "line",
                   one->line ? json_integer(one->line) : json_null());
    json_of_member(object, "source", json_of_text(one->source));
    return object;
}

static json_t *of_threshold(const struct probe_threshold *threshold)
{
    json_t *object = json_object();

    json_of_member(object, "name", json_of_text(threshold->name));
    json_of_member(object, "passed", json_boolean(threshold->passed));
    json_of_member(object, "message", json_of_text(threshold->sentence));
    return object;
}

static json_t *of_error(const struct probe_result *result)
{
    if (result->status == RTC_EXIT_DONE)
        return json_null();
    return json_pack("{s:s, s:o}", "name", exit_name((int)result->status),
                     "message", json_of_text(result->error));
}

static void write_line(json_t *object, FILE *out)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER |
                                        JSON_REAL_PRECISION(9));

    json_decref(object);
    if (!text)
        die(RTC_EXIT_INTERNAL, "out of memory");
    fprintf(out, "%s\n", text);
    free(text);
}

/* An object with the text that a subject made itself. */
static json_t *extra_of(const struct probe_result *result)
{
    json_t *object = json_object();

    json_of_member(object, result->extra_name,
                   json_loads(result->extra, JSON_ALLOW_NUL, NULL));
    return object;
}

/* ---- one object ---------------------------------------------------------- */

static void add_groups(json_t *object, const struct probe_result *result)
{
    for (unsigned i = 0; i < result->group_count; i++) {
        const char *plural = result->groups[i].kind->plural;

        if (!json_object_get(object, plural))
            json_of_member(object, plural, json_array());
        json_array_append_new(json_object_get(object, plural),
                              of_group(&result->groups[i]));
    }
}

static json_t *of_end(const struct probe_result *result)
{
    json_t *object = json_object();
    json_t *verdicts = json_array(), *thresholds = json_array();

    for (unsigned i = 0; i < result->verdict_count; i++)
        json_array_append_new(verdicts, json_of_text(result->verdicts[i]));
    for (unsigned i = 0; i < result->threshold_count; i++)
        json_array_append_new(thresholds, of_threshold(&result->thresholds[i]));
    json_of_member(object, "verdicts", verdicts);
    json_of_member(object, "thresholds", thresholds);
    json_of_member(object, "exit", json_integer(probe_result_exit(result)));
    json_of_member(object, "error", of_error(result));
    return object;
}

void probe_write_json(const struct probe_result *result, FILE *out)
{
    json_t *object = json_object(), *end = of_end(result), *extra;

    json_of_member(object, "v", json_integer(VERSION));
    json_of_member(object, "t", json_of_seconds(result->time_us));
    json_of_member(object, "tool", json_of_text("rtc-probe"));
    json_of_member(object, "version", json_of_text(rtc_version()));
    json_of_member(object, "subject", json_of_text(result->subject));
    if (result->extra) {
        extra = extra_of(result);
        json_object_update(object, extra);
        json_decref(extra);
    }
    add_groups(object, result);
    if (result->case_count > 0)
        json_of_member(object, "cases", json_array());
    for (unsigned i = 0; i < result->case_count; i++)
        json_array_append_new(json_object_get(object, "cases"),
                              of_case(&result->cases[i]));
    json_object_update(object, end);
    json_decref(end);
    write_line(object, out);
}

/* ---- lines --------------------------------------------------------------- */

static json_t *event_of(rtc_usec time_us, const char *event, json_t *fields)
{
    json_t *object = json_object();

    json_of_member(object, "v", json_integer(VERSION));
    json_of_member(object, "t", json_of_seconds(time_us));
    json_of_member(object, "event", json_of_text(event));
    json_object_update(object, fields);
    json_decref(fields);
    return object;
}

void probe_write_event(rtc_usec time_us, const char *event,
                       const struct probe_group *group, FILE *out)
{
    json_t *fields = json_object();

    if (group && group->kind)
        json_of_member(fields, group->kind->name, json_of_text(group->name));
    if (group)
        add_measures(fields, group);
    write_line(event_of(time_us, event, fields), out);
}

void probe_write_events(const struct probe_result *result, FILE *out)
{
    rtc_usec time = result->time_us;

    if (result->extra)
        write_line(event_of(time, result->extra_name, extra_of(result)), out);
    for (unsigned i = 0; i < result->group_count; i++)
        probe_write_event(time, "result", &result->groups[i], out);
    for (unsigned i = 0; i < result->case_count; i++)
        write_line(event_of(time, "case", of_case(&result->cases[i])), out);
    write_line(event_of(time, "end", of_end(result)), out);
}
