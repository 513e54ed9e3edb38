/* SPDX-License-Identifier: MIT
 *
 * To be preloaded into Janus, which gathers no candidates on the loopback
 * interface and cannot be told to: hides which interface that is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifaddrs.h>
#include <net/if.h>

int getifaddrs(struct ifaddrs **ret_list)
{
    int (*real)(struct ifaddrs **);
    int status;

    *(void **)&real = dlsym(RTLD_NEXT, "getifaddrs");
    status = real(ret_list);
    if (status != 0)
        return status;
    for (struct ifaddrs *each = *ret_list; each; each = each->ifa_next)
        each->ifa_flags &= ~(unsigned)IFF_LOOPBACK;
    return 0;
}
