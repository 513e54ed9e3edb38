/* SPDX-License-Identifier: MIT
 *
 * Real sockets on loopback: the same datagrams arrive whether the kernel cuts
 * runs or we do, and whether it merges them or not. sendmsg and sendmmsg stand
 * in between to act as other kernels and full sockets do.
 */
#include "cmd/socket.h"

#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake_peer.h"
#include "tap.h"

static enum { AS_IS, NO_SEGMENTS, FULL, REFUSED } mode;
static unsigned allowance; /* sends until `mode` begins */
static unsigned run_sends, plain_sends;

static int pretend(void)
{
    if (allowance > 0) {
        allowance--;
        return 0;
    }
    errno = mode == FULL ? EAGAIN : mode == REFUSED ? ECONNREFUSED : EIO;
    return -1;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    run_sends++;
    if (mode == FULL || mode == REFUSED ||
        (mode == NO_SEGMENTS && message->msg_controllen > 0))
        if (pretend() < 0)
            return -1;
    return syscall(SYS_sendmsg, fd, message, flags);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    plain_sends++;
    if ((mode == FULL || mode == REFUSED) && pretend() < 0)
        return -1;
    return (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
}

static struct rtc_addr loopback(uint8_t family)
{
    struct rtc_addr addr = {.family = family};

    if (family == 4) {
        addr.ip[0] = 127;
        addr.ip[3] = 1;
    } else {
        addr.ip[15] = 1;
    }
    return addr;
}

/* Receives until `count` datagrams came or nothing did for a second. */
static void collect(struct udp_socket *socket, struct rtc_peer *peer,
                    unsigned count)
{
    struct socket_batch *batch = socket_batch_new();
    struct rtc_path path = {0};
    const struct socket_item *items;
    struct pollfd wait = {.fd = socket->fd, .events = POLLIN};

    while (peer->received < count && poll(&wait, 1, 1000) > 0) {
        unsigned n = socket_recv(socket, batch, &items);

        for (unsigned i = 0; i < n; i++)
            rtc_peer_receive(peer, &path, items[i].data, items[i].len,
                             items[i].segment, 0);
    }
    socket_batch_free(batch);
}

static size_t fill_run(uint8_t *buf, unsigned count, size_t segment)
{
    size_t len = 0;

    for (unsigned i = 0; i < count; i++) {
        size_t size = segment - (i + 1 == count ? 7 : 0);

        fake_fill(buf + len, size, i);
        len += size;
    }
    return len;
}

/* One run from one socket to another; what arrived, in `peer`. */
static void send_and_collect(uint8_t family, bool segments, unsigned count,
                             struct rtc_peer *peer)
{
    static uint8_t buf[FAKE_MOST * 16];
    struct rtc_addr any = loopback(family);
    struct udp_socket a, b;
    size_t len = fill_run(buf, count, 200);

    memset(peer, 0, sizeof *peer);
    ok(socket_open(&a, &any) == 0 && socket_open(&b, &any) == 0, "opened");
    ok(a.addr.port && a.addr.port != b.addr.port, "ports are known");
    a.segments = a.segments && segments;
    is_int(socket_send(&a, &b.addr, buf, len, 200), len, "all of it sent");
    collect(&b, peer, count);
    is_int(a.lost, 0, "nothing refused");
    socket_close(&a);
    socket_close(&b);
}

static bool each_once(const struct rtc_peer *peer, unsigned count)
{
    bool once = peer->received == count && !peer->damaged;

    for (unsigned i = 0; i < count; i++)
        once = once && peer->seen[i] == 1;
    return once;
}

static void test_both_ways(uint8_t family)
{
    static struct rtc_peer cut, plain;

    mode = AS_IS;
    run_sends = plain_sends = 0;
    send_and_collect(family, true, 150, &cut);
    ok(each_once(&cut, 150), "cut by the kernel: each once, undamaged");
    if (run_sends == 0)
        tap_skip("UDP_SEGMENT", "this kernel does not have it");
    else
        is_int(run_sends, 3, "150 datagrams in runs of 64");
    if (cut.merged_calls == 0)
        tap_skip("UDP_GRO", "this kernel does not merge");
    else
        ok(cut.merged_calls < 20, "merged when received");
    run_sends = plain_sends = 0;
    send_and_collect(family, false, 150, &plain);
    ok(each_once(&plain, 150), "cut by us: each once, undamaged");
    is_int(run_sends, 0, "without UDP_SEGMENT");
    is_int(plain_sends, 3, "64 at a time");
}

static void test_fallback(void)
{
    static struct rtc_peer peer;

    mode = NO_SEGMENTS;
    run_sends = plain_sends = allowance = 0;
    send_and_collect(4, true, 150, &peer);
    ok(each_once(&peer, 150), "EIO: the same datagrams by sendmmsg");
    ok(run_sends <= 1 && plain_sends == 3, "tried once only");
    mode = AS_IS;
}

static void test_full(bool segments)
{
    static struct rtc_peer peer;
    static uint8_t buf[150 * 200];
    struct rtc_addr any = loopback(4);
    struct udp_socket a, b;
    size_t len = fill_run(buf, 150, 200), done;

    memset(&peer, 0, sizeof peer);
    ok(socket_open(&a, &any) == 0 && socket_open(&b, &any) == 0, "opened");
    a.segments = a.segments && segments;
    mode = FULL;
    allowance = 1;
    done = socket_send(&a, &b.addr, buf, len, 200);
    is_int(done, 64 * 200, "full: one run went out");
    is_int(socket_send(&a, &b.addr, buf + done, len - done, 200), 0,
           "still full");
    mode = AS_IS;
    is_int(socket_send(&a, &b.addr, buf + done, len - done, 200), len - done,
           "the rest, later");
    collect(&b, &peer, 150);
    ok(each_once(&peer, 150), "each once, undamaged");
    socket_close(&a);
    socket_close(&b);
}

static void test_refused(void)
{
    struct rtc_addr any = loopback(4);
    static uint8_t buf[70000];
    struct udp_socket a;

    ok(socket_open(&a, &any) == 0, "opened");
    mode = REFUSED;
    allowance = 0;
    is_int(socket_send(&a, &any, buf, 400, 100), 400, "ECONNREFUSED: done");
    is_int(a.lost, 4, "and counted");
    is_int(a.too_big, 0, "not as too big");
    mode = AS_IS;
    any.port = a.addr.port;
    is_int(socket_send(&a, &any, buf, 65508, 65508), 65508, "EMSGSIZE: done");
    is_int(a.lost, 5, "counted");
    is_int(a.too_big, 1, "as too big");
    socket_close(&a);
}

/* More than any buffer holds: each is read or counted. */
static void test_drops(void)
{
    static struct rtc_peer peer;
    static uint8_t buf[1000];
    struct rtc_addr any = loopback(4);
    struct udp_socket a, b;
    unsigned sent = 0;

    ok(socket_open(&a, &any) == 0 && socket_open(&b, &any) == 0, "opened");
    is_int((int64_t)socket_receive_drops(&b), 0, "there was room");
    for (; sent < 100000 && !socket_receive_drops(&b); sent++)
        socket_send(&a, &b.addr, buf, sizeof buf, sizeof buf);
    sent -= (unsigned)a.lost;
    ok(socket_receive_drops(&b) > 0, "then no more");
    memset(&peer, 0, sizeof peer);
    collect(&b, &peer, sent - (unsigned)socket_receive_drops(&b));
    is_int((int64_t)(peer.received + socket_receive_drops(&b)), sent,
           "each was read or counted");
    socket_close(&a);
    socket_close(&b);
}

static void test_ports(void)
{
    struct port_range range = socket_stable_ports();
    struct rtc_addr any = loopback(4);
    struct udp_socket one, two;
    unsigned first = 0, last = 0;
    FILE *in = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");

    ok(in && fscanf(in, "%u %u", &first, &last) == 2, "the kernel's range");
    if (in)
        fclose(in);
    ok(range.first <= range.last && (range.last < first || range.first > last),
       "the stable range is outside of it");
    ok(socket_open_range(&one, &any, range) == 0, "a port of it");
    ok(one.addr.port >= range.first && one.addr.port <= range.last,
       "within the range");
    range.first = range.last = one.addr.port;
    ok(socket_open_range(&two, &any, range) < 0 && errno == EADDRINUSE,
       "a range that is taken");
    socket_close(&one);
    ok(socket_open_range(&two, &any, range) == 0, "free again at once");
    socket_close(&two);
}

int main(void)
{
    struct rtc_addr six = loopback(6);
    struct udp_socket probe;

    test_both_ways(4);
    if (socket_open(&probe, &six) == 0) {
        socket_close(&probe);
        test_both_ways(6);
    } else {
        tap_skip("IPv6", "no ::1 here");
    }
    test_fallback();
    test_full(true);
    test_full(false);
    test_refused();
    test_drops();
    test_ports();
    return tap_done();
}
