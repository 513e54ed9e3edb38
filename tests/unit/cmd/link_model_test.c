/* SPDX-License-Identifier: MIT
 *
 * The link against its terms: means and bounds over many datagrams, and that
 * the same draws give the same fate. The simulator's net_test looks at it from
 * outside.
 */
#include "cmd/link_model.h"

#include "tap.h"

#define COUNT 100000

struct result {
    unsigned lost, full, arrived, doubled;
    unsigned bursts;      /* runs of lost ones */
    unsigned late;        /* due before one that was sent before it */
    rtc_usec least, most; /* on the way */
    rtc_usec last;        /* due */
    uint64_t digest;      /* of each one's fate and time */
};

/* Sends COUNT datagrams of 1000 bytes, each with a generator of its own. */
static void run(struct result *r, const struct link_terms *terms, uint64_t seed,
                rtc_usec gap)
{
    struct link_model model = {.terms = *terms};
    bool was_lost = false;

    *r = (struct result){.least = RTC_NEVER};
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t random = link_draw(&seed);
        rtc_usec now = i * gap, due[2] = {0, 0};
        enum link_fate fate = link_model_send(&model, 1000, &random, due, now);

        r->digest = r->digest * 31 + (uint64_t)fate + (uint64_t)due[0];
        r->lost += fate == LINK_LOST;
        r->full += fate == LINK_FULL;
        r->bursts += fate == LINK_LOST && !was_lost;
        was_lost = fate == LINK_LOST;
        if (fate != LINK_ARRIVES)
            continue;
        r->arrived++;
        r->doubled += due[1] != RTC_NEVER;
        r->late += due[0] < r->last;
        r->last = due[0] > r->last ? due[0] : r->last;
        r->least = due[0] - now < r->least ? due[0] - now : r->least;
        r->most = due[0] - now > r->most ? due[0] - now : r->most;
    }
}

static void test_loss(void)
{
    struct result r;

    run(&r, &(struct link_terms){0}, 1, 10);
    ok(r.arrived == COUNT && r.most == 0, "a perfect wire keeps all, at once");
    run(&r, &(struct link_terms){.loss = 0.03}, 1, 10);
    ok(r.lost > 2700 && r.lost < 3300, "3 % are lost");
    ok(r.bursts > r.lost * 9 / 10, "one by one");
    run(&r, &(struct link_terms){.burst_good = 97, .burst_bad = 3}, 1, 10);
    ok(r.lost > 2500 && r.lost < 3500, "3 of 100 are lost in bursts");
    ok(r.lost > r.bursts * 5 / 2 && r.lost < r.bursts * 7 / 2, "of three");
    run(&r, &(struct link_terms){.burst_good = 1, .burst_bad = 1}, 1, 10);
    ok(r.lost == COUNT / 2 && r.bursts == r.lost, "in turns at the extreme");
    run(&r, &(struct link_terms){.dead = true}, 1, 10);
    is_int(r.lost, COUNT, "all when it is dead");
}

static void test_time(void)
{
    struct result r;
    struct link_terms terms = {.delay_us = 60000, .jitter_us = 40000};

    run(&r, &terms, 2, 100000);
    ok(r.least >= 20000 && r.least < 20100, "delay less jitter at least");
    ok(r.most <= 100000 && r.most > 99900, "and jitter more at most");
    run(&r, &terms, 2, 10);
    ok(r.late == 0 && r.arrived == COUNT, "in order");
    terms = (struct link_terms){.delay_us = 100, .reorder = 0.01};
    run(&r, &terms, 2, 1000);
    ok(r.most > 9000 && r.most <= 10101, "1 % are held up, by up to 10 ms");
    ok(r.late > 3000 && r.late < 6000, "and overtaken by five, one a ms");
    run(&r, &(struct link_terms){.duplicate = 0.01}, 2, 10);
    ok(r.doubled > 850 && r.doubled < 1150, "1 % are doubled");
}

static void test_rate(void)
{
    struct link_terms terms = {.rate_bps = 2000000, .queue_bytes = 100000};
    struct result r;

    run(&r, &terms, 3, 4000);
    ok(r.arrived == COUNT && r.most == 4000, "at the rate all come through");
    run(&r, &terms, 3, 2000);
    ok(r.arrived >= COUNT / 2 && r.arrived <= COUNT / 2 + 101,
       "at twice the rate, half of them and the queue");
    is_int(r.arrived + r.full, COUNT, "the rest found it full");
    ok(r.most > 396000 && r.most <= 400000, "who came last waits for all");
}

static void test_seed(void)
{
    struct link_terms terms = {.delay_us = 5000,
                               .jitter_us = 3000,
                               .loss = 0.1,
                               .reorder = 0.1,
                               .duplicate = 0.1};
    struct result a, b;

    run(&a, &terms, 4, 100000);
    run(&b, &terms, 4, 100000);
    ok(a.digest == b.digest, "the same draws are the same run");
    run(&b, &terms, 5, 100000);
    ok(a.digest != b.digest, "others are another");
    terms.rate_bps = 1000000;
    terms.queue_bytes = 3000;
    run(&b, &terms, 4, 100);
    is_int(b.lost, a.lost, "loss does not depend on the queue or on time");
}

int main(void)
{
    test_loss();
    test_time();
    test_rate();
    test_seed();
    return tap_done();
}
