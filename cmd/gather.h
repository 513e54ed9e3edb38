/* SPDX-License-Identifier: MIT
 *
 * Gathers from servers: looks up their names, tells the peer of them, and waits
 * until each has answered or failed, or the time is up.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/exit.h"
#include "cmd/ice_options.h"
#include "cmd/report.h"

struct gather;

/* How it ended: RTC_EXIT_DONE, or a status with a sentence. Once. */
typedef void (*gather_fn)(void *user, enum rtc_exit status, const char *why);

struct gather_setup {
    struct driver *driver;
    struct report *report;
    const struct ice_options *options; /* lives as long */
    int family;                        /* 4, 6, or 0 for both */
    bool bind; /* connections come from the peer's own addresses only */
};

/* Reads the options, with `servers` those of servers, too. Ends the process
 * when it cannot. */
struct gather *gather_new(const struct gather_setup *setup, bool servers);
/* NULL is fine. The peer is to be removed from the driver first. */
void gather_free(struct gather *gather);

/* Begins, once the peer has its sockets. Without servers, or when all have
 * failed already, `fn` is called before it returns. */
void gather_start(struct gather *gather, struct rtc_peer *peer, gather_fn fn,
                  void *user);
/* One more server, that the other side named while the session was being made;
 * not when the user named some. User and password may be NULL. The session does
 * not wait for it. */
void gather_add(struct gather *gather, const char *url, const char *username,
                const char *password);
/* For each event of the peer: warns of servers, and notices the end. */
void gather_event(struct gather *gather, const struct rtc_event *event);

/* Which names the peer's TLS servers have, as lines for gather_reconnect; to be
 * freed. NULL when out of memory. */
char *gather_hosts(const struct gather *gather);
/* Connects a loaded peer to its servers over TCP and TLS again. `hosts` may be
 * NULL. */
void gather_reconnect(struct gather *gather, struct rtc_peer *peer,
                      const char *hosts);
