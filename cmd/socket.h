/* SPDX-License-Identifier: MIT
 *
 * UDP sockets that move datagrams by the batch: recvmmsg with UDP_GRO in,
 * UDP_SEGMENT out where the kernel has it, else sendmmsg.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/value.h"
#include "rtc.h"

struct udp_socket {
    int fd;
    struct rtc_addr addr; /* the real one, port included */
    bool segments;        /* the kernel cuts runs itself (UDP_SEGMENT) */
    uint64_t lost;        /* datagrams the kernel would not send */
    uint64_t too_big;     /* those of them that exceed the interface's MTU */
};

/* Opens a nonblocking socket on `addr`; port 0: the kernel's choice. Does not
 * fragment. 0, or -1 with errno. */
int socket_open(struct udp_socket *ret_socket, const struct rtc_addr *addr);
/* The same on some free port of `range`, starting at a random one (0, 0: on
 * `addr` itself). EADDRINUSE when all are taken. */
int socket_open_range(struct udp_socket *ret_socket,
                      const struct rtc_addr *addr, struct port_range range);
/* That with any kind of socket: `open` gives 0, or -1 with errno. */
typedef int (*socket_open_fn)(void *ret_opened, const struct rtc_addr *addr);
int socket_try_range(const struct rtc_addr *addr, struct port_range range,
                     socket_open_fn open, void *ret_opened);
void socket_close(struct udp_socket *socket);
/* Datagrams that came and found no room, as the reader was too slow. */
uint64_t socket_receive_drops(const struct udp_socket *socket);
/* The larger of the two port ranges beside the kernel's ephemeral one: a port
 * from it is still free a moment after its socket was closed. */
struct port_range socket_stable_ports(void);

#define SOCKET_BATCH_COUNT 16
#define SOCKET_SLOT_LEN 65536 /* the most UDP_GRO merges */

/* What one read gave: `segment` > 0 says that several datagrams of that size
 * were merged, as rtc_peer_receive takes them. */
struct socket_item {
    uint8_t *data;
    size_t len, segment;
    struct rtc_addr remote;
};

/* The buffers of one batch: 1 MiB, made once. */
struct socket_batch;
struct socket_batch *socket_batch_new(void);
void socket_batch_free(struct socket_batch *batch);

/* Reads what is there, at most SOCKET_BATCH_COUNT items, which are lent until
 * the next call on `batch`. Their number, 0 when nothing is there. */
unsigned socket_recv(struct udp_socket *socket, struct socket_batch *batch,
                     const struct socket_item **ret_items);

/* Sends datagrams of `segment` bytes each, the last perhaps shorter, to one
 * remote. How many bytes are dealt with: fewer than `len` (a whole number of
 * datagrams) when the socket is full for now; the rest is to be given again
 * when it is writable. What the kernel refuses is counted and lost, as on any
 * network. */
size_t socket_send(struct udp_socket *socket, const struct rtc_addr *remote,
                   const uint8_t *data, size_t len, size_t segment);
