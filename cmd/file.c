/* SPDX-License-Identifier: MIT
 *
 * Opens what FILE means on the command line and writes whole texts.
 */
#include "cmd/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/value.h"

/* The descriptor `fd:N` and `/dev/fd/N` speak of; -1 for an ordinary name. */
static int number_in(const char *name)
{
    static const char *const prefixes[] = {"fd:", "/dev/fd/"};
    int64_t number;

    for (int i = 0; i < 2; i++) {
        size_t len = strlen(prefixes[i]);

        if (!strncmp(name, prefixes[i], len) &&
            value_integer(name + len, &number) && number >= 0 &&
            number <= 1 << 20)
            return (int)number;
    }
    return -1;
}

/* A descriptor that may be closed: the standard ones keep their numbers busy,
 * any other is taken over as it is, and no child of ours holds it open. */
static int take_over(int fd)
{
    if (fd <= STDERR_FILENO)
        return fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : fd;
}

int file_open_read(const char *name)
{
    int number = strcmp(name, "-") ? number_in(name) : STDIN_FILENO;

    if (number >= 0)
        return take_over(number);
    /* Nonblocking: opening a FIFO would else wait for its writer. */
    return open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int file_open_write(const char *name, bool wait)
{
    int number = strcmp(name, "-") ? number_in(name) : STDOUT_FILENO;
    int fd;

    if (number >= 0)
        return take_over(number);
    fd =
        open(name,
             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (wait ? 0 : O_NONBLOCK),
             0666);
    if (fd >= 0 && !wait)
        fcntl(fd, F_SETFL, 0);
    return fd;
}

int file_open_private(const char *name, bool add)
{
    int number = strcmp(name, "-") ? number_in(name) : STDOUT_FILENO;

    if (number >= 0)
        return take_over(number);
    return open(name,
                O_WRONLY | O_CREAT | O_CLOEXEC | (add ? O_APPEND : O_TRUNC),
                0600);
}

bool file_is_standard(const char *name, int fd)
{
    return name && (!strcmp(name, "-") || number_in(name) == fd ||
                    !strcmp(name, fd ? "/dev/stdout" : "/dev/stdin"));
}

bool file_is_terminal(int fd)
{
    return isatty(fd) == 1;
}

bool file_is_pollable(int fd)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    bool pollable = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;

    close(epoll);
    return pollable;
}

int file_write_all(int fd, const void *data, size_t len, int limit_ms)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(fd, at, len);

        if (n >= 0) {
            at += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};

            if (poll(&wait, 1, limit_ms) == 0) {
                errno = ETIMEDOUT;
                return -1;
            }
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

int file_close_standard(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int result = null < 0 ? -1 : dup2(null, fd);

    if (null >= 0)
        close(null);
    return result < 0 ? -1 : 0;
}

void file_reserve_standard(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0)
            return;
}
