/* SPDX-License-Identifier: MIT
 *
 * --impair: how its value is read, and what two fake peers on loopback sockets
 * notice of it, in each way.
 */
#include "cmd/impair.h"

#include "cmd/driver.h"
#include "fake_peer.h"
#include "tap.h"

/* ---- the value ----------------------------------------------------------- */

static void test_parse(void)
{
    struct impair_options o;
    char why[IMPAIR_WHY_LEN];

    ok(impair_parse("loss=3%,burst=3,delay=60ms,jitter=40ms,rate=2M,"
                    "queue=100k,reorder=1%,duplicate=2%,seed=7",
                    &o, why),
       "all at once");
    is_int(o.terms.delay_us, 60000, "delay");
    is_int(o.terms.jitter_us, 40000, "jitter");
    is_int(o.terms.rate_bps, 2000000, "rate");
    is_int(o.terms.queue_bytes, 102400, "queue");
    is_int(o.terms.reorder * 100, 1, "reorder");
    is_int(o.terms.duplicate * 100, 2, "duplicate");
    is_int(o.seed, 7, "seed");
    is_int(o.terms.burst_bad, 3, "bursts of three");
    is_int(o.terms.burst_good, 97, "97 apart are 3 %");
    ok(o.terms.loss == 0, "and nothing beside");
    ok(impair_parse("loss=5%", &o, why) && o.terms.loss == 0.05 &&
           o.terms.burst_bad == 0 && !o.terms.rate_bps && o.seed == 0,
       "loss alone");
    ok(impair_parse("rate=2M", &o, why) && o.terms.queue_bytes == 50000,
       "the queue is 200 ms by default");
    ok(impair_parse("rate=8k", &o, why) && o.terms.queue_bytes == 3000,
       "but has room for two datagrams");
    ok(impair_parse("queue=1500,rate=8k", &o, why) &&
           o.terms.queue_bytes == 1500,
       "in any order, and less when it says so");
}

static const struct {
    const char *text, *why;
} wrong[] = {
    {"", ": not one of loss, burst"},
    {"los=1%", "los=1%: not one of loss, burst, delay, jitter, rate, queue, "
               "reorder, duplicate, seed"},
    {"lossy=1%", "lossy=1%: not one of"},
    {"delay=1s,", ": not one of"},
    {"delay=1s,,loss=1%", ": not one of"},
    {"loss", "loss: not a part such as 2.5%"},
    {"loss=", "loss=: not a part"},
    {"loss=3", "loss=3: not a part"},
    {"loss=101%", "loss=101%: not a part"},
    {"reorder=1", "reorder=1: not a part"},
    {"duplicate=-1%", "duplicate=-1%: not a part"},
    {"loss=1%,loss=2%", "loss=2%: given twice"},
    {"burst=3", "burst: goes with loss"},
    {"burst=0,loss=1%", "burst=0: not a number from 1 to 1000"},
    {"burst=2.5,loss=1%", "burst=2.5: not a number"},
    {"burst=3,loss=90%", "burst: too short for so much loss"},
    {"delay=60", "delay=60: not a time such as 60ms, at most 10s"},
    {"delay=11s", "delay=11s: not a time"},
    {"jitter=soon", "jitter=soon: not a time"},
    {"rate=1k", "rate=1k: not bits per second"},
    {"rate=2G", "rate=2G: not bits per second"},
    {"queue=100k", "queue: goes with rate"},
    {"rate=2M,queue=100", "queue=100: not bytes"},
    {"rate=8k,queue=1M", "queue: more than 10 seconds of the rate"},
    {"seed=x", "seed=x: not a number"},
    {"seed=-1", "seed=-1: not a number"},
    {"loss=0000000000000000000000000000000000000000000000000000000000001%",
     "too long"},
};

static void test_wrong(void)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct impair_options o = {.seed = 99};
        char why[IMPAIR_WHY_LEN] = "";

        ok(!impair_parse(wrong[i].text, &o, why) && o.seed == 99,
           *wrong[i].text ? wrong[i].text : "nothing");
        if (!ok(strstr(why, wrong[i].why) != NULL, wrong[i].why))
            printf("# %s\n", why);
    }
}

/* ---- two peers ----------------------------------------------------------- */

static struct driver *driver;
static struct impair *impair;
static const struct rtc_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
static struct rtc_peer left, right;

static void on_event(void *user, const struct rtc_event *event)
{
    (void)user;
    (void)event;
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

/* Until so many arrived at `peer`, but at most 5 s. */
static bool run_until(const struct rtc_peer *peer, unsigned count)
{
    for (int i = 0; i < 1000 && peer->received < count; i++)
        run_for(5000);
    return peer->received >= count;
}

static void add(struct rtc_peer *peer, bool is_impaired)
{
    memset(peer, 0, sizeof *peer);
    peer->deadline = RTC_NEVER;
    driver_impair(driver, is_impaired ? impair : NULL);
    driver_add_peer(driver, peer, on_event, NULL);
    driver_open_sockets(driver, peer, RTC_UDP, &loopback, 1,
                        (struct port_range){0, 0});
}

/* The left one is impaired, the right one is not. */
static void start(const char *text)
{
    struct impair_options options = {0};
    char why[IMPAIR_WHY_LEN];

    ok(impair_parse(text, &options, why), text);
    driver = driver_new();
    impair = impair_new(driver, &options);
    add(&left, true);
    add(&right, false);
    driver_impair(driver, impair);
    left.remote = right.locals[0];
    right.remote = left.locals[0];
}

static void stop(void)
{
    is_int(left.broken + right.broken + left.damaged + right.damaged, 0,
           "the law is kept, the bytes are");
    driver_remove_peer(driver, &left);
    driver_remove_peer(driver, &right);
    impair_free(impair);
    driver_free(driver);
}

static void send_from(struct rtc_peer *peer, unsigned count)
{
    peer->to_send = count;
    peer->segment = 1200;
    driver_changed(driver, peer);
}

static void test_wire(void)
{
    start("loss=0%");
    send_from(&left, 100);
    ok(run_until(&right, 100), "a run is taken apart");
    is_int(right.received, 100, "and arrives");
    send_from(&right, 100);
    ok(run_until(&left, 100), "one comes back");
    is_int(left.merged_calls, 0, "in pieces");
    is_int(impair_counts(impair)->delayed, 0, "at once");
    stop();
}

/* Sends 1000 datagrams each way, in bursts of `count`; which arrived. */
static void lose(const char *text, unsigned count, unsigned ret_seen[2000])
{
    start(text);
    for (unsigned sent = 0; sent < 1000; sent += count) {
        send_from(&left, count);
        send_from(&right, count);
        run_for(1000);
    }
    run_for(20000);
    memcpy(ret_seen, right.seen, 1000 * sizeof *ret_seen);
    memcpy(ret_seen + 1000, left.seen, 1000 * sizeof *ret_seen);
    ok(right.received > 850 && right.received < 950, "10 % are lost out");
    ok(left.received > 850 && left.received < 950, "and in");
    is_int(impair_counts(impair)->dropped,
           2000 - right.received - left.received, "which is counted");
    stop();
}

static void test_loss(void)
{
    static unsigned one[2000], other[2000];

    lose("loss=10%,seed=3", 20, one);
    lose("loss=10%,seed=3", 50, other);
    ok(!memcmp(one, other, sizeof one), "the same ones by the same seed");
    ok(memcmp(one, one + 1000, sizeof one / 2) != 0, "each way has its own");
    lose("loss=10%,seed=4", 50, other);
    ok(memcmp(one, other, sizeof one) != 0, "others by another");
}

static void test_delay(void)
{
    rtc_usec begin;

    start("delay=50ms");
    begin = driver_now(driver);
    send_from(&left, 10);
    run_for(30000);
    /* Once stopped, the driver goes on until all has left. */
    ok(driver_now(driver) - begin >= 50000, "it takes its time");
    ok(run_until(&right, 10), "and arrives");
    is_int(impair_counts(impair)->delayed, 10, "is counted");
    begin = driver_now(driver);
    send_from(&right, 10);
    ok(run_until(&left, 10), "as does what is received");
    ok(driver_now(driver) - begin >= 50000, "late, too");
    stop();
}

static void test_duplicate(void)
{
    start("duplicate=100%");
    send_from(&left, 10);
    ok(run_until(&right, 20), "each arrives twice");
    is_int(right.seen[9], 2, "the last one, too");
    is_int(impair_counts(impair)->duplicated, 10, "that is counted");
    stop();
}

static void test_bounds(void)
{
    start("delay=10s");
    right.remote.port = 9; /* nobody */
    for (unsigned sent = 0; sent < IMPAIR_HELD_MOST; sent += 1024) {
        send_from(&left, 1024);
        driver_flush(driver, &left);
    }
    is_int(impair_counts(impair)->dropped, 0, "as many as that are held");
    send_from(&left, 100);
    driver_flush(driver, &left);
    is_int(impair_counts(impair)->dropped, 100, "others are dropped");
    ok(impair_is_holding(impair), "they wait");
    driver_remove_peer(driver, &left);
    ok(!impair_is_holding(impair), "but not for a peer that is gone");
    is_int(impair_counts(impair)->late, IMPAIR_HELD_MOST, "which is counted");
    stop();
    ok(!impair_is_holding(NULL), "nothing does without");
}

int main(void)
{
    test_parse();
    test_wrong();
    test_wire();
    test_loss();
    test_delay();
    test_duplicate();
    test_bounds();
    return tap_done();
}
