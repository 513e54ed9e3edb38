/* SPDX-License-Identifier: MIT
 *
 * The counters of rtc-probe peer over a link whose terms are known: what was
 * lost, came in another order, or was late by how much, comes out as it was.
 */
#include "cmd/probe/peer_count.h"

#include <math.h>

#include "cmd/link_model.h"
#include "tap.h"

#define COUNT 20000
#define GAP 30000 /* longer than any jitter here, so that nothing waits */
#define LEN 1000
/* Clocks of two machines have nothing in common. */
#define CLOCKS INT64_C(-123456789012)

static void add(struct peer_count *count, unsigned stream, uint64_t sequence,
                rtc_usec sent, rtc_usec received)
{
    struct peer_stamp stamp = {1, sequence, sent + CLOCKS};

    peer_count_add(count, stream, &stamp, LEN, received);
}

static struct peer_received sum(const struct peer_count *count,
                                uint64_t recovered)
{
    struct peer_received received = {.recovered = recovered};

    peer_count_sum(count, &received);
    return received;
}

static void test_stamp(void)
{
    struct peer_stamp stamp = {7, UINT64_C(1) << 40, 1234567890123}, again;
    uint8_t buf[PEER_STAMP_LEN];

    peer_stamp_write(&stamp, buf);
    ok(peer_stamp_read(buf, sizeof buf, &again) && again.run == stamp.run &&
           again.sequence == stamp.sequence && again.time_us == stamp.time_us,
       "a stamp is written and read");
    ok(!peer_stamp_read(buf, sizeof buf - 1, &again), "a part of one is none");
    stamp.sequence = UINT64_C(1) << 48;
    peer_stamp_write(&stamp, buf);
    ok(!peer_stamp_read(buf, sizeof buf, &again), "nor one out of bounds");
    buf[0] = 0;
    ok(!peer_stamp_read(buf, sizeof buf, &again), "nor other bytes");
}

/* COUNT packets over a link; `ret_lost`: how many it lost. */
static struct peer_received run(const struct link_terms *terms, uint64_t seed,
                                struct peer_sent *ret_sent)
{
    struct link_model link = {.terms = *terms};
    struct peer_count count = {0};
    uint64_t draws = link_draw(&seed);

    *ret_sent = (struct peer_sent){.packets = COUNT,
                                   .bytes = (uint64_t)COUNT * LEN,
                                   .time_us = (rtc_usec)COUNT * GAP};
    for (uint64_t i = 0; i < COUNT; i++) {
        rtc_usec now = (rtc_usec)i * GAP, due[2];
        uint64_t random = link_draw(&draws);

        if (link_model_send(&link, LEN, &random, due, now) == LINK_ARRIVES)
            add(&count, 0, i, now, due[0]);
    }
    return sum(&count, 0);
}

/* Within four standard deviations. */
static void test_loss(void)
{
    struct peer_sent sent;
    struct peer_received got =
        run(&(struct link_terms){.loss = 0.05}, 1, &sent);
    double lost = (double)peer_lost(&got, &sent);

    ok(fabs(lost - COUNT * 0.05) < 4 * sqrt(COUNT * 0.05 * 0.95),
       "5 % of loss are 5 %");
    is_int((int64_t)(got.packets + peer_lost(&got, &sent)), COUNT,
           "each packet is lost or not");
    is_int((int64_t)got.reordered, 0, "none is reordered");
    is_int(peer_jitter_us(NULL, &got), 0, "there is no jitter");
    ok(fabs(peer_received_bps(&got, &sent) / peer_sent_bps(&sent) -
            (1 - lost / COUNT)) < 1e-9,
       "and the rate is less by as much");
}

/* The mean difference of two even draws from +-J is 2/3 J. */
static void test_jitter(void)
{
    struct peer_sent sent;
    struct peer_received got = run(
        &(struct link_terms){.delay_us = 50000, .jitter_us = 9000}, 2, &sent);

    ok(llabs(peer_jitter_us(NULL, &got) - 6000) < 100,
       "jitter of +-9 ms is 6 ms");
    is_int((int64_t)peer_lost(&got, &sent), 0, "nothing is lost");
}

/* Of a day and its last second, in which it doubles. */
static void test_jitter_between(void)
{
    struct peer_received before = {.steps = 86400 * 250,
                                   .steps_us = INT64_C(86400) * 250 * 100 + 17};
    struct peer_received after = before;

    after.steps += 250;
    after.steps_us += 250 * 200;
    is_int(peer_jitter_us(&before, &after), 200, "jitter of an interval");
    is_int(peer_jitter_us(NULL, &after), 100, "and of all");
    is_int(peer_jitter_us(&after, &after), -1, "and of nothing");
}

static void test_order(void)
{
    static const uint64_t order[] = {0, 1, 3, 2, 4, 7, 6, 5, 9};
    struct peer_count count = {0};
    struct peer_received got;
    struct peer_sent sent = {.packets = 11};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        add(&count, 3, order[i], 0, (rtc_usec)i);
    got = sum(&count, 0);
    is_int((int64_t)got.reordered, 3, "three were overtaken");
    is_int((int64_t)got.expected, 10, "ten are expected by their numbers");
    is_int((int64_t)peer_lost(&got, NULL), 1, "one of those is missing");
    is_int((int64_t)peer_lost(&got, &sent), 2, "and one behind them");
    got = sum(&count, 2);
    is_int((int64_t)got.reordered, 1, "who was resent was not overtaken");
    is_int((int64_t)peer_lost(&got, &sent), 4, "but lost,");
    is_int((int64_t)peer_missing(&got, &sent), 2, "and is not missing");
}

static void test_streams(void)
{
    struct peer_count count = {0};
    struct peer_received got;

    for (unsigned i = 0; i < PEER_STREAM_MOST; i++) {
        add(&count, i, 0, 1000 * i, 5000 + 1000 * i);
        add(&count, i, 1, 1000 * i, 7000 + 1000 * i);
    }
    got = sum(&count, 0);
    is_int((int64_t)got.packets, 2 * PEER_STREAM_MOST, "streams are summed up");
    is_int((int64_t)got.bytes, 2 * PEER_STREAM_MOST * LEN, "their bytes");
    is_int((int64_t)got.expected, 2 * PEER_STREAM_MOST, "their numbers");
    is_int(peer_jitter_us(NULL, &got), 2000, "jitter is that within each");
    is_int(got.time_us, 17000, "from the first to the last");
}

/* While more may be on its way, a few packets are no faster for that. */
static void test_rate_so_far(void)
{
    struct peer_received got = {.packets = 5, .bytes = 5000, .time_us = 40000};

    is_int((int64_t)(peer_received_bps(&got, NULL) + 0.5), 800000,
           "five packets, each 10 ms after the one before");
    got.packets = 1;
    got.time_us = 0;
    ok(peer_received_bps(&got, NULL) < 0, "one alone has no rate");
}

/* A remote that says what cannot be. */
static void test_nonsense(void)
{
    struct peer_received got = {.packets = 10, .recovered = 20, .bytes = 10};
    struct peer_sent sent = {.packets = 5};

    is_int((int64_t)peer_missing(&got, &sent), 0, "more than was sent");
    is_int((int64_t)peer_lost(&got, &sent), 10, "more resent than came");
    ok(peer_received_bps(&got, &sent) < 0, "no time, no rate");
    ok(peer_sent_bps(&sent) < 0, "of neither side");
    got = sum(&(struct peer_count){0}, 5);
    is_int(peer_jitter_us(NULL, &got), -1, "nothing has no jitter");
    got = (struct peer_received){.steps = 7, .steps_us = 7};
    is_int(peer_jitter_us(&got, &(struct peer_received){.steps = 8}), -1,
           "nor has a sum that falls");
}

int main(void)
{
    test_stamp();
    test_loss();
    test_jitter();
    test_jitter_between();
    test_order();
    test_streams();
    test_rate_so_far();
    test_nonsense();
    return tap_done();
}
