/* SPDX-License-Identifier: MIT
 * Which packets are missing, and when to ask for them (RFC 4585 6.2.1): first
 * after a short grace for reordering, then at a pace set by the round-trip
 * time, until they come or their time is over. Owns its list of missing
 * numbers, which grows to a cap; holds no packets. */
#pragma once

#include "base/clock.h"
#include "rtc.h"

/* Missing numbers watched at once; a wider gap is a jump and is not asked for.
 */
#define RTC_LOSS_MOST 4096
/* Numbers in one NACK: even alone in a word each (4 bytes) they fit a compound
 * packet of 1200 bytes with a report before them. */
#define RTC_LOSS_NACK_MOST 250
/* Times one number is asked for. */
#define RTC_LOSS_TRIES 10

struct rtc_loss_entry {
    uint64_t number;
    rtc_usec seen_us; /* when the gap showed */
    rtc_usec due_us;  /* next NACK */
    uint8_t tries;
    bool found;
};

struct rtc_loss {
    struct rtc_loss_entry *entries; /* numbers ascend */
    unsigned count, cap;
    unsigned missing; /* entries not found */
    uint64_t highest;
    bool started;
    uint64_t certain; /* below it a gap is no mere reordering */
    uint64_t fresh;   /* lowest number never asked for, when has_fresh */
    bool has_fresh;
    rtc_usec due_us; /* when to look again, never later than needed */
    rtc_usec give_up_us;
    uint64_t nacked;    /* numbers written into NACKs */
    uint64_t recovered; /* found after they were missing, */
    uint64_t answered;  /* and were asked for */
    uint64_t given_up;
};

/* Missing numbers are dropped `give_up_us` after their gap showed. Allocates
 * nothing yet. */
void rtc_loss_init(struct rtc_loss *l, rtc_usec give_up_us);
void rtc_loss_done(struct rtc_loss *l);
/* Forgets the stream (SSRC change); keeps memory and counters. */
void rtc_loss_reset(struct rtc_loss *l);

/* A packet came. True when its number is new: above all others, or missing
 * until now; false for a duplicate, or one given up or never watched. */
bool rtc_loss_receive(struct rtc_loss *l, uint64_t number, rtc_usec now);
/* The `count` numbers before the first one that came are missing, too: the
 * stream was seen first behind its start. Asked for at once, a few times.
 * Before anything else was received. */
void rtc_loss_backfill(struct rtc_loss *l, unsigned count, rtc_usec now);
/* Numbers below `number` are not wanted any more. */
void rtc_loss_forget(struct rtc_loss *l, uint64_t number);

/* Takes the numbers due for a NACK, ascending, as their low 16 bits; at most
 * `most` (RTC_LOSS_NACK_MOST a compound packet), call again for the rest. How
 * many. `rtt_us` -1: unknown. */
unsigned rtc_loss_nack(struct rtc_loss *l, uint16_t *ret_sequences,
                       unsigned most, rtc_usec rtt_us, rtc_usec now);
/* When to call rtc_loss_nack, RTC_NEVER for never. */
rtc_usec rtc_loss_deadline(const struct rtc_loss *l);
