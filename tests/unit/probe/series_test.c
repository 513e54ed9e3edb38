/* SPDX-License-Identifier: MIT
 *
 * A series of round trips over two links whose terms are known: loss, round
 * trips and jitter come out as they follow from these.
 */
#include "cmd/probe/series.h"

#include "cmd/link_model.h"
#include "tap.h"

#define COUNT 200000
#define GAP 200000 /* longer than any jitter here, so that nothing waits */

/* COUNT requests, and an answer to each that arrives. */
static struct probe_series run(const struct link_terms *terms, uint64_t seed)
{
    struct link_model out = {.terms = *terms}, in = {.terms = *terms};
    uint64_t draws[2] = {link_draw(&seed), link_draw(&seed)};
    struct probe_series series = {0};

    for (unsigned i = 0; i < COUNT; i++) {
        rtc_usec sent = (rtc_usec)i * GAP, there[2], back[2];
        uint64_t random = link_draw(&draws[0]);

        series.sent++;
        if (link_model_send(&out, 28, &random, there, sent) != LINK_ARRIVES)
            continue;
        random = link_draw(&draws[1]);
        if (link_model_send(&in, 60, &random, back, there[0]) == LINK_ARRIVES)
            probe_series_add(&series, back[0] - sent);
    }
    return series;
}

/* Whether it is `wanted`, but for parts of a thousand. */
static bool near(int64_t got, double wanted, double permille)
{
    bool is = (double)got >= wanted * (1 - permille / 1000) &&
              (double)got <= wanted * (1 + permille / 1000);

    if (!is)
        printf("# got %" PRId64 ", want %.0f +- %.0f per mille\n", got, wanted,
               permille);
    return is;
}

static void test_loss(void)
{
    struct probe_series s = run(&(struct link_terms){.loss = 0.1}, 1);

    /* Either way may lose it: 1 - 0.9 * 0.9, of which so many differ by less
     * than 0.5 %, four standard deviations being 0.35 %. */
    ok(near(probe_series_loss(&s), 0.19e9, 20), "10 % each way are 19 %");
    s = run(&(struct link_terms){.loss = 0.3}, 2);
    ok(near(probe_series_loss(&s), 0.51e9, 10), "30 % are 51 %");
    s = run(&(struct link_terms){.burst_good = 28, .burst_bad = 12}, 3);
    ok(near(probe_series_loss(&s), 0.51e9, 40), "also in bursts");
}

/* A trip is the sum of two even draws from +- J, and a difference of trips that
 * of four: with J = 1, its size is 14/15 on average (Irwin and Hall's
 * distribution of four, 7/15 from its middle on average, twice as wide). */
static void test_time(void)
{
    struct link_terms terms = {.delay_us = 50000};
    struct probe_series s = run(&terms, 4);

    is_int(s.least, 100000, "a delay counts twice");
    is_int(s.most, 100000, "always");
    is_int(probe_series_jitter(&s), 0, "without jitter");
    terms.jitter_us = 30000;
    s = run(&terms, 5);
    ok(near(probe_series_mean(&s), 100000, 2), "jitter leaves the mean");
    ok(near(probe_series_jitter(&s), 30000 * 14 / 15.0, 10), "and is 14/15");
    ok(s.least >= 40000 && s.least < 40500,
       "at least delay less jitter, twice");
    ok(s.most <= 160000 && s.most > 159500, "at most both, twice");
}

int main(void)
{
    struct probe_series none = {0};

    is_int(probe_series_loss(&none), -1, "nothing sent, nothing known");
    is_int(probe_series_jitter(&none), -1, "of jitter, either");
    test_loss();
    test_time();
    return tap_done();
}
