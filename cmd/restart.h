/* SPDX-License-Identifier: MIT
 *
 * When to restart ICE: on request, when the network has changed, and when the
 * session would be lost without. How the remote is told is the carrier's
 * (meet_trickle.h, whip.h).
 */
#pragma once

#include "cmd/endpoint.h"

struct restart;

/* For an end whose remote can be told; ends the process when out of memory. */
struct restart *restart_new(struct endpoint *end);
void restart_free(struct restart *restart);
/* Below, NULL is an end without a carrier. */

/* Each event of the peer. May end the session, which outlives ICE's failure. */
void restart_event(struct restart *restart, const struct rtc_event *event);
/* The machine has an address more, or less. */
void restart_network(struct restart *restart, const struct rtc_addr *addr,
                     bool is_new);
/* On SIGHUP; false when the remote cannot be told. */
bool restart_on_signal(struct restart *restart);
/* Forgets all: the next event is another peer's. */
void restart_reset(struct restart *restart);
