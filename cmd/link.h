/* SPDX-License-Identifier: MIT
 *
 * Link header fields (RFC 8288 3): where they point and their parameters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define LINK_TEXT_MAX 4096
#define LINK_PARAM_MOST 16

struct link_param {
    const char *name, *value; /* without quotes; no value is "" */
};

struct link {
    const char *target; /* as it is written, perhaps relative */
    struct link_param params[LINK_PARAM_MOST];
    unsigned param_count;
    char text[LINK_TEXT_MAX]; /* what the above points into */
};

enum link_result {
    LINK_END,
    LINK_READ,
    LINK_BAD, /* malformed or too large: skipped */
};

/* Reads the next link of a field value and moves `at` behind it. Several fields
 * are read one after the other. */
enum link_result link_next(const char **at, struct link *ret_link);
/* The first parameter of that name in any case, or NULL. */
const char *link_param(const struct link *link, const char *name);
/* Whether `rel` lists that relation, in any case. */
bool link_has_rel(const struct link *link, const char *rel);
