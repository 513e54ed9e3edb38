/* SPDX-License-Identifier: MIT
 *
 * How long a NAT or firewall keeps the way in to a port that is not used
 * (RFC 5780 4.6).
 */
#pragma once

#include "cmd/probe/port.h"

struct probe_lifetime_terms {
    struct driver *driver;
    struct impair *impair; /* or NULL */
    struct rtc_addr server, local;
    struct rtc_stun_retry retry;
    rtc_usec most;     /* not tried for longer */
    const int *signal; /* not 0: it is over, and the driver was stopped */
};

/* Both below 0 as long as they are not known. */
struct probe_lifetime {
    rtc_usec kept; /* still there after so long */
    rtc_usec gone; /* gone after so long */
};

/* Runs the driver until it is known, some three times as long as it lasts. A
 * sentence (static) when it cannot be found out, else NULL. */
const char *probe_lifetime_find(const struct probe_lifetime_terms *terms,
                                struct probe_lifetime *ret_lifetime);
