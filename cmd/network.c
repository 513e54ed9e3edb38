/* SPDX-License-Identifier: MIT
 *
 * After a change: closes the sockets whose addresses the machine has no more,
 * opens some on those it has now, and says so.
 */
#include "cmd/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/monitor.h"

struct network {
    struct network_setup setup;
    struct monitor *monitor;
};

static bool is_gone(const struct rtc_addr *addr)
{
    return !interface_exists(addr);
}

static bool is_loopback(const struct rtc_addr *addr)
{
    static const uint8_t one[16] = {[15] = 1};

    return addr->family == 4 ? addr->ip[0] == 127
                             : !memcmp(addr->ip, one, sizeof one);
}

static bool open_missing(const struct network *network,
                         const struct rtc_addr *addr,
                         enum rtc_transport transport)
{
    const struct network_setup *setup = &network->setup;

    return !driver_has_socket(setup->driver, setup->peer, addr, transport) &&
           driver_open_sockets(setup->driver, setup->peer, transport, addr, 1,
                               setup->ports) == 1;
}

/* Opens what is new. Loopback is what a machine without a network has left, and
 * leads nowhere that a session was with. */
static unsigned open_new(const struct network *network,
                         struct rtc_addr ret_added[INTERFACE_MOST])
{
    struct rtc_addr addrs[INTERFACE_MOST];
    int count = interface_list(&network->setup.filter, addrs);
    unsigned added = 0;

    for (int i = 0; i < count; i++) {
        if (is_loopback(&addrs[i]) && !network->setup.filter.only)
            continue;
        if (open_missing(network, &addrs[i], RTC_UDP))
            ret_added[added++] = addrs[i];
        if (network->setup.tcp)
            open_missing(network, &addrs[i], RTC_TCP);
    }
    return added;
}

static void say(const struct network *network, const struct rtc_addr *addr,
                bool is_new)
{
    char text[RTC_ADDR_TEXT];

    rtc_addr_write(addr, text);
    *strrchr(text, ':') = '\0'; /* without the port */
    info("network: %s is %s", text, is_new ? "new" : "gone");
    report_network(network->setup.report, addr, is_new,
                   driver_now(network->setup.driver));
    network->setup.changed(network->setup.user, addr, is_new);
}

static void on_change(void *user)
{
    struct network *network = user;
    const struct network_setup *setup = &network->setup;
    struct rtc_addr added[INTERFACE_MOST], removed[2 * INTERFACE_MOST];
    unsigned removed_count = driver_close_sockets(
        setup->driver, setup->peer, is_gone, removed, 2 * INTERFACE_MOST);
    unsigned added_count = open_new(network, added);

    for (unsigned i = 0; i < removed_count; i++)
        say(network, &removed[i], false);
    for (unsigned i = 0; i < added_count; i++)
        say(network, &added[i], true);
    report_candidates(setup->report, setup->peer, driver_now(setup->driver));
}

struct network *network_new(const struct network_setup *setup)
{
    struct network *network = calloc(1, sizeof *network);

    if (!network)
        return NULL;
    network->setup = *setup;
    network->monitor = monitor_new(setup->driver, on_change, network);
    if (network->monitor)
        return network;
    verbose("changes of the network are not noticed: %s", strerror(errno));
    free(network);
    return NULL;
}

void network_free(struct network *network)
{
    if (!network)
        return;
    monitor_free(network->monitor);
    free(network);
}
