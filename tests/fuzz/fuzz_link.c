/* SPDX-License-Identifier: MIT
 * Any text as a Link field: every step moves on, and what was read lies within
 * the link's own text. */
#include "cmd/link.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_inside(const struct link *link, const char *text)
{
    const char *end = link->text + sizeof link->text;

    if (text < link->text || text >= end ||
        !memchr(text, '\0', (size_t)(end - text)))
        abort();
}

static void check(const struct link *link)
{
    check_inside(link, link->target);
    for (unsigned i = 0; i < link->param_count; i++) {
        check_inside(link, link->params[i].name);
        if (*link->params[i].value)
            check_inside(link, link->params[i].value);
        if (!link_param(link, link->params[i].name))
            abort();
    }
    (void)link_has_rel(link, "ice-server");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    const char *at = text, *before;
    enum link_result result;
    static struct link link;

    if (!text)
        return 0;
    if (len > 0)
        memcpy(text, data, len);
    text[len] = '\0';
    do {
        before = at;
        result = link_next(&at, &link);
        if (result == LINK_READ)
            check(&link);
        if (result != LINK_END && at <= before)
            abort();
    } while (result != LINK_END);
    if (*at)
        abort();
    free(text);
    return 0;
}
