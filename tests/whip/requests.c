/* SPDX-License-Identifier: MIT
 *
 * Reads a request until it is whole, and closes the connection behind the
 * reply.
 */
#include "requests.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static struct driver *the_driver;
static void (*the_fn)(struct request *request);

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

void request_reply(struct request *request, int status, const char *fields,
                   const char *body)
{
    dprintf(request->fd,
            "HTTP/1.1 %d test\r\n%sContent-Length: %zu\r\n"
            "Connection: close\r\n\r\n%s",
            status, fields, strlen(body), body);
}

/* The body of a request that is all there, else NULL. */
static const char *body_of(const struct request *request)
{
    const char *body = strstr(request->text, "\r\n\r\n");
    const char *length = strcasestr(request->text, "\r\nContent-Length:");
    size_t wanted = 0;

    if (!body)
        return NULL;
    body += 4;
    if (length && length < body)
        wanted = strtoul(length + 17, NULL, 10);
    return request->len - (size_t)(body - request->text) >= wanted ? body
                                                                   : NULL;
}

static void on_readable(void *user, int fd)
{
    struct request *request = user;
    ssize_t n =
        read(fd, request->text + request->len, REQUEST_MOST - request->len);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    request->len += n > 0 ? (size_t)n : 0;
    request->text[request->len] = '\0';
    request->body = body_of(request);
    if (request->body)
        the_fn(request);
    else if (n > 0)
        return;
    driver_watch_free(request->watch);
    close(request->fd);
    free(request);
}

static void on_client(void *user, int listener)
{
    struct request *request = calloc(1, sizeof *request);

    (void)user;
    if (!request)
        die("memory");
    request->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (request->fd < 0) {
        free(request);
        return;
    }
    request->watch = driver_watch_fd(the_driver, request->fd, DRIVER_READ,
                                     on_readable, request);
    if (!request->watch)
        die("watch");
}

unsigned requests_listen(struct driver *driver,
                         void (*fn)(struct request *request))
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    the_driver = driver;
    the_fn = fn;
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) ||
        listen(fd, 16) || getsockname(fd, (struct sockaddr *)&addr, &len) ||
        !driver_watch_fd(driver, fd, DRIVER_READ, on_client, NULL))
        die("listen");
    return ntohs(addr.sin_port);
}
