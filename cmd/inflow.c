/* SPDX-License-Identifier: MIT
 *
 * Reads pipes by epoll and regular files, which are always ready, on a timer.
 * Descriptors may be shared with other processes, so they stay blocking.
 */
#include "cmd/inflow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/file.h"

struct inflow {
    int fd;
    struct driver_watch *readable; /* NULL: a regular file */
    struct driver_watch *timer;    /* or that file's */
    void (*ready)(void *user);
    void *user;
};

static void on_ready(void *user, int what)
{
    struct inflow *in = user;

    (void)what;
    in->ready(in->user);
}

static int watch(struct inflow *in, struct driver *driver)
{
    in->readable = driver_watch_fd(driver, in->fd, DRIVER_READ, on_ready, in);
    if (in->readable) {
        driver_watch_enable(in->readable, false);
        return 0;
    }
    if (errno != EPERM)
        return -1;
    in->timer = driver_timer_new(driver, on_ready, in);
    return in->timer ? 0 : -1;
}

struct inflow *inflow_new(struct driver *driver, const char *file,
                          void (*ready)(void *user), void *user)
{
    struct inflow *in = calloc(1, sizeof *in);
    int error;

    if (!in)
        return NULL;
    in->ready = ready;
    in->user = user;
    in->fd = file_open_read(file);
    if (in->fd >= 0 && watch(in, driver) == 0)
        return in;
    error = errno;
    inflow_free(in);
    errno = error;
    return NULL;
}

void inflow_free(struct inflow *in)
{
    if (!in)
        return;
    driver_watch_free(in->readable);
    driver_watch_free(in->timer);
    if (in->fd >= 0)
        close(in->fd);
    free(in);
}

void inflow_want(struct inflow *in, bool wanted)
{
    if (in->readable)
        driver_watch_enable(in->readable, wanted);
    else
        driver_timer_set(in->timer, wanted ? 0 : RTC_NEVER);
}

int inflow_read(struct inflow *in, uint8_t *buf, size_t cap, bool *ret_end)
{
    struct pollfd ready = {.fd = in->fd, .events = POLLIN};
    ssize_t n;

    if (in->readable && poll(&ready, 1, 0) <= 0)
        return 0;
    n = read(in->fd, buf, cap);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    *ret_end = n == 0;
    return (int)n;
}
