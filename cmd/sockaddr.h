/* SPDX-License-Identifier: MIT
 *
 * Our addresses as the kernel's, and back.
 */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "rtc.h"

/* One storage for both families. */
union sockaddr_any {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* The length to give with it. */
socklen_t sockaddr_write(const struct rtc_addr *addr,
                         union sockaddr_any *ret_name);
void sockaddr_read(const union sockaddr_any *name, struct rtc_addr *ret_addr);

/* The same IP address; and the same port, too. */
bool sockaddr_same_ip(const struct rtc_addr *a, const struct rtc_addr *b);
bool sockaddr_same(const struct rtc_addr *a, const struct rtc_addr *b);
