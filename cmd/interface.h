/* SPDX-License-Identifier: MIT
 *
 * The local addresses worth a host candidate (RFC 8445 5.1.1.1).
 */
#pragma once

#include <stdbool.h>

#include "rtc.h"

#define INTERFACE_MOST 16 /* what rtc_peer_add_local takes */
#define INTERFACE_NAME_MAX 15

/* One address of the machine, as the kernel tells of it. */
struct interface_addr {
    char name[INTERFACE_NAME_MAX + 1];
    struct rtc_addr addr; /* port 0 */
    bool loopback;
    bool temporary; /* RFC 8981: cannot be used for tracking */
    bool unusable;  /* deprecated, tentative or a duplicate */
};

struct interface_filter {
    const char *only; /* an interface's name or an address; NULL: all */
    int family;       /* 4, 6, or 0 for both */
};

/* The addresses to gather from, at most INTERFACE_MOST, ports 0. Loopback only
 * when it is asked for or there is nothing else; link-local IPv6 only when
 * asked for. Their number, or -1 with errno. */
int interface_list(const struct interface_filter *filter,
                   struct rtc_addr ret_addrs[INTERFACE_MOST]);

/* All addresses of interfaces that are up, at most `most`. Their number, or -1
 * with errno. */
int interface_all(struct interface_addr *ret_found, unsigned most);

/* Whether an interface that is up has this IP address. */
bool interface_exists(const struct rtc_addr *addr);

/* The choice itself, from any list. Their number. */
int interface_choose(const struct interface_filter *filter,
                     const struct interface_addr *found, unsigned count,
                     struct rtc_addr ret_addrs[INTERFACE_MOST]);
