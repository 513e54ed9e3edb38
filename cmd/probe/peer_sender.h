/* SPDX-License-Identifier: MIT
 *
 * Sends stamped packets for `rtc-probe peer`, over tracks or data channels, at
 * a rate or as fast as goes, for a time; then waits until all have left.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/probe/peer_control.h"
#include "cmd/probe/series.h"

struct peer_sender;

struct peer_sender_setup {
    struct driver *driver;
    struct rtc_peer *peer;
    const struct peer_parameters *parameters; /* copied */
    const int *streams; /* tracks or channels, as many as they say; copied */
    const struct probe_series *trips; /* round trips meanwhile; borrowed */
    /* All has left, or not all that can: `why` not. Once, not from within a
     * call. */
    void (*stopped)(void *user, const char *why);
    void *user;
};

/* Begins at once. NULL when out of memory. */
struct peer_sender *peer_sender_new(const struct peer_sender_setup *setup);
/* NULL is fine. */
void peer_sender_free(struct peer_sender *sender);
/* The time is up. */
void peer_sender_finish(struct peer_sender *sender);
/* Nothing is sent or told any more. */
void peer_sender_halt(struct peer_sender *sender);
/* For each event of the peer. */
void peer_sender_event(struct peer_sender *sender,
                       const struct rtc_event *event);
/* Until now. */
void peer_sender_sent(const struct peer_sender *sender,
                      struct peer_sent *ret_sent);
/* How late it was called at worst. */
rtc_usec peer_sender_late(const struct peer_sender *sender);
