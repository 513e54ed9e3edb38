/* SPDX-License-Identifier: MIT
 *
 * RTCIceServer arrays (W3C WebRTC 4.2.4) as JSON, the form in which services
 * hand out servers with credentials for a while.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/server.h"

/* A member's text; "" when it is not there. */
static int read_text(const json_t *object, const char *name, char *ret_text,
                     size_t cap, char why[SERVER_WHY_LEN])
{
    const json_t *value = json_object_get(object, name);
    size_t len;

    if (!value || json_is_null(value))
        return 0;
    len = json_string_length(value);
    if (!json_is_string(value) || len >= cap)
        return server_fail(why, "`%s' is no text, or too long", name);
    memcpy(ret_text, json_string_value(value), len + 1);
    return 0;
}

static int add_url(const json_t *object, const json_t *url,
                   struct server_list *list, char why[SERVER_WHY_LEN])
{
    char sentence[SERVER_WHY_LEN] = "";
    struct server *server = &list->items[list->count];

    if (!json_is_string(url))
        return server_fail(why, "`urls' is neither a text nor texts");
    if (list->count == SERVER_MOST)
        return server_fail(why, "more than %d servers", SERVER_MOST);
    if (server_parse(json_string_value(url), server, sentence))
        return server_fail(why, "a URL in `urls': %.200s", sentence);
    if (server->type == RTC_SERVER_TURN &&
        (read_text(object, "username", server->username,
                   sizeof server->username, why) ||
         read_text(object, "credential", server->password,
                   sizeof server->password, why)))
        return RTC_ERR_FORMAT;
    list->count++;
    return 0;
}

static int add_server(const json_t *object, struct server_list *list,
                      char why[SERVER_WHY_LEN])
{
    const json_t *urls = json_object_get(object, "urls");
    const json_t *type = json_object_get(object, "credentialType");
    size_t count;
    int error = 0;

    if (!urls)
        urls = json_object_get(object, "url"); /* as it was called before */
    if (!urls)
        return server_fail(why, "a server without `urls'");
    if (json_is_string(type) && strcmp(json_string_value(type), "password"))
        return server_fail(why, "a `credentialType' other than password");
    if (!json_is_array(urls))
        return add_url(object, urls, list, why);
    count = json_array_size(urls);
    for (size_t i = 0; i < count && !error; i++)
        error = add_url(object, json_array_get(urls, i), list, why);
    return error;
}

static int add_value(const json_t *value, struct server_list *list,
                     char why[SERVER_WHY_LEN])
{
    const json_t *inside = json_object_get(value, "iceServers");
    size_t count;
    int error = 0;

    if (inside)
        value = inside;
    if (json_is_object(value))
        return add_server(value, list, why);
    if (!json_is_array(value))
        return server_fail(why, "no array of servers");
    count = json_array_size(value);
    for (size_t i = 0; i < count && !error; i++) {
        const json_t *item = json_array_get(value, i);

        error = json_is_object(item)
                    ? add_server(item, list, why)
                    : server_fail(why, "a server that is no object");
    }
    return error;
}

int server_parse_json(const char *text, size_t len, struct server_list *list,
                      char ret_why[SERVER_WHY_LEN])
{
    struct server_list longer = *list;
    json_error_t where;
    json_t *value = json_loadb(text, len, 0, &where);
    int error = value ? add_value(value, &longer, ret_why)
                      /* Its text may quote a secret. */
                      : server_fail(ret_why, "no JSON: line %d, column %d",
                                    where.line, where.column);

    json_decref(value);
    if (!error)
        *list = longer;
    explicit_bzero(&longer, sizeof longer);
    return error;
}
