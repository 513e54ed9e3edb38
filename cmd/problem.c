/* SPDX-License-Identifier: MIT
 *
 * Takes nothing on trust: a length has a cap, a control character becomes a
 * blank, and what repeats our token is not shown.
 */
#include "cmd/problem.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 200 /* bytes of a plain text */

/* A cut in the middle of a UTF-8 sequence takes its beginning away, too. */
static size_t whole_len(const char *text, size_t len)
{
    size_t start = len;

    while (start > 0 && (text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0 || !(text[start - 1] & 0x80))
        return start < len ? start : len;
    start--;
    if ((text[start] & 0xe0) == 0xc0)
        return len - start == 2 ? len : start;
    if ((text[start] & 0xf0) == 0xe0)
        return len - start == 3 ? len : start;
    return len - start == 4 ? len : start;
}

static void copy(char *buf, size_t cap, const char *text, size_t len)
{
    size_t kept = 0;

    for (size_t i = 0; i < len && kept + 1 < cap; i++) {
        unsigned char c = (unsigned char)text[i];
        /* C1 controls are 0xc2 0x80 to 0xc2 0x9f in UTF-8. */
        bool c1 = c == 0xc2 && i + 1 < len && (text[i + 1] & 0xe0) == 0x80;

        buf[kept++] = c < ' ' || c == 127 || c1 ? ' ' : (char)c;
        i += c1;
    }
    buf[whole_len(buf, kept)] = '\0';
}

static void copy_member(char *buf, size_t cap, const json_t *object,
                        const char *name)
{
    const json_t *value = json_object_get(object, name);

    buf[0] = '\0';
    if (json_is_string(value))
        copy(buf, cap, json_string_value(value), json_string_length(value));
}

bool problem_parse(const char *json, size_t len, struct problem *ret_problem)
{
    json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    struct problem problem = {0};
    const json_t *status;

    if (!json_is_object(object)) {
        json_decref(object);
        return false;
    }
    copy_member(problem.type, sizeof problem.type, object, "type");
    copy_member(problem.title, sizeof problem.title, object, "title");
    copy_member(problem.detail, sizeof problem.detail, object, "detail");
    status = json_object_get(object, "status");
    if (json_is_integer(status) && json_integer_value(status) >= 100 &&
        json_integer_value(status) <= 599)
        problem.status = (long)json_integer_value(status);
    json_decref(object);
    if (!*problem.type && !*problem.title && !*problem.detail)
        return false;
    *ret_problem = problem;
    return true;
}

static void write_problem(const struct problem *problem, char *buf, size_t cap)
{
    if (*problem->title && *problem->detail)
        snprintf(buf, cap, "%s: %s", problem->title, problem->detail);
    else if (*problem->title || *problem->detail)
        snprintf(buf, cap, "%s",
                 *problem->title ? problem->title : problem->detail);
    else
        snprintf(buf, cap, "%s", problem->type);
    buf[whole_len(buf, strlen(buf))] = '\0';
}

static void write_first_line(const char *body, size_t len, char *buf,
                             size_t cap)
{
    size_t start = 0, end;

    while (start < len && strchr(" \t\r\n", body[start]))
        start++;
    for (end = start; end < len && body[end] != '\n' && body[end] != '\r';)
        end++;
    copy(buf, cap < SHOWN_MAX ? cap : SHOWN_MAX, body + start, end - start);
}

static bool has_secret(const char *body, size_t len, const char *secret)
{
    return secret && *secret && memmem(body, len, secret, strlen(secret));
}

/* Also where JSON writes the secret in another way than it is. */
static bool problem_has_secret(const struct problem *p, const char *secret)
{
    return has_secret(p->type, strlen(p->type), secret) ||
           has_secret(p->title, strlen(p->title), secret) ||
           has_secret(p->detail, strlen(p->detail), secret);
}

/* Some frameworks call any text HTML. */
static bool is_text(const char *media_type, const char *body, size_t len)
{
    return !strcasecmp(media_type, "text/plain") ||
           (!strcasecmp(media_type, "text/html") && !memchr(body, '<', len));
}

char *problem_line(const char *media_type, const char *body, size_t len,
                   const char *secret, char *buf, size_t cap)
{
    struct problem problem = {0};
    bool is_json = !strcasecmp(media_type, "application/problem+json") ||
                   !strcasecmp(media_type, "application/json");

    buf[0] = '\0';
    if (is_json && problem_parse(body, len, &problem))
        write_problem(&problem, buf, cap);
    else if (is_text(media_type, body, len))
        write_first_line(body, len, buf, cap);
    if (*buf &&
        (has_secret(body, len, secret) || problem_has_secret(&problem, secret)))
        snprintf(buf, cap, "(its text repeats a secret)");
    return buf;
}
