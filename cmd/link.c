/* SPDX-License-Identifier: MIT
 *
 * Reads RFC 8288's grammar and what servers make of it: blanks around anything,
 * a missing `=`, empty members of a list. One malformed link costs itself.
 */
#include "cmd/link.h"

#include <string.h>
#include <strings.h>

struct reader {
    const char *at;
    struct link *link;
    size_t used; /* of the link's text */
    bool failed;
};

static void skip_blanks(struct reader *r)
{
    r->at += strspn(r->at, " \t");
}

static void put(struct reader *r, char c)
{
    if (r->used == sizeof r->link->text)
        r->failed = true;
    else
        r->link->text[r->used++] = c;
}

/* Everything up to one of `stops`. */
static const char *take(struct reader *r, const char *stops)
{
    const char *start = r->link->text + r->used;
    size_t len = strcspn(r->at, stops);

    for (size_t i = 0; i < len; i++)
        put(r, r->at[i]);
    put(r, '\0');
    r->at += len;
    return start;
}

/* RFC 9110 5.6.4; `at` is behind the opening quote. */
static const char *take_quoted(struct reader *r)
{
    const char *start = r->link->text + r->used;

    for (; *r->at && *r->at != '"'; r->at++) {
        if (*r->at == '\\' && r->at[1])
            r->at++;
        put(r, *r->at);
    }
    put(r, '\0');
    if (*r->at != '"')
        r->failed = true;
    else
        r->at++;
    return start;
}

static void take_param(struct reader *r)
{
    struct link_param param = {.value = ""};

    skip_blanks(r);
    param.name = take(r, "=;, \t\"<>");
    skip_blanks(r);
    if (*r->at == '=') {
        r->at++;
        skip_blanks(r);
        if (*r->at == '"') {
            r->at++;
            param.value = take_quoted(r);
        } else {
            param.value = take(r, ";, \t\"");
        }
    }
    skip_blanks(r);
    if (*r->at && *r->at != ';' && *r->at != ',')
        r->failed = true;
    if (r->failed || !*param.name)
        return;
    if (r->link->param_count == LINK_PARAM_MOST)
        r->failed = true;
    else
        r->link->params[r->link->param_count++] = param;
}

/* To the comma that ends this link, not one within quotes or brackets. */
static void skip_link(struct reader *r)
{
    char inside = '\0'; /* what would close it */

    for (; *r->at && (inside || *r->at != ','); r->at++) {
        if (inside == '"' && *r->at == '\\' && r->at[1])
            r->at++;
        else if (inside && *r->at == inside)
            inside = '\0';
        else if (!inside && *r->at == '"')
            inside = '"';
        else if (!inside && *r->at == '<')
            inside = '>';
    }
}

static void take_link(struct reader *r)
{
    if (*r->at != '<') {
        r->failed = true;
        return;
    }
    r->at++;
    r->link->target = take(r, ">");
    if (*r->at != '>') {
        r->failed = true;
        return;
    }
    r->at++;
    skip_blanks(r);
    while (*r->at == ';' && !r->failed) {
        r->at++;
        take_param(r);
    }
    if (*r->at && *r->at != ',')
        r->failed = true;
}

enum link_result link_next(const char **at, struct link *ret_link)
{
    struct reader r = {.at = *at + strspn(*at, " \t,"), .link = ret_link};
    const char *start = r.at;

    ret_link->target = NULL;
    ret_link->param_count = 0;
    if (!*r.at) {
        *at = r.at;
        return LINK_END;
    }
    take_link(&r);
    if (r.failed) {
        r.at = start;
        skip_link(&r);
    }
    *at = r.at;
    return r.failed ? LINK_BAD : LINK_READ;
}

const char *link_param(const struct link *link, const char *name)
{
    for (unsigned i = 0; i < link->param_count; i++)
        if (!strcasecmp(link->params[i].name, name))
            return link->params[i].value;
    return NULL;
}

bool link_has_rel(const struct link *link, const char *rel)
{
    const char *at = link_param(link, "rel");
    size_t len = strlen(rel);

    while (at && *at) {
        size_t word = strcspn(at, " \t");

        if (word == len && !strncasecmp(at, rel, len))
            return true;
        at += word;
        at += strspn(at, " \t");
    }
    return false;
}
