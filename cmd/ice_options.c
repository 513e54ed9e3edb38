/* SPDX-License-Identifier: MIT
 *
 * What the options say of candidates and servers.
 */
#include "cmd/ice_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/resolve.h"

/* How long credentials made of a shared secret are good: a day, after which a
 * relay cannot be refreshed. */
#define REST_LIFETIME_S 86400

/* A server's own user and password, or those that the secret gives. */
static void complete(struct server *server, const char *secret,
                     const char *source)
{
    char text[SERVER_TEXT_LEN];

    if (server->type == RTC_SERVER_STUN)
        return;
    if (secret && !*server->password &&
        server_rest_credentials(server, secret,
                                (int64_t)time(NULL) + REST_LIFETIME_S))
        die_usage("--turn-secret-file: no credentials for %s",
                  server_text(server, text));
    if (!*server->username || !*server->password)
        die_usage("%s: %s needs a user and a password: "
                  "turn:USER:PASSWORD@HOST, or --turn-secret-file",
                  source, server_text(server, text));
}

static bool has_turn(const struct server_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->items[i].type == RTC_SERVER_TURN)
            return true;
    return false;
}

void ice_options_read(const struct option_list *names, const char *source,
                      const char *secret_file, struct server_list *ret_list)
{
    const char *variable = getenv("RTC_ICE_SERVERS");
    const char *secret = NULL;
    char why[SERVER_WHY_LEN];

    ret_list->count = 0;
    for (unsigned i = 0; i < names->count; i++)
        if (server_add(ret_list, names->items[i], why))
            die_usage("%s: %s", source, why);
    if (!names->count && variable && *variable &&
        server_add_text(ret_list, variable, why))
        die_usage("RTC_ICE_SERVERS: %s", why);
    if (secret_file)
        secret = cli_secret(secret_file, "");
    for (unsigned i = 0; i < ret_list->count; i++)
        complete(&ret_list->items[i], secret,
                 names->count ? source : "RTC_ICE_SERVERS");
}

void ice_options_servers(const struct ice_options *options,
                         struct server_list *ret_list)
{
    ice_options_read(&options->servers, "--ice-server",
                     options->turn_secret_file, ret_list);
    if (options->turn_secret_file && !has_turn(ret_list))
        die_usage("--turn-secret-file needs an --ice-server turn:HOST");
    if (options->policy == RTC_ICE_POLICY_RELAY && !has_turn(ret_list))
        die_usage("--ice-policy relay needs a TURN server: --ice-server "
                  "turn:USER:PASSWORD@HOST");
}

void ice_options_config(const struct ice_options *options,
                        struct rtc_config *config)
{
    config->ice_policy = (enum rtc_ice_policy)options->policy;
    for (unsigned i = 0; i < options->nat_addresses.count; i++) {
        const char *text = options->nat_addresses.items[i];
        struct rtc_addr addr, *place;

        if (!resolve_literal(text, 0, &addr))
            die_usage("--nat-address: `%s' is not an IP address", text);
        place =
            addr.family == 4 ? &config->nat_address4 : &config->nat_address6;
        if (place->family)
            die_usage("--nat-address: more than one IPv%d address",
                      addr.family);
        *place = addr;
    }
}

bool ice_options_any(const struct ice_options *options)
{
    return options->servers.count || options->nat_addresses.count ||
           options->policy || options->tcp || options->turn_secret_file;
}
