/* SPDX-License-Identifier: MIT
 *
 * Nonblocking TCP sockets, close-on-exec. Each call gives a descriptor, or -1
 * with errno.
 */
#pragma once

#include "cmd/value.h"
#include "rtc.h"

/* Listens on `addr`, on some port of `range` unless that is 0, 0. */
int tcp_listen(const struct rtc_addr *addr, struct port_range range,
               struct rtc_addr *ret_local);
/* Takes one connection. EAGAIN when none waits. */
int tcp_accept(int listener, struct rtc_addr *ret_remote);
/* Begins to connect, from `local` (NULL: any); writable when that ended. */
int tcp_connect(const struct rtc_addr *remote, const struct rtc_addr *local);
/* How connecting ended: 0 or an errno. */
int tcp_error(int fd);
/* Our own end. 0, or -1 with errno. */
int tcp_local(int fd, struct rtc_addr *ret_local);
