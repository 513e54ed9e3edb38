/* SPDX-License-Identifier: MIT
 * Permissions: asked for together, kept, refused, capped; data only from whom
 * they name. */
#include "tap.h"
#include "turn/server.h"

static void permit(struct world *world, const char *text, int want,
                   const char *name)
{
    struct rtc_addr peer = addr_of(text);

    is_int(rtc_turn_permit(world->client, &peer, world->now), want, name);
}

static unsigned asked(const struct world *world)
{
    return world->server.counts[RTC_STUN_CREATE_PERMISSION];
}

static void test_together(void)
{
    const struct rtc_addr none = {0};
    struct world world;

    world_init(&world);
    permit(&world, "192.0.2.1:1", 0, "before there is an allocation");
    permit(&world, "192.0.2.2:1", 0, "two");
    permit(&world, "192.0.2.2:9", 0, "the same IP");
    is_int(rtc_turn_permit(world.client, &none, world.now), RTC_ERR_ARG,
           "no address");
    world_drain(&world);
    is_int(asked(&world), 1, "one request");
    is_int(world.server.peer_count, 2, "for both");
    permit(&world, "192.0.2.1:1", 0, "again");
    world_drain(&world);
    is_int(asked(&world), 1, "nothing to ask");
    permit(&world, "192.0.2.3:1", 0, "a third");
    is_int(rtc_turn_deadline(world.client), world.now, "is due at once");
    world_drain(&world);
    is_int(world.server.peer_count, 1, "it alone");
    world_run(&world, 239 * RTC_SEC);
    is_int(asked(&world), 2, "not for a while");
    world_run(&world, RTC_SEC);
    is_int(asked(&world), 3, "then again");
    is_int(world.server.peer_count, 3, "all in one");
    world_run(&world, 2400 * RTC_SEC);
    is_int(asked(&world), 13, "and so on");
    world_done(&world);
}

static void test_cap(void)
{
    struct world world;
    char text[32];

    world_init(&world);
    for (unsigned i = 0; i < RTC_TURN_PERMISSION_MOST; i++) {
        snprintf(text, sizeof text, "192.0.2.%u:1", i + 1);
        permit(&world, text, 0, "up to the cap");
    }
    permit(&world, "192.0.2.99:1", RTC_ERR_NOMEM, "one more");
    permit(&world, "192.0.2.1:1", 0, "one that is there");
    world_drain(&world);
    is_int(asked(&world), 4, "four requests");
    is_int(world.server.permitted_count, RTC_TURN_PERMISSION_MOST, "for all");
    world_done(&world);
}

/* Requests that are not answered do not keep others from being sent. */
static void test_silence(void)
{
    struct world world;
    char text[32];

    world_init(&world);
    world_drain(&world);
    world.server.down = true;
    for (unsigned i = 0; i < 6; i++) {
        snprintf(text, sizeof text, "192.0.2.%u:1", i + 1);
        permit(&world, text, 0, "one after the other");
        world_run(&world, RTC_MS);
    }
    is_int(world.sent_count, 2 + 4, "four under way");
    world.server.down = false;
    world_run(&world, 300 * RTC_MS);
    is_int(world.server.permitted_count, 6, "all when it answers");
    world.server.down = true;
    permit(&world, "192.0.2.9:1", 0, "one more");
    world_run(&world, 12 * RTC_SEC);
    world.server.down = false;
    world_run(&world, 5 * RTC_SEC);
    is_int(world.server.permitted_count, 7, "asked for again after silence");
    is_int(rtc_turn_generation(world.client), 1, "of the same allocation");
    world_done(&world);
}

static void test_refused(void)
{
    struct world world;

    world_init(&world);
    world.server.refused_ip = 2;
    permit(&world, "192.0.2.1:1", 0, "one");
    permit(&world, "192.0.2.2:1", 0, "a forbidden one");
    permit(&world, "192.0.2.3:1", 0, "three");
    world_drain(&world);
    is_int(asked(&world), 4, "together, then each alone");
    is_int(world.server.permitted_count, 2, "but one are permitted");
    world_run(&world, 59 * RTC_SEC);
    is_int(asked(&world), 4, "the forbidden one has to wait");
    world.server.refused_ip = 0;
    world_run(&world, 2 * RTC_SEC);
    is_int(world.server.permitted_count, 3, "and may be permitted later");
    world_done(&world);
}

static void test_family(void)
{
    struct world world;

    world_init(&world);
    permit(&world, "[2001:db8::5]:1", 0, "a peer of a family we have not");
    world_drain(&world);
    is_int(asked(&world), 0, "is not asked for");
    server_restart(&world.server);
    world.server.relayed[1] = addr_of("[2001:db8::1]:1");
    world.config.family = 0;
    world_renew(&world);
    permit(&world, "[2001:db8::5]:1", 0, "of one we have");
    permit(&world, "192.0.2.1:1", 0, "and of the other");
    world_drain(&world);
    is_int(world.server.peer_count, 2, "is");
    world_done(&world);
}

static void test_data(void)
{
    static const struct {
        const char *name, *peer;
        enum rtc_turn_input want;
    } rows[] = {
        {"from a permitted peer", "192.0.2.1:1", RTC_TURN_DATA},
        {"from another port of it", "192.0.2.1:2", RTC_TURN_DATA},
        {"from IPv6", "[2001:db8::5]:7", RTC_TURN_DATA},
        {"from another peer", "192.0.2.2:1", RTC_TURN_DROPPED},
    };
    struct rtc_turn_data data;
    struct world world;
    uint8_t buf[256];
    size_t len = write_data(buf, sizeof buf, "192.0.2.1:1", "x");

    world_init(&world);
    world.server.relayed[1] = addr_of("[2001:db8::1]:1");
    permit(&world, "192.0.2.1:1", 0, "one");
    permit(&world, "[2001:db8::5]:1", 0, "two");
    is_int(give(&world, buf, len, &data), RTC_TURN_DROPPED, "not allocated");
    world_drain(&world);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char from[RTC_ADDR_TEXT];

        len = write_data(buf, sizeof buf, rows[i].peer, "hello");
        is_int(give(&world, buf, len, &data), rows[i].want, rows[i].name);
        if (rows[i].want != RTC_TURN_DATA)
            continue;
        is_str(rtc_addr_write(&data.peer, from), rows[i].peer, "its address");
        ok(rtc_turn_owns(world.client, &data.relayed), "to ours");
        is_int(data.relayed.family, data.peer.family, "of the same family");
        is_int(data.len, 5, "its length");
        is_mem(data.data, "hello", 5, "what it says");
    }
    world_done(&world);
}

static void test_not_data(void)
{
    struct rtc_addr peer = addr_of("192.0.2.1:1");
    struct rtc_turn_data data;
    struct world world;
    uint8_t buf[256];
    struct rtc_writer w;

    world_init(&world);
    permit(&world, "192.0.2.1:1", 0, "one");
    world_drain(&world);
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_INDICATION, RTC_STUN_DATA,
                         (const uint8_t *)"identifier12");
    is_int(give(&world, buf, w.len, &data), RTC_TURN_DROPPED, "of nobody");
    rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_PEER_ADDRESS, &peer);
    is_int(give(&world, buf, w.len, &data), RTC_TURN_DROPPED, "without data");
    rtc_stun_write(&w, RTC_STUN_DATA_VALUE, NULL, 0);
    is_int(give(&world, buf, w.len, &data), RTC_TURN_DATA, "empty");
    is_int(data.len, 0, "of no length");
    rtc_stun_write_u32(&w, (enum rtc_stun_attribute)0x7abc, 1);
    is_int(give(&world, buf, w.len, &data), RTC_TURN_DROPPED,
           "with what must be understood");
    is_int(give(&world, world.server.request, world.server.request_len, &data),
           RTC_TURN_DROPPED, "a request");
    world.server.request[0] = 0x01; /* a success of the same id */
    is_int(give(&world, world.server.request, world.server.request_len, &data),
           RTC_TURN_DROPPED, "an answer to nothing under way");
    world_done(&world);
}

int main(void)
{
    test_together();
    test_cap();
    test_silence();
    test_refused();
    test_family();
    test_data();
    test_not_data();
    return tap_done();
}
