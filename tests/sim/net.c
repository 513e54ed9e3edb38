/* SPDX-License-Identifier: MIT
 * The seeded network: who sends over which link, and what is under way. What a
 * link does is cmd/link_model.c's. */
#include "tests/sim/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/due_heap.h"

#define LINK_MOST 64
#define BOX_MOST 8

/* One sender's way out, and what it remembers. */
struct route {
    struct rtc_addr from;
    struct link_model link;
    struct sim_net_stats stats;
};

struct sim_net {
    uint64_t random;
    struct route routes[LINK_MOST];
    unsigned route_count;
    struct due_heap heap; /* of struct sim_packet */
    struct sim_packet *lent;
    struct sim_box boxes[BOX_MOST];
    unsigned box_count;
};

uint64_t sim_draw(uint64_t *state)
{
    return link_draw(state);
}

double sim_draw_unit(uint64_t *state)
{
    return link_draw_unit(state);
}

struct sim_net *sim_net_new(uint64_t seed)
{
    struct sim_net *net = calloc(1, sizeof *net);

    if (!net)
        abort();
    net->random = seed;
    return net;
}

void sim_net_free(struct sim_net *net)
{
    if (!net)
        return;
    while (net->heap.count > 0)
        free(due_heap_pop(&net->heap));
    due_heap_done(&net->heap);
    free(net->lent);
    free(net);
}

static bool same(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return a->family == b->family && a->port == b->port &&
           !memcmp(a->ip, b->ip, sizeof a->ip);
}

static struct route *find(struct sim_net *net, const struct rtc_addr *from)
{
    for (unsigned i = 0; i < net->route_count; i++)
        if (same(&net->routes[i].from, from))
            return &net->routes[i];
    if (net->route_count == LINK_MOST) {
        fprintf(stderr, "sim_net: more than %d senders\n", LINK_MOST);
        abort();
    }
    net->routes[net->route_count].from = *from;
    return &net->routes[net->route_count++];
}

void sim_net_link(struct sim_net *net, const struct rtc_addr *from,
                  const struct sim_link *link)
{
    find(net, from)->link.terms = *link;
}

const struct sim_net_stats *sim_net_stats(const struct sim_net *net,
                                          const struct rtc_addr *from)
{
    static const struct sim_net_stats none;

    for (unsigned i = 0; i < net->route_count; i++)
        if (same(&net->routes[i].from, from))
            return &net->routes[i].stats;
    return &none;
}

void sim_net_add_box(struct sim_net *net, const struct sim_box *box)
{
    if (net->box_count == BOX_MOST)
        abort();
    net->boxes[net->box_count++] = *box;
}

static void enqueue(struct sim_net *net, const struct rtc_path *path,
                    const uint8_t *data, size_t len, rtc_usec due)
{
    struct sim_packet *packet = calloc(1, sizeof *packet);

    if (!packet || len > sizeof packet->data)
        abort();
    packet->due = due;
    packet->path = *path;
    packet->path.local = path->remote;
    packet->path.remote = path->local;
    packet->len = len;
    memcpy(packet->data, data, len);
    if (!due_heap_push(&net->heap, due, packet))
        abort();
}

static bool leaves(struct sim_net *net, struct rtc_path *path, rtc_usec now)
{
    for (unsigned i = 0; i < net->box_count; i++) {
        const struct sim_box *box = &net->boxes[i];
        if (box->leave && !box->leave(box->user, path, now))
            return false;
    }
    return true;
}

void sim_net_send(struct sim_net *net, const struct rtc_path *path,
                  const uint8_t *data, size_t len, rtc_usec now)
{
    struct route *r = find(net, &path->local);
    struct rtc_path outside = *path;
    enum link_fate fate;
    rtc_usec due[2];

    r->stats.sent++;
    if (len > r->stats.largest)
        r->stats.largest = len;
    fate = leaves(net, &outside, now)
               ? link_model_send(&r->link, len, &net->random, due, now)
               : LINK_LOST;
    r->stats.lost += fate == LINK_LOST;
    r->stats.queue_dropped += fate == LINK_FULL;
    if (fate != LINK_ARRIVES)
        return;
    enqueue(net, &outside, data, len, due[0]);
    r->stats.delivered++;
    if (due[1] != RTC_NEVER) {
        enqueue(net, &outside, data, len, due[1]);
        r->stats.duplicated++;
    }
}

rtc_usec sim_net_deadline(const struct sim_net *net)
{
    return due_heap_deadline(&net->heap);
}

/* Whether it is through all boxes, and not for one of them. */
static bool comes_through(struct sim_net *net, struct sim_packet *packet,
                          rtc_usec now)
{
    for (unsigned i = 0; i < net->box_count; i++) {
        const struct sim_box *box = &net->boxes[i];
        if ((box->arrive && !box->arrive(box->user, &packet->path, now)) ||
            (box->take && box->take(box->user, packet, now)))
            return false;
    }
    return true;
}

struct sim_packet *sim_net_receive(struct sim_net *net, rtc_usec now)
{
    free(net->lent);
    net->lent = NULL;
    while (net->heap.count && due_heap_deadline(&net->heap) <= now) {
        net->lent = due_heap_pop(&net->heap);
        if (comes_through(net, net->lent, now))
            return net->lent;
        free(net->lent);
        net->lent = NULL;
    }
    return NULL;
}
