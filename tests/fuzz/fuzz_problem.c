/* SPDX-License-Identifier: MIT
 * Any body of an answer: what is shown of it is one line, has no control
 * characters, and never our secret. */
#include "cmd/problem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "s3cr"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const char *type, const char *body, size_t len)
{
    char line[128];

    problem_line(type, body, len, SECRET, line, sizeof line);
    for (const char *at = line; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            abort();
    if (strlen(line) >= sizeof line || strstr(line, SECRET))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *body = (const char *)data;

    check("application/problem+json", body, len);
    check("text/plain", body, len);
    check("text/html", body, len);
    return 0;
}
