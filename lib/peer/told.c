/* SPDX-License-Identifier: MIT
 * Our candidates as told: a list beside ICE's, gone through when ICE's grew. */
#include "peer/told.h"

#include "base/addr.h"
#include "peer/peer.h"

static struct rtc_told_candidate *find(struct rtc_told *told,
                                       const struct rtc_candidate *c)
{
    for (unsigned i = 0; i < told->count; i++)
        if (told->list[i].transport == c->transport &&
            told->list[i].tcptype == c->tcptype &&
            rtc_addr_equal(&told->list[i].addr, &c->addr) &&
            rtc_addr_equal(&told->list[i].base, &c->base))
            return &told->list[i];
    return NULL;
}

/* ICE keeps no more candidates than there are places, and what it drops is
 * dropped here. */
static struct rtc_told_candidate *find_or_add(struct rtc_told *told,
                                              const struct rtc_candidate *c)
{
    struct rtc_told_candidate *found = find(told, c);

    if (found)
        return found;
    if (told->count == RTC_TOLD_MOST)
        told->count--;
    found = &told->list[told->count++];
    *found = (struct rtc_told_candidate){.addr = c->addr,
                                         .base = c->base,
                                         .transport = (uint8_t)c->transport,
                                         .tcptype = (uint8_t)c->tcptype};
    return found;
}

void rtc_peer_tell_all(struct rtc_peer *peer)
{
    struct rtc_candidate c;

    for (unsigned i = 0; rtc_ice_local(peer->ice, i, &c); i++) {
        struct rtc_told_candidate *told = find_or_add(&peer->told, &c);
        told->by_event = told->by_text = true;
    }
    peer->told.end = rtc_peer_is_gathered(peer);
}

void rtc_peer_tell_anew(struct rtc_peer *peer)
{
    peer->told.count = 0;
    peer->told.end = false;
    peer->told.is_stale = true;
}

void rtc_peer_drop_candidates(struct rtc_peer *peer,
                              const struct rtc_addr *base, rtc_usec now)
{
    struct rtc_told *told = &peer->told;

    rtc_ice_remove_local(peer->ice, base, now);
    for (unsigned i = told->count; i-- > 0;)
        if (rtc_addr_equal(&told->list[i].base, base))
            told->list[i] = told->list[--told->count];
}

static void make_public(const struct rtc_peer *peer, struct rtc_candidate *c)
{
    if (peer->config.hide_related)
        c->related = (struct rtc_addr){0};
}

bool rtc_peer_poll_candidate(struct rtc_peer *peer, struct rtc_event *ret_event)
{
    struct rtc_told *told = &peer->told;

    if (!peer->descriptions.local && !peer->descriptions.pending)
        told->is_stale = false; /* the first description will tell of them */
    for (unsigned i = 0;
         told->is_stale && rtc_ice_local(peer->ice, i, &told->candidate); i++) {
        struct rtc_told_candidate *entry = find_or_add(told, &told->candidate);
        if (entry->by_event)
            continue;
        entry->by_event = true;
        make_public(peer, &told->candidate);
        *ret_event = (struct rtc_event){.type = RTC_EVENT_CANDIDATE,
                                        .track = -1,
                                        .time = peer->as_of,
                                        .candidate = &told->candidate};
        return true;
    }
    told->is_stale = false;
    if (!told->gathered_due)
        return false;
    told->gathered_due = false;
    *ret_event = (struct rtc_event){
        .type = RTC_EVENT_GATHERED, .track = -1, .time = peer->as_of};
    return true;
}

bool rtc_peer_next_untold(struct rtc_peer *peer,
                          struct rtc_candidate *ret_candidate)
{
    for (unsigned i = 0; rtc_ice_local(peer->ice, i, ret_candidate); i++) {
        struct rtc_told_candidate *entry =
            find_or_add(&peer->told, ret_candidate);
        if (entry->by_text)
            continue;
        entry->by_text = true;
        make_public(peer, ret_candidate);
        return true;
    }
    return false;
}
