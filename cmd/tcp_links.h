/* SPDX-License-Identifier: MIT
 *
 * TCP between peers (RFC 6544): listeners with what they accepted (passive
 * candidates), and connections made on demand (active ones, local port 9).
 */
#pragma once

#include "cmd/stream.h"
#include "cmd/value.h"

/* Connections of one peer at most, each way. */
#define TCP_LINKS_MOST 32

struct link_owner;
struct tcp_links;

/* Lives no longer than `owner`. NULL when out of memory. */
struct tcp_links *tcp_links_new(struct link_owner *owner);
void tcp_links_free(struct tcp_links *tcp);

/* 0, or -1 with errno. */
int tcp_links_listen(struct tcp_links *tcp, const struct rtc_addr *addr,
                     struct port_range range, struct rtc_addr *ret_local);
/* As links_have and links_close_gone. */
bool tcp_links_have(const struct tcp_links *tcp, const struct rtc_addr *ip);
unsigned tcp_links_close_gone(struct tcp_links *tcp,
                              bool (*is_gone)(const struct rtc_addr *addr),
                              struct rtc_addr *ret_addrs, unsigned most);
/* The connection of a path, made now when it is an active one. NULL: none. */
struct stream *tcp_links_stream(struct tcp_links *tcp,
                                const struct rtc_path *path);
