/* SPDX-License-Identifier: MIT
 *
 * Reads the machine's addresses by getifaddrs, the IPv6 flags it does not tell
 * of from /proc/net/if_inet6, and chooses those worth a host candidate
 * (RFC 8445 5.1.1.1).
 */
#include "cmd/interface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "cmd/sockaddr.h"

#define FOUND_MOST 256

/* ---- choosing ------------------------------------------------------------ */

static bool is_link_local(const struct rtc_addr *addr)
{
    return addr->family == 6 && addr->ip[0] == 0xfe &&
           (addr->ip[1] & 0xc0) == 0x80;
}

/* RFC 8445 5.1.1.1: no IPv4-compatible, IPv4-mapped or site-local ones. */
static bool is_obsolete(const struct rtc_addr *addr)
{
    static const uint8_t zeros[10];

    if (addr->family != 6)
        return false;
    if (addr->ip[0] == 0xfe && (addr->ip[1] & 0xc0) == 0xc0)
        return true;
    if (memcmp(addr->ip, zeros, sizeof zeros))
        return false;
    return (addr->ip[10] == 0xff && addr->ip[11] == 0xff) ||
           (addr->ip[10] == 0 && addr->ip[11] == 0 &&
            (addr->ip[12] || addr->ip[13] || addr->ip[14] || addr->ip[15] > 1));
}

static bool is_named(const struct interface_filter *filter,
                     const struct interface_addr *found)
{
    char text[RTC_ADDR_TEXT], wanted[RTC_ADDR_TEXT];
    struct rtc_addr addr;

    if (!filter->only)
        return false;
    if (!strcmp(filter->only, found->name))
        return true;
    snprintf(wanted, sizeof wanted,
             strchr(filter->only, ':') ? "[%s]:0" : "%s:0", filter->only);
    if (rtc_addr_parse(wanted, &addr))
        return false;
    addr.scope = found->addr.scope;
    rtc_addr_write(&addr, wanted);
    return !strcmp(rtc_addr_write(&found->addr, text), wanted);
}

/* RFC 8445 5.1.1.1: beside an address made against tracking, others of the same
 * interface and prefix are not gathered. */
static bool is_trackable(const struct interface_addr *one,
                         const struct interface_addr *found, unsigned count)
{
    if (one->addr.family != 6 || one->temporary)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (found[i].temporary && !found[i].unusable &&
            !strcmp(found[i].name, one->name) &&
            !memcmp(found[i].addr.ip, one->addr.ip, 8))
            return true;
    return false;
}

int interface_choose(const struct interface_filter *filter,
                     const struct interface_addr *found, unsigned count,
                     struct rtc_addr ret_addrs[INTERFACE_MOST])
{
    int chosen = 0;

    /* The first round is for real addresses, the second for loopback. */
    for (int loopback = 0; loopback < 2 && !chosen; loopback++)
        for (unsigned i = 0; i < count && chosen < INTERFACE_MOST; i++) {
            const struct interface_addr *one = &found[i];
            bool named = is_named(filter, one);

            if ((filter->only && !named) || one->loopback != loopback ||
                (filter->family && filter->family != one->addr.family) ||
                one->unusable || is_obsolete(&one->addr))
                continue;
            if (!named &&
                (is_link_local(&one->addr) || is_trackable(one, found, count)))
                continue;
            ret_addrs[chosen++] = one->addr;
        }
    return chosen;
}

/* ---- reading ------------------------------------------------------------- */

static bool convert(const struct ifaddrs *entry, struct interface_addr *found)
{
    const struct sockaddr *any = entry->ifa_addr;

    if (!any || !(entry->ifa_flags & IFF_UP))
        return false;
    *found =
        (struct interface_addr){.loopback = entry->ifa_flags & IFF_LOOPBACK};
    snprintf(found->name, sizeof found->name, "%s", entry->ifa_name);
    if (any->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, any, sizeof in);
        found->addr.family = 4;
        memcpy(found->addr.ip, &in.sin_addr, 4);
        return true;
    }
    if (any->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, any, sizeof in6);
        found->addr.family = 6;
        found->addr.scope = in6.sin6_scope_id;
        memcpy(found->addr.ip, &in6.sin6_addr, 16);
        return true;
    }
    return false;
}

static void set_flags(struct interface_addr *found, unsigned count,
                      const struct interface_addr *line, unsigned flags)
{
    for (unsigned i = 0; i < count; i++)
        if (found[i].addr.family == 6 && !strcmp(found[i].name, line->name) &&
            !memcmp(found[i].addr.ip, line->addr.ip, 16)) {
            found[i].temporary = flags & IFA_F_TEMPORARY;
            found[i].unusable =
                flags & (IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_DADFAILED);
        }
}

/* Lines such as `20010db8…01 02 40 00 80     eth0`: address, index, prefix
 * length, scope, flags, name, all numbers in hex. */
static void read_flags(struct interface_addr *found, unsigned count)
{
    FILE *in = fopen("/proc/net/if_inet6", "re");
    char hex[33];
    struct interface_addr line;
    unsigned flags;

    if (!in)
        return;
    while (fscanf(in, "%32s %*x %*x %*x %x %15s", hex, &flags, line.name) ==
           3) {
        for (int i = 0; i < 16; i++) {
            unsigned byte = 0;

            sscanf(hex + 2 * i, "%2x", &byte);
            line.addr.ip[i] = (uint8_t)byte;
        }
        set_flags(found, count, &line, flags);
    }
    fclose(in);
}

int interface_all(struct interface_addr *ret_found, unsigned most)
{
    struct ifaddrs *all, *entry;
    unsigned count = 0;

    if (getifaddrs(&all))
        return -1;
    for (entry = all; entry && count < most; entry = entry->ifa_next)
        if (convert(entry, &ret_found[count]))
            count++;
    freeifaddrs(all);
    read_flags(ret_found, count);
    return (int)count;
}

int interface_list(const struct interface_filter *filter,
                   struct rtc_addr ret_addrs[INTERFACE_MOST])
{
    struct interface_addr found[FOUND_MOST];
    int count = interface_all(found, FOUND_MOST);

    return count < 0
               ? -1
               : interface_choose(filter, found, (unsigned)count, ret_addrs);
}

bool interface_exists(const struct rtc_addr *addr)
{
    struct ifaddrs *all, *entry;
    struct interface_addr found;
    bool exists = false;

    if (getifaddrs(&all))
        return true; /* Nobody knows; what is there may stay. */
    for (entry = all; entry && !exists; entry = entry->ifa_next)
        exists = convert(entry, &found) && found.addr.scope == addr->scope &&
                 sockaddr_same_ip(&found.addr, addr);
    freeifaddrs(all);
    return exists;
}
