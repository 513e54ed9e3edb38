/* SPDX-License-Identifier: MIT
 * The server: authentication, requests, and the data it relays. What it keeps
 * is in allocation.c. */
#include "tests/sim/servers.h"

#include "base/addr.h"
#include "stun/auth.h"
#include "tests/sim/allocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REALM "sim"
#define SECONDS(n) ((rtc_usec)(n)*1000000)
#define PERMISSION_US SECONDS(300) /* RFC 8656 9 */
#define CHANNEL_US SECONDS(600)    /* RFC 8656 12 */
#define MESSAGE_MOST 2048

struct sim_server {
    struct sim_server_config config;
    struct sim_server_stats stats;
    struct sim_net *net;
    bool dead;
    unsigned nonce;
    uint16_t next_port;
    struct sim_allocations all;
};

/* A request being answered. */
struct question {
    struct sim_server *server;
    const struct sim_packet *packet;
    struct rtc_stun m;
    struct sim_allocation *allocation; /* the client's, or NULL */
    bool authentic;
    rtc_usec now;
    uint8_t buf[MESSAGE_MOST];
    struct rtc_writer w;
};

/* ---- messages ------------------------------------------------------------ */

/* The value of the `nth` attribute of that type, or NULL; at least `least`
 * bytes long. */
static const uint8_t *attribute(const struct rtc_stun *m, uint16_t type,
                                unsigned nth, size_t least)
{
    struct rtc_reader r;

    rtc_reader_init(&r, m->data + RTC_STUN_HEADER_LEN,
                    m->len - RTC_STUN_HEADER_LEN);
    while (rtc_reader_left(&r) >= 4) {
        uint16_t got = rtc_read_u16(&r), len = rtc_read_u16(&r);
        const uint8_t *value = rtc_read_bytes(&r, len);
        if (got == type && nth-- == 0)
            return len >= least ? value : NULL;
        rtc_read_skip(&r, -len & 3u);
    }
    return NULL;
}

/* RFC 8489 14.2. */
static bool read_peer(const struct rtc_stun *m, unsigned nth,
                      struct rtc_addr *ret_peer)
{
    const uint8_t *v = attribute(m, RTC_STUN_XOR_PEER_ADDRESS, nth, 8);
    struct rtc_addr addr = {0};

    if (!v)
        return false;
    addr.family = v[1] == 2 ? 6 : 4;
    addr.port = rtc_get_u16(v + 2) ^ (RTC_STUN_COOKIE >> 16);
    /* The cookie and the id follow each other in the header. */
    for (unsigned i = 0; i < (addr.family == 6 ? 16u : 4u); i++)
        addr.ip[i] = v[4 + i] ^ m->data[4 + i];
    *ret_peer = addr;
    return true;
}

static void login_key(const struct sim_server *s, uint8_t key[RTC_MD5_LEN])
{
    struct rtc_stun_login login = {s->config.username, REALM,
                                   s->config.password};

    if (rtc_stun_long_term_key(&login, key))
        abort();
}

static void finish(struct question *q)
{
    uint8_t key[RTC_MD5_LEN];
    struct rtc_path back = q->packet->path;

    if (q->authentic) {
        login_key(q->server, key);
        rtc_stun_write_integrity(&q->w, key, sizeof key);
    }
    rtc_stun_write_fingerprint(&q->w);
    if (q->w.failed)
        abort();
    sim_net_send(q->server->net, &back, q->buf, q->w.len, q->now);
}

static void begin(struct question *q, enum rtc_stun_class class)
{
    rtc_writer_init(&q->w, q->buf, sizeof q->buf);
    rtc_stun_write_begin(&q->w, class, (enum rtc_stun_method)q->m.method,
                         q->m.id);
}

static void refuse(struct question *q, unsigned code, const char *reason)
{
    char nonce[32];

    begin(q, RTC_STUN_ERROR);
    rtc_stun_write_error(&q->w, code, reason);
    if (code == 401 || code == 438) {
        snprintf(nonce, sizeof nonce, "nonce%u", q->server->nonce);
        rtc_stun_write_text(&q->w, RTC_STUN_REALM, REALM);
        rtc_stun_write_text(&q->w, RTC_STUN_NONCE, nonce);
    }
    if (code == 300)
        rtc_stun_write_addr(&q->w, RTC_STUN_ALTERNATE_SERVER,
                            &q->server->config.alternate);
    q->server->stats.refused++;
    q->server->stats.last_error = code;
    finish(q);
}

static bool is_text(const struct rtc_text *got, const char *want)
{
    return got->at && got->len == strlen(want) &&
           !memcmp(got->at, want, got->len);
}

/* RFC 8489 9.2.4. */
static bool authenticate(struct question *q)
{
    struct sim_server *s = q->server;
    uint8_t key[RTC_MD5_LEN];
    char nonce[32];

    snprintf(nonce, sizeof nonce, "nonce%u", s->nonce);
    if (!q->m.integrity_at) {
        refuse(q, 401, "Unauthenticated");
    } else if (!is_text(&q->m.nonce, nonce)) {
        refuse(q, 438, "Stale Nonce");
    } else if (!is_text(&q->m.username, s->config.username) ||
               !is_text(&q->m.realm, REALM)) {
        refuse(q, 401, "Unauthenticated");
    } else {
        login_key(s, key);
        q->authentic = rtc_stun_check_integrity(&q->m, key, sizeof key);
        if (!q->authentic)
            refuse(q, 401, "Unauthenticated");
    }
    return q->authentic;
}

/* ---- requests ------------------------------------------------------------ */

static unsigned lifetime(const struct question *q)
{
    unsigned most = q->server->config.lifetime;

    if (!most)
        most = 600;
    return q->m.has_lifetime && q->m.lifetime < most ? q->m.lifetime : most;
}

static void grant(struct question *q)
{
    struct sim_allocation *a = q->allocation;

    begin(q, RTC_STUN_SUCCESS);
    rtc_stun_write_xor_addr(&q->w, RTC_STUN_XOR_RELAYED_ADDRESS, &a->relayed);
    rtc_stun_write_xor_addr(&q->w, RTC_STUN_XOR_MAPPED_ADDRESS,
                            &a->client.remote);
    rtc_stun_write_u32(&q->w, RTC_STUN_LIFETIME, lifetime(q));
    finish(q);
}

static void make_allocation(struct question *q, const struct rtc_addr *base)
{
    struct sim_server *s = q->server;
    struct sim_allocation *a = sim_allocation_free(&s->all, q->now);

    if (!a) {
        refuse(q, 486, "Allocation Quota Reached");
        return;
    }
    *a = (struct sim_allocation){.client = q->packet->path, .relayed = *base};
    a->relayed.port = (uint16_t)(base->port + s->next_port++);
    a->until = q->now + SECONDS(lifetime(q));
    memcpy(a->id, q->m.id, sizeof a->id);
    sim_net_link(s->net, &a->relayed, &s->config.link);
    s->stats.allocated++;
    q->allocation = a;
    grant(q);
}

static void allocate(struct question *q)
{
    const uint8_t *transport =
        attribute(&q->m, RTC_STUN_REQUESTED_TRANSPORT, 0, 4);
    const uint8_t *family =
        attribute(&q->m, RTC_STUN_REQUESTED_ADDRESS_FAMILY, 0, 4);
    const struct sim_server_config *config = &q->server->config;
    const struct rtc_addr *base =
        family && family[0] == 2 ? &config->relay6 : &config->relay4;

    if (q->allocation && !memcmp(q->allocation->id, q->m.id, RTC_STUN_ID_LEN))
        grant(q); /* it was sent again */
    else if (q->allocation)
        refuse(q, 437, "Allocation Mismatch");
    else if (!transport)
        refuse(q, 400, "Bad Request");
    else if (transport[0] != 17) /* UDP */
        refuse(q, 442, "Unsupported Transport Protocol");
    else if (config->alternate.family)
        refuse(q, 300, "Try Alternate");
    else if (!base->family)
        refuse(q, 440, "Address Family not Supported");
    else
        make_allocation(q, base);
}

static void refresh(struct question *q)
{
    unsigned span = lifetime(q);

    q->allocation->until = q->now + SECONDS(span);
    if (span == 0) {
        q->allocation->client.local.family = 0;
        q->server->stats.deleted++;
    } else {
        q->server->stats.refreshed++;
    }
    begin(q, RTC_STUN_SUCCESS);
    rtc_stun_write_u32(&q->w, RTC_STUN_LIFETIME, span);
    finish(q);
}

static void create_permission(struct question *q)
{
    struct rtc_addr peer;
    unsigned count = 0;

    for (; read_peer(&q->m, count, &peer); count++)
        if (peer.family != q->allocation->relayed.family) {
            refuse(q, 443, "Peer Address Family Mismatch");
            return;
        }
    if (count == 0) {
        refuse(q, 400, "Bad Request");
        return;
    }
    for (unsigned i = 0; read_peer(&q->m, i, &peer); i++)
        sim_allocation_permit(
            q->allocation,
            &(struct sim_permission){.peer = peer,
                                     .until = q->now + PERMISSION_US},
            q->now);
    q->server->stats.permitted++;
    begin(q, RTC_STUN_SUCCESS);
    finish(q);
}

static void bind_channel(struct question *q)
{
    const uint8_t *v = attribute(&q->m, RTC_STUN_CHANNEL_NUMBER, 0, 4);
    struct sim_permission permission = {.until = q->now + PERMISSION_US};
    uint16_t number = v ? rtc_get_u16(v) : 0;
    struct sim_permission *by_number, *by_peer;

    if (number < 0x4000 || number > 0x4FFF ||
        !read_peer(&q->m, 0, &permission.peer)) {
        refuse(q, 400, "Bad Request");
        return;
    }
    by_number = sim_allocation_channel(q->allocation, number, NULL, q->now);
    by_peer =
        sim_allocation_channel(q->allocation, 0, &permission.peer, q->now);
    if (by_number != by_peer) {
        refuse(q, 400, "Bad Request");
        return;
    }
    sim_allocation_permit(q->allocation, &permission, q->now);
    permission.channel = number;
    permission.until = q->now + CHANNEL_US;
    sim_allocation_permit(q->allocation, &permission, q->now);
    q->server->stats.bound++;
    begin(q, RTC_STUN_SUCCESS);
    finish(q);
}

static void answer_binding(struct question *q)
{
    q->server->stats.bindings++;
    begin(q, RTC_STUN_SUCCESS);
    rtc_stun_write_xor_addr(&q->w, RTC_STUN_XOR_MAPPED_ADDRESS,
                            &q->packet->path.remote);
    finish(q);
}

static void answer(struct question *q)
{
    if (q->m.method == RTC_STUN_BINDING) {
        answer_binding(q);
        return;
    }
    if (!q->server->config.username) {
        refuse(q, 400, "Bad Request");
        return;
    }
    if (!authenticate(q))
        return;
    if (q->m.method == RTC_STUN_ALLOCATE)
        allocate(q);
    else if (!q->allocation)
        refuse(q, 437, "Allocation Mismatch");
    else if (q->m.method == RTC_STUN_REFRESH)
        refresh(q);
    else if (q->m.method == RTC_STUN_CREATE_PERMISSION)
        create_permission(q);
    else if (q->m.method == RTC_STUN_CHANNEL_BIND)
        bind_channel(q);
    else
        refuse(q, 400, "Bad Request");
}

/* ---- data ---------------------------------------------------------------- */

static void relay_out(struct sim_server *s, const struct sim_allocation *a,
                      const struct rtc_addr *peer, struct rtc_text data,
                      rtc_usec now)
{
    struct rtc_path path = {.local = a->relayed, .remote = *peer};

    if (!sim_allocation_permits(a, peer, now)) {
        s->stats.forbidden++;
        return;
    }
    s->stats.relayed_out++;
    sim_net_send(s->net, &path, (const uint8_t *)data.at, data.len, now);
}

static void take_channel_data(struct sim_server *s,
                              const struct sim_packet *packet, rtc_usec now)
{
    struct sim_allocation *a = sim_allocation_of(&s->all, &packet->path, now);
    struct sim_permission *channel;
    uint16_t len;

    if (!a || packet->len < 4)
        return;
    len = rtc_get_u16(packet->data + 2);
    channel = sim_allocation_channel(a, rtc_get_u16(packet->data), NULL, now);
    if (!channel || len > packet->len - 4u)
        return;
    s->stats.channel_out++;
    relay_out(s, a, &channel->peer,
              (struct rtc_text){(const char *)packet->data + 4, len}, now);
}

static void take_from_client(struct sim_server *s,
                             const struct sim_packet *packet, rtc_usec now)
{
    static struct question q;

    if (packet->len && packet->data[0] >> 6 == 1) {
        take_channel_data(s, packet, now);
        return;
    }
    q = (struct question){.server = s, .packet = packet, .now = now};
    if (rtc_stun_parse(&q.m, packet->data, packet->len))
        return;
    q.allocation = sim_allocation_of(&s->all, &packet->path, now);
    if (q.m.class == RTC_STUN_REQUEST)
        answer(&q);
    else if (q.m.class == RTC_STUN_INDICATION && q.m.method == RTC_STUN_SEND &&
             q.allocation && q.m.peer.family && q.m.value.at)
        relay_out(s, q.allocation, &q.m.peer, q.m.value, now);
}

static void take_from_peer(struct sim_server *s, struct sim_allocation *a,
                           const struct sim_packet *packet, rtc_usec now)
{
    const struct sim_permission *channel =
        sim_allocation_channel(a, 0, &packet->path.remote, now);
    uint8_t buf[MESSAGE_MOST + 64];
    static const uint8_t id[RTC_STUN_ID_LEN] = "data of peer";
    struct rtc_writer w;

    if (!sim_allocation_permits(a, &packet->path.remote, now)) {
        s->stats.forbidden++;
        return;
    }
    s->stats.relayed_in++;
    s->stats.channel_in += channel != NULL;
    rtc_writer_init(&w, buf, sizeof buf);
    if (channel) {
        rtc_write_u16(&w, channel->channel);
        rtc_write_u16(&w, (uint16_t)packet->len);
        rtc_write_bytes(&w, packet->data, packet->len);
    } else {
        rtc_stun_write_begin(&w, RTC_STUN_INDICATION, RTC_STUN_DATA, id);
        rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_PEER_ADDRESS,
                                &packet->path.remote);
        rtc_stun_write(&w, RTC_STUN_DATA_VALUE, packet->data, packet->len);
    }
    sim_net_send(s->net, &a->client, buf, w.len, now);
}

static bool take(void *user, const struct sim_packet *packet, rtc_usec now)
{
    struct sim_server *s = user;
    struct sim_allocation *a =
        sim_allocation_at(&s->all, &packet->path.local, now);
    bool is_for_us = rtc_addr_equal(&packet->path.local, &s->config.addr);

    if (s->dead || s->config.silent)
        return a || is_for_us;
    if (a)
        take_from_peer(s, a, packet, now);
    else if (is_for_us)
        take_from_client(s, packet, now);
    return a || is_for_us;
}

/* ---- its life ------------------------------------------------------------ */

struct sim_server *sim_server_new(struct sim_net *net,
                                  const struct sim_server_config *config)
{
    struct sim_server *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->config = *config;
    s->net = net;
    sim_net_link(net, &config->addr, &config->link);
    sim_net_add_box(net, &(struct sim_box){.user = s, .take = take});
    return s;
}

void sim_server_free(struct sim_server *server)
{
    free(server);
}

const struct sim_server_stats *sim_server_stats(const struct sim_server *s)
{
    return &s->stats;
}

void sim_server_kill(struct sim_server *server)
{
    server->dead = true;
}

void sim_server_restart(struct sim_server *server)
{
    server->all = (struct sim_allocations){0};
    sim_server_change_nonce(server);
    server->dead = false;
}

void sim_server_change_nonce(struct sim_server *server)
{
    server->nonce++;
}

unsigned sim_server_allocation_count(struct sim_server *server, rtc_usec now)
{
    return sim_allocation_count(&server->all, now);
}
