/* SPDX-License-Identifier: MIT
 * A TURN server as far as a client can see it. */
#include "turn/server.h"

#include "tap.h"

static uint8_t lent[2048]; /* what `give` copied */

struct rtc_addr addr_of(const char *text)
{
    struct rtc_addr addr = {0};

    if (rtc_addr_parse(text, &addr) < 0)
        abort();
    return addr;
}

static void make_random(void *user, void *buf, size_t len)
{
    uint32_t *state = user;
    uint8_t *p = buf;

    for (size_t i = 0; i < len; i++) {
        *state = *state * 1664525 + 1013904223;
        p[i] = (uint8_t)(*state >> 24);
    }
}

void world_init(struct world *world)
{
    static uint32_t seed;

    *world = (struct world){.now = 1000 * RTC_SEC};
    world->server = (struct server){
        .realm = "example.org",
        .password = "secret",
        .nonce = 1,
        .reason = "no",
        .lifetime = 600,
        .relayed = {addr_of("203.0.113.1:50000")},
    };
    world->config = (struct rtc_turn_config){
        .path = {addr_of("10.0.0.2:4000"), addr_of("198.51.100.1:3478"),
                 RTC_UDP},
        .username = "user",
        .password = "secret",
        .family = 4,
        .retry = {250 * RTC_MS, 3 * RTC_SEC, 7},
        .random = {make_random, &seed},
    };
    world_renew(world);
}

void world_renew(struct world *world)
{
    rtc_turn_free(world->client);
    world->client = NULL;
    if (rtc_turn_new(&world->client, &world->config, world->now) < 0)
        abort();
}

void world_done(struct world *world)
{
    rtc_turn_free(world->client);
}

void server_restart(struct server *server)
{
    server->allocated = false;
    server->nonce += 100;
    server->bound_count = server->permitted_count = 0;
}

const uint8_t *find_attribute(const uint8_t *message, size_t len, unsigned type)
{
    for (size_t at = RTC_STUN_HEADER_LEN; at + 4 <= len;
         at += 4 + ((rtc_get_u16(message + at + 2) + 3u) & ~3u))
        if (rtc_get_u16(message + at) == type)
            return message + at + 4;
    return NULL;
}

static void make_key(const struct server *server, uint8_t key[RTC_MD5_LEN])
{
    struct rtc_stun_login login = {"user", server->realm, server->password};

    if (rtc_stun_long_term_key(&login, key) < 0)
        abort();
    if (server->forges)
        key[0] ^= 1;
}

/* 0, or the code of the challenge. */
static unsigned check_login(const struct server *server,
                            const struct rtc_stun *m)
{
    uint8_t key[RTC_MD5_LEN];
    char nonce[16];

    if (!server->password)
        return 0;
    snprintf(nonce, sizeof nonce, "nonce%u", server->nonce);
    make_key(server, key);
    if (server->forges)
        key[0] ^= 1;
    if (!m->integrity_at || !rtc_text_is(m->realm, server->realm))
        return 401;
    if (!rtc_text_is(m->nonce, nonce))
        return 438;
    return rtc_stun_check_integrity(m, key, sizeof key) ? 0 : 401;
}

/* Counts the peers and says whether one of them is refused. */
static bool count_peers(struct server *server, const struct rtc_stun *m)
{
    bool refused = false;

    server->peer_count = 0;
    for (size_t at = RTC_STUN_HEADER_LEN; at + 4 <= m->len;
         at += 4 + ((rtc_get_u16(m->data + at + 2) + 3u) & ~3u)) {
        if (rtc_get_u16(m->data + at) != RTC_STUN_XOR_PEER_ADDRESS)
            continue;
        server->peer_count++;
        refused |= server->refused_ip &&
                   m->data[at + 11] == (server->refused_ip ^ 0x42);
    }
    return refused;
}

static unsigned decide(struct server *server, const struct rtc_stun *m)
{
    unsigned code = check_login(server, m);

    if (code)
        return code;
    if (m->method == server->refuse_method && server->refuse_count) {
        server->refuse_count--;
        return server->refuse_code;
    }
    if (m->method == RTC_STUN_ALLOCATE) {
        if (server->allocated)
            return 437;
        server->allocated = true;
        return 0;
    }
    if (!server->allocated)
        return 437;
    if (m->method == RTC_STUN_REFRESH && m->has_lifetime && !m->lifetime)
        server->allocated = false;
    if (m->method == RTC_STUN_CREATE_PERMISSION) {
        if (count_peers(server, m))
            return 403;
        server->permitted_count += server->peer_count;
    }
    server->bound_count += m->method == RTC_STUN_CHANNEL_BIND;
    return 0;
}

static void write_error(const struct server *server, struct rtc_writer *w,
                        unsigned code)
{
    char nonce[16];

    rtc_stun_write_error(w, code, server->reason);
    snprintf(nonce, sizeof nonce, "nonce%u", server->nonce);
    if (code == 401)
        rtc_stun_write_text(w, RTC_STUN_REALM, server->realm);
    if (code == 401 || code == 438)
        rtc_stun_write_text(w, RTC_STUN_NONCE, nonce);
    if (code == 300)
        rtc_stun_write_addr(w, RTC_STUN_ALTERNATE_SERVER, &server->alternate);
}

static void write_success(const struct server *server, struct rtc_writer *w,
                          unsigned method)
{
    struct rtc_addr mapped = addr_of("198.51.100.77:4000");

    if (method == RTC_STUN_ALLOCATE) {
        for (unsigned i = 0; i < 2; i++)
            if (server->relayed[i].family)
                rtc_stun_write_xor_addr(w, RTC_STUN_XOR_RELAYED_ADDRESS,
                                        &server->relayed[i]);
        rtc_stun_write_xor_addr(w, RTC_STUN_XOR_MAPPED_ADDRESS, &mapped);
    }
    if ((method == RTC_STUN_ALLOCATE || method == RTC_STUN_REFRESH) &&
        server->lifetime != UINT32_MAX)
        rtc_stun_write_u32(w, RTC_STUN_LIFETIME, server->lifetime);
}

size_t server_answer(struct server *server, const uint8_t *data, size_t len,
                     uint8_t *buf, size_t cap)
{
    uint8_t key[RTC_MD5_LEN];
    struct rtc_writer w;
    struct rtc_stun m;
    unsigned code;

    if (rtc_stun_parse(&m, data, len) < 0 || m.class != RTC_STUN_REQUEST)
        abort();
    server->counts[m.method & 15]++;
    code = decide(server, &m);
    rtc_writer_init(&w, buf, cap);
    rtc_stun_write_begin(&w, code ? RTC_STUN_ERROR : RTC_STUN_SUCCESS,
                         (enum rtc_stun_method)m.method, m.id);
    if (code)
        write_error(server, &w, code);
    else
        write_success(server, &w, m.method);
    if (m.integrity_at && server->password && code != 401 && code != 438 &&
        !(code && server->signs_no_error)) {
        make_key(server, key);
        rtc_stun_write_integrity(&w, key, sizeof key);
    }
    return w.len;
}

enum rtc_turn_input give(struct world *world, const void *data, size_t len,
                         struct rtc_turn_data *ret_data)
{
    memcpy(lent, data, len);
    return rtc_turn_receive(world->client, lent, len, ret_data, world->now);
}

void world_drain(struct world *world)
{
    struct server *server = &world->server;
    uint8_t buf[2048];
    unsigned rounds = 0;
    int len;

    while ((len = rtc_turn_transmit(world->client, server->request,
                                    RTC_TURN_CONTROL_MOST, world->now)) > 0) {
        struct rtc_turn_data data;
        size_t answer_len;

        if (++rounds > 200)
            abort();
        server->request_len = (size_t)len;
        world->last_sent_at = world->now;
        world->sent_count++;
        if (server->down)
            continue;
        answer_len = server_answer(server, server->request, (size_t)len, buf,
                                   sizeof buf);
        give(world, buf, answer_len, &data);
    }
    if (len < 0 || rtc_turn_deadline(world->client) <= world->now)
        abort();
}

void world_run(struct world *world, rtc_usec span)
{
    rtc_usec end = world->now + span;

    world_drain(world);
    while (rtc_turn_deadline(world->client) <= end) {
        world->now = rtc_turn_deadline(world->client);
        world_drain(world);
    }
    world->now = end;
}

rtc_usec world_run_until(struct world *world, enum rtc_turn_state state,
                         rtc_usec most)
{
    rtc_usec start = world->now;

    world_drain(world);
    while (rtc_turn_state(world->client) != state &&
           rtc_turn_deadline(world->client) <= start + most) {
        world->now = rtc_turn_deadline(world->client);
        world_drain(world);
    }
    return world->now - start;
}

size_t write_data(uint8_t *buf, size_t cap, const char *peer, const char *data)
{
    struct rtc_addr addr = addr_of(peer);
    struct rtc_writer w;

    rtc_writer_init(&w, buf, cap);
    rtc_stun_write_begin(&w, RTC_STUN_INDICATION, RTC_STUN_DATA,
                         (const uint8_t *)"identifier12");
    rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_PEER_ADDRESS, &addr);
    rtc_stun_write_text(&w, RTC_STUN_DATA_VALUE, data);
    return w.len;
}

int send_text(struct world *world, const char *peer, const char *data,
              uint8_t *buf, size_t cap)
{
    struct rtc_addr addr = addr_of(peer);
    size_t head = rtc_turn_head(world->client, &addr);

    memcpy(buf + head, data, strlen(data));
    return rtc_turn_wrap(world->client, &addr, buf, head, strlen(data), cap,
                         world->now);
}
