/* SPDX-License-Identifier: MIT
 * Checks of scenarios: TAP that prints the seed when one fails, and numbers
 * within bounds. */
#pragma once

#include "tap.h"
#include "tests/sim/flow.h"

static inline bool sim_tell(const struct sim_pair *pair, bool pass)
{
    if (!pass)
        printf("# seed %" PRIu64 " at %.6f s\n", pair->seed,
               (double)pair->now / 1e6);
    return pass;
}

static inline bool sim_within(const struct sim_pair *pair, int64_t got,
                              int64_t low, int64_t high, const char *name,
                              const char *file, int line)
{
    bool pass = got >= low && got <= high;

    if (!tap_ok(pass, name, file, line))
        printf("# got %" PRId64 ", want %" PRId64 " to %" PRId64 "\n", got, low,
               high);
    return sim_tell(pair, pass);
}

/* Rules that hold in every scenario. */
static inline bool sim_sound(const struct sim_talk *talk, const char *name,
                             const char *file, int line)
{
    bool pass = true;

    for (int i = 0; i < 2; i++) {
        const struct sim_side *side = &talk->pair->side[i];
        const struct sim_seen *seen = &talk->seen[i];
        pass = pass && !side->past_deadlines && !side->oversized &&
               !side->wrong_runs && !seen->after_closed && !seen->after_bye &&
               seen->events[RTC_EVENT_CLOSED] <= 1;
    }
    for (unsigned i = 0; i < talk->flow_count; i++)
        pass = pass && sim_flow_is_sound(&talk->flows[i]);
    if (tap_ok(pass, name, file, line))
        return true;
    for (int i = 0; i < 2; i++)
        printf("# %c: past deadlines %u oversized %u wrong runs %u closed %u "
               "after closed %u after bye %u\n",
               "LR"[i], talk -> pair -> side[i].past_deadlines,
               talk->pair->side[i].oversized, talk->pair->side[i].wrong_runs,
               talk->seen[i].events[RTC_EVENT_CLOSED],
               talk->seen[i].after_closed, talk->seen[i].after_bye);
    for (unsigned i = 0; i < talk->flow_count; i++) {
        const struct sim_flow *flow = &talk->flows[i];
        printf("# flow %u: sent %u received %u corrupt %u disordered %u "
               "wrong time %u wrong flag %u\n",
               i, flow->sent, flow->received, flow->corrupt, flow->disordered,
               flow->wrong_time, flow->wrong_flag);
    }
    return sim_tell(talk->pair, false);
}

/* A check that tells the seed. */
#define seeded(pair, cond, name)                                               \
    sim_tell((pair), tap_ok((cond), (name), __FILE__, __LINE__))
/* `low` <= `got` <= `high`. */
#define within(pair, got, low, high, name)                                     \
    sim_within((pair), (int64_t)(got), (int64_t)(low), (int64_t)(high),        \
               (name), __FILE__, __LINE__)
/* No deadline in the past, no datagram over the MTU, no odd run, one end at
 * most and nothing behind it, and every frame delivered as it was sent. */
#define sound(talk, name) sim_sound((talk), (name), __FILE__, __LINE__)
