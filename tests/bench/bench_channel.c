/* SPDX-License-Identifier: MIT
 * What a packet of a data channel costs both its ends, of 64 KiB messages from
 * one peer to another: beside what SCTP alone costs over memory, and with the
 * DTLS records of such packets on top. */
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "peer/peer.h"
#include "sctp/association.h"
#include "tests/bench/bench.h"
#include "tests/bench/two.h"

#define MESSAGE ((size_t)64 << 10)
#define ROUNDS 20
#define ROUND_BYTES ((size_t)16 << 20)
#define CONTENT 1140 /* about what a packet of 1200 bytes carries */
#define PACKET 1160  /* of SCTP, as DTLS carries it */
#define RECORDS 10000
#define BUFFER ((size_t)1 << 20)
#define LIMIT 1.5

static uint8_t message_data[MESSAGE];

/* Goes on from where the two have connected. */
static rtc_usec clock_us(void)
{
    static double begin;

    if (begin == 0)
        begin = bench_now();
    return 2 * 1000 * RTC_SEC + (rtc_usec)((bench_now() - begin) / 1000);
}

/* Whatever else the machine does. */
static double cpu_now(void)
{
    return (double)clock() * (1e9 / CLOCKS_PER_SEC);
}

/* ---- through two peers --------------------------------------------------- */

static void carry(struct two *t, int from)
{
    static uint8_t buf[65536];
    struct rtc_datagrams d;
    int len;

    while ((len = rtc_peer_transmit(t->peer[from], buf, sizeof buf, &d,
                                    t->now)) > 0)
        rtc_peer_receive(t->peer[!from], &t->path[!from], buf, (size_t)len,
                         d.segment, t->now);
}

static size_t poll_bytes(struct rtc_peer *peer)
{
    struct rtc_event event;
    size_t bytes = 0;

    while (rtc_peer_poll(peer, &event))
        if (event.type == RTC_EVENT_MESSAGE)
            bytes += event.message.len;
    return bytes;
}

static void peers_step(struct two *t, size_t *received)
{
    const struct rtc_message message = {.data = message_data, .len = MESSAGE};

    t->now = clock_us();
    while (rtc_peer_send_message(t->peer[0], 0, &message, t->now) == 0)
        ;
    carry(t, 0);
    *received += poll_bytes(t->peer[1]);
    carry(t, 1);
    poll_bytes(t->peer[0]);
    for (int i = 0; i < 2; i++)
        if (rtc_peer_deadline(t->peer[i]) <= t->now)
            rtc_peer_tick(t->peer[i], t->now);
}

/* Nanoseconds a packet. */
static double peers_round(struct two *t)
{
    double begin = cpu_now();
    size_t received = 0;

    while (received < ROUND_BYTES)
        peers_step(t, &received);
    return (cpu_now() - begin) * CONTENT / (double)received;
}

/* ---- SCTP alone ---------------------------------------------------------- */

static void move(struct rtc_association *from, struct rtc_association *to,
                 rtc_usec now)
{
    const uint8_t *packet;
    size_t len;

    while ((packet = rtc_association_peek(from, &len))) {
        rtc_association_receive(to, packet, len, now);
        rtc_association_pop(from);
    }
}

static size_t read_bytes(struct rtc_association *a, bool *up)
{
    static uint8_t buf[MESSAGE + 4096];
    struct rtc_association_event event;
    size_t bytes = 0;

    while (rtc_association_read(a, buf, sizeof buf, &event)) {
        *up |= event.type == RTC_ASSOCIATION_UP;
        if (event.type == RTC_ASSOCIATION_DATA)
            bytes += event.len;
    }
    return bytes;
}

struct bare_sctp {
    struct rtc_association *end[2];
    bool up[2];
};

static size_t sctp_step(struct bare_sctp *b)
{
    const struct rtc_association_message message = {.data = message_data,
                                                    .len = MESSAGE,
                                                    .ppid = 53,
                                                    .max_retransmits = -1,
                                                    .max_lifetime_ms = -1};
    rtc_usec now = clock_us();
    size_t received;

    while (b->up[0] && rtc_association_pending(b->end[0]) + MESSAGE <= BUFFER)
        if (rtc_association_send(b->end[0], &message, now))
            break;
    move(b->end[0], b->end[1], now);
    received = read_bytes(b->end[1], &b->up[1]);
    move(b->end[1], b->end[0], now);
    read_bytes(b->end[0], &b->up[0]);
    for (int i = 0; i < 2; i++)
        if (rtc_association_deadline(b->end[i]) <= now)
            rtc_association_tick(b->end[i], now);
    return received;
}

static double sctp_round(struct bare_sctp *b)
{
    double begin = cpu_now();
    size_t received = 0;

    while (received < ROUND_BYTES)
        received += sctp_step(b);
    return (cpu_now() - begin) * CONTENT / (double)received;
}

static void sctp_begin(struct bare_sctp *b)
{
    const struct rtc_association_config config = {.local_port = 5000,
                                                  .remote_port = 5000,
                                                  .mtu = 1163,
                                                  .streams = 16,
                                                  .send_buffer = BUFFER,
                                                  .receive_buffer = BUFFER};

    *b = (struct bare_sctp){{NULL}, {false}};
    for (int i = 0; i < 2; i++)
        bench_need(!rtc_association_new(&b->end[i], &config, clock_us()),
                   "no association");
}

static void sctp_end(struct bare_sctp *b)
{
    for (int i = 0; i < 2; i++)
        rtc_association_free(b->end[i]);
}

/* ---- DTLS alone ---------------------------------------------------------- */

/* A record from one end to the other. */
static double record_round(struct two *t)
{
    static uint8_t record[1500];
    double begin = cpu_now();
    size_t len;

    for (unsigned i = 0; i < RECORDS; i++) {
        int sealed = rtc_dtls_seal(t->peer[0]->dtls, message_data, PACKET,
                                   record, sizeof record);
        bench_need(sealed > 0, "no record");
        rtc_dtls_receive(t->peer[1]->dtls, record, (size_t)sealed, t->now);
        bench_need(rtc_dtls_peek(t->peer[1]->dtls, &len), "nothing read");
        rtc_dtls_pop(t->peer[1]->dtls);
    }
    return (cpu_now() - begin) / RECORDS;
}

int main(int argc, char **argv)
{
    double peers[ROUNDS], sctp[ROUNDS], records[ROUNDS], through, alone;
    struct bare_sctp bare;
    struct two t;

    two_connect_channel(&t);
    for (unsigned i = 0; i < ROUNDS; i++)
        peers[i] = peers_round(&t);
    for (unsigned i = 0; i < ROUNDS; i++)
        records[i] = record_round(&t);
    two_free(&t);
    sctp_begin(&bare);
    for (unsigned i = 0; i < ROUNDS; i++)
        sctp[i] = sctp_round(&bare);
    sctp_end(&bare);
    through = bench_quantile(peers, ROUNDS, 0.5);
    alone = bench_quantile(sctp, ROUNDS, 0.5);
    bench_judge("channel.sctp", "ns", through, alone, 0);
    alone += bench_quantile(records, ROUNDS, 0.5);
    bench_judge("channel.packet", "ns", through, alone, LIMIT);
    printf("%-24s gbit_s=%.2f\n", "channel.goodput", CONTENT * 8 / through);
    return bench_exit(argc, argv);
}
