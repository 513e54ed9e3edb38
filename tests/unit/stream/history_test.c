/* SPDX-License-Identifier: MIT
 * The send queue and what is kept of it: order, bounds, holes, wraps. */
#include "stream/history.h"

#include "base/clock.h"
#include "rtp/sequence.h"
#include "tap.h"

static struct rtc_pool pool;

static int push(struct rtc_history *h, uint64_t number, uint16_t len,
                rtc_usec now)
{
    struct rtc_history_entry e = {.len = len, .header_len = 12};
    int error = rtc_history_buffer(h, &e.packet);

    return error ? error : rtc_history_push(h, number, &e, now);
}

static unsigned send_all(struct rtc_history *h, rtc_usec now)
{
    unsigned count = 0;

    for (; rtc_history_peek(h); count++)
        rtc_history_pop(h, now);
    return count;
}

static void test_queue(void)
{
    struct rtc_history_config config = {.packets = 8, .keep_us = RTC_SEC};
    struct rtc_history h;
    uint64_t n = RTC_SEQUENCE_ORIGIN + 65533;

    rtc_pool_init(&pool, 64, 64);
    rtc_history_init(&h, &config, &pool);
    ok(!rtc_history_peek(&h), "an empty queue has no next packet");
    ok(!h.entries && !pool.count, "and holds no memory");
    for (unsigned i = 0; i < 6; i++)
        is_int(push(&h, n + i, (uint16_t)(20 + i), 0), 0, "push");
    ok(!rtc_history_find(&h, 65533), "what waits cannot be resent");
    is_int(rtc_history_peek(&h)->len, 20, "first in, first out");
    is_int(h.queued, 6, "six wait");
    is_int(h.queued_bytes, 135, "and their bytes");
    is_int(send_all(&h, 10), 6, "six are sent");
    is_int(rtc_history_find(&h, 65533)->len, 20, "found before the wrap");
    is_int(rtc_history_find(&h, 0)->len, 23, "and behind it");
    ok(!rtc_history_find(&h, 3), "not what was never pushed");
    ok(!rtc_history_find(&h, 65532), "nor what came before");
    is_int(push(&h, n + 2, 20, 20), RTC_ERR_ARG, "no number twice");
    is_int(pool.used, 6, "a refused packet goes back to the pool");
    rtc_history_done(&h);
    is_int(pool.used, 0, "done returns every buffer");
    rtc_history_done(NULL);
    rtc_pool_done(&pool);
}

static void test_bounds(void)
{
    struct rtc_history_config config = {.packets = 4, .keep_us = RTC_SEC};
    struct rtc_history h;

    rtc_pool_init(&pool, 64, 64);
    rtc_history_init(&h, &config, &pool);
    for (unsigned i = 0; i < 10; i++)
        push(&h, 100000 + i, 20, 0);
    is_int(h.queued, 10, "the queue is not bounded by what is kept");
    send_all(&h, 0);
    is_int(h.kept, 4, "by packets: the last four are kept");
    ok(rtc_history_find(&h, (uint16_t)100006) &&
           !rtc_history_find(&h, (uint16_t)100005),
       "and it is those");
    push(&h, 100010, 20, RTC_SEC);
    is_int(h.kept, 4, "by time: not yet");
    send_all(&h, RTC_SEC + 1);
    push(&h, 100011, 20, RTC_SEC + 1);
    is_int(h.kept, 1, "by time: older than a second leave");
    rtc_history_done(&h);

    config.bytes = 50;
    rtc_history_init(&h, &config, &pool);
    for (unsigned i = 0; i < 4; i++)
        push(&h, 100000 + i, 20, 0);
    send_all(&h, 0);
    is_int(h.kept_bytes, 40, "by bytes");
    rtc_history_done(&h);

    config = (struct rtc_history_config){.packets = 0};
    rtc_history_init(&h, &config, &pool);
    for (unsigned i = 0; i < 100; i++) {
        push(&h, 100000 + i, 20, i);
        is_int(send_all(&h, i), 1, "history size 0 still sends");
    }
    is_int(pool.used, 0, "and keeps nothing");
    ok(!rtc_history_find(&h, (uint16_t)100099), "nor finds anything");
    rtc_history_done(&h);
    rtc_pool_done(&pool);
}

static void test_pool(void)
{
    struct rtc_history_config config = {.packets = 100, .keep_us = RTC_SEC};
    struct rtc_history h;

    rtc_pool_init(&pool, 64, 8);
    rtc_history_init(&h, &config, &pool);
    for (unsigned i = 0; i < 8; i++)
        push(&h, 100000 + i, 20, 0);
    is_int(push(&h, 100008, 20, 0), RTC_ERR_AGAIN,
           "a full pool: nothing unsent is evicted");
    is_int(h.queued, 8, "all still wait");
    rtc_history_pop(&h, 0);
    is_int(push(&h, 100008, 20, 0), 0, "the oldest sent one makes room");
    ok(!rtc_history_find(&h, (uint16_t)100000), "and is gone");
    rtc_history_unpush(&h, 100006);
    is_int(h.queued, 5, "unpush takes back from the end");
    is_int(pool.used, 5, "with the buffers");
    is_int(h.queued_bytes, 100, "and the bytes");
    is_int(push(&h, 100006, 30, 0), 0, "its numbers are free again");
    is_int(send_all(&h, 0), 6, "and are sent");
    rtc_history_unpush(&h, 100007);
    is_int(rtc_history_find(&h, (uint16_t)100006)->len, 30,
           "unpush of nothing changes nothing");
    rtc_history_done(&h);
    rtc_pool_done(&pool);

    rtc_pool_init(&pool, 64, 0);
    rtc_history_init(&h, &config, &pool);
    is_int(push(&h, 100000, 20, 0), RTC_ERR_NOMEM, "an empty pool");
    rtc_history_done(&h);
    rtc_pool_done(&pool);
}

static void test_cap(void)
{
    struct rtc_history_config config = {.packets = 100000,
                                        .keep_us = RTC_NEVER};
    struct rtc_history h;
    unsigned pushed = 0;

    rtc_pool_init(&pool, 16, 2 * RTC_HISTORY_MOST);
    rtc_history_init(&h, &config, &pool);
    while (push(&h, 100000 + pushed, 16, 0) == 0)
        pushed++;
    is_int(pushed, RTC_HISTORY_MOST, "the queue has a cap");
    is_int(send_all(&h, 0), RTC_HISTORY_MOST, "all of it is sent");
    for (unsigned i = 0; i < RTC_HISTORY_MOST; i++)
        push(&h, 100000 + pushed + i, 16, 0);
    is_int(h.queued, RTC_HISTORY_MOST, "sent ones make room");
    is_int(h.kept, 0, "up to the last");
    rtc_history_done(&h);
    is_int(pool.used, 0, "every buffer is back");
    rtc_pool_done(&pool);
}

/* Numbers as a forwarding unit gives them: holes, late ones, jumps. */
static void test_holes(void)
{
    struct rtc_history_config config = {.packets = 100, .keep_us = RTC_SEC};
    struct rtc_history h;

    rtc_pool_init(&pool, 64, 64);
    rtc_history_init(&h, &config, &pool);
    push(&h, 100000, 20, 0);
    push(&h, 100003, 23, 0);
    is_int(send_all(&h, 0), 2, "a hole is stepped over");
    push(&h, 100005, 25, 0);
    is_int(push(&h, 100001, 21, 0), 0, "a late number fills its hole");
    is_int(rtc_history_peek(&h)->len, 21, "and is sent first");
    is_int(send_all(&h, 0), 2, "then the rest, nothing twice");
    is_int(h.kept, 4, "four are kept");
    ok(rtc_history_find(&h, (uint16_t)100001) &&
           !rtc_history_find(&h, (uint16_t)100002),
       "the hole is none");
    is_int(push(&h, 99999, 20, 0), RTC_ERR_ARG, "too old a number");
    is_int(push(&h, 100000 + (UINT64_C(1) << 40), 29, 0), 0, "a huge jump");
    is_int(send_all(&h, 0), 1, "is sent");
    is_int(h.kept, 1, "and drops what was kept");
    push(&h, 100001 + (UINT64_C(1) << 40), 29, 0);
    is_int(push(&h, UINT64_C(1) << 50, 29, 0), RTC_ERR_AGAIN,
           "but not over what waits");
    rtc_history_done(&h);
    is_int(pool.used, 0, "every buffer is back");
    rtc_pool_done(&pool);
}

/* A stream that must not go on: what waits is dropped, what was sent stays. */
static void test_clear(void)
{
    struct rtc_history_config config = {.packets = 100, .keep_us = RTC_SEC};
    struct rtc_history h;

    rtc_pool_init(&pool, 64, 64);
    rtc_history_init(&h, &config, &pool);
    rtc_history_clear(&h);
    is_int(h.queued, 0, "an empty queue is cleared");
    push(&h, 100000, 20, 0);
    push(&h, 100001, 21, 0);
    rtc_history_pop(&h, 0);
    push(&h, 100005, 25, 0);
    rtc_history_clear(&h);
    ok(!rtc_history_peek(&h) && !h.queued && !h.queued_bytes, "nothing waits");
    is_int(pool.used, 1, "the buffers are back");
    ok(rtc_history_find(&h, (uint16_t)100000) &&
           !rtc_history_find(&h, (uint16_t)100001),
       "what was sent can be resent, the rest not");
    is_int(push(&h, 100006, 26, 0), 0, "the queue goes on");
    is_int(send_all(&h, 0), 1, "with what is new");
    rtc_history_done(&h);
    is_int(pool.used, 0, "every buffer is back");
    rtc_pool_done(&pool);
}

int main(void)
{
    test_clear();
    test_queue();
    test_bounds();
    test_pool();
    test_cap();
    test_holes();
    return tap_done();
}
