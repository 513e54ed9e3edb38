/* SPDX-License-Identifier: MIT
 *
 * What a server says about an error in the body of its answer: problem details
 * (RFC 9457) or plain text, made fit for one line on a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct problem {
    long status; /* 0: not told */
    char type[256], title[256], detail[512];
};

/* Reads a JSON object; what it lacks is empty. False: no JSON object, or
 * nothing of it is for people. */
bool problem_parse(const char *json, size_t len, struct problem *ret_problem);
/* What a body of that media type says, on one line: title and detail, or the
 * first line of text without markup; "" for other types. A body in which
 * `secret` (or NULL) stands is not shown. Returns `buf`. */
char *problem_line(const char *media_type, const char *body, size_t len,
                   const char *secret, char *buf, size_t cap);
