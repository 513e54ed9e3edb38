/* SPDX-License-Identifier: MIT
 * Data channels over links that lose, delay, reorder and duplicate: what each
 * kind of reliability promises, and that memory, datagrams and runs stay within
 * their bounds. */
#include "tests/sim/chat_check.h"

static const struct sim_link bad = {.delay_us = 40 * MS,
                                    .jitter_us = 10 * MS,
                                    .loss = 0.05,
                                    .reorder = 0.05,
                                    .duplicate = 0.02};

static struct rtc_channel_config reliable(void)
{
    struct rtc_channel_config config;

    rtc_channel_config_init(&config);
    return config;
}

static unsigned wakes;

static bool count_wakes(struct sim_pair *pair)
{
    (void)pair;
    wakes++;
    return true;
}

/* A writer that sends one message each time its timer rings, or waits until
 * there is room. */
static struct {
    unsigned want, sent, refused;
    size_t len;
    rtc_usec interval;
} writer;

static rtc_usec write_one(struct sim_side *side, rtc_usec now)
{
    if (writer.sent == writer.want)
        return RTC_NEVER;
    if (sim_chat_send(side->user, side->which, 0, writer.len, false) == 0)
        writer.sent++;
    else
        writer.refused++;
    return now + writer.interval;
}

static void begin_writing(struct sim_chat *chat, unsigned count, size_t len,
                          rtc_usec interval)
{
    writer.want = count;
    writer.len = len;
    writer.interval = interval;
    writer.sent = writer.refused = 0;
    chat->pair->side[SIM_L].on_timer = write_one;
    chat->pair->side[SIM_L].timer = chat->pair->now;
}

/* Acceptance 40: steady writes arrive, each as it was, in order. */
static void test_steady(uint64_t seed)
{
    struct sim_chat *chat = sim_chat_new(seed, &bad);
    struct rtc_channel_config config = reliable();

    seeded(chat, sim_chat_connect(chat, &config), "opens on a bad link");
    begin_writing(chat, 500, 1000, 20 * MS);
    sim_chat_run(chat, 30 * SEC);
    is_int(writer.sent, 500, "steady writes are all taken");
    is_int(chat->side[SIM_R].channels[0].messages, 500, "and all arrive");
    is_int(chat->side[SIM_R].channels[0].disordered, 0, "in order");
    ok(rtc_peer_is_delivered(peer(chat, SIM_L), chat->pair->now), "delivered");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* Reliable, but in any order: none is missing, and some overtook. */
static void test_unordered(void)
{
    struct sim_chat *chat = sim_chat_new(2, &bad);
    struct rtc_channel_config config = reliable();

    config.unordered = true;
    seeded(chat, sim_chat_connect(chat, &config), "unordered: opens");
    begin_writing(chat, 1000, 500, 5 * MS);
    sim_chat_run(chat, 30 * SEC);
    is_int(chat->side[SIM_R].channels[0].messages, 1000, "all arrive");
    within(chat, chat->side[SIM_R].channels[0].disordered, 1, 500,
           "some early");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* Not resent, or not after a while: some are lost, most are not, and those that
 * are lost hold nothing up. */
static void test_unreliable(const char *name, int retransmits, int lifetime,
                            bool unordered)
{
    static const struct sim_link link = {.delay_us = 40 * MS, .loss = 0.1};
    struct sim_chat *chat = sim_chat_new(3, &link);
    struct rtc_channel_config config = reliable();
    const struct sim_channel *there = &chat->side[SIM_R].channels[0];

    config.unordered = unordered;
    config.max_retransmits = retransmits;
    config.max_lifetime_ms = lifetime;
    seeded(chat, sim_chat_connect(chat, &config), name);
    begin_writing(chat, 1000, 800, 30 * MS);
    sim_chat_run(chat, 60 * SEC);
    is_int(writer.sent, 1000, "all are taken");
    within(chat, there->messages, 700, 980, "some are lost, but not all");
    within(chat, there->last, 990, 1001, "the last ones are not held up");
    if (!unordered)
        is_int(there->disordered, 0, "in order");
    ok(rtc_peer_is_delivered(peer(chat, SIM_L), chat->pair->now),
       "nothing is left to wait for");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* Acceptance 42: 10 000 messages of 1400 bytes, one second each way: what is
 * taken arrives, and no more is held than the buffer allows. */
static void test_long_way(void)
{
    static const struct sim_link link = {.delay_us = SEC};
    struct sim_chat *chat = sim_chat_new(4, &link);
    struct rtc_channel_config config = reliable();
    size_t most = 0;

    seeded(chat, sim_chat_connect(chat, &config), "a long way: opens");
    begin_writing(chat, 10000, 1400, 3 * MS);
    for (int i = 0; i < 120; i++) {
        size_t buffered;
        sim_chat_run(chat, SEC);
        buffered = info(chat, SIM_L, 0).buffered;
        most = buffered > most ? buffered : most;
    }
    printf("# refused %u\n", writer.refused);
    is_int(writer.sent, 10000, "all writes are taken in the end");
    is_int(chat->side[SIM_R].channels[0].messages, writer.sent, "and arrive");
    within(chat, most, 500000, 1 << 20, "within the buffer");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

static rtc_usec write_on(struct sim_side *side, rtc_usec now)
{
    while (sim_chat_send(side->user, side->which, 0, 16384, false) == 0)
        ;
    return now + 5 * MS;
}

/* A link is filled, though not with what its queue has to drop. */
static void test_rate(uint64_t rate_bps, size_t queue_bytes)
{
    const struct sim_link link = {
        .delay_us = 20 * MS, .rate_bps = rate_bps, .queue_bytes = queue_bytes};
    struct sim_chat *chat = sim_chat_new(5, &link);
    struct rtc_channel_config config = reliable();
    const struct sim_net_stats *stats;

    seeded(chat, sim_chat_connect(chat, &config), "rate: opens");
    chat->pair->side[SIM_L].on_timer = write_on;
    chat->pair->side[SIM_L].timer = chat->pair->now;
    sim_chat_run(chat, 10 * SEC);
    within(chat, chat->side[SIM_R].channels[0].bytes * 8 / 10,
           rate_bps * 80 / 100, rate_bps * 96 / 100, "most of it is goodput");
    stats = sim_net_stats(chat->pair->net, &chat->pair->side[SIM_L].addrs[0]);
    within(chat, stats->queue_dropped, 0, stats->sent / 20, "few are dropped");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* Acceptance 59: no datagram is longer than the MTU, whatever the message. */
static void test_mtu(size_t mtu)
{
    struct sim_chat *chat = sim_chat_new(mtu, &bad);
    struct rtc_channel_config config = reliable();

    chat->pair->side[SIM_L].config.mtu = mtu;
    chat->pair->side[SIM_R].config.mtu = mtu;
    seeded(chat, sim_chat_connect(chat, &config), "MTU: opens");
    for (int i = 0; i < 10; i++)
        sim_chat_send(chat, SIM_L, 0, 32768, false);
    sim_chat_send(chat, SIM_R, 0, 262144, false);
    sim_chat_run(chat, 20 * SEC);
    is_int(chat->side[SIM_R].channels[0].messages, 10, "messages arrive");
    is_int(chat->side[SIM_L].channels[0].messages, 1, "the other way, too");
    within(
        chat,
        sim_net_stats(chat->pair->net, &chat->pair->side[0].addrs[0])->largest,
        mtu - 8, mtu, "in datagrams of the MTU's size");
    seeded(chat, sim_chat_is_sound(chat), "none is longer");
    sim_chat_free(chat);
}

/* A receiver that does not take its messages stops the sender; nothing is lost
 * once it does. */
static void test_hold(void)
{
    static const struct sim_link link = {.delay_us = 10 * MS};
    struct sim_chat *chat = sim_chat_new(6, &link);
    struct rtc_channel_config config = reliable();
    unsigned held;

    seeded(chat, sim_chat_connect(chat, &config), "hold: opens");
    rtc_peer_hold_messages(peer(chat, SIM_R), true, chat->pair->now);
    begin_writing(chat, 3000, 2000, MS);
    sim_chat_run(chat, 20 * SEC);
    is_int(chat->side[SIM_R].channels[0].messages, 0, "none is given out");
    held = writer.sent;
    within(chat, held, 500, 1300, "the sender stops at window and buffer");
    sim_chat_run(chat, 60 * SEC);
    within(chat, writer.sent, held, 1060, "for as long as it lasts");
    rtc_peer_hold_messages(peer(chat, SIM_R), false, chat->pair->now);
    sim_chat_run(chat, 30 * SEC);
    is_int(writer.sent, 3000, "then it goes on");
    is_int(chat->side[SIM_R].channels[0].messages, 3000, "and all arrive");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* The remote ends the session while messages are held: they are not lost, and
 * the end is told behind them. */
static void test_hold_then_end(void)
{
    struct sim_chat *chat = sim_chat_new(7, NULL);
    struct rtc_channel_config config = reliable();

    seeded(chat, sim_chat_connect(chat, &config), "held at the end: opens");
    rtc_peer_hold_messages(peer(chat, SIM_R), true, chat->pair->now);
    for (int i = 0; i < 20; i++)
        sim_chat_send(chat, SIM_L, 0, 10000, true);
    sim_chat_run(chat, 2 * SEC);
    ok(rtc_peer_is_delivered(peer(chat, SIM_L), chat->pair->now), "delivered");
    rtc_peer_close(peer(chat, SIM_L), chat->pair->now);
    sim_chat_run(chat, 2 * SEC);
    ok(!chat->side[SIM_R].closed, "the end waits");
    rtc_peer_hold_messages(peer(chat, SIM_R), false, chat->pair->now);
    sim_chat_run(chat, 2 * SEC);
    is_int(chat->side[SIM_R].channels[0].messages, 20, "behind the messages");
    is_int(chat->side[SIM_R].channels[0].closed, 1, "and the channel's end");
    ok(chat->side[SIM_R].closed, "and is told");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

static bool lose(struct sim_side *side, const struct sim_packet *packet)
{
    (void)side, (void)packet;
    return false;
}

/* SCTP does not give up before ICE does, which is 30 s after the last answer to
 * a check, and checks are up to 6 s apart. */
static void test_outage(void)
{
    static const struct sim_link link = {.delay_us = 20 * MS};
    struct sim_chat *chat = sim_chat_new(8, &link);
    struct rtc_channel_config config = reliable();

    seeded(chat, sim_chat_connect(chat, &config), "outage: opens");
    begin_writing(chat, 3000, 1000, 20 * MS);
    sim_chat_run(chat, 5 * SEC);
    for (int i = 0; i < 2; i++)
        chat->pair->side[i].on_arrival = lose;
    sim_chat_run(chat, 18 * SEC);
    for (int i = 0; i < 2; i++)
        chat->pair->side[i].on_arrival = NULL;
    sim_chat_run(chat, 60 * SEC);
    is_int(writer.sent, 3000, "it goes on");
    is_int(chat->side[SIM_R].channels[0].messages, 3000, "and nothing is lost");
    is_int(chat->side[SIM_R].channels[0].closed, 0, "or closed");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* When ICE gives up, every channel is told closed, and then the end. */
static void test_killed(void)
{
    struct sim_chat *chat = sim_chat_new(9, NULL);
    struct rtc_channel_config config = reliable();

    seeded(chat, sim_chat_connect(chat, &config), "killed: opens");
    rtc_peer_add_channel(peer(chat, SIM_R), &config, chat->pair->now);
    sim_chat_run(chat, SEC);
    sim_chat_send(chat, SIM_L, 0, 5000, false);
    for (int i = 0; i < 2; i++)
        chat->pair->side[i].on_arrival = lose;
    sim_chat_run(chat, 60 * SEC);
    for (int i = 0; i < 2; i++) {
        is_int(chat->side[i].channels[0].closed, 1, "closed");
        is_int(chat->side[i].channels[1].closed, 1, "both of them");
        ok(chat->side[i].closed, "and the session's end");
    }
    is_int(sim_chat_send(chat, SIM_L, 0, 1, false), RTC_ERR_CLOSED, "no more");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* Acceptance 8: data goes on across a restart of ICE. */
static void test_restart(void)
{
    struct sim_chat *chat = sim_chat_new(12, &bad);
    struct rtc_channel_config config = reliable();

    seeded(chat, sim_chat_connect(chat, &config), "restart: opens");
    begin_writing(chat, 1000, 1000, 10 * MS);
    sim_chat_run(chat, 3 * SEC);
    is_int(rtc_peer_restart_ice(peer(chat, SIM_L), chat->pair->now), 0,
           "restart");
    is_int(sim_pair_negotiate(chat->pair, SIM_L), 0, "negotiated");
    sim_chat_run(chat, 30 * SEC);
    is_int(writer.sent, 1000, "data goes on");
    is_int(chat->side[SIM_R].channels[0].messages, 1000, "all of it");
    is_int(chat->side[SIM_R].channels[0].closed, 0, "over the same channel");
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* Channels come and go on both sides, on few streams: each that one side opens
 * is opened and closed at the other, with its message. */
static rtc_usec churn(struct sim_side *side, rtc_usec now)
{
    struct rtc_channel_config config = reliable();
    int number;

    if (writer.sent == writer.want)
        return RTC_NEVER;
    number = rtc_peer_add_channel(side->peer, &config, now);
    if (number < 0)
        return now + 100 * MS; /* too many under way */
    writer.sent++;
    if (sim_chat_send(side->user, side->which, number, 3000, true))
        writer.refused++;
    rtc_peer_close_channel(side->peer, number, now);
    return now + 100 * MS;
}

static void test_churn(uint64_t seed)
{
    struct sim_chat *chat = sim_chat_new(seed, &bad);
    struct rtc_channel_config config = reliable();

    seeded(chat, sim_chat_connect(chat, &config), "churn: opens");
    writer.want = 100;
    writer.sent = writer.refused = 0;
    for (int i = 0; i < 2; i++) {
        chat->pair->side[i].on_timer = churn;
        chat->pair->side[i].timer = chat->pair->now + i * 37 * MS;
    }
    sim_chat_run(chat, 120 * SEC);
    is_int(writer.sent, 100, "all are made");
    is_int(writer.refused, 0, "and their messages sent");
    for (int i = 0; i < 2; i++) {
        unsigned opened = 0, closed = 0, messages = 0;
        int highest = 0;
        for (unsigned k = 0; k < chat->side[i].channel_count; k++) {
            const struct sim_channel *c = &chat->side[i].channels[k];
            opened += c->opened;
            closed += c->closed;
            messages += c->messages;
            highest = info(chat, i, (int)k).id > highest
                          ? info(chat, i, (int)k).id
                          : highest;
        }
        is_int(opened, 101, "all of either side are opened");
        is_int(closed, 100, "and closed but the first");
        within(chat, messages, 45, 55, "those of the other with a message");
        within(chat, highest, 1, 60, "on streams that are used again");
    }
    seeded(chat, sim_chat_is_sound(chat), "sound");
    sim_chat_free(chat);
}

/* A session that has nothing to say is left alone but for consent (RFC 7675):
 * a request every five seconds each way, and its answer. */
static void test_idle(void)
{
    struct sim_chat *chat = sim_chat_new(13, NULL);
    struct rtc_channel_config config = reliable();
    uint64_t before;

    seeded(chat, sim_chat_connect(chat, &config), "idle: opens");
    sim_chat_send(chat, SIM_L, 0, 1000, false);
    sim_chat_run(chat, 5 * SEC);
    before = chat->pair->datagram_count;
    wakes = 0;
    for (int i = 0; i < 2; i++) {
        chat->pair->side[i].on_timer = NULL;
        chat->pair->side[i].timer = RTC_NEVER;
    }
    sim_pair_run_while(chat->pair, chat->pair->now + 60 * SEC, count_wakes);
    within(chat, chat->pair->datagram_count - before, 30, 70, "datagrams");
    within(chat, wakes, 30, 200, "wake-ups in a minute of both");
    sim_chat_free(chat);
}

/* One run of mixed sizes: the digest of all datagrams. */
static uint64_t run(uint64_t seed)
{
    struct sim_chat *chat = sim_chat_new(seed, &bad);
    struct rtc_channel_config config = reliable();
    uint64_t digest;

    sim_chat_connect(chat, &config);
    begin_writing(chat, 300, 5000, 10 * MS);
    sim_chat_run(chat, 10 * SEC);
    digest = chat->pair->digest;
    sim_chat_free(chat);
    return digest;
}

/* The digest that this program finds in a process of its own. */
static uint64_t run_elsewhere(const char *self, uint64_t seed)
{
    char command[4096];
    uint64_t digest = 0;
    FILE *f;

    snprintf(command, sizeof command, "'%s' %" PRIu64, self, seed);
    fflush(stdout);
    f = popen(command, "r");
    if (!f || fscanf(f, "%" SCNx64, &digest) != 1)
        digest = 0;
    if (f)
        pclose(f);
    return digest;
}

int main(int argc, char **argv)
{
    uint64_t first;

    if (argc > 1) {
        printf("%" PRIx64 "\n", run(strtoull(argv[1], NULL, 10)));
        return 0;
    }
    for (uint64_t seed = 100; seed < 105; seed++)
        test_steady(seed);
    test_unordered();
    test_unreliable("no resends", 0, -1, false);
    test_unreliable("no resends, any order", 0, -1, true);
    test_unreliable("for 50 ms", -1, 50, false);
    test_long_way();
    test_rate(10000000, 65536);
    test_rate(10000000, 262144);
    test_mtu(576);
    test_mtu(1038);
    test_mtu(1500);
    test_hold();
    test_hold_then_end();
    test_outage();
    test_killed();
    test_restart();
    test_churn(14);
    test_churn(15);
    test_churn(16);
    test_idle();
    first = run(1);
    ok(first == run(1), "the same seed is the same run");
    ok(first != run(2), "another is another");
    ok(first == run_elsewhere(argv[0], 1), "in another process, too");
    return tap_done();
}
