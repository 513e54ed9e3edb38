/* SPDX-License-Identifier: MIT
 *
 * Keeps a peer's sockets in step with the machine's addresses: another network
 * is one more path, and one that is gone is not waited for.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/interface.h"
#include "cmd/report.h"

struct network;

struct network_setup {
    struct driver *driver;
    struct rtc_peer *peer;
    struct report *report;
    struct interface_filter filter;
    struct port_range ports;
    bool tcp; /* listeners, too */
    /* After each address that is new, or gone. */
    void (*changed)(void *user, const struct rtc_addr *addr, bool is_new);
    void *user;
};

/* NULL, after a line with -v, when the kernel does not tell of changes. */
struct network *network_new(const struct network_setup *setup);
void network_free(struct network *network);
