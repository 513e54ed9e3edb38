/* SPDX-License-Identifier: MIT
 *
 * Two fake peers over real loopback sockets: everything arrives, the law of
 * rtc.h is kept, also when a socket is full in the middle of it; timers,
 * descriptors and signals reach the tool.
 */
#include "cmd/driver.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake_peer.h"
#include "tap.h"

static struct driver *driver;
static unsigned full_after, full_for; /* sends; then so many say EAGAIN */

static bool is_full_now(void)
{
    if (full_after > 0) {
        full_after--;
        return false;
    }
    if (full_for == 0)
        return false;
    full_for--;
    errno = EAGAIN;
    return true;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return is_full_now() ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    if (is_full_now())
        return -1;
    return (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
}

struct side {
    struct rtc_peer peer;
    unsigned events;
    bool stop_at_event, remove_at_event;
};

static void on_event(void *user, const struct rtc_event *event)
{
    struct side *side = user;

    side->events += event->type == RTC_EVENT_BYE;
    if (side->stop_at_event)
        driver_stop(driver);
    if (side->remove_at_event)
        driver_remove_peer(driver, &side->peer);
}

static void on_late(void *user, int what)
{
    (void)user;
    is_int(what, -1, "a timer says -1");
    driver_stop(driver);
}

/* Runs until `limit_us` from now. */
static void run_for(rtc_usec limit_us)
{
    struct driver_watch *timer = driver_timer_new(driver, on_late, NULL);

    driver_timer_set(timer, driver_now(driver) + limit_us);
    driver_run(driver);
    driver_watch_free(timer);
}

static void add(struct side *side)
{
    struct rtc_addr addr = {.family = 4, .ip = {127, 0, 0, 1}};

    memset(side, 0, sizeof *side);
    side->peer.deadline = RTC_NEVER;
    is_int(driver_add_peer(driver, &side->peer, on_event, side), 0, "added");
    is_int(driver_open_sockets(driver, &side->peer, RTC_UDP, &addr, 1,
                               (struct port_range){0, 0}),
           1, "one socket opened");
}

static struct side left, right;

static void start(void)
{
    driver = driver_new();
    add(&left);
    add(&right);
    left.peer.remote = right.peer.locals[0];
    right.peer.remote = left.peer.locals[0];
}

static void stop(void)
{
    driver_free(driver);
}

static bool each_once(const struct rtc_peer *peer, unsigned count)
{
    bool once = peer->received == count && !peer->damaged;

    for (unsigned i = 0; i < count; i++)
        once = once && peer->seen[i] == 1;
    return once;
}

static void test_transfer(void)
{
    start();
    left.peer.to_send = 500;
    left.peer.segment = 1200;
    right.peer.to_send = 3;
    right.peer.segment = 50;
    right.peer.events = 5;
    run_for(200000);
    ok(each_once(&right.peer, 500), "500 datagrams, each once");
    ok(each_once(&left.peer, 3), "3 the other way");
    is_int(right.events, 5, "all events polled");
    is_int(left.peer.broken + right.peer.broken, 0, "the law was kept");
    stop();
}

static void test_full(void)
{
    start();
    left.peer.to_send = 300;
    left.peer.segment = 1200;
    full_after = 2;
    full_for = 3;
    run_for(200000);
    is_int(full_for, 0, "the socket was full for a while");
    ok(each_once(&right.peer, 300), "each once in spite of that");
    is_int(left.peer.broken, 0, "no deadline asked for before all was sent");
    full_for = 1;
    left.peer.to_send = 10;
    left.peer.sent = 300;
    ok(!driver_flush(driver, &left.peer), "flush says that it is full");
    run_for(100000);
    ok(each_once(&right.peer, 310), "and the rest left by itself");
    stop();
}

static void test_deadline(void)
{
    rtc_usec before;

    start();
    before = driver_now(driver);
    left.peer.deadline = before + 20000;
    run_for(100000);
    is_int(left.peer.ticks, 1, "one tick");
    is_int(right.peer.ticks, 0, "none for a peer without a deadline");
    ok(driver_now(driver) - before >= 100000, "the run took its time");
    stop();
}

static void test_removal(void)
{
    start();
    right.remove_at_event = true;
    right.peer.events = 3;
    run_for(20000);
    is_int(right.events, 1, "a removed peer gets no more events");
    left.peer.to_send = 1;
    left.peer.segment = 100;
    driver_changed(driver, &left.peer);
    run_for(50000);
    is_int(right.peer.received, 0, "nor datagrams");
    stop();
    start();
    left.stop_at_event = true;
    left.peer.events = 1;
    left.peer.to_send = 4;
    left.peer.segment = 100;
    driver_run(driver);
    is_int(left.peer.sent, 4, "stopping sends what is due first");
    stop();
}

static void test_reopen(void)
{
    struct side again = {.peer.deadline = RTC_NEVER};
    struct rtc_addr failed = {0};

    start();
    again.peer.locals[0] = left.peer.locals[0];
    again.peer.local_count = 1;
    driver_add_peer(driver, &again.peer, on_event, &again);
    ok(driver_reopen_sockets(driver, &again.peer, &failed) < 0 &&
           errno == EADDRINUSE,
       "a port that is taken");
    is_int(failed.port, left.peer.locals[0].port, "the address is named");
    driver_remove_peer(driver, &left.peer);
    is_int(driver_reopen_sockets(driver, &again.peer, &failed), 0,
           "the same port again");
    right.peer.to_send = 2;
    right.peer.segment = 60;
    driver_changed(driver, &right.peer);
    run_for(50000);
    ok(each_once(&again.peer, 2), "and it serves");
    driver_remove_peer(driver, &again.peer);
    stop();
}

static struct driver_watch *watched;
static int called;

static void on_fd(void *user, int what)
{
    char c;

    called = what;
    if (read(*(int *)user, &c, 1) == 0) {
        driver_watch_free(watched);
        driver_stop(driver);
    }
}

static void on_signal(void *user, int what)
{
    (void)user;
    called = what;
    driver_stop(driver);
}

static void test_watches(void)
{
    int fds[2];
    FILE *regular = tmpfile();

    driver = driver_new();
    ok(pipe(fds) == 0, "a pipe");
    watched = driver_watch_fd(driver, fds[0], DRIVER_READ, on_fd, &fds[0]);
    ok(watched != NULL, "a pipe can be watched");
    ok(write(fds[1], "xy", 2) == 2, "two bytes");
    close(fds[1]);
    driver_run(driver);
    is_int(called, fds[0], "its descriptor, up to its end");
    close(fds[0]);
    ok(!driver_watch_fd(driver, fileno(regular), DRIVER_READ, on_fd, NULL) &&
           errno == EPERM,
       "a regular file cannot");
    fclose(regular);
    watched = driver_watch_signal(driver, SIGUSR1, on_signal, NULL);
    raise(SIGUSR1);
    driver_run(driver);
    is_int(called, SIGUSR1, "the signal's number");
    driver_watch_free(watched);
    driver_free(driver);
}

int main(void)
{
    test_transfer();
    test_full();
    test_deadline();
    test_removal();
    test_reopen();
    test_watches();
    return tap_done();
}
