/* SPDX-License-Identifier: MIT
 * The driver's law of rtc.h for two peers on the seeded network. */
#include "tests/sim/pair.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/clock.h"

/* Virtual time starts at a round, positive number of microseconds. */
#define START_US INT64_C(1000000000)
/* More steps than this at one instant are a deadline that never ends. */
#define STEPS_MOST 1000

static void draw(void *user, void *buf, size_t len)
{
    struct sim_side *side = user;
    uint8_t *p = buf;

    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)sim_draw(&side->random);
}

static void log_line(void *user, enum rtc_log_level level, const char *line)
{
    const struct sim_side *side = user;

    (void)level;
    printf("# %10.6f %c %s\n", (double)(side->pair->now - START_US) / 1e6,
           side->which == SIM_L ? 'L' : 'R', line);
}

struct sim_pair *sim_pair_new(uint64_t seed)
{
    struct sim_pair *pair = calloc(1, sizeof *pair);

    if (!pair)
        abort();
    pair->seed = seed;
    pair->net = sim_net_new(seed);
    pair->now = START_US;
    pair->digest = UINT64_C(0xcbf29ce484222325);
    pair->trickle_us = RTC_NEVER;
    sim_clock_set(pair->now);
    sim_random_seed(seed);
    gnutls_global_deinit(); /* its generator begins anew, with our seed */
    gnutls_global_init();
    for (int i = 0; i < 2; i++) {
        struct sim_side *side = &pair->side[i];
        side->pair = pair;
        side->which = i;
        side->random = ~seed - ((uint64_t)i << 32);
        side->addr_count = 1;
        side->timer = RTC_NEVER;
        side->copies = 1;
        side->connected_at = side->closed_at = RTC_NEVER;
        side->addrs[0] = (struct rtc_addr){
            .family = 4, .port = 5000, .ip = {192, 0, 2, (uint8_t)(1 + i)}};
        rtc_config_init(&side->config);
        side->config.random = draw;
        side->config.random_user = side;
        if (getenv("SIM_LOG")) {
            side->config.log = log_line;
            side->config.log_user = side;
            side->config.log_level = RTC_LOG_DEBUG;
        }
    }
    return pair;
}

void sim_pair_free(struct sim_pair *pair)
{
    if (!pair)
        return;
    for (int i = 0; i < 2; i++)
        rtc_peer_free(pair->side[i].peer);
    sim_net_free(pair->net);
    free(pair);
}

void sim_pair_start(struct sim_pair *pair)
{
    for (int i = 0; i < 2; i++) {
        struct sim_side *side = &pair->side[i];
        int error = rtc_peer_new(&side->peer, &side->config);
        if (error) {
            fprintf(stderr, "rtc_peer_new: %s\n", rtc_error_text(error));
            abort();
        }
    }
}

void sim_pair_link(struct sim_pair *pair, const struct sim_link *link)
{
    for (int i = 0; i < 2; i++)
        for (unsigned a = 0; a < pair->side[i].addr_count; a++)
            sim_net_link(pair->net, &pair->side[i].addrs[a], link);
}

void sim_pair_add_locals(struct sim_pair *pair)
{
    for (int i = 0; i < 2; i++) {
        struct sim_side *side = &pair->side[i];
        struct rtc_addr have;
        enum rtc_transport transport;
        if (rtc_peer_local_addr(side->peer, 0, &have, &transport) == 0)
            continue;
        for (unsigned a = 0; a < side->addr_count; a++)
            rtc_peer_add_local(side->peer, &side->addrs[a], RTC_UDP, pair->now);
    }
}

static void edit(struct sim_pair *pair, struct sim_side *side, bool is_answer)
{
    if (pair->edit)
        pair->edit(side->description, sizeof side->description, is_answer);
}

int sim_pair_offer(struct sim_pair *pair, int offerer)
{
    struct sim_side *side = &pair->side[offerer];
    int len = rtc_peer_offer(side->peer, side->description,
                             sizeof side->description, pair->now);

    edit(pair, side, false);
    return len < 0 ? len : 0;
}

int sim_pair_answer(struct sim_pair *pair, int offerer)
{
    const char *offer = pair->side[offerer].description;
    struct sim_side *side = &pair->side[!offerer];
    int len =
        rtc_peer_remote_offer(side->peer, offer, strlen(offer), pair->now);

    if (!len)
        len = rtc_peer_answer(side->peer, side->description,
                              sizeof side->description, pair->now);
    if (len < 0)
        return len;
    edit(pair, side, true);
    return 0;
}

int sim_pair_conclude(struct sim_pair *pair, int offerer)
{
    const char *answer = pair->side[!offerer].description;

    return rtc_peer_remote_answer(pair->side[offerer].peer, answer,
                                  strlen(answer), pair->now);
}

int sim_pair_negotiate(struct sim_pair *pair, int offerer)
{
    int error;

    sim_pair_add_locals(pair);
    error = sim_pair_offer(pair, offerer);
    if (!error)
        error = sim_pair_answer(pair, offerer);
    return error ? error : sim_pair_conclude(pair, offerer);
}

/* FNV-1a. */
static void digest(struct sim_pair *pair, const void *data, size_t len)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++)
        pair->digest = (pair->digest ^ p[i]) * UINT64_C(0x100000001b3);
}

static void tell(struct sim_side *side, const struct rtc_candidate *candidate)
{
    struct sim_pair *pair = side->pair;
    struct sim_told *told = &pair->told[pair->told_count];

    if (pair->trickle_us == RTC_NEVER)
        return;
    if (pair->told_count++ == SIM_TOLD_MOST)
        abort();
    *told = (struct sim_told){.to = !side->which,
                              .due = pair->now + pair->trickle_us,
                              .end = !candidate};
    if (candidate)
        told->candidate = *candidate;
}

/* What was told is due in the order of telling. */
static void deliver_told(struct sim_pair *pair)
{
    while (pair->told_count && pair->told[0].due <= pair->now) {
        struct sim_told told = pair->told[0];
        struct rtc_peer *peer = pair->side[told.to].peer;
        memmove(pair->told, pair->told + 1,
                --pair->told_count * sizeof *pair->told);
        if (told.end)
            rtc_peer_end_remote(peer, pair->now);
        else
            rtc_peer_add_remote(peer, &told.candidate, pair->now);
    }
}

static void note(struct sim_side *side, const struct rtc_event *event)
{
    switch (event->type) {
    case RTC_EVENT_CONNECTED:
        side->connected_at = side->pair->now;
        break;
    case RTC_EVENT_ICE:
        side->ice_state = event->ice_state;
        side->ice_event_count++;
        break;
    case RTC_EVENT_CANDIDATE:
        tell(side, event->candidate);
        break;
    case RTC_EVENT_GATHERED:
        tell(side, NULL);
        break;
    case RTC_EVENT_CLOSED:
        side->closed_at = side->pair->now;
        side->reason = event->reason;
        break;
    default:
        break;
    }
}

/* What Linux takes as UDP_SEGMENT: at most 64 datagrams and 64 KiB, all of one
 * size but the last. */
static void note_run(struct sim_side *side, const struct rtc_datagrams *d,
                     size_t len)
{
    bool right = d->segment && d->count <= 64 && len <= 65507 &&
                 (len + d->segment - 1) / d->segment == d->count;

    side->wrong_runs += !right;
    if (d->count > side->longest_run)
        side->longest_run = d->count;
}

static void send_all(struct sim_side *side)
{
    static uint8_t buf[65536];
    struct sim_pair *pair = side->pair;
    struct rtc_datagrams d;
    int len;

    while ((len = rtc_peer_transmit(side->peer, buf, sizeof buf, &d,
                                    pair->now)) > 0) {
        note_run(side, &d, (size_t)len);
        for (size_t at = 0; at < (size_t)len; at += d.segment) {
            size_t left = (size_t)len - at;
            size_t size = left < d.segment ? left : d.segment;
            if (size > side->config.mtu)
                side->oversized++;
            digest(pair, &pair->now, sizeof pair->now);
            digest(pair, buf + at, size);
            pair->datagram_count++;
            sim_net_send(pair->net, &d.path, buf + at, size, pair->now);
        }
    }
}

static void drain(struct sim_side *side)
{
    struct rtc_event event;
    bool any;

    do {
        send_all(side);
        any = false;
        while (rtc_peer_poll(side->peer, &event)) {
            any = true;
            note(side, &event);
            if (side->on_event)
                side->on_event(side, &event);
        }
    } while (any);
    if (rtc_peer_deadline(side->peer) < side->pair->now)
        side->past_deadlines++;
}

static struct sim_side *owner_of(struct sim_pair *pair,
                                 const struct rtc_addr *addr)
{
    for (int i = 0; i < 2; i++)
        for (unsigned a = 0; a < pair->side[i].addr_count; a++) {
            const struct rtc_addr *own = &pair->side[i].addrs[a];
            if (own->port == addr->port && own->family == addr->family &&
                !memcmp(own->ip, addr->ip, sizeof own->ip))
                return &pair->side[i];
        }
    return NULL;
}

/* Datagrams of one path and size to be handed in together. */
struct merged {
    struct sim_side *side;
    struct rtc_path path;
    size_t segment, len;
    uint8_t data[65536];
};

static void hand_in(struct merged *m, rtc_usec now)
{
    static uint8_t copy[sizeof m->data];

    for (unsigned i = 0; m->side && i < m->side->copies; i++) {
        memcpy(copy, m->data, m->len); /* it is decrypted in place */
        rtc_peer_receive(m->side->peer, &m->path, copy, m->len,
                         m->len > m->segment ? m->segment : 0, now);
    }
    m->side = NULL;
    m->len = 0;
}

/* Whether a datagram can stand behind those there are: all before it are as
 * long as the first, and it is no longer. */
static bool fits(const struct merged *m, const struct sim_side *side,
                 const struct sim_packet *packet)
{
    return m->side == side && side->merge && m->len % m->segment == 0 &&
           packet->len && packet->len <= m->segment &&
           m->len + packet->len <= sizeof m->data &&
           !memcmp(&m->path, &packet->path, sizeof m->path);
}

static void deliver(struct sim_pair *pair)
{
    static struct merged m;
    struct sim_packet *packet;

    while ((packet = sim_net_receive(pair->net, pair->now))) {
        struct sim_side *side = owner_of(pair, &packet->path.local);
        if (!side || (side->on_arrival && !side->on_arrival(side, packet)))
            continue;
        side->received_count += side->copies;
        if (!fits(&m, side, packet)) {
            hand_in(&m, pair->now);
            m.side = side;
            m.path = packet->path;
            m.segment = packet->len;
        }
        memcpy(m.data + m.len, packet->data, packet->len);
        m.len += packet->len;
    }
    hand_in(&m, pair->now);
}

static rtc_usec earliest(const struct sim_pair *pair)
{
    rtc_usec next = sim_net_deadline(pair->net);

    if (pair->told_count && pair->told[0].due < next)
        next = pair->told[0].due;
    for (int i = 0; i < 2; i++) {
        const struct sim_side *side = &pair->side[i];
        rtc_usec deadline = rtc_peer_deadline(side->peer);
        next = deadline < next ? deadline : next;
        next = side->timer < next ? side->timer : next;
    }
    return next;
}

static void move_on(struct sim_pair *pair, rtc_usec next)
{
    if (next > pair->now) {
        pair->now = next;
        pair->steps_at_once = 0;
    } else if (++pair->steps_at_once > STEPS_MOST) {
        for (int i = 0; i < 2; i++)
            if (rtc_peer_deadline(pair->side[i].peer) <= pair->now)
                pair->side[i].past_deadlines++;
        pair->now += 1000;
        pair->steps_at_once = 0;
    }
    sim_clock_set(pair->now);
}

static void step(struct sim_pair *pair)
{
    deliver(pair);
    deliver_told(pair);
    for (int i = 0; i < 2; i++) {
        struct sim_side *side = &pair->side[i];
        if (rtc_peer_deadline(side->peer) <= pair->now)
            rtc_peer_tick(side->peer, pair->now);
        drain(side);
        if (side->on_timer && side->timer <= pair->now) {
            side->timer = side->on_timer(side, pair->now);
            drain(side);
        }
    }
}

bool sim_pair_run_while(struct sim_pair *pair, rtc_usec until,
                        bool (*going_on)(struct sim_pair *pair))
{
    step(pair);
    while (!going_on || going_on(pair)) {
        rtc_usec next = earliest(pair);
        if (next > until) {
            if (until > pair->now)
                move_on(pair, until);
            return false;
        }
        move_on(pair, next);
        step(pair);
    }
    return true;
}

void sim_pair_run(struct sim_pair *pair, rtc_usec until)
{
    sim_pair_run_while(pair, until, NULL);
}

static bool is_connecting(struct sim_pair *pair)
{
    return pair->side[0].connected_at == RTC_NEVER ||
           pair->side[1].connected_at == RTC_NEVER;
}

rtc_usec sim_pair_connect(struct sim_pair *pair, rtc_usec limit)
{
    rtc_usec start = pair->now;

    if (sim_pair_negotiate(pair, SIM_L) ||
        !sim_pair_run_while(pair, start + limit, is_connecting))
        return RTC_NEVER;
    return pair->now - start;
}
