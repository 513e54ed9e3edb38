/* SPDX-License-Identifier: MIT
 *
 * JSON Lines of descriptions and candidates: bytes to lines with a bound, lines
 * to what they say, and back. What to do about it is meet_trickle.c's.
 */
#include "cmd/trickle.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/file.h"
#include "cmd/outflow.h"

#define FIRST_CAP 65536 /* descriptions are shorter, as a rule */
/* A description that is no JSON line is over after this, as in signal.c. */
#define SILENCE_US 250000

/* ---- a line -------------------------------------------------------------- */

/* Copies a string member; an absent one, null, or one too long is empty. */
static void copy_member(const json_t *object, const char *name, char *buf,
                        size_t cap)
{
    const char *text = json_string_value(json_object_get(object, name));

    if (text && strlen(text) < cap)
        snprintf(buf, cap, "%s", text);
}

static int read_candidate(const json_t *object, struct trickle_line *ret_line,
                          char ret_why[TRICKLE_WHY_LEN])
{
    const json_t *candidate = json_object_get(object, "candidate");

    /* {"candidate": {"candidate": ...}}, as pages wrap it. */
    if (json_is_object(candidate)) {
        object = candidate;
        candidate = json_object_get(object, "candidate");
    }
    copy_member(object, "sdpMid", ret_line->mid, sizeof ret_line->mid);
    copy_member(object, "usernameFragment", ret_line->ufrag,
                sizeof ret_line->ufrag);
    ret_line->kind = TRICKLE_END;
    if (json_is_null(candidate))
        return 0;
    if (!json_is_string(candidate)) {
        snprintf(ret_why, TRICKLE_WHY_LEN, "`candidate' is not a string");
        return -1;
    }
    if (!json_string_length(candidate))
        return 0;
    copy_member(object, "candidate", ret_line->candidate,
                sizeof ret_line->candidate);
    /* One that is too long for any candidate is dropped. */
    ret_line->kind = *ret_line->candidate ? TRICKLE_CANDIDATE : TRICKLE_NOTHING;
    return 0;
}

static int read_object(const char *text, size_t len, const json_t *object,
                       struct trickle_line *ret_line,
                       char ret_why[TRICKLE_WHY_LEN])
{
    const char *type = json_string_value(json_object_get(object, "type"));
    char why[DESCRIPTION_WHY_LEN];

    if (json_object_get(object, "candidate"))
        return read_candidate(object, ret_line, ret_why);
    /* Offers are answered at once, so there is none to roll back. */
    if (!json_object_get(object, "sdp") || (type && !strcmp(type, "rollback")))
        return 0;
    if (description_parse(text, len, &ret_line->description, why)) {
        snprintf(ret_why, TRICKLE_WHY_LEN, "%s", why);
        return -1;
    }
    ret_line->kind = TRICKLE_DESCRIPTION;
    return 0;
}

int trickle_parse(const char *text, size_t len, struct trickle_line *ret_line,
                  char ret_why[TRICKLE_WHY_LEN])
{
    struct trickle_line line = {.kind = TRICKLE_NOTHING};
    json_error_t error;
    json_t *value;
    int result = 0;

    while (len > 0 && memchr(" \t\r", *text, 3)) {
        text++;
        len--;
    }
    if (len == 0) {
        *ret_line = line;
        return 0;
    }
    value = json_loadb(text, len, JSON_DECODE_ANY, &error);
    if (json_is_null(value)) {
        line.kind = TRICKLE_END;
    } else if (json_is_object(value)) {
        result = read_object(text, len, value, &line, ret_why);
    } else {
        snprintf(ret_why, TRICKLE_WHY_LEN, "not a JSON object: %.100s",
                 value ? "another value" : error.text);
        result = -1;
    }
    json_decref(value);
    if (result == 0)
        *ret_line = line;
    return result;
}

void trickle_line_done(struct trickle_line *line)
{
    description_done(&line->description);
}

char *trickle_write(const struct trickle_line *line)
{
    json_t *object = json_pack("{s:s, s:s, s:i}", "candidate", line->candidate,
                               "sdpMid", line->mid, "sdpMLineIndex", 0);
    char *json, *text = NULL;

    if (object && *line->ufrag)
        json_object_set_new(object, "usernameFragment",
                            json_string(line->ufrag));
    json = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (json)
        text = malloc(strlen(json) + 2);
    if (text)
        sprintf(text, "%s\n", json);
    free(json);
    return text;
}

/* ---- reading ------------------------------------------------------------- */

struct trickle {
    struct driver *driver;
    struct trickle_calls calls;
    int in, out_fd;
    struct driver_watch *readable; /* NULL: a regular file */
    struct driver_watch *timer;    /* silence; regular files: now */
    char out_name[24];             /* lent to `out` */
    struct outflow *out;           /* NULL: finished */
    bool out_failed;
    bool has_begun; /* a line was understood, so all are JSON */
    bool is_plain, is_closed;
    unsigned line; /* number of the next one */
    char *text;    /* what has no line end yet */
    size_t len, cap;
};

static void finish_reading(struct trickle *t, const char *why)
{
    if (t->is_closed)
        return;
    t->is_closed = true;
    driver_timer_set(t->timer, RTC_NEVER);
    if (t->readable)
        driver_watch_enable(t->readable, false);
    t->calls.closed(t->calls.user, why);
}

static void give(struct trickle *t, struct trickle_line *line)
{
    if (line->kind != TRICKLE_NOTHING)
        t->calls.line(t->calls.user, line);
    trickle_line_done(line);
}

/* The stream as one description, whatever its form. */
static void take_plain(struct trickle *t)
{
    struct trickle_line line = {.kind = TRICKLE_DESCRIPTION};
    char why[DESCRIPTION_WHY_LEN];

    if (description_parse(t->text, t->len, &line.description, why)) {
        finish_reading(t, t->len ? why : NULL);
        return;
    }
    give(t, &line);
    finish_reading(t, NULL);
}

static void look_at_plain(struct trickle *t)
{
    enum description_whole whole = description_whole(t->text, t->len);

    driver_timer_set(t->timer, whole == DESCRIPTION_PROBABLY
                                   ? driver_now(t->driver) + SILENCE_US
                                   : RTC_NEVER);
    if (whole == DESCRIPTION_WHOLE)
        take_plain(t);
}

/* False: the stream is none of JSON Lines, or not any more. */
static bool take_line(struct trickle *t, const char *text, size_t len)
{
    char why[TRICKLE_WHY_LEN], sentence[TRICKLE_WHY_LEN + 32];
    struct trickle_line line;

    t->line++;
    if (trickle_parse(text, len, &line, why) == 0) {
        t->has_begun = t->has_begun || line.kind != TRICKLE_NOTHING;
        give(t, &line);
        return true;
    }
    if (!t->has_begun) {
        t->is_plain = true;
        return false;
    }
    snprintf(sentence, sizeof sentence, "line %u: %s", t->line, why);
    finish_reading(t, sentence);
    return false;
}

static void take_lines(struct trickle *t)
{
    size_t start = 0;
    char *end;

    while (!t->is_plain && !t->is_closed &&
           (end = memchr(t->text + start, '\n', t->len - start))) {
        if (take_line(t, t->text + start, (size_t)(end - t->text) - start))
            start = (size_t)(end - t->text) + 1;
    }
    t->len -= start;
    memmove(t->text, t->text + start, t->len);
}

static void at_end(struct trickle *t, int error)
{
    if (!t->is_plain && t->len && !error)
        take_line(t, t->text, t->len);
    if (t->is_plain && !error && !t->is_closed)
        take_plain(t);
    finish_reading(t, error ? strerror(error) : NULL);
}

/* Sees to it that there is room. False when the line is too long. */
static bool grow(struct trickle *t)
{
    size_t cap = t->cap ? 2 * t->cap : FIRST_CAP;
    char *text;

    if (t->len < t->cap)
        return true;
    if (t->cap > TRICKLE_LINE_MAX) {
        finish_reading(t, "a line, or the description, is longer than 1 MiB");
        return false;
    }
    if (cap > TRICKLE_LINE_MAX)
        cap = TRICKLE_LINE_MAX + 1;
    text = realloc(t->text, cap);
    if (!text) {
        finish_reading(t, "out of memory");
        return false;
    }
    t->text = text;
    t->cap = cap;
    return true;
}

/* One read. False when nothing more is to be read. */
static bool read_some(struct trickle *t)
{
    ssize_t n;

    if (!grow(t))
        return false;
    n = read(t->in, t->text + t->len, t->cap - t->len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n <= 0) {
        at_end(t, n < 0 ? errno : 0);
        return false;
    }
    t->len += (size_t)n;
    if (!t->is_plain)
        take_lines(t);
    if (t->is_plain && !t->is_closed && t->readable)
        look_at_plain(t);
    return !t->is_closed;
}

static void on_readable(void *user, int fd)
{
    (void)fd;
    read_some(user);
}

static void on_timer(void *user, int what)
{
    struct trickle *t = user;

    (void)what;
    if (t->readable)
        take_plain(t);
    else
        while (read_some(t))
            ;
}

/* ---- both ways ----------------------------------------------------------- */

static void on_failed(void *user, int error)
{
    struct trickle *t = user;

    (void)error;
    t->out_failed = true;
}

/* 0, or -1 with errno. */
static int open_both(struct trickle *t, int out)
{
    bool regular = !file_is_pollable(t->in);

    t->out_fd = out;
    snprintf(t->out_name, sizeof t->out_name, "fd:%d", out);
    t->out = outflow_new(t->driver, t->out_name, on_failed, t);
    if (!t->out)
        return -1;
    t->timer = driver_timer_new(t->driver, on_timer, t);
    if (!regular)
        t->readable =
            driver_watch_fd(t->driver, t->in, DRIVER_READ, on_readable, t);
    if (!t->timer || (!regular && !t->readable)) {
        errno = ENOMEM;
        return -1;
    }
    if (regular)
        driver_timer_set(t->timer, driver_now(t->driver));
    return 0;
}

struct trickle *trickle_new(struct driver *driver, int in, int out,
                            const struct trickle_calls *calls)
{
    struct trickle *t = calloc(1, sizeof *t);
    int error;

    if (t) {
        t->driver = driver;
        t->calls = *calls;
        t->in = in;
        if (open_both(t, out) == 0)
            return t;
    }
    error = t ? errno : ENOMEM;
    if (!t)
        close(in);
    if (!t || !t->out)
        close(out);
    trickle_free(t);
    errno = error;
    return NULL;
}

bool trickle_is_plain(const struct trickle *t)
{
    return t->is_plain;
}

bool trickle_send(struct trickle *t, const char *text, size_t len)
{
    return t->out && !t->out_failed && outflow_has_room(t->out, len) &&
           outflow_write(t->out, text, len);
}

void trickle_finish(struct trickle *t, int limit_ms)
{
    /* The limit holds for descriptors that do not block; this is its end. */
    if (t->out && !outflow_has_room(t->out, OUTFLOW_MOST))
        fcntl(t->out_fd, F_SETFL, O_NONBLOCK);
    outflow_close(t->out, t->out_failed ? 0 : limit_ms);
    t->out = NULL;
}

void trickle_free(struct trickle *t)
{
    if (!t)
        return;
    trickle_finish(t, 0);
    driver_watch_free(t->readable);
    driver_watch_free(t->timer);
    close(t->in);
    free(t->text);
    free(t);
}
