/* SPDX-License-Identifier: MIT
 * Small tables with linear search. */
#include "tests/sim/allocation.h"

#include "base/addr.h"

#include <stdlib.h>

static bool is_live(struct sim_allocations *all, struct sim_allocation *a,
                    rtc_usec now)
{
    if (a->client.local.family && now >= a->until) {
        a->client.local.family = 0;
        all->expired++;
    }
    return a->client.local.family != 0;
}

struct sim_allocation *sim_allocation_of(struct sim_allocations *all,
                                         const struct rtc_path *client,
                                         rtc_usec now)
{
    for (unsigned i = 0; i < SIM_ALLOCATION_MOST; i++)
        if (is_live(all, &all->items[i], now) &&
            rtc_path_equal(&all->items[i].client, client))
            return &all->items[i];
    return NULL;
}

struct sim_allocation *sim_allocation_at(struct sim_allocations *all,
                                         const struct rtc_addr *relayed,
                                         rtc_usec now)
{
    for (unsigned i = 0; i < SIM_ALLOCATION_MOST; i++)
        if (is_live(all, &all->items[i], now) &&
            rtc_addr_equal(&all->items[i].relayed, relayed))
            return &all->items[i];
    return NULL;
}

struct sim_allocation *sim_allocation_free(struct sim_allocations *all,
                                           rtc_usec now)
{
    for (unsigned i = 0; i < SIM_ALLOCATION_MOST; i++)
        if (!is_live(all, &all->items[i], now))
            return &all->items[i];
    return NULL;
}

unsigned sim_allocation_count(struct sim_allocations *all, rtc_usec now)
{
    unsigned count = 0;

    for (unsigned i = 0; i < SIM_ALLOCATION_MOST; i++)
        count += is_live(all, &all->items[i], now);
    return count;
}

bool sim_allocation_permits(const struct sim_allocation *a,
                            const struct rtc_addr *peer, rtc_usec now)
{
    for (unsigned i = 0; i < SIM_PERMISSION_MOST; i++)
        if (!a->permissions[i].channel && now < a->permissions[i].until &&
            rtc_addr_equal_ip(&a->permissions[i].peer, peer))
            return true;
    return false;
}

/* The channel of that number or (0) to that peer, or NULL. */
struct sim_permission *sim_allocation_channel(struct sim_allocation *a,
                                              uint16_t number,
                                              const struct rtc_addr *peer,
                                              rtc_usec now)
{
    for (unsigned i = 0; i < SIM_PERMISSION_MOST; i++) {
        struct sim_permission *p = &a->permissions[i];
        if (p->channel && now < p->until &&
            (number ? p->channel == number : rtc_addr_equal(&p->peer, peer)))
            return p;
    }
    return NULL;
}

void sim_allocation_permit(struct sim_allocation *a,
                           const struct sim_permission *permission,
                           rtc_usec now)
{
    struct sim_permission *slot = NULL;

    for (unsigned i = 0; i < SIM_PERMISSION_MOST; i++) {
        struct sim_permission *p = &a->permissions[i];
        bool is_it =
            p->channel == permission->channel &&
            (p->channel ? rtc_addr_equal(&p->peer, &permission->peer)
                        : rtc_addr_equal_ip(&p->peer, &permission->peer));
        if (is_it || (!slot && now >= p->until))
            slot = p;
        if (is_it)
            break;
    }
    if (!slot)
        abort();
    *slot = *permission;
}
