/* SPDX-License-Identifier: MIT
 * Servers that restart, go away for a while or forget: the client notices and
 * is back soon, and does not ask too often. */
#include "tap.h"
#include "turn/server.h"

#include "base/addr.h"

#define PEER "192.0.2.7:1000"

static void start(struct world *world)
{
    struct rtc_addr peer = addr_of(PEER);

    world_init(world);
    world_drain(world);
    rtc_turn_permit(world->client, &peer, world->now);
    rtc_turn_bind(world->client, &peer, world->now);
    world_drain(world);
    world->sent_count = 0;
}

static bool is_allocated(const struct world *world)
{
    return rtc_turn_state(world->client) == RTC_TURN_ALLOCATED;
}

/* A datagram each 20 ms; the peer answers if `echoes` and the server lets it.
 * Ends when the server has seen one on an allocation of its own, if `until`. */
static rtc_usec talk(struct world *world, rtc_usec span, bool echoes,
                     bool until)
{
    const struct server *server = &world->server;
    rtc_usec begin = world->now;

    while (world->now < begin + span) {
        uint8_t buf[256];
        struct rtc_turn_data data;

        if (send_text(world, PEER, "ping", buf, sizeof buf) > 0 &&
            !server->down && server->allocated) {
            if (until)
                break;
            if (echoes)
                give(world, buf, write_data(buf, sizeof buf, PEER, "pong"),
                     &data);
        }
        world_run(world, 20 * RTC_MS);
    }
    return world->now - begin;
}

static void test_restart(void)
{
    struct world world;

    start(&world);
    talk(&world, 10 * RTC_SEC, true, false);
    is_int(world.sent_count, 0, "while data comes nothing is asked");
    server_restart(&world.server);
    world.server.relayed[0].port = 60000;
    talk(&world, 1100 * RTC_MS, true, false);
    ok(is_allocated(&world), "a second after a restart there is an allocation");
    is_int(rtc_turn_generation(world.client), 2, "which is another one");
    ok(rtc_turn_owns(world.client, &world.server.relayed[0]),
       "with its address");
    is_int(world.server.permitted_count, 1, "and the permission");
    is_int(world.server.bound_count, 1, "and the channel");
    world_done(&world);
}

static void test_restart_over_tcp(void)
{
    struct world world;

    start(&world);
    world.config.path.transport = RTC_TCP;
    server_restart(&world.server);
    world_renew(&world);
    world_drain(&world);
    ok(is_allocated(&world), "allocated");
    server_restart(&world.server);
    talk(&world, 1500 * RTC_MS, true, false);
    is_int(rtc_turn_generation(world.client), 2, "the same over TCP");
    world_done(&world);
}

static void test_away(void)
{
    static const struct {
        rtc_usec away;
        bool gives_up; /* meanwhile */
    } rows[] = {
        {300 * RTC_MS, false}, {3 * RTC_SEC, false}, {10 * RTC_SEC, false},
        {20 * RTC_SEC, true},  {60 * RTC_SEC, true}, {1000 * RTC_SEC, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        rtc_usec took;

        start(&world);
        talk(&world, RTC_SEC, true, false);
        world.server.down = true;
        talk(&world, rows[i].away, true, false);
        is_int(!is_allocated(&world), rows[i].gives_up, "for lost");
        ok(world.sent_count <= 10 + rows[i].away / (400 * RTC_MS),
           "it is not asked too often");
        server_restart(&world.server);
        world.server.down = false;
        took = talk(&world, 9 * RTC_SEC, true, true);
        /* Silence of less than a second is not noticed before its end. */
        ok(took <= 1100 * RTC_MS || rtc_turn_generation(world.client) < 2,
           "about a second after its return it is in use");
        talk(&world, 1100 * RTC_MS, true, false);
        is_int(rtc_turn_generation(world.client), 2, "another allocation");
        world_done(&world);
    }
}

static void test_cut(void)
{
    static const rtc_usec rows[] = {2 * RTC_SEC, 20 * RTC_SEC, 200 * RTC_SEC};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;

        start(&world);
        talk(&world, RTC_SEC, true, false);
        world.server.down = true;
        talk(&world, rows[i], true, false);
        world.server.down = false;
        ok(talk(&world, 9 * RTC_SEC, true, true) <= 1100 * RTC_MS,
           "back after a network that was cut");
        talk(&world, 2 * RTC_SEC, true, false);
        ok(is_allocated(&world), "allocated");
        is_int(rtc_turn_generation(world.client), 1, "it is the same one");
        world_done(&world);
    }
}

static void test_idle(void)
{
    struct world world;

    start(&world);
    world_run(&world, 100 * RTC_SEC);
    is_int(world.sent_count, 0, "without data nobody asks");
    world.server.down = true;
    world_run(&world, 1000 * RTC_SEC);
    is_int(rtc_turn_state(world.client), RTC_TURN_ALLOCATING,
           "but the refresh notices");
    ok(world.sent_count > 500 && world.sent_count < 1200, "and it is tried");
    server_restart(&world.server);
    world.server.down = false;
    ok(world_run_until(&world, RTC_TURN_ALLOCATED, 9 * RTC_SEC) <= RTC_SEC,
       "until it is back");
    world_done(&world);
}

static void test_silent_peer(void)
{
    struct world world;
    unsigned count;

    start(&world);
    talk(&world, 61 * RTC_SEC, false, false);
    count = world.server.counts[RTC_STUN_REFRESH];
    /* After 1, 2, 4 s and then each 5 s. */
    ok(count >= 13 && count <= 15, "probes become rarer");
    talk(&world, RTC_SEC, true, false);
    server_restart(&world.server);
    talk(&world, 1100 * RTC_MS, true, false);
    is_int(rtc_turn_generation(world.client), 2, "and soon again after data");
    world_done(&world);
}

static void test_forgotten(void)
{
    static const struct {
        const char *name;
        unsigned method, code;
        bool signs_no_error;
        unsigned generation;
    } rows[] = {
        {"437 to a refresh", RTC_STUN_REFRESH, 437, false, 2},
        {"437 unsigned", RTC_STUN_REFRESH, 437, true, 2},
        {"403 to a refresh", RTC_STUN_REFRESH, 403, false, 2},
        {"437 to a permission", RTC_STUN_CREATE_PERMISSION, 437, false, 2},
        {"437 to a channel", RTC_STUN_CHANNEL_BIND, 437, false, 2},
        {"401 once", RTC_STUN_CREATE_PERMISSION, 401, false, 1},
        {"438 once", RTC_STUN_CHANNEL_BIND, 438, false, 1},
        {"403 to a permission", RTC_STUN_CREATE_PERMISSION, 403, false, 1},
        {"403 to a channel", RTC_STUN_CHANNEL_BIND, 403, false, 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;

        start(&world);
        world.server.refuse_method = rows[i].method;
        world.server.refuse_code = rows[i].code;
        world.server.refuse_count = 1;
        world.server.signs_no_error = rows[i].signs_no_error;
        /* The server really forgets only with these. */
        world.server.allocated = rows[i].generation == 1;
        world_run(&world, 500 * RTC_SEC);
        ok(is_allocated(&world), rows[i].name);
        is_int(rtc_turn_generation(world.client), rows[i].generation,
               "allocations made");
        world_done(&world);
    }
}

static void test_new_realm(void)
{
    struct world world;

    start(&world);
    server_restart(&world.server);
    world.server.realm = "example.net";
    world_run(&world, 301 * RTC_SEC);
    ok(is_allocated(&world), "a restart with another realm");
    is_int(rtc_turn_generation(world.client), 2, "another allocation");
    server_restart(&world.server);
    world.server.password = "changed";
    world_run(&world, 301 * RTC_SEC);
    is_int(rtc_turn_state(world.client), RTC_TURN_FAILED, "another password");
    is_int(rtc_turn_error(world.client, NULL), 401, "is an end");
    world_done(&world);
}

static void test_flapping(void)
{
    struct world world;
    unsigned rounds = 0;

    start(&world);
    world.server.refuse_method = RTC_STUN_CREATE_PERMISSION;
    world.server.refuse_code = 437;
    for (unsigned i = 0; i < 100; i++) {
        world.server.refuse_count = 1;
        world.server.allocated = false;
        world_run(&world, 100 * RTC_MS);
        rounds += is_allocated(&world);
    }
    ok(world.server.counts[RTC_STUN_ALLOCATE] < 30,
       "a server that forgets each time is asked once a second");
    world_done(&world);
}

/* Ours is there, but it is neither given back nor made anew. */
static void test_stuck(void)
{
    struct world world;

    start(&world);
    world.server.down = true;
    talk(&world, 20 * RTC_SEC, true, false);
    world.server.down = false;
    world.server.refuse_method = RTC_STUN_REFRESH;
    world.server.refuse_code = 403;
    world.server.refuse_count = 99;
    world_run(&world, 30 * RTC_SEC);
    is_int(rtc_turn_state(world.client), RTC_TURN_FAILED, "an end to it");
    is_int(rtc_turn_error(world.client, NULL), 437, "with a mismatch");
    world_done(&world);
}

int main(void)
{
    test_restart();
    test_restart_over_tcp();
    test_away();
    test_cut();
    test_idle();
    test_silent_peer();
    test_forgotten();
    test_new_realm();
    test_flapping();
    test_stuck();
    return tap_done();
}
