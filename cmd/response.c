/* SPDX-License-Identifier: MIT
 *
 * Header fields as they come, without a list of known ones.
 */
#include "cmd/response.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *http_field(const struct http_response *response, const char *name,
                       unsigned index)
{
    for (unsigned i = 0; i < response->field_count; i++)
        if (!strcasecmp(response->fields[i].name, name) && index-- == 0)
            return response->fields[i].value;
    return NULL;
}

void response_clear(struct http_response *response)
{
    for (unsigned i = 0; i < response->field_count; i++) {
        free(response->fields[i].name);
        free(response->fields[i].value);
    }
    free(response->body);
    memset(response, 0, sizeof *response);
}

static bool add_field(struct http_response *r, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len), *end = line + len;
    const char *value = colon ? colon + 1 : NULL;
    char *name_copy, *value_copy;

    if (!colon || r->field_count == RESPONSE_FIELD_MOST)
        return true;
    while (value < end && strchr(" \t", *value))
        value++;
    while (end > value && strchr(" \t\r\n", end[-1]))
        end--;
    name_copy = strndup(line, (size_t)(colon - line));
    value_copy = strndup(value, (size_t)(end - value));
    if (!name_copy || !value_copy) {
        free(name_copy);
        free(value_copy);
        return false;
    }
    r->fields[r->field_count++] =
        (struct response_field){name_copy, value_copy};
    return true;
}

/* Each status line begins anew: 1xx answers come before the one that counts. */
bool response_add_line(struct http_response *response, const char *line,
                       size_t len)
{
    struct http_response *r = response;
    size_t head_len = r->head_len + len;

    if (len >= 5 && !strncmp(line, "HTTP/", 5))
        response_clear(r);
    r->head_len = head_len;
    if (head_len > RESPONSE_HEAD_MAX) {
        r->limit = "header fields of more than 64 KiB";
        return false;
    }
    if (len <= 2) /* what follows the body is of no interest */
        r->head_done = true;
    return r->head_done || add_field(r, line, len);
}

bool response_add_body(struct http_response *response, const char *data,
                       size_t len)
{
    struct http_response *r = response;
    char *body;

    if (len > RESPONSE_BODY_MAX - r->len) {
        r->limit = "a body of more than 1 MiB";
        return false;
    }
    body = realloc(r->body, r->len + len + 1);
    if (!body)
        return false;
    memcpy(body + r->len, data, len);
    r->body = body;
    r->len += len;
    body[r->len] = '\0';
    return true;
}
