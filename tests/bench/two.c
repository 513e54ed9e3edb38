/* SPDX-License-Identifier: MIT
 * The driver's law of rtc.h for two peers of one process. */
#include "tests/bench/two.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "tests/bench/bench.h"

static void draw(void *user, void *buf, size_t len)
{
    (void)user;
    bench_need(getrandom(buf, len, 0) == (ssize_t)len, "getrandom failed");
}

static void make_peer(struct two *t, int which)
{
    struct rtc_addr addr = {.family = 4, .port = 5000, .ip = {192, 0, 2, 1}};
    struct rtc_config config;

    addr.ip[3] = (uint8_t)(1 + which);
    rtc_config_init(&config);
    config.random = draw;
    bench_need(!rtc_peer_new(&t->peer[which], &config), "no peer");
    bench_need(!rtc_peer_add_local(t->peer[which], &addr, RTC_UDP, t->now),
               "no local address");
    t->path[which].local = t->path[!which].remote = addr;
}

/* These benches have no time for feedback, and a pacer would wait for it: the
 * offer does without. */
static void offer_no_feedback(char *text)
{
    static const char *const words[] = {"transport-cc", "transport-wide-cc"};

    for (unsigned i = 0; i < 2; i++)
        for (char *at = text; (at = strstr(at, words[i])); at++)
            *at = 'x';
}

static void negotiate(struct two *t)
{
    char *text = malloc(65536);
    int len = rtc_peer_offer(t->peer[0], text, 65536, t->now);

    offer_no_feedback(text);
    bench_need(len > 0 && !rtc_peer_remote_offer(t->peer[1], text, (size_t)len,
                                                 t->now),
               "no offer");
    len = rtc_peer_answer(t->peer[1], text, 65536, t->now);
    bench_need(len > 0 && !rtc_peer_remote_answer(t->peer[0], text, (size_t)len,
                                                  t->now),
               "no answer");
    free(text);
}

/* Hands over what peer `from` has to send. How many datagrams. */
static unsigned carry(struct two *t, int from)
{
    static uint8_t buf[65536];
    struct rtc_datagrams d;
    unsigned count = 0;
    int len;

    while ((len = rtc_peer_transmit(t->peer[from], buf, sizeof buf, &d,
                                    t->now)) > 0) {
        rtc_peer_receive(t->peer[!from], &t->path[!from], buf, (size_t)len,
                         d.segment, t->now);
        count += d.count;
    }
    return count;
}

void two_exchange(struct two *t)
{
    struct rtc_event event;

    while (carry(t, 0) + carry(t, 1) > 0)
        ;
    for (int i = 0; i < 2; i++)
        while (rtc_peer_poll(t->peer[i], &event)) {
            t->connected[i] |= event.type == RTC_EVENT_CONNECTED;
            t->opened[i] |= event.type == RTC_EVENT_CHANNEL;
        }
}

/* Time goes on to what is due next. */
static void advance(struct two *t)
{
    for (int i = 0; i < 2; i++) {
        rtc_usec deadline = rtc_peer_deadline(t->peer[i]);
        rtc_usec other = rtc_peer_deadline(t->peer[!i]);
        if (deadline <= other && deadline > t->now)
            t->now = deadline;
    }
    for (int i = 0; i < 2; i++)
        rtc_peer_tick(t->peer[i], t->now);
}

static bool is_connected(const struct two *t)
{
    return t->connected[0] && t->connected[1];
}

/* Without it, what a remote offers comes as frames. */
static void add_receiving(struct rtc_peer *peer,
                          const struct rtc_track_config *track)
{
    struct rtc_track_config other = *track;

    other.direction = RTC_RECVONLY;
    bench_need(rtc_peer_add_track(peer, &other) >= 0, "no track");
}

void two_connect(struct two *t, const struct rtc_track_config *tracks,
                 unsigned count)
{
    *t = (struct two){.now = 1000000000};
    for (int i = 0; i < 2; i++)
        make_peer(t, i);
    for (unsigned i = 0; i < count; i++) {
        bench_need(rtc_peer_add_track(t->peer[0], &tracks[i]) >= 0, "no track");
        if (tracks[i].packets)
            add_receiving(t->peer[1], &tracks[i]);
    }
    negotiate(t);
    for (unsigned i = 0; i < 1000 && !is_connected(t); i++) {
        two_exchange(t);
        advance(t);
    }
    bench_need(is_connected(t), "the two did not connect");
    two_exchange(t);
}

void two_connect_channel(struct two *t)
{
    struct rtc_channel_config config;

    *t = (struct two){.now = 2000000000};
    for (int i = 0; i < 2; i++)
        make_peer(t, i);
    rtc_channel_config_init(&config);
    bench_need(rtc_peer_add_channel(t->peer[0], &config, t->now) == 0,
               "no channel");
    negotiate(t);
    for (unsigned i = 0; i < 1000 && !(t->opened[0] && t->opened[1]); i++) {
        two_exchange(t);
        advance(t);
    }
    bench_need(t->opened[0] && t->opened[1], "no channel opened");
}

void two_free(struct two *t)
{
    for (int i = 0; i < 2; i++)
        rtc_peer_free(t->peer[i]);
}
