/* SPDX-License-Identifier: MIT
 *
 * UDP sockets that move datagrams by the batch. Runs of equal size leave by one
 * UDP_SEGMENT send; where the kernel or the device cannot cut them (EIO,
 * EINVAL) the same run goes out by sendmmsg, for good.
 */
#include "cmd/socket.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cmd/sockaddr.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

/* Holds a key frame's burst until the driver wakes; the kernel gives what its
 * rmem_max and wmem_max allow. */
#define BUFFER_LEN (2 * 1024 * 1024)
/* What one UDP_SEGMENT send may carry: the kernel's UDP_MAX_SEGMENTS of old,
 * and an IPv4 datagram's most payload. */
#define RUN_COUNT 64
#define RUN_LEN 65507

/* ---- opening ------------------------------------------------------------- */

static void set_option(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof value);
}

/* What the kernel lacks is done without, so no result is looked at. */
static void set_options(struct udp_socket *socket)
{
    int segment;
    socklen_t len = sizeof segment;

    set_option(socket->fd, SOL_SOCKET, SO_RCVBUF, BUFFER_LEN);
    set_option(socket->fd, SOL_SOCKET, SO_SNDBUF, BUFFER_LEN);
    set_option(socket->fd, SOL_UDP, UDP_GRO, 1);
    socket->segments =
        getsockopt(socket->fd, SOL_UDP, UDP_SEGMENT, &segment, &len) == 0;
    /* PROBE: never fragmented, and no forged ICMP can lower the size. */
    if (socket->addr.family == 4)
        set_option(socket->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    else
        set_option(socket->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                   IPV6_PMTUDISC_PROBE);
}

static int bind_to(int fd, const struct rtc_addr *addr,
                   union sockaddr_any *ret_name)
{
    socklen_t len = sockaddr_write(addr, ret_name);

    if (addr->family == 6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (bind(fd, &ret_name->any, len) < 0)
        return -1;
    return getsockname(fd, &ret_name->any, &len);
}

int socket_open(struct udp_socket *ret_socket, const struct rtc_addr *addr)
{
    int family = addr->family == 4 ? AF_INET : AF_INET6;
    struct udp_socket opened = {0};
    union sockaddr_any name;

    opened.fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened.fd < 0)
        return -1;
    if (bind_to(opened.fd, addr, &name) < 0) {
        int error = errno;

        close(opened.fd);
        errno = error;
        return -1;
    }
    sockaddr_read(&name, &opened.addr);
    set_options(&opened);
    *ret_socket = opened;
    return 0;
}

int socket_try_range(const struct rtc_addr *addr, struct port_range range,
                     socket_open_fn open, void *ret_opened)
{
    unsigned count = (unsigned)(range.last - range.first) + 1, start = 0;
    struct rtc_addr candidate = *addr;

    if (!range.first)
        return open(ret_opened, addr);
    if (getrandom(&start, sizeof start, 0) < 0)
        return -1;
    start %= count;
    for (unsigned i = 0; i < count; i++) {
        candidate.port = (uint16_t)(range.first + (start + i) % count);
        if (open(ret_opened, &candidate) == 0)
            return 0;
        if (errno != EADDRINUSE && errno != EACCES)
            return -1;
    }
    errno = EADDRINUSE;
    return -1;
}

static int open_udp(void *ret_opened, const struct rtc_addr *addr)
{
    return socket_open(ret_opened, addr);
}

int socket_open_range(struct udp_socket *ret_socket,
                      const struct rtc_addr *addr, struct port_range range)
{
    return socket_try_range(addr, range, open_udp, ret_socket);
}

uint64_t socket_receive_drops(const struct udp_socket *socket)
{
    uint32_t values[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof values;

    if (getsockopt(socket->fd, SOL_SOCKET, SO_MEMINFO, values, &len) < 0)
        return 0;
    return values[SK_MEMINFO_DROPS];
}

void socket_close(struct udp_socket *socket)
{
    if (socket->fd >= 0)
        close(socket->fd);
    socket->fd = -1;
}

struct port_range socket_stable_ports(void)
{
    unsigned first = 32768, last = 60999; /* the kernel's defaults */
    FILE *in = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

    if (in) {
        if (fscanf(in, "%u %u", &first, &last) != 2 || first > last ||
            last > UINT16_MAX) {
            first = 32768;
            last = 60999;
        }
        fclose(in);
    }
    /* Below 10000 live the services people know by number. */
    if (first > 10000 && first - 10000 >= UINT16_MAX - last)
        return (struct port_range){10000, (uint16_t)(first - 1)};
    if (last < UINT16_MAX)
        return (struct port_range){(uint16_t)(last + 1), UINT16_MAX};
    return (struct port_range){1024, UINT16_MAX};
}

/* ---- receiving ----------------------------------------------------------- */

/* The control message that tells UDP_GRO's size. */
union control {
    struct cmsghdr header; /* aligns */
    char room[CMSG_SPACE(sizeof(int))];
};

struct socket_batch {
    struct socket_item items[SOCKET_BATCH_COUNT];
    struct mmsghdr messages[SOCKET_BATCH_COUNT];
    struct iovec vectors[SOCKET_BATCH_COUNT];
    union sockaddr_any names[SOCKET_BATCH_COUNT];
    union control controls[SOCKET_BATCH_COUNT];
    uint8_t slots[SOCKET_BATCH_COUNT][SOCKET_SLOT_LEN];
};

struct socket_batch *socket_batch_new(void)
{
    struct socket_batch *batch = calloc(1, sizeof *batch);

    if (!batch)
        return NULL;
    for (int i = 0; i < SOCKET_BATCH_COUNT; i++) {
        batch->vectors[i] = (struct iovec){batch->slots[i], SOCKET_SLOT_LEN};
        batch->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &batch->names[i],
            .msg_iov = &batch->vectors[i],
            .msg_iovlen = 1,
            .msg_control = &batch->controls[i],
        };
    }
    return batch;
}

void socket_batch_free(struct socket_batch *batch)
{
    free(batch);
}

/* 0 when the message is one datagram. */
static size_t segment_of(struct msghdr *message)
{
    struct cmsghdr *control;
    int segment = 0;

    for (control = CMSG_FIRSTHDR(message); control;
         control = CMSG_NXTHDR(message, control))
        if (control->cmsg_level == SOL_UDP && control->cmsg_type == UDP_GRO)
            memcpy(&segment, CMSG_DATA(control), sizeof segment);
    return segment > 0 ? (size_t)segment : 0;
}

unsigned socket_recv(struct udp_socket *socket, struct socket_batch *batch,
                     const struct socket_item **ret_items)
{
    int count;

    for (int i = 0; i < SOCKET_BATCH_COUNT; i++) {
        /* The kernel shortens them to what it wrote. */
        batch->messages[i].msg_hdr.msg_namelen = sizeof(union sockaddr_any);
        batch->messages[i].msg_hdr.msg_controllen = sizeof(union control);
    }
    do
        count =
            recvmmsg(socket->fd, batch->messages, SOCKET_BATCH_COUNT, 0, NULL);
    while (count < 0 && errno == EINTR);
    for (int i = 0; i < count; i++) {
        struct socket_item *item = &batch->items[i];

        item->data = batch->slots[i];
        item->len = batch->messages[i].msg_len;
        item->segment = segment_of(&batch->messages[i].msg_hdr);
        sockaddr_read(&batch->names[i], &item->remote);
    }
    *ret_items = batch->items;
    return count > 0 ? (unsigned)count : 0;
}

/* ---- sending ------------------------------------------------------------- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_full(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* The kernel refused `count` datagrams: unreachable, filtered, no such address
 * any more, too big. ICE notices what lasts. */
static void count_lost(struct udp_socket *socket, unsigned count)
{
    socket->lost += count;
    if (errno == EMSGSIZE)
        socket->too_big += count;
}

/* One send that the kernel cuts into pieces of `segment`. As sendmsg. */
static ssize_t send_run(int fd, struct msghdr *message, size_t segment)
{
    union control control = {0};
    uint16_t size = (uint16_t)segment;
    ssize_t n;

    if (message->msg_iov->iov_len > segment) {
        control.header.cmsg_level = SOL_UDP;
        control.header.cmsg_type = UDP_SEGMENT;
        control.header.cmsg_len = CMSG_LEN(sizeof size);
        memcpy(CMSG_DATA(&control.header), &size, sizeof size);
        message->msg_control = &control;
        message->msg_controllen = CMSG_SPACE(sizeof size);
    }
    do
        n = sendmsg(fd, message, 0);
    while (n < 0 && errno == EINTR);
    message->msg_control = NULL;
    message->msg_controllen = 0;
    return n;
}

/* As many datagrams as one sendmmsg takes; as sendmmsg. */
static int send_each(int fd, const struct msghdr *message, size_t segment)
{
    struct mmsghdr messages[RUN_COUNT];
    struct iovec vectors[RUN_COUNT];
    uint8_t *at = message->msg_iov->iov_base;
    size_t left = message->msg_iov->iov_len;
    unsigned count = 0;
    int sent;

    for (; left > 0 && count < RUN_COUNT; count++) {
        size_t len = least(segment, left);

        vectors[count] = (struct iovec){at, len};
        messages[count].msg_hdr = *message;
        messages[count].msg_hdr.msg_iov = &vectors[count];
        at += len;
        left -= len;
    }
    do
        sent = sendmmsg(fd, messages, count, 0);
    while (sent < 0 && errno == EINTR);
    return sent;
}

/* Whether the kernel or device cannot cut runs, as opposed to not sending. */
static bool is_segment_error(void)
{
    return errno == EIO || errno == EINVAL || errno == EOPNOTSUPP;
}

/* Sends some of what `message` holds. Bytes dealt with, 0 when full. */
static size_t send_some(struct udp_socket *socket, struct msghdr *message,
                        size_t segment)
{
    struct iovec *vector = message->msg_iov;
    size_t run = least(RUN_COUNT, RUN_LEN / segment);
    int sent;

    if (socket->segments && run > 1) {
        size_t all = vector->iov_len;

        vector->iov_len = least(all, run * segment);
        if (send_run(socket->fd, message, segment) >= 0)
            return vector->iov_len;
        if (is_full())
            return 0;
        if (!is_segment_error()) {
            count_lost(socket,
                       (unsigned)((vector->iov_len + segment - 1) / segment));
            return vector->iov_len;
        }
        socket->segments = false;
        vector->iov_len = all;
    }
    sent = send_each(socket->fd, message, segment);
    if (sent < 0 && is_full())
        return 0;
    if (sent < 0) {
        count_lost(socket, 1);
        sent = 1;
    }
    return least((size_t)sent * segment, vector->iov_len);
}

size_t socket_send(struct udp_socket *socket, const struct rtc_addr *remote,
                   const uint8_t *data, size_t len, size_t segment)
{
    union sockaddr_any name;
    struct iovec vector;
    struct msghdr message = {
        .msg_name = &name,
        .msg_namelen = sockaddr_write(remote, &name),
        .msg_iov = &vector,
        .msg_iovlen = 1,
    };
    size_t done = 0;

    if (segment == 0)
        segment = len;
    while (done < len) {
        size_t n;

        vector = (struct iovec){(uint8_t *)data + done, len - done};
        n = send_some(socket, &message, segment);
        if (n == 0)
            break;
        done += n;
    }
    return done;
}
