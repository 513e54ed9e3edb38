/* SPDX-License-Identifier: MIT
 * Fixed arrays of candidates and pairs with linear search: the largest has 100
 * entries and is walked at most once a message. */
#include "ice/checklist.h"

#include "base/addr.h"
#include "base/clock.h"

#include <string.h>

int rtc_checklist_find_local(const struct rtc_ice_checklist *list,
                             const struct rtc_addr *addr,
                             const struct rtc_addr *base,
                             enum rtc_transport transport)
{
    for (unsigned i = 0; i < list->local_count; i++) {
        const struct rtc_ice_local *local = &list->locals[i];

        if (local->used && local->transport == transport &&
            rtc_addr_equal(&local->addr, addr) &&
            rtc_addr_equal(&local->base, base))
            return (int)i;
    }
    return -1;
}

int rtc_checklist_find_base(const struct rtc_ice_checklist *list,
                            const struct rtc_addr *base,
                            enum rtc_transport transport)
{
    int found = -1;

    for (unsigned i = 0; i < list->local_count; i++) {
        const struct rtc_ice_local *local = &list->locals[i];

        if (!local->used || local->transport != transport ||
            !rtc_addr_equal(&local->base, base))
            continue;
        if (rtc_addr_equal(&local->addr, base))
            return (int)i;
        if (found < 0)
            found = (int)i;
    }
    return found;
}

int rtc_checklist_find_remote(const struct rtc_ice_checklist *list,
                              const struct rtc_addr *addr,
                              enum rtc_transport transport)
{
    for (unsigned i = 0; i < list->remote_count; i++)
        if (list->remotes[i].transport == transport &&
            rtc_ice_remote_is_at(&list->remotes[i], addr))
            return (int)i;
    return -1;
}

int rtc_checklist_find_path(const struct rtc_ice_checklist *list,
                            const struct rtc_path *path)
{
    for (unsigned i = 0; i < list->pair_count; i++) {
        const struct rtc_ice_pair *pair = &list->pairs[i];

        if (pair->state == RTC_ICE_PAIR_FREE)
            continue;
        if (list->locals[pair->local].transport == path->transport &&
            rtc_addr_equal(&list->locals[pair->local].base, &path->local) &&
            rtc_ice_remote_is_at(&list->remotes[pair->remote], &path->remote))
            return (int)i;
    }
    return -1;
}

int rtc_checklist_add_local(struct rtc_ice_checklist *list,
                            const struct rtc_ice_local *local)
{
    unsigned i = 0;

    while (i < list->local_count && list->locals[i].used)
        i++;
    if (i == RTC_ICE_LOCAL_MOST)
        return RTC_ERR_NOMEM;
    if (i == list->local_count)
        list->local_count++;
    list->locals[i] = *local;
    list->locals[i].used = true;
    return (int)i;
}

static rtc_usec last_answer_of(const struct rtc_ice_checklist *list,
                               unsigned remote)
{
    rtc_usec last = 0;

    for (unsigned i = 0; i < list->pair_count; i++)
        if (list->pairs[i].state != RTC_ICE_PAIR_FREE &&
            list->pairs[i].remote == remote)
            last = rtc_max_time(last, list->pairs[i].answered_at);
    return last;
}

/* A remote whose NAT gives it new ports must not run into the cap. */
static int replaceable_remote(const struct rtc_ice_checklist *list, int keep)
{
    int found = -1;

    for (unsigned i = 0; i < list->remote_count; i++) {
        if (list->remotes[i].type != RTC_CANDIDATE_PRFLX ||
            (keep >= 0 && list->pairs[keep].remote == i))
            continue;
        if (found < 0 ||
            last_answer_of(list, i) < last_answer_of(list, (unsigned)found))
            found = (int)i;
    }
    return found;
}

/* One that was told of and never answered. */
static int useless_remote(const struct rtc_ice_checklist *list, int keep)
{
    int found = -1;

    for (unsigned i = 0; i < list->remote_count; i++) {
        if (last_answer_of(list, i) > 0 ||
            (keep >= 0 && list->pairs[keep].remote == i))
            continue;
        if (found < 0 ||
            list->remotes[i].priority < list->remotes[found].priority)
            found = (int)i;
    }
    return found;
}

int rtc_checklist_add_remote(struct rtc_ice_checklist *list,
                             const struct rtc_ice_remote *remote, int keep)
{
    int index = (int)list->remote_count;

    if (list->remote_count < RTC_ICE_REMOTE_MOST) {
        list->remotes[list->remote_count++] = *remote;
        return index;
    }
    index = replaceable_remote(list, keep);
    if (index < 0 && remote->type == RTC_CANDIDATE_PRFLX)
        index = useless_remote(list, keep);
    if (index < 0)
        return RTC_ERR_NOMEM;
    for (unsigned i = 0; i < list->pair_count; i++)
        if (list->pairs[i].remote == index)
            list->pairs[i].state = RTC_ICE_PAIR_FREE;
    list->remotes[index] = *remote;
    return index;
}

void rtc_checklist_remove_base(struct rtc_ice_checklist *list,
                               const struct rtc_addr *base)
{
    for (unsigned i = 0; i < list->pair_count; i++)
        if (rtc_addr_equal(&list->locals[list->pairs[i].local].base, base))
            list->pairs[i].state = RTC_ICE_PAIR_FREE;
    for (unsigned i = 0; i < list->local_count; i++)
        if (rtc_addr_equal(&list->locals[i].base, base))
            list->locals[i].used = false;
}

static uint64_t pair_priority(const struct rtc_ice_checklist *list,
                              unsigned local, unsigned remote)
{
    uint32_t ours = list->locals[local].priority;
    uint32_t theirs = list->remotes[remote].priority;

    return list->controlling ? rtc_pair_priority(ours, theirs)
                             : rtc_pair_priority(theirs, ours);
}

void rtc_checklist_reorder(struct rtc_ice_checklist *list)
{
    for (unsigned i = 0; i < list->pair_count; i++)
        list->pairs[i].priority =
            pair_priority(list, list->pairs[i].local, list->pairs[i].remote);
}

void rtc_checklist_set_role(struct rtc_ice_checklist *list, bool controlling)
{
    list->controlling = controlling;
    rtc_checklist_reorder(list);
}

/* A slot for a pair of that priority, or -1. */
static int free_slot(struct rtc_ice_checklist *list, uint64_t priority)
{
    int worst = -1;

    for (unsigned i = 0; i < list->pair_count; i++) {
        const struct rtc_ice_pair *pair = &list->pairs[i];

        if (pair->state == RTC_ICE_PAIR_FREE)
            return (int)i;
        if (!pair->valid && pair->priority < priority &&
            (worst < 0 || pair->priority < list->pairs[worst].priority))
            worst = (int)i;
    }
    if (list->pair_count < RTC_ICE_PAIR_MOST)
        return (int)list->pair_count++;
    return worst;
}

int rtc_checklist_pair(struct rtc_ice_checklist *list, unsigned local,
                       unsigned remote)
{
    struct rtc_path path =
        rtc_ice_path(&list->locals[local], &list->remotes[remote]);
    uint64_t priority = pair_priority(list, local, remote);
    int index = rtc_checklist_find_path(list, &path);

    if (index >= 0) {
        struct rtc_ice_pair *pair = &list->pairs[index];

        if (pair->remote == remote && priority > pair->priority) {
            pair->local = (uint8_t)local;
            pair->priority = priority;
        }
        return index;
    }
    index = free_slot(list, priority);
    if (index >= 0)
        list->pairs[index] =
            (struct rtc_ice_pair){.priority = priority,
                                  .local = (uint8_t)local,
                                  .remote = (uint8_t)remote,
                                  .valid_local = (uint8_t)local,
                                  .rtt_us = -1,
                                  .state = RTC_ICE_PAIR_WAITING};
    return index;
}

/* Whether the two make a pair that was not there. */
static bool pair_anew(struct rtc_ice_checklist *list, unsigned local,
                      unsigned remote)
{
    const struct rtc_ice_local *l = &list->locals[local];
    const struct rtc_ice_remote *r = &list->remotes[remote];
    struct rtc_path path = rtc_ice_path(l, r);
    bool is_new = rtc_checklist_find_path(list, &path) < 0;

    /* A learnt local address adds no path: its base has the pairs. */
    if (!l->used || l->type == RTC_CANDIDATE_PRFLX || !rtc_ice_can_pair(l, r))
        return false;
    return rtc_checklist_pair(list, local, remote) >= 0 && is_new;
}

unsigned rtc_checklist_pair_local(struct rtc_ice_checklist *list,
                                  unsigned local)
{
    unsigned count = 0;

    for (unsigned i = 0; i < list->remote_count; i++)
        count += pair_anew(list, local, i);
    return count;
}

unsigned rtc_checklist_pair_remote(struct rtc_ice_checklist *list,
                                   unsigned remote)
{
    unsigned count = 0;

    for (unsigned i = 0; i < list->local_count; i++)
        count += pair_anew(list, i, remote);
    return count;
}

void rtc_checklist_clear_remotes(struct rtc_ice_checklist *list)
{
    list->remote_count = 0;
    list->pair_count = 0;
    for (unsigned i = 0; i < list->local_count; i++)
        if (list->locals[i].type == RTC_CANDIDATE_PRFLX)
            list->locals[i].used = false;
}

int rtc_checklist_pick(const struct rtc_ice_checklist *list,
                       bool triggered_only)
{
    int best = -1;

    for (unsigned i = 0; i < list->pair_count; i++) {
        const struct rtc_ice_pair *pair = &list->pairs[i];
        const struct rtc_ice_pair *than = best < 0 ? NULL : &list->pairs[best];

        if (pair->state != RTC_ICE_PAIR_WAITING ||
            (triggered_only && !pair->triggered))
            continue;
        if (!than || pair->triggered > than->triggered ||
            (pair->triggered == than->triggered &&
             pair->priority > than->priority))
            best = (int)i;
    }
    return best;
}

int rtc_checklist_best_valid(const struct rtc_ice_checklist *list)
{
    int best = -1;

    for (unsigned i = 0; i < list->pair_count; i++)
        if (list->pairs[i].state != RTC_ICE_PAIR_FREE && list->pairs[i].valid &&
            (best < 0 || list->pairs[i].priority > list->pairs[best].priority))
            best = (int)i;
    return best;
}

unsigned rtc_checklist_unsettled(const struct rtc_ice_checklist *list,
                                 uint64_t priority)
{
    unsigned count = 0;

    for (unsigned i = 0; i < list->pair_count; i++) {
        uint8_t state = list->pairs[i].state;

        count +=
            list->pairs[i].priority > priority &&
            (state == RTC_ICE_PAIR_WAITING || state == RTC_ICE_PAIR_CHECKING);
    }
    return count;
}

struct rtc_path rtc_checklist_path(const struct rtc_ice_checklist *list,
                                   unsigned pair)
{
    return rtc_ice_path(&list->locals[list->pairs[pair].local],
                        &list->remotes[list->pairs[pair].remote]);
}

static unsigned kind_of(uint8_t type)
{
    return type == RTC_CANDIDATE_PRFLX ? RTC_CANDIDATE_SRFLX : type;
}

bool rtc_checklist_same_kind(const struct rtc_ice_checklist *list, unsigned a,
                             unsigned b)
{
    const struct rtc_ice_pair *pa = &list->pairs[a], *pb = &list->pairs[b];

    return list->locals[pa->local].transport ==
               list->locals[pb->local].transport &&
           kind_of(list->locals[pa->valid_local].type) ==
               kind_of(list->locals[pb->valid_local].type) &&
           kind_of(list->remotes[pa->remote].type) ==
               kind_of(list->remotes[pb->remote].type);
}
