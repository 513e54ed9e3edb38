/* SPDX-License-Identifier: MIT
 * Peers that need servers to reach each other: through NATs of all kinds, over
 * relays that come first, die and come back. */
#include "base/addr.h"
#include "tests/sim/check.h"
#include "tests/sim/edit.h"
#include "tests/sim/nat.h"
#include "tests/sim/servers.h"

#define MS 1000
#define SEC 1000000

static const struct sim_link wire = {.delay_us = 25 * MS};

/* ---- a scene: two peers, their NATs, a STUN and a TURN server ------------ */

static struct rtc_addr addr(const char *text)
{
    struct rtc_addr a = {0};

    if (rtc_addr_parse(text, &a))
        abort();
    return a;
}

#define STUN addr("198.51.100.1:3478")
#define STUN2 addr("198.51.100.2:3478")
#define TURN addr("198.51.100.3:3478")

struct scene {
    struct sim_talk *talk;
    struct sim_pair *pair;
    struct sim_nat *nats[2];
    struct sim_server *stun, *stun2, *turn;
};

static void hide(struct scene *s, int which, const struct sim_nat_config *nat)
{
    struct sim_nat_config config = *nat;
    struct rtc_addr *own = &s->pair->side[which].addrs[0];

    *own = addr("10.0.0.1:5000");
    own->ip[2] = (uint8_t)which;
    config.inside = *own;
    config.outside = addr("203.0.113.1:40000");
    config.outside.ip[3] = (uint8_t)(1 + which);
    s->nats[which] = sim_nat_new(s->pair->net, &config);
}

/* Configs may be changed before scene_begin. NULL: no NAT. */
static struct scene scene_new(uint64_t seed, const struct sim_nat_config *l,
                              const struct sim_nat_config *r)
{
    struct scene s = {.talk = sim_talk_new(seed, NULL)};
    struct sim_server_config config = {.link = {.delay_us = 10 * MS}};
    struct sim_net *net = s.talk->pair->net;

    s.pair = s.talk->pair;
    if (l)
        hide(&s, SIM_L, l);
    if (r)
        hide(&s, SIM_R, r);
    sim_pair_link(s.pair, &wire);
    config.addr = STUN;
    s.stun = sim_server_new(net, &config);
    config.addr = STUN2;
    s.stun2 = sim_server_new(net, &config);
    config.addr = TURN;
    config.relay4 = addr("198.51.100.3:50000");
    config.username = "user";
    config.password = "secret";
    config.lifetime = 120;
    s.turn = sim_server_new(net, &config);
    return s;
}

static void scene_free(struct scene *s)
{
    sim_talk_free(s->talk);
    sim_nat_free(s->nats[0]);
    sim_nat_free(s->nats[1]);
    sim_server_free(s->stun);
    sim_server_free(s->stun2);
    sim_server_free(s->turn);
}

static void scene_begin(struct scene *s)
{
    sim_pair_start(s->pair);
    sim_pair_add_locals(s->pair);
}

static void use_server(struct scene *s, int which, enum rtc_server_type type,
                       struct rtc_addr at)
{
    struct rtc_server server = {.type = type,
                                .transport = RTC_UDP,
                                .addr = at,
                                .username = "user",
                                .password = "secret",
                                .relay_family = 4};

    is_int(
        rtc_peer_add_server(s->pair->side[which].peer, &server, s->pair->now),
        0, "a server is told of");
}

static void use_turn(struct scene *s, int which)
{
    use_server(s, which, RTC_SERVER_TURN, TURN);
}

static bool is_gathering(struct sim_pair *pair)
{
    return !rtc_peer_is_gathered(pair->side[0].peer) ||
           !rtc_peer_is_gathered(pair->side[1].peer);
}

/* Adds VP8 from L and Opus from R, gathers, and connects: how long the latter
 * took, or RTC_NEVER. */
static rtc_usec scene_connect(struct scene *s)
{
    sim_talk_add(s->talk, SIM_L, RTC_CODEC_VP8);
    sim_talk_add(s->talk, SIM_R, RTC_CODEC_OPUS);
    seeded(s->pair,
           sim_pair_run_while(s->pair, s->pair->now + 15 * SEC, is_gathering),
           "gathered");
    return sim_pair_connect(s->pair, 20 * SEC);
}

static struct rtc_stats stats_of(const struct scene *s, int which)
{
    struct rtc_stats stats;

    rtc_peer_stats(s->pair->side[which].peer, &stats);
    return stats;
}

/* Whether the path in use is over the TURN server at either end. */
static bool is_relayed(const struct scene *s)
{
    struct rtc_stats l = stats_of(s, SIM_L);

    return l.local_type == RTC_CANDIDATE_RELAY ||
           l.remote_type == RTC_CANDIDATE_RELAY ||
           stats_of(s, SIM_R).local_type == RTC_CANDIDATE_RELAY;
}

/* Runs on; the longest time in which no frame of the flow came. */
static rtc_usec longest_gap(struct scene *s, unsigned flow, rtc_usec span)
{
    const struct sim_flow *f = &s->talk->flows[flow];
    rtc_usec until = s->pair->now + span, longest = 0;

    while (s->pair->now < until) {
        rtc_usec since = s->pair->now;
        unsigned before = f->received;
        while (s->pair->now < until && f->received == before)
            sim_talk_run(s->talk, 10 * MS);
        if (s->pair->now - since > longest)
            longest = s->pair->now - since;
    }
    return longest;
}

/* Five seconds of media both ways without loss. */
static void check_media(struct scene *s, const char *name)
{
    sim_talk_begin(s->talk);
    sim_talk_run(s->talk, 5 * SEC);
    for (unsigned i = 0; i < 2; i++) {
        const struct sim_flow *flow = &s->talk->flows[i];
        within(s->pair, flow->received, flow->sent - (i ? 12 : 6), flow->sent,
               name);
    }
    sound(s->talk, "soundly");
}

/* ---- NATs ---------------------------------------------------------------- */

static const struct sim_nat_config open_nat = {.filter = SIM_NAT_OPEN};
static const struct sim_nat_config address_nat = {.filter = SIM_NAT_ADDRESS};
static const struct sim_nat_config port_nat = {.filter = SIM_NAT_ADDRESS_PORT,
                                               .keeps_port = true};
static const struct sim_nat_config symmetric_nat = {
    .mapping = SIM_NAT_SYMMETRIC, .filter = SIM_NAT_ADDRESS_PORT};

static void test_nats(void)
{
    static const struct {
        const char *name;
        const struct sim_nat_config *nats[2];
        bool turn[2];
        bool relayed;
    } rows[] = {
        {"acceptance 16: open NATs", {&open_nat, &open_nat}, {0}, false},
        {"acceptance 16: port-restricted NATs",
         {&port_nat, &port_nat},
         {0},
         false},
        {"acceptance 16: a symmetric NAT on one side",
         {&symmetric_nat, &address_nat},
         {0},
         false},
        {"acceptance 16: and on the other",
         {&address_nat, &symmetric_nat},
         {0},
         false},
        {"acceptance 16: symmetric against port-restricted, with a relay",
         {&symmetric_nat, &port_nat},
         {true, false},
         true},
        {"acceptance 16: symmetric NATs on both sides, two relays",
         {&symmetric_nat, &symmetric_nat},
         {true, true},
         true},
        {"acceptance 16: symmetric NATs on both sides, the offerer's relay",
         {&symmetric_nat, &symmetric_nat},
         {true, false},
         true},
        {"acceptance 16: symmetric NATs on both sides, the answerer's relay",
         {&symmetric_nat, &symmetric_nat},
         {false, true},
         true},
        {"acceptance 16: one side without a NAT, relays are not needed",
         {&symmetric_nat, NULL},
         {true, true},
         false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene s = scene_new(10 + i, rows[i].nats[0], rows[i].nats[1]);

        scene_begin(&s);
        for (int side = 0; side < 2; side++) {
            use_server(&s, side, RTC_SERVER_STUN, STUN);
            if (rows[i].turn[side])
                use_turn(&s, side);
        }
        within(s.pair, scene_connect(&s), 100 * MS, 2 * SEC, rows[i].name);
        check_media(&s, "media flows");
        seeded(s.pair, is_relayed(&s) == rows[i].relayed,
               "over a relay only where it must");
        scene_free(&s);
    }
}

/* Two STUN servers see a symmetric NAT at two ports. */
static void test_mappings(void)
{
    struct scene s = scene_new(30, &symmetric_nat, NULL);
    struct rtc_peer *l = s.pair->side[SIM_L].peer;
    struct rtc_candidate c, seen[2] = {0};
    unsigned count = 0;

    scene_begin(&s);
    l = s.pair->side[SIM_L].peer;
    use_server(&s, SIM_L, RTC_SERVER_STUN, STUN);
    use_server(&s, SIM_L, RTC_SERVER_STUN, STUN2);
    within(s.pair, scene_connect(&s), 100 * MS, 2 * SEC, "two STUN servers");
    for (unsigned i = 0; rtc_peer_local_candidate(l, i, &c) == 0; i++)
        if (c.type == RTC_CANDIDATE_SRFLX && count++ < 2)
            seen[count - 1] = c;
    is_int(count, 2,
           "acceptance 16: srflx with another mapped port for each server");
    ok(rtc_addr_equal_ip(&seen[0].addr, &seen[1].addr), "on one address");
    ok(seen[0].addr.port != seen[1].addr.port, "at two ports");
    check_media(&s, "media flows");
    within(s.pair, sim_nat_stats(s.nats[0])->mappings, 3, 4,
           "the peer is the third, and no pair is made of what is the same");
    scene_free(&s);
}

/* ---- relays -------------------------------------------------------------- */

static void drop_hosts(char *sdp, size_t cap, bool is_answer)
{
    (void)cap;
    (void)is_answer;
    for (char *at = sdp; (at = strstr(at, "a=candidate:"));) {
        const char *end = strchr(at, '\n');
        const char *host = strstr(at, " typ host");
        if (!end || !host || host > end)
            at++;
        else
            memmove(at, end + 1, strlen(end + 1) + 1);
    }
    sim_edit_remove(sdp, "a=end-of-candidates");
}

static void tell_hosts(struct scene *s)
{
    struct rtc_candidate c;

    for (int i = 0; i < 2; i++)
        for (unsigned n = 0;
             rtc_peer_local_candidate(s->pair->side[i].peer, n, &c) == 0; n++)
            if (c.type == RTC_CANDIDATE_HOST)
                rtc_peer_add_remote(s->pair->side[!i].peer, &c, s->pair->now);
}

static void test_relay_first(void)
{
    struct scene s = scene_new(40, NULL, NULL);
    unsigned l_ice, r_ice;

    s.pair->edit = drop_hosts;
    scene_begin(&s);
    use_turn(&s, SIM_L);
    use_turn(&s, SIM_R);
    within(s.pair, scene_connect(&s), 100 * MS, 2 * SEC,
           "acceptance 2: the relay pair connects first");
    check_media(&s, "media flows over it");
    seeded(s.pair, is_relayed(&s), "acceptance 2: over the relay");
    l_ice = s.pair->side[SIM_L].ice_event_count;
    r_ice = s.pair->side[SIM_R].ice_event_count;
    tell_hosts(&s);
    sim_talk_run(s.talk, 2 * SEC);
    for (int i = 0; i < 2; i++) {
        is_int(stats_of(&s, i).local_type, RTC_CANDIDATE_HOST,
               "acceptance 2: then it moves to the host candidates");
        is_int(stats_of(&s, i).remote_type, RTC_CANDIDATE_HOST, "at both ends");
    }
    /* From completed to connected while they are checked, and back. */
    within(s.pair, s.pair->side[SIM_L].ice_event_count - l_ice, 0, 2,
           "acceptance 2: without a restart");
    within(s.pair, s.pair->side[SIM_R].ice_event_count - r_ice, 0, 2,
           "at both ends");
    for (unsigned i = 0; i < 2; i++)
        s.talk->flows[i].frame_count = s.talk->flows[i].sent;
    sim_talk_run(s.talk, SEC);
    for (unsigned i = 0; i < 2; i++)
        within(s.pair, s.talk->flows[i].received, s.talk->flows[i].sent,
               s.talk->flows[i].sent, "and without losing a frame");
    sound(s.talk, "soundly");
    scene_free(&s);
}

static unsigned not_relayed;

static bool note_source(struct sim_side *side, const struct sim_packet *packet)
{
    static const uint8_t relay[4] = {198, 51, 100, 3};

    (void)side;
    not_relayed += memcmp(packet->path.remote.ip, relay, sizeof relay) != 0;
    return true;
}

static void test_policy(void)
{
    struct scene s = scene_new(41, NULL, NULL);
    struct sim_side *l = &s.pair->side[SIM_L], *r = &s.pair->side[SIM_R];

    l->config.ice_policy = RTC_ICE_POLICY_RELAY;
    r->on_arrival = note_source;
    not_relayed = 0;
    scene_begin(&s);
    use_turn(&s, SIM_L);
    within(s.pair, scene_connect(&s), 100 * MS, 2 * SEC, "only relays");
    ok(!strstr(l->description, "typ host") &&
           !strstr(l->description, "typ srflx") &&
           strstr(l->description, "typ relay"),
       "no other candidate is told");
    check_media(&s, "media flows");
    within(s.pair, not_relayed, 0, 0, "and nothing comes another way");
    is_int(stats_of(&s, SIM_L).local_type, RTC_CANDIDATE_RELAY, "as it says");
    within(s.pair, sim_server_stats(s.turn)->channel_out, 50, 10000,
           "mostly in a channel");
    within(s.pair, sim_server_stats(s.turn)->relayed_out, 100,
           sim_server_stats(s.turn)->channel_out + 20, "but for the first");
    rtc_peer_close(l->peer, s.pair->now);
    sim_talk_run(s.talk, SEC);
    within(s.pair, sim_server_allocation_count(s.turn, s.pair->now), 0, 0,
           "closed, the allocation is given back");
    scene_free(&s);
}

/* Permissions last five minutes, channels ten, the allocation two. */
static void test_refreshed(void)
{
    struct scene s = scene_new(42, NULL, NULL);

    s.pair->side[SIM_L].config.ice_policy = RTC_ICE_POLICY_RELAY;
    scene_begin(&s);
    use_turn(&s, SIM_L);
    within(s.pair, scene_connect(&s), 100 * MS, 2 * SEC, "over a relay");
    sim_talk_run(s.talk, 900 * SEC);
    sim_server_change_nonce(s.turn);
    sim_talk_run(s.talk, 900 * SEC);
    within(s.pair, sim_server_stats(s.turn)->allocated, 1, 1,
           "half an hour, one allocation");
    within(s.pair, sim_server_stats(s.turn)->refreshed, 14, 200, "kept alive");
    within(s.pair, sim_server_stats(s.turn)->refused, 2, 6,
           "at a new nonce, too");
    check_media(&s, "and media flows");
    scene_free(&s);
}

/* The server dies for `down` and knows nobody any more. */
static void check_server_restart(bool both, rtc_usec down)
{
    struct scene s = scene_new(43, NULL, NULL);

    for (int i = 0; i < 2; i++) {
        s.pair->side[i].config.trickle = true;
        if (i == SIM_L || both)
            s.pair->side[i].config.ice_policy = RTC_ICE_POLICY_RELAY;
    }
    s.pair->trickle_us = 50 * MS;
    scene_begin(&s);
    use_turn(&s, SIM_L);
    if (both)
        use_turn(&s, SIM_R);
    within(s.pair, scene_connect(&s), 100 * MS, 2 * SEC, "over a relay");
    check_media(&s, "media flows");
    sim_server_kill(s.turn);
    sim_talk_run(s.talk, down);
    sim_server_restart(s.turn);
    within(s.pair, longest_gap(&s, 0, 10 * SEC), 0, 3 * SEC,
           "a server restarted in mid-stream: media goes on within 3 s");
    within(s.pair, longest_gap(&s, 1, 10 * SEC), 0, SEC, "and stays");
    for (unsigned i = 0; i < 2; i++)
        within(s.pair, s.talk->flows[i].sent - s.talk->flows[i].last, 1, 5,
               "both ways");
    within(s.pair, s.pair->side[SIM_R].closed_at == RTC_NEVER, 1, 1, "no end");
    scene_free(&s);
}

/* ---- servers that are of no use ------------------------------------------ */

static struct rtc_event server_event;
static char server_reason[64];
static void (*talk_on_event)(struct sim_side *, const struct rtc_event *);

static void watch_server(struct sim_side *side, const struct rtc_event *event)
{
    if (event->type == RTC_EVENT_SERVER) {
        server_event = *event;
        snprintf(server_reason, sizeof server_reason, "%s",
                 event->server.reason);
    }
    talk_on_event(side, event);
}

/* L's server fails; host candidates do all the same, and at once. */
static void check_failure(const struct sim_server_config *like,
                          const char *password, enum rtc_server_failure failure,
                          unsigned code, const char *name)
{
    struct scene s = scene_new(50, NULL, NULL);
    struct sim_server_config config = *like;
    struct sim_server *server;
    struct rtc_server told = {.type = RTC_SERVER_TURN,
                              .transport = RTC_UDP,
                              .addr = addr("198.51.100.4:3478"),
                              .username = "user",
                              .password = password};

    config.addr = told.addr;
    server = sim_server_new(s.pair->net, &config);
    talk_on_event = s.pair->side[SIM_L].on_event;
    s.pair->side[SIM_L].on_event = watch_server;
    server_event = (struct rtc_event){0};
    s.pair->side[SIM_L].config.trickle = true;
    s.pair->trickle_us = 50 * MS;
    scene_begin(&s);
    is_int(rtc_peer_add_server(s.pair->side[SIM_L].peer, &told, s.pair->now), 0,
           name);
    sim_talk_add(s.talk, SIM_L, RTC_CODEC_VP8);
    within(s.pair, sim_pair_connect(s.pair, 5 * SEC), 125 * MS, 220 * MS,
           "does not hold up what trickles");
    sim_talk_run(s.talk, 40 * SEC);
    within(s.pair, s.talk->seen[SIM_L].events[RTC_EVENT_SERVER], 1, 1,
           "it is told of once");
    is_int(server_event.server.failure, failure, "why");
    is_int(server_event.server.code, code, "by its code");
    ok(rtc_addr_equal(&server_event.server.addr, &told.addr), "which one");
    ok(!code || *server_reason, "in words, too");
    within(s.pair, s.talk->seen[SIM_L].events[RTC_EVENT_GATHERED], 1, 1,
           "gathering is over once");
    ok(rtc_peer_is_gathered(s.pair->side[SIM_L].peer), "as it says");
    scene_free(&s);
    sim_server_free(server);
}

static void test_failures(void)
{
    struct sim_server_config config = {.username = "user",
                                       .password = "secret"};

    config.relay4 = addr("198.51.100.4:50000");
    check_failure(&config, "wrong", RTC_SERVER_REFUSED, 401,
                  "a wrong password");
    config.silent = true;
    check_failure(&config, "secret", RTC_SERVER_SILENT, 0, "a silent server");
    config.silent = false;
    config.relay4 = (struct rtc_addr){0};
    check_failure(&config, "secret", RTC_SERVER_REFUSED, 440,
                  "a server without the family");
}

/* A server that names another one is followed over UDP. */
static void test_alternate(void)
{
    struct scene s = scene_new(51, NULL, NULL);
    struct sim_server_config config = {.username = "user",
                                       .password = "secret"};
    struct sim_server *server;

    config.addr = addr("198.51.100.4:3478");
    config.alternate = TURN;
    server = sim_server_new(s.pair->net, &config);
    s.pair->side[SIM_L].config.ice_policy = RTC_ICE_POLICY_RELAY;
    scene_begin(&s);
    use_server(&s, SIM_L, RTC_SERVER_TURN, config.addr);
    within(s.pair, scene_connect(&s), 100 * MS, 2 * SEC,
           "a server that names another");
    within(s.pair, sim_server_stats(server)->last_error, 300, 300, "by a 300");
    within(s.pair, sim_server_stats(s.turn)->allocated, 1, 1,
           "the other one has the relay");
    within(s.pair, s.talk->seen[SIM_L].events[RTC_EVENT_SERVER], 0, 0,
           "which is no failure");
    check_media(&s, "media flows");
    scene_free(&s);
    sim_server_free(server);
}

/* Over a connection of the caller's to the server, which then ends. */
static void test_stream(enum rtc_transport transport)
{
    struct scene s = scene_new(52, NULL, NULL);
    struct sim_side *l = &s.pair->side[SIM_L];
    struct rtc_server server = {.type = RTC_SERVER_TURN,
                                .transport = transport,
                                .addr = TURN,
                                .local = addr("192.0.2.1:49152"),
                                .username = "user",
                                .password = "secret"};

    l->config.ice_policy = RTC_ICE_POLICY_RELAY;
    talk_on_event = l->on_event;
    l->on_event = watch_server;
    scene_begin(&s);
    l->addrs[l->addr_count++] = server.local;
    sim_net_link(s.pair->net, &server.local, &wire);
    is_int(rtc_peer_add_server(l->peer, &server, s.pair->now), 0,
           "a server over a stream");
    within(s.pair, scene_connect(&s), 100 * MS, 2 * SEC, "connects");
    check_media(&s, "media flows");
    is_int(
        rtc_peer_lose_server(l->peer, &server.local, &server.addr, s.pair->now),
        0, "its connection ends");
    sim_talk_run(s.talk, 5 * SEC);
    within(s.pair, s.talk->seen[SIM_L].events[RTC_EVENT_SERVER], 1, 1,
           "which is told");
    is_int(server_event.server.failure, RTC_SERVER_LOST, "as lost");
    within(s.pair, l->ice_state, RTC_ICE_DISCONNECTED, RTC_ICE_DISCONNECTED,
           "and disconnects at once");
    scene_free(&s);
}

/* One server that is asked as both, from one socket. */
static void test_both(void)
{
    struct scene s = scene_new(61, NULL, NULL);
    const struct sim_server_stats *stats = sim_server_stats(s.turn);

    scene_begin(&s);
    use_server(&s, SIM_L, RTC_SERVER_STUN, TURN);
    use_turn(&s, SIM_L);
    seeded(s.pair, sim_pair_run_while(s.pair, s.pair->now + SEC, is_gathering),
           "a STUN and TURN server answers to both at once");
    is_int(stats->bindings, 1, "one binding");
    is_int(stats->allocated, 1, "one allocation");
    scene_free(&s);
}

int main(void)
{
    test_nats();
    test_both();
    test_mappings();
    test_relay_first();
    test_policy();
    test_refreshed();
    check_server_restart(false, 500 * MS);
    check_server_restart(true, 500 * MS);
    check_server_restart(false, 5 * SEC);
    check_server_restart(true, 5 * SEC);
    check_server_restart(false, 15 * SEC);
    test_failures();
    test_alternate();
    test_stream(RTC_TCP);
    test_stream(RTC_TLS);
    return tap_done();
}
