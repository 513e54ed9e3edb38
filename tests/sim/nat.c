/* SPDX-License-Identifier: MIT
 * The NAT: a table of mappings, each with those it was used to send to. */
#include "tests/sim/nat.h"

#include <stdlib.h>
#include <string.h>

#define MAPPING_MOST 128
#define DESTINATION_MOST 16

struct mapping {
    bool used;
    uint16_t port; /* outside */
    struct rtc_addr inside;
    struct rtc_addr towards;                        /* family 0: to anyone */
    struct rtc_addr destinations[DESTINATION_MOST]; /* the latest ones */
    unsigned destination_count;
    rtc_usec used_at;
};

struct sim_nat {
    struct sim_nat_config config;
    struct sim_nat_stats stats;
    struct mapping mappings[MAPPING_MOST];
    uint16_t next_port;
};

static bool same_ip(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return a->family == b->family && !memcmp(a->ip, b->ip, sizeof a->ip);
}

static bool same(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return a->port == b->port && same_ip(a, b);
}

static bool is_inside(const struct sim_nat *nat, const struct rtc_addr *addr)
{
    return addr->family == 4 && !memcmp(addr->ip, nat->config.inside.ip, 3);
}

static bool is_live(const struct sim_nat *nat, const struct mapping *m,
                    rtc_usec now)
{
    rtc_usec lifetime = nat->config.lifetime_us;

    return m->used && (!lifetime || now - m->used_at < lifetime);
}

static struct mapping *find_port(struct sim_nat *nat, uint16_t port,
                                 rtc_usec now)
{
    for (unsigned i = 0; i < MAPPING_MOST; i++)
        if (is_live(nat, &nat->mappings[i], now) &&
            nat->mappings[i].port == port)
            return &nat->mappings[i];
    return NULL;
}

static struct mapping *find_inside(struct sim_nat *nat,
                                   const struct rtc_path *path, rtc_usec now)
{
    for (unsigned i = 0; i < MAPPING_MOST; i++) {
        struct mapping *m = &nat->mappings[i];
        if (is_live(nat, m, now) && same(&m->inside, &path->local) &&
            (!m->towards.family || same(&m->towards, &path->remote)))
            return m;
    }
    return NULL;
}

static uint16_t choose_port(struct sim_nat *nat, uint16_t inside, rtc_usec now)
{
    if (nat->config.keeps_port && !find_port(nat, inside, now))
        return inside;
    while (find_port(nat, nat->next_port, now))
        nat->next_port++;
    return nat->next_port++;
}

static struct mapping *map(struct sim_nat *nat, const struct rtc_path *path,
                           rtc_usec now)
{
    struct mapping *m = nat->mappings;

    while (is_live(nat, m, now))
        if (++m == nat->mappings + MAPPING_MOST)
            abort();
    *m = (struct mapping){.inside = path->local};
    m->port = choose_port(nat, path->local.port, now);
    if (nat->config.mapping == SIM_NAT_SYMMETRIC)
        m->towards = path->remote;
    m->used = true;
    nat->stats.mappings++;
    return m;
}

static bool may_come(const struct sim_nat *nat, const struct mapping *m,
                     const struct rtc_addr *from)
{
    unsigned count = m->destination_count;

    if (nat->config.filter == SIM_NAT_OPEN)
        return true;
    for (unsigned i = 0; i < count && i < DESTINATION_MOST; i++)
        if (nat->config.filter == SIM_NAT_ADDRESS
                ? same_ip(&m->destinations[i], from)
                : same(&m->destinations[i], from))
            return true;
    return false;
}

static void note_destination(struct mapping *m, const struct rtc_addr *to)
{
    for (unsigned i = 0; i < m->destination_count && i < DESTINATION_MOST; i++)
        if (same(&m->destinations[i], to))
            return;
    m->destinations[m->destination_count++ % DESTINATION_MOST] = *to;
}

static bool leave(void *user, struct rtc_path *path, rtc_usec now)
{
    struct sim_nat *nat = user;
    struct mapping *m;

    if (!is_inside(nat, &path->local) || is_inside(nat, &path->remote))
        return true;
    if (same_ip(&path->remote, &nat->config.outside)) {
        nat->stats.strayed++;
        return false;
    }
    m = find_inside(nat, path, now);
    if (!m)
        m = map(nat, path, now);
    m->used_at = now;
    note_destination(m, &path->remote);
    path->local = nat->config.outside;
    path->local.port = m->port;
    nat->stats.out++;
    return true;
}

static bool arrive(void *user, struct rtc_path *path, rtc_usec now)
{
    struct sim_nat *nat = user;
    struct mapping *m;

    if (is_inside(nat, &path->local)) {
        bool from_inside = is_inside(nat, &path->remote);
        nat->stats.strayed += !from_inside;
        return from_inside;
    }
    if (!same_ip(&path->local, &nat->config.outside))
        return true;
    m = find_port(nat, path->local.port, now);
    if (!m) {
        nat->stats.strayed++;
        return false;
    }
    if (!may_come(nat, m, &path->remote)) {
        nat->stats.filtered++;
        return false;
    }
    path->local = m->inside;
    nat->stats.in++;
    return true;
}

struct sim_nat *sim_nat_new(struct sim_net *net,
                            const struct sim_nat_config *config)
{
    struct sim_nat *nat = calloc(1, sizeof *nat);

    if (!nat)
        abort();
    nat->config = *config;
    nat->next_port = config->outside.port;
    sim_net_add_box(
        net, &(struct sim_box){.user = nat, .leave = leave, .arrive = arrive});
    return nat;
}

void sim_nat_free(struct sim_nat *nat)
{
    free(nat);
}

const struct sim_nat_stats *sim_nat_stats(const struct sim_nat *nat)
{
    return &nat->stats;
}

void sim_nat_forget(struct sim_nat *nat)
{
    memset(nat->mappings, 0, sizeof nat->mappings);
}
