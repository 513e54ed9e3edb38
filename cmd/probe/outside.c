/* SPDX-License-Identifier: MIT
 *
 * One socket, one remote.
 */
#include "cmd/probe/outside.h"

#include <errno.h>
#include <stdlib.h>

#include "cmd/probe/port.h"
#include "cmd/sockaddr.h"
#include "cmd/socket.h"

struct probe_outside {
    struct rtc_addr remote;
    struct udp_socket socket;
    struct socket_batch *batch;
    struct driver_watch *readable;
    probe_outside_fn fn;
    void *user;
};

static void give(struct probe_outside *outside, const struct socket_item *item)
{
    size_t segment = item->segment ? item->segment : item->len;

    if (!sockaddr_same_ip(&item->remote, &outside->remote))
        return;
    for (size_t at = 0; at < item->len; at += segment)
        outside->fn(outside->user, item->data + at,
                    item->len - at < segment ? item->len - at : segment);
}

static void on_readable(void *user, int fd)
{
    struct probe_outside *outside = user;
    const struct socket_item *items;
    unsigned count = socket_recv(&outside->socket, outside->batch, &items);

    (void)fd;
    for (unsigned i = 0; i < count; i++)
        give(outside, &items[i]);
}

struct probe_outside *probe_outside_new(struct driver *driver,
                                        const struct rtc_addr *remote,
                                        probe_outside_fn fn, void *user)
{
    struct probe_outside *outside = calloc(1, sizeof *outside);
    struct rtc_addr local;

    if (!outside || probe_source(remote, &local) < 0 ||
        socket_open(&outside->socket, &local) < 0) {
        free(outside);
        return NULL;
    }
    outside->remote = *remote;
    outside->fn = fn;
    outside->user = user;
    outside->batch = socket_batch_new();
    outside->readable = driver_watch_fd(driver, outside->socket.fd, DRIVER_READ,
                                        on_readable, outside);
    if (outside->batch && outside->readable)
        return outside;
    probe_outside_free(outside);
    errno = ENOMEM;
    return NULL;
}

void probe_outside_free(struct probe_outside *outside)
{
    if (!outside)
        return;
    driver_watch_free(outside->readable);
    socket_batch_free(outside->batch);
    socket_close(&outside->socket);
    free(outside);
}

bool probe_outside_send(struct probe_outside *outside, const uint8_t *data,
                        size_t len)
{
    return socket_send(&outside->socket, &outside->remote, data, len, len) ==
           len;
}
