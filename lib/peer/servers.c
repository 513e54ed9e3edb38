/* SPDX-License-Identifier: MIT
 * Gathering: every STUN and TURN server is asked about every socket, and what
 * comes of it is told to ICE. How to ask is ice/gather's and turn/client's. */
#include "peer/servers.h"

#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "peer/event.h"
#include "peer/peer.h"

static struct rtc_servers *servers_of(struct rtc_peer *peer)
{
    struct rtc_ice_gather_timing timing;

    if (peer->servers)
        return peer->servers;
    peer->servers = rtc_calloc(1, sizeof *peer->servers);
    if (!peer->servers)
        return NULL;
    rtc_ice_gather_timing_init(&timing);
    timing.pacing_us = peer->config.ice.pacing_us;
    rtc_ice_gather_init(&peer->servers->stun, &timing, &peer->random);
    peer->servers->is_told = true;
    return peer->servers;
}

static void wipe_text(const char *text)
{
    if (text)
        rtc_wipe((char *)text, strlen(text));
    rtc_free((char *)text);
}

void rtc_servers_free(struct rtc_servers *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->relay_count; i++)
        rtc_turn_free(s->relays[i].client);
    for (unsigned i = 0; i < s->count; i++) {
        wipe_text(s->list[i].username);
        wipe_text(s->list[i].password);
    }
    rtc_ice_gather_done(&s->stun);
    rtc_free(s);
}

/* ---- asking -------------------------------------------------------------- */

static bool is_asked(const struct rtc_servers *s, unsigned server,
                     const struct rtc_addr *local)
{
    for (unsigned i = 0; i < s->relay_count; i++)
        if (s->relays[i].server == server &&
            rtc_addr_equal(&rtc_turn_path(s->relays[i].client)->local, local))
            return true;
    return false;
}

static void set_turn_config(const struct rtc_peer *peer, unsigned server,
                            const struct rtc_addr *local,
                            struct rtc_turn_config *ret_config)
{
    const struct rtc_server *s = &peer->servers->list[server];

    *ret_config = (struct rtc_turn_config){
        .path = {.local = *local, .remote = s->addr, .transport = s->transport},
        .username = s->username,
        .password = s->password,
        .family = s->relay_family,
        .retry = peer->servers->stun.timing.retry,
        .random = peer->random,
        .log = &peer->log,
    };
}

/* Takes the client, NULL included. */
static void add_relay(struct rtc_peer *peer, unsigned server,
                      uint8_t preference, struct rtc_turn_client *client)
{
    struct rtc_servers *s = peer->servers;

    if (client)
        s->relays[s->relay_count++] = (struct rtc_relay){
            .client = client, .server = server, .preference = preference};
}

static void ask_turn(struct rtc_peer *peer, unsigned server,
                     const struct rtc_addr *local, uint8_t preference,
                     rtc_usec now)
{
    struct rtc_servers *s = peer->servers;
    struct rtc_turn_client *client = NULL;
    struct rtc_turn_config config;

    if (s->relay_count == RTC_PEER_RELAY_MOST || is_asked(s, server, local))
        return;
    set_turn_config(peer, server, local, &config);
    if (rtc_turn_new(&client, &config, now) == 0)
        s->is_told = false;
    add_relay(peer, server, preference, client);
}

static void ask_about(struct rtc_peer *peer, unsigned server,
                      const struct rtc_local *local, uint8_t preference,
                      rtc_usec now)
{
    struct rtc_servers *s = peer->servers;
    const struct rtc_server *at = &s->list[server];

    if (local->transport != RTC_UDP || local->addr.family != at->addr.family ||
        rtc_addr_is_loopback(&local->addr) != rtc_addr_is_loopback(&at->addr))
        return;
    if (at->type == RTC_SERVER_TURN)
        ask_turn(peer, server, &local->addr, preference, now);
    else if (peer->config.ice_policy == RTC_ICE_POLICY_ALL &&
             rtc_ice_gather_start(&s->stun, &local->addr, &at->addr, preference,
                                  now) == 0 &&
             !rtc_ice_gather_is_done(&s->stun))
        s->is_told = false;
}

/* A connection has one socket of its own. */
static void ask_server(struct rtc_peer *peer, unsigned server, rtc_usec now)
{
    const struct rtc_server *at = &peer->servers->list[server];

    if (at->transport != RTC_UDP) {
        if (rtc_addr_is_set(&at->local))
            ask_turn(peer, server, &at->local, 0, now);
        return;
    }
    for (unsigned i = 0; i < peer->local_count; i++)
        ask_about(peer, server, &peer->locals[i], (uint8_t)(255 - i), now);
}

void rtc_peer_ask_servers(struct rtc_peer *peer, rtc_usec now)
{
    for (unsigned i = 0; peer->servers && i < peer->servers->count; i++)
        ask_server(peer, i, now);
}

/* ---- the list ------------------------------------------------------------ */

static bool is_server_good(const struct rtc_server *server)
{
    return rtc_addr_is_set(&server->addr) && server->addr.port &&
           (server->type == RTC_SERVER_STUN ||
            (server->username && server->password)) &&
           (server->relay_family == 0 || server->relay_family == 4 ||
            server->relay_family == 6);
}

static const char *copy_text(const char *text)
{
    return text ? rtc_strndup(text, strlen(text)) : NULL;
}

/* The place of a server that was there, e.g. before its connection was lost. */
static int find_server(const struct rtc_servers *s,
                       const struct rtc_server *server)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->list[i].type == server->type &&
            s->list[i].transport == server->transport &&
            rtc_addr_equal(&s->list[i].addr, &server->addr))
            return (int)i;
    return -1;
}

int rtc_peer_put_server(struct rtc_peer *peer, const struct rtc_server *server)
{
    struct rtc_servers *s = servers_of(peer);
    struct rtc_server copy = *server;
    int index;

    if (!s)
        return RTC_ERR_NOMEM;
    index = find_server(s, server);
    if (index >= 0) {
        s->list[index].local = server->local;
        return index;
    }
    if (s->count == RTC_PEER_SERVER_MOST)
        return rtc_peer_fail(peer, RTC_ERR_NOMEM, "no more than %d servers",
                             RTC_PEER_SERVER_MOST);
    copy.username = copy_text(server->username);
    copy.password = copy_text(server->password);
    if ((server->username && !copy.username) ||
        (server->password && !copy.password)) {
        wipe_text(copy.username);
        wipe_text(copy.password);
        return RTC_ERR_NOMEM;
    }
    s->list[s->count] = copy;
    /* What goes through a relay is a little longer on the wire. */
    if (server->type == RTC_SERVER_TURN && !peer->relay_reserve) {
        peer->relay_reserve = RTC_TURN_HEAD_MOST;
        rtc_peer_reserve_data(peer);
    }
    return (int)s->count++;
}

int rtc_peer_put_relay(struct rtc_peer *peer, unsigned server,
                       const struct rtc_addr *local, struct rtc_text saved,
                       rtc_usec age_us, rtc_usec now)
{
    struct rtc_turn_client *client = NULL;
    struct rtc_turn_config config;
    int error;

    if (!peer->servers || server >= peer->servers->count)
        return RTC_ERR_FORMAT;
    if (peer->servers->relay_count == RTC_PEER_RELAY_MOST)
        return RTC_ERR_NOMEM;
    set_turn_config(peer, server, local, &config);
    error = rtc_turn_load(&client, &config, saved, age_us, now);
    add_relay(peer, server, 255, client);
    return error;
}

int rtc_peer_add_server(struct rtc_peer *peer, const struct rtc_server *server,
                        rtc_usec now)
{
    int index;

    if (!peer || !server || !is_server_good(server) ||
        (server->transport != RTC_UDP && !rtc_addr_is_set(&server->local)))
        return RTC_ERR_ARG;
    if (peer->closed)
        return RTC_ERR_STATE;
    if (server->type == RTC_SERVER_STUN && server->transport != RTC_UDP)
        return rtc_peer_fail(peer, RTC_ERR_UNSUPPORTED,
                             "STUN servers are asked over UDP only");
    index = rtc_peer_put_server(peer, server);
    if (index < 0)
        return index;
    ask_server(peer, (unsigned)index, now);
    peer->as_of = now;
    rtc_peer_follow(peer, now);
    return 0;
}

int rtc_peer_server(const struct rtc_peer *peer, unsigned index,
                    struct rtc_server *ret_server)
{
    if (!peer || !ret_server || !peer->servers || index >= peer->servers->count)
        return RTC_ERR_ARG;
    *ret_server = peer->servers->list[index];
    return 0;
}

/* ---- what is lost -------------------------------------------------------- */

static void forget_relayed(struct rtc_peer *peer, struct rtc_relay *relay,
                           rtc_usec now)
{
    for (unsigned i = 0; i < 2; i++)
        if (relay->relayed[i].family)
            rtc_peer_drop_candidates(peer, &relay->relayed[i], now);
    memset(relay->relayed, 0, sizeof relay->relayed);
    relay->generation = 0;
}

static void remove_relay(struct rtc_peer *peer, unsigned index, rtc_usec now)
{
    struct rtc_servers *s = peer->servers;

    forget_relayed(peer, &s->relays[index], now);
    rtc_turn_free(s->relays[index].client);
    s->relays[index] = s->relays[--s->relay_count];
}

void rtc_peer_forget_socket(struct rtc_peer *peer, const struct rtc_addr *addr,
                            rtc_usec now)
{
    struct rtc_servers *s = peer->servers;

    if (!s)
        return;
    rtc_ice_gather_remove_base(&s->stun, addr);
    for (unsigned i = s->relay_count; i-- > 0;)
        if (rtc_addr_equal(&rtc_turn_path(s->relays[i].client)->local, addr))
            remove_relay(peer, i, now);
}

static void note_failure(struct rtc_peer *peer, const struct rtc_server *server,
                         enum rtc_server_failure failure, rtc_usec now)
{
    struct rtc_event event = {
        .type = RTC_EVENT_SERVER, .track = -1, .time = now};

    event.server.type = server->type;
    event.server.transport = server->transport;
    event.server.addr = server->addr;
    event.server.failure = failure;
    event.server.reason = "";
    rtc_peer_note(peer, &event);
}

int rtc_peer_lose_server(struct rtc_peer *peer, const struct rtc_addr *local,
                         const struct rtc_addr *addr, rtc_usec now)
{
    struct rtc_servers *s = peer ? peer->servers : NULL;

    if (!peer || !local || !addr || !s)
        return RTC_ERR_ARG;
    for (unsigned i = 0; i < s->count; i++) {
        struct rtc_server *server = &s->list[i];
        if (server->transport == RTC_UDP ||
            !rtc_addr_equal(&server->addr, addr) ||
            !rtc_addr_equal(&server->local, local))
            continue;
        server->local = (struct rtc_addr){0};
        rtc_peer_forget_socket(peer, local, now);
        note_failure(peer, server, RTC_SERVER_LOST, now);
        peer->as_of = now;
        rtc_peer_follow(peer, now);
        return 0;
    }
    return RTC_ERR_ARG;
}

/* ---- what came of it ----------------------------------------------------- */

static void add_candidate(struct rtc_peer *peer,
                          const struct rtc_candidate *candidate, rtc_usec now)
{
    if (rtc_ice_add_local(peer->ice, candidate, now) == 0)
        peer->told.is_stale = true;
}

/* Our address as the TURN server saw it is as good as a STUN server's word. */
static void add_mapped(struct rtc_peer *peer, struct rtc_relay *relay,
                       rtc_usec now)
{
    const struct rtc_path *path = rtc_turn_path(relay->client);
    struct rtc_candidate candidate;

    relay->mapped = *rtc_turn_mapped(relay->client);
    if (path->transport != RTC_UDP || !relay->mapped.family ||
        relay->mapped.family != path->local.family ||
        rtc_addr_equal(&relay->mapped, &path->local) ||
        peer->config.ice_policy != RTC_ICE_POLICY_ALL)
        return;
    rtc_candidate_make_srflx(&candidate, &relay->mapped, &path->local,
                             &path->remote, relay->preference);
    add_candidate(peer, &candidate, now);
}

static void add_relayed(struct rtc_peer *peer, struct rtc_relay *relay,
                        rtc_usec now)
{
    const struct rtc_path *path = rtc_turn_path(relay->client);
    struct rtc_relay_source source = {.mapped = *rtc_turn_mapped(relay->client),
                                      .server = path->remote,
                                      .transport = path->transport};
    struct rtc_candidate candidate;

    forget_relayed(peer, relay, now);
    relay->generation = rtc_turn_generation(relay->client);
    for (unsigned i = 0;
         i < 2 && rtc_turn_relayed(relay->client, i, &relay->relayed[i]); i++) {
        source.relayed = relay->relayed[i];
        rtc_candidate_make_relay(&candidate, &source, relay->preference);
        add_candidate(peer, &candidate, now);
    }
    add_mapped(peer, relay, now);
    rtc_peer_permit_remotes(peer, now);
}

static void note_refusal(struct rtc_peer *peer, struct rtc_relay *relay,
                         rtc_usec now)
{
    const struct rtc_server *server = &peer->servers->list[relay->server];
    const struct rtc_addr *alternate = rtc_turn_alternate(relay->client);
    struct rtc_event event = {
        .type = RTC_EVENT_SERVER, .track = -1, .time = now};

    event.server.type = server->type;
    event.server.transport = server->transport;
    event.server.addr = server->addr;
    event.server.code = rtc_turn_error(relay->client, &event.server.reason);
    event.server.failure = alternate->family   ? RTC_SERVER_ALTERNATE
                           : event.server.code ? RTC_SERVER_REFUSED
                                               : RTC_SERVER_SILENT;
    event.server.alternate = *alternate;
    rtc_peer_note(peer, &event);
}

static void follow_relay(struct rtc_peer *peer, struct rtc_relay *relay,
                         rtc_usec now)
{
    enum rtc_turn_state state = rtc_turn_state(relay->client);

    if (state == RTC_TURN_ALLOCATED &&
        relay->generation != rtc_turn_generation(relay->client))
        add_relayed(peer, relay, now);
    if (state == RTC_TURN_FAILED &&
        !(relay->is_settled && !relay->generation)) {
        forget_relayed(peer, relay, now);
        note_refusal(peer, relay, now);
    }
    if (state != RTC_TURN_ALLOCATING)
        relay->is_settled = true;
}

void rtc_peer_follow_servers(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_servers *s = peer->servers;
    struct rtc_server failed = {.type = RTC_SERVER_STUN};
    unsigned code;

    if (!s)
        return;
    for (unsigned i = 0; i < s->relay_count; i++)
        follow_relay(peer, &s->relays[i], now);
    while (rtc_ice_gather_poll_failure(&s->stun, &failed.addr, &code))
        note_failure(peer, &failed,
                     code ? RTC_SERVER_REFUSED : RTC_SERVER_SILENT, now);
    if (!s->is_told && rtc_peer_is_gathered(peer)) {
        s->is_told = true;
        peer->told.gathered_due = true;
    }
}

int rtc_peer_hold_gathering(struct rtc_peer *peer, bool hold, rtc_usec now)
{
    struct rtc_servers *s = peer ? servers_of(peer) : NULL;

    if (!s)
        return peer ? RTC_ERR_NOMEM : RTC_ERR_ARG;
    s->is_held = hold;
    if (hold)
        s->is_told = false;
    peer->as_of = now;
    rtc_peer_follow(peer, now);
    return 0;
}

bool rtc_peer_is_gathered(const struct rtc_peer *peer)
{
    const struct rtc_servers *s = peer ? peer->servers : NULL;

    if (!s)
        return true;
    if (s->is_held)
        return false;
    for (unsigned i = 0; i < s->relay_count; i++)
        if (!s->relays[i].is_settled)
            return false;
    return rtc_ice_gather_is_done(&s->stun);
}

/* ---- the verbs ----------------------------------------------------------- */

void rtc_peer_release_relays(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_servers *s = peer->servers;

    for (unsigned i = 0; s && i < s->relay_count; i++)
        rtc_turn_release(s->relays[i].client, now);
}

void rtc_peer_tick_servers(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_servers *s = peer->servers;

    if (!s)
        return;
    rtc_ice_gather_tick(&s->stun, now);
    for (unsigned i = 0; i < s->relay_count; i++)
        rtc_turn_tick(s->relays[i].client, now);
}

rtc_usec rtc_peer_servers_deadline(const struct rtc_peer *peer)
{
    const struct rtc_servers *s = peer->servers;
    rtc_usec at;

    if (!s)
        return RTC_NEVER;
    at = rtc_ice_gather_deadline(&s->stun);
    for (unsigned i = 0; i < s->relay_count; i++)
        at = rtc_min_time(at, rtc_turn_deadline(s->relays[i].client));
    return at;
}

int rtc_peer_transmit_servers(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                              struct rtc_path *ret_path, rtc_usec now)
{
    struct rtc_servers *s = peer->servers;
    int len = 0;

    if (!s)
        return 0;
    for (unsigned i = 0; !len && i < s->relay_count; i++) {
        len = rtc_turn_transmit(s->relays[i].client, buf, cap, now);
        if (len > 0)
            *ret_path = *rtc_turn_path(s->relays[i].client);
    }
    if (!len && !peer->closed)
        len = rtc_ice_gather_transmit(&s->stun, buf, cap, ret_path, now);
    return len > 0 ? len : 0;
}
