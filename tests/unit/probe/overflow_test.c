/* SPDX-License-Identifier: MIT
 *
 * Sockets of both families that nobody reads: what their buffers had no room
 * for is counted, and nothing else.
 */
#include "cmd/probe/overflow.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

#define COUNT 1000
#define LEN 1000

/* A socket on loopback with little room. */
static int open_socket(int family, struct rtc_addr *ret_addr)
{
    struct sockaddr_in a4 = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr *addr =
        family == 4 ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6;
    socklen_t len = family == 4 ? sizeof a4 : sizeof a6;
    int fd = socket(addr->sa_family, SOCK_DGRAM, 0), room = 10000;

    if (fd < 0 || bind(fd, addr, len) < 0 || getsockname(fd, addr, &len) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) < 0 ||
        connect(fd, addr, len) < 0)
        return -1;
    *ret_addr = (struct rtc_addr){.family = (uint8_t)family};
    ret_addr->port = ntohs(family == 4 ? a4.sin_port : a6.sin6_port);
    if (family == 4)
        memcpy(ret_addr->ip, &a4.sin_addr, 4);
    else
        memcpy(ret_addr->ip, &a6.sin6_addr, 16);
    return fd;
}

static void test_family(int family)
{
    char data[LEN] = {0};
    struct rtc_addr addr;
    int fd = open_socket(family, &addr);
    unsigned read = 0;

    if (fd < 0) {
        ok(family == 6, "no IPv6 here");
        return;
    }
    is_int((int64_t)probe_overflow(&addr), 0, "nothing is lost at first");
    for (unsigned i = 0; i < COUNT; i++)
        (void)!send(fd, data, sizeof data, 0);
    while (recv(fd, data, sizeof data, MSG_DONTWAIT) > 0)
        read++;
    ok(read > 0 && read < COUNT, "some found room, and some did not");
    is_int((int64_t)probe_overflow(&addr), COUNT - read, "those are counted");
    close(fd);
}

int main(void)
{
    struct rtc_addr none = {.family = 4, .port = 9, .ip = {192, 0, 2, 1}};

    test_family(4);
    test_family(6);
    is_int((int64_t)probe_overflow(&none), 0, "a socket that is not there");
    none.family = 0;
    is_int((int64_t)probe_overflow(&none), 0, "no socket");
    return tap_done();
}
