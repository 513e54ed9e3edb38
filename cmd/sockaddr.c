/* SPDX-License-Identifier: MIT
 *
 * Our addresses as the kernel's, and back.
 */
#include "cmd/sockaddr.h"

#include <string.h>

socklen_t sockaddr_write(const struct rtc_addr *addr,
                         union sockaddr_any *ret_name)
{
    memset(ret_name, 0, sizeof *ret_name);
    if (addr->family == 4) {
        ret_name->in.sin_family = AF_INET;
        ret_name->in.sin_port = htons(addr->port);
        memcpy(&ret_name->in.sin_addr, addr->ip, 4);
        return sizeof ret_name->in;
    }
    ret_name->in6.sin6_family = AF_INET6;
    ret_name->in6.sin6_port = htons(addr->port);
    ret_name->in6.sin6_scope_id = addr->scope;
    memcpy(&ret_name->in6.sin6_addr, addr->ip, 16);
    return sizeof ret_name->in6;
}

void sockaddr_read(const union sockaddr_any *name, struct rtc_addr *ret_addr)
{
    *ret_addr = (struct rtc_addr){0};
    if (name->any.sa_family == AF_INET) {
        ret_addr->family = 4;
        ret_addr->port = ntohs(name->in.sin_port);
        memcpy(ret_addr->ip, &name->in.sin_addr, 4);
    } else {
        ret_addr->family = 6;
        ret_addr->port = ntohs(name->in6.sin6_port);
        ret_addr->scope = name->in6.sin6_scope_id;
        memcpy(ret_addr->ip, &name->in6.sin6_addr, 16);
    }
}

bool sockaddr_same_ip(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return a->family == b->family &&
           !memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16);
}

bool sockaddr_same(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return a->port == b->port && sockaddr_same_ip(a, b);
}
