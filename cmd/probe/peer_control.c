/* SPDX-License-Identifier: MIT
 *
 * Members are read one by one into a cursor that remembers the first that is
 * missing or out of bounds.
 */
#include "cmd/probe/peer_control.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define TIME_MOST (INT64_C(86400) * 1000000)
#define BITRATE_MOST INT64_C(100000000000)

static const char *const type_names[] = {"hello",  "welcome",  "refusal",
                                         "start",  "interval", "stop",
                                         "finish", "result"};
static const char *const mode_names[] = {"media", "data"};

/* ---- reading ------------------------------------------------------------- */

struct reader {
    const json_t *object;
    const char *bad; /* a member's name, or NULL */
};

static int64_t read_number(struct reader *r, const char *name, int64_t least,
                           int64_t most)
{
    const json_t *value = json_object_get(r->object, name);
    json_int_t number = json_integer_value(value);

    if (json_is_integer(value) && number >= least && number <= most)
        return number;
    r->bad = r->bad ? r->bad : name;
    return least;
}

static uint64_t read_count(struct reader *r, const char *name)
{
    return (uint64_t)read_number(r, name, 0, PEER_COUNT_MOST);
}

static bool read_flag(struct reader *r, const char *name)
{
    const json_t *value = json_object_get(r->object, name);

    if (!json_is_boolean(value))
        r->bad = r->bad ? r->bad : name;
    return json_is_true(value);
}

/* Its number in `names`. */
static int read_name(struct reader *r, const char *name,
                     const char *const *names, int count)
{
    const char *text = json_string_value(json_object_get(r->object, name));

    for (int i = 0; text && i < count; i++)
        if (!strcmp(text, names[i]))
            return i;
    r->bad = r->bad ? r->bad : name;
    return 0;
}

/* What others wrote is shown to people: printable and short. */
static void read_text(struct reader *r, const char *name,
                      char ret_text[PEER_WHY_LEN])
{
    const char *text = json_string_value(json_object_get(r->object, name));

    snprintf(ret_text, PEER_WHY_LEN, "%s", text ? text : "");
    for (char *at = ret_text; *at; at++)
        if (!isascii((unsigned char)*at) || iscntrl((unsigned char)*at))
            *at = '?';
}

static void read_parameters(struct reader *r, struct peer_parameters *p)
{
    p->mode = (enum peer_mode)read_name(r, "mode", mode_names, 2);
    p->up = read_flag(r, "up");
    p->down = read_flag(r, "down");
    if (!p->up && !p->down) /* Nothing would be measured. */
        r->bad = r->bad ? r->bad : "up";
    p->time_us = read_number(r, "time_us", 100000, TIME_MOST);
    p->interval_us = read_number(r, "interval_us", 100000, TIME_MOST);
    p->bitrate_bps = read_number(r, "bitrate", 0, BITRATE_MOST);
    p->streams = (unsigned)read_number(r, "streams", 1, PEER_STREAM_MOST);
    p->length =
        (size_t)read_number(r, "length", PEER_LENGTH_LEAST, PEER_LENGTH_MOST);
    p->run = (uint32_t)read_number(r, "run", 0, UINT32_MAX);
}

static void read_sent(struct reader *r, struct peer_sent *s)
{
    s->packets = read_count(r, "packets");
    s->bytes = read_count(r, "bytes");
    s->held = read_count(r, "held");
    s->late = read_count(r, "late");
    s->time_us = read_number(r, "time_us", 0, 2 * TIME_MOST);
}

/* Exactly so many. */
static void read_counts(struct reader *r, const char *name, uint64_t *counts,
                        size_t count)
{
    const json_t *list = json_object_get(r->object, name);
    bool good = json_array_size(list) == count;

    for (size_t i = 0; good && i < count; i++) {
        const json_t *value = json_array_get(list, i);
        json_int_t number = json_integer_value(value);

        good =
            json_is_integer(value) && number >= 0 && number <= PEER_COUNT_MOST;
        counts[i] = good ? (uint64_t)number : 0;
    }
    if (!good)
        r->bad = r->bad ? r->bad : name;
}

static void read_received(struct reader *r, struct peer_received *c)
{
    c->packets = read_count(r, "packets");
    c->bytes = read_count(r, "bytes");
    c->expected = read_count(r, "expected");
    c->recovered = read_count(r, "recovered");
    c->reordered = read_count(r, "reordered");
    c->duplicates = read_count(r, "duplicates");
    read_counts(r, "streams", c->streams, PEER_STREAM_MOST);
    c->steps = read_count(r, "steps");
    c->steps_us = read_number(r, "steps_us", 0, PEER_COUNT_MOST);
    c->time_us = read_number(r, "time_us", 0, 2 * TIME_MOST);
}

static void read_tally(struct reader *r, struct peer_tally *t)
{
    struct reader sent = {json_object_get(r->object, "sent"), NULL};
    struct reader received = {json_object_get(r->object, "received"), NULL};

    read_sent(&sent, &t->sent);
    read_received(&received, &t->received);
    t->estimate_bps =
        (uint64_t)read_number(r, "estimate", 0, 1000 * BITRATE_MOST);
    t->rtt_us = read_number(r, "rtt_us", -1, TIME_MOST);
    t->late_us = read_number(r, "late_us", 0, TIME_MOST);
    t->unread = read_count(r, "unread");
    t->cpu_permille = (unsigned)read_number(r, "cpu_permille", 0, 1000000);
    r->bad = r->bad ? r->bad : sent.bad ? sent.bad : received.bad;
}

static void read_body(struct reader *r, struct peer_message *m)
{
    m->type = (enum peer_message_type)read_name(
        r, "type", type_names, sizeof type_names / sizeof *type_names);
    read_text(r, "text", m->text);
    switch (m->type) {
    case PEER_HELLO:
        read_parameters(r, &m->parameters);
        break;
    case PEER_INTERVAL:
        m->index = (unsigned)read_number(r, "index", 1, 1000000);
        read_tally(r, &m->tally);
        break;
    case PEER_STOP:
    case PEER_RESULT:
        read_tally(r, &m->tally);
        break;
    case PEER_WELCOME:
    case PEER_REFUSAL:
    case PEER_START:
    case PEER_FINISH:
        break;
    }
}

static int read_message(const json_t *object, struct peer_message *ret_message,
                        char ret_why[PEER_WHY_LEN])
{
    struct reader r = {object, NULL};
    struct peer_message message = {PEER_HELLO};
    const json_t *version = json_object_get(object, "v");

    if (!json_is_integer(version)) {
        snprintf(ret_why, PEER_WHY_LEN, "a message without a version");
        return RTC_ERR_FORMAT;
    }
    if (json_integer_value(version) != PEER_VERSION) {
        snprintf(ret_why, PEER_WHY_LEN,
                 "version %lld of the protocol, where %d is spoken",
                 (long long)json_integer_value(version), PEER_VERSION);
        return RTC_ERR_UNSUPPORTED;
    }
    read_body(&r, &message);
    if (r.bad) {
        snprintf(ret_why, PEER_WHY_LEN,
                 "`%s' of a message is missing or out of bounds", r.bad);
        return RTC_ERR_FORMAT;
    }
    *ret_message = message;
    return 0;
}

int peer_message_parse(const char *text, size_t len,
                       struct peer_message *ret_message,
                       char ret_why[PEER_WHY_LEN])
{
    json_t *object = NULL;
    int result = RTC_ERR_FORMAT;

    if (len <= PEER_MESSAGE_MAX)
        object = json_loadb(text, len, 0, NULL);
    if (json_is_object(object))
        result = read_message(object, ret_message, ret_why);
    else
        snprintf(ret_why, PEER_WHY_LEN, "a message that is no JSON object");
    json_decref(object);
    return result;
}

/* ---- writing ------------------------------------------------------------- */

static json_t *of_parameters(const struct peer_parameters *p)
{
    return json_pack("{s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "mode",
                     mode_names[p->mode], "up", p->up, "down", p->down,
                     "time_us", (json_int_t)p->time_us, "interval_us",
                     (json_int_t)p->interval_us, "bitrate",
                     (json_int_t)p->bitrate_bps, "streams",
                     (json_int_t)p->streams, "length", (json_int_t)p->length,
                     "run", (json_int_t)p->run);
}

static json_t *of_sent(const struct peer_sent *s)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "packets",
                     (json_int_t)s->packets, "bytes", (json_int_t)s->bytes,
                     "held", (json_int_t)s->held, "late", (json_int_t)s->late,
                     "time_us", (json_int_t)s->time_us);
}

static json_t *of_counts(const uint64_t *counts, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_integer((json_int_t)counts[i]));
    return list;
}

static json_t *of_received(const struct peer_received *c)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "packets",
        (json_int_t)c->packets, "bytes", (json_int_t)c->bytes, "expected",
        (json_int_t)c->expected, "recovered", (json_int_t)c->recovered,
        "reordered", (json_int_t)c->reordered, "duplicates",
        (json_int_t)c->duplicates, "steps", (json_int_t)c->steps, "steps_us",
        (json_int_t)c->steps_us, "time_us", (json_int_t)c->time_us, "streams",
        of_counts(c->streams, PEER_STREAM_MOST));
}

static json_t *of_tally(const struct peer_tally *t)
{
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "sent",
                     of_sent(&t->sent), "received", of_received(&t->received),
                     "estimate", (json_int_t)t->estimate_bps, "rtt_us",
                     (json_int_t)t->rtt_us, "late_us", (json_int_t)t->late_us,
                     "unread", (json_int_t)t->unread, "cpu_permille",
                     (json_int_t)t->cpu_permille);
}

/* The members that a type has, apart from those that all have. */
static json_t *of_body(const struct peer_message *m)
{
    switch (m->type) {
    case PEER_HELLO:
        return of_parameters(&m->parameters);
    case PEER_INTERVAL:
    case PEER_STOP:
    case PEER_RESULT:
        return of_tally(&m->tally);
    case PEER_WELCOME:
    case PEER_REFUSAL:
    case PEER_START:
    case PEER_FINISH:
        break;
    }
    return json_object();
}

int peer_message_write(const struct peer_message *message, char *buf,
                       size_t cap)
{
    json_t *body = of_body(message);
    json_t *object =
        json_pack("{s:i, s:s, s:s}", "v", PEER_VERSION, "type",
                  type_names[message->type], "text", message->text);
    size_t len = 0;

    if (message->type == PEER_INTERVAL)
        json_object_set_new(object, "index",
                            json_integer((json_int_t)message->index));
    if (object && body && json_object_update(object, body) == 0)
        len = json_dumpb(object, buf, cap, JSON_COMPACT);
    json_decref(object);
    json_decref(body);
    if (!len)
        return RTC_ERR_NOMEM;
    return len <= cap ? (int)len : RTC_ERR_NOBUF;
}
