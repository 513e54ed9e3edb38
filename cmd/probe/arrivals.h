/* SPDX-License-Identifier: MIT
 *
 * What became of the marked frames of one track on their way through a server:
 * which came, in what order, how late, and whole or not. Memory is the same
 * however long it takes.
 *
 * Frames count from the first one that came; what was sent before that, nobody
 * may have been there to receive. They count up to the last one that came, or
 * that should have come by now (arrivals_due).
 */
#pragma once

#include "cmd/probe/histogram.h"
#include "cmd/probe/mark.h"

/* A frame that comes behind so many later ones is lost for good. */
#define ARRIVALS_WINDOW 4096

/* A frame that came. */
struct arrival {
    enum probe_mark_state state;
    struct probe_mark mark; /* unless there is none */
    rtc_usec at;            /* of its last packet, by the clock of the marks */
    rtc_usec remote_time;   /* as in struct rtc_frame */
    size_t len;
    uint64_t sent; /* frames that were sent on the track up to now */
};

/* Zeroed, but for the first two. */
struct arrivals {
    uint64_t run;        /* of the marks */
    rtc_usec late_us;    /* what takes longer is late */
    uint64_t frames;     /* all that came */
    uint64_t bytes;      /* in them */
    uint64_t received;   /* of those sent, each once */
    uint64_t reordered;  /* of these: came behind a later one */
    uint64_t late;       /* of these: took longer than late_us */
    uint64_t altered;    /* frames that are not what was sent */
    uint64_t duplicated; /* came once more */
    uint64_t unmarked;
    uint64_t foreign;    /* with the mark of another run */
    uint64_t first, end; /* what counts: sequences from .. to before */
    uint64_t next;       /* behind the highest that came */
    uint64_t seen[ARRIVALS_WINDOW / 64];
    struct histogram latency; /* of those received whole */
    rtc_usec last_latency, step_sum;
    rtc_usec first_at, last_at; /* of any frame */
    rtc_usec gap;               /* the longest without any */
    /* Of the remote's clock for frames over the one they were marked by: what a
     * receiver takes for simultaneous. */
    rtc_usec ahead;   /* of the first one, */
    double ahead_sum; /* and how much more of the others, in microseconds */
    uint64_t ahead_count;
};

void arrivals_add(struct arrivals *arrivals, const struct arrival *one);
/* The first `count` frames of the track should have come by now. */
void arrivals_due(struct arrivals *arrivals, uint64_t count);
/* Nothing has come since the last one. */
void arrivals_end(struct arrivals *arrivals, rtc_usec now);

/* How many frames count, and how many of them did not come. */
uint64_t arrivals_expected(const struct arrivals *arrivals);
uint64_t arrivals_lost(const struct arrivals *arrivals);
/* Mean difference between a latency and the one before; -1: not known. */
rtc_usec arrivals_jitter(const struct arrivals *arrivals);
/* Bits per second of what came, -1: not known. */
double arrivals_bitrate(const struct arrivals *arrivals);
/* How much more the remote's clock is ahead for frames of `a` than for those of
 * `b`, in microseconds. False: not known. */
bool arrivals_sync(const struct arrivals *a, const struct arrivals *b,
                   rtc_usec *ret_us);
