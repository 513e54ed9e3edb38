/* SPDX-License-Identifier: MIT
 * Situations as text: a row says what happens in a short script, and what comes
 * of it is collected as text too, to be compared. */
#pragma once

#include <stdarg.h>

#include "tap.h"

struct script_row {
    const char *name;
    unsigned most; /* what it means is the test's */
    const char *script, *want;
};

struct script_text {
    char text[1024];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static inline void
script_add(struct script_text *t, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(t->text + t->len, sizeof t->text - t->len, format, args);
    va_end(args);
    t->len += (size_t)len;
    if (t->len >= sizeof t->text)
        t->len = sizeof t->text - 1;
}

/* One word of a script: a number or a range of them, then letters. */
struct script_word {
    char head; /* a sign before the number, or 0 */
    unsigned first, last;
    char letters[8];
};

/* Takes the next word; false at the end. */
static inline bool script_next(const char **at, struct script_word *ret_word)
{
    struct script_word w = {0};
    char *end;

    while (**at == ' ')
        (*at)++;
    if (!**at)
        return false;
    if (**at < '0' || **at > '9')
        w.head = *(*at)++;
    w.first = w.last = (unsigned)strtoul(*at, &end, 10);
    if (*end == '-')
        w.last = (unsigned)strtoul(end + 1, &end, 10);
    for (size_t i = 0; *end && *end != ' '; end++)
        if (i + 1 < sizeof w.letters)
            w.letters[i++] = *end;
    *at = end;
    *ret_word = w;
    return true;
}

static inline void script_check(const struct script_row *row,
                                const struct script_text *got)
{
    if (!ok(!strcmp(got->text, row->want), row->name))
        printf("# %s\n# got  %s\n# want %s\n", row->script, got->text,
               row->want);
}
