/* SPDX-License-Identifier: MIT
 *
 * Lists of servers, as URLs and as JSON: what is accepted can be printed, and
 * what was printed is a URL again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct server *server)
{
    char text[SERVER_TEXT_LEN], again[SERVER_TEXT_LEN];
    char why[SERVER_WHY_LEN];
    struct server copy;

    server_text(server, text);
    if (!server->port || !*server->host || server_parse(text, &copy, why) ||
        copy.type != server->type || copy.transport != server->transport ||
        strcmp(server_text(&copy, again), text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct server_list list = {0};
    char why[SERVER_WHY_LEN] = "";
    char *text = malloc(len + 1);

    if (!text)
        return 0;
    memcpy(text, data, len);
    text[len] = '\0';
    if (server_add_text(&list, text, why) && (!*why || list.count))
        abort();
    for (unsigned i = 0; i < list.count; i++)
        check(&list.items[i]);
    list.count = 0;
    server_parse_json((const char *)data, len, &list, why);
    for (unsigned i = 0; i < list.count; i++)
        check(&list.items[i]);
    free(text);
    return 0;
}
