/* SPDX-License-Identifier: MIT
 *
 * Nonblocking TCP sockets. Small writes leave at once: what travels here are
 * datagrams of a live session.
 */
#include "cmd/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "cmd/sockaddr.h"
#include "cmd/socket.h"

#define BACKLOG 16

static int close_failed(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

static int make(int family)
{
    int on = 1;
    int fd = socket(family == 4 ? AF_INET : AF_INET6,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (family == 6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return fd;
}

static int open_listener(void *ret_opened, const struct rtc_addr *addr)
{
    union sockaddr_any name;
    socklen_t len = sockaddr_write(addr, &name);
    int on = 1, fd = make(addr->family);

    if (fd < 0)
        return -1;
    /* The port of a session before may still have connections that close. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, &name.any, len) < 0 || listen(fd, BACKLOG) < 0)
        return close_failed(fd);
    *(int *)ret_opened = fd;
    return 0;
}

int tcp_listen(const struct rtc_addr *addr, struct port_range range,
               struct rtc_addr *ret_local)
{
    int fd;

    if (socket_try_range(addr, range, open_listener, &fd) < 0)
        return -1;
    if (tcp_local(fd, ret_local) < 0)
        return close_failed(fd);
    return fd;
}

int tcp_accept(int listener, struct rtc_addr *ret_remote)
{
    union sockaddr_any name;
    socklen_t len = sizeof name;
    int on = 1;
    int fd = accept4(listener, &name.any, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_read(&name, ret_remote);
    return fd;
}

int tcp_connect(const struct rtc_addr *remote, const struct rtc_addr *local)
{
    union sockaddr_any name;
    socklen_t len;
    int fd = make(remote->family);

    if (fd < 0)
        return -1;
    if (local) {
        len = sockaddr_write(local, &name);
        if (bind(fd, &name.any, len) < 0)
            return close_failed(fd);
    }
    len = sockaddr_write(remote, &name);
    if (connect(fd, &name.any, len) < 0 && errno != EINPROGRESS)
        return close_failed(fd);
    return fd;
}

int tcp_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof error;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) ? errno : error;
}

int tcp_local(int fd, struct rtc_addr *ret_local)
{
    union sockaddr_any name;
    socklen_t len = sizeof name;

    if (getsockname(fd, &name.any, &len) < 0)
        return -1;
    sockaddr_read(&name, ret_local);
    return 0;
}
