/* SPDX-License-Identifier: MIT
 * Data channels between two peers over real DTLS: opening, messages both ways,
 * how they are described, closing. */
#include "tests/sim/chat_check.h"

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

/* Acceptance 43: how a channel delivers is known at both ends, whether it was
 * told in band or agreed before. */
static void test_configs(void)
{
    static const struct {
        bool unordered, negotiated;
        int retransmits, lifetime;
    } rows[] = {
        {false, false, -1, -1}, {true, false, -1, -1}, {false, false, 0, -1},
        {true, false, 5, -1},   {false, false, -1, 0}, {true, false, -1, 1500},
        {true, true, 2, -1},    {false, true, -1, -1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sim_chat *chat = sim_chat_new(10 + i, NULL);
        struct rtc_channel_config config = {
            .label = rows[i].negotiated ? "" : "caf\xc3\xa9",
            .protocol = rows[i].negotiated ? "" : "p",
            .unordered = rows[i].unordered,
            .max_retransmits = rows[i].retransmits,
            .max_lifetime_ms = rows[i].lifetime,
            .negotiated = rows[i].negotiated,
            .id = 900};
        struct rtc_channel_info there;

        seeded(chat, sim_chat_connect(chat, &config), "opens");
        there = info(chat, SIM_R, 0);
        ok(there.config.unordered == rows[i].unordered &&
               there.config.max_retransmits == rows[i].retransmits &&
               there.config.max_lifetime_ms == rows[i].lifetime &&
               there.config.negotiated == rows[i].negotiated,
           "the same at the other end");
        is_str(there.config.label, config.label, "label");
        is_str(there.config.protocol, config.protocol, "protocol");
        ok(there.by_remote == !rows[i].negotiated, "who made it");
        is_int(sim_chat_send(chat, SIM_L, 0, 2000, false), 0, "send");
        is_int(sim_chat_send(chat, SIM_R, 0, 2000, true), 0, "and back");
        sim_chat_run(chat, SEC);
        is_int(chat->side[SIM_R].channels[0].messages, 1, "arrives");
        is_int(chat->side[SIM_L].channels[0].messages, 1, "and back");
        seeded(chat, sim_chat_is_sound(chat), "sound");
        sim_chat_free(chat);
    }
}

static void test_config_errors(void)
{
    static char text[257];
    struct sim_chat *chat = sim_chat_new(20, NULL);
    struct rtc_channel_config config;

    sim_pair_start(chat->pair);
    memset(text, 'x', 256);
    rtc_channel_config_init(&config);
    config.max_retransmits = config.max_lifetime_ms = 1;
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, 0), RTC_ERR_ARG,
           "two limits");
    ok(rtc_peer_why(peer(chat, SIM_L))[0], "says why");
    rtc_channel_config_init(&config);
    config.label = text;
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, 0), RTC_ERR_ARG,
           "a label too long");
    config.label = NULL;
    config.negotiated = true;
    config.id = 65535;
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, 0), RTC_ERR_ARG,
           "an id too high");
    config.id = 7;
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, 0), 0,
           "a good one");
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, 0), RTC_ERR_ARG,
           "the same id again");
    is_int(sim_chat_send(chat, SIM_L, 0, 1, false), RTC_ERR_STATE,
           "not open yet");
    is_int(sim_chat_send(chat, SIM_L, 5, 1, false), RTC_ERR_ARG,
           "no such channel");
    config.negotiated = false;
    for (int i = 1; i < RTC_CHANNEL_MOST; i++)
        if (rtc_peer_add_channel(peer(chat, SIM_L), &config, 0) != i)
            ok(false, "channels up to the cap");
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, 0), RTC_ERR_NOMEM,
           "one over the cap");
    sim_chat_free(chat);
}

/* Acceptance 44: data flows a quarter of a second after ICE and DTLS, on a link
 * of 50 ms there and back. */
static void test_time_to_open(void)
{
    static const struct sim_link link = {.delay_us = 25 * MS};
    struct sim_chat *chat = sim_chat_new(30, &link);
    struct rtc_channel_config config;

    rtc_channel_config_init(&config);
    seeded(chat, sim_chat_connect(chat, &config), "opens");
    for (int i = 0; i < 2; i++)
        within(chat,
               chat->side[i].channels[0].opened_at -
                   chat->pair->side[i].connected_at,
               0, 250 * MS, "soon after DTLS");
    sim_chat_free(chat);
}

static bool is_closing(struct sim_pair *pair)
{
    const struct sim_chat *chat = pair->side[0].user;

    return !chat->side[SIM_L].channels[0].closed ||
           !chat->side[SIM_R].channels[0].closed;
}

/* SCTP's patience doubles with each loss. */
static bool is_on_its_way(struct sim_pair *pair)
{
    const struct sim_chat *chat = pair->side[0].user;

    return !chat->side[SIM_L].channels[2].messages ||
           !chat->side[SIM_R].channels[2].messages;
}

/* Acceptance 41: what was sent before the close still arrives, the other side
 * sees the close, and the id is free again when both sides have reset it. */
static void test_close(void)
{
    static const struct sim_link link = {.delay_us = 30 * MS, .loss = 0.1};
    struct sim_chat *chat = sim_chat_new(40, &link);
    struct rtc_channel_config config;
    int id;

    rtc_channel_config_init(&config);
    seeded(chat, sim_chat_connect(chat, &config), "opens");
    id = info(chat, SIM_L, 0).id;
    for (int i = 0; i < 20; i++)
        is_int(sim_chat_send(chat, SIM_L, 0, 10000, false), 0, "send");
    is_int(rtc_peer_close_channel(peer(chat, SIM_L), 0, chat->pair->now), 0,
           "close");
    is_int(rtc_peer_close_channel(peer(chat, SIM_L), 0, chat->pair->now), 0,
           "twice is once");
    is_int(sim_chat_send(chat, SIM_L, 0, 1, false), RTC_ERR_STATE,
           "nothing more can be sent");
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, chat->pair->now), 1,
           "another one meanwhile");
    ok(info(chat, SIM_L, 1).id != id, "has another id");
    seeded(
        chat,
        sim_pair_run_while(chat->pair, chat->pair->now + 20 * SEC, is_closing),
        "both are told of the close");
    is_int(chat->side[SIM_R].channels[0].messages, 20, "after all messages");
    is_int(info(chat, SIM_L, 0).state, RTC_CHANNEL_CLOSED, "closed here");
    is_int(info(chat, SIM_R, 0).state, RTC_CHANNEL_CLOSED, "and there");
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, chat->pair->now), 2,
           "a third one");
    sim_chat_run(chat, 5 * SEC);
    is_int(info(chat, SIM_L, 2).id, id, "has the id of the first");
    is_int(chat->side[SIM_R].channels[2].opened, 1, "and opens there");
    is_int(sim_chat_send(chat, SIM_L, 2, 5000, true), 0, "and");
    is_int(sim_chat_send(chat, SIM_R, 2, 5000, true), 0, "carries");
    sim_pair_run_while(chat->pair, chat->pair->now + 30 * SEC, is_on_its_way);
    is_int(chat->side[SIM_R].channels[2].messages, 1, "messages");
    is_int(chat->side[SIM_L].channels[2].messages, 1, "both ways");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

static bool lose_data(struct sim_side *side, const struct sim_packet *packet)
{
    (void)side;
    return packet->len && packet->data[0] < 4; /* ICE goes on */
}

/* Acceptance 41: a reset that nobody confirms keeps its id for as long as the
 * session lasts, and negotiated ones wait for it, too. */
static void test_unconfirmed(void)
{
    struct sim_chat *chat = sim_chat_new(50, NULL);
    struct rtc_channel_config config;

    rtc_channel_config_init(&config);
    config.negotiated = true;
    config.id = 4;
    seeded(chat, sim_chat_connect(chat, &config), "opens");
    chat->pair->side[SIM_R].on_arrival = lose_data;
    rtc_peer_close_channel(peer(chat, SIM_L), 0, chat->pair->now);
    sim_chat_run(chat, 31 * SEC);
    is_int(info(chat, SIM_L, 0).state, RTC_CHANNEL_CLOSING, "still closing");
    is_int(rtc_peer_add_channel(peer(chat, SIM_L), &config, chat->pair->now),
           RTC_ERR_ARG, "its id is not free");
    is_int(chat->side[SIM_L].channels[0].closed, 0, "and no close was told");
    chat->pair->side[SIM_R].on_arrival = NULL;
    sim_chat_run(chat, 10 * SEC);
    is_int(chat->side[SIM_L].channels[0].closed, 1,
           "once confirmed it is told");
    ok(rtc_peer_add_channel(peer(chat, SIM_L), &config, chat->pair->now) > 0,
       "and the id is free");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* Acceptance 45: even ids for the DTLS client, odd ones for the server. */
static void test_parity(void)
{
    struct sim_chat *chat = sim_chat_new(60, NULL);
    struct rtc_channel_config config;

    rtc_channel_config_init(&config);
    ok(!config.unordered && config.max_retransmits < 0 &&
           config.max_lifetime_ms < 0,
       "by default everything arrives, in order");
    seeded(chat, sim_chat_connect(chat, &config), "opens");
    for (int i = 0; i < 5; i++) {
        rtc_peer_add_channel(peer(chat, SIM_L), &config, chat->pair->now);
        rtc_peer_add_channel(peer(chat, SIM_R), &config, chat->pair->now);
    }
    sim_chat_run(chat, SEC);
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < 11; i++) {
            struct rtc_channel_info c = info(chat, side, i);
            /* The answerer, R, is the client. */
            bool by_client = c.by_remote ? side == SIM_L : side == SIM_R;
            if (c.state != RTC_CHANNEL_OPEN || c.id % 2 == by_client)
                ok(false, "id's parity");
        }
    is_int((int)chat->side[SIM_L].channel_count, 11, "all are open here");
    is_int((int)chat->side[SIM_R].channel_count, 11, "and there");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* Acceptance 45: CHANNEL_LOW on crossing its mark only. */
static void test_low(void)
{
    static const struct sim_link link = {.delay_us = 50 * MS};
    struct sim_chat *chat = sim_chat_new(70, &link);
    struct rtc_channel_config config;
    unsigned sent = 0;

    rtc_channel_config_init(&config);
    seeded(chat, sim_chat_connect(chat, &config), "opens");
    rtc_peer_set_channel_low(peer(chat, SIM_L), 0, 50000);
    is_int(sim_chat_send(chat, SIM_L, 0, 40000, false), 0, "under the mark");
    sim_chat_run(chat, 2 * SEC);
    is_int(chat->side[SIM_L].channels[0].low, 0, "tells nothing");
    is_int(sim_chat_send(chat, SIM_L, 0, 200000, false), 0, "over it");
    ok(info(chat, SIM_L, 0).buffered == 200000, "is buffered");
    ok(!rtc_peer_is_delivered(peer(chat, SIM_L), chat->pair->now), "for now");
    sim_chat_run(chat, 5 * SEC);
    is_int(chat->side[SIM_L].channels[0].low, 1, "is told once");
    while (sim_chat_send(chat, SIM_L, 0, 10000, false) == 0)
        sent++;
    within(chat, sent, 100, 104, "1 MiB is taken");
    is_int(sim_chat_send(chat, SIM_L, 0, 10000, false), RTC_ERR_AGAIN,
           "then no more");
    sim_chat_run(chat, 10 * SEC);
    is_int(chat->side[SIM_L].channels[0].low, 2, "and once more");
    is_int(chat->side[SIM_R].channels[0].messages, sent + 2, "all arrived");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* What the remote says it takes is the limit, and what is longer an error. */
static void test_limits(void)
{
    struct sim_chat *chat = sim_chat_new(80, NULL);
    struct rtc_channel_config config;

    rtc_channel_config_init(&config);
    chat->pair->side[SIM_R].config.message_max = 1000;
    seeded(chat, sim_chat_connect(chat, &config), "opens");
    is_int(sim_chat_send(chat, SIM_L, 0, 1001, false), RTC_ERR_ARG, "too long");
    ok(strstr(rtc_peer_why(peer(chat, SIM_L)), "1000"), "says the limit");
    is_int(sim_chat_send(chat, SIM_L, 0, 1000, false), 0, "as long as may be");
    is_int(sim_chat_send(chat, SIM_R, 0, 262144, false), 0, "ours is longer");
    is_int(sim_chat_send(chat, SIM_R, 0, 262145, false), RTC_ERR_ARG,
           "but not");
    sim_chat_run(chat, 2 * SEC);
    is_int(chat->side[SIM_R].channels[0].messages, 1, "one came");
    is_int(chat->side[SIM_L].channels[0].messages, 1, "one went");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

int main(void)
{
    test_messages();
    test_configs();
    test_config_errors();
    test_time_to_open();
    test_close();
    test_unconfirmed();
    test_parity();
    test_low();
    test_limits();
    return tap_done();
}
