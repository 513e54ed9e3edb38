/* SPDX-License-Identifier: MIT
 *
 * Looks up names: getaddrinfo blocks, so a thread calls it and writes the
 * result, which is small enough for one write, into a socket. A thread cannot
 * be stopped in there; when nobody waits any more it is left to itself, and all
 * that it touches is its own.
 */
#include "cmd/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/sockaddr.h"

#define STACK_LEN (1024 * 1024) /* what modules of the C library may want */

struct answer {
    struct rtc_addr addrs[RESOLVE_MOST];
    unsigned count;
    int error, number; /* EAI_..., and errno for EAI_SYSTEM */
};

/* The thread's. */
struct question {
    int fd;
    uint16_t port;
    int family;
    char host[RTC_HOST_MAX + 1];
};

struct resolve {
    int fd;
    struct driver_watch *readable, *limit;
    resolve_fn fn;
    void *user;
};

/* ---- the thread ---------------------------------------------------------- */

static void add(struct answer *answer, const struct sockaddr *name,
                socklen_t len, uint16_t port)
{
    union sockaddr_any copy = {0};
    struct rtc_addr addr;

    if (answer->count == RESOLVE_MOST || len > sizeof copy ||
        (name->sa_family != AF_INET && name->sa_family != AF_INET6))
        return;
    memcpy(&copy, name, len);
    sockaddr_read(&copy, &addr);
    addr.port = port;
    for (unsigned i = 0; i < answer->count; i++)
        if (sockaddr_same(&answer->addrs[i], &addr))
            return;
    answer->addrs[answer->count++] = addr;
}

static void look_up(const char *host, int flags, int family, uint16_t port,
                    struct answer *ret_answer)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;

    hints.ai_family = family == 4   ? AF_INET
                      : family == 6 ? AF_INET6
                                    : AF_UNSPEC;
    *ret_answer = (struct answer){0};
    ret_answer->error = getaddrinfo(host, NULL, &hints, &found);
    ret_answer->number = errno;
    if (ret_answer->error)
        return;
    for (struct addrinfo *at = found; at; at = at->ai_next)
        add(ret_answer, at->ai_addr, at->ai_addrlen, port);
    freeaddrinfo(found);
}

static void *work(void *user)
{
    struct question *question = user;
    struct answer answer;

    look_up(question->host, 0, question->family, question->port, &answer);
    send(question->fd, &answer, sizeof answer, MSG_NOSIGNAL);
    close(question->fd);
    free(question);
    return NULL;
}

/* Signals are the main thread's. 0, or an errno. */
static int start_thread(struct question *question)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);

    if (error)
        return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_LEN);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, work, question);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

/* ---- who waits for it ---------------------------------------------------- */

static void finish(struct resolve *resolve, const struct answer *answer,
                   const char *why)
{
    driver_watch_enable(resolve->readable, false);
    driver_timer_set(resolve->limit, RTC_NEVER);
    resolve->fn(resolve->user, answer->addrs, answer->count, why);
}

static void on_readable(void *user, int fd)
{
    struct answer answer;

    if (recv(fd, &answer, sizeof answer, 0) != sizeof answer)
        answer = (struct answer){.error = EAI_FAIL};
    if (answer.count > 0)
        finish(user, &answer, NULL);
    else if (answer.error == EAI_SYSTEM)
        finish(user, &answer, strerror(answer.number));
    else
        finish(user, &answer,
               answer.error ? gai_strerror(answer.error)
                            : "it has no addresses");
}

static void on_limit(void *user, int what)
{
    static const struct answer none;

    (void)what;
    finish(user, &none, "no name server answered in time");
}

bool resolve_literal(const char *host, uint16_t port, struct rtc_addr *ret_addr)
{
    struct answer answer;

    look_up(host, AI_NUMERICHOST, 0, port, &answer);
    if (answer.count == 0)
        return false;
    *ret_addr = answer.addrs[0];
    return true;
}

static struct question *question_new(const struct resolve_request *request)
{
    struct question *question = calloc(1, sizeof *question);

    if (!question)
        return NULL;
    question->fd = -1;
    question->port = request->port;
    question->family = request->family;
    snprintf(question->host, sizeof question->host, "%s", request->host);
    return question;
}

/* Both ends of the socket. -1 with errno. */
static int connect_both(struct resolve *resolve, struct question *question)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return -1;
    resolve->fd = fds[0];
    question->fd = fds[1];
    return 0;
}

struct resolve *resolve_start(struct driver *driver,
                              const struct resolve_request *request,
                              resolve_fn fn, void *user)
{
    struct resolve *resolve = calloc(1, sizeof *resolve);
    struct question *question = question_new(request);
    int error = ENOMEM;

    if (!resolve || !question)
        goto out;
    resolve->fd = -1;
    resolve->fn = fn;
    resolve->user = user;
    if (connect_both(resolve, question) < 0) {
        error = errno;
        goto out;
    }
    resolve->readable =
        driver_watch_fd(driver, resolve->fd, DRIVER_READ, on_readable, resolve);
    resolve->limit = driver_timer_new(driver, on_limit, resolve);
    if (!resolve->readable || !resolve->limit)
        goto out;
    driver_timer_set(resolve->limit, request->deadline);
    error = start_thread(question);
    if (!error)
        return resolve;
out:
    if (question && question->fd >= 0)
        close(question->fd);
    free(question);
    resolve_free(resolve);
    errno = error;
    return NULL;
}

void resolve_free(struct resolve *resolve)
{
    if (!resolve)
        return;
    driver_watch_free(resolve->readable);
    driver_watch_free(resolve->limit);
    if (resolve->fd >= 0)
        close(resolve->fd);
    free(resolve);
}
