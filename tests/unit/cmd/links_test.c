/* SPDX-License-Identifier: MIT
 *
 * Fake peers over TCP: an active one connects to a passive one on demand,
 * strangers are shown out, sockets of addresses that are gone are closed; and
 * a connection to a server is made, lost, made again, and follows the server
 * elsewhere, but not for ever.
 */
#include "cmd/links.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/driver.h"
#include "cmd/tcp.h"
#include "cmd/tcp_links.h"
#include "fake_peer.h"
#include "tap.h"

static struct driver *driver;
static const struct rtc_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
static const struct port_range any_port = {0, 0};

struct side {
    struct rtc_peer peer;
    unsigned server_events;
};

static struct side left, right;

static void on_event(void *user, const struct rtc_event *event)
{
    struct side *side = user;

    side->server_events += event->type == RTC_EVENT_SERVER;
}

static void on_late(void *user, int what)
{
    (void)user;
    (void)what;
    driver_stop(driver);
}

static void run_for(rtc_usec limit_us)
{
    struct driver_watch *timer = driver_timer_new(driver, on_late, NULL);

    driver_timer_set(timer, driver_now(driver) + limit_us);
    driver_run(driver);
    driver_watch_free(timer);
}

/* Until `*at` is at least `least`, but at most 5 s. */
static bool run_until(const unsigned *at, unsigned least)
{
    for (int i = 0; i < 1000 && *at < least; i++)
        run_for(5000);
    return *at >= least;
}

static void add(struct side *side, enum rtc_transport transport)
{
    memset(side, 0, sizeof *side);
    side->peer.deadline = RTC_NEVER;
    driver_add_peer(driver, &side->peer, on_event, side);
    is_int(driver_open_sockets(driver, &side->peer, transport, &loopback, 1,
                               any_port),
           1, "opened");
}

static void start(void)
{
    driver = driver_new();
    add(&left, RTC_UDP);
    add(&right, RTC_TCP);
    left.peer.path = (struct rtc_path){loopback, right.peer.locals[0], RTC_TCP};
    left.peer.path.local.port = 9;
}

static void send_from(struct side *side, unsigned count)
{
    side->peer.to_send = count;
    side->peer.segment = 1200;
    driver_changed(driver, &side->peer);
}

static void test_ice_tcp(void)
{
    start();
    is_int(right.peer.transports[0], RTC_TCP, "the peer knows that it listens");
    send_from(&left, 100);
    ok(run_until(&right.peer.received, 100), "100 datagrams over TCP");
    is_int(right.peer.received + right.peer.damaged, 100, "whole");
    is_int(right.peer.from.local.port, right.peer.locals[0].port,
           "the passive end is the listener's address");
    ok(right.peer.from.transport == RTC_TCP, "by TCP");
    right.peer.path = right.peer.from;
    send_from(&right, 3);
    ok(run_until(&left.peer.received, 3), "3 the other way");
    is_int(left.peer.from.local.port, 9, "the active end keeps port 9");
    left.peer.sent = 100;
    send_from(&left, 1);
    ok(run_until(&right.peer.received, 101), "once more");
    is_int(right.peer.from.remote.port, right.peer.path.remote.port,
           "over the same connection");
    right.peer.path.local.port++;
    send_from(&right, 2);
    run_for(10000);
    is_int(left.peer.received, 3, "a path without a connection loses");
    is_int(right.peer.broken, 0, "and the law is kept");
    driver_free(driver);
}

static void test_strangers(void)
{
    struct rtc_addr local;
    int fds[TCP_LINKS_MOST + 4], closed = 0;
    char c;

    start();
    right.peer.refuses = true;
    send_from(&left, 1);
    run_for(50000);
    is_int(right.peer.received, 0, "a stranger is not heard");
    for (int i = 0; i < TCP_LINKS_MOST + 4; i++) {
        fds[i] = tcp_connect(&right.peer.locals[0], NULL);
        run_for(1000);
    }
    run_for(20000);
    for (int i = 0; i < TCP_LINKS_MOST + 4; i++)
        closed += recv(fds[i], &c, 1, 0) == 0 || errno == ECONNRESET;
    is_int(closed, 4, "of too many, the oldest have to go");
    right.peer.refuses = false;
    left.peer.sent = 7;
    send_from(&left, 1);
    ok(run_until(&right.peer.received, 1), "and there is room for a friend");
    for (int i = 0; i < TCP_LINKS_MOST + 4; i++)
        close(fds[i]);
    is_int(tcp_listen(&right.peer.locals[0], any_port, &local), -1,
           "the port is taken");
    driver_remove_peer(driver, &right.peer);
    fds[0] = tcp_listen(&right.peer.locals[0], any_port, &local);
    ok(fds[0] >= 0, "and free after the peer");
    close(fds[0]);
    driver_free(driver);
}

static bool is_gone(const struct rtc_addr *addr)
{
    return addr->family == 4;
}

static bool is_none(const struct rtc_addr *addr)
{
    (void)addr;
    return false;
}

static void test_gone(void)
{
    struct rtc_addr gone[4];

    start();
    ok(driver_has_socket(driver, &right.peer, &loopback, RTC_TCP),
       "it listens");
    ok(!driver_has_socket(driver, &right.peer, &loopback, RTC_UDP), "no UDP");
    is_int(driver_close_sockets(driver, &right.peer, is_none, gone, 4), 0,
           "nothing is gone");
    is_int(driver_close_sockets(driver, &right.peer, is_gone, gone, 4), 1,
           "the listener is");
    is_int(driver_close_sockets(driver, &left.peer, is_gone, gone, 4), 1,
           "and a socket");
    is_int(left.peer.local_count + right.peer.local_count, 0,
           "the peers know it");
    send_from(&left, 5);
    run_for(10000);
    is_int(left.peer.sent, 5, "what is sent nowhere is lost");
    driver_free(driver);
}

/* ---- servers ------------------------------------------------------------- */

static unsigned settled;
static char said[256];

static void on_settled(void *user, const char *why)
{
    (void)user;
    settled++;
    snprintf(said, sizeof said, "%s", why ? why : "");
}

static struct driver_server server_at(const struct rtc_addr *first,
                                      const struct rtc_addr *second)
{
    return (struct driver_server){.transport = RTC_TCP,
                                  .addrs = {*first, *second},
                                  .addr_count = 2,
                                  .host = "turn.test",
                                  .username = "u",
                                  .password = "p"};
}

static void test_server(void)
{
    static const uint8_t hello[] = {0x40, 0, 0, 4, 1, 2, 3, 4};
    struct rtc_addr addr, dead = loopback, remote;
    struct driver_server server;
    int listener, fd;
    char got[2048];

    start();
    listener = tcp_listen(&loopback, any_port, &addr);
    dead.port = 1;
    server = server_at(&dead, &addr);
    settled = 0;
    is_int(driver_connect_server(driver, &left.peer, &server, on_settled, NULL),
           0, "a server with two addresses");
    ok(driver_is_connecting(driver, &left.peer), "is being connected to");
    ok(run_until(&settled, 1), "the second one answers");
    is_str(said, "", "well");
    ok(!driver_is_connecting(driver, &left.peer), "that is over");
    is_int(left.peer.servers, 1, "the peer is told");
    is_int(left.peer.server.addr.port, addr.port, "of the right address");
    fd = tcp_accept(listener, &remote);
    is_int(left.peer.server.local.port, remote.port, "and our end");
    left.peer.path = (struct rtc_path){left.peer.server.local, addr, RTC_TCP};
    send_from(&left, 1);
    run_for(20000);
    is_int(recv(fd, got, sizeof got, 0), 1199, "a datagram goes there");
    is_int(write(fd, hello, sizeof hello), sizeof hello, "one comes back");
    run_for(20000);
    ok(left.peer.from.remote.port == addr.port &&
           left.peer.received + left.peer.damaged == 1,
       "to the peer");
    close(fd);
    ok(run_until(&left.peer.lost, 1), "its end is told");
    ok(run_until(&left.peer.servers, 2), "and it is there again");
    is_int(settled, 1, "nobody else need know");
    close(listener);
    driver_free(driver);
}

static void test_no_server(void)
{
    struct rtc_addr dead = loopback;
    struct driver_server server;

    start();
    dead.port = 1;
    server = server_at(&dead, &dead);
    settled = 0;
    driver_connect_server(driver, &left.peer, &server, on_settled, NULL);
    ok(run_until(&settled, 1), "nobody is there");
    ok(*said, "and that is said");
    run_for(600000);
    is_int(settled, 1, "once");
    is_int(left.peer.servers, 0, "the peer is not told");
    driver_free(driver);
}

static void redirect(const struct rtc_addr *to)
{
    left.peer.event =
        (struct rtc_event){.type = RTC_EVENT_SERVER,
                           .server = {.transport = RTC_TCP,
                                      .addr = left.peer.server.addr,
                                      .failure = RTC_SERVER_ALTERNATE,
                                      .alternate = *to}};
    left.peer.events = 1;
    driver_changed(driver, &left.peer);
}

static void test_alternate(void)
{
    struct rtc_addr one, two;
    struct driver_server server;
    int listeners[2];

    start();
    listeners[0] = tcp_listen(&loopback, any_port, &one);
    listeners[1] = tcp_listen(&loopback, any_port, &two);
    server = server_at(&one, &one);
    settled = 0;
    driver_connect_server(driver, &left.peer, &server, on_settled, NULL);
    ok(run_until(&settled, 1), "connected");
    for (unsigned i = 0; i < 3; i++) {
        redirect(i & 1 ? &one : &two);
        ok(run_until(&left.peer.servers, i + 2), "sent elsewhere");
        is_int(left.peer.server.addr.port, i & 1 ? one.port : two.port,
               "there it goes");
    }
    is_int(settled, 4, "each is told");
    is_int(left.server_events, 0, "the tool hears nothing of it");
    redirect(&one);
    ok(run_until(&left.server_events, 1), "but of the fourth");
    run_for(50000);
    is_int(left.peer.servers, 4, "which is not followed");
    driver_free(driver);
    close(listeners[0]);
    close(listeners[1]);
}

int main(void)
{
    test_ice_tcp();
    test_strangers();
    test_gone();
    test_server();
    test_no_server();
    test_alternate();
    return tap_done();
}
