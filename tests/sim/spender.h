/* SPDX-License-Identifier: MIT
 * A sender that spends the bitrate it is told, in packets of 1150 bytes, over a
 * link that may change, and what it and its receiver saw. One at a time. */
#pragma once

#include "tests/sim/check.h"

#define MS 1000
#define SEC 1000000

enum { SPEND_PACKET_LEN = 1150, SPEND_START_BPS = 300000 };

struct spender {
    struct sim_pair *pair;
    int track;
    uint64_t desired_bps; /* spends no more; 0: all it is told */
    uint64_t told_bps;    /* by the last event, 0 for none yet */
    unsigned told_count;
    rtc_usec next, begun;
    unsigned refused;
    /* Of the current look. */
    uint64_t bytes;
    rtc_usec delays[200000];
    unsigned delay_count;
    uint64_t most_bps, least_bps;
};

extern struct spender run;

/* Connects over `link`, L to R, and begins to send. False: it did not connect.
 */
bool spend_connect(uint64_t seed, const struct sim_link *link);
void spend_change(const struct sim_link *link);
/* Runs on and looks at what came: bits a second. */
uint64_t spend_look(rtc_usec span);
/* Delay that a twentieth of the packets exceeds. */
rtc_usec spend_late(void);

static inline void spend_begin(uint64_t seed, const struct sim_link *link)
{
    bool is_connected = spend_connect(seed, link);

    seeded(run.pair, is_connected, "connected");
}

static inline void spend_end(void)
{
    within(run.pair, run.refused, 0, 0, "no packet was refused");
    within(run.pair,
           run.pair->side[0].past_deadlines + run.pair->side[1].past_deadlines,
           0, 0, "no deadline in the past");
    sim_pair_free(run.pair);
}

/* Told rate: at least `low`, and never more than a tenth over `high`. */
static inline void spend_check_told(uint64_t low, uint64_t high,
                                    const char *name)
{
    within(run.pair, run.told_bps, low, high + high / 10, name);
}

/* One second after another the rate came is at least this, and a twentieth of
 * the packets wait no longer than that. */
static inline void spend_check_steady(unsigned seconds,
                                      const struct sim_link *link, uint64_t low)
{
    uint64_t came = spend_look(seconds * SEC);

    within(run.pair, came, low, link->rate_bps + link->rate_bps / 50,
           "uses the link");
    within(run.pair, spend_late(), link->delay_us, link->delay_us + 100 * MS,
           "and does not fill its queue");
    within(run.pair, run.most_bps, low, link->rate_bps + link->rate_bps / 10,
           "told no more than it carries");
    within(run.pair, run.told_count, 1, 5 * (run.pair->now - run.begun) / SEC,
           "a few times a second at most");
}
