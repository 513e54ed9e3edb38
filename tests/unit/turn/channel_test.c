/* SPDX-License-Identifier: MIT
 * Channels and wrapping: what is wrapped is read back by a server of our own
 * reading, over UDP and streams, to peers of both families. */
#include "tap.h"
#include "turn/server.h"

#include "base/addr.h"

static void bind_peer(struct world *world, const char *text, int want,
                      const char *name)
{
    struct rtc_addr peer = addr_of(text);

    is_int(rtc_turn_bind(world->client, &peer, world->now), want, name);
}

static size_t head_of(const struct world *world, const char *text)
{
    struct rtc_addr peer = addr_of(text);

    return rtc_turn_head(world->client, &peer);
}

static void start(struct world *world, enum rtc_transport transport)
{
    world_init(world);
    world->server.relayed[1] = addr_of("[2001:db8::1]:1");
    world->config.family = 0;
    world->config.path.transport = transport;
    world_renew(world);
    world_drain(world);
}

static bool reads_back(const struct world *world, const uint8_t *buf, int len,
                       const char *peer, unsigned channel, const uint8_t *data,
                       size_t data_len)
{
    bool is_stream = world->config.path.transport != RTC_UDP;
    size_t start, framed;
    struct rtc_addr want = addr_of(peer);
    struct rtc_stun m;

    if (len < 0 ||
        rtc_framing_next(RTC_FRAMING_TURN, buf, (size_t)len, &start, &framed) !=
            (is_stream || !channel ? len : (len + 3) / 4 * 4)) {
        /* Over UDP a channel's padding is not there to be framed. */
        if (is_stream || !channel)
            return false;
    }
    if (channel)
        return rtc_get_u16(buf) == channel &&
               rtc_get_u16(buf + 2) == data_len &&
               (is_stream ? len % 4 == 0 : (size_t)len == 4 + data_len) &&
               !memcmp(buf + 4, data, data_len);
    return rtc_stun_parse(&m, buf, (size_t)len) == 0 &&
           m.class == RTC_STUN_INDICATION && m.method == RTC_STUN_SEND &&
           rtc_addr_equal(&m.peer, &want) && m.value.len == data_len &&
           !memcmp(m.value.at, data, data_len);
}

static void test_wrap(void)
{
    static const char *const peers[] = {"192.0.2.7:1000",
                                        "[2001:db8::7]:65535"};
    static const size_t lens[] = {0, 1, 2, 3, 4, 5, 1199, 1200, 60000};
    static uint8_t buf[65536], data[65536];

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + 1);
    for (unsigned row = 0; row < 12; row++) {
        enum rtc_transport transport = (enum rtc_transport)(row / 4);
        const char *text = peers[row & 1];
        bool bound = row & 2;
        struct rtc_addr peer = addr_of(text);
        struct world world;
        unsigned right = 0;
        size_t head;

        start(&world, transport);
        if (bound)
            bind_peer(&world, text, 0, "bind");
        world_drain(&world);
        head = rtc_turn_head(world.client, &peer);
        is_int(head, bound ? 4 : row & 1 ? 48 : 36, "the head's length");
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            int len;

            memset(buf, 0xaa, sizeof buf);
            memcpy(buf + head, data, lens[i]);
            len = rtc_turn_wrap(world.client, &peer, buf, head, lens[i],
                                lens[i] + RTC_TURN_HEAD_MOST, world.now);
            right += reads_back(&world, buf, len, text, bound ? 0x4000 : 0,
                                data, lens[i]) &&
                     buf[len] == 0xaa;
        }
        is_int(right, sizeof lens / sizeof lens[0], "each is read back");
        world_done(&world);
    }
}

static void test_unwrap(void)
{
    static const struct {
        const char *name;
        uint8_t message[16];
        size_t len;
        enum rtc_turn_input want;
        size_t data_len;
    } rows[] = {
        {"a datagram", {0x40, 0, 0, 3, 'a', 'b', 'c'}, 7, RTC_TURN_DATA, 3},
        {"padded", {0x40, 0, 0, 3, 'a', 'b', 'c', 0}, 8, RTC_TURN_DATA, 3},
        {"empty", {0x40, 0, 0, 0}, 4, RTC_TURN_DATA, 0},
        {"longer than it is", {0x40, 0, 0, 4, 'a', 'b', 'c'}, 7, 0, 0},
        {"length 65535", {0x40, 0, 0xff, 0xff, 'a'}, 5, 0, 0},
        {"no length", {0x40, 0, 0}, 3, 0, 0},
        {"a byte", {0x40}, 1, 0, 0},
        {"another channel", {0x40, 1, 0, 1, 'a'}, 5, 0, 0},
        {"the last channel", {0x4f, 0xff, 0, 1, 'a'}, 5, 0, 0},
        {"a reserved channel", {0x50, 0, 0, 1, 'a'}, 5, 0, 0},
        {"RTP", {0x80, 0, 0, 1, 'a'}, 5, 0, 0},
        {"nothing", {0}, 0, 0, 0},
    };
    struct world world;

    start(&world, RTC_UDP);
    bind_peer(&world, "192.0.2.7:1000", 0, "bind");
    world_drain(&world);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtc_turn_data data = {0};
        char text[RTC_ADDR_TEXT];

        is_int(give(&world, rows[i].message, rows[i].len, &data), rows[i].want,
               rows[i].name);
        is_int(data.len, rows[i].data_len, "its length");
        if (!data.data)
            continue;
        is_str(rtc_addr_write(&data.peer, text), "192.0.2.7:1000", "its peer");
        is_mem(data.data, rows[i].message + 4, data.len, "what it says");
    }
    world_done(&world);
}

static void test_errors(void)
{
    struct rtc_addr peer = addr_of("192.0.2.7:1000"),
                    other = addr_of("[2001:db8::7]:9");
    struct world world;
    uint8_t buf[256];

    world_init(&world);
    is_int(rtc_turn_wrap(world.client, &peer, buf, 36, 1, 256, world.now),
           RTC_ERR_STATE, "not allocated");
    world_drain(&world);
    is_int(rtc_turn_wrap(world.client, &other, buf, 48, 1, 256, world.now),
           RTC_ERR_UNSUPPORTED, "a family we have not");
    is_int(rtc_turn_wrap(world.client, &peer, buf, 4, 1, 256, world.now),
           RTC_ERR_ARG, "not bound");
    is_int(rtc_turn_wrap(world.client, &peer, buf, 36, 65500, 65536, world.now),
           RTC_ERR_ARG, "too long");
    is_int(rtc_turn_wrap(world.client, &peer, buf, 36, 1, 39, world.now),
           RTC_ERR_NOBUF, "no room for padding");
    is_int(rtc_turn_wrap(world.client, &peer, buf, 36, 1, 40, world.now), 40,
           "room for it");
    rtc_turn_release(world.client, world.now);
    is_int(rtc_turn_wrap(world.client, &peer, buf, 36, 1, 256, world.now),
           RTC_ERR_STATE, "released");
    world_done(&world);
}

static void test_binding(void)
{
    struct world world;
    const uint8_t *number;

    start(&world, RTC_UDP);
    bind_peer(&world, "192.0.2.7:1000", 0, "one");
    bind_peer(&world, "192.0.2.7:1001", 0, "another port");
    bind_peer(&world, "192.0.2.7:1000", 0, "again");
    is_int(head_of(&world, "192.0.2.7:1000"), 36, "not bound yet");
    world_drain(&world);
    is_int(world.server.permitted_count, 1, "with a permission");
    is_int(world.server.bound_count, 2, "two are bound");
    is_int(head_of(&world, "192.0.2.7:1000"), 4, "the one");
    is_int(head_of(&world, "192.0.2.7:1001"), 4, "the other");
    is_int(head_of(&world, "192.0.2.7:1002"), 36, "no third");
    number = find_attribute(world.server.request, world.server.request_len,
                            RTC_STUN_CHANNEL_NUMBER);
    ok(number && rtc_get_u32(number) == 0x40010000, "numbered from 0x4000");
    world_run(&world, 599 * RTC_SEC);
    is_int(world.server.bound_count, 4, "again within ten minutes");
    is_int(head_of(&world, "192.0.2.7:1000"), 4, "bound all the time");
    world_done(&world);
}

static void test_refused(void)
{
    struct world world;
    uint8_t buf[64];

    start(&world, RTC_UDP);
    world.server.refuse_method = RTC_STUN_CHANNEL_BIND;
    world.server.refuse_code = 400;
    world.server.refuse_count = 1;
    bind_peer(&world, "192.0.2.7:1000", 0, "bind");
    world_drain(&world);
    is_int(head_of(&world, "192.0.2.7:1000"), 36, "refused");
    is_int(send_text(&world, "192.0.2.7:1000", "x", buf, sizeof buf), 40,
           "but there are Send indications");
    world_run(&world, 61 * RTC_SEC);
    is_int(head_of(&world, "192.0.2.7:1000"), 4, "bound later");
    world.server.refuse_count = 99;
    world_run(&world, 480 * RTC_SEC);
    is_int(head_of(&world, "192.0.2.7:1000"), 36, "refused a refresh");
    world_done(&world);
}

static void test_silence(void)
{
    struct world world;

    start(&world, RTC_UDP);
    world.server.down = true;
    bind_peer(&world, "192.0.2.7:1000", 0, "bind");
    world_run(&world, 12 * RTC_SEC);
    world.server.down = false;
    world_run(&world, 5 * RTC_SEC);
    is_int(head_of(&world, "192.0.2.7:1000"), 4, "bound after silence");
    world_done(&world);
}

static void test_cap(void)
{
    const struct rtc_addr none = {0};
    struct world world;
    char text[32];

    start(&world, RTC_UDP);
    is_int(rtc_turn_bind(world.client, &none, 0), RTC_ERR_ARG, "no address");
    for (unsigned i = 0; i < RTC_TURN_CHANNEL_MOST; i++) {
        snprintf(text, sizeof text, "192.0.2.7:%u", i + 1);
        bind_peer(&world, text, 0, "up to the cap");
    }
    bind_peer(&world, "192.0.2.7:99", RTC_ERR_NOMEM, "one more");
    world_drain(&world);
    is_int(world.server.bound_count, RTC_TURN_CHANNEL_MOST, "all are bound");
    world_done(&world);
    start(&world, RTC_UDP);
    for (unsigned i = 0; i < RTC_TURN_PERMISSION_MOST; i++) {
        struct rtc_addr peer;

        snprintf(text, sizeof text, "192.0.2.%u:1", i + 1);
        peer = addr_of(text);
        rtc_turn_permit(world.client, &peer, world.now);
    }
    bind_peer(&world, "192.0.2.99:1", RTC_ERR_NOMEM, "no permission left");
    world_done(&world);
}

int main(void)
{
    test_wrap();
    test_unwrap();
    test_errors();
    test_binding();
    test_refused();
    test_silence();
    test_cap();
    return tap_done();
}
