/* SPDX-License-Identifier: MIT
 *
 * The one libevent loop. Each turn waits, lets every ready socket, timer and
 * descriptor mark the peers it changed, and then drains those: transmit until
 * 0, poll until false, one timer to the deadline.
 *
 * When a socket is full, what transmit gave stays in the peer's buffer, and
 * transmit is not called again before the rest has left.
 */
#include "cmd/driver.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cmd/cli.h"
#include "cmd/file.h"
#include "cmd/impair.h"
#include "cmd/links.h"

#define OUT_LEN 65536

struct served;

/* A peer and what it needs to live. */
struct served {
    struct served *next;
    struct driver *driver;
    struct rtc_peer *peer; /* NULL: removed, to be freed after this turn */
    driver_event_fn on_event;
    void *user;
    struct links *links;
    struct event *timer;
    bool changed;
    /* Transmitted, but not yet sent from `out_done` on. */
    struct rtc_datagrams out;
    size_t out_len, out_done;
    uint8_t out_buf[OUT_LEN];
};

struct driver {
    struct event_base *base;
    struct socket_batch *batch;
    struct served *served;
    struct impair *impair; /* or NULL */
    rtc_usec now;          /* of this turn; RTC_NEVER: not read yet */
    bool running, stopped;
};

struct driver_watch {
    struct event *event;
    driver_fn fn;
    void *user;
};

/* ---- time ---------------------------------------------------------------- */

static rtc_usec read_clock(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (rtc_usec)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

rtc_usec driver_now(struct driver *driver)
{
    if (!driver->running)
        return read_clock();
    if (driver->now == RTC_NEVER)
        driver->now = read_clock();
    return driver->now;
}

static void set_timer(struct event *timer, rtc_usec deadline)
{
    struct timeval wait = {0};
    rtc_usec left = deadline - read_clock();

    if (deadline == RTC_NEVER) {
        event_del(timer);
        return;
    }
    if (left > 0) {
        wait.tv_sec = (time_t)(left / 1000000);
        wait.tv_usec = (suseconds_t)(left % 1000000);
    }
    event_add(timer, &wait);
}

/* ---- sending ------------------------------------------------------------- */

/* Sends what is in the buffer. False when its socket is full. */
static bool send_out(struct served *served)
{
    served->out_done += links_send(
        served->links, &served->out.path, served->out_buf + served->out_done,
        served->out_len - served->out_done, served->out.segment);
    return served->out_done == served->out_len;
}

/* Sends all that is due. False when a socket is full. */
static bool transmit(struct served *served)
{
    int len;

    do {
        if (served->out_done < served->out_len && !send_out(served))
            return false;
        len = rtc_peer_transmit(served->peer, served->out_buf, OUT_LEN,
                                &served->out, driver_now(served->driver));
        served->out_len = len > 0 ? (size_t)len : 0;
        served->out_done = 0;
    } while (len > 0);
    return true;
}

/* ---- the driver's law ---------------------------------------------------- */

static void drain(struct served *served)
{
    struct rtc_event event;
    bool sent = true;

    while (served->peer && served->changed) {
        served->changed = false;
        sent = transmit(served);
        while (served->peer && rtc_peer_poll(served->peer, &event))
            if (!uplinks_follow(links_uplinks(served->links), &event))
                served->on_event(served->user, &event);
    }
    /* Not all sent: the deadline may be in the past until it is. */
    if (served->peer)
        set_timer(served->timer,
                  sent ? rtc_peer_deadline(served->peer) : RTC_NEVER);
}

static void on_deadline(evutil_socket_t fd, short what, void *user)
{
    struct served *served = user;

    (void)fd;
    (void)what;
    rtc_peer_tick(served->peer, driver_now(served->driver));
    served->changed = true;
}

/* ---- peers --------------------------------------------------------------- */

static struct served *find(struct driver *driver, const struct rtc_peer *peer)
{
    struct served *served = driver->served;

    while (served && served->peer != peer)
        served = served->next;
    return served;
}

int driver_add_peer(struct driver *driver, struct rtc_peer *peer,
                    driver_event_fn on_event, void *user)
{
    struct served *served = calloc(1, sizeof *served);

    if (!served)
        return RTC_ERR_NOMEM;
    served->driver = driver;
    served->peer = peer;
    served->timer = evtimer_new(driver->base, on_deadline, served);
    served->links = links_new(&(struct link_owner){
        driver, peer, driver->batch, &served->changed, driver->impair});
    if (!served->timer || !served->links) {
        if (served->timer)
            event_free(served->timer);
        links_free(served->links);
        free(served);
        return RTC_ERR_NOMEM;
    }
    served->on_event = on_event;
    served->user = user;
    served->changed = true;
    served->next = driver->served;
    driver->served = served;
    return 0;
}

void driver_impair(struct driver *driver, struct impair *impair)
{
    driver->impair = impair;
}

void driver_remove_peer(struct driver *driver, struct rtc_peer *peer)
{
    struct served *served = peer ? find(driver, peer) : NULL;

    if (!served)
        return;
    links_free(served->links);
    event_free(served->timer);
    served->peer = NULL;
}

/* Frees what driver_remove_peer left, as nobody is working on it now. */
static void free_removed(struct driver *driver)
{
    struct served **at = &driver->served;

    while (*at) {
        struct served *served = *at;

        if (served->peer) {
            at = &served->next;
        } else {
            *at = served->next;
            free(served);
        }
    }
}

void driver_changed(struct driver *driver, struct rtc_peer *peer)
{
    struct served *served = find(driver, peer);

    if (served)
        served->changed = true;
}

bool driver_flush(struct driver *driver, struct rtc_peer *peer)
{
    struct served *served = find(driver, peer);

    driver_changed(driver, peer);
    return served && transmit(served);
}

/* ---- sockets ------------------------------------------------------------- */

int driver_open_sockets(struct driver *driver, struct rtc_peer *peer,
                        enum rtc_transport transport,
                        const struct rtc_addr *addrs, unsigned count,
                        struct port_range range)
{
    struct served *served = find(driver, peer);
    char text[RTC_ADDR_TEXT];
    int opened = 0, error = 0;

    assert(served);
    for (unsigned i = 0; i < count; i++) {
        if (links_open(served->links, &addrs[i], transport, range, false) ==
            0) {
            opened++;
            continue;
        }
        error = errno;
        warn("cannot use %s: %s", rtc_addr_write(&addrs[i], text),
             strerror(error));
    }
    errno = error;
    return opened;
}

int driver_reopen_sockets(struct driver *driver, struct rtc_peer *peer,
                          struct rtc_addr *ret_failed)
{
    struct served *served = find(driver, peer);
    enum rtc_transport transport;
    struct rtc_addr addr;

    assert(served);
    for (unsigned i = 0; !rtc_peer_local_addr(peer, i, &addr, &transport); i++)
        if (links_open(served->links, &addr, transport,
                       (struct port_range){0, 0}, true) < 0) {
            *ret_failed = addr;
            return -1;
        }
    return 0;
}

bool driver_has_socket(struct driver *driver, struct rtc_peer *peer,
                       const struct rtc_addr *ip, enum rtc_transport transport)
{
    struct served *served = find(driver, peer);

    return served && links_have(served->links, ip, transport);
}

uint64_t driver_receive_drops(struct driver *driver, struct rtc_peer *peer)
{
    struct served *served = find(driver, peer);

    return served ? links_receive_drops(served->links) : 0;
}

unsigned driver_close_sockets(struct driver *driver, struct rtc_peer *peer,
                              bool (*is_gone)(const struct rtc_addr *addr),
                              struct rtc_addr *ret_addrs, unsigned most)
{
    struct served *served = find(driver, peer);

    assert(served);
    return links_close_gone(served->links, is_gone, ret_addrs, most);
}

int driver_connect_server(struct driver *driver, struct rtc_peer *peer,
                          const struct driver_server *server,
                          driver_server_fn fn, void *user)
{
    struct served *served = find(driver, peer);

    assert(served);
    return uplinks_add(links_uplinks(served->links), server, fn, user);
}

bool driver_is_connecting(struct driver *driver, struct rtc_peer *peer)
{
    struct served *served = find(driver, peer);

    return served && uplinks_are_connecting(links_uplinks(served->links));
}

/* ---- descriptors, timers, signals --------------------------------------- */

static void on_watch(evutil_socket_t fd, short what, void *user)
{
    struct driver_watch *watch = user;

    (void)what;
    watch->fn(watch->user, (int)fd);
}

/* `fd` as event_new takes it: -1 for a timer, which is not yet armed. */
static struct driver_watch *watch_new(struct driver *driver, int fd, short what,
                                      driver_fn fn, void *user)
{
    struct driver_watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return NULL;
    watch->fn = fn;
    watch->user = user;
    watch->event = event_new(driver->base, fd, what, on_watch, watch);
    if (!watch->event || (what && event_add(watch->event, NULL) < 0)) {
        driver_watch_free(watch);
        return NULL;
    }
    return watch;
}

struct driver_watch *driver_watch_fd(struct driver *driver, int fd,
                                     enum driver_ready ready, driver_fn fn,
                                     void *user)
{
    static const short kinds[] = {
        [DRIVER_READ] = EV_READ,
        [DRIVER_WRITE] = EV_WRITE,
        [DRIVER_BOTH] = EV_READ | EV_WRITE,
    };

    if (!file_is_pollable(fd)) {
        errno = EPERM;
        return NULL;
    }
    return watch_new(driver, fd, (short)(kinds[ready] | EV_PERSIST), fn, user);
}

struct driver_watch *driver_watch_signal(struct driver *driver, int number,
                                         driver_fn fn, void *user)
{
    return watch_new(driver, number, EV_SIGNAL | EV_PERSIST, fn, user);
}

struct driver_watch *driver_timer_new(struct driver *driver, driver_fn fn,
                                      void *user)
{
    return watch_new(driver, -1, 0, fn, user);
}

void driver_timer_set(struct driver_watch *timer, rtc_usec deadline)
{
    set_timer(timer->event, deadline);
}

void driver_watch_enable(struct driver_watch *watch, bool enable)
{
    if (enable)
        event_add(watch->event, NULL);
    else
        event_del(watch->event);
}

void driver_watch_free(struct driver_watch *watch)
{
    if (!watch)
        return;
    if (watch->event)
        event_free(watch->event);
    free(watch);
}

/* ---- the loop ------------------------------------------------------------ */

static void log_libevent(int severity, const char *message)
{
    if (severity >= EVENT_LOG_WARN)
        verbose("libevent: %s", message);
}

/* Microseconds instead of a coarse clock's 4 ms, which would be heard in a
 * pacer. */
static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

struct driver *driver_new(void)
{
    struct driver *driver = calloc(1, sizeof *driver);

    if (!driver)
        return NULL;
    signal(SIGPIPE, SIG_IGN);
    event_set_log_callback(log_libevent);
    driver->now = RTC_NEVER;
    driver->base = base_new();
    driver->batch = socket_batch_new();
    if (!driver->base || !driver->batch) {
        driver_free(driver);
        return NULL;
    }
    return driver;
}

void driver_free(struct driver *driver)
{
    if (!driver)
        return;
    for (struct served *at = driver->served; at; at = at->next)
        driver_remove_peer(driver, at->peer);
    free_removed(driver);
    socket_batch_free(driver->batch);
    if (driver->base)
        event_base_free(driver->base);
    free(driver);
}

const char *driver_version(void)
{
    return event_get_version();
}

/* A callback may change peers that had their turn, so: until none is left. */
static void drain_changed(struct driver *driver)
{
    bool again;

    do {
        again = false;
        for (struct served *at = driver->served; at; at = at->next)
            if (at->peer && at->changed) {
                drain(at);
                again = true;
            }
    } while (again);
    free_removed(driver);
}

void driver_run(struct driver *driver)
{
    driver->running = true;
    driver->stopped = false;
    for (;;) {
        drain_changed(driver);
        if (driver->stopped && !impair_is_holding(driver->impair))
            break;
        driver->now = RTC_NEVER;
        if (event_base_loop(driver->base,
                            EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) < 0)
            die(RTC_EXIT_INTERNAL, "the event loop failed: %s",
                strerror(errno));
    }
    driver->running = false;
}

void driver_stop(struct driver *driver)
{
    driver->stopped = true;
}

void driver_random(void *user, void *buf, size_t len)
{
    char *at = buf;

    (void)user;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno != EINTR)
            die(RTC_EXIT_INTERNAL, "no randomness: %s", strerror(errno));
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
}
