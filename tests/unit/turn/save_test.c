/* SPDX-License-Identifier: MIT
 * An allocation that is handed over: saved, read back, gone on with. */
#include "tap.h"
#include "turn/server.h"

#include "base/addr.h"

#define PEER "192.0.2.7:1000"

static char line[RTC_TURN_SAVE_MOST];

static struct rtc_text save(const struct world *world)
{
    int len = rtc_turn_save(world->client, line, sizeof line, world->now);

    if (len < 0)
        abort();
    return (struct rtc_text){line, (size_t)len};
}

static int load(struct world *world, struct rtc_text text, rtc_usec age_us)
{
    struct rtc_turn_client *client;
    int result =
        rtc_turn_load(&client, &world->config, text, age_us, world->now);

    if (result == 0) {
        rtc_turn_free(world->client);
        world->client = client;
    }
    return result;
}

static void start(struct world *world, const char *realm)
{
    struct rtc_addr peer = addr_of(PEER);

    world_init(world);
    world->server.realm = realm;
    world->server.relayed[1] = addr_of("[2001:db8::1]:1");
    world_drain(world);
    rtc_turn_bind(world->client, &peer, world->now);
    world_drain(world);
}

static void test_hand_over(void)
{
    static const struct {
        const char *realm, *password;
    } rows[] = {{"example.org", "secret"},
                {"", "secret"},
                {"two words", "secret"},
                {"", NULL}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_addr peer = addr_of(PEER), relayed;
        struct world world;
        struct rtc_text text;

        world_init(&world);
        world.server.password = rows[i].password;
        world_done(&world);
        start(&world, rows[i].realm);
        text = save(&world);
        ok(!memchr(text.at, '\n', text.len), "one line");
        is_int(load(&world, text, RTC_SEC), 0, "loaded");
        is_int(rtc_turn_state(world.client), RTC_TURN_ALLOCATED, "allocated");
        ok(rtc_turn_relayed(world.client, 0, &relayed) &&
               rtc_addr_equal(&relayed, &world.server.relayed[0]),
           "its address");
        ok(rtc_turn_relayed(world.client, 1, &relayed) &&
               rtc_addr_equal(&relayed, &world.server.relayed[1]),
           "the other");
        is_int(rtc_turn_mapped(world.client)->port, 4000, "mapped");
        is_int(rtc_turn_deadline(world.client), world.now, "a refresh is due");
        world_drain(&world);
        is_int(world.server.counts[RTC_STUN_REFRESH], 1, "refreshed");
        is_int(rtc_turn_generation(world.client), 1, "the same allocation");
        is_int(rtc_turn_head(world.client, &peer), 4, "and the channel");
        world_run(&world, 600 * RTC_SEC);
        is_int(rtc_turn_generation(world.client), 1, "and it stays");
        world_done(&world);
    }
}

static void test_forgotten(void)
{
    struct world world;
    struct rtc_text text;

    start(&world, "example.org");
    text = save(&world);
    server_restart(&world.server);
    is_int(load(&world, text, 0), 0, "loaded");
    world_run(&world, RTC_SEC);
    is_int(rtc_turn_state(world.client), RTC_TURN_ALLOCATED,
           "the server knows nothing of it");
    is_int(rtc_turn_generation(world.client), 2, "another allocation");

    text = save(&world);
    server_restart(&world.server);
    is_int(load(&world, text, 601 * RTC_SEC), 0, "one that has expired");
    world_run(&world, RTC_SEC);
    is_int(rtc_turn_generation(world.client), 3, "another, too");
    world_done(&world);
}

static void test_alternate(void)
{
    struct world world;
    char text[RTC_ADDR_TEXT];

    world_init(&world);
    world.server.refuse_method = RTC_STUN_ALLOCATE;
    world.server.refuse_code = 300;
    world.server.refuse_count = 1;
    world.server.alternate = addr_of("198.51.100.2:3479");
    world_drain(&world);
    is_int(load(&world, save(&world), 0), 0, "loaded");
    is_str(rtc_addr_write(&rtc_turn_path(world.client)->remote, text),
           "198.51.100.2:3479", "the server it was moved to");
    world_done(&world);
}

static void test_states(void)
{
    struct world world;

    world_init(&world);
    is_int(rtc_turn_save(world.client, line, sizeof line, 0), RTC_ERR_STATE,
           "not allocated");
    world.config.path.transport = RTC_TCP;
    world_renew(&world);
    world_drain(&world);
    is_int(rtc_turn_save(world.client, line, sizeof line, 0), RTC_ERR_STATE,
           "over TCP");
    world_done(&world);
}

static void test_damage(void)
{
    static const char *const rows[] = {
        "",
        "turn2 1.2.3.4:1 - 1.2.3.4:2 - 600 1 - -",
        "turn1 [::1]:1 - 1.2.3.4:2 - 600 1 - -",
        "turn1 host:1 - 1.2.3.4:2 - 600 1 - -",
        "turn1 1.2.3.4:1 - - - 600 1 - -",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 1.2.3.4:3 600 1 - -",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - -1 1 - -",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - 4294967296 1 - -",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - 600 0 - -",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - 600 1 = -",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - 600 1 - =",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - 600 1 a =",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - 600 1 =AA== =YQ==",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - 600 1 =! =YQ==",
        "turn1 1.2.3.4:1 - 1.2.3.4:2 - 600 1 - - x",
    };
    struct world world;
    struct rtc_text text;
    unsigned refused = 0, loaded = 0, too_small = 0;

    start(&world, "example.org");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        is_int(load(&world, rtc_text_of(rows[i]), 0), RTC_ERR_FORMAT, rows[i]);
    is_int(
        load(&world, rtc_text_of("turn1 1.2.3.4:1 - 1.2.3.4:2 - 600 1 - -"), 0),
        0, "one that is right");
    world_done(&world);

    start(&world, "example.org");
    text = save(&world);
    for (size_t len = 0; len < text.len; len++) {
        char *cut = malloc(len + 1);
        int result;

        if (!cut)
            abort();
        memcpy(cut, text.at, len);
        result = load(&world, (struct rtc_text){cut, len}, 0);
        refused += result == RTC_ERR_FORMAT;
        loaded += result == 0;
        free(cut);
    }
    is_int(refused + loaded, text.len, "cut at each length");
    ok(refused > text.len - 30, "nearly all are refused");
    is_int(load(&world, text, 0), 0, "loaded");
    for (size_t cap = 0; cap < text.len; cap++) {
        char small[RTC_TURN_SAVE_MOST];

        too_small +=
            rtc_turn_save(world.client, small, cap, world.now) == RTC_ERR_NOBUF;
    }
    is_int(too_small, text.len, "every too small buffer is noticed");
    world_done(&world);
}

int main(void)
{
    test_hand_over();
    test_forgotten();
    test_alternate();
    test_states();
    test_damage();
    return tap_done();
}
