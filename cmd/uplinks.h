/* SPDX-License-Identifier: MIT
 *
 * TCP and TLS connections to a peer's TURN servers, kept up as long as the peer
 * lives: one that ends is made again, after a while that doubles.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/stream.h"

#define UPLINKS_MOST 16 /* what rtc_peer_add_server takes */

struct link_owner;
struct uplinks;

/* Lives no longer than `owner`. NULL when out of memory. */
struct uplinks *uplinks_new(struct link_owner *owner);
void uplinks_free(struct uplinks *up);

/* As driver_connect_server. */
int uplinks_add(struct uplinks *up, const struct driver_server *server,
                driver_server_fn fn, void *user);
/* Whether one was not yet connected, nor failed. */
bool uplinks_are_connecting(const struct uplinks *up);
/* The connection of a path, or NULL. */
struct stream *uplinks_stream(struct uplinks *up, const struct rtc_path *path);
/* Goes where a server sends us (RFC 8489 10); true when that is done here, so
 * that nobody else need hear of it. */
bool uplinks_follow(struct uplinks *up, const struct rtc_event *event);
