/* SPDX-License-Identifier: MIT
 * Allocations: made with and without credentials, refused in all ways, sent
 * elsewhere, refreshed, released. */
#include "tap.h"
#include "turn/server.h"

#include "base/addr.h"

#define TEN "1234567890"
#define LONG_REASON TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "1234567"

static void is_relayed(const struct world *world, unsigned index,
                       const char *want, const char *name)
{
    struct rtc_addr addr;
    char text[RTC_ADDR_TEXT];

    is_str(rtc_turn_relayed(world->client, index, &addr)
               ? rtc_addr_write(&addr, text)
               : "none",
           want, name);
}

static void is_state(const struct world *world, enum rtc_turn_state want,
                     const char *name)
{
    is_str(rtc_turn_state_name(rtc_turn_state(world->client)),
           rtc_turn_state_name(want), name);
}

static void is_failed(const struct world *world, unsigned code,
                      const char *reason, const char *name)
{
    const char *got;

    is_state(world, RTC_TURN_FAILED, name);
    is_int(rtc_turn_error(world->client, &got), code, "its code");
    is_str(got, reason, "its reason");
    is_int(rtc_turn_deadline(world->client), RTC_NEVER, "nothing more is due");
}

static void test_new(void)
{
    char long_name[RTC_TURN_CONTROL_MOST];
    struct rtc_turn_client *client;
    struct world world;

    memset(long_name, 'u', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    world_init(&world);
    is_int(rtc_turn_deadline(world.client), world.now, "due at once");
    is_state(&world, RTC_TURN_ALLOCATING, "allocating");
    is_relayed(&world, 0, "none", "nothing yet");
    is_int(rtc_turn_mapped(world.client)->family, 0, "not mapped yet");
    is_int(rtc_turn_transmit(world.client, world.server.request, 20, world.now),
           RTC_ERR_NOBUF, "a buffer that is too small");
    world.config.family = 5;
    is_int(rtc_turn_new(&client, &world.config, 0), RTC_ERR_ARG, "family 5");
    world.config.family = 0;
    world.config.username = long_name;
    is_int(rtc_turn_new(&client, &world.config, 0), RTC_ERR_ARG,
           "a username that is too long");
    world_done(&world);
    rtc_turn_free(NULL);
}

static void test_success(void)
{
    static const struct {
        const char *name, *realm, *password;
        unsigned requests;
    } rows[] = {
        {"with credentials", "example.org", "secret", 2},
        {"of an empty realm", "", "secret", 2},
        {"without authentication", "", NULL, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_addr own = addr_of("203.0.113.1:50000"),
                        other = addr_of("203.0.113.1:50001");
        struct world world;

        world_init(&world);
        world.server.realm = rows[i].realm;
        world.server.password = rows[i].password;
        world_drain(&world);
        is_state(&world, RTC_TURN_ALLOCATED, rows[i].name);
        is_int(world.server.counts[RTC_STUN_ALLOCATE], rows[i].requests,
               "requests");
        is_relayed(&world, 0, "203.0.113.1:50000", "relayed");
        is_relayed(&world, 1, "none", "only one");
        is_relayed(&world, 2, "none", "no third");
        ok(rtc_turn_mapped(world.client)->port == 4000, "mapped");
        is_int(rtc_turn_generation(world.client), 1, "the first");
        ok(rtc_turn_owns(world.client, &own), "it is ours");
        ok(!rtc_turn_owns(world.client, &other), "another is not");
        ok(!find_attribute(world.server.request, world.server.request_len,
                           RTC_STUN_SOFTWARE),
           "no SOFTWARE");
        is_int(rtc_turn_error(world.client, NULL), 0, "no error");
        world_done(&world);
    }
}

static void test_refused(void)
{
    static const struct {
        unsigned code;
        const char *reason, *want;
        bool signs_no_error;
        rtc_usec after;
    } rows[] = {
        {400, "Bad Request", "Bad Request", true, 0},
        {403, "Forbidden", "Forbidden", false, 0},
        {440, "Family", "Family", false, 0},
        {442, "Transport", "Transport", false, 0},
        {486, "Quota", "Quota", false, 0},
        {486, "Quota", "Quota", true, 250 * RTC_MS},
        {500, "", "", false, 0},
        {508, "a\tb\xc3\xa9\x7f", "a?b???", false, 0},
        {508, LONG_REASON, LONG_REASON, false, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;

        world_init(&world);
        world.server.refuse_method = RTC_STUN_ALLOCATE;
        world.server.refuse_code = rows[i].code;
        world.server.refuse_count = 9;
        world.server.reason = rows[i].reason;
        world.server.signs_no_error = rows[i].signs_no_error;
        is_int(world_run_until(&world, RTC_TURN_FAILED, 9 * RTC_SEC),
               rows[i].after, "refused");
        is_failed(&world, rows[i].code, rows[i].want, rows[i].want);
        rtc_turn_release(world.client, world.now);
        is_state(&world, RTC_TURN_RELEASED, "nothing to release");
        world_done(&world);
    }
}

static void test_wrong_credentials(void)
{
    struct world world;

    world_init(&world);
    world.server.password = "another";
    world_drain(&world);
    is_failed(&world, 401, "no", "a wrong password");
    is_int(world.server.counts[RTC_STUN_ALLOCATE], 2, "tried once");
    world.config.username = NULL;
    world_renew(&world);
    world_drain(&world);
    is_failed(&world, 401, "no", "no credentials");
    world_done(&world);
}

static void test_stale_nonce(void)
{
    struct world world;

    world_init(&world);
    world.server.refuse_method = RTC_STUN_ALLOCATE;
    world.server.refuse_code = 438;
    world.server.refuse_count = 2;
    world_drain(&world);
    is_state(&world, RTC_TURN_ALLOCATED, "a stale nonce, twice");
    is_int(world.server.counts[RTC_STUN_ALLOCATE], 4, "asked again");
    world.server.nonce++;
    world_run(&world, 301 * RTC_SEC);
    is_int(world.server.counts[RTC_STUN_REFRESH], 2,
           "refreshed with a new one");
    is_int(rtc_turn_generation(world.client), 1, "the same allocation");
    world_renew(&world);
    server_restart(&world.server);
    world.server.refuse_count = 99;
    world_drain(&world);
    is_failed(&world, 438, "no", "stale for ever");
    ok(world.server.counts[RTC_STUN_ALLOCATE] < 10, "which has an end");
    world_done(&world);
}

static void test_silence(void)
{
    static const struct {
        enum rtc_transport transport;
        unsigned sends;
    } rows[] = {{RTC_UDP, 7}, {RTC_TCP, 1}, {RTC_TLS, 1}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;

        world_init(&world);
        world.config.path.transport = rows[i].transport;
        world_renew(&world);
        world.server.down = true;
        /* 0.25 + 0.5 + 1 + 2 + 3 + 3 + 3 s */
        is_int(world_run_until(&world, RTC_TURN_FAILED, 60 * RTC_SEC),
               12750 * RTC_MS, "no answer in all of the time");
        is_int(world.sent_count, rows[i].sends, "sends");
        is_failed(&world, 0, "", "silence");
        world_done(&world);
    }
}

static void test_forged(void)
{
    struct world world;

    world_init(&world);
    world.server.forges = true;
    world_run(&world, RTC_SEC);
    is_state(&world, RTC_TURN_ALLOCATING,
             "answers of another key do not count");
    world.server.forges = false;
    server_restart(&world.server);
    world.server.nonce -= 100;
    world_run(&world, 3 * RTC_SEC);
    is_state(&world, RTC_TURN_ALLOCATED, "the right one does");
    world_done(&world);
}

/* An error that is not signed to the last request of ours. */
static enum rtc_turn_input give_error(struct world *world, unsigned code,
                                      const char *reason, size_t reason_len)
{
    uint8_t value[64] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};
    struct rtc_turn_data data;
    struct rtc_stun request;
    struct rtc_writer w;
    uint8_t buf[256];

    if (rtc_stun_parse(&request, world->server.request,
                       world->server.request_len) < 0)
        abort();
    memcpy(value + 4, reason, reason_len);
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_ERROR,
                         (enum rtc_stun_method)request.method, request.id);
    rtc_stun_write(&w, RTC_STUN_ERROR_CODE, value, 4 + reason_len);
    return give(world, buf, w.len, &data);
}

static void test_doubt(void)
{
    struct rtc_turn_data data;
    struct world world;
    uint8_t buf[1024];
    size_t len;

    world_init(&world);
    world_drain(&world);
    world.server.down = true;
    world_run(&world, 300 * RTC_SEC);
    len = server_answer(&world.server, world.server.request,
                        world.server.request_len, buf, sizeof buf);
    is_int(give_error(&world, 437, "forged", 6), RTC_TURN_CONTROL,
           "an unsigned error");
    is_int(give_error(&world, 403, "forged", 6), RTC_TURN_CONTROL, "another");
    world_run(&world, 249 * RTC_MS);
    is_int(give(&world, buf, len, &data), RTC_TURN_CONTROL,
           "the signed answer comes later");
    world_run(&world, RTC_SEC);
    is_state(&world, RTC_TURN_ALLOCATED, "and counts");
    is_int(rtc_turn_generation(world.client), 1, "nothing was lost");
    is_int(give(&world, buf, len, &data), RTC_TURN_DROPPED, "but once");
    world_done(&world);
}

static void test_padded_reason(void)
{
    struct world world;

    world_init(&world);
    world.server.down = true;
    world_drain(&world);
    give_error(&world, 508, "full\0\0\0\0", 8);
    is_failed(&world, 508, "full", "a reason padded by NULs");
    world_done(&world);
}

static void test_alternate(void)
{
    struct world world;
    char text[RTC_ADDR_TEXT];

    world_init(&world);
    world.server.refuse_method = RTC_STUN_ALLOCATE;
    world.server.refuse_code = 300;
    world.server.refuse_count = 3;
    world.server.alternate = addr_of("198.51.100.2:3479");
    world_drain(&world);
    is_state(&world, RTC_TURN_ALLOCATED, "an alternate server, three times");
    is_str(rtc_addr_write(&rtc_turn_path(world.client)->remote, text),
           "198.51.100.2:3479", "it is the one we talk to");
    ok(rtc_addr_equal(&rtc_turn_path(world.client)->local,
                      &world.config.path.local),
       "from the same socket");
    is_int(world.server.counts[RTC_STUN_ALLOCATE], 8, "each asks anew");
    is_int(rtc_turn_alternate(world.client)->family, 0, "nothing left to do");

    server_restart(&world.server);
    world.server.refuse_count = 99;
    world_renew(&world);
    world_drain(&world);
    is_failed(&world, 300, "no", "alternates without end");

    world.server.alternate = addr_of("[2001:db8::2]:3479");
    world_renew(&world);
    world_drain(&world);
    is_failed(&world, 300, "no", "one of another family");
    is_str(rtc_addr_write(rtc_turn_alternate(world.client), text),
           "[2001:db8::2]:3479", "is told of");

    world.server.alternate = addr_of("198.51.100.2:3479");
    world.config.path.transport = RTC_TCP;
    world_renew(&world);
    world_drain(&world);
    is_failed(&world, 300, "no", "over TCP the owner connects");
    is_str(rtc_addr_write(rtc_turn_alternate(world.client), text),
           "198.51.100.2:3479", "to there");

    world.server.signs_no_error = true;
    world_renew(&world);
    world_run(&world, 20 * RTC_SEC);
    is_failed(&world, 0, "", "an unsigned 300 is not believed");
    world_done(&world);
}

static void test_mismatch(void)
{
    struct world world;

    world_init(&world);
    world.server.refuse_method = RTC_STUN_ALLOCATE;
    world.server.refuse_code = 437;
    world.server.refuse_count = 1;
    world_run(&world, RTC_SEC);
    is_state(&world, RTC_TURN_ALLOCATED, "a mismatch that goes away");
    server_restart(&world.server);
    world.server.refuse_count = 2;
    world_renew(&world);
    world_run(&world, RTC_SEC);
    is_failed(&world, 437, "no", "one that does not");
    world_done(&world);
}

static const struct {
    const char *name;
    uint8_t family;
    const char *relayed[2], *want[2];
    bool additional, requested;
} families[] = {
    {"IPv4", 4, {"203.0.113.1:1"}, {"203.0.113.1:1", "none"}, false, false},
    {"IPv6", 6, {"[2001:db8::1]:1"}, {"[2001:db8::1]:1", "none"}, false, true},
    {"both",
     0,
     {"203.0.113.1:1", "[2001:db8::1]:2"},
     {"203.0.113.1:1", "[2001:db8::1]:2"},
     true,
     false},
    {"both, IPv6 first",
     0,
     {"[2001:db8::1]:2", "203.0.113.1:1"},
     {"203.0.113.1:1", "[2001:db8::1]:2"},
     true,
     false},
    {"both of one family",
     0,
     {"203.0.113.1:1", "203.0.113.1:2"},
     {"203.0.113.1:1", "none"},
     true,
     false},
    {"both, but the second is void",
     0,
     {"203.0.113.1:1", "0.0.0.0:0"},
     {"203.0.113.1:1", "none"},
     true,
     false},
    {"both, but the first is void",
     0,
     {"0.0.0.0:0", "[2001:db8::1]:2"},
     {"[2001:db8::1]:2", "none"},
     true,
     false},
    {"both, but it has one",
     0,
     {"203.0.113.1:1"},
     {"203.0.113.1:1", "none"},
     true,
     false},
};

static void test_families(void)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        struct world world;
        const uint8_t *request;

        world_init(&world);
        world.config.family = families[i].family;
        world_renew(&world);
        for (unsigned n = 0; n < 2; n++)
            if (families[i].relayed[n])
                world.server.relayed[n] = addr_of(families[i].relayed[n]);
        world_drain(&world);
        request = world.server.request;
        is_state(&world, RTC_TURN_ALLOCATED, families[i].name);
        is_relayed(&world, 0, families[i].want[0], "first");
        is_relayed(&world, 1, families[i].want[1], "second");
        is_int(!!find_attribute(request, world.server.request_len,
                                RTC_STUN_ADDITIONAL_ADDRESS_FAMILY),
               families[i].additional, "an additional family");
        is_int(!!find_attribute(request, world.server.request_len,
                                RTC_STUN_REQUESTED_ADDRESS_FAMILY),
               families[i].requested, "another family");
        world_done(&world);
    }
}

static void test_family_fallback(void)
{
    struct world world;

    world_init(&world);
    world.config.family = 0;
    world_renew(&world);
    world.server.refuse_method = RTC_STUN_ALLOCATE;
    world.server.refuse_code = 440;
    world.server.refuse_count = 2;
    world.server.relayed[0] = addr_of("[2001:db8::1]:1");
    world_drain(&world);
    is_relayed(&world, 0, "[2001:db8::1]:1", "a server with IPv6 alone");
    server_restart(&world.server);
    world.server.refuse_count = 3;
    world_renew(&world);
    world_drain(&world);
    is_failed(&world, 440, "no", "a server with neither");
    world_done(&world);
}

static void test_senseless(void)
{
    static const char *const rows[] = {"0.0.0.0:5", "192.0.2.1:0", NULL};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;

        world_init(&world);
        world.server.relayed[0] =
            rows[i] ? addr_of(rows[i]) : (struct rtc_addr){0};
        world_drain(&world);
        is_failed(&world, 0, "", "a success without a relayed address");
        world_done(&world);
    }
}

static void test_refresh(void)
{
    static const struct {
        uint32_t lifetime;
        unsigned least, most; /* refreshes in 1000 s */
    } rows[] = {
        {600, 3, 4},    {UINT32_MAX, 3, 4}, {3600, 0, 0},   {100, 19, 25},
        {10, 190, 210}, {2, 990, 1010},     {1, 990, 1010}, {4000000000, 0, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        unsigned count;

        world_init(&world);
        world.server.lifetime = rows[i].lifetime;
        world_drain(&world);
        world_run(&world, 1000 * RTC_SEC);
        count = world.server.counts[RTC_STUN_REFRESH];
        ok(count >= rows[i].least && count <= rows[i].most, "refreshes");
        is_int(rtc_turn_generation(world.client), 1, "the same allocation");
        world_done(&world);
    }
}

static void test_release(void)
{
    const uint8_t *lifetime;
    struct world world;

    world_init(&world);
    world_drain(&world);
    rtc_turn_release(world.client, world.now);
    is_state(&world, RTC_TURN_RELEASING, "releasing");
    is_relayed(&world, 0, "none", "it is not to be used any more");
    world_drain(&world);
    is_state(&world, RTC_TURN_RELEASED, "released");
    lifetime = find_attribute(world.server.request, world.server.request_len,
                              RTC_STUN_LIFETIME);
    ok(lifetime && rtc_get_u32(lifetime) == 0, "by a lifetime of 0");
    ok(!world.server.allocated, "the server agrees");
    is_int(rtc_turn_deadline(world.client), RTC_NEVER, "nothing more is due");

    world_renew(&world);
    world_drain(&world);
    world.server.down = true;
    rtc_turn_release(world.client, world.now);
    world_run(&world, 20 * RTC_SEC);
    is_state(&world, RTC_TURN_RELEASED, "released in silence");
    world.server.down = false;

    world_renew(&world);
    rtc_turn_release(world.client, world.now);
    is_state(&world, RTC_TURN_RELEASED, "before it began");
    rtc_turn_release(world.client, world.now);
    is_state(&world, RTC_TURN_RELEASED, "twice");
    world_done(&world);
}

int main(void)
{
    test_new();
    test_success();
    test_refused();
    test_wrong_credentials();
    test_stale_nonce();
    test_silence();
    test_forged();
    test_doubt();
    test_padded_reason();
    test_alternate();
    test_mismatch();
    test_families();
    test_family_fallback();
    test_senseless();
    test_refresh();
    test_release();
    return tap_done();
}
