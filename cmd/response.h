/* SPDX-License-Identifier: MIT
 *
 * The answer to an HTTP request, put together from what comes over the wire.
 * Fields and body have caps, as a server may send without end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cmd/exit.h"

#define RESPONSE_BODY_MAX (1024 * 1024)
#define RESPONSE_HEAD_MAX (64 * 1024)
#define RESPONSE_FIELD_MOST 100
#define RESPONSE_WHY_LEN 640

/* An answer, or why there is none. */
struct http_response {
    enum rtc_exit error; /* 0: there is an answer */
    char why[RESPONSE_WHY_LEN];
    int status;
    const char *method, *url; /* of the request that was answered */
    rtc_usec started, resolved, connected, secured, answered; /* -1: not */
    int64_t expires; /* the certificate, seconds since 1970; 0: none seen */
    char *body; /* with a NUL behind it; NULL: there is none */
    size_t len;
    struct response_field {
        char *name, *value;
    } fields[RESPONSE_FIELD_MOST];
    unsigned field_count;
    size_t head_len;
    bool head_done;
    const char *limit; /* the cap that was reached, or NULL */
};

/* Empty again. */
void response_clear(struct http_response *response);
/* One line of the head, its status line and the empty one at its end included.
 * False: a cap was reached, or memory ran out. */
bool response_add_line(struct http_response *response, const char *line,
                       size_t len);
/* A piece of the body; as response_add_line. */
bool response_add_body(struct http_response *response, const char *data,
                       size_t len);
/* The `index`th field of that name in any case, or NULL. */
const char *http_field(const struct http_response *response, const char *name,
                       unsigned index);
