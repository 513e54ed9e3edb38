/* SPDX-License-Identifier: MIT
 * Data channels between two peers over real DTLS: opening, messages both ways,
 * how they are described, closing. */
#include "tap.h"
#include "tests/sim/chat.h"

#define MS 1000
#define SEC 1000000

static bool tell(const struct sim_chat *chat, bool pass)
{
    if (!pass)
        printf("# seed %" PRIu64 " at %.6f s: %s / %s\n", chat->pair->seed,
               (double)chat->pair->now / 1e6,
               rtc_peer_why(chat->pair->side[0].peer),
               rtc_peer_why(chat->pair->side[1].peer));
    return pass;
}

#define seeded(chat, cond, name)                                               \
    tell((chat), tap_ok((cond), (name), __FILE__, __LINE__))

static struct rtc_peer *peer(struct sim_chat *chat, int which)
{
    return chat->pair->side[which].peer;
}

static struct rtc_channel_info info(struct sim_chat *chat, int which, int n)
{
    struct rtc_channel_info info = {.id = -2};

    rtc_peer_channel_info(peer(chat, which), n, &info);
    return info;
}

/* A session of data alone; messages of every kind and size both ways. */
static void test_messages(void)
{
    static const size_t lens[] = {0,    1,    3,     100,   1100,
                                  1200, 5000, 65536, 262144};
    static const struct sim_link link = {.delay_us = 20 * MS};
    struct sim_chat *chat = sim_chat_new(1, &link);
    struct rtc_channel_config config;
    unsigned count = sizeof lens / sizeof *lens, sent = 0;
    uint64_t bytes = 0;

    rtc_channel_config_init(&config);
    config.label = "chat";
    config.protocol = "lines";
    seeded(chat, sim_chat_connect(chat, &config), "a channel opens");
    seeded(chat, info(chat, SIM_L, 0).id == info(chat, SIM_R, 0).id,
           "on the same stream");
    is_str(info(chat, SIM_R, 0).config.label, "chat", "with its label");
    is_str(info(chat, SIM_R, 0).config.protocol, "lines", "and protocol");
    ok(info(chat, SIM_R, 0).by_remote && !info(chat, SIM_L, 0).by_remote,
       "and who made it");
    for (unsigned i = 0; i < count; i++)
        for (unsigned text = 0; text < 2; text++) {
            sent += sim_chat_send(chat, SIM_L, 0, lens[i], text) == 0;
            sent += sim_chat_send(chat, SIM_R, 0, lens[i], text) == 0;
            bytes += lens[i];
            sim_chat_run(chat, SEC);
        }
    is_int(sent, 4 * count, "messages are taken");
    for (int i = 0; i < 2; i++) {
        const struct sim_channel *c = &chat->side[i].channels[0];
        is_int(c->messages, 2 * count, "all of them arrive");
        is_int(c->texts, count, "half of them text");
        is_int(c->empty, 2, "empty ones of both kinds, too");
        is_int(c->disordered, 0, "in order");
        is_int((int64_t)c->bytes, (int64_t)bytes, "whole");
        is_int((int64_t)info(chat, i, 0).buffered, 0, "nothing is buffered");
        ok(rtc_peer_is_delivered(peer(chat, i), chat->pair->now),
           "and all delivered");
    }
    seeded(chat, sim_chat_is_sound(chat), "and the rest is sound");
    rtc_peer_close(peer(chat, SIM_L), chat->pair->now);
    sim_chat_run(chat, SEC);
    is_int(chat->side[SIM_L].channels[0].closed, 1, "the end closes it here");
    is_int(chat->side[SIM_R].channels[0].closed, 1, "and there");
    ok(chat->side[SIM_L].closed && chat->side[SIM_R].closed, "before the last");
    sim_chat_free(chat);
}

int main(void)
{
    test_messages();
    return tap_done();
}
