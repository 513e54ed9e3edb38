/* SPDX-License-Identifier: MIT
 * Gaps to NACKs: what is asked for, when, how often, and for how long. */
#include "stream/loss.h"

#include "tap.h"

#define FIRST (UINT64_C(1) << 32)
#define GIVE_UP (500 * RTC_MS)

static struct rtc_loss loss;
static uint16_t list[RTC_LOSS_MOST];

static void setup(uint64_t first)
{
    rtc_loss_done(&loss);
    rtc_loss_init(&loss, GIVE_UP);
    rtc_loss_receive(&loss, first, 0);
}

static unsigned nack(rtc_usec rtt_us, rtc_usec now)
{
    return rtc_loss_nack(&loss, list, RTC_LOSS_NACK_MOST, rtt_us, now);
}

static void test_first(void)
{
    setup(FIRST + 65534);
    is_int(rtc_loss_deadline(&loss), RTC_NEVER, "no gap, nothing to do");
    ok(!loss.entries, "and no memory");
    rtc_loss_receive(&loss, FIRST + 65536, 1000);
    is_int(rtc_loss_deadline(&loss), 9000, "a fresh gap gets 8 ms of grace");
    is_int(nack(-1, 8999), 0, "not before");
    is_int(nack(-1, 9000), 1, "then it is asked for");
    is_int(list[0], 65535, "by its number");

    setup(FIRST);
    rtc_loss_receive(&loss, FIRST + 4, 1000);
    is_int(nack(-1, 1000), 0, "three missing, one packet behind");
    rtc_loss_receive(&loss, FIRST + 5, 1100);
    is_int(rtc_loss_deadline(&loss), 1100, "a second one behind: at once");
    is_int(nack(-1, 1100), 3, "all three");
    ok(list[0] == 1 && list[1] == 2 && list[2] == 3, "ascending");

    setup(FIRST);
    rtc_loss_receive(&loss, FIRST + 2, 1000);
    ok(rtc_loss_receive(&loss, FIRST + 1, 1500), "a reordered one is new");
    is_int(rtc_loss_deadline(&loss), RTC_NEVER, "and nothing is asked for");
    is_int(loss.recovered, 1, "it is counted");
    ok(!rtc_loss_receive(&loss, FIRST + 1, 1600), "again: a duplicate");
    ok(!rtc_loss_receive(&loss, FIRST, 1600), "so is the first");
    ok(!rtc_loss_receive(&loss, FIRST - 9, 1600), "and what is before it");
}

/* A stream seen first behind its start: what may have been before is asked for
 * at once, but not for long. */
static void test_backfill(void)
{
    unsigned asked = 0;

    setup(FIRST + 2);
    rtc_loss_backfill(&loss, 4, 0);
    is_int(rtc_loss_deadline(&loss), 0, "at once");
    is_int(nack(-1, 0), 4, "all of them");
    ok(list[0] == 65534 && list[3] == 1, "ascending, across the wrap");
    ok(rtc_loss_receive(&loss, FIRST + 1, 1000), "one that comes is news");
    ok(!rtc_loss_receive(&loss, FIRST + 1, 1000), "once");
    for (rtc_usec now = 0; now < GIVE_UP; now += RTC_MS)
        asked += nack(20 * RTC_MS, now) > 0;
    ok(asked >= 1 && asked <= 2, "repeated a few times only");
    rtc_loss_receive(&loss, FIRST + 3, GIVE_UP);
    rtc_loss_backfill(&loss, 4, GIVE_UP);
    is_int(nack(-1, 2 * GIVE_UP), 0, "and not in mid-stream");
    is_int(rtc_loss_deadline(&loss), RTC_NEVER, "then it is over");
}

/* A hole nobody fills: asked at a pace set by the RTT, ten times at most. */
static void test_pace(void)
{
    static const struct {
        rtc_usec rtt_us, first_gap_us;
        unsigned tries_min, tries_max;
    } rows[] = {
        {-1, 125 * RTC_MS, 3, 4},           {0, 25 * RTC_MS, 10, 10},
        {20 * RTC_MS, 25 * RTC_MS, 10, 10}, {40 * RTC_MS, 50 * RTC_MS, 6, 7},
        {200 * RTC_MS, 250 * RTC_MS, 2, 2},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rtc_usec last = 0, gap = 0, before = 0;
        bool grows = true;
        unsigned tries = 0;

        setup(FIRST);
        rtc_loss_receive(&loss, FIRST + 2, 0);
        for (rtc_usec now; (now = rtc_loss_deadline(&loss)) != RTC_NEVER;) {
            if (!nack(rows[i].rtt_us, now))
                continue;
            if (++tries == 2)
                gap = now - last;
            if (tries > 2)
                grows = grows && now - last > before;
            before = now - last;
            last = now;
        }
        is_int(gap, rows[i].first_gap_us, "first repetition after the RTT");
        ok(grows, "each pause is longer");
        ok(tries >= rows[i].tries_min && tries <= rows[i].tries_max,
           "as often as time and the cap allow");
        is_int(loss.given_up, 1, "then given up");
        is_int(loss.count, 0, "and forgotten");
    }
}

static void test_give_up(void)
{
    setup(FIRST);
    rtc_loss_receive(&loss, FIRST + 2, 0);
    is_int(nack(RTC_SEC, 10 * RTC_MS), 1, "asked once, RTT a second");
    is_int(rtc_loss_deadline(&loss), GIVE_UP, "the end comes before a repeat");
    is_int(nack(RTC_SEC, GIVE_UP), 0, "nothing asked then");
    is_int(loss.given_up, 1, "it is over");
    is_int(rtc_loss_deadline(&loss), RTC_NEVER, "and done");

    setup(FIRST);
    rtc_loss_receive(&loss, FIRST + 5, 0);
    rtc_loss_forget(&loss, FIRST + 3);
    is_int(nack(-1, 10 * RTC_MS), 2, "what is not wanted is not asked for");
    is_int(list[0], 3, "only the rest");
    rtc_loss_forget(&loss, FIRST + 9);
    is_int(rtc_loss_deadline(&loss), RTC_NEVER, "nor is the rest");
}

static void test_bounds(void)
{
    unsigned asked = 0, n;

    setup(FIRST);
    rtc_loss_receive(&loss, FIRST + RTC_LOSS_MOST + 1, 0);
    rtc_loss_receive(&loss, FIRST + RTC_LOSS_MOST + 2, 0);
    while ((n = nack(-1, 0)) > 0) {
        ok(n <= RTC_LOSS_NACK_MOST, "a list fits one compound packet");
        is_int(list[0], asked + 1, "and goes on where the last one ended");
        asked += n;
    }
    is_int(asked, RTC_LOSS_MOST, "all of the widest gap is asked for");
    rtc_loss_receive(&loss, FIRST + RTC_LOSS_MOST + 4, 0);
    is_int(loss.count, RTC_LOSS_MOST, "the list has a cap");
    is_int(loss.given_up, 1, "the oldest makes room");
    rtc_loss_receive(&loss, FIRST + (UINT64_C(1) << 60), 0);
    is_int(loss.count, 0, "a huge jump is not asked for");
    is_int(loss.given_up, 1 + RTC_LOSS_MOST, "and gives up what was");
    is_int(rtc_loss_deadline(&loss), RTC_NEVER, "nothing is due");
    rtc_loss_receive(&loss, FIRST + (UINT64_C(1) << 60) + 2, 0);
    is_int(nack(-1, 8 * RTC_MS), 1, "gaps behind it are");
    ok(rtc_loss_receive(&loss, FIRST + (UINT64_C(1) << 60) + 1, 9000),
       "and can be filled");
}

static void test_reset(void)
{
    setup(FIRST);
    rtc_loss_receive(&loss, FIRST + 3, 0);
    rtc_loss_reset(&loss);
    is_int(rtc_loss_deadline(&loss), RTC_NEVER, "reset forgets");
    ok(rtc_loss_receive(&loss, 5 + FIRST / 2, 0), "and starts anywhere");
    is_int(loss.missing, 0, "without a gap");
}

/* 1000 packets, one each 10 ms, 5 % lost, repairs take an RTT of 40 ms: all
 * recovered, asked for within 100 ms, there within 200 ms. */
static void test_scenario(void)
{
    enum { COUNT = 1000 };
    static rtc_usec asked[COUNT], due[COUNT];
    static bool have[COUNT];
    uint32_t state = 12345;
    unsigned lost = 0;
    bool asked_soon = true, there_soon = true;

    setup(FIRST);
    for (rtc_usec now = 0; now < 11 * RTC_SEC; now += RTC_MS) {
        unsigned i = (unsigned)(now / (10 * RTC_MS));

        if (now % (10 * RTC_MS) == 0 && i > 0 && i < COUNT) {
            state = state * 1664525u + 1013904223u;
            have[i] = i == COUNT - 1 || (state >> 8) % 100 >= 5;
            lost += !have[i];
            if (have[i])
                rtc_loss_receive(&loss, FIRST + i, now);
        }
        for (unsigned k = 0; k < COUNT; k++)
            if (due[k] && now >= due[k] && !have[k]) {
                have[k] = true;
                rtc_loss_receive(&loss, FIRST + k, now);
                there_soon = there_soon && now - k * 10 * RTC_MS < 200 * RTC_MS;
            }
        for (unsigned n = nack(40 * RTC_MS, now); n-- > 0;) {
            unsigned k = list[n];

            if (!asked[k])
                asked[k] = now;
            asked_soon =
                asked_soon && asked[k] - k * 10 * RTC_MS < 100 * RTC_MS;
            /* The first repair of every seventh is lost as well. */
            if (!due[k] && (k % 7 || asked[k] != now))
                due[k] = now + 40 * RTC_MS;
        }
    }
    ok(lost > 30 && lost < 70, "about 5 % were lost");
    is_int(loss.recovered, lost, "all were recovered");
    is_int(loss.missing, 0, "none is missing");
    ok(asked_soon, "asked for within 100 ms");
    ok(there_soon, "there within 200 ms");
    ok(loss.nacked >= lost && loss.nacked < 2 * lost,
       "about once each, not more");
}

int main(void)
{
    test_first();
    test_backfill();
    test_pace();
    test_give_up();
    test_bounds();
    test_reset();
    test_scenario();
    rtc_loss_done(&loss);
    rtc_loss_done(NULL);
    return tap_done();
}
