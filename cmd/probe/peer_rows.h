/* SPDX-License-Identifier: MIT
 *
 * Intervals of `rtc-probe peer`: what each end had counted when one was over.
 * They are shown once both ends have told.
 */
#pragma once

#include "cmd/probe/peer_control.h"

/* That one end may be ahead of the other. */
#define PEER_ROWS 32

enum peer_side { PEER_LOCAL, PEER_REMOTE };

/* Zeroed: none yet. */
struct peer_rows {
    struct peer_tally tallies[2][PEER_ROWS]; /* by side; number modulo */
    unsigned counts[2], shown;
};

/* Interval `index`, from 1, is over at that side. Those that were left out are
 * like the one before. */
void peer_rows_add(struct peer_rows *rows, enum peer_side side, unsigned index,
                   const struct peer_tally *tally);
/* The next one to be shown, or 0. The other side is not waited for without
 * end. */
unsigned peer_rows_next(struct peer_rows *rows);
/* What that side had counted at the beginning and at the end of interval
 * `index`. False: it did not tell. */
bool peer_rows_get(const struct peer_rows *rows, enum peer_side side,
                   unsigned index, struct peer_tally *ret_before,
                   struct peer_tally *ret_after);
