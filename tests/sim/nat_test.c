/* SPDX-License-Identifier: MIT
 * The NAT against what its header says, and peers behind it without any
 * server: the checks find out by themselves where the other one is. */
#include "tests/sim/nat.h"

#include "base/addr.h"
#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

static struct rtc_addr addr(const char *text)
{
    struct rtc_addr a = {0};

    if (rtc_addr_parse(text, &a))
        abort();
    return a;
}

#define INSIDE addr("10.0.0.1:5000")
#define NEIGHBOUR addr("10.0.0.2:5000")
#define OUTSIDE addr("203.0.113.1:40000")
#define A addr("192.0.2.1:1000")
#define A_OTHER_PORT addr("192.0.2.1:1001")
#define B addr("192.0.2.2:1000")

/* ---- the model ----------------------------------------------------------- */

struct bench {
    struct sim_net *net;
    struct sim_nat *nat;
    rtc_usec now;
};

static struct bench setup(const struct sim_nat_config *like)
{
    struct bench bench = {.net = sim_net_new(1), .now = SEC};
    struct sim_nat_config config = *like;

    config.inside = addr("10.0.0.0:0");
    config.outside = OUTSIDE;
    bench.nat = sim_nat_new(bench.net, &config);
    return bench;
}

static void done(struct bench *bench)
{
    sim_net_free(bench->net);
    sim_nat_free(bench->nat);
}

/* Sends one byte; whether it arrives, and as what. */
static bool passes(struct bench *bench, struct rtc_addr from,
                   struct rtc_addr to, struct rtc_path *ret_path)
{
    struct rtc_path path = {.local = from, .remote = to};
    struct sim_packet *packet;

    bench->now += MS;
    sim_net_send(bench->net, &path, (const uint8_t *)"x", 1, bench->now);
    packet = sim_net_receive(bench->net, bench->now);
    if (packet)
        *ret_path = packet->path;
    return packet != NULL;
}

/* The port that `from` gets towards `to`, 0 when nothing arrives. */
static unsigned port_to(struct bench *bench, struct rtc_addr from,
                        struct rtc_addr to)
{
    struct rtc_addr outside = OUTSIDE;
    struct rtc_path path;

    if (!passes(bench, from, to, &path) ||
        !rtc_addr_equal_ip(&path.remote, &outside))
        return 0;
    return path.remote.port;
}

static bool comes_back(struct bench *bench, struct rtc_addr from, unsigned port)
{
    struct rtc_addr to = OUTSIDE, inside = INSIDE;
    struct rtc_path path;

    to.port = (uint16_t)port;
    return passes(bench, from, to, &path) &&
           rtc_addr_equal(&path.local, &inside) &&
           rtc_addr_equal(&path.remote, &from);
}

static void test_mapping(void)
{
    struct bench b = setup(&(struct sim_nat_config){0});
    struct rtc_path path;
    unsigned first = port_to(&b, INSIDE, A);

    is_int(first, 40000, "the first port given");
    is_int(port_to(&b, INSIDE, B), first, "independent: the same to another");
    is_int(port_to(&b, INSIDE, A_OTHER_PORT), first, "and to another port");
    is_int(port_to(&b, NEIGHBOUR, A), 40001, "a neighbour has its own");
    ok(comes_back(&b, A, first), "answers come in");
    ok(passes(&b, A, B, &path) && path.remote.ip[0] == 192,
       "who is outside is let alone");
    ok(passes(&b, INSIDE, NEIGHBOUR, &path) && path.remote.ip[0] == 10,
       "neighbours see each other as they are");
    ok(!passes(&b, A, INSIDE, &path), "from outside there is no way inside");
    ok(!passes(&b, INSIDE, OUTSIDE, &path), "nor by the outside from within");
    ok(!comes_back(&b, A, 40002), "nor where nothing is mapped");
    is_int((int64_t)sim_nat_stats(b.nat)->strayed, 3, "which is counted");
    sim_nat_forget(b.nat);
    ok(!comes_back(&b, A, first), "a box switched off forgets");
    is_int(port_to(&b, INSIDE, A), 40002, "and begins anew");
    done(&b);

    b = setup(&(struct sim_nat_config){.mapping = SIM_NAT_SYMMETRIC});
    is_int(port_to(&b, INSIDE, A), 40000, "symmetric: one port to one");
    is_int(port_to(&b, INSIDE, B), 40001, "the next to another");
    is_int(port_to(&b, INSIDE, A_OTHER_PORT), 40002, "or to another port");
    is_int(port_to(&b, INSIDE, A), 40000, "the first as before");
    is_int(sim_nat_stats(b.nat)->mappings, 3, "three in all");
    done(&b);

    b = setup(&(struct sim_nat_config){.keeps_port = true});
    is_int(port_to(&b, INSIDE, A), 5000, "the port inside is kept");
    is_int(port_to(&b, NEIGHBOUR, A), 40000, "unless it is taken");
    done(&b);
}

static void test_filters(void)
{
    static const struct {
        const char *name;
        enum sim_nat_filter filter;
        bool other_port, other_address;
    } rows[] = {
        {"open", SIM_NAT_OPEN, true, true},
        {"address-dependent", SIM_NAT_ADDRESS, true, false},
        {"address-and-port-dependent", SIM_NAT_ADDRESS_PORT, false, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b =
            setup(&(struct sim_nat_config){.filter = rows[i].filter});
        unsigned port = port_to(&b, INSIDE, A);

        ok(comes_back(&b, A, port), rows[i].name);
        is_int(comes_back(&b, A_OTHER_PORT, port), rows[i].other_port,
               "from another port");
        is_int(comes_back(&b, B, port), rows[i].other_address,
               "from another address");
        port_to(&b, INSIDE, B);
        ok(comes_back(&b, B, port), "once it was sent to it may come");
        done(&b);
    }
}

static void test_lifetime(void)
{
    struct bench b = setup(&(struct sim_nat_config){.lifetime_us = 30 * SEC});
    unsigned port = port_to(&b, INSIDE, A);

    b.now += 29 * SEC;
    ok(comes_back(&b, A, port), "a mapping lives for a while");
    b.now += 2 * SEC;
    ok(!comes_back(&b, A, port), "from the last sending on");
    is_int(port_to(&b, INSIDE, A), 40001, "then there is a new one");
    done(&b);
}

/* ---- peers --------------------------------------------------------------- */

/* A talk whose side `i` is in 10.0.i.0/24 behind `kinds[i]`, NULL: outside. */
struct hidden {
    struct sim_talk *talk;
    struct sim_nat *nats[2];
};

static struct hidden hide(uint64_t seed, const struct sim_nat_config *l,
                          const struct sim_nat_config *r)
{
    static const struct sim_link wire = {.delay_us = 25 * MS};
    const struct sim_nat_config *kinds[2] = {l, r};
    struct hidden h = {.talk = sim_talk_new(seed, NULL)};

    for (int i = 0; i < 2; i++) {
        struct sim_nat_config config;
        if (!kinds[i])
            continue;
        config = *kinds[i];
        h.talk->pair->side[i].addrs[0] = INSIDE;
        h.talk->pair->side[i].addrs[0].ip[2] = (uint8_t)i;
        config.inside = h.talk->pair->side[i].addrs[0];
        config.outside = OUTSIDE;
        config.outside.ip[3] = (uint8_t)(1 + i);
        h.nats[i] = sim_nat_new(h.talk->pair->net, &config);
    }
    sim_pair_link(h.talk->pair, &wire);
    sim_pair_start(h.talk->pair);
    return h;
}

static void reveal(struct hidden *h)
{
    sim_talk_free(h->talk);
    sim_nat_free(h->nats[0]);
    sim_nat_free(h->nats[1]);
}

static void check_types(struct sim_talk *talk, int hidden)
{
    struct rtc_stats stats;

    rtc_peer_stats(talk->pair->side[hidden].peer, &stats);
    is_int(stats.local_type, RTC_CANDIDATE_PRFLX,
           "acceptance 16: the hidden side learns its own address");
    is_int(stats.remote_type, RTC_CANDIDATE_HOST, "and takes the other's");
    rtc_peer_stats(talk->pair->side[!hidden].peer, &stats);
    is_int(stats.remote_type, RTC_CANDIDATE_PRFLX,
           "acceptance 16: the other side learns it too");
    is_int(stats.path.remote.ip[0], 203, "as the NAT's");
}

/* One side behind a NAT of any kind; the other one needs no help to see it. */
static void test_one_side(void)
{
    static const struct {
        const char *name;
        struct sim_nat_config nat;
    } rows[] = {
        {"acceptance 16: behind an open NAT", {.filter = SIM_NAT_OPEN}},
        {"acceptance 16: behind a port-restricted NAT",
         {.filter = SIM_NAT_ADDRESS_PORT, .keeps_port = true}},
        {"acceptance 16: behind a symmetric NAT",
         {.mapping = SIM_NAT_SYMMETRIC, .filter = SIM_NAT_ADDRESS_PORT}},
    };

    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        int hidden = (int)(i & 1);
        const struct sim_nat_config *nat = &rows[i / 2].nat;
        struct hidden h = hide(10 + i, hidden == SIM_L ? nat : NULL,
                               hidden == SIM_R ? nat : NULL);
        struct sim_flow *flow = sim_talk_add(h.talk, SIM_L, RTC_CODEC_VP8);

        within(h.talk->pair, sim_pair_connect(h.talk->pair, 10 * SEC), 125 * MS,
               700 * MS, rows[i / 2].name);
        flow->frame_count = 100;
        sim_talk_begin(h.talk);
        sim_talk_finish(h.talk, SIM_L, 5 * SEC);
        within(h.talk->pair, flow->received, 100, 100, "and media flows");
        check_types(h.talk, hidden);
        sound(h.talk, "soundly");
        reveal(&h);
    }
}

/* An idle session keeps its mapping open. */
static void test_kept_open(void)
{
    struct sim_nat_config nat = {.filter = SIM_NAT_ADDRESS_PORT,
                                 .lifetime_us = 10 * SEC};
    struct hidden h = hide(30, &nat, NULL);

    sim_talk_add(h.talk, SIM_L, RTC_CODEC_VP8);
    sim_pair_connect(h.talk->pair, 5 * SEC);
    sim_talk_run(h.talk, 300 * SEC);
    within(h.talk->pair, sim_nat_stats(h.nats[0])->mappings, 1, 1,
           "five idle minutes, one mapping");
    within(h.talk->pair, h.talk->pair->side[SIM_R].closed_at == RTC_NEVER, 1, 1,
           "and no end");
    sound(h.talk, "soundly");
    reveal(&h);
}

/* The box is switched off and on: the session goes on over another port, from
 * the next consent check (5 s, +- 20 %) on. */
static void test_rebinding(void)
{
    struct sim_nat_config nat = {.filter = SIM_NAT_ADDRESS_PORT};

    for (int from = 0; from < 2; from++) {
        struct hidden h = hide(31, &nat, NULL);
        struct sim_flow *flow = sim_talk_add(h.talk, from, RTC_CODEC_VP8);
        struct rtc_stats stats;

        sim_pair_connect(h.talk->pair, 5 * SEC);
        sim_talk_begin(h.talk);
        sim_talk_run(h.talk, 5 * SEC);
        sim_nat_forget(h.nats[0]);
        sim_talk_run(h.talk, 20 * SEC);
        rtc_peer_stats(h.talk->pair->side[SIM_R].peer, &stats);
        within(h.talk->pair, stats.path.remote.port, 40001, 40001,
               "a mapping lost in mid-stream: over the new one");
        within(h.talk->pair, flow->sent - flow->last, 1, 3, "media is live");
        within(h.talk->pair, flow->received, from == SIM_L ? 450 : 250, 626,
               "after a while");
        sound(h.talk, "soundly");
        reveal(&h);
    }
}

/* Both hidden, nobody to tell them where they are. */
static void test_both_sides(void)
{
    struct sim_nat_config nat = {0};
    struct hidden h = hide(40, &nat, &nat);
    struct sim_pair *pair = h.talk->pair;

    sim_talk_add(h.talk, SIM_L, RTC_CODEC_VP8);
    within(pair, sim_pair_connect(pair, 60 * SEC) == RTC_NEVER, 1, 1,
           "both behind a NAT without a server: no way");
    for (int i = 0; i < 2; i++)
        within(pair, pair->side[i].reason, RTC_CLOSE_ICE_FAILED,
               RTC_CLOSE_ICE_FAILED, "which both say");
    sound(h.talk, "soundly");
    reveal(&h);
}

int main(void)
{
    test_mapping();
    test_filters();
    test_lifetime();
    test_one_side();
    test_kept_open();
    test_rebinding();
    test_both_sides();
    return tap_done();
}
