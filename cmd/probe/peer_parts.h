/* SPDX-License-Identifier: MIT
 *
 * What one end of `rtc-probe peer` has to measure with: tracks and channels,
 * and what it counts of them.
 */
#pragma once

#include "cmd/probe/peer_run.h"

/* Who leads makes them, before the offer. Ends the process when it cannot. */
void peer_parts_make(struct peer_run *run);
/* Who follows takes those of the offer, before the answer. */
void peer_parts_accept(struct peer_run *run);
/* A channel is open. */
void peer_parts_open(struct peer_run *run, int channel);
/* Whether all is there that the parameters say; else a sentence. Static. */
const char *peer_parts_lack(struct peer_run *run);
/* What is counted from now on. */
void peer_parts_begin(struct peer_run *run);
/* A packet or a message of what is measured. */
void peer_parts_take(struct peer_run *run, int number, const uint8_t *data,
                     size_t len, rtc_usec time);
/* Brings `local` up to date. */
void peer_parts_count(struct peer_run *run);
