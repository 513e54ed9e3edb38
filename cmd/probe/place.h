/* SPDX-License-Identifier: MIT
 *
 * Where in the Internet an address is, and what it means that a server sees us
 * there.
 */
#pragma once

#include "rtc.h"

enum probe_place {
    PROBE_PUBLIC,
    PROBE_LOOPBACK,
    PROBE_LINK_LOCAL,
    PROBE_PRIVATE, /* RFC 1918, RFC 4193 */
    PROBE_SHARED,  /* RFC 6598: a provider's own NAT */
};

enum probe_place probe_place_of(const struct rtc_addr *addr);
/* One sentence about what `mapped`, seen by `server`, does not tell. NULL: it
 * is an address of the Internet, as it should be. */
const char *probe_place_note(const struct rtc_addr *server,
                             const struct rtc_addr *mapped);
