/* SPDX-License-Identifier: MIT
 *
 * A WHIP and WHEP server for many sessions at once, for tests: who offers to
 * receive is sent a built-in clip (`media_server N BITRATE`: no more than N
 * frames, filled up to BITRATE), who offers to send is listened to. The port,
 * on 127.0.0.1, is printed once it listens; when TERM comes, one JSON object
 * says what there was:
 *
 *   {"posts": N, "connected": N, "deleted": N, "frames": sent or received,
 *    "packets": sent or received, "lost": of those to be received}
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/driver.h"
#include "cmd/probe/player.h"
#include "cmd/probe/publisher.h"

#define SESSION_MOST 1000
#define REQUEST_MAX 65536

struct session {
    struct server *server;
    struct rtc_peer *peer; /* NULL: it was deleted */
    struct publisher *publisher;
    struct player player;
};

struct server {
    struct driver *driver;
    int fd;
    struct driver_watch *timer;
    struct session sessions[SESSION_MOST];
    uint64_t frame_most; /* sent to each */
    struct publisher_options clip;
    unsigned posts, connected, deleted;
    uint64_t frames, packets;
    int64_t lost;
};

/* A connection with one request. */
struct request {
    struct server *server;
    int fd;
    struct driver_watch *watch;
    char text[REQUEST_MAX + 1];
    size_t len;
};

/* ---- sessions ------------------------------------------------------------ */

static uint64_t sent(const struct session *s)
{
    const struct publisher_counts *counts = publisher_counts(s->publisher);

    return counts->frames[RTC_AUDIO] + counts->frames[RTC_VIDEO];
}

static void on_event(void *user, const struct rtc_event *event)
{
    struct session *s = user;

    if (event->type == RTC_EVENT_CONNECTED) {
        s->server->connected++;
        if (s->publisher && s->server->frame_most > 0)
            publisher_start(s->publisher);
    }
    if (s->publisher)
        publisher_event(s->publisher, event);
    else
        player_event(&s->player, event);
}

static void open_peer(struct session *s)
{
    const struct rtc_addr any = {.family = 4, .ip = {127, 0, 0, 1}};
    struct driver *driver = s->server->driver;
    struct rtc_config config;

    rtc_config_init(&config);
    config.random = driver_random;
    if (rtc_peer_new(&s->peer, &config) ||
        driver_add_peer(driver, s->peer, on_event, s) ||
        driver_open_sockets(driver, s->peer, RTC_UDP, &any, 1,
                            (struct port_range){0, 0}) != 1)
        die(RTC_EXIT_INTERNAL, "no peer");
}

/* The answer's length, or below 0. */
static int answer(struct session *s, const char *offer, char *buf, size_t cap)
{
    struct driver *driver = s->server->driver;
    rtc_usec now = driver_now(driver);
    int len;

    open_peer(s);
    player_init(&s->player);
    if (strstr(offer, "a=recvonly")) {
        s->publisher = publisher_new(driver, &s->server->clip);
        publisher_add_tracks(s->publisher, s->peer, RTC_SENDONLY);
    } else {
        player_add_tracks(&s->player, s->peer);
    }
    if (rtc_peer_remote_offer(s->peer, offer, strlen(offer), now))
        return -1;
    len = rtc_peer_answer(s->peer, buf, cap, now);
    driver_changed(driver, s->peer);
    return len;
}

static void count(struct session *s)
{
    struct rtc_track_stats stats;

    for (int t = 0; rtc_peer_track_stats(s->peer, t, &stats) == 0; t++) {
        s->server->frames += stats.frames_sent + stats.frames_received;
        s->server->packets += stats.packets_sent + stats.packets_received;
        s->server->lost += stats.packets_lost;
    }
}

static void end(struct session *s)
{
    struct driver *driver = s->server->driver;

    if (!s->peer)
        return;
    count(s);
    publisher_free(s->publisher);
    rtc_peer_close(s->peer, driver_now(driver));
    driver_flush(driver, s->peer);
    driver_remove_peer(driver, s->peer);
    rtc_peer_free(s->peer);
    s->peer = NULL;
    s->publisher = NULL;
}

/* ---- HTTP ---------------------------------------------------------------- */

static void reply(struct request *request, const char *status,
                  const char *headers, const char *body)
{
    char text[REQUEST_MAX];
    int len = snprintf(text, sizeof text,
                       "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n"
                       "Connection: close\r\n\r\n%s",
                       status, headers, strlen(body), body);

    if (write(request->fd, text, (size_t)len) != len)
        fprintf(stderr, "a reply was not taken\n");
}

static void on_post(struct request *request, const char *offer)
{
    struct server *server = request->server;
    char sdp[32768], headers[128];

    if (server->posts == SESSION_MOST) {
        reply(request, "503 Full", "", "");
        return;
    }
    snprintf(headers, sizeof headers,
             "Content-Type: application/sdp\r\nLocation: /session/%u\r\n",
             server->posts);
    server->sessions[server->posts].server = server;
    if (answer(&server->sessions[server->posts++], offer, sdp, sizeof sdp) < 0)
        reply(request, "400 Bad Offer", "", "");
    else
        reply(request, "201 Created", headers, sdp);
}

static void on_delete(struct request *request)
{
    struct server *server = request->server;
    unsigned number;

    if (sscanf(request->text, "DELETE /session/%u", &number) != 1 ||
        number >= server->posts || !server->sessions[number].peer) {
        reply(request, "404 Not Found", "", "");
        return;
    }
    end(&server->sessions[number]);
    server->deleted++;
    reply(request, "200 OK", "", "");
}

static void serve(struct request *request, const char *body)
{
    if (!strncmp(request->text, "POST ", 5))
        on_post(request, body);
    else
        on_delete(request);
}

/* The body, once it is whole; NULL before. */
static const char *find_body(const struct request *request)
{
    const char *gap = strstr(request->text, "\r\n\r\n");
    const char *length = strcasestr(request->text, "\r\ncontent-length:");
    size_t wanted = length ? strtoul(length + 17, NULL, 10) : 0;

    return gap && strlen(gap + 4) >= wanted ? gap + 4 : NULL;
}

static void on_readable(void *user, int fd)
{
    struct request *request = user;
    ssize_t n =
        read(fd, request->text + request->len, REQUEST_MAX - request->len);
    const char *body;

    if (n > 0)
        request->len += (size_t)n;
    request->text[request->len] = '\0';
    body = find_body(request);
    if (n > 0 && !body)
        return;
    if (body)
        serve(request, body);
    driver_watch_free(request->watch);
    close(fd);
    free(request);
}

static void on_connection(void *user, int fd)
{
    struct server *server = user;
    struct request *request = calloc(1, sizeof *request);

    request->server = server;
    request->fd = accept(fd, NULL, NULL);
    request->watch = driver_watch_fd(server->driver, request->fd, DRIVER_READ,
                                     on_readable, request);
    if (!request->watch)
        die(RTC_EXIT_INTERNAL, "no watch");
}

/* ---- the process --------------------------------------------------------- */

/* Who has been sent enough gets no more. */
static void on_time(void *user, int what)
{
    struct server *server = user;

    (void)what;
    for (unsigned i = 0; i < server->posts; i++) {
        struct session *s = &server->sessions[i];

        if (s->publisher && sent(s) >= server->frame_most)
            publisher_stop(s->publisher);
    }
    driver_timer_set(server->timer, driver_now(server->driver) + 10000);
}

static void on_end(void *user, int what)
{
    struct server *server = user;

    (void)what;
    driver_stop(server->driver);
}

static void listen_on(struct server *server)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof name;

    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->fd, (struct sockaddr *)&name, sizeof name) ||
        listen(server->fd, SESSION_MOST) ||
        getsockname(server->fd, (struct sockaddr *)&name, &len))
        die(RTC_EXIT_INTERNAL, "cannot listen");
    printf("%u\n", ntohs(name.sin_port));
    fflush(stdout);
}

static void print(const struct server *server)
{
    printf("{\"posts\": %u, \"connected\": %u, \"deleted\": %u, "
           "\"frames\": %llu, \"packets\": %llu, \"lost\": %lld}\n",
           server->posts, server->connected, server->deleted,
           (unsigned long long)server->frames,
           (unsigned long long)server->packets, (long long)server->lost);
}

int main(int argc, char **argv)
{
    static struct server server;
    struct driver_watch *watches[2];

    server.frame_most = argc > 1 ? strtoull(argv[1], NULL, 10) : UINT64_MAX;
    server.clip.bitrate_bps = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
    server.driver = driver_new();
    listen_on(&server);
    watches[0] = driver_watch_fd(server.driver, server.fd, DRIVER_READ,
                                 on_connection, &server);
    watches[1] = driver_watch_signal(server.driver, SIGTERM, on_end, &server);
    server.timer = driver_timer_new(server.driver, on_time, &server);
    if (argc > 1)
        driver_timer_set(server.timer, 0);
    driver_run(server.driver);
    for (unsigned i = 0; i < server.posts; i++)
        end(&server.sessions[i]);
    print(&server);
    driver_watch_free(server.timer);
    driver_watch_free(watches[0]);
    driver_watch_free(watches[1]);
    driver_free(server.driver);
    close(server.fd);
    return 0;
}
