/* SPDX-License-Identifier: MIT
 *
 * Round trips between the two ends of `rtc-probe peer`, as feedback about a
 * track (RTCP): it passes by what waits to be sent. From the same clockwork:
 * for how long nothing was heard, and how late this process is called.
 */
#pragma once

#include "cmd/driver.h"
#include "cmd/probe/series.h"

#define PEER_PINGS 64 /* that are waited for at a time */

struct peer_ping {
    struct driver *driver;
    struct rtc_peer *peer;
    int track;
    void (*silent)(void *user); /* nothing came for PEER_SILENCE_US */
    void *user;

    struct driver_watch *timer;
    uint32_t sequence;
    rtc_usec sent[PEER_PINGS]; /* by sequence; 0: none, or answered */
    rtc_usec due, heard, late;
    struct probe_series total, interval;
};

#define PEER_SILENCE_US 5000000

/* Begins; the first members are set before. False when out of memory. */
bool peer_ping_start(struct peer_ping *ping);
void peer_ping_stop(struct peer_ping *ping);
/* What was measured until now does not count. */
void peer_ping_reset(struct peer_ping *ping);
/* For each event of the peer. */
void peer_ping_event(struct peer_ping *ping, const struct rtc_event *event);
/* The mean since the last call, -1: not known. */
rtc_usec peer_ping_interval(struct peer_ping *ping);
