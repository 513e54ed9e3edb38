/* SPDX-License-Identifier: MIT
 * Two real peers, L and R, on the seeded network in virtual time: real DTLS,
 * SRTP and ICE, minutes of media in a second. A scenario sets the links, calls
 * sim_pair_connect and sim_pair_run, and asserts on what its callbacks saw. */
#pragma once

#include "rtc.h"
#include "tests/sim/net.h"

enum { SIM_L, SIM_R };

struct sim_pair;

/* One of the two. The callbacks may be NULL; they run between drains and may
 * call anything of rtc.h on their own peer. */
struct sim_side {
    struct rtc_peer *peer;
    struct sim_pair *pair;
    int which;
    struct rtc_config config; /* set up by sim_pair_new; change, then start */
    struct rtc_addr addrs[4]; /* one by default */
    unsigned addr_count;
    uint64_t random; /* state of its generator */
    void *user;
    void (*on_event)(struct sim_side *side, const struct rtc_event *event);
    /* Called at `timer`; returns when to be called again. */
    rtc_usec (*on_timer)(struct sim_side *side, rtc_usec now);
    rtc_usec timer;
    /* Called with each datagram about to be handed to this side; false: it is
     * lost after all. */
    bool (*on_arrival)(struct sim_side *side, const struct sim_packet *packet);
    /* What the pair itself notes. */
    rtc_usec connected_at, closed_at; /* RTC_NEVER until then */
    enum rtc_close_reason reason;
    enum rtc_ice_state ice_state;
    unsigned ice_event_count;
    uint64_t received_count; /* datagrams handed in */
    /* Deadlines in the past after a drain, or at one instant without end:
     * none. */
    unsigned past_deadlines;
    unsigned oversized;      /* datagrams over the MTU: none */
    unsigned wrong_runs;     /* runs that UDP_SEGMENT would refuse: none */
    unsigned longest_run;    /* datagrams in one */
    unsigned copies;         /* each datagram is handed in so often (1) */
    bool merge;              /* what comes at once is handed in at once (GRO) */
    char description[32768]; /* the last one it made */
};

#define SIM_TOLD_MOST 64

/* A candidate of the other side under way to `to`. */
struct sim_told {
    int to;
    rtc_usec due;
    bool end; /* there are no more */
    struct rtc_candidate candidate;
};

struct sim_pair {
    uint64_t seed;
    struct sim_net *net;
    struct sim_side side[2];
    rtc_usec now;
    uint64_t digest; /* of every datagram sent and when: a run's identity */
    uint64_t datagram_count;
    unsigned steps_at_once; /* since time moved on */
    /* May change a description on its way, with edit.h; NULL: it stays. */
    void (*edit)(char *sdp, size_t cap, bool is_answer);
    /* Candidates that RTC_EVENT_CANDIDATE tells of get to the other side, this
     * much later; RTC_NEVER: they do not. */
    rtc_usec trickle_us;
    struct sim_told told[SIM_TOLD_MOST];
    unsigned told_count;
};

/* A pair with its links perfect; peers are made by sim_pair_start. */
struct sim_pair *sim_pair_new(uint64_t seed);
void sim_pair_free(struct sim_pair *pair);
/* Makes the peers from their configs. Aborts the test program on failure. */
void sim_pair_start(struct sim_pair *pair);
/* Both directions of the link between them. */
void sim_pair_link(struct sim_pair *pair, const struct sim_link *link);

/* Offer by `offerer`, answer by the other, both applied at once; the local
 * addresses are told before. 0 or the error that was met first. */
int sim_pair_negotiate(struct sim_pair *pair, int offerer);
/* The same in three steps, for what happens between them: the offer and the
 * answer are then in `description` of their makers. */
int sim_pair_offer(struct sim_pair *pair, int offerer);
int sim_pair_answer(struct sim_pair *pair, int offerer);
int sim_pair_conclude(struct sim_pair *pair, int offerer);
/* Tells the peers of their local addresses (sim_pair_negotiate does it once).
 */
void sim_pair_add_locals(struct sim_pair *pair);

/* Runs up to `until` (virtual time). */
void sim_pair_run(struct sim_pair *pair, rtc_usec until);
/* Runs until `done` says so or `until` has come; says whether it did. */
bool sim_pair_run_while(struct sim_pair *pair, rtc_usec until,
                        bool (*going_on)(struct sim_pair *pair));
/* Negotiates (L offers), then runs until both are connected: the time it took,
 * or RTC_NEVER after `limit`. */
rtc_usec sim_pair_connect(struct sim_pair *pair, rtc_usec limit);
