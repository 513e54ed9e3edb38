/* SPDX-License-Identifier: MIT
 * Two DTLS sessions on a link with delay and loss, in virtual time. */
#pragma once

#include "dtls/session.h"

#define PAIR_DELAY (10 * INT64_C(1000))
#define PAIR_FLIGHT_MOST 256

struct pair_datagram {
    int to;
    rtc_usec at;
    size_t len;
    uint8_t data[1500];
};

struct pair {
    struct rtc_identity *identity[2];
    struct rtc_dtls *side[2]; /* 0 is the client */
    unsigned loss_percent;
    unsigned copies; /* of each datagram delivered; 0 is 1 */
    uint64_t random; /* state of the link's own generator */
    struct pair_datagram flight[PAIR_FLIGHT_MOST];
    unsigned flight_count;
    unsigned sent[2];   /* datagrams by each side */
    size_t longest;     /* of any datagram */
    bool past_deadline; /* some deadline lay in the past after a drain */
    uint64_t digest;    /* of everything sent */
};

/* Two new sessions that expect each other's certificate; `config` without its
 * identity, or NULL. Identities are made when they are not set. */
void pair_init(struct pair *p, const struct rtc_dtls_config *config);
void pair_done(struct pair *p);
/* Starts both sides. */
void pair_start(struct pair *p);
/* Takes what both sides want to send onto the link. */
void pair_drain(struct pair *p);
/* Moves time to the next thing that happens, at most to `until`, and does it.
 * False when there is nothing before `until`. */
bool pair_step(struct pair *p, rtc_usec until);
/* Runs until both sides are in `state`, or for `span`. */
bool pair_run(struct pair *p, enum rtc_dtls_state state, rtc_usec span);
