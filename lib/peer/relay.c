/* SPDX-License-Identifier: MIT
 * Datagrams through TURN relays: unwrapped on the way in, wrapped on the way
 * out, so that ICE, DTLS and SRTP see a relayed address as one of ours. */
#include <string.h>

#include "base/addr.h"
#include "peer/peer.h"
#include "peer/servers.h"

/* RFC 8656 12.4: channel number and length; padded only in a stream. */
#define CHANNEL_HEAD 4

static struct rtc_turn_client *relay_to(const struct rtc_servers *s,
                                        const struct rtc_path *path)
{
    for (unsigned i = 0; i < s->relay_count; i++)
        if (rtc_path_equal(rtc_turn_path(s->relays[i].client), path))
            return s->relays[i].client;
    return NULL;
}

static bool take_stun(struct rtc_peer *peer, const struct rtc_path *path,
                      const uint8_t *data, size_t len, rtc_usec now)
{
    struct rtc_ice_gather *stun = &peer->servers->stun;
    struct rtc_candidate candidate;

    if (!rtc_ice_gather_expects(stun, path, data, len))
        return false;
    if (rtc_ice_gather_receive(stun, path, data, len, &candidate, now) ==
            RTC_ICE_GATHER_CANDIDATE &&
        rtc_ice_add_local(peer->ice, &candidate, now) == 0)
        peer->told.is_stale = true;
    return true;
}

bool rtc_peer_unwrap(struct rtc_peer *peer, struct rtc_path *path,
                     uint8_t **data, size_t *len, rtc_usec now)
{
    struct rtc_turn_client *relay = relay_to(peer->servers, path);
    struct rtc_turn_data inside;

    /* One server may be asked as both, over one path. */
    if (take_stun(peer, path, *data, *len, now)) {
        rtc_peer_follow(peer, now);
        return true;
    }
    if (!relay)
        return false;
    switch (rtc_turn_receive(relay, *data, *len, &inside, now)) {
    case RTC_TURN_DATA:
        path->local = inside.relayed;
        path->remote = inside.peer;
        path->transport = RTC_UDP;
        *data = inside.data;
        *len = inside.len;
        return false;
    case RTC_TURN_DROPPED:
        peer->stats.datagrams_dropped++;
        break;
    case RTC_TURN_CONTROL:
        break;
    }
    rtc_peer_follow(peer, now);
    return true;
}

bool rtc_peer_expects(const struct rtc_peer *peer, const struct rtc_path *path,
                      const uint8_t *data, size_t len)
{
    const struct rtc_servers *s = peer->servers;

    return s && (relay_to(s, path) ||
                 rtc_ice_gather_expects(&s->stun, path, data, len));
}

static struct rtc_turn_client *owner_of(const struct rtc_servers *s,
                                        const struct rtc_addr *relayed)
{
    for (unsigned i = 0; s && i < s->relay_count; i++)
        if (rtc_addr_equal(&s->relays[i].relayed[0], relayed) ||
            rtc_addr_equal(&s->relays[i].relayed[1], relayed))
            return s->relays[i].client;
    return NULL;
}

struct rtc_wire rtc_peer_wire(const struct rtc_peer *peer,
                              const struct rtc_path *path)
{
    struct rtc_wire wire = {.path = *path, .peer = path->remote};

    wire.relay = owner_of(peer->servers, &path->local);
    if (wire.relay) {
        wire.path = *rtc_turn_path(wire.relay);
        wire.head = rtc_turn_head(wire.relay, &path->remote);
        wire.pads = wire.head != CHANNEL_HEAD || wire.path.transport != RTC_UDP;
    }
    return wire;
}

size_t rtc_wire_len(const struct rtc_wire *wire, size_t len)
{
    return wire->head + (wire->pads ? (len + 3) & ~(size_t)3 : len);
}

int rtc_wire_wrap(const struct rtc_wire *wire, uint8_t *buf, size_t len,
                  size_t cap, rtc_usec now)
{
    if (!wire->relay)
        return (int)len;
    return rtc_turn_wrap(wire->relay, &wire->peer, buf, wire->head, len, cap,
                         now);
}

void rtc_peer_permit_remotes(struct rtc_peer *peer, rtc_usec now)
{
    const struct rtc_servers *s = peer->servers;
    struct rtc_candidate remote;

    for (unsigned r = 0; s && rtc_ice_remote(peer->ice, r, &remote); r++)
        for (unsigned i = 0; i < s->relay_count; i++)
            for (unsigned a = 0; a < 2; a++)
                if (remote.transport == RTC_UDP &&
                    s->relays[i].relayed[a].family == remote.addr.family)
                    rtc_turn_permit(s->relays[i].client, &remote.addr, now);
}

void rtc_peer_bind_path(struct rtc_peer *peer, const struct rtc_path *path,
                        rtc_usec now)
{
    struct rtc_turn_client *relay = owner_of(peer->servers, &path->local);

    if (relay)
        rtc_turn_bind(relay, &path->remote, now);
}
