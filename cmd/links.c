/* SPDX-License-Identifier: MIT
 *
 * A peer's UDP sockets, and the way to its TCP connections.
 */
#include "cmd/links.h"

#include <errno.h>
#include <stdlib.h>

#include "cmd/cli.h"
#include "cmd/driver.h"
#include "cmd/impair.h"
#include "cmd/interface.h"
#include "cmd/sockaddr.h"
#include "cmd/tcp_links.h"

struct bound {
    struct udp_socket udp;
    struct links *links;
    struct driver_watch *readable, *writable;
    bool told; /* that datagrams are too big for it */
};

struct links {
    struct link_owner owner;
    struct bound *bounds[INTERFACE_MOST];
    unsigned bound_count;
    struct tcp_links *tcp;
    struct uplinks *up;
};

void link_receive(const struct link_owner *owner, const struct rtc_path *path,
                  uint8_t *data, size_t len, size_t segment)
{
    /* Its only error here says that the session is over. */
    rtc_peer_receive(owner->peer, path, data, len, segment,
                     driver_now(owner->driver));
    *owner->changed = true;
}

/* ---- UDP sockets --------------------------------------------------------- */

static struct bound *bound_at(const struct links *links,
                              const struct rtc_addr *local)
{
    for (unsigned i = 0; i < links->bound_count; i++)
        if (sockaddr_same(&links->bounds[i]->udp.addr, local))
            return links->bounds[i];
    return NULL;
}

/* An impair_fn. */
static bool receive_impaired(void *user, const struct rtc_path *path,
                             uint8_t *data, size_t len)
{
    struct links *links = user;

    if (bound_at(links, &path->local))
        link_receive(&links->owner, path, data, len, 0);
    return true;
}

static void receive_udp(struct links *links, const struct rtc_path *path,
                        const struct socket_item *item)
{
    const struct impair_run run = {path,          item->data,       item->len,
                                   item->segment, receive_impaired, links};

    if (links->owner.impair)
        impair_pass(links->owner.impair, IMPAIR_IN, &run);
    else
        link_receive(&links->owner, path, item->data, item->len, item->segment);
}

/* One batch a turn, so that a flood cannot keep us from sending. */
static void on_readable(void *user, int fd)
{
    struct bound *bound = user;
    struct link_owner *owner = &bound->links->owner;
    struct rtc_path path = {.local = bound->udp.addr, .transport = RTC_UDP};
    const struct socket_item *items;
    unsigned count = socket_recv(&bound->udp, owner->batch, &items);

    (void)fd;
    for (unsigned i = 0; i < count; i++) {
        path.remote = items[i].remote;
        receive_udp(bound->links, &path, &items[i]);
    }
    *owner->changed = true;
}

static void on_writable(void *user, int fd)
{
    struct bound *bound = user;
    struct link_owner *owner = &bound->links->owner;

    (void)fd;
    driver_watch_enable(bound->writable, false);
    rtc_peer_tick(owner->peer, driver_now(owner->driver));
    *owner->changed = true;
}

static void bound_free(struct bound *bound)
{
    driver_watch_free(bound->readable);
    driver_watch_free(bound->writable);
    socket_close(&bound->udp);
    free(bound);
}

/* Takes the socket, also on failure. */
static int serve_socket(struct links *links, struct udp_socket *udp)
{
    struct driver *driver = links->owner.driver;
    struct bound *bound = calloc(1, sizeof *bound);

    if (!bound || links->bound_count == INTERFACE_MOST) {
        socket_close(udp);
        free(bound);
        errno = ENOMEM;
        return -1;
    }
    bound->udp = *udp;
    bound->links = links;
    bound->readable =
        driver_watch_fd(driver, udp->fd, DRIVER_READ, on_readable, bound);
    bound->writable =
        driver_watch_fd(driver, udp->fd, DRIVER_WRITE, on_writable, bound);
    if (!bound->readable || !bound->writable) {
        bound_free(bound);
        errno = ENOMEM;
        return -1;
    }
    driver_watch_enable(bound->writable, false);
    links->bounds[links->bound_count++] = bound;
    return 0;
}

/* ---- all of them --------------------------------------------------------- */

struct links *links_new(const struct link_owner *owner)
{
    struct links *links = calloc(1, sizeof *links);

    if (!links)
        return NULL;
    links->owner = *owner;
    links->tcp = tcp_links_new(&links->owner);
    links->up = uplinks_new(&links->owner);
    if (links->tcp && links->up)
        return links;
    links_free(links);
    return NULL;
}

void links_free(struct links *links)
{
    if (!links)
        return;
    impair_forget(links->owner.impair, links);
    while (links->bound_count > 0)
        bound_free(links->bounds[--links->bound_count]);
    tcp_links_free(links->tcp);
    uplinks_free(links->up);
    free(links);
}

struct uplinks *links_uplinks(struct links *links)
{
    return links->up;
}

static int open_udp(struct links *links, const struct rtc_addr *addr,
                    struct port_range range, struct rtc_addr *ret_local)
{
    struct udp_socket udp;

    if (socket_open_range(&udp, addr, range) < 0)
        return -1;
    *ret_local = udp.addr;
    return serve_socket(links, &udp);
}

int links_open(struct links *links, const struct rtc_addr *addr,
               enum rtc_transport transport, struct port_range range,
               bool is_known)
{
    struct rtc_peer *peer = links->owner.peer;
    char text[RTC_ADDR_TEXT];
    struct rtc_addr local;
    int failed = transport == RTC_UDP
                     ? open_udp(links, addr, range, &local)
                     : tcp_links_listen(links->tcp, addr, range, &local);

    if (failed)
        return -1;
    if (!is_known && rtc_peer_add_local(peer, &local, transport,
                                        driver_now(links->owner.driver)))
        warn("cannot use %s: %s", rtc_addr_write(&local, text),
             rtc_peer_why(peer));
    *links->owner.changed = true;
    return 0;
}

bool links_have(const struct links *links, const struct rtc_addr *ip,
                enum rtc_transport transport)
{
    if (transport == RTC_TCP)
        return tcp_links_have(links->tcp, ip);
    for (unsigned i = 0; i < links->bound_count; i++)
        if (sockaddr_same_ip(&links->bounds[i]->udp.addr, ip))
            return true;
    return false;
}

uint64_t links_receive_drops(const struct links *links)
{
    uint64_t drops = 0;

    for (unsigned i = 0; i < links->bound_count; i++)
        drops += socket_receive_drops(&links->bounds[i]->udp);
    return drops;
}

unsigned links_close_gone(struct links *links,
                          bool (*is_gone)(const struct rtc_addr *addr),
                          struct rtc_addr *ret_addrs, unsigned most)
{
    unsigned count = 0;

    for (unsigned i = 0; i < links->bound_count;) {
        struct bound *bound = links->bounds[i];

        if (!is_gone(&bound->udp.addr)) {
            i++;
            continue;
        }
        rtc_peer_remove_local(links->owner.peer, &bound->udp.addr,
                              driver_now(links->owner.driver));
        if (count < most)
            ret_addrs[count++] = bound->udp.addr;
        bound_free(bound);
        links->bounds[i] = links->bounds[--links->bound_count];
    }
    count += tcp_links_close_gone(links->tcp, is_gone, ret_addrs + count,
                                  most - count);
    *links->owner.changed = true;
    return count;
}

static size_t send_udp(struct bound *bound, const struct rtc_addr *remote,
                       const uint8_t *data, size_t len, size_t segment)
{
    size_t done = socket_send(&bound->udp, remote, data, len, segment);

    if (bound->udp.too_big && !bound->told) {
        bound->told = true;
        warn("datagrams of %zu bytes exceed the interface's MTU", segment);
    }
    if (done < len)
        driver_watch_enable(bound->writable, true);
    return done;
}

/* An impair_fn. */
static bool send_impaired(void *user, const struct rtc_path *path,
                          uint8_t *data, size_t len)
{
    struct bound *bound = bound_at(user, &path->local);

    return !bound || send_udp(bound, &path->remote, data, len, len) == len;
}

size_t links_send(struct links *links, const struct rtc_path *path,
                  const uint8_t *data, size_t len, size_t segment)
{
    struct bound *bound = NULL;
    struct stream *stream = NULL;

    if (segment == 0)
        segment = len;
    if (path->transport == RTC_UDP)
        bound = bound_at(links, &path->local);
    else
        stream = uplinks_stream(links->up, path);
    if (bound && links->owner.impair) {
        const struct impair_run run = {path,    data,          len,
                                       segment, send_impaired, links};
        impair_pass(links->owner.impair, IMPAIR_OUT, &run);
        return len;
    }
    if (bound)
        return send_udp(bound, &path->remote, data, len, segment);
    if (path->transport == RTC_TCP && !stream)
        stream = tcp_links_stream(links->tcp, path);
    /* Without one it is lost: its socket is gone, or it cannot connect. */
    for (size_t at = 0; stream && at < len; at += segment)
        stream_send(stream, data + at, len - at < segment ? len - at : segment);
    return len;
}
