/* SPDX-License-Identifier: MIT
 * The reorder ring: order, duplicates, holes, bounds, jumps. */
#include "stream/reorder.h"

#include "base/clock.h"
#include "stream/fake.h"
#include "tap.h"

#define FIRST (UINT64_C(1) << 32)

static struct rtc_pool pool;
static struct rtc_reorder reorder;

static void setup(unsigned most, unsigned buffers)
{
    rtc_pool_init(&pool, 32, buffers);
    rtc_reorder_init(&reorder, most, &pool);
}

static void teardown(void)
{
    rtc_reorder_done(&reorder);
    is_int(pool.used, 0, "every buffer is back");
    rtc_pool_done(&pool);
}

static bool push(uint64_t number, rtc_usec now)
{
    uint8_t payload[2] = {FAKE_START, (uint8_t)number};
    struct rtc_packet packet = {.payload = payload,
                                .len = sizeof payload,
                                .sequence = number,
                                .time = now};

    return rtc_reorder_push(&reorder, &packet, fake_codec(0));
}

/* Takes the packet in front, which must be `number`. */
static void take(uint64_t number)
{
    const struct rtc_reorder_slot *slot = rtc_reorder_peek(&reorder);
    bool right = slot && slot->present && slot->packet.sequence == number &&
                 slot->packet.payload[1] == (uint8_t)number;

    if (!ok(right, "the next packet, payload intact"))
        return;
    rtc_reorder_pop(&reorder);
}

static void test_order(void)
{
    uint64_t n = FIRST + 65534;

    setup(100, 100);
    ok(!rtc_reorder_peek(&reorder), "empty");
    ok(!reorder.slots && !pool.count, "and without memory");
    push(n + 1, 10);
    push(n + 3, 30);
    ok(push(n, 35), "the very first may come late");
    take(n);
    take(n + 1);
    ok(!rtc_reorder_peek(&reorder)->present, "then there is a hole");
    is_int(rtc_reorder_peek(&reorder)->packet.time, 30, "since it showed");
    ok(push(n + 2, 40), "a late packet fills it");
    take(n + 2);
    take(n + 3);
    ok(!rtc_reorder_peek(&reorder), "all taken");
    ok(!push(n + 3, 50) && !push(n - 1, 50), "too late is too late");
    is_int(reorder.late, 2, "and counted");
    teardown();
}

static void test_duplicates(void)
{
    setup(100, 100);
    for (int i = 0; i < 5; i++)
        for (uint64_t n = 0; n < 4; n++)
            push(FIRST + n, 0);
    is_int(reorder.duplicates, 16, "duplicates are counted");
    is_int(pool.used, 4, "and not kept");
    for (uint64_t n = 0; n < 4; n++)
        take(FIRST + n);
    ok(!rtc_reorder_peek(&reorder), "four unique ones");
    teardown();
}

/* Sizes as in the acceptance list: 15, 30, 5 and 50. */
static void test_most(void)
{
    static const unsigned rows[] = {1, 5, 15, 30, 50};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned most = rows[i];

        setup(most, 1000);
        push(FIRST, 0);
        take(FIRST);
        for (unsigned k = 2; k <= most; k++)
            push(FIRST + k, 0);
        ok(!rtc_reorder_is_pressed(&reorder),
           "acceptance 50: as many as configured wait");
        push(FIRST + most + 1, 0);
        ok(rtc_reorder_is_pressed(&reorder), "one more presses");
        rtc_reorder_pop(&reorder);
        ok(!rtc_reorder_is_pressed(&reorder), "until the hole is given up");
        teardown();
    }
}

static void test_bounds(void)
{
    struct rtc_packet long_packet = {
        .payload = (const uint8_t[100]){0}, .len = 100, .sequence = FIRST + 9};
    struct rtc_packet empty = {.sequence = FIRST + 10};
    unsigned stored = 0;

    setup(RTC_REORDER_MOST * 2, RTC_REORDER_MOST * 2);
    for (unsigned i = 0; i < RTC_REORDER_MOST; i++)
        stored += push(FIRST + i, 0);
    is_int(stored, RTC_REORDER_MOST, "the ring grows to its cap");
    ok(rtc_ring_count(&reorder.ring) == RTC_REORDER_MOST, "and is full");
    push(FIRST + RTC_REORDER_MOST, 0);
    is_int(rtc_ring_count(&reorder.ring), 1, "one more starts over");
    is_int(pool.used, 1, "and drops the rest");
    teardown();

    setup(100, 3);
    push(FIRST, 0);
    take(FIRST);
    for (unsigned i = 2; i < 5; i++)
        push(FIRST + i, 0);
    ok(!push(FIRST + 1, 0), "no buffer left, not even for the hole");
    ok(rtc_reorder_is_pressed(&reorder), "which presses");
    is_int(reorder.refused, 1, "and is counted");
    rtc_reorder_pop(&reorder);
    take(FIRST + 2);
    ok(push(FIRST + 5, 0), "buffers come back");
    ok(!rtc_reorder_is_pressed(&reorder), "and relief");
    ok(!rtc_reorder_push(&reorder, &long_packet, fake_codec(0)),
       "longer than a buffer");
    ok(rtc_reorder_push(&reorder, &empty, NULL), "an empty one needs none");
    teardown();
}

static void test_jump(void)
{
    setup(100, 100);
    for (unsigned i = 0; i < 10; i++)
        push(FIRST + i, 0);
    push(FIRST + (UINT64_C(1) << 60), 0);
    is_int(rtc_ring_count(&reorder.ring), 1, "a huge jump drops what waits");
    take(FIRST + (UINT64_C(1) << 60));
    ok(!push(FIRST + 10, 0), "and does not go back");
    rtc_reorder_reset(&reorder);
    ok(push(FIRST + 10, 0), "reset does");
    take(FIRST + 10);
    teardown();
    rtc_reorder_done(NULL);
}

int main(void)
{
    test_order();
    test_duplicates();
    test_most();
    test_bounds();
    test_jump();
    return tap_done();
}
