/* SPDX-License-Identifier: MIT
 * Two peers that talk over data channels: what each side is told is noted, and
 * every message is checked against the pattern it was made with. */
#pragma once

#include "tests/sim/pair.h"

#define SIM_CHANNEL_MOST 128 /* numbers that are noted */

/* What one side saw of one channel. */
struct sim_channel {
    unsigned opened, closed, low;
    rtc_usec opened_at, closed_at;
    unsigned messages, texts, empty;
    unsigned corrupt;    /* not as sent: none */
    unsigned disordered; /* behind one sent later */
    unsigned early;      /* messages before CHANNEL, or behind CLOSED: none */
    uint64_t bytes;
    uint32_t last; /* serial of the last one, from 1 */
};

struct sim_chat_side {
    struct sim_channel channels[SIM_CHANNEL_MOST];
    unsigned channel_count; /* highest number seen, and 1 */
    bool closed;
    unsigned after_closed; /* events behind the last: none */
    uint32_t serial;       /* of the next message */
};

struct sim_chat {
    struct sim_pair *pair;
    struct sim_chat_side side[2];
};

/* Peers with links like `link` (NULL: perfect); configs may still be changed
 * before sim_pair_start. */
struct sim_chat *sim_chat_new(uint64_t seed, const struct sim_link *link);
void sim_chat_free(struct sim_chat *chat);
/* Starts both; L adds a channel of `config` and offers. Runs until both told of
 * it; false after ten seconds. */
bool sim_chat_connect(struct sim_chat *chat,
                      const struct rtc_channel_config *config);
void sim_chat_run(struct sim_chat *chat, rtc_usec duration);
/* Sends a message of a pattern that the other side knows. As
 * rtc_peer_send_message. */
int sim_chat_send(struct sim_chat *chat, int from, int channel, size_t len,
                  bool is_text);
/* No deadline in the past, no datagram over the MTU, and all messages right. */
bool sim_chat_is_sound(const struct sim_chat *chat);
