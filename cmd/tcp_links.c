/* SPDX-License-Identifier: MIT
 *
 * TCP between peers (RFC 6544). Anybody can connect to a listener, so one that
 * was accepted has to bring a datagram of the peer's soon; until then it may
 * have to make room for another. Idle connections are closed, since consent
 * checks keep those in use busy (RFC 7675).
 */
#include "cmd/tcp_links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/interface.h"
#include "cmd/links.h"
#include "cmd/sockaddr.h"
#include "cmd/tcp.h"

#define DISCARD_PORT 9 /* RFC 6544 4.5: an active candidate's */
#define OPEN_US 10000000
#define UNPROVEN_US 10000000
#define IDLE_US 60000000
#define SWEEP_US 5000000
#define ACCEPTS_PER_TURN 8

struct listener {
    struct tcp_links *tcp;
    int fd;
    struct rtc_addr local;
    struct driver_watch *watch;
};

struct tcp_link {
    struct tcp_links *tcp;
    struct rtc_path path;
    struct stream *stream; /* NULL: this place is free */
    bool is_accepted, is_proven;
    rtc_usec used;
};

struct tcp_links {
    struct link_owner *owner;
    struct listener *listeners[INTERFACE_MOST];
    unsigned listener_count;
    struct tcp_link links[2 * TCP_LINKS_MOST]; /* accepted, then made by us */
    struct driver_watch *sweep;
};

static rtc_usec now_of(const struct tcp_links *tcp)
{
    return driver_now(tcp->owner->driver);
}

/* ---- one connection ------------------------------------------------------ */

static void link_close(struct tcp_link *link)
{
    stream_free(link->stream);
    link->stream = NULL;
}

static bool on_datagram(void *user, uint8_t *data, size_t len)
{
    struct tcp_link *link = user;
    const struct link_owner *owner = link->tcp->owner;

    if (!link->is_proven &&
        !rtc_peer_accepts(owner->peer, &link->path, data, len))
        return false;
    link->is_proven = true;
    link->used = now_of(link->tcp);
    link_receive(owner, &link->path, data, len, 0);
    return true;
}

static void on_ended(void *user, const char *why)
{
    struct tcp_link *link = user;
    char text[RTC_ADDR_TEXT];

    verbose("TCP with %s ended: %s", rtc_addr_write(&link->path.remote, text),
            why);
    link_close(link);
}

static struct stream_calls calls_of(struct tcp_link *link)
{
    return (struct stream_calls){
        .datagram = on_datagram, .ended = on_ended, .user = link};
}

/* Closes what is idle; again later while anything is left. */
static void on_sweep(void *user, int what)
{
    struct tcp_links *tcp = user;
    bool any = false;

    (void)what;
    for (unsigned i = 0; i < 2 * TCP_LINKS_MOST; i++) {
        struct tcp_link *link = &tcp->links[i];

        if (link->stream && now_of(tcp) - link->used >=
                                (link->is_proven ? IDLE_US : UNPROVEN_US))
            link_close(link);
        any = any || link->stream;
    }
    driver_timer_set(tcp->sweep, any ? now_of(tcp) + SWEEP_US : RTC_NEVER);
}

/* A free place, or with `evict` that of the oldest one that proved nothing. */
static struct tcp_link *place(struct tcp_links *tcp, bool is_accepted)
{
    struct tcp_link *first = tcp->links + (is_accepted ? 0 : TCP_LINKS_MOST);
    struct tcp_link *oldest = NULL;

    for (struct tcp_link *at = first; at < first + TCP_LINKS_MOST; at++) {
        if (!at->stream)
            return at;
        if (is_accepted && !at->is_proven &&
            (!oldest || at->used < oldest->used))
            oldest = at;
    }
    if (oldest)
        link_close(oldest);
    return oldest;
}

static void start(struct tcp_links *tcp, struct tcp_link *link,
                  const struct rtc_path *path, bool is_accepted)
{
    *link = (struct tcp_link){
        .tcp = tcp,
        .path = *path,
        .is_accepted = is_accepted,
        .is_proven = !is_accepted,
        .used = now_of(tcp),
    };
    driver_timer_set(tcp->sweep, now_of(tcp) + SWEEP_US);
}

/* ---- listeners ----------------------------------------------------------- */

static void adopt(struct listener *listener, int fd,
                  const struct rtc_addr *remote)
{
    const struct rtc_path path = {listener->local, *remote, RTC_TCP};
    struct tcp_links *tcp = listener->tcp;
    struct tcp_link *link = place(tcp, true);
    struct stream_calls calls;

    if (!link) {
        close(fd);
        return;
    }
    start(tcp, link, &path, true);
    calls = calls_of(link);
    link->stream =
        stream_adopt(tcp->owner->driver, fd, RTC_FRAMING_ICE, &calls);
}

static void on_acceptable(void *user, int fd)
{
    struct listener *listener = user;
    struct rtc_addr remote;

    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int accepted = tcp_accept(fd, &remote);

        if (accepted < 0)
            return;
        adopt(listener, accepted, &remote);
    }
}

static void listener_free(struct listener *listener)
{
    driver_watch_free(listener->watch);
    close(listener->fd);
    free(listener);
}

int tcp_links_listen(struct tcp_links *tcp, const struct rtc_addr *addr,
                     struct port_range range, struct rtc_addr *ret_local)
{
    struct listener *listener;

    if (tcp->listener_count == INTERFACE_MOST) {
        errno = ENOMEM;
        return -1;
    }
    listener = calloc(1, sizeof *listener);
    if (!listener)
        return -1;
    listener->tcp = tcp;
    listener->fd = tcp_listen(addr, range, &listener->local);
    if (listener->fd < 0) {
        free(listener);
        return -1;
    }
    listener->watch = driver_watch_fd(tcp->owner->driver, listener->fd,
                                      DRIVER_READ, on_acceptable, listener);
    if (!listener->watch) {
        listener_free(listener);
        errno = ENOMEM;
        return -1;
    }
    tcp->listeners[tcp->listener_count++] = listener;
    *ret_local = listener->local;
    return 0;
}

bool tcp_links_have(const struct tcp_links *tcp, const struct rtc_addr *ip)
{
    for (unsigned i = 0; i < tcp->listener_count; i++)
        if (sockaddr_same_ip(&tcp->listeners[i]->local, ip))
            return true;
    return false;
}

static void close_from(struct tcp_links *tcp, const struct rtc_addr *ip)
{
    for (unsigned i = 0; i < 2 * TCP_LINKS_MOST; i++)
        if (tcp->links[i].stream &&
            sockaddr_same_ip(&tcp->links[i].path.local, ip))
            link_close(&tcp->links[i]);
}

unsigned tcp_links_close_gone(struct tcp_links *tcp,
                              bool (*is_gone)(const struct rtc_addr *addr),
                              struct rtc_addr *ret_addrs, unsigned most)
{
    unsigned count = 0;

    for (unsigned i = 0; i < tcp->listener_count;) {
        struct listener *listener = tcp->listeners[i];

        if (!is_gone(&listener->local)) {
            i++;
            continue;
        }
        rtc_peer_remove_local(tcp->owner->peer, &listener->local, now_of(tcp));
        if (count < most)
            ret_addrs[count++] = listener->local;
        close_from(tcp, &listener->local);
        listener_free(listener);
        tcp->listeners[i] = tcp->listeners[--tcp->listener_count];
    }
    return count;
}

/* ---- connections --------------------------------------------------------- */

static struct stream *connect_from(struct tcp_links *tcp,
                                   const struct rtc_path *path)
{
    const struct stream_options options = {.framing = RTC_FRAMING_ICE,
                                           .open_us = OPEN_US};
    struct tcp_link *link = place(tcp, false);
    struct rtc_addr local = path->local;
    struct stream_calls calls;

    if (!link)
        return NULL;
    start(tcp, link, path, false);
    local.port = 0;
    calls = calls_of(link);
    link->stream = stream_connect(tcp->owner->driver, &path->remote, &local,
                                  &options, &calls);
    return link->stream;
}

struct stream *tcp_links_stream(struct tcp_links *tcp,
                                const struct rtc_path *path)
{
    for (unsigned i = 0; i < 2 * TCP_LINKS_MOST; i++) {
        struct tcp_link *link = &tcp->links[i];

        if (link->stream && sockaddr_same(&link->path.remote, &path->remote) &&
            sockaddr_same(&link->path.local, &path->local))
            return link->stream;
    }
    return path->local.port == DISCARD_PORT ? connect_from(tcp, path) : NULL;
}

/* ---- all of them --------------------------------------------------------- */

struct tcp_links *tcp_links_new(struct link_owner *owner)
{
    struct tcp_links *tcp = calloc(1, sizeof *tcp);

    if (!tcp)
        return NULL;
    tcp->owner = owner;
    tcp->sweep = driver_timer_new(owner->driver, on_sweep, tcp);
    if (tcp->sweep)
        return tcp;
    free(tcp);
    return NULL;
}

void tcp_links_free(struct tcp_links *tcp)
{
    if (!tcp)
        return;
    for (unsigned i = 0; i < 2 * TCP_LINKS_MOST; i++)
        link_close(&tcp->links[i]);
    while (tcp->listener_count > 0)
        listener_free(tcp->listeners[--tcp->listener_count]);
    driver_watch_free(tcp->sweep);
    free(tcp);
}
