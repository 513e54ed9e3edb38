/* SPDX-License-Identifier: MIT
 * How long two peers take from the answer until both are connected, over real
 * UDP sockets on the loopback interface and the tools' own driver: ICE checks,
 * DTLS and keys. Beside a bare GnuTLS handshake through memory, in the same
 * run: the same public-key work without network, ICE or waiting. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/driver.h"
#include "tests/bench/bare.h"
#include "tests/bench/bench.h"

#define RUNS 100
#define LIMIT 2.0
#define TEXT_MAX 65536

struct side {
    struct driver *driver;
    struct rtc_peer *peer;
    unsigned *left; /* how many of the two are not connected yet */
};

static void on_event(void *user, const struct rtc_event *event)
{
    struct side *side = user;

    bench_need(event->type != RTC_EVENT_CLOSED, "the session ended");
    if (event->type == RTC_EVENT_CONNECTED && --*side->left == 0)
        driver_stop(side->driver);
}

static void make_peer(struct side *side)
{
    static const struct rtc_addr loopback = {.family = 4, .ip = {127, 0, 0, 1}};
    static const struct rtc_track_config track = {.kind = RTC_VIDEO,
                                                  .direction = RTC_SENDRECV};
    struct rtc_config config;

    rtc_config_init(&config);
    config.random = driver_random;
    bench_need(!rtc_peer_new(&side->peer, &config) &&
                   rtc_peer_add_track(side->peer, &track) == 0 &&
                   !driver_add_peer(side->driver, side->peer, on_event, side),
               "no peer");
    bench_need(driver_open_sockets(side->driver, side->peer, RTC_UDP, &loopback,
                                   1, (struct port_range){0, 0}) == 1,
               "no socket");
}

/* The offer, and the answer: from then on time counts. */
static double negotiate(struct side sides[2])
{
    static char text[TEXT_MAX];
    rtc_usec now = driver_now(sides[0].driver);
    int len = rtc_peer_offer(sides[0].peer, text, sizeof text, now);
    double begin;

    bench_need(len > 0 && !rtc_peer_remote_offer(sides[1].peer, text,
                                                 (size_t)len, now),
               "no offer");
    begin = bench_now();
    now = driver_now(sides[0].driver);
    len = rtc_peer_answer(sides[1].peer, text, sizeof text, now);
    bench_need(len > 0 && !rtc_peer_remote_answer(sides[0].peer, text,
                                                  (size_t)len, now),
               "no answer");
    return begin;
}

/* One connection, in ns. */
static double connect_once(void)
{
    struct driver *driver = driver_new();
    unsigned left = 2;
    struct side sides[2] = {{driver, NULL, &left}, {driver, NULL, &left}};
    double begin, end;

    bench_need(driver != NULL, "no driver");
    for (int i = 0; i < 2; i++)
        make_peer(&sides[i]);
    begin = negotiate(sides);
    for (int i = 0; i < 2; i++)
        driver_changed(driver, sides[i].peer);
    driver_run(driver);
    end = bench_now();
    for (int i = 0; i < 2; i++) {
        driver_remove_peer(driver, sides[i].peer);
        rtc_peer_free(sides[i].peer);
    }
    driver_free(driver);
    return end - begin;
}

static double bare_once(const struct bare_identity identities[2])
{
    static struct bare_pair pair;
    double begin = bench_now(), end;

    bare_connect(&pair, identities);
    end = bench_now();
    bare_pair_done(&pair);
    return end - begin;
}

static double public_key_once(const struct bare_identity identities[2])
{
    double begin = bench_now();

    bare_public_key_work(identities);
    return bench_now() - begin;
}

int main(int argc, char **argv)
{
    static double ours[RUNS], bare[RUNS], keys[RUNS];
    struct bare_identity identities[2];
    double limit;

    for (int i = 0; i < 2; i++)
        bare_identity_init(&identities[i]);
    for (unsigned i = 0; i < RUNS; i++) {
        ours[i] = connect_once() / 1e6;
        bare[i] = bare_once(identities) / 1e6;
        keys[i] = public_key_once(identities) / 1e6;
    }
    limit = bench_quantile(bare, RUNS, 0.5);
    bench_judge("connect.p50", "ms", bench_quantile(ours, RUNS, 0.5), limit,
                LIMIT);
    bench_judge("connect.p95", "ms", bench_quantile(ours, RUNS, 0.95), limit,
                0);
    bench_judge("connect.public_key", "ms", bench_quantile(keys, RUNS, 0.5),
                limit, 0);
    for (int i = 0; i < 2; i++)
        bare_identity_done(&identities[i]);
    return bench_exit(argc, argv);
}
