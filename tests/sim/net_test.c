/* SPDX-License-Identifier: MIT
 * The simulator's network against what its header says, so that a scenario that
 * passes has met the link it states. */
#include "tests/sim/net.h"

#include "tap.h"

static const struct rtc_path path = {
    .local = {.family = 4, .port = 1, .ip = {192, 0, 2, 1}},
    .remote = {.family = 4, .port = 2, .ip = {192, 0, 2, 2}},
};

/* What a run over one link gave: sent number by order of arrival. */
struct run {
    unsigned count;
    unsigned number[40000];
    rtc_usec due[40000];
    struct sim_net_stats stats;
};

/* Sends `count` datagrams of `len` bytes, one each `gap`, and takes all in. */
static void run(struct run *r, const struct sim_link *link, uint64_t seed,
                unsigned count, size_t len, rtc_usec gap)
{
    struct sim_net *net = sim_net_new(seed);
    uint8_t data[2048] = {0};
    struct sim_packet *packet;

    r->count = 0;
    sim_net_link(net, &path.local, link);
    for (unsigned i = 0; i < count; i++) {
        memcpy(data, &i, sizeof i);
        sim_net_send(net, &path, data, len, i * gap);
    }
    while ((packet = sim_net_receive(net, RTC_NEVER - 1))) {
        memcpy(&r->number[r->count], packet->data, sizeof(unsigned));
        r->due[r->count++] = packet->due;
    }
    r->stats = *sim_net_stats(net, &path.local);
    sim_net_free(net);
}

static bool is_ordered(const struct run *r)
{
    for (unsigned i = 1; i < r->count; i++)
        if (r->number[i] <= r->number[i - 1] || r->due[i] < r->due[i - 1])
            return false;
    return true;
}

static void test_wire(struct run *r)
{
    struct sim_net *net = sim_net_new(1);
    struct sim_packet *packet;

    is_int(sim_net_deadline(net), RTC_NEVER, "nothing is under way at first");
    sim_net_link(net, &path.local, &(struct sim_link){.delay_us = 700});
    sim_net_send(net, &path, (const uint8_t *)"abc", 3, 50);
    is_int(sim_net_deadline(net), 750, "it arrives after the delay");
    ok(!sim_net_receive(net, 749), "not a microsecond early");
    packet = sim_net_receive(net, 750);
    ok(packet && packet->len == 3 && !memcmp(packet->data, "abc", 3),
       "as it was sent");
    ok(packet && packet->path.local.port == 2 && packet->path.remote.port == 1,
       "over the path as the receiver sees it");
    ok(!sim_net_receive(net, 10000), "once");
    sim_net_free(net);
    run(r, &(struct sim_link){0}, 1, 1000, 100, 10);
    ok(r->count == 1000 && is_ordered(r) && r->due[999] == 9990,
       "a perfect wire keeps all, in order, without delay");
    is_int((int64_t)r->stats.largest, 100, "the longest is noted");
}

static void test_jitter(struct run *r)
{
    rtc_usec least = RTC_NEVER, most = 0;
    unsigned early = 0;

    run(r, &(struct sim_link){.delay_us = 5000, .jitter_us = 2000}, 2, 10000,
        100, 10000);
    ok(r->count == 10000 && is_ordered(r), "jitter keeps the order");
    for (unsigned i = 0; i < r->count; i++) {
        rtc_usec took = r->due[i] - r->number[i] * (rtc_usec)10000;
        least = took < least ? took : least;
        most = took > most ? took : most;
    }
    ok(least >= 3000 && least < 3100 && most <= 7000 && most > 6900,
       "jitter fills its range and no more");
    run(r, &(struct sim_link){.delay_us = 10, .jitter_us = 2000}, 2, 1000, 100,
        50);
    ok(r->count == 1000 && is_ordered(r),
       "jitter over the delay keeps the order");
    for (unsigned i = 0; i < r->count; i++)
        early += r->due[i] < r->number[i] * (rtc_usec)50;
    is_int(early, 0, "nor ever arrives before it is sent");
}

static void test_rate(struct run *r)
{
    struct sim_link link = {.rate_bps = 800000};

    run(r, &link, 3, 100, 1000, 0);
    ok(r->count == 100 && is_ordered(r), "without a bound the queue keeps all");
    is_int(r->due[0], 10000, "1000 bytes take 10 ms at 800 kbit/s");
    is_int(r->due[99], 1000000, "and a hundred of them a second");
    link.queue_bytes = 10000;
    run(r, &link, 3, 100, 1000, 0);
    is_int(r->count, 10, "a full queue drops the rest");
    is_int((int64_t)r->stats.queue_dropped, 90, "and counts it");
    run(r, &link, 3, 1000, 1000, 10000);
    is_int(r->count, 1000, "sending at the rate drops nothing");
    run(r, &link, 3, 2000, 1000, 5000);
    ok(r->count >= 1000 && r->count <= 1011,
       "at twice the rate, half of them and the queue come through");
}

static void test_loss(struct run *r)
{
    run(r, &(struct sim_link){.loss = 0.05}, 4, 40000, 20, 1);
    ok(r->stats.lost > 1800 && r->stats.lost < 2200,
       "5 % loss is within five standard deviations");
    is_int((int64_t)(r->stats.lost + r->stats.delivered), 40000,
           "lost and delivered make up sent");
    run(r, &(struct sim_link){.dead = true}, 4, 100, 20, 1);
    is_int(r->count, 0, "a dead link delivers nothing");
    run(r, &(struct sim_link){.loss = 1}, 4, 100, 20, 1);
    is_int(r->count, 0, "nor one that loses all");
}

static void test_bursts(struct run *r)
{
    unsigned bursts = 0, lost = 0;

    run(r, &(struct sim_link){.burst_good = 40, .burst_bad = 4}, 5, 40000, 20,
        1);
    for (unsigned i = 1; i < r->count; i++) {
        unsigned gap = r->number[i] - r->number[i - 1] - 1;
        bursts += gap > 0;
        lost += gap;
    }
    ok(lost > 3200 && lost < 4100, "4 of 44 are lost in bursts");
    ok(lost > 3 * bursts && lost < 5 * bursts, "bursts are four long");
}

static void test_reorder(struct run *r)
{
    unsigned late = 0, highest = 0;
    rtc_usec most = 0;

    run(r, &(struct sim_link){.delay_us = 100, .reorder = 0.1}, 6, 10000, 20,
        1000);
    for (unsigned i = 0; i < r->count; i++) {
        rtc_usec took = r->due[i] - r->number[i] * (rtc_usec)1000;
        late += r->number[i] < highest;
        highest = r->number[i] > highest ? r->number[i] : highest;
        most = took > most ? took : most;
    }
    is_int(r->count, 10000, "reordering loses nothing");
    ok(late > 600 && late < 1100, "the stated part is overtaken");
    ok(most > 9000 && most <= 10101, "held back by up to 10 ms");
}

static void test_duplicate(struct run *r)
{
    static bool seen[10000];

    run(r, &(struct sim_link){.duplicate = 0.2}, 7, 10000, 20, 10);
    ok(r->count > 11800 && r->count < 12200, "one in five arrives twice");
    is_int((int64_t)r->stats.duplicated, r->count - 10000, "and is counted");
    for (unsigned i = 0; i < r->count; i++)
        seen[r->number[i]] = true;
    ok(!memchr(seen, 0, sizeof seen), "every one arrives");
}

static void test_seed(struct run *r)
{
    static struct run other;
    struct sim_link link = {.delay_us = 5000,
                            .jitter_us = 3000,
                            .loss = 0.1,
                            .reorder = 0.1,
                            .duplicate = 0.1};

    run(r, &link, 8, 5000, 20, 100);
    run(&other, &link, 8, 5000, 20, 100);
    ok(r->count == other.count &&
           !memcmp(r->due, other.due, r->count * sizeof r->due[0]) &&
           !memcmp(r->number, other.number, r->count * sizeof r->number[0]),
       "the same seed is the same run");
    run(&other, &link, 9, 5000, 20, 100);
    ok(r->count != other.count ||
           memcmp(r->due, other.due, r->count * sizeof r->due[0]) != 0,
       "another seed is another");
}

int main(void)
{
    static struct run r;

    test_wire(&r);
    test_jitter(&r);
    test_rate(&r);
    test_loss(&r);
    test_bursts(&r);
    test_reorder(&r);
    test_duplicate(&r);
    test_seed(&r);
    return tap_done();
}
