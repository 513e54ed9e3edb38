/* SPDX-License-Identifier: MIT
 * Line and word changes in a NUL-terminated text. */
#include "tests/sim/edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *next_line(const char *at)
{
    const char *end = strchr(at, '\n');

    return end ? end + 1 : at + strlen(at);
}

/* Puts `len` bytes of `text` in place of `old` bytes at `at`. */
static void splice(char *sdp, size_t cap, char *at, size_t old,
                   const char *text)
{
    size_t len = strlen(text);

    if (strlen(sdp) - old + len >= cap)
        abort();
    memmove(at + len, at + old, strlen(at + old) + 1);
    memcpy(at, text, len);
}

void sim_edit_remove(char *sdp, const char *start)
{
    for (char *at = sdp; *at;) {
        size_t len = (size_t)(next_line(at) - at);
        if (!strncmp(at, start, strlen(start)))
            splice(sdp, strlen(sdp) + 1, at, len, "");
        else
            at += len;
    }
}

void sim_edit_add(char *sdp, size_t cap, const char *start, const char *line)
{
    char text[512];

    snprintf(text, sizeof text, "%s\r\n", line);
    for (char *at = sdp; *at;) {
        bool matches = !strncmp(at, start, strlen(start));
        at += next_line(at) - at;
        if (matches) {
            splice(sdp, cap, at, 0, text);
            at += strlen(text);
        }
    }
}

void sim_edit_replace(char *sdp, size_t cap, const char *from, const char *to)
{
    for (char *at = sdp; (at = strstr(at, from)); at += strlen(to))
        splice(sdp, cap, at, strlen(from), to);
}
