/* SPDX-License-Identifier: MIT
 * Two sessions against each other: connecting with and without loss, resend
 * times, refusals, ends, hostile datagrams, limits. Virtual time throughout. */
#include "dtls/session.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "pair.h"
#include "tap.h"
#include "tests/sim/clock.h"

static void test_connect(void)
{
    struct pair p = {0};
    rtc_usec begin = sim_clock_now();
    struct rtc_dtls_keys keys[2];

    pair_init(&p, NULL);
    ok(!rtc_dtls_version_name(p.side[0]), "no version before the handshake");
    is_int(rtc_dtls_export(p.side[0], &keys[0]), RTC_ERR_STATE, "nor any keys");
    pair_start(&p);
    ok(pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC), "both sides connect");
    is_int(sim_clock_now() - begin, 4 * PAIR_DELAY, "in two round trips");
    is_int(p.sent[0] + p.sent[1], 4, "a datagram a flight");
    is_str(rtc_dtls_version_name(p.side[0]), "DTLS1.2", "version");
    is_str(rtc_dtls_cipher_name(p.side[1]),
           "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "cipher suite");
    is_int(rtc_dtls_deadline(p.side[0]), RTC_NEVER, "nothing timed any more");
    is_int(rtc_dtls_export(p.side[0], &keys[0]), 0, "keys of the client");
    is_int(rtc_dtls_export(p.side[1], &keys[1]), 0, "keys of the server");
    is_int(keys[0].profile, 7, "the profile is GCM-128");
    is_int(keys[0].len, 28, "with 16 + 12 bytes");
    is_mem(keys[0].local, keys[1].remote, 28, "what one sends with");
    is_mem(keys[0].remote, keys[1].local, 28, "the other receives with");
    ok(memcmp(keys[0].local, keys[0].remote, 28) != 0, "and they differ");
    pair_done(&p);
}

/* Reads a list of 16-bit numbers with its length before it, against `next`. */
static bool is_list(struct rtc_reader *r, unsigned *ret_count,
                    uint16_t (*next)(unsigned index))
{
    unsigned len = rtc_read_u16(r);
    bool same = true;

    for (*ret_count = 0; *ret_count < len / 2; ++*ret_count)
        same &= rtc_read_u16(r) == next(*ret_count);
    return same && next(*ret_count) == 0 && !r->failed;
}

/* 0: there are no more. */
static uint16_t next_suite(unsigned index)
{
    const char *name;
    uint16_t number;

    return rtc_dtls_suite(index, &name, &number) ? number : 0;
}

/* RFC 6347 4.2.1: what is told of is what is on the wire. */
static void test_offer(void)
{
    struct pair p = {0};
    struct rtc_reader r;
    unsigned count, type = 0;

    pair_init(&p, NULL);
    pair_start(&p);
    pair_drain(&p);
    rtc_reader_init(&r, p.flight[0].data, p.flight[0].len);
    rtc_read_skip(&r, 13 + 12 + 2 + 32);
    for (int i = 0; i < 2; i++) /* session id, cookie */
        rtc_read_skip(&r, rtc_read_u8(&r));
    ok(is_list(&r, &count, next_suite), "the suites of the list are offered");
    is_int(count, 4, "all of them");
    rtc_read_skip(&r, rtc_read_u8(&r)); /* compression */
    for (rtc_read_u16(&r); !r.failed; rtc_read_skip(&r, rtc_read_u16(&r))) {
        type = rtc_read_u16(&r);
        if (type == 14) /* use_srtp */
            break;
    }
    rtc_read_u16(&r);
    ok(type == 14 && is_list(&r, &count, rtc_dtls_profile),
       "and the profiles are");
    is_int(count, 3, "all of them");
    pair_done(&p);
}

static void test_data(void)
{
    struct pair p = {0};
    uint8_t out[1200] = {1, 2, 3}, in[1200];
    size_t most;

    pair_init(&p, NULL);
    is_int(rtc_dtls_send(p.side[0], out, 3), RTC_ERR_STATE, "data too early");
    pair_start(&p);
    pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC);
    most = rtc_dtls_data_max(p.side[0]);
    ok(most > 1100 && most < 1200, "the longest content fits the MTU");
    is_int(rtc_dtls_send(p.side[0], out, most + 1), RTC_ERR_ARG, "not longer");
    is_int(rtc_dtls_send(p.side[0], out, 0), RTC_ERR_ARG, "nor empty");
    is_int(rtc_dtls_send(p.side[0], out, most), 0, "client sends");
    is_int(rtc_dtls_send(p.side[0], out, 3), 0, "twice");
    is_int(rtc_dtls_send(p.side[1], out + 1, 2), 0, "server sends");
    p.longest = 0;
    pair_drain(&p);
    is_int(p.flight_count, 3, "one datagram each");
    ok(p.longest > most && p.longest <= 1200, "within the MTU");
    pair_step(&p, sim_clock_now() + RTC_SEC);
    is_int(rtc_dtls_read(p.side[1], in, most - 1), RTC_ERR_NOBUF, "no room");
    is_int(rtc_dtls_read(p.side[1], in, sizeof in), (int)most, "long content");
    is_mem(in, out, most, "arrives unchanged");
    is_int(rtc_dtls_read(p.side[1], in, sizeof in), 3, "and the short one");
    is_int(rtc_dtls_read(p.side[1], in, sizeof in), 0, "then nothing");
    is_int(rtc_dtls_read(p.side[0], in, sizeof in), 2, "the other way, too");
    pair_done(&p);
}

static void test_data_caps(void)
{
    struct pair p = {0};
    uint8_t out[1000] = {0}, buf[1500];
    int sent = 0, received = 0, n;

    pair_init(&p, NULL);
    pair_start(&p);
    pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC);
    while ((n = rtc_dtls_send(p.side[0], out, sizeof out)) == 0 && sent < 1000)
        sent++;
    is_int(n, RTC_ERR_AGAIN, "sending stops at a full queue");
    ok(sent > 50 && sent < 65, "of 64 KiB");
    is_int(rtc_dtls_transmit(p.side[0], buf, 40), RTC_ERR_NOBUF,
           "a small buffer");
    for (int round = 0; round < 3; round++) {
        while ((n = rtc_dtls_transmit(p.side[0], buf, sizeof buf)) > 0)
            rtc_dtls_receive(p.side[1], buf, (size_t)n, sim_clock_now());
        while (rtc_dtls_send(p.side[0], out, sizeof out) == 0)
            ;
    }
    while (rtc_dtls_read(p.side[1], buf, sizeof buf) == 1000)
        received++;
    ok(received > 50 && received < 66, "nobody reads: 64 KiB are kept");
    pair_done(&p);
}

static void test_loss(void)
{
    rtc_usec worst = 0;
    int connected = 0, past = 0;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct pair p = {.loss_percent = 30, .random = seed * 7919};
        rtc_usec begin = sim_clock_now();

        pair_init(&p, NULL);
        pair_start(&p);
        if (pair_run(&p, RTC_DTLS_CONNECTED, 30 * RTC_SEC))
            connected++;
        else
            printf("# seed %d: %s, %s\n", (int)seed,
                   rtc_dtls_state_name(rtc_dtls_state(p.side[0])),
                   rtc_dtls_state_name(rtc_dtls_state(p.side[1])));
        worst = rtc_max_time(worst, sim_clock_now() - begin);
        past += p.past_deadline;
        pair_done(&p);
    }
    printf("# worst time to connect: %d ms\n", (int)(worst / RTC_MS));
    is_int(connected, 60, "30 % loss both ways, 60 seeds: all connect");
    ok(worst > 140 * RTC_MS && worst < 8 * RTC_SEC, "within 8 s");
    is_int(past, 0, "no deadline in the past");
}

static void test_copies(void)
{
    struct pair p = {.copies = 5};

    pair_init(&p, NULL);
    pair_start(&p);
    ok(pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC), "each datagram five times");
    pair_step(&p, sim_clock_now() + RTC_SEC);
    is_int(rtc_dtls_state(p.side[1]), RTC_DTLS_CONNECTED, "and it stays so");
    ok(p.sent[0] + p.sent[1] < 20, "copies are not answered one by one");
    pair_done(&p);
}

static void test_silent_server(void)
{
    /* GnuTLS's own, doubling; copies a second after what went before. */
    static const int want_ms[] = {0,    100,  300,  700,  1500, 2500,
                                  3100, 4100, 5100, 6100, 6300, 7300};
    struct pair p = {.loss_percent = 100};
    rtc_usec begin = sim_clock_now();
    unsigned at = 0, sent = 0;
    bool in_time = true;

    pair_init(&p, NULL);
    rtc_dtls_start(p.side[0], RTC_DTLS_CLIENT, begin);
    pair_drain(&p);
    do {
        if (p.sent[0] == sent)
            continue;
        sent = p.sent[0];
        in_time &= at >= 12 || sim_clock_now() == begin + want_ms[at] * RTC_MS;
        at++;
    } while (pair_step(&p, begin + 60 * RTC_SEC));
    ok(at > 30 && at < 40, "a silent peer is asked for 30 s");
    ok(in_time, "each time in the pass of its deadline");
    ok(!p.past_deadline, "no deadline in the past");
    is_int(rtc_dtls_state(p.side[0]), RTC_DTLS_FAILED, "then it fails");
    is_int(rtc_dtls_failure(p.side[0]), RTC_DTLS_BAD_HANDSHAKE, "once");
    is_str(rtc_dtls_why(p.side[0]), "the peer sent no DTLS within 30000 ms",
           "and says why");
    is_int(rtc_dtls_deadline(p.side[0]), RTC_NEVER, "no deadline is left");
    rtc_dtls_tick(p.side[0], begin + 90 * RTC_SEC);
    rtc_dtls_close(p.side[0]);
    is_int(rtc_dtls_state(p.side[0]), RTC_DTLS_FAILED, "it stays dead");
    pair_done(&p);
}

static void test_silent_client(void)
{
    struct rtc_dtls_config c = {.mtu = 1200, .patience_us = 2 * RTC_SEC};
    struct pair p = {0};
    rtc_usec begin = sim_clock_now();

    pair_init(&p, &c);
    rtc_dtls_start(p.side[1], RTC_DTLS_SERVER, begin);
    pair_drain(&p);
    is_int(rtc_dtls_deadline(p.side[1]), begin + 2 * RTC_SEC,
           "a server waits without waking");
    pair_step(&p, begin + 2 * RTC_SEC);
    is_int(rtc_dtls_state(p.side[1]), RTC_DTLS_FAILED, "and gives up");
    is_int(p.sent[1], 0, "having said nothing");
    pair_done(&p);
}

static void test_resend_setting(void)
{
    struct rtc_dtls_config c = {.mtu = 1200, .resend_us = 50 * RTC_MS};
    struct pair p = {.loss_percent = 100};
    rtc_usec begin = sim_clock_now();

    pair_init(&p, &c);
    rtc_dtls_start(p.side[0], RTC_DTLS_CLIENT, begin);
    pair_drain(&p);
    is_int(rtc_dtls_deadline(p.side[0]), begin + 50 * RTC_MS,
           "the first resend is settable");
    rtc_dtls_tick(p.side[0], begin + 20 * RTC_MS);
    pair_drain(&p);
    is_int(p.sent[0], 1, "an early tick does nothing");
    pair_step(&p, begin + RTC_SEC);
    is_int(p.sent[0], 2, "a due one resends");
    pair_done(&p);
}

/* One side expects `wrong` instead. */
static void test_wrong_fingerprint(int side)
{
    struct rtc_dtls_fingerprint wrong = {.digest = {1, 2, 3}};
    struct pair p = {0};

    pair_init(&p, NULL);
    rtc_dtls_expect(p.side[side], &wrong, 1);
    pair_start(&p);
    ok(pair_run(&p, RTC_DTLS_FAILED, 3 * RTC_SEC),
       side ? "the server refuses a wrong certificate"
            : "the client refuses a wrong certificate");
    is_int(rtc_dtls_failure(p.side[side]), RTC_DTLS_BAD_FINGERPRINT,
           "with its own reason");
    is_str(rtc_dtls_why(p.side[side]),
           "the peer's certificate is not the one in its description",
           "in a sentence");
    is_int(rtc_dtls_failure(p.side[!side]), RTC_DTLS_BAD_HANDSHAKE,
           "the other is told");
    is_str(rtc_dtls_why(p.side[!side]), "the peer refused: Certificate is bad",
           "in a sentence, too");
    pair_done(&p);
}

static void test_fingerprint_rules(void)
{
    struct rtc_dtls_config c = {.mtu = 1200, .skip_fingerprint = true};
    struct rtc_dtls_fingerprint list[17] = {{.digest = {1}}};
    struct pair p = {0};
    struct rtc_dtls *d;

    pair_init(&p, &c);
    rtc_dtls_expect(p.side[0], list, 1);
    rtc_dtls_expect(p.side[1], list, 1);
    pair_start(&p);
    ok(pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC), "the check can be skipped");
    is_int(rtc_dtls_expect(p.side[0], list, 1), RTC_ERR_STATE,
           "no expecting after the start");
    is_int(rtc_dtls_start(p.side[0], RTC_DTLS_CLIENT, 0), RTC_ERR_STATE,
           "no starting twice");
    c.skip_fingerprint = false;
    c.identity = p.identity[0];
    is_int(rtc_dtls_new(&d, &c), 0, "another session");
    is_int(rtc_dtls_start(d, RTC_DTLS_CLIENT, 0), RTC_ERR_STATE,
           "none without a fingerprint");
    is_int(rtc_dtls_expect(d, list, 0), RTC_ERR_ARG, "nor an empty list");
    is_int(rtc_dtls_expect(d, list, 17), RTC_ERR_ARG, "nor a huge one");
    rtc_dtls_free(d);
    c.mtu = 255;
    is_int(rtc_dtls_new(&d, &c), RTC_ERR_ARG, "nor a tiny MTU");
    pair_done(&p);
}

static void test_close(int side)
{
    struct pair p = {0};
    uint8_t buf[16];

    pair_init(&p, NULL);
    pair_start(&p);
    pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC);
    p.sent[0] = p.sent[1] = 0;
    rtc_dtls_close(p.side[side]);
    rtc_dtls_close(p.side[side]);
    is_int(rtc_dtls_state(p.side[side]), RTC_DTLS_CLOSED, "closed here");
    ok(pair_run(&p, RTC_DTLS_CLOSED, RTC_SEC), "closed there");
    while (pair_step(&p, sim_clock_now() + RTC_SEC))
        ;
    is_int(p.sent[side], 1, "by one close_notify");
    is_int(p.sent[!side], 1, "that was answered");
    is_str(rtc_dtls_why(p.side[!side]), "the peer closed the session",
           "and explained");
    is_int(rtc_dtls_send(p.side[!side], buf, 1), RTC_ERR_STATE, "no more data");
    pair_done(&p);
}

static void test_close_early(void)
{
    struct pair p = {0};

    pair_init(&p, NULL);
    rtc_dtls_close(p.side[1]);
    is_int(rtc_dtls_state(p.side[1]), RTC_DTLS_CLOSED, "closed before start");
    is_int(rtc_dtls_start(p.side[1], RTC_DTLS_SERVER, sim_clock_now()),
           RTC_ERR_STATE, "no start after that");
    pair_done(&p);
    pair_init(&p, NULL);
    pair_start(&p);
    pair_drain(&p);
    pair_step(&p, sim_clock_now() + RTC_SEC); /* ClientHello arrives */
    rtc_dtls_close(p.side[1]);
    pair_drain(&p);
    pair_run(&p, RTC_DTLS_FAILED, 3 * RTC_SEC);
    is_int(rtc_dtls_state(p.side[0]), RTC_DTLS_FAILED,
           "closed amid the handshake: the peer need not wait 30 s");
    pair_done(&p);
}

/* What a whole session sends, as a number, by a child with `seed`: GnuTLS seeds
 * its generator anew in a child. */
static uint64_t child_digest(uint64_t seed)
{
    int fd[2];
    uint64_t digest = 0;
    pid_t child;

    if (pipe(fd))
        return 0;
    fflush(stdout);
    child = fork();
    if (child == 0) {
        struct pair p = {.loss_percent = 20, .random = seed};

        sim_random_seed(seed);
        sim_clock_set(INT64_C(1700000000000000));
        pair_init(&p, NULL);
        pair_start(&p);
        pair_run(&p, RTC_DTLS_CONNECTED, 30 * RTC_SEC);
        digest = p.digest;
        _exit(write(fd[1], &digest, sizeof digest) != sizeof digest);
    }
    close(fd[1]);
    if (read(fd[0], &digest, sizeof digest) != sizeof digest)
        digest = 0;
    close(fd[0]);
    waitpid(child, NULL, 0);
    return digest;
}

static void test_seed(void)
{
    uint64_t a = child_digest(5), b = child_digest(5), c = child_digest(6);

    ok(a != 0 && a == b, "the same seed sends the same bytes");
    ok(c != 0 && c != a, "another seed sends others");
}

static void test_mtu(void)
{
    static const size_t mtus[] = {256, 576, 1200};

    for (size_t i = 0; i < 3; i++) {
        struct rtc_dtls_config c = {.mtu = mtus[i]};
        struct pair p = {.loss_percent = 10, .random = i};

        pair_init(&p, &c);
        pair_start(&p);
        ok(pair_run(&p, RTC_DTLS_CONNECTED, 30 * RTC_SEC), "connects");
        ok(p.longest > 200 && p.longest <= mtus[i], "within the MTU");
        pair_done(&p);
    }
}

/* Splits the record of a ClientHello after `at` bytes of the message. */
static void split_hello(const uint8_t *record, size_t len, size_t at,
                        uint8_t part[2][1500], size_t part_len[2])
{
    size_t body = len - 25, from[2] = {0, at}, size[2] = {at, body - at};

    for (int i = 0; i < 2; i++) {
        uint8_t *p = part[i];

        memcpy(p, record, 25);
        p[10] = (uint8_t)(record[10] + i);             /* sequence number */
        rtc_put_u16(p + 11, (uint16_t)(12 + size[i])); /* record */
        p[19] = 0;
        rtc_put_u16(p + 20, (uint16_t)from[i]);
        p[22] = 0;
        rtc_put_u16(p + 23, (uint16_t)size[i]);
        memcpy(p + 25, record + 25 + from[i], size[i]);
        part_len[i] = 25 + size[i];
    }
}

/* A ClientHello in two datagrams, as browsers send them. `start`: after how
 * many of them the server begins. */
static void test_hello_fragments(int first, int start)
{
    struct pair p = {0};
    uint8_t hello[1500], part[2][1500];
    size_t len[2];
    int n;

    pair_init(&p, NULL);
    rtc_dtls_start(p.side[0], RTC_DTLS_CLIENT, sim_clock_now());
    n = rtc_dtls_transmit(p.side[0], hello, sizeof hello);
    split_hello(hello, (size_t)n, 70, part, len);
    for (int i = 0; i < 2; i++) {
        int which = i ? !first : first;

        if (i == start)
            rtc_dtls_start(p.side[1], RTC_DTLS_SERVER, sim_clock_now());
        rtc_dtls_receive(p.side[1], part[which], len[which], sim_clock_now());
    }
    if (start == 2)
        rtc_dtls_start(p.side[1], RTC_DTLS_SERVER, sim_clock_now());
    pair_drain(&p);
    ok(p.sent[1] > 0, first ? "swapped fragments are answered at once"
                            : "fragments in order are answered at once");
    ok(pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC), "and lead to a session");
    pair_done(&p);
}

/* A flood before the remote description is known: bounded, and what was kept of
 * it does not stop the true ClientHello from being read later. */
static void test_flood_before_start(void)
{
    struct pair p = {0};
    uint8_t hello[1500], big[2100] = {22, 254, 253};
    int n;

    pair_init(&p, NULL);
    rtc_dtls_start(p.side[0], RTC_DTLS_CLIENT, sim_clock_now());
    n = rtc_dtls_transmit(p.side[0], hello, sizeof hello);
    rtc_put_u16(big + 11, sizeof big - 13);
    rtc_dtls_receive(p.side[1], big, sizeof big, sim_clock_now());
    for (int i = 0; i < 10000; i++)
        rtc_dtls_receive(p.side[1], hello, (size_t)n, sim_clock_now());
    is_int(rtc_dtls_deadline(p.side[1]), RTC_NEVER, "nothing is due yet");
    rtc_dtls_start(p.side[1], RTC_DTLS_SERVER, sim_clock_now());
    pair_drain(&p);
    ok(p.sent[1] == 1, "a flood is answered once");
    ok(pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC), "and ends in a session");
    pair_done(&p);
}

/* Datagrams that are no DTLS, or none of the peer's, from off the path. */
static void spoof(struct pair *p, int round)
{
    static const uint8_t alert[] = {21, 254, 253, 0, 0, 0, 0, 0,
                                    0,  9,   9,   0, 2, 2, 40};
    uint8_t noise[300];

    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < 40; i++) {
            size_t len = 1 + sim_random_u64() % sizeof noise;

            sim_random(NULL, noise, sizeof noise);
            noise[0] = (uint8_t)(20 + noise[0] % 44);
            if (round % 2 && len > 13) { /* a record by its header */
                noise[0] = (uint8_t)(20 + noise[0] % 4);
                memcpy(noise + 1, alert + 1, 4);
                noise[4] = (uint8_t)(i % 2);
                rtc_put_u16(noise + 11, (uint16_t)(len - 13));
                if (noise[4] == 0 && noise[0] == 22)
                    noise[13] = (uint8_t)(2 + noise[13] % 98);
                if (noise[4] == 0 && noise[0] == 20)
                    noise[0] = 23;
            }
            rtc_dtls_receive(p->side[side], noise, len, sim_clock_now());
        }
        rtc_dtls_receive(p->side[side], alert, sizeof alert, sim_clock_now());
    }
    rtc_dtls_receive(p->side[0], noise, 0, sim_clock_now());
}

static void test_spoofed(void)
{
    struct pair p = {0};
    int round = 0;

    pair_init(&p, NULL);
    spoof(&p, 0);
    pair_start(&p);
    pair_drain(&p);
    do
        spoof(&p, round++);
    while (pair_step(&p, sim_clock_now() + RTC_SEC) && round < 20);
    is_int(rtc_dtls_state(p.side[0]), RTC_DTLS_CONNECTED,
           "connects among forged datagrams");
    is_int(rtc_dtls_state(p.side[1]), RTC_DTLS_CONNECTED, "on both sides");
    spoof(&p, 0);
    spoof(&p, 1);
    is_int(rtc_dtls_state(p.side[0]), RTC_DTLS_CONNECTED,
           "and they end nothing later");
    pair_done(&p);
}

/* Loses whole flights now and then, so that a lost last flight is resent. */
static void test_lost_last_flight(void)
{
    struct pair p = {0};

    pair_init(&p, NULL);
    pair_start(&p);
    pair_drain(&p);
    for (int i = 0; i < 3; i++)
        pair_step(&p, sim_clock_now() + RTC_SEC);
    is_int(rtc_dtls_state(p.side[1]), RTC_DTLS_CONNECTED, "server is done");
    p.flight_count = 0; /* its Finished is lost */
    is_int(rtc_dtls_state(p.side[0]), RTC_DTLS_HANDSHAKE, "client is not");
    ok(pair_run(&p, RTC_DTLS_CONNECTED, RTC_SEC),
       "a resend is answered after the end of the handshake");
    pair_done(&p);
}

int main(void)
{
    test_connect();
    test_offer();
    test_data();
    test_data_caps();
    test_loss();
    test_copies();
    test_silent_server();
    test_silent_client();
    test_resend_setting();
    test_wrong_fingerprint(0);
    test_wrong_fingerprint(1);
    test_fingerprint_rules();
    test_close(0);
    test_close(1);
    test_close_early();
    test_seed();
    test_mtu();
    for (int start = 0; start <= 2; start++) {
        test_hello_fragments(0, start);
        test_hello_fragments(1, start);
    }
    test_flood_before_start();
    test_spoofed();
    test_lost_last_flight();
    return tap_done();
}
