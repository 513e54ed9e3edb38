/* SPDX-License-Identifier: MIT
 *
 * Connections to TURN servers. An attempt goes through a server's addresses in
 * order; the first that connects is told to the peer, which does the talking.
 */
#include "cmd/uplinks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/links.h"
#include "cmd/sockaddr.h"

#define OPEN_US 5000000
/* While there is another address to try: one family of two is often broken. */
#define OPEN_FIRST_US 1000000
#define BACKOFF_US 250000
#define BACKOFF_MOST_US 4000000
/* One that lived this long was a good one: the next wait is short again. */
#define LIVED_US 30000000
#define REDIRECT_MOST 3

struct uplink {
    struct uplinks *up;
    struct driver_server server; /* its texts are in `host` and so on */
    char host[RTC_HOST_MAX + 1], *username, *password;
    unsigned next; /* the address to try */
    struct rtc_addr alternate;
    unsigned redirect_count;
    struct stream *stream;
    struct rtc_path path; /* once the peer is told of it */
    bool is_told, is_settled;
    rtc_usec backoff, since;
    struct driver_watch *retry;
    driver_server_fn fn;
    void *user;
};

struct uplinks {
    struct link_owner *owner;
    struct uplink *items[UPLINKS_MOST];
    unsigned count;
};

static void attempt(struct uplink *link);

static rtc_usec now_of(const struct uplink *link)
{
    return driver_now(link->up->owner->driver);
}

/* The end of an attempt, good or bad; only the first one is told. */
static void settle(struct uplink *link, const char *why)
{
    bool first = !link->is_settled;

    link->is_settled = true;
    if (first && link->fn)
        link->fn(link->user, why);
}

static void drop(struct uplink *link)
{
    struct link_owner *owner = link->up->owner;

    stream_free(link->stream);
    link->stream = NULL;
    if (!link->is_told)
        return;
    link->is_told = false;
    rtc_peer_lose_server(owner->peer, &link->path.local, &link->path.remote,
                         now_of(link));
    *owner->changed = true;
}

static void wait_for_retry(struct uplink *link)
{
    driver_timer_set(link->retry, now_of(link) + link->backoff);
    link->backoff *= 2;
    if (link->backoff > BACKOFF_MOST_US)
        link->backoff = BACKOFF_MOST_US;
}

static bool on_datagram(void *user, uint8_t *data, size_t len)
{
    struct uplink *link = user;

    link_receive(link->up->owner, &link->path, data, len, 0);
    return true;
}

/* The next address, or after the last one a pause. */
static void go_on(struct uplink *link, const char *why)
{
    bool was_alternate = link->alternate.family;
    char copy[256];

    /* `why` may live in the stream. */
    snprintf(copy, sizeof copy, "%s", why);
    link->alternate.family = 0;
    drop(link);
    if (!was_alternate && ++link->next < link->server.addr_count) {
        driver_timer_set(link->retry, now_of(link));
        return;
    }
    link->next = 0;
    wait_for_retry(link);
    settle(link, copy);
}

static void on_ended(void *user, const char *why)
{
    struct uplink *link = user;

    verbose("the connection to %s ended: %s", link->host, why);
    if (!link->is_told) {
        go_on(link, why);
        return;
    }
    if (now_of(link) - link->since >= LIVED_US)
        link->backoff = BACKOFF_US;
    link->next = 0;
    link->alternate.family = 0;
    link->redirect_count = 0;
    drop(link);
    wait_for_retry(link);
}

static void on_opened(void *user)
{
    struct uplink *link = user;
    struct link_owner *owner = link->up->owner;
    struct rtc_server server = {
        .type = RTC_SERVER_TURN,
        .transport = link->server.transport,
        .addr = link->path.remote,
        .username = link->username,
        .password = link->password,
        .relay_family = link->server.relay_family,
    };
    int error = stream_local(link->stream, &server.local)
                    ? RTC_ERR_STATE
                    : rtc_peer_add_server(owner->peer, &server, now_of(link));

    if (error) {
        drop(link);
        wait_for_retry(link);
        settle(link, error == RTC_ERR_NOMEM ? "too many servers"
                                            : rtc_error_text(error));
        return;
    }
    link->path.local = server.local;
    link->is_told = true;
    link->since = now_of(link);
    *owner->changed = true;
    settle(link, NULL);
}

static void attempt(struct uplink *link)
{
    const struct stream_calls calls = {.opened = on_opened,
                                       .datagram = on_datagram,
                                       .ended = on_ended,
                                       .user = link};
    const struct stream_options options = {
        .framing = RTC_FRAMING_TURN,
        .tls = link->server.transport == RTC_TLS ? link->server.trust : NULL,
        .host = link->host,
        .open_us =
            link->next + 1 < link->server.addr_count ? OPEN_FIRST_US : OPEN_US,
    };

    const struct rtc_addr *from;

    link->path = (struct rtc_path){
        .remote = link->alternate.family ? link->alternate
                                         : link->server.addrs[link->next],
        .transport = link->server.transport,
    };
    from = link->path.remote.family == 4 ? &link->server.from4
                                         : &link->server.from6;
    link->stream = stream_connect(link->up->owner->driver, &link->path.remote,
                                  from->family ? from : NULL, &options, &calls);
    if (!link->stream)
        go_on(link, strerror(errno));
}

static void on_retry(void *user, int what)
{
    (void)what;
    attempt(user);
}

bool uplinks_follow(struct uplinks *up, const struct rtc_event *event)
{
    if (event->type != RTC_EVENT_SERVER ||
        event->server.failure != RTC_SERVER_ALTERNATE)
        return false;
    for (unsigned i = 0; i < up->count; i++) {
        struct uplink *link = up->items[i];

        if (!link->is_told || link->path.transport != event->server.transport ||
            !sockaddr_same(&link->path.remote, &event->server.addr))
            continue;
        if (link->redirect_count++ == REDIRECT_MOST)
            return false;
        drop(link);
        link->alternate = event->server.alternate;
        link->is_settled = false;
        driver_timer_set(link->retry, now_of(link));
        return true;
    }
    return false;
}

/* ---- all of them --------------------------------------------------------- */

static char *copy_of(const char *text)
{
    return strdup(text ? text : "");
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void uplink_free(struct uplink *link)
{
    driver_watch_free(link->retry);
    stream_free(link->stream);
    wipe(link->username);
    wipe(link->password);
    free(link);
}

int uplinks_add(struct uplinks *up, const struct driver_server *server,
                driver_server_fn fn, void *user)
{
    struct uplink *link;

    if (up->count == UPLINKS_MOST)
        return RTC_ERR_NOMEM;
    link = calloc(1, sizeof *link);
    if (!link)
        return RTC_ERR_NOMEM;
    link->up = up;
    link->server = *server;
    snprintf(link->host, sizeof link->host, "%s", server->host);
    link->username = copy_of(server->username);
    link->password = copy_of(server->password);
    link->backoff = BACKOFF_US;
    link->fn = fn;
    link->user = user;
    link->retry = driver_timer_new(up->owner->driver, on_retry, link);
    if (!link->username || !link->password || !link->retry) {
        uplink_free(link);
        return RTC_ERR_NOMEM;
    }
    up->items[up->count++] = link;
    driver_timer_set(link->retry, now_of(link));
    return 0;
}

bool uplinks_are_connecting(const struct uplinks *up)
{
    for (unsigned i = 0; i < up->count; i++)
        if (!up->items[i]->is_settled)
            return true;
    return false;
}

struct stream *uplinks_stream(struct uplinks *up, const struct rtc_path *path)
{
    for (unsigned i = 0; i < up->count; i++) {
        struct uplink *link = up->items[i];

        if (link->is_told && link->path.transport == path->transport &&
            sockaddr_same(&link->path.remote, &path->remote) &&
            sockaddr_same(&link->path.local, &path->local))
            return link->stream;
    }
    return NULL;
}

struct uplinks *uplinks_new(struct link_owner *owner)
{
    struct uplinks *up = calloc(1, sizeof *up);

    if (up)
        up->owner = owner;
    return up;
}

void uplinks_free(struct uplinks *up)
{
    if (!up)
        return;
    while (up->count > 0)
        uplink_free(up->items[--up->count]);
    free(up);
}
