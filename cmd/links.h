/* SPDX-License-Identifier: MIT
 *
 * A peer's transports: its UDP sockets and, by tcp_links.h and uplinks.h, its
 * TCP connections. A datagram finds its own by the path's transport and
 * addresses. For driver.c, which serves the peer.
 */
#pragma once

#include "cmd/socket.h"
#include "cmd/uplinks.h"
#include "rtc.h"

struct driver;
struct impair;

/* Whom the transports serve. */
struct link_owner {
    struct driver *driver;
    struct rtc_peer *peer;
    struct socket_batch *batch; /* for reading; shared */
    bool *changed;              /* set: the peer is to be drained */
    struct impair *impair;      /* what UDP passes through, or NULL */
};

/* Hands one datagram to the peer. */
void link_receive(const struct link_owner *owner, const struct rtc_path *path,
                  uint8_t *data, size_t len, size_t segment);

struct links;

/* NULL when out of memory. */
struct links *links_new(const struct link_owner *owner);
/* Closes all of them. NULL is fine. */
void links_free(struct links *links);

/* Opens a socket, or a listener (RTC_TCP), and tells the peer unless it knows
 * of it. 0, or -1 with errno. */
int links_open(struct links *links, const struct rtc_addr *addr,
               enum rtc_transport transport, struct port_range range,
               bool is_known);
/* Whether one is open on this IP address. */
bool links_have(const struct links *links, const struct rtc_addr *ip,
                enum rtc_transport transport);
/* Datagrams that UDP sockets had no room for. */
uint64_t links_receive_drops(const struct links *links);
/* Closes those of which `is_gone` says so, and tells the peer. Their number;
 * their addresses go to `ret_addrs`, at most `most`. */
unsigned links_close_gone(struct links *links,
                          bool (*is_gone)(const struct rtc_addr *addr),
                          struct rtc_addr *ret_addrs, unsigned most);

/* Sends datagrams of one path. Bytes dealt with, fewer than `len` when a socket
 * is full: the peer is drained again when it is not. */
size_t links_send(struct links *links, const struct rtc_path *path,
                  const uint8_t *data, size_t len, size_t segment);

/* The connections to servers. */
struct uplinks *links_uplinks(struct links *links);
