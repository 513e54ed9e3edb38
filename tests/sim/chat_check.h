/* SPDX-License-Identifier: MIT
 * Checks of scenarios with data channels: TAP that prints the seed when one
 * fails, and numbers within bounds. */
#pragma once

#include "tap.h"
#include "tests/sim/chat.h"

#define MS 1000
#define SEC 1000000

static inline struct rtc_peer *peer(struct sim_chat *chat, int which)
{
    return chat->pair->side[which].peer;
}

/* `id` is -2 when there is no such channel. */
static inline struct rtc_channel_info info(struct sim_chat *chat, int which,
                                           int channel)
{
    struct rtc_channel_info info = {.id = -2};

    rtc_peer_channel_info(peer(chat, which), channel, &info);
    return info;
}

static inline bool sim_chat_tell(struct sim_chat *chat, bool pass)
{
    if (!pass)
        printf("# seed %" PRIu64 " at %.6f s: %s / %s\n", chat->pair->seed,
               (double)chat->pair->now / 1e6, rtc_peer_why(peer(chat, 0)),
               rtc_peer_why(peer(chat, 1)));
    return pass;
}

static inline bool sim_chat_within(struct sim_chat *chat, int64_t got,
                                   int64_t low, int64_t high, const char *name,
                                   const char *file, int line)
{
    bool pass = got >= low && got <= high;

    if (!tap_ok(pass, name, file, line))
        printf("# got %" PRId64 ", want %" PRId64 " to %" PRId64 "\n", got, low,
               high);
    return sim_chat_tell(chat, pass);
}

/* A check that tells the seed. */
#define seeded(chat, cond, name)                                               \
    sim_chat_tell((chat), tap_ok((cond), (name), __FILE__, __LINE__))
/* `low` <= `got` <= `high`. */
#define within(chat, got, low, high, name)                                     \
    sim_chat_within((chat), (int64_t)(got), (int64_t)(low), (int64_t)(high),   \
                    (name), __FILE__, __LINE__)
