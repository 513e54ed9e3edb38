/* SPDX-License-Identifier: MIT
 *
 * A UDP socket behind an impairment, or a stream (stream.h), as one. The socket
 * is connected, so that a machine that is there but has no server tells us so.
 */
#include "cmd/probe/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/impair.h"
#include "cmd/sockaddr.h"
#include "cmd/socket.h"
#include "cmd/stream.h"
#include "cmd/tcp.h"

struct probe_line {
    struct probe_line_setup setup;
    struct rtc_path path;
    struct udp_socket socket;
    struct socket_batch *batch;
    struct driver_watch *readable;
    struct stream *stream;
    bool is_heard;
};

static void give(struct probe_line *line, uint8_t *data, size_t len)
{
    line->setup.calls.received(line->setup.calls.user, data, len);
}

/* ---- UDP ----------------------------------------------------------------- */

/* An impair_fn. */
static bool receive_impaired(void *user, const struct rtc_path *path,
                             uint8_t *data, size_t len)
{
    (void)path;
    give(user, data, len);
    give(user, NULL, 0);
    return true;
}

static void receive_item(struct probe_line *line,
                         const struct socket_item *item)
{
    const struct impair_run run = {&line->path,   item->data,       item->len,
                                   item->segment, receive_impaired, line};
    size_t segment = item->segment ? item->segment : item->len;

    if (line->setup.impair) {
        impair_pass(line->setup.impair, IMPAIR_IN, &run);
        return;
    }
    for (size_t at = 0; at < item->len; at += segment)
        give(line, item->data + at,
             item->len - at < segment ? item->len - at : segment);
}

static void on_readable(void *user, int fd)
{
    struct probe_line *line = user;
    const struct socket_item *items;
    /* What ICMP said to what we sent; later it may be about one that was. */
    int error = line->is_heard ? 0 : tcp_error(fd);
    unsigned count;

    if (error) {
        driver_watch_enable(line->readable, false);
        line->setup.calls.ended(line->setup.calls.user, strerror(error));
        return;
    }
    count = socket_recv(&line->socket, line->batch, &items);
    line->is_heard |= count > 0;
    for (unsigned i = 0; i < count; i++)
        receive_item(line, &items[i]);
    give(line, NULL, 0);
}

static int connect_udp(struct probe_line *line)
{
    union sockaddr_any name;
    socklen_t len = sockaddr_write(&line->path.remote, &name);

    return connect(line->socket.fd, &name.any, len);
}

static int open_udp(struct probe_line *line)
{
    if (socket_open(&line->socket, &line->path.local) < 0) {
        line->socket.fd = -1;
        return -1;
    }
    line->path.local = line->socket.addr;
    line->batch = socket_batch_new();
    line->readable = driver_watch_fd(line->setup.driver, line->socket.fd,
                                     DRIVER_READ, on_readable, line);
    if (line->batch && line->readable)
        return connect_udp(line);
    errno = ENOMEM;
    return -1;
}

/* An impair_fn. */
static bool send_udp(void *user, const struct rtc_path *path, uint8_t *data,
                     size_t len)
{
    struct probe_line *line = user;

    return socket_send(&line->socket, &path->remote, data, len, len) == len;
}

void probe_line_turn(struct probe_line *line, const struct rtc_addr *remote)
{
    line->path.remote = *remote;
    line->is_heard = false;
    connect_udp(line);
}

/* ---- TCP and TLS --------------------------------------------------------- */

static bool on_datagram(void *user, uint8_t *data, size_t len)
{
    give(user, data, len);
    give(user, NULL, 0);
    return true;
}

static void on_connected(void *user)
{
    struct probe_line *line = user;

    line->setup.calls.connected(line->setup.calls.user);
}

static void on_opened(void *user)
{
    struct probe_line *line = user;

    stream_local(line->stream, &line->path.local);
    line->setup.calls.opened(line->setup.calls.user);
}

static void on_ended(void *user, const char *why)
{
    struct probe_line *line = user;

    line->setup.calls.ended(line->setup.calls.user, why);
}

static int open_stream(struct probe_line *line)
{
    const struct stream_calls calls = {.opened = on_opened,
                                       .datagram = on_datagram,
                                       .ended = on_ended,
                                       .connected = on_connected,
                                       .user = line};
    const struct stream_options options = {
        .framing = RTC_FRAMING_TURN,
        .tls = line->path.transport == RTC_TLS ? line->setup.trust : NULL,
        .host = line->setup.host,
        .open_us = line->setup.timeout,
    };

    line->stream = stream_connect(line->setup.driver, &line->path.remote,
                                  &line->path.local, &options, &calls);
    return line->stream ? 0 : -1;
}

/* ---- both ---------------------------------------------------------------- */

struct probe_line *probe_line_open(const struct probe_line_setup *setup)
{
    struct probe_line *line = calloc(1, sizeof *line);
    int error;

    if (!line)
        return NULL;
    line->setup = *setup;
    line->path = setup->path;
    line->socket.fd = -1;
    if ((line->path.transport == RTC_UDP ? open_udp(line)
                                         : open_stream(line)) == 0)
        return line;
    error = errno;
    probe_line_free(line);
    errno = error;
    return NULL;
}

void probe_line_free(struct probe_line *line)
{
    if (!line)
        return;
    impair_forget(line->setup.impair, line);
    driver_watch_free(line->readable);
    socket_batch_free(line->batch);
    socket_close(&line->socket);
    stream_free(line->stream);
    free(line);
}

bool probe_line_send(struct probe_line *line, uint8_t *data, size_t len)
{
    const struct impair_run run = {&line->path, data, len, 0, send_udp, line};

    if (line->stream)
        return stream_send(line->stream, data, len);
    if (!line->setup.impair)
        return send_udp(line, &line->path, data, len);
    impair_pass(line->setup.impair, IMPAIR_OUT, &run);
    return true;
}

const struct rtc_path *probe_line_path(const struct probe_line *line)
{
    return &line->path;
}

bool probe_line_certificate(const struct probe_line *line,
                            struct tls_certificate *ret_certificate)
{
    const struct tls *tls = line->stream ? stream_tls(line->stream) : NULL;

    return tls && tls_certificate(tls, ret_certificate);
}
