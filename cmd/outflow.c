/* SPDX-License-Identifier: MIT
 *
 * Writes at once what the descriptor takes and queues the rest. Descriptors
 * may be shared with other processes, so they stay blocking: a pipe is written
 * to in pieces that it is known to have room for.
 */
#include "cmd/outflow.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/file.h"

/* How often to look whether somebody reads a FIFO. */
#define RETRY_US 20000

struct outflow {
    int fd; /* -1: a FIFO that nobody reads yet */
    const char *file;
    struct driver *driver;
    struct driver_watch *retry;    /* NULL once it is open */
    struct driver_watch *writable; /* NULL: a regular file */
    void (*failed)(void *user, int error);
    void *user;
    int error;
    void (*drained)(void *user);
    void *drained_user;
    bool is_ended;
    char *queue; /* waits from `start` on */
    size_t start, len, cap;
};

static void on_writable(void *user, int fd);

static bool fail(struct outflow *out, int error)
{
    if (!out->error) {
        out->error = error;
        if (out->writable)
            driver_watch_enable(out->writable, false);
        if (out->failed)
            out->failed(out->user, error);
    }
    return false;
}

/* Writes what goes without waiting. How much, or -1 with errno. */
static ssize_t write_some(struct outflow *out, const char *data, size_t len)
{
    size_t done = 0;

    while (done < len) {
        struct pollfd ready = {.fd = out->fd, .events = POLLOUT};
        size_t piece = len - done;
        ssize_t n;
        /* POLLOUT on a pipe promises room for PIPE_BUF bytes. */
        if (out->writable) {
            if (poll(&ready, 1, 0) <= 0)
                break;
            piece = piece > PIPE_BUF ? PIPE_BUF : piece;
        }
        n = write(out->fd, data + done, piece);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno != EINTR)
            return -1;
        done += n > 0 ? (size_t)n : 0;
    }
    return (ssize_t)done;
}

static bool enqueue(struct outflow *out, const char *data, size_t len)
{
    if (out->start) {
        memmove(out->queue, out->queue + out->start, out->len);
        out->start = 0;
    }
    if (out->len + len > out->cap) {
        size_t cap = 2 * (out->len + len);
        char *queue = realloc(out->queue, cap);
        if (!queue)
            return fail(out, ENOMEM);
        out->queue = queue;
        out->cap = cap;
    }
    memcpy(out->queue + out->len, data, len);
    out->len += len;
    if (out->writable)
        driver_watch_enable(out->writable, true);
    return true;
}

bool outflow_has_room(const struct outflow *out, size_t len)
{
    return out->len + len <= OUTFLOW_MOST;
}

bool outflow_write(struct outflow *out, const void *data, size_t len)
{
    ssize_t done = 0;

    if (out->error)
        return false;
    if (!len)
        return true;
    if (!out->len && out->fd >= 0)
        done = write_some(out, data, len);
    if (done < 0)
        return fail(out, errno);
    if ((size_t)done == len)
        return true;
    return enqueue(out, (const char *)data + done, len - (size_t)done);
}

size_t outflow_waiting(const struct outflow *out)
{
    return out->len;
}

void outflow_on_drained(struct outflow *out, void (*fn)(void *user), void *user)
{
    out->drained = fn;
    out->drained_user = user;
}

/* A standard output is still open under its own number. */
static void let_go(struct outflow *out)
{
    driver_watch_free(out->writable);
    out->writable = NULL;
    if (close(out->fd))
        fail(out, errno);
    out->fd = -1;
    if (file_is_standard(out->file, STDOUT_FILENO))
        file_close_standard(STDOUT_FILENO);
}

void outflow_end(struct outflow *out)
{
    out->is_ended = true;
    if (!out->len && out->fd >= 0)
        let_go(out);
}

static void on_writable(void *user, int fd)
{
    struct outflow *out = user;
    ssize_t done = write_some(out, out->queue + out->start, out->len);

    (void)fd;
    if (done < 0) {
        fail(out, errno);
        return;
    }
    out->start += (size_t)done;
    out->len -= (size_t)done;
    if (out->len)
        return;
    driver_watch_enable(out->writable, false);
    if (out->is_ended)
        let_go(out);
    if (out->drained)
        out->drained(out->drained_user);
}

bool outflow_is_terminal(const struct outflow *out)
{
    return out->fd >= 0 && file_is_terminal(out->fd);
}

/* Watches what was opened. 0, or -1 with errno. */
static int watch(struct outflow *out)
{
    out->writable =
        driver_watch_fd(out->driver, out->fd, DRIVER_WRITE, on_writable, out);
    if (!out->writable)
        return errno == EPERM ? 0 : -1; /* a regular file is always ready */
    driver_watch_enable(out->writable, out->len > 0);
    return 0;
}

static void on_retry(void *user, int what)
{
    struct outflow *out = user;

    (void)what;
    out->fd = file_open_write(out->file, false);
    if (out->fd < 0 && errno == ENXIO)
        driver_timer_set(out->retry, driver_now(out->driver) + RETRY_US);
    else if (out->fd < 0 || watch(out))
        fail(out, errno);
    else if (out->is_ended && !out->len)
        let_go(out);
}

/* Opens it, or sees to it that it will be. 0, or -1 with errno. */
static int open_out(struct outflow *out)
{
    out->fd = file_open_write(out->file, false);
    if (out->fd >= 0)
        return watch(out);
    if (errno != ENXIO)
        return -1;
    out->retry = driver_timer_new(out->driver, on_retry, out);
    if (!out->retry)
        return -1;
    driver_timer_set(out->retry, driver_now(out->driver) + RETRY_US);
    return 0;
}

struct outflow *outflow_new(struct driver *driver, const char *file,
                            void (*failed)(void *user, int error), void *user)
{
    struct outflow *out = calloc(1, sizeof *out);
    int error;

    if (!out)
        return NULL;
    out->file = file;
    out->driver = driver;
    out->failed = failed;
    out->user = user;
    if (open_out(out) == 0)
        return out;
    error = errno;
    if (out->fd >= 0)
        close(out->fd);
    free(out);
    errno = error;
    return NULL;
}

/* What waits leaves, if its reader takes it in time. 0 or errno. */
static int flush(struct outflow *out, int limit_ms)
{
    if (out->error)
        return out->error;
    if (out->fd < 0)
        return out->len ? ENXIO : 0;
    if (out->len &&
        file_write_all(out->fd, out->queue + out->start, out->len, limit_ms))
        return errno;
    return 0;
}

int outflow_close(struct outflow *out, int limit_ms)
{
    int error;

    if (!out)
        return 0;
    error = flush(out, limit_ms);
    driver_watch_free(out->writable);
    driver_watch_free(out->retry);
    /* A full disk may show only here. */
    if (out->fd >= 0 && close(out->fd) && !error)
        error = errno;
    free(out->queue);
    free(out);
    errno = error;
    return error ? -1 : 0;
}
