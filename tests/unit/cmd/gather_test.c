/* SPDX-License-Identifier: MIT
 *
 * Gathering with a fake peer and a fake name server: at once without servers,
 * after the last one otherwise, and the status of each way to fail.
 */
#include "cmd/gather.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/tcp.h"
#include "fake_peer.h"
#include "tap.h"

/* Names: `v4.test` is 192.0.2.1, `here.test` this machine, `slow.test` takes
 * longer than anybody waits, others do not exist. */
int getaddrinfo(const char *host, const char *service,
                const struct addrinfo *hints, struct addrinfo **ret_found)
{
    static __thread struct sockaddr_in name;
    static __thread struct addrinfo found;
    uint32_t ip = !strcmp(host, "v4.test") ? 0xc0000201u : 0x7f000001u;

    (void)service;
    if (hints->ai_flags & AI_NUMERICHOST) {
        if (strncmp(host, "192.0.2.", 8))
            return EAI_NONAME;
        ip = 0xc0000200u + (uint32_t)atoi(host + 8);
    }
    if (!strcmp(host, "none.test"))
        return EAI_NONAME;
    if (!strcmp(host, "slow.test"))
        pause();
    name = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(ip)};
    found = (struct addrinfo){.ai_family = AF_INET,
                              .ai_addr = (struct sockaddr *)&name,
                              .ai_addrlen = sizeof name};
    *ret_found = &found;
    return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
    (void)found;
}

static struct driver *driver;
static struct rtc_peer peer;
static struct report *report;
static struct gather *gather;
static struct ice_options options;
static unsigned done;
static enum rtc_exit status;
static char why[256];

static void on_event(void *user, const struct rtc_event *event)
{
    (void)user;
    gather_event(gather, event);
}

static void on_gathered(void *user, enum rtc_exit how, const char *sentence)
{
    (void)user;
    done++;
    status = how;
    snprintf(why, sizeof why, "%s", sentence ? sentence : "");
    driver_stop(driver);
}

/* Begins with these servers, NULL-ended. */
static void start(const char *const *servers)
{
    const struct rtc_addr addr = {.family = 4, .ip = {127, 0, 0, 1}};
    const struct gather_setup setup = {
        .driver = driver = driver_new(), .report = report, .options = &options};

    memset(&peer, 0, sizeof peer);
    peer.deadline = RTC_NEVER;
    driver_add_peer(driver, &peer, on_event, NULL);
    driver_open_sockets(driver, &peer, RTC_UDP, &addr, 1,
                        (struct port_range){0, 0});
    options.servers.count = 0;
    while (*servers)
        options.servers.items[options.servers.count++] = *servers++;
    gather = gather_new(&setup, true);
    done = 0;
    status = RTC_EXIT_DONE;
}

static void begin(void)
{
    gather_start(gather, &peer, on_gathered, NULL);
}

static void stop(void)
{
    driver_remove_peer(driver, &peer);
    gather_free(gather);
    driver_free(driver);
}

static void tell(struct rtc_event event)
{
    peer.event = event;
    peer.events = 1;
    driver_changed(driver, &peer);
}

static struct rtc_event refusal(const char *ip)
{
    struct rtc_event event = {.type = RTC_EVENT_SERVER,
                              .server = {.type = RTC_SERVER_TURN,
                                         .failure = RTC_SERVER_REFUSED,
                                         .code = 401,
                                         .reason = "Unauthorized"}};

    rtc_addr_parse(ip, &event.server.addr);
    return event;
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

static void test_none(void)
{
    start((const char *const[]){NULL});
    begin();
    is_int(done, 1, "without servers it is over at once");
    is_int(status, RTC_EXIT_DONE, "well");
    stop();
}

static void test_udp(void)
{
    start((const char *const[]){"stun:v4.test", "turn:u:p@v4.test:99", NULL});
    peer.is_gathering = true;
    begin();
    is_int(done, 0, "names have to be looked up");
    for (int i = 0; i < 200 && peer.servers < 2; i++) {
        tell((struct rtc_event){.type = RTC_EVENT_GATHERED});
        run_for(5000);
    }
    is_int(peer.servers, 2, "the peer is told of both");
    is_int(done, 0, "and they are waited for");
    peer.is_gathering = false;
    tell((struct rtc_event){.type = RTC_EVENT_GATHERED});
    driver_run(driver);
    is_int(done, 1, "until the peer says so");
    is_int(status, RTC_EXIT_DONE, "well");
    stop();
}

static void test_names(void)
{
    start((const char *const[]){"stun:none.test", NULL});
    begin();
    driver_run(driver);
    is_int(status, RTC_EXIT_RESOLVE, "a name that does not exist");
    ok(strstr(why, "stun:none.test:3478: ") == why, "is named");
    stop();
    start((const char *const[]){"stun:none.test", "stun:v4.test", NULL});
    begin();
    driver_run(driver);
    is_int(status, RTC_EXIT_DONE, "beside a good one it is a warning");
    stop();
    options.gather_timeout = 30000;
    start((const char *const[]){"stun:slow.test", NULL});
    begin();
    driver_run(driver);
    is_int(done, 1, "the time is up once");
    is_int(status, RTC_EXIT_RESOLVE, "for a name");
    stop();
}

static void test_time(void)
{
    start((const char *const[]){"stun:192.0.2.1", NULL});
    peer.is_gathering = true;
    options.gather_timeout = 30000;
    begin();
    driver_run(driver);
    is_int(done, 1, "a server that does not answer in time");
    is_int(status, RTC_EXIT_DONE, "is done without");
    stop();
}

static void test_relay(void)
{
    options.policy = RTC_ICE_POLICY_RELAY;
    start((const char *const[]){"turn:u:p@192.0.2.1", NULL});
    peer.is_gathering = true;
    begin();
    driver_run(driver);
    is_int(status, RTC_EXIT_GATHER, "a relay that is needed and silent");
    stop();
    options.gather_timeout = 5000000;
    start((const char *const[]){"turn:u:p@192.0.2.1", NULL});
    peer.is_gathering = true;
    begin();
    peer.is_gathering = false;
    tell(refusal("192.0.2.1:3478"));
    driver_run(driver);
    is_int(status, RTC_EXIT_TURN, "or one that is refused");
    is_str(why, "turn:192.0.2.1:3478 refuses: 401 Unauthorized",
           "with code and phrase, without the password");
    stop();
    start((const char *const[]){"turn:u:p@192.0.2.1", NULL});
    peer.has_relay = true;
    begin();
    is_int(status, RTC_EXIT_DONE, "or one that is there");
    stop();
    options.policy = RTC_ICE_POLICY_ALL;
}

/* Each time from the last address told to the next one. */
static void test_alternate(void)
{
    struct rtc_event event = {.type = RTC_EVENT_SERVER};
    unsigned i;

    start((const char *const[]){"turn:u:p@192.0.2.1", NULL});
    peer.is_gathering = true;
    begin();
    for (i = 1; i <= 5; i++) {
        event.server.type = RTC_SERVER_TURN;
        event.server.failure = RTC_SERVER_ALTERNATE;
        event.server.addr = peer.server.addr;
        event.server.alternate = peer.server.addr;
        event.server.alternate.port = (uint16_t)(1000 + i);
        tell(event);
        run_for(1000);
    }
    is_int(peer.servers, 4, "a server may send us elsewhere three times");
    is_int(peer.server.addr.port, 1003, "that far");
    is_str(peer.server.password, "p", "with the same password");
    stop();
}

static void test_tcp(void)
{
    const struct rtc_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
    struct rtc_addr addr;
    char url[64];
    int listener = tcp_listen(&loopback, (struct port_range){0, 0}, &addr);

    snprintf(url, sizeof url, "turn:u:p@here.test:%u?transport=tcp",
             (unsigned)addr.port);
    start((const char *const[]){url, NULL});
    begin();
    driver_run(driver);
    is_int(done, 1, "over TCP, it connects first");
    is_int(peer.servers, 1, "and the peer is told");
    is_int(peer.server.local.family, 4, "with our end");
    gather_reconnect(gather, &peer, NULL);
    ok(driver_is_connecting(driver, &peer), "a loaded peer connects again");
    stop();
    close(listener);
    start((const char *const[]){url, NULL});
    begin();
    driver_run(driver);
    is_int(done, 1, "where nobody listens");
    is_int(status, RTC_EXIT_DONE, "it is a warning");
    is_int(peer.servers, 0, "and no server");
    stop();
}

static void test_hosts(void)
{
    char *hosts;

    start((const char *const[]){"turns:u:p@192.0.2.1", "stun:192.0.2.2", NULL});
    options.gather_timeout = 30000;
    begin();
    hosts = gather_hosts(gather);
    is_str(hosts, "192.0.2.1:5349 192.0.2.1\n", "TLS servers and their names");
    free(hosts);
    stop();
}

int main(void)
{
    options.gather_timeout = 5000000;
    report = report_new(NULL, false, 0);
    test_none();
    test_udp();
    test_names();
    test_time();
    test_relay();
    test_alternate();
    test_tcp();
    test_hosts();
    report_free(report);
    return tap_done();
}
