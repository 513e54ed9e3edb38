/* SPDX-License-Identifier: MIT
 *
 * One TCP or TLS connection that carries datagrams: RFC 4571 between peers, the
 * messages' own lengths to a TURN server. Two watches, for reading and for
 * writing, are switched by what the connection waits for. Both buffers are
 * bounded, so neither end of it can make us grow.
 */
#include "cmd/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/tcp.h"

/* One turn reads at most this often, so that a flood leaves time to send. */
#define READS_PER_TURN 4

enum step { STEP_CONNECTING, STEP_HANDSHAKE, STEP_OPEN, STEP_ENDED };

struct stream {
    struct driver *driver;
    int fd;
    enum step step;
    enum rtc_framing framing;
    struct tls *tls;
    struct stream_calls calls;
    struct driver_watch *readable, *writable, *limit;
    bool *freed; /* set when freed, for the function that may be inside */
    uint64_t dropped;
    size_t in_len, out_start, out_len;
    uint8_t in[STREAM_BUFFER_LEN];
    uint8_t out[STREAM_QUEUE_LEN];
};

/* ---- the end ------------------------------------------------------------- */

void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    if (stream->freed)
        *stream->freed = true;
    driver_watch_free(stream->readable);
    driver_watch_free(stream->writable);
    driver_watch_free(stream->limit);
    if (stream->tls && stream->step == STEP_OPEN)
        tls_bye(stream->tls);
    tls_free(stream->tls);
    close(stream->fd);
    free(stream);
}

static void end(struct stream *stream, const char *why)
{
    if (stream->step == STEP_ENDED)
        return;
    stream->step = STEP_ENDED;
    driver_watch_enable(stream->readable, false);
    driver_watch_enable(stream->writable, false);
    driver_timer_set(stream->limit, RTC_NEVER);
    stream->calls.ended(stream->calls.user, why);
}

/* ---- bytes --------------------------------------------------------------- */

/* Both: bytes, or an enum tls_result other than TLS_DONE; errno is kept. */
static int from_errno(ssize_t n, enum tls_result again)
{
    if (n > 0)
        return (int)n;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return again;
    return n == 0 ? TLS_END : TLS_FAILED;
}

static int read_some(struct stream *stream, uint8_t *buf, size_t cap)
{
    if (stream->tls)
        return tls_recv(stream->tls, buf, cap);
    return from_errno(recv(stream->fd, buf, cap, 0), TLS_WANT_READ);
}

static int write_some(struct stream *stream, const uint8_t *data, size_t len)
{
    if (stream->tls)
        return tls_send(stream->tls, data, len);
    return from_errno(send(stream->fd, data, len, MSG_NOSIGNAL),
                      TLS_WANT_WRITE);
}

static const char *why_of(const struct stream *stream, int result)
{
    if (stream->tls)
        return tls_why(stream->tls);
    return result == TLS_END ? "the other side closed the connection"
                             : strerror(errno);
}

/* ---- sending ------------------------------------------------------------- */

/* Sends what waits; watches for room when that is not all. False when the
 * connection broke: reading, which reports it, is made to see it. */
static bool flush(struct stream *stream)
{
    int n = 1;

    while (stream->out_len > 0 && n > 0) {
        n = write_some(stream, stream->out + stream->out_start,
                       stream->out_len);
        if (n > 0) {
            stream->out_start += (size_t)n;
            stream->out_len -= (size_t)n;
        }
    }
    if (stream->out_len == 0)
        stream->out_start = 0;
    driver_watch_enable(stream->writable, stream->out_len > 0);
    return n > 0 || n == TLS_WANT_WRITE || n == TLS_WANT_READ;
}

bool stream_send(struct stream *stream, const uint8_t *data, size_t len)
{
    size_t head = stream->framing == RTC_FRAMING_ICE ? 2 : 0;
    uint8_t *at;

    if (stream->step == STEP_ENDED || len > UINT16_MAX ||
        head + len > STREAM_QUEUE_LEN - stream->out_len) {
        stream->dropped++;
        return false;
    }
    if (stream->out_start + stream->out_len + head + len > STREAM_QUEUE_LEN) {
        memmove(stream->out, stream->out + stream->out_start, stream->out_len);
        stream->out_start = 0;
    }
    at = stream->out + stream->out_start + stream->out_len;
    if (head) {
        at[0] = (uint8_t)(len >> 8);
        at[1] = (uint8_t)len;
    }
    memcpy(at + head, data, len);
    stream->out_len += head + len;
    /* What fails here fails again in on_writable, which may end it. */
    if (stream->step == STEP_OPEN && !flush(stream))
        driver_watch_enable(stream->writable, true);
    return true;
}

/* ---- receiving ----------------------------------------------------------- */

/* Hands out whole messages. False when the stream is at its end. */
static bool take_messages(struct stream *stream)
{
    size_t at = 0, start, len;
    int taken;

    while ((taken = rtc_framing_next(stream->framing, stream->in + at,
                                     stream->in_len - at, &start, &len)) > 0) {
        if (len > 0 && !stream->calls.datagram(stream->calls.user,
                                               stream->in + at + start, len)) {
            end(stream, "nothing of ours came over it");
            return false;
        }
        at += (size_t)taken;
    }
    if (taken < 0) {
        end(stream, "what came is out of step");
        return false;
    }
    stream->in_len -= at;
    memmove(stream->in, stream->in + at, stream->in_len);
    return true;
}

static void on_readable(void *user, int fd)
{
    struct stream *stream = user;

    (void)fd;
    for (int i = 0; i < READS_PER_TURN; i++) {
        /* A message always fits, so there is room. */
        int n = read_some(stream, stream->in + stream->in_len,
                          STREAM_BUFFER_LEN - stream->in_len);

        if (n == TLS_WANT_READ || n == TLS_WANT_WRITE)
            return;
        if (n < 0) {
            end(stream, why_of(stream, n));
            return;
        }
        stream->in_len += (size_t)n;
        if (!take_messages(stream))
            return;
    }
    /* What TLS has decrypted makes no socket readable. */
    if (stream->tls)
        driver_timer_set(stream->limit, 0);
}

/* ---- opening ------------------------------------------------------------- */

static void open_now(struct stream *stream)
{
    bool freed = false;

    stream->step = STEP_OPEN;
    driver_timer_set(stream->limit, RTC_NEVER);
    driver_watch_enable(stream->readable, true);
    stream->freed = &freed;
    if (stream->calls.opened)
        stream->calls.opened(stream->calls.user);
    if (freed)
        return;
    stream->freed = NULL;
    if (stream->step == STEP_OPEN && !flush(stream))
        driver_watch_enable(stream->writable, true);
}

static void handshake(struct stream *stream)
{
    enum tls_result result = tls_handshake(stream->tls);

    if (result == TLS_DONE) {
        open_now(stream);
        return;
    }
    driver_watch_enable(stream->readable, result == TLS_WANT_READ);
    driver_watch_enable(stream->writable, result == TLS_WANT_WRITE);
    if (result == TLS_FAILED)
        end(stream, why_of(stream, result));
}

static void on_connected(struct stream *stream)
{
    int error = tcp_error(stream->fd);

    if (!error && stream->calls.connected)
        stream->calls.connected(stream->calls.user);
    if (error) {
        end(stream, strerror(error));
    } else if (stream->tls) {
        /* It is writable still, so that this begins at the next wakeup. */
        stream->step = STEP_HANDSHAKE;
    } else {
        driver_watch_enable(stream->writable, false);
        open_now(stream);
    }
}

static void on_ready(void *user, int fd)
{
    struct stream *stream = user;

    if (stream->step == STEP_HANDSHAKE)
        handshake(stream);
    else if (stream->step == STEP_OPEN)
        on_readable(user, fd);
}

static void on_writable(void *user, int fd)
{
    struct stream *stream = user;

    (void)fd;
    if (stream->step == STEP_CONNECTING)
        on_connected(stream);
    else if (stream->step == STEP_HANDSHAKE)
        handshake(stream);
    else if (stream->step == STEP_OPEN && !flush(stream))
        end(stream, why_of(stream, TLS_FAILED));
}

static void on_limit(void *user, int what)
{
    struct stream *stream = user;

    if (stream->step == STEP_OPEN)
        on_readable(user, what);
    else
        end(stream, stream->step == STEP_CONNECTING
                        ? "no connection in time"
                        : "TLS: no end of the handshake in time");
}

/* Takes `fd`. */
static struct stream *stream_new(struct driver *driver, int fd,
                                 const struct stream_calls *calls)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (!stream) {
        close(fd);
        errno = ENOMEM;
        return NULL;
    }
    stream->driver = driver;
    stream->fd = fd;
    stream->calls = *calls;
    stream->readable =
        driver_watch_fd(driver, fd, DRIVER_READ, on_ready, stream);
    stream->writable =
        driver_watch_fd(driver, fd, DRIVER_WRITE, on_writable, stream);
    stream->limit = driver_timer_new(driver, on_limit, stream);
    if (!stream->readable || !stream->writable || !stream->limit) {
        stream_free(stream);
        errno = ENOMEM;
        return NULL;
    }
    return stream;
}

struct stream *stream_connect(struct driver *driver,
                              const struct rtc_addr *remote,
                              const struct rtc_addr *local,
                              const struct stream_options *options,
                              const struct stream_calls *calls)
{
    int fd = tcp_connect(remote, local);
    struct stream *stream = fd < 0 ? NULL : stream_new(driver, fd, calls);

    if (!stream)
        return NULL;
    stream->framing = options->framing;
    if (options->tls) {
        stream->tls = tls_new(options->tls, options->host, fd);
        if (!stream->tls) {
            stream_free(stream);
            errno = ENOMEM;
            return NULL;
        }
    }
    driver_watch_enable(stream->readable, false);
    driver_timer_set(stream->limit, driver_now(driver) + options->open_us);
    return stream;
}

struct stream *stream_adopt(struct driver *driver, int fd,
                            enum rtc_framing framing,
                            const struct stream_calls *calls)
{
    struct stream *stream = stream_new(driver, fd, calls);

    if (!stream)
        return NULL;
    stream->framing = framing;
    stream->step = STEP_OPEN;
    driver_watch_enable(stream->writable, false);
    return stream;
}

const struct tls *stream_tls(const struct stream *stream)
{
    return stream->tls;
}

int stream_local(const struct stream *stream, struct rtc_addr *ret_local)
{
    return tcp_local(stream->fd, ret_local);
}

uint64_t stream_dropped(const struct stream *stream)
{
    return stream->dropped;
}
