/* SPDX-License-Identifier: MIT
 *
 * From servers as they are written to servers that the peer knows. A server
 * that fails is a warning as long as the session can do without it.
 */
#include "cmd/gather.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/resolve.h"
#include "cmd/sockaddr.h"
#include "cmd/tls.h"

#define REDIRECT_MOST 3

struct target {
    struct gather *gather;
    struct server server;
    struct resolve *resolve; /* its name is being looked up */
    struct rtc_addr addrs[RESOLVE_MOST];
    unsigned addr_count;
    unsigned redirect_count;
};

struct gather {
    struct gather_setup setup;
    struct rtc_peer *peer;
    struct target targets[SERVER_MOST];
    unsigned target_count;
    struct tls_trust *trust;
    struct driver_watch *limit;
    bool is_started, is_done;
    bool is_holding; /* the peer's end of gathering */
    bool any_user;   /* the user named servers */
    bool any_name;   /* that had to be looked up */
    unsigned unresolved;
    enum rtc_exit status; /* the worst that a server said, with a sentence */
    char why[256];
    gather_fn fn;
    void *user;
};

/* ---- the end ------------------------------------------------------------- */

static bool has_relay(const struct rtc_peer *peer)
{
    struct rtc_candidate candidate;

    for (unsigned i = 0; !rtc_peer_local_candidate(peer, i, &candidate); i++)
        if (candidate.type == RTC_CANDIDATE_RELAY)
            return true;
    return false;
}

static void finish(struct gather *gather)
{
    bool relay = gather->setup.options->policy == RTC_ICE_POLICY_RELAY;
    bool none =
        gather->target_count > 0 && gather->unresolved == gather->target_count;

    gather->is_done = true;
    driver_timer_set(gather->limit, RTC_NEVER);
    if (none || (relay && !has_relay(gather->peer)))
        gather->fn(gather->user,
                   gather->status ? gather->status : RTC_EXIT_GATHER,
                   gather->status ? gather->why
                                  : "no TURN server gave a relay in time");
    else
        gather->fn(gather->user, RTC_EXIT_DONE, NULL);
}

/* The peer has been told of every server. */
static void release(struct gather *gather)
{
    if (!gather->is_holding)
        return;
    gather->is_holding = false;
    rtc_peer_hold_gathering(gather->peer, false,
                            driver_now(gather->setup.driver));
    driver_changed(gather->setup.driver, gather->peer);
}

/* Ends it when nothing is waited for any more. */
static void look(struct gather *gather)
{
    bool resolving = false;

    if (!gather->is_started || gather->is_done)
        return;
    for (unsigned i = 0; i < gather->target_count; i++)
        resolving = resolving || gather->targets[i].resolve;
    if (resolving)
        return;
    if (gather->any_name)
        report_phase(gather->setup.report, REPORT_RESOLVE,
                     driver_now(gather->setup.driver));
    if (driver_is_connecting(gather->setup.driver, gather->peer))
        return;
    release(gather);
    if (rtc_peer_is_gathered(gather->peer))
        finish(gather);
}

/* ---- what goes wrong ----------------------------------------------------- */

/* Says so, and keeps what matters most: a refusal, then a name, then the rest.
 */
static void __attribute__((format(printf, 4, 5)))
complain(struct gather *gather, enum rtc_exit status, unsigned code,
         const char *format, ...)
{
    char sentence[256];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (status == RTC_EXIT_TURN || !gather->status ||
        (status == RTC_EXIT_RESOLVE && gather->status == RTC_EXIT_GATHER)) {
        gather->status = status;
        memcpy(gather->why, sentence, sizeof sentence);
    }
    cli_complain(sentence);
    report_server(gather->setup.report, sentence, code,
                  driver_now(gather->setup.driver));
}

static struct target *target_at(struct gather *gather,
                                const struct rtc_addr *addr)
{
    for (unsigned i = 0; i < gather->target_count; i++)
        for (unsigned j = 0; j < gather->targets[i].addr_count; j++)
            if (sockaddr_same(&gather->targets[i].addrs[j], addr))
                return &gather->targets[i];
    return NULL;
}

/* The server as it was written, or its address after a session was loaded. */
static const char *name_of(struct gather *gather, const struct rtc_addr *addr,
                           char buf[SERVER_TEXT_LEN])
{
    struct target *target = target_at(gather, addr);

    return target ? server_text(&target->server, buf)
                  : rtc_addr_write(addr, buf);
}

/* Over UDP, too, a server may send us elsewhere (RFC 8489 10); connections are
 * the driver's. Whether we go there. */
static bool follow(struct gather *gather, const struct rtc_event *event)
{
    struct target *target = target_at(gather, &event->server.addr);
    struct rtc_server server = {.type = event->server.type,
                                .addr = event->server.alternate};

    if (!target || event->server.transport != RTC_UDP ||
        target->redirect_count == REDIRECT_MOST ||
        target->addr_count == RESOLVE_MOST)
        return false;
    server.username = target->server.username;
    server.password = target->server.password;
    if (rtc_peer_add_server(gather->peer, &server,
                            driver_now(gather->setup.driver)))
        return false;
    target->redirect_count++;
    target->addrs[target->addr_count++] = server.addr;
    driver_changed(gather->setup.driver, gather->peer);
    return true;
}

static void on_server_event(struct gather *gather,
                            const struct rtc_event *event)
{
    enum rtc_exit status =
        event->server.type == RTC_SERVER_TURN ? RTC_EXIT_TURN : RTC_EXIT_GATHER;
    char name[SERVER_TEXT_LEN], addr[RTC_ADDR_TEXT];

    name_of(gather, &event->server.addr, name);
    rtc_addr_write(&event->server.addr, addr);
    switch (event->server.failure) {
    case RTC_SERVER_SILENT:
        complain(gather, RTC_EXIT_GATHER, 0, "%.120s does not answer (at %s)",
                 name, addr);
        break;
    case RTC_SERVER_REFUSED:
        complain(gather, status, event->server.code, "%.120s refuses: %u %.60s",
                 name, event->server.code,
                 event->server.reason ? event->server.reason : "");
        break;
    case RTC_SERVER_LOST:
        complain(gather, RTC_EXIT_GATHER, 0,
                 "the connection to %.120s is lost; making a new one", name);
        break;
    case RTC_SERVER_ALTERNATE:
        if (!follow(gather, event))
            complain(gather, status, 300, "%.120s sends us elsewhere, to %s",
                     name, rtc_addr_write(&event->server.alternate, addr));
        break;
    }
}

void gather_event(struct gather *gather, const struct rtc_event *event)
{
    if (event->type == RTC_EVENT_SERVER)
        on_server_event(gather, event);
    if (event->type == RTC_EVENT_SERVER || event->type == RTC_EVENT_GATHERED)
        look(gather);
}

/* ---- servers ------------------------------------------------------------- */

/* One of our sockets of that family. */
static bool has_family(const struct rtc_peer *peer, int family,
                       struct rtc_addr *ret_addr)
{
    enum rtc_transport transport;
    struct rtc_addr addr;

    for (unsigned i = 0; !rtc_peer_local_addr(peer, i, &addr, &transport); i++)
        if (addr.family == family) {
            *ret_addr = addr;
            ret_addr->port = 0;
            return true;
        }
    return false;
}

/* The first address of each family that we have, too. */
static unsigned add_udp(struct target *target)
{
    struct gather *gather = target->gather;
    bool done[7] = {false};
    unsigned added = 0;
    char text[SERVER_TEXT_LEN];

    for (unsigned i = 0; i < target->addr_count; i++) {
        const struct rtc_addr *addr = &target->addrs[i];
        const struct rtc_server server = {
            .type = target->server.type,
            .transport = RTC_UDP,
            .addr = *addr,
            .username = target->server.username,
            .password = target->server.password,
        };
        struct rtc_addr ours;
        int error;

        if (done[addr->family] ||
            !has_family(gather->peer, addr->family, &ours))
            continue;
        done[addr->family] = true;
        error = rtc_peer_add_server(gather->peer, &server,
                                    driver_now(gather->setup.driver));
        added++;
        if (error)
            complain(gather, RTC_EXIT_GATHER, 0, "%.120s cannot be used: %s",
                     server_text(&target->server, text), rtc_error_text(error));
    }
    driver_changed(gather->setup.driver, gather->peer);
    return added;
}

static void on_connected(void *user, const char *why)
{
    struct target *target = user;
    char text[SERVER_TEXT_LEN];

    if (why)
        complain(target->gather, RTC_EXIT_GATHER, 0, "%.120s: %.120s",
                 server_text(&target->server, text), why);
    look(target->gather);
}

/* Made when it is first needed: the system's authorities take a while. */
static const struct tls_trust *trust_of(struct gather *gather)
{
    const struct ice_options *options = gather->setup.options;
    char why[256];

    if (!gather->trust)
        gather->trust =
            tls_trust_new(options->cacert, options->insecure, why, sizeof why);
    if (!gather->trust)
        die(RTC_EXIT_USAGE, "--cacert %s", why);
    return gather->trust;
}

static void connect_to(struct gather *gather, struct driver_server *server,
                       driver_server_fn fn, void *user)
{
    if (server->transport == RTC_TLS)
        server->trust = trust_of(gather);
    if (gather->setup.bind) {
        has_family(gather->peer, 4, &server->from4);
        has_family(gather->peer, 6, &server->from6);
    }
    if (driver_connect_server(gather->setup.driver, gather->peer, server, fn,
                              user))
        complain(gather, RTC_EXIT_GATHER, 0, "%.120s: too many servers",
                 server->host);
}

static unsigned add_stream(struct target *target)
{
    struct gather *gather = target->gather;
    struct driver_server server = {
        .transport = target->server.transport,
        .host = target->server.host,
        .username = target->server.username,
        .password = target->server.password,
    };
    struct rtc_addr ours;

    for (unsigned i = 0; i < target->addr_count; i++)
        if (has_family(gather->peer, target->addrs[i].family, &ours))
            server.addrs[server.addr_count++] = target->addrs[i];
    if (server.addr_count > 0)
        connect_to(gather, &server, on_connected, target);
    return server.addr_count;
}

/* Its addresses are known. */
static void add_target(struct target *target, const struct rtc_addr *addrs,
                       unsigned count)
{
    struct gather *gather = target->gather;
    char text[SERVER_TEXT_LEN];
    unsigned added;

    for (unsigned i = 0; i < count; i++)
        if (!gather->setup.family || addrs[i].family == gather->setup.family)
            target->addrs[target->addr_count++] = addrs[i];
    added = target->server.transport == RTC_UDP ? add_udp(target)
                                                : add_stream(target);
    if (added == 0)
        complain(gather, RTC_EXIT_GATHER, 0,
                 "%.120s has no address of a family that we have",
                 server_text(&target->server, text));
}

static void on_resolved(void *user, const struct rtc_addr *addrs,
                        unsigned count, const char *why)
{
    struct target *target = user;
    char text[SERVER_TEXT_LEN];

    resolve_free(target->resolve);
    target->resolve = NULL;
    if (count > 0) {
        add_target(target, addrs, count);
    } else {
        target->gather->unresolved++;
        complain(target->gather, RTC_EXIT_RESOLVE, 0, "%.120s: %s",
                 server_text(&target->server, text), why);
    }
    look(target->gather);
}

static void on_limit(void *user, int what)
{
    struct gather *gather = user;

    (void)what;
    for (unsigned i = 0; i < gather->target_count; i++)
        if (gather->targets[i].resolve)
            on_resolved(&gather->targets[i], NULL, 0,
                        "no name server answered in time");
    release(gather);
    if (!gather->is_done)
        finish(gather);
}

static void start_target(struct target *target, rtc_usec deadline)
{
    struct gather *gather = target->gather;
    struct resolve_request request = {
        .host = target->server.host,
        .port = target->server.port,
        .family = gather->setup.family,
        .deadline = deadline,
    };
    struct rtc_addr addr;

    if (resolve_literal(request.host, request.port, &addr)) {
        add_target(target, &addr, 1);
        return;
    }
    gather->any_name = true;
    target->resolve =
        resolve_start(gather->setup.driver, &request, on_resolved, target);
    if (!target->resolve)
        die(RTC_EXIT_INTERNAL, "cannot look up names");
}

void gather_start(struct gather *gather, struct rtc_peer *peer, gather_fn fn,
                  void *user)
{
    rtc_usec deadline = driver_now(gather->setup.driver) +
                        gather->setup.options->gather_timeout;

    gather->peer = peer;
    gather->fn = fn;
    gather->user = user;
    gather->is_holding = gather->target_count > 0 &&
                         rtc_peer_hold_gathering(
                             peer, true, driver_now(gather->setup.driver)) == 0;
    for (unsigned i = 0; i < gather->target_count; i++)
        start_target(&gather->targets[i], deadline);
    gather->is_started = true;
    driver_timer_set(gather->limit, deadline);
    look(gather);
}

static bool set_credentials(struct server *server, const char *username,
                            const char *password)
{
    if ((username && strlen(username) > SERVER_USERNAME_MAX) ||
        (password && strlen(password) > SERVER_PASSWORD_MAX))
        return false;
    if (username)
        snprintf(server->username, sizeof server->username, "%s", username);
    if (password)
        snprintf(server->password, sizeof server->password, "%s", password);
    return true;
}

/* Some servers escape the `?' in the target of a link, where it stands for
 * itself. */
static int parse_named(const char *url, struct server *ret_server,
                       char ret_why[SERVER_WHY_LEN])
{
    const char *escaped = strcasestr(url, "%3Ftransport=");
    char text[SERVER_TEXT_LEN];

    if (!escaped)
        return server_parse(url, ret_server, ret_why);
    warn("the URL of an ICE server that the remote named has %%3F in place of "
         "a `?'");
    snprintf(text, sizeof text, "%.*s?%s", (int)(escaped - url), url,
             escaped + strlen("%3F"));
    return server_parse(text, ret_server, ret_why);
}

void gather_add(struct gather *gather, const char *url, const char *username,
                const char *password)
{
    struct target target = {.gather = gather};
    char why[SERVER_WHY_LEN] = "its credentials are too long";

    if (gather->any_user || gather->target_count == SERVER_MOST)
        return;
    if (parse_named(url, &target.server, why) ||
        !set_credentials(&target.server, username, password)) {
        warn("an ICE server that the remote named is not used: %s", why);
        return;
    }
    gather->targets[gather->target_count] = target;
    start_target(&gather->targets[gather->target_count++],
                 driver_now(gather->setup.driver) +
                     gather->setup.options->gather_timeout);
    driver_changed(gather->setup.driver, gather->peer);
}

/* ---- a session that goes on ---------------------------------------------- */

char *gather_hosts(const struct gather *gather)
{
    size_t cap =
        SERVER_MOST * RESOLVE_MOST * (RTC_ADDR_TEXT + RTC_HOST_MAX + 3);
    char *text = malloc(cap), addr[RTC_ADDR_TEXT];
    size_t len = 0;

    if (!text)
        return NULL;
    *text = '\0';
    for (unsigned i = 0; i < gather->target_count; i++) {
        const struct target *target = &gather->targets[i];

        if (target->server.transport != RTC_TLS)
            continue;
        for (unsigned j = 0; j < target->addr_count; j++)
            len += (size_t)snprintf(text + len, cap - len, "%s %s\n",
                                    rtc_addr_write(&target->addrs[j], addr),
                                    target->server.host);
    }
    return text;
}

/* The host of the line that begins with `addr`; else the address itself, which
 * a certificate may be for, too. */
static void host_of(const char *hosts, const struct rtc_addr *addr,
                    char ret_host[RTC_HOST_MAX + 1])
{
    char text[RTC_ADDR_TEXT];
    size_t len = strlen(rtc_addr_write(addr, text));

    for (const char *at = hosts; at && *at;) {
        size_t line = strcspn(at, "\n");

        if (line > len && !strncmp(at, text, len) && at[len] == ' ') {
            snprintf(ret_host, RTC_HOST_MAX + 1, "%.*s", (int)(line - len - 1),
                     at + len + 1);
            return;
        }
        at += line + (at[line] == '\n');
    }
    text[strcspn(text, *text == '[' ? "]" : ":")] = '\0';
    snprintf(ret_host, RTC_HOST_MAX + 1, "%s", text + (*text == '['));
}

void gather_reconnect(struct gather *gather, struct rtc_peer *peer,
                      const char *hosts)
{
    struct rtc_server known;
    char host[RTC_HOST_MAX + 1];

    gather->peer = peer;
    for (unsigned i = 0; rtc_peer_server(peer, i, &known) == 0; i++) {
        struct driver_server server = {
            .transport = known.transport,
            .addrs = {known.addr},
            .addr_count = 1,
            .host = host,
            .username = known.username,
            .password = known.password,
            .relay_family = known.relay_family,
        };

        if (known.transport == RTC_UDP)
            continue;
        host_of(hosts, &known.addr, host);
        connect_to(gather, &server, NULL, NULL);
    }
}

/* ---- setting up ---------------------------------------------------------- */

struct gather *gather_new(const struct gather_setup *setup, bool servers)
{
    struct gather *gather = calloc(1, sizeof *gather);
    struct server_list list = {0};

    if (!gather)
        die(RTC_EXIT_INTERNAL, "out of memory");
    gather->setup = *setup;
    gather->limit = driver_timer_new(setup->driver, on_limit, gather);
    if (!gather->limit)
        die(RTC_EXIT_INTERNAL, "out of memory");
    if (servers)
        ice_options_servers(setup->options, &list);
    for (unsigned i = 0; i < list.count; i++)
        gather->targets[gather->target_count++] =
            (struct target){.gather = gather, .server = list.items[i]};
    gather->any_user = list.count > 0;
    server_list_done(&list);
    return gather;
}

void gather_free(struct gather *gather)
{
    if (!gather)
        return;
    for (unsigned i = 0; i < gather->target_count; i++)
        resolve_free(gather->targets[i].resolve);
    driver_watch_free(gather->limit);
    tls_trust_free(gather->trust);
    explicit_bzero(gather, sizeof *gather);
    free(gather);
}
