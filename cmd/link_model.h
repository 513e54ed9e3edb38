/* SPDX-License-Identifier: MIT
 *
 * One direction of a network link as a pure function: what becomes of a
 * datagram, and when it arrives. Time and randomness are arguments. The
 * simulator of the tests and --impair are built on it.
 */
#pragma once

#include "rtc.h"

/* What a link does; zeroed: a perfect wire. */
struct link_terms {
    rtc_usec delay_us;
    rtc_usec jitter_us;           /* uniform, +- this; keeps the order */
    uint64_t rate_bps;            /* 0: no limit */
    size_t queue_bytes;           /* behind the rate; 0: no limit */
    double loss;                  /* fraction lost independently */
    double burst_good, burst_bad; /* mean packets between and in loss bursts
                                     (Gilbert); 0: no bursts */
    double reorder;               /* fraction that is overtaken, by up to 10 ms
                                     late */
    double duplicate;             /* fraction that arrives twice */
    bool dead;                    /* everything is lost */
};

/* The terms and what the link remembers; that zeroed: nothing was sent. */
struct link_model {
    struct link_terms terms;
    rtc_usec busy_until; /* when the last byte queued has left */
    rtc_usec last_due;   /* jitter does not reorder */
    bool in_burst;
};

enum link_fate {
    LINK_ARRIVES,
    LINK_LOST, /* on the way */
    LINK_FULL, /* the queue was */
};

/* Sends `len` bytes at `now`, which never goes back; draws from `random`. If
 * they arrive: when, and when a second copy does (RTC_NEVER: there is none). */
enum link_fate link_model_send(struct link_model *model, size_t len,
                               uint64_t *random, rtc_usec ret_due[2],
                               rtc_usec now);

/* A generator whose state is the seed, for every use one of its own: SplitMix64
 * (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
 */
uint64_t link_draw(uint64_t *state);
/* Evenly from [0, 1). */
double link_draw_unit(uint64_t *state);
