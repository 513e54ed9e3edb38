/* SPDX-License-Identifier: MIT
 * A seeded network in virtual time: each direction of a link has delay, jitter,
 * a rate with a queue, independent and burst loss, reordering and duplication.
 * The same seed and the same sends give the same arrivals. */
#pragma once

#include "cmd/link_model.h"
#include "rtc.h"

/* One direction of a link. */
#define sim_link link_terms

/* One on its way. */
struct sim_packet {
    rtc_usec due;
    struct rtc_path path; /* as the receiver sees it */
    size_t len;
    uint8_t data[2048];
};

struct sim_net_stats {
    uint64_t sent, lost, queue_dropped, delivered;
    uint64_t duplicated; /* second copies; not in `delivered` */
    size_t largest;
};

/* Something between senders and receivers (nat.h) or at the end of the line
 * (servers.h). Functions may be NULL. */
struct sim_box {
    void *user;
    /* A datagram leaves along `path`, as its sender sees it, to be changed.
     * False: it is dropped. */
    bool (*leave)(void *user, struct rtc_path *path, rtc_usec now);
    /* It arrives along `path`, as its receiver sees it. */
    bool (*arrive)(void *user, struct rtc_path *path, rtc_usec now);
    /* Whether it is addressed to the box, which then has it. */
    bool (*take)(void *user, const struct sim_packet *packet, rtc_usec now);
};

struct sim_net; /* opaque */

struct sim_net *sim_net_new(uint64_t seed);
void sim_net_free(struct sim_net *net);

/* Sets the way from `from` to every address that has no link of its own. */
void sim_net_link(struct sim_net *net, const struct rtc_addr *from,
                  const struct sim_link *link);
const struct sim_net_stats *sim_net_stats(const struct sim_net *net,
                                          const struct rtc_addr *from);

/* Adds a box; copies. Leaving datagrams pass through all of them in the order
 * they were added in, arriving ones too. */
void sim_net_add_box(struct sim_net *net, const struct sim_box *box);

/* Sends one datagram along `path` (as its sender sees it). Copies. */
void sim_net_send(struct sim_net *net, const struct rtc_path *path,
                  const uint8_t *data, size_t len, rtc_usec now);
/* When the next one arrives, RTC_NEVER for none. */
rtc_usec sim_net_deadline(const struct sim_net *net);
/* The next one due by `now`, or NULL. Lends it until the next call. */
struct sim_packet *sim_net_receive(struct sim_net *net, rtc_usec now);

/* link_draw and link_draw_unit. */
uint64_t sim_draw(uint64_t *state);
double sim_draw_unit(uint64_t *state);
