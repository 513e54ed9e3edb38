/* SPDX-License-Identifier: MIT
 *
 * Looks up names without blocking, the way every program of the machine does:
 * by getaddrinfo, with /etc/hosts, search domains and whatever else is set up.
 */
#pragma once

#include "cmd/driver.h"

#define RESOLVE_MOST DRIVER_ADDRS_MOST

struct resolve;

struct resolve_request {
    const char *host;
    uint16_t port;     /* goes into each address */
    int family;        /* 4, 6, or 0 for both */
    rtc_usec deadline; /* RTC_NEVER: as long as it takes */
};

/* Addresses in order of preference, lent, each once; `count` 0: there are none,
 * and `why` is a sentence. Called once. */
typedef void (*resolve_fn)(void *user, const struct rtc_addr *addrs,
                           unsigned count, const char *why);

/* Whether `host` is an address already, without brackets. */
bool resolve_literal(const char *host, uint16_t port,
                     struct rtc_addr *ret_addr);
/* Begins; `fn` is called from driver_run. NULL with errno. */
struct resolve *resolve_start(struct driver *driver,
                              const struct resolve_request *request,
                              resolve_fn fn, void *user);
/* Also before it ended, and from within `fn`. NULL is fine. */
void resolve_free(struct resolve *resolve);
