/* SPDX-License-Identifier: MIT
 *
 * Reads the operands, looks their names up all at the same time, and takes the
 * first address of each family that this machine has a way to.
 */
#include "cmd/probe/servers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/probe/port.h"
#include "cmd/sockaddr.h"

#define LOOKUP_MOST_US 10000000

static const struct probe_kind kind_server = {"server", "servers"};

/* ---- what was found ------------------------------------------------------ */

/* Whether there is a way to it. */
static bool add_server(struct probe_servers *servers, const char *name,
                       const struct rtc_addr *addr)
{
    struct probe_server *server = &servers->items[servers->count];
    char text[RTC_ADDR_TEXT];

    for (unsigned i = 0; i < servers->count; i++)
        if (sockaddr_same(&servers->items[i].addr, addr)) {
            info("%s: it is %s, too", name, servers->items[i].name);
            return true;
        }
    if (probe_source(addr, &server->local)) {
        warn("%s: no way to %s from here: %s", name, rtc_addr_write(addr, text),
             strerror(errno));
        return false;
    }
    snprintf(server->name, sizeof server->name, "%s", name);
    server->addr = *addr;
    servers->count++;
    return true;
}

static void add_lost(struct probe_servers *servers, const char *name)
{
    struct probe_server *server = &servers->lost[servers->lost_count++];

    snprintf(server->name, sizeof server->name, "%s", name);
}

static void add_addrs(struct probe_lookup *lookup, const struct rtc_addr *addrs,
                      unsigned count)
{
    struct probe_servers *servers = lookup->servers;
    char name[SERVER_TEXT_LEN];
    bool any = false, any_way = false, done[7] = {false};

    server_text(&lookup->server, name);
    for (unsigned i = 0; i < count; i++) {
        if (done[addrs[i].family] ||
            (servers->family && addrs[i].family != servers->family))
            continue;
        any = done[addrs[i].family] = true;
        any_way |= add_server(servers, name, &addrs[i]);
    }
    if (!any_way)
        add_lost(servers, name);
    if (any)
        return;
    servers->unresolved++;
    warn("%s: it has no IPv%d address", name, servers->family);
}

static void finish(struct probe_servers *servers)
{
    if (servers->waiting > 0)
        return;
    if (servers->count == 0)
        probe_report_fail(servers->report,
                          servers->unresolved == servers->lookup_count
                              ? RTC_EXIT_RESOLVE
                              : RTC_EXIT_NOTHING,
                          servers->unresolved == servers->lookup_count
                              ? "no server has an address that is wanted"
                              : "there is no way to any server");
    servers->fn(servers->user);
}

static void on_resolved(void *user, const struct rtc_addr *addrs,
                        unsigned count, const char *why)
{
    struct probe_lookup *lookup = user;
    struct probe_group group;
    char name[SERVER_TEXT_LEN];

    resolve_free(lookup->resolve);
    lookup->resolve = NULL;
    lookup->servers->waiting--;
    probe_group_init(&group, &kind_server, server_text(&lookup->server, name));
    probe_set(&group, "addresses", PROBE_COUNT, count);
    probe_set_text(&group, "message", why);
    probe_report_event(lookup->servers->report, "resolve", &group);
    if (count > 0) {
        add_addrs(lookup, addrs, count);
    } else {
        lookup->servers->unresolved++;
        add_lost(lookup->servers, name);
        warn("%s: %s", name, why);
    }
    finish(lookup->servers);
}

/* ---- operands ------------------------------------------------------------ */

static void read_server(const char *text, struct server *ret_server)
{
    char url[SERVER_TEXT_LEN + 16], why[SERVER_WHY_LEN];
    const char *shown = strrchr(text, '@'); /* There may be a password. */
    struct rtc_addr addr;

    shown = shown ? shown + 1 : text;
    if (resolve_literal(text, 0, &addr) && addr.family == 6)
        snprintf(url, sizeof url, "stun:[%s]", text);
    else
        snprintf(url, sizeof url, "%s%s",
                 !strncmp(text, "stun:", 5) || !strncmp(text, "turn", 4) ||
                         !strncmp(text, "stuns:", 6)
                     ? ""
                     : "stun:",
                 text);
    if (strlen(text) >= SERVER_TEXT_LEN || server_parse(url, ret_server, why))
        die_usage("`%.100s' is no STUN server: %s", shown,
                  strlen(text) < SERVER_TEXT_LEN ? why : "it is too long");
    if (ret_server->type != RTC_SERVER_STUN)
        die_usage("`%.100s' is a TURN server, not one for STUN", shown);
}

void probe_servers_find(struct probe_servers *servers, char *const *names,
                        int count, void (*fn)(void *user), void *user)
{
    rtc_usec deadline = driver_now(servers->driver) + LOOKUP_MOST_US;

    if (count > PROBE_SERVER_MOST)
        die_usage("more than %d servers", PROBE_SERVER_MOST);
    servers->fn = fn;
    servers->user = user;
    servers->lookup_count = (unsigned)count;
    for (int i = 0; i < count; i++)
        read_server(names[i], &servers->lookups[i].server);
    for (int i = 0; i < count; i++) {
        struct probe_lookup *lookup = &servers->lookups[i];
        struct resolve_request request = {lookup->server.host,
                                          lookup->server.port, servers->family,
                                          deadline};
        struct rtc_addr addr;

        lookup->servers = servers;
        if (resolve_literal(request.host, request.port, &addr)) {
            add_addrs(lookup, &addr, 1);
            continue;
        }
        servers->waiting++;
        lookup->resolve =
            resolve_start(servers->driver, &request, on_resolved, lookup);
        if (!lookup->resolve)
            die(RTC_EXIT_INTERNAL, "cannot look up names");
    }
    finish(servers);
}
