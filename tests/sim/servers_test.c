/* SPDX-License-Identifier: MIT
 * The STUN and TURN server against what its header says, by requests written
 * by hand. */
#include "tests/sim/servers.h"

#include "base/addr.h"
#include "stun/auth.h"
#include "tap.h"

#define SEC 1000000
#define SERVER "198.51.100.1:3478"
#define RELAY "198.51.100.1:50000"
#define CLIENT "192.0.2.1:5000"
#define PEER "192.0.2.2:6000"

static struct rtc_addr addr(const char *text)
{
    struct rtc_addr a = {0};

    if (rtc_addr_parse(text, &a))
        abort();
    return a;
}

/* A client and a peer with a server, and the last thing either received. */
struct bench {
    struct sim_net *net;
    struct sim_server *server;
    rtc_usec now;
    const char *password;
    char nonce[64];
    uint8_t id[RTC_STUN_ID_LEN];
    uint8_t buf[2048];
    struct rtc_writer w;
    struct sim_packet *got;
    struct rtc_stun m; /* what came, if it was STUN */
};

static struct bench *setup(const struct sim_server_config *like)
{
    struct bench *b = calloc(1, sizeof *b);
    struct sim_server_config config = *like;

    b->net = sim_net_new(1);
    b->now = SEC;
    b->password = "secret";
    config.addr = addr(SERVER);
    if (!config.relay6.family)
        config.relay4 = addr(RELAY);
    b->server = sim_server_new(b->net, &config);
    return b;
}

static void done(struct bench *b)
{
    sim_net_free(b->net);
    sim_server_free(b->server);
    free(b);
}

static bool send_raw(struct bench *b, const char *from,
                     const struct rtc_addr *to, const void *data, size_t len)
{
    struct rtc_path path = {.local = addr(from), .remote = *to};

    b->m = (struct rtc_stun){0};
    sim_net_send(b->net, &path, data, len, b->now);
    b->got = sim_net_receive(b->net, b->now);
    if (b->got)
        rtc_stun_parse(&b->m, b->got->data, b->got->len);
    return b->got != NULL;
}

static void begin(struct bench *b, enum rtc_stun_method method)
{
    b->id[0]++;
    rtc_writer_init(&b->w, b->buf, sizeof b->buf);
    rtc_stun_write_begin(
        &b->w, method == RTC_STUN_SEND ? RTC_STUN_INDICATION : RTC_STUN_REQUEST,
        method, b->id);
}

static bool send_plain(struct bench *b)
{
    struct rtc_addr server = addr(SERVER);

    return send_raw(b, CLIENT, &server, b->buf, b->w.len);
}

/* Signs it with the nonce that came last. */
static bool send_signed(struct bench *b)
{
    struct rtc_stun_login login = {"user", "sim", b->password};
    uint8_t key[RTC_MD5_LEN];

    rtc_stun_write_text(&b->w, RTC_STUN_USERNAME, "user");
    rtc_stun_write_text(&b->w, RTC_STUN_REALM, "sim");
    rtc_stun_write_text(&b->w, RTC_STUN_NONCE, b->nonce);
    rtc_stun_long_term_key(&login, key);
    rtc_stun_write_integrity(&b->w, key, sizeof key);
    return send_plain(b);
}

static void keep_nonce(struct bench *b)
{
    snprintf(b->nonce, sizeof b->nonce, "%.*s", (int)b->m.nonce.len,
             b->m.nonce.at);
}

static void begin_allocate(struct bench *b)
{
    begin(b, RTC_STUN_ALLOCATE);
    rtc_stun_write_u32(&b->w, RTC_STUN_REQUESTED_TRANSPORT, 17u << 24);
}

static void begin_peer(struct bench *b, enum rtc_stun_method method,
                       const char *peer)
{
    struct rtc_addr at = addr(peer);

    begin(b, method);
    rtc_stun_write_xor_addr(&b->w, RTC_STUN_XOR_PEER_ADDRESS, &at);
}

static const struct sim_server_config turn = {.username = "user",
                                              .password = "secret"};

/* With an allocation. */
static struct bench *setup_allocated(const struct sim_server_config *like)
{
    struct bench *b = setup(like);

    begin_allocate(b);
    send_plain(b);
    keep_nonce(b);
    begin_allocate(b);
    send_signed(b);
    is_int(b->m.class, RTC_STUN_SUCCESS, "an allocation");
    return b;
}

static void test_stun(void)
{
    struct bench *b = setup(&(struct sim_server_config){0});
    struct rtc_addr client = addr(CLIENT), other = addr("198.51.100.2:3478");

    begin(b, RTC_STUN_BINDING);
    ok(send_plain(b) && b->m.class == RTC_STUN_SUCCESS, "a binding request");
    ok(rtc_addr_equal(&b->m.mapped, &client), "tells where it came from");
    is_mem(b->m.id, b->id, sizeof b->id, "by its id");
    ok(rtc_stun_check_fingerprint(&b->m) && b->m.fingerprint_at,
       "with a fingerprint");
    begin_allocate(b);
    ok(send_plain(b) && b->m.error_code == 400, "it does no TURN");
    ok(send_raw(b, CLIENT, &other, b->buf, b->w.len), "others are not it");
    ok(!send_raw(b, CLIENT,
                 &(struct rtc_addr){
                     .family = 4, .port = 3478, .ip = {198, 51, 100, 1}},
                 "garbage", 7),
       "garbage is dropped");
    done(b);
}

static void test_authentication(void)
{
    struct bench *b = setup(&turn);

    begin_allocate(b);
    ok(send_plain(b) && b->m.error_code == 401, "without a login: 401");
    ok(b->m.realm.len == 3 && b->m.nonce.len > 0, "with realm and nonce");
    keep_nonce(b);
    b->password = "wrong";
    begin_allocate(b);
    ok(send_signed(b) && b->m.error_code == 401, "a wrong password: 401");
    b->password = "secret";
    sim_server_change_nonce(b->server);
    begin_allocate(b);
    ok(send_signed(b) && b->m.error_code == 438, "an old nonce: 438");
    keep_nonce(b);
    begin_allocate(b);
    ok(send_signed(b) && b->m.class == RTC_STUN_SUCCESS, "then it is right");
    ok(b->m.integrity_at != 0, "and the answer is signed");
    is_int(sim_server_stats(b->server)->refused, 3, "three refused");
    done(b);
}

static void test_allocation(void)
{
    struct bench *b = setup_allocated(&turn);
    struct rtc_addr client = addr(CLIENT), relayed = b->m.relayed;

    is_int(relayed.port, 50000, "the first relayed port");
    ok(rtc_addr_equal(&b->m.mapped, &client), "the address we have");
    is_int(b->m.lifetime, 600, "for ten minutes");
    send_plain(b);
    ok(rtc_addr_equal(&b->m.relayed, &relayed), "sent again: the same");
    begin_allocate(b);
    ok(send_signed(b) && b->m.error_code == 437, "another one: 437");
    begin(b, RTC_STUN_REFRESH);
    rtc_stun_write_u32(&b->w, RTC_STUN_LIFETIME, 60);
    ok(send_signed(b) && b->m.lifetime == 60, "refreshed for a minute");
    b->now += 59 * SEC;
    is_int(sim_server_allocation_count(b->server, b->now), 1, "it lasts");
    b->now += SEC;
    is_int(sim_server_allocation_count(b->server, b->now), 0, "so long");
    begin(b, RTC_STUN_REFRESH);
    ok(send_signed(b) && b->m.error_code == 437, "then there is none: 437");
    begin_allocate(b);
    ok(send_signed(b) && b->m.relayed.port == 50001, "a new one elsewhere");
    begin(b, RTC_STUN_REFRESH);
    rtc_stun_write_u32(&b->w, RTC_STUN_LIFETIME, 0);
    ok(send_signed(b) && b->m.class == RTC_STUN_SUCCESS, "and given back");
    is_int(sim_server_allocation_count(b->server, b->now), 0, "is gone");
    done(b);
}

static void test_odd_allocations(void)
{
    struct sim_server_config config = turn;
    struct bench *b = setup(&turn);

    begin_allocate(b);
    send_plain(b);
    keep_nonce(b);
    begin(b, RTC_STUN_ALLOCATE);
    ok(send_signed(b) && b->m.error_code == 400, "without a transport: 400");
    begin(b, RTC_STUN_ALLOCATE);
    rtc_stun_write_u32(&b->w, RTC_STUN_REQUESTED_TRANSPORT, 6u << 24);
    ok(send_signed(b) && b->m.error_code == 442, "TCP: 442");
    begin_allocate(b);
    rtc_stun_write_u32(&b->w, RTC_STUN_REQUESTED_ADDRESS_FAMILY, 2u << 24);
    ok(send_signed(b) && b->m.error_code == 440, "IPv6: 440");
    done(b);

    config.alternate = addr("198.51.100.9:3478");
    b = setup(&config);
    begin_allocate(b);
    send_plain(b);
    keep_nonce(b);
    begin_allocate(b);
    ok(send_signed(b) && b->m.error_code == 300 &&
           rtc_addr_equal(&b->m.alternate, &config.alternate),
       "another server: 300");
    done(b);

    config = turn;
    config.relay6 = addr("[2001:db8::9]:50000");
    b = setup(&config);
    begin_allocate(b);
    send_plain(b);
    keep_nonce(b);
    begin_allocate(b);
    rtc_stun_write_u32(&b->w, RTC_STUN_REQUESTED_ADDRESS_FAMILY, 2u << 24);
    ok(send_signed(b) && rtc_addr_equal(&b->m.relayed, &config.relay6),
       "a server with IPv6 gives it");
    begin_peer(b, RTC_STUN_CREATE_PERMISSION, PEER);
    ok(send_signed(b) && b->m.error_code == 443, "IPv4 from there: 443");
    done(b);
}

static bool send_indication(struct bench *b, const char *peer)
{
    begin_peer(b, RTC_STUN_SEND, peer);
    rtc_stun_write(&b->w, RTC_STUN_DATA_VALUE, "data", 4);
    return send_plain(b);
}

static void test_permissions(void)
{
    struct bench *b = setup_allocated(&turn);
    struct rtc_addr relayed = b->m.relayed, peer = addr(PEER),
                    second = addr("192.0.2.3:1");

    ok(!send_indication(b, PEER), "without a permission nothing goes out");
    ok(!send_raw(b, PEER, &relayed, "reply", 5), "and nothing comes in");
    is_int(sim_server_stats(b->server)->forbidden, 2, "which is counted");
    begin_peer(b, RTC_STUN_CREATE_PERMISSION, PEER);
    rtc_stun_write_xor_addr(&b->w, RTC_STUN_XOR_PEER_ADDRESS, &second);
    ok(send_signed(b) && b->m.class == RTC_STUN_SUCCESS, "two permissions");
    ok(send_indication(b, PEER) && b->got->len == 4 &&
           !memcmp(b->got->data, "data", 4),
       "then it does");
    ok(rtc_addr_equal(&b->got->path.remote, &relayed),
       "from the relayed address");
    ok(send_indication(b, "192.0.2.3:77"), "to any port, and the second");
    ok(send_raw(b, PEER, &relayed, "reply", 5) &&
           b->m.class == RTC_STUN_INDICATION && b->m.method == RTC_STUN_DATA,
       "and comes in as an indication");
    ok(rtc_addr_equal(&b->m.peer, &peer) && b->m.value.len == 5 &&
           !memcmp(b->m.value.at, "reply", 5),
       "that says from whom");
    b->now += 299 * (rtc_usec)SEC;
    ok(send_indication(b, PEER), "for five minutes");
    b->now += SEC;
    ok(!send_indication(b, PEER), "no longer");
    done(b);
}

static void begin_bind(struct bench *b, unsigned number, const char *peer)
{
    begin_peer(b, RTC_STUN_CHANNEL_BIND, peer);
    rtc_stun_write_u32(&b->w, RTC_STUN_CHANNEL_NUMBER, number << 16);
}

static void test_channels(void)
{
    static const uint8_t data[] = {0x40, 1, 0, 4, 'd', 'a', 't', 'a'};
    struct bench *b = setup_allocated(&turn);
    struct rtc_addr relayed = b->m.relayed, server = addr(SERVER);

    ok(!send_raw(b, CLIENT, &server, data, sizeof data), "no channel yet");
    begin_bind(b, 0x3fff, PEER);
    ok(send_signed(b) && b->m.error_code == 400, "a number out of range");
    begin_bind(b, 0x4001, PEER);
    ok(send_signed(b) && b->m.class == RTC_STUN_SUCCESS, "a channel");
    begin_bind(b, 0x4001, PEER);
    ok(send_signed(b) && b->m.class == RTC_STUN_SUCCESS, "bound again");
    begin_bind(b, 0x4002, PEER);
    ok(send_signed(b) && b->m.error_code == 400, "not under another number");
    begin_bind(b, 0x4001, "192.0.2.3:1");
    ok(send_signed(b) && b->m.error_code == 400, "nor to another peer");
    ok(send_raw(b, CLIENT, &server, data, sizeof data) && b->got->len == 4 &&
           !memcmp(b->got->data, "data", 4),
       "what goes in comes out at the peer");
    ok(!send_raw(b, CLIENT, &server, data, sizeof data - 1),
       "a truncated one does not");
    ok(send_raw(b, PEER, &relayed, "back", 4) && b->got->len == 8 &&
           !memcmp(b->got->data, "\x40\1\0\4back", 8),
       "and back in its frame");
    b->now += 301 * (rtc_usec)SEC;
    ok(!send_raw(b, CLIENT, &server, data, sizeof data),
       "a channel without its permission is not enough");
    begin_bind(b, 0x4001, PEER);
    ok(send_signed(b) && send_raw(b, CLIENT, &server, data, sizeof data),
       "binding renews it");
    done(b);
}

static void test_life(void)
{
    struct bench *b = setup_allocated(&turn);
    struct rtc_addr relayed = b->m.relayed;

    begin_peer(b, RTC_STUN_CREATE_PERMISSION, PEER);
    send_signed(b);
    sim_server_kill(b->server);
    begin(b, RTC_STUN_BINDING);
    ok(!send_plain(b), "a dead server answers nothing");
    ok(!send_raw(b, PEER, &relayed, "x", 1), "and relays nothing");
    sim_server_restart(b->server);
    is_int(sim_server_allocation_count(b->server, b->now), 0,
           "back again, it knows nobody");
    begin(b, RTC_STUN_REFRESH);
    ok(send_signed(b) && b->m.error_code == 438, "nor its nonce: 438");
    keep_nonce(b);
    begin(b, RTC_STUN_REFRESH);
    ok(send_signed(b) && b->m.error_code == 437, "nor the allocation: 437");
    begin_allocate(b);
    ok(send_signed(b) && b->m.class == RTC_STUN_SUCCESS, "but gives another");
    ok(b->m.relayed.port != relayed.port, "elsewhere");
    done(b);
}

int main(void)
{
    test_stun();
    test_authentication();
    test_allocation();
    test_odd_allocations();
    test_permissions();
    test_channels();
    test_life();
    return tap_done();
}
