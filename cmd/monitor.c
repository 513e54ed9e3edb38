/* SPDX-License-Identifier: MIT
 *
 * Listens to rtnetlink. What changed is not kept: who is told lists the
 * addresses anew.
 */
#include "cmd/monitor.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Changes come in crowds, e.g. both families of one cable. */
#define CALM_US 50000
#define READ_LEN 16384

struct monitor {
    struct driver *driver;
    int fd;
    struct driver_watch *readable, *calm;
    void (*fn)(void *user);
    void *user;
};

/* ---- messages ------------------------------------------------------------ */

/* The flags of an address: of its attribute, which has all 32 bits of them, or
 * of the header. */
static uint32_t flags_of(const uint8_t *data, size_t len)
{
    struct ifaddrmsg message;
    uint32_t flags;
    size_t at = NLMSG_ALIGN(sizeof message);

    memcpy(&message, data, sizeof message);
    flags = message.ifa_flags;
    while (at + sizeof(struct rtattr) <= len) {
        struct rtattr attribute;

        memcpy(&attribute, data + at, sizeof attribute);
        if (attribute.rta_len < sizeof attribute ||
            attribute.rta_len > len - at)
            break;
        if (attribute.rta_type == IFA_FLAGS &&
            attribute.rta_len >= RTA_LENGTH(sizeof flags))
            memcpy(&flags, data + at + RTA_LENGTH(0), sizeof flags);
        at += RTA_ALIGN(attribute.rta_len);
    }
    return flags;
}

static bool matters(const struct nlmsghdr *header, const uint8_t *data,
                    size_t len)
{
    switch (header->nlmsg_type) {
    case RTM_DELADDR:
    case RTM_NEWLINK:
    case RTM_DELLINK:
        return true;
    case RTM_NEWADDR:
        return len >= sizeof(struct ifaddrmsg) &&
               !(flags_of(data, len) & IFA_F_TENTATIVE);
    default:
        return false;
    }
}

bool monitor_parse(const uint8_t *data, size_t len)
{
    size_t at = 0;

    while (at + NLMSG_HDRLEN <= len) {
        struct nlmsghdr header;

        memcpy(&header, data + at, sizeof header);
        if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > len - at)
            break;
        if (matters(&header, data + at + NLMSG_HDRLEN,
                    header.nlmsg_len - NLMSG_HDRLEN))
            return true;
        at += NLMSG_ALIGN(header.nlmsg_len);
    }
    return false;
}

/* ---- listening ----------------------------------------------------------- */

static void on_readable(void *user, int fd)
{
    struct monitor *monitor = user;
    uint8_t data[READ_LEN];
    struct sockaddr_nl from = {0};
    socklen_t from_len = sizeof from;
    ssize_t n =
        recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &from_len);

    /* ENOBUFS: there was more than the socket holds. */
    if ((n < 0 && errno == ENOBUFS) ||
        (n > 0 && from.nl_pid == 0 && monitor_parse(data, (size_t)n)))
        driver_timer_set(monitor->calm, driver_now(monitor->driver) + CALM_US);
}

static void on_calm(void *user, int what)
{
    struct monitor *monitor = user;

    (void)what;
    monitor->fn(monitor->user);
}

struct monitor *monitor_new(struct driver *driver, void (*fn)(void *user),
                            void *user)
{
    struct sockaddr_nl name = {.nl_family = AF_NETLINK,
                               .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
                                            RTMGRP_IPV6_IFADDR};
    struct monitor *monitor = calloc(1, sizeof *monitor);
    int error;

    if (!monitor)
        return NULL;
    monitor->driver = driver;
    monitor->fn = fn;
    monitor->user = user;
    monitor->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         NETLINK_ROUTE);
    if (monitor->fd >= 0 &&
        bind(monitor->fd, (struct sockaddr *)&name, sizeof name) == 0) {
        monitor->readable = driver_watch_fd(driver, monitor->fd, DRIVER_READ,
                                            on_readable, monitor);
        monitor->calm = driver_timer_new(driver, on_calm, monitor);
        if (monitor->readable && monitor->calm)
            return monitor;
        errno = ENOMEM;
    }
    error = errno;
    monitor_free(monitor);
    errno = error;
    return NULL;
}

void monitor_free(struct monitor *monitor)
{
    if (!monitor)
        return;
    driver_watch_free(monitor->readable);
    driver_watch_free(monitor->calm);
    if (monitor->fd >= 0)
        close(monitor->fd);
    free(monitor);
}
