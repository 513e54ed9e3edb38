/* SPDX-License-Identifier: MIT
 * The peer's STUN and TURN servers: which sockets were asked about, and the
 * relays that came of it. Allocated with the first server. */
#pragma once

#include "ice/gather.h"
#include "rtc.h"
#include "turn/client.h"

struct rtc_peer;

#define RTC_PEER_SERVER_MOST 16
#define RTC_PEER_RELAY_MOST 16

/* One allocation: a TURN server as seen from one socket. */
struct rtc_relay {
    struct rtc_turn_client *client;
    unsigned server;
    uint8_t preference;                 /* of the socket it goes through */
    unsigned generation;                /* whose addresses ICE knows; 0: none */
    struct rtc_addr relayed[2], mapped; /* family 0: none */
    bool is_settled; /* allocated or failed: not waited for */
};

struct rtc_servers {
    struct rtc_ice_gather stun;
    struct rtc_server list[RTC_PEER_SERVER_MOST]; /* texts owned */
    unsigned count;
    struct rtc_relay relays[RTC_PEER_RELAY_MOST];
    unsigned relay_count;
    bool is_told; /* that gathering is done */
};

void rtc_servers_free(struct rtc_servers *s);

/* A server of a saved peer: known, but not asked. Copies. 0, ARG, NOMEM. */
int rtc_peer_put_server(struct rtc_peer *peer, const struct rtc_server *server);
/* A relay of a saved peer, which goes on with it. As rtc_turn_load. */
int rtc_peer_put_relay(struct rtc_peer *peer, unsigned server,
                       const struct rtc_addr *local, struct rtc_text saved,
                       rtc_usec age_us, rtc_usec now);
/* Asks whatever has not been asked yet: each server about each socket. */
void rtc_peer_ask_servers(struct rtc_peer *peer, rtc_usec now);
/* The socket is gone, and what was gathered through it. */
void rtc_peer_forget_socket(struct rtc_peer *peer, const struct rtc_addr *addr,
                            rtc_usec now);

/* What servers said or did not say since: candidates, permissions, events. */
void rtc_peer_follow_servers(struct rtc_peer *peer, rtc_usec now);
/* ICE has new remote candidates: relays let their datagrams through. */
void rtc_peer_permit_remotes(struct rtc_peer *peer, rtc_usec now);
/* ICE selected a pair: its relay, if it has one, binds a channel. */
void rtc_peer_bind_path(struct rtc_peer *peer, const struct rtc_path *path,
                        rtc_usec now);
/* TURN allocations are given back, once the session is over. */
void rtc_peer_release_relays(struct rtc_peer *peer, rtc_usec now);

void rtc_peer_tick_servers(struct rtc_peer *peer, rtc_usec now);
rtc_usec rtc_peer_servers_deadline(const struct rtc_peer *peer);
/* The next datagram to a server. Its length, or 0. */
int rtc_peer_transmit_servers(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                              struct rtc_path *ret_path, rtc_usec now);

/* relay.c: datagrams through relays. A datagram of a server: true, it is dealt
 * with; false, it is a peer's, and `path`, `data`, `len` are as if it had come
 * straight from there. */
bool rtc_peer_unwrap(struct rtc_peer *peer, struct rtc_path *path,
                     uint8_t **data, size_t *len, rtc_usec now);
/* Is it from a server that was asked over this path. */
bool rtc_peer_expects(const struct rtc_peer *peer, const struct rtc_path *path,
                      const uint8_t *data, size_t len);
/* How `path` goes over the wire. */
struct rtc_wire {
    struct rtc_path path;          /* to the next hop */
    struct rtc_turn_client *relay; /* NULL: straight */
    size_t head; /* bytes to leave free in front of a datagram */
    bool pads;   /* to 32 bits, behind it */
    struct rtc_addr peer;
};
struct rtc_wire rtc_peer_wire(const struct rtc_peer *peer,
                              const struct rtc_path *path);
/* What `len` bytes become on the wire. */
size_t rtc_wire_len(const struct rtc_wire *wire, size_t len);
/* Wraps the `len` bytes at `buf` + wire->head. The total length, or an error:
 * the datagram is lost. */
int rtc_wire_wrap(const struct rtc_wire *wire, uint8_t *buf, size_t len,
                  size_t cap, rtc_usec now);
