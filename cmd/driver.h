/* SPDX-License-Identifier: MIT
 *
 * Runs peers on libevent: sockets in, datagrams out, timers, signals. Obeys the
 * driver's law of rtc.h once per wakeup, after all sockets that are ready were
 * read, so one drain serves a whole batch.
 *
 * All callbacks come from driver_run. A tool that changed a peer (sent a frame,
 * applied a description, closed it) says so by driver_changed.
 */
#pragma once

#include <stdbool.h>

#include "cmd/value.h"
#include "rtc.h"

struct driver;
struct driver_watch;
struct impair;
struct tls_trust;

/* Also ignores SIGPIPE: a write then says EPIPE. NULL when out of memory or
 * descriptors. */
struct driver *driver_new(void);
/* Closes the sockets; peers and watches must be gone. NULL is fine. */
void driver_free(struct driver *driver);
/* libevent's version. Static. */
const char *driver_version(void);

/* Serves peers and watches until driver_stop is called. */
void driver_run(struct driver *driver);
/* Once what an impairment holds has left. */
void driver_stop(struct driver *driver);
/* The time of this wakeup, CLOCK_MONOTONIC; for every `now`. Outside of
 * driver_run, the time. */
rtc_usec driver_now(struct driver *driver);

/* An rtc_random_fn over getrandom(2). */
void driver_random(void *user, void *buf, size_t len);

/* ---- peers --------------------------------------------------------------- */

typedef void (*driver_event_fn)(void *user, const struct rtc_event *event);

/* Serves `peer` (borrowed until driver_remove_peer); its events go to
 * `on_event`. 0, or RTC_ERR_NOMEM. */
int driver_add_peer(struct driver *driver, struct rtc_peer *peer,
                    driver_event_fn on_event, void *user);
/* What peers added from now on send and receive over UDP passes through it
 * (impair.h). Borrows it until they are removed. */
void driver_impair(struct driver *driver, struct impair *impair);
/* Closes its sockets and forgets it; also from within a callback. */
void driver_remove_peer(struct driver *driver, struct rtc_peer *peer);
/* `peer` was changed: it is drained before the driver sleeps. */
void driver_changed(struct driver *driver, struct rtc_peer *peer);
/* Sends what is due now, without events: for RTC_ERR_AGAIN. False when a socket
 * is full, so that nothing more can be sent before the driver ran. */
bool driver_flush(struct driver *driver, struct rtc_peer *peer);

/* Opens a UDP socket on each address, or a TCP listener (RTC_TCP), and tells
 * the peer; ports from `range` (0, 0: the kernel's). An address that cannot be
 * bound is skipped with a warning. The number opened, 0 with errno of the last
 * failure. */
int driver_open_sockets(struct driver *driver, struct rtc_peer *peer,
                        enum rtc_transport transport,
                        const struct rtc_addr *addrs, unsigned count,
                        struct port_range range);
/* Binds a loaded peer's addresses again, all of them. 0, or -1 with errno and
 * the address that failed. */
int driver_reopen_sockets(struct driver *driver, struct rtc_peer *peer,
                          struct rtc_addr *ret_failed);
/* Whether a socket or listener is open on this IP address. */
bool driver_has_socket(struct driver *driver, struct rtc_peer *peer,
                       const struct rtc_addr *ip, enum rtc_transport transport);
/* Datagrams that came for the peer and found its UDP sockets full: we were too
 * slow. */
uint64_t driver_receive_drops(struct driver *driver, struct rtc_peer *peer);
/* Closes the sockets whose addresses are gone, as `is_gone` says of each, and
 * tells the peer. Their number, and as many addresses as `most` allows. */
unsigned driver_close_sockets(struct driver *driver, struct rtc_peer *peer,
                              bool (*is_gone)(const struct rtc_addr *addr),
                              struct rtc_addr *ret_addrs, unsigned most);

/* ---- servers over TCP and TLS -------------------------------------------- */

#define DRIVER_ADDRS_MOST 8

struct driver_server {
    enum rtc_transport transport;             /* RTC_TCP, RTC_TLS */
    struct rtc_addr addrs[DRIVER_ADDRS_MOST]; /* tried in order */
    unsigned addr_count;
    const char *host;              /* TLS: whose certificate it must be */
    const struct tls_trust *trust; /* TLS; outlives the peer */
    const char *username, *password;
    uint8_t relay_family;
    struct rtc_addr from4, from6; /* our end, port 0; family 0: any */
};

/* `why`: NULL when it is connected, so that the peer is told of the server;
 * else a sentence, and it is tried again later. */
typedef void (*driver_server_fn)(void *user, const char *why);

/* Connects to a TURN server, tells the peer, and keeps it so while the peer is
 * served. Copies, but for `trust`. `fn` (or NULL) hears of the first attempt,
 * and of the first one after each time a server sends us elsewhere. 0, or
 * RTC_ERR_NOMEM. */
int driver_connect_server(struct driver *driver, struct rtc_peer *peer,
                          const struct driver_server *server,
                          driver_server_fn fn, void *user);
/* Whether `fn` of one is still to be called. */
bool driver_is_connecting(struct driver *driver, struct rtc_peer *peer);

/* ---- descriptors, timers, signals --------------------------------------- */

/* `what`: the descriptor or the signal's number; -1 for a timer. */
typedef void (*driver_fn)(void *user, int what);

enum driver_ready { DRIVER_READ, DRIVER_WRITE, DRIVER_BOTH };

/* Calls `fn` each time `fd` is ready. NULL with errno; EPERM for a regular
 * file, which is to be read on a timer. `fd` stays the caller's. */
struct driver_watch *driver_watch_fd(struct driver *driver, int fd,
                                     enum driver_ready ready, driver_fn fn,
                                     void *user);
/* Calls `fn` after each such signal. NULL with errno. */
struct driver_watch *driver_watch_signal(struct driver *driver, int number,
                                         driver_fn fn, void *user);
/* Calls `fn` once when the set time has come; set it again there to repeat.
 * NULL when out of memory. */
struct driver_watch *driver_timer_new(struct driver *driver, driver_fn fn,
                                      void *user);
/* RTC_NEVER disarms; the past means at the next wakeup, which is at once. */
void driver_timer_set(struct driver_watch *timer, rtc_usec deadline);
/* Pauses or resumes a descriptor's watch. */
void driver_watch_enable(struct driver_watch *watch, bool enable);
/* Also from within its own callback. NULL is fine. */
void driver_watch_free(struct driver_watch *watch);
