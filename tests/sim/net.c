/* SPDX-License-Identifier: MIT
 * The seeded network: a binary heap of packets by arrival time. */
#include "tests/sim/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_MOST 64
#define BOX_MOST 8
#define REORDER_US 10000

/* One sender's way out, and what it remembers. */
struct route {
    struct rtc_addr from;
    struct sim_link link;
    struct sim_net_stats stats;
    rtc_usec busy_until; /* when the last byte queued has left */
    rtc_usec last_due;   /* jitter does not reorder */
    bool in_burst;
};

struct sim_net {
    uint64_t random;
    uint64_t order;
    struct route routes[LINK_MOST];
    unsigned route_count;
    struct sim_packet **heap;
    size_t count, cap;
    struct sim_packet *lent;
    struct sim_box boxes[BOX_MOST];
    unsigned box_count;
};

uint64_t sim_draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double sim_draw_unit(uint64_t *state)
{
    return (double)(sim_draw(state) >> 11) / 9007199254740992.0; /* 2^53 */
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
    for (size_t i = 0; i < net->count; i++)
        free(net->heap[i]);
    free(net->heap);
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
    find(net, from)->link = *link;
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

static bool before(const struct sim_packet *a, const struct sim_packet *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void push(struct sim_net *net, struct sim_packet *packet)
{
    size_t i = net->count++;

    if (net->count > net->cap) {
        net->cap = net->cap ? 2 * net->cap : 64;
        net->heap = realloc(net->heap, net->cap * sizeof *net->heap);
        if (!net->heap)
            abort();
    }
    for (; i && before(packet, net->heap[(i - 1) / 2]); i = (i - 1) / 2)
        net->heap[i] = net->heap[(i - 1) / 2];
    net->heap[i] = packet;
}

static struct sim_packet *pop(struct sim_net *net)
{
    struct sim_packet *top = net->heap[0], *last = net->heap[--net->count];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < net->count) {
        if (child + 1 < net->count &&
            before(net->heap[child + 1], net->heap[child]))
            child++;
        if (!before(net->heap[child], last))
            break;
        net->heap[i] = net->heap[child];
        i = child;
    }
    net->heap[i] = last;
    return top;
}

static bool is_lost(struct sim_net *net, struct route *r)
{
    const struct sim_link *l = &r->link;

    if (l->burst_good > 0 && l->burst_bad > 0) {
        double turn = 1 / (r->in_burst ? l->burst_bad : l->burst_good);
        if (sim_draw_unit(&net->random) < turn)
            r->in_burst = !r->in_burst;
        if (r->in_burst)
            return true;
    }
    return l->dead || (l->loss > 0 && sim_draw_unit(&net->random) < l->loss);
}

/* When the last byte has left the queue, or RTC_NEVER when it is full. */
static rtc_usec serialize(struct route *r, size_t len, rtc_usec now)
{
    const struct sim_link *l = &r->link;
    rtc_usec start = r->busy_until > now ? r->busy_until : now;
    uint64_t waiting;

    if (!l->rate_bps)
        return now;
    waiting = (uint64_t)(start - now) * l->rate_bps / 8000000;
    if (l->queue_bytes && waiting + len > l->queue_bytes)
        return RTC_NEVER;
    r->busy_until = start + (rtc_usec)(len * 8000000 / l->rate_bps);
    return r->busy_until;
}

static rtc_usec arrival(struct sim_net *net, struct route *r, rtc_usec left)
{
    const struct sim_link *l = &r->link;
    rtc_usec due = left + l->delay_us;

    if (l->jitter_us)
        due += (rtc_usec)((2 * sim_draw_unit(&net->random) - 1) *
                          (double)l->jitter_us);
    if (due < left)
        due = left;
    if (l->reorder > 0 && sim_draw_unit(&net->random) < l->reorder)
        return due + 1 + (rtc_usec)(sim_draw_unit(&net->random) * REORDER_US);
    if (due < r->last_due)
        due = r->last_due;
    r->last_due = due;
    return due;
}

static void enqueue(struct sim_net *net, const struct rtc_path *path,
                    const uint8_t *data, size_t len, rtc_usec sent,
                    rtc_usec due)
{
    struct sim_packet *packet = calloc(1, sizeof *packet);

    if (!packet || len > sizeof packet->data)
        abort();
    packet->sent = sent;
    packet->due = due;
    packet->order = net->order++;
    packet->path = *path;
    packet->path.local = path->remote;
    packet->path.remote = path->local;
    packet->len = len;
    memcpy(packet->data, data, len);
    push(net, packet);
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
    rtc_usec left;

    r->stats.sent++;
    if (len > r->stats.largest)
        r->stats.largest = len;
    if (!leaves(net, &outside, now) || is_lost(net, r)) {
        r->stats.lost++;
        return;
    }
    left = serialize(r, len, now);
    if (left == RTC_NEVER) {
        r->stats.queue_dropped++;
        return;
    }
    enqueue(net, &outside, data, len, now, arrival(net, r, left));
    r->stats.delivered++;
    if (r->link.duplicate > 0 &&
        sim_draw_unit(&net->random) < r->link.duplicate) {
        enqueue(net, &outside, data, len, now, arrival(net, r, left));
        r->stats.duplicated++;
    }
}

rtc_usec sim_net_deadline(const struct sim_net *net)
{
    return net->count ? net->heap[0]->due : RTC_NEVER;
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
    while (net->count && net->heap[0]->due <= now) {
        net->lent = pop(net);
        if (comes_through(net, net->lent, now))
            return net->lent;
        free(net->lent);
        net->lent = NULL;
    }
    return NULL;
}
