/* SPDX-License-Identifier: MIT
 * Two agents on a virtual link in virtual time. The route function of a test
 * sees each datagram: it may lose it or change its addresses (a NAT). After
 * each drain the deadlines must lie ahead. */
#pragma once

#include "ice/agent.h"

#include "base/addr.h"
#include "base/clock.h"
#include "tap.h"

#include <string.h>

#define LINK_QUEUE 512

struct link;
/* `path` as the sender gave it; turn it into what the receiver sees. False:
 * lost. */
typedef bool (*link_route_fn)(struct link *link, int from,
                              struct rtc_path *path);

struct link_datagram {
    rtc_usec at;
    int to;
    struct rtc_path path;
    size_t len;
    uint8_t data[RTC_ICE_MESSAGE_MOST];
};

struct link {
    struct rtc_ice_agent *agents[2];
    uint64_t seeds[2];
    rtc_usec now, delay_us;
    link_route_fn route;
    unsigned sent[2], state_events[2], pair_events[2], late_deadlines;
    enum rtc_ice_state states[2];
    rtc_usec connected_at[2], completed_at[2]; /* the first time */
    rtc_usec sent_at[2][64];                   /* the first sends */
    unsigned count;
    struct link_datagram queue[LINK_QUEUE];
};

/* xorshift64*, one sequence a side. */
static inline void link_random(void *user, void *buf, size_t len)
{
    uint64_t *seed = user;
    uint8_t *p = buf;

    for (size_t i = 0; i < len; i++) {
        *seed ^= *seed >> 12;
        *seed ^= *seed << 25;
        *seed ^= *seed >> 27;
        p[i] = (uint8_t)(*seed * 0x2545F4914F6CDD1Du >> 56);
    }
}

static inline struct rtc_addr link_addr(const char *text)
{
    struct rtc_addr addr = {0};

    if (rtc_addr_parse(text, &addr) < 0)
        abort();
    return addr;
}

/* What a plain network does: the receiver sees it from the other end. */
static inline bool link_pass(struct link *link, int from, struct rtc_path *path)
{
    struct rtc_addr local = path->local;

    (void)link;
    (void)from;
    path->local = path->remote;
    path->remote = local;
    return true;
}

static inline bool link_lose(struct link *link, int from, struct rtc_path *path)
{
    (void)link;
    (void)from;
    (void)path;
    return false;
}

struct link_side {
    bool lite, controlling;
};

static inline struct link *link_new_with(struct link_side a, struct link_side b,
                                         const struct rtc_ice_timing *timing,
                                         const struct rtc_log *log)
{
    struct link *link = calloc(1, sizeof *link);
    struct link_side sides[2] = {a, b};

    link->now = 1000 * RTC_SEC;
    link->delay_us = 10 * RTC_MS;
    link->route = link_pass;
    for (int i = 0; i < 2; i++) {
        struct rtc_ice_config config = {.lite = sides[i].lite,
                                        .controlling = sides[i].controlling,
                                        .log = log};

        link->seeds[i] = 0x9E3779B97F4A7C15u + (uint64_t)i;
        config.random =
            (struct rtc_random){.fn = link_random, .user = &link->seeds[i]};
        rtc_ice_timing_init(&config.timing);
        if (timing)
            config.timing = *timing;
        if (rtc_ice_new(&link->agents[i], &config) < 0)
            abort();
    }
    return link;
}

/* Side 0 offers and controls. */
static inline struct link *link_new(void)
{
    return link_new_with((struct link_side){.controlling = true},
                         (struct link_side){0}, NULL, NULL);
}

static inline void link_free(struct link *link)
{
    rtc_ice_free(link->agents[0]);
    rtc_ice_free(link->agents[1]);
    free(link);
}

static inline void link_introduce_one(struct link *link, int to, bool lite)
{
    struct rtc_ice_agent *from = link->agents[1 - to];

    is_int(rtc_ice_set_remote(link->agents[to], rtc_ice_local_ufrag(from),
                              rtc_ice_local_pwd(from), lite, link->now),
           0, "the remote's credentials are taken");
}

static inline void link_introduce(struct link *link)
{
    link_introduce_one(link, 0, false);
    link_introduce_one(link, 1, false);
}

static inline struct rtc_candidate link_host(const char *text)
{
    struct rtc_addr addr = link_addr(text);
    struct rtc_candidate c;

    rtc_candidate_make_host(&c, &addr, RTC_UDP, RTC_TCPTYPE_NONE, 100);
    return c;
}

static inline void link_tell(struct link *link, int whose,
                             const struct rtc_candidate *candidate)
{
    rtc_ice_add_remote(link->agents[1 - whose], candidate, link->now);
}

static inline void link_add_local(struct link *link, int whose,
                                  const struct rtc_candidate *candidate)
{
    is_int(rtc_ice_add_local(link->agents[whose], candidate, link->now), 0,
           "a local candidate is taken");
}

/* A host candidate, told to the other side. */
static inline void link_add_host(struct link *link, int whose, const char *text)
{
    struct rtc_candidate c = link_host(text);

    link_add_local(link, whose, &c);
    link_tell(link, whose, &c);
}

static inline void link_send(struct link *link, int from,
                             const struct link_datagram *datagram)
{
    struct link_datagram *d = &link->queue[link->count];

    if (link->sent[from] < 64)
        link->sent_at[from][link->sent[from]] = link->now;
    link->sent[from]++;
    *d = *datagram;
    d->to = 1 - from;
    d->at = link->now + link->delay_us;
    if (!link->route(link, from, &d->path))
        return;
    if (++link->count == LINK_QUEUE)
        abort();
}

static inline void link_note_event(struct link *link, int side,
                                   const struct rtc_ice_event *event)
{
    if (event->type == RTC_ICE_EVENT_PAIR) {
        link->pair_events[side]++;
        return;
    }
    link->state_events[side]++;
    link->states[side] = event->state;
    if (event->state == RTC_ICE_CONNECTED && !link->connected_at[side])
        link->connected_at[side] = link->now;
    if (event->state == RTC_ICE_COMPLETED && !link->completed_at[side])
        link->completed_at[side] = link->now;
}

static inline void link_drain(struct link *link)
{
    for (int i = 0; i < 2; i++) {
        struct link_datagram d = {0};
        struct rtc_ice_event event;
        int len;

        while ((len = rtc_ice_transmit(link->agents[i], d.data, sizeof d.data,
                                       &d.path, link->now)) > 0) {
            d.len = (size_t)len;
            link_send(link, i, &d);
        }
        while (rtc_ice_poll(link->agents[i], &event))
            link_note_event(link, i, &event);
        if (rtc_ice_deadline(link->agents[i]) <= link->now)
            link->late_deadlines++;
    }
}

/* The queue's next datagram, or NULL. */
static inline struct link_datagram *link_next(struct link *link)
{
    struct link_datagram *next = NULL;

    for (unsigned i = 0; i < link->count; i++)
        if (!next || link->queue[i].at < next->at)
            next = &link->queue[i];
    return next;
}

static inline void link_deliver(struct link *link)
{
    struct link_datagram *next;

    while ((next = link_next(link)) && next->at <= link->now) {
        struct link_datagram d = *next;

        memmove(next, next + 1,
                (size_t)(link->queue + --link->count - next) * sizeof *next);
        rtc_ice_receive(link->agents[d.to], &d.path, d.data, d.len, link->now);
    }
}

static inline void link_run(struct link *link, rtc_usec span)
{
    rtc_usec until = link->now + span;

    for (;;) {
        const struct link_datagram *next;
        rtc_usec at;

        link_drain(link);
        at = rtc_min_time(rtc_ice_deadline(link->agents[0]),
                          rtc_ice_deadline(link->agents[1]));
        next = link_next(link);
        if (next)
            at = rtc_min_time(at, next->at);
        if (at > until)
            break;
        link->now = rtc_max_time(at, link->now);
        link_deliver(link);
        rtc_ice_tick(link->agents[0], link->now);
        rtc_ice_tick(link->agents[1], link->now);
    }
    link->now = until;
    ok(link->late_deadlines == 0, "no deadline lies in the past");
}

static inline void link_is_selected(struct link *link, int side,
                                    const char *local, const char *remote)
{
    const struct rtc_path *path = rtc_ice_selected(link->agents[side]);
    char text[RTC_ADDR_TEXT];

    is_str(path ? rtc_addr_write(&path->local, text) : "none", local,
           "selected local address");
    is_str(path ? rtc_addr_write(&path->remote, text) : "none", remote,
           "selected remote address");
}

static inline void link_are_states(struct link *link, enum rtc_ice_state state,
                                   const char *name)
{
    is_int(rtc_ice_state(link->agents[0]), state, name);
    is_int(rtc_ice_state(link->agents[1]), state, name);
}
