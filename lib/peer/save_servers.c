/* SPDX-License-Identifier: MIT
 *
 * What servers gave a saved peer: reflexive candidates as lines, the servers
 * with their credentials, and the relays they keep for us over UDP. A relay
 * over TCP or TLS ends with its connection, so it is made anew.
 */
#include "peer/save.h"

#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "peer/peer.h"
#include "sdp/candidate.h"

#define LOGIN_MAX 1024

/* ---- writing ------------------------------------------------------------- */

static bool is_reflexive(const struct rtc_candidate *c)
{
    return c->type == RTC_CANDIDATE_SRFLX;
}

static void write_reflexive(struct rtc_writer *w, const struct rtc_peer *peer)
{
    char base[RTC_ADDR_TEXT], text[RTC_SDP_CANDIDATE_TEXT];
    struct rtc_candidate c;
    unsigned count = 0;

    for (unsigned i = 0; rtc_ice_local(peer->ice, i, &c); i++)
        count += is_reflexive(&c);
    rtc_write_text(w, "reflexive %u\n", count);
    for (unsigned i = 0; rtc_ice_local(peer->ice, i, &c); i++)
        if (is_reflexive(&c) &&
            rtc_sdp_candidate_write(&c, text, sizeof text) > 0)
            rtc_write_text(w, "candidate %s %s\n",
                           rtc_addr_write(&c.base, base), text);
}

static void write_server(struct rtc_writer *w, const struct rtc_server *s)
{
    char addr[RTC_ADDR_TEXT];

    rtc_write_text(w, "server %d %d %d %s\n", s->type, s->transport,
                   s->relay_family, rtc_addr_write(&s->addr, addr));
    rtc_save_block(w, "username", s->username ? s->username : "",
                   s->username ? strlen(s->username) : 0);
    rtc_save_block(w, "password", s->password ? s->password : "",
                   s->password ? strlen(s->password) : 0);
}

static void write_relays(struct rtc_writer *w, const struct rtc_servers *s,
                         rtc_usec now)
{
    char local[RTC_ADDR_TEXT], text[RTC_TURN_SAVE_MOST];

    for (unsigned i = 0; s && i < s->relay_count; i++) {
        const struct rtc_path *path = rtc_turn_path(s->relays[i].client);
        int len = rtc_turn_save(s->relays[i].client, text, sizeof text, now);
        if (len <= 0)
            continue;
        rtc_write_text(w, "relay %u %s\n", s->relays[i].server,
                       rtc_addr_write(&path->local, local));
        rtc_save_block(w, "allocation", text, (size_t)len);
    }
    rtc_write_text(w, "relays-end\n");
    rtc_wipe(text, sizeof text);
}

void rtc_save_servers(struct rtc_writer *w, const struct rtc_peer *peer,
                      rtc_usec now)
{
    const struct rtc_servers *s = peer->servers;

    write_reflexive(w, peer);
    rtc_write_text(w, "servers %u\n", s ? s->count : 0);
    for (unsigned i = 0; s && i < s->count; i++)
        write_server(w, &s->list[i]);
    write_relays(w, s, now);
}

/* ---- reading ------------------------------------------------------------- */

static void load_addr(struct rtc_loader *l, struct rtc_addr *ret_addr)
{
    char text[RTC_ADDR_TEXT];

    rtc_load_word(l, text, sizeof text);
    if (!l->why && rtc_addr_parse(text, ret_addr))
        rtc_load_refuse(l, "the saved peer is damaged: an address is wrong");
}

static void load_reflexive(struct rtc_loader *l, struct rtc_peer *peer,
                           rtc_usec now)
{
    struct rtc_candidate c;
    struct rtc_addr base;
    uint64_t count;

    rtc_load_line(l, "reflexive");
    count = rtc_load_number(l, RTC_TOLD_MOST);
    for (uint64_t i = 0; i < count && !l->why; i++) {
        rtc_load_line(l, "candidate");
        load_addr(l, &base);
        if (!l->why && (rtc_sdp_candidate_parse(l->values, &c) ||
                        !is_reflexive(&c) || !c.addr.family))
            rtc_load_refuse(l, "the saved peer is damaged: a candidate is "
                               "wrong");
        c.base = base;
        if (!l->why && rtc_ice_add_local(peer->ice, &c, now))
            rtc_load_refuse(l, "the saved peer is damaged: too many "
                               "candidates");
    }
}

static char *load_text(struct rtc_loader *l, const char *key)
{
    struct rtc_text block = rtc_load_block(l, key, LOGIN_MAX);
    char *text = l->why ? NULL : rtc_strndup(block.at, block.len);

    if (!text)
        rtc_load_give_up(l, RTC_ERR_NOMEM, NULL);
    return text;
}

static void free_text(char *text)
{
    if (text)
        rtc_wipe(text, strlen(text));
    rtc_free(text);
}

static void load_server(struct rtc_loader *l, struct rtc_peer *peer)
{
    struct rtc_server server = {.type = RTC_SERVER_STUN};
    char *username, *password;
    int error = 0;

    rtc_load_line(l, "server");
    server.type = (enum rtc_server_type)rtc_load_number(l, RTC_SERVER_TURN);
    server.transport = (enum rtc_transport)rtc_load_number(l, RTC_TLS);
    server.relay_family = (uint8_t)rtc_load_number(l, 6);
    load_addr(l, &server.addr);
    server.username = username = load_text(l, "username");
    server.password = password = load_text(l, "password");
    if (!l->why)
        error = rtc_peer_put_server(peer, &server);
    if (error < 0)
        rtc_load_give_up(l, error, "the saved peer has too many servers");
    free_text(username);
    free_text(password);
}

/* Whether another relay stands there; if not, the end of them was taken. */
static bool load_relay(struct rtc_loader *l, struct rtc_peer *peer,
                       rtc_usec age_us, rtc_usec now)
{
    struct rtc_addr local;
    struct rtc_text saved;
    uint64_t server;
    int error;

    if (rtc_text_starts(l->rest, "relays-end")) {
        rtc_load_line(l, "relays-end");
        return false;
    }
    rtc_load_line(l, "relay");
    server = rtc_load_number(l, RTC_PEER_SERVER_MOST);
    load_addr(l, &local);
    saved = rtc_load_block(l, "allocation", RTC_TURN_SAVE_MOST);
    if (l->why)
        return false;
    error =
        rtc_peer_put_relay(peer, (unsigned)server, &local, saved, age_us, now);
    if (error)
        rtc_load_give_up(l, error,
                         "the saved peer is damaged: a relay is "
                         "wrong");
    return !error;
}

void rtc_load_servers(struct rtc_loader *l, struct rtc_peer *peer,
                      rtc_usec age_us, rtc_usec now)
{
    uint64_t count;

    load_reflexive(l, peer, now);
    rtc_load_line(l, "servers");
    count = rtc_load_number(l, RTC_PEER_SERVER_MOST);
    for (uint64_t i = 0; i < count && !l->why; i++)
        load_server(l, peer);
    while (!l->why && load_relay(l, peer, age_us, now))
        ;
    if (!l->why)
        rtc_peer_follow_servers(peer, now);
}
