/* SPDX-License-Identifier: MIT
 *
 * A peer without protocols behind the public API, for tests of what drives
 * one: it sends numbered datagrams, ticks off those that arrive, and notices
 * when the driver's law is broken.
 */
#pragma once

#include "rtc.h"

#define FAKE_MOST 4096

struct rtc_peer {
    struct rtc_addr locals[16];
    enum rtc_transport transports[16]; /* of the locals */
    unsigned local_count;
    struct rtc_addr remote;
    /* Over it instead of from the first local to `remote`, when set. */
    struct rtc_path path;
    struct rtc_path from; /* of what came last */
    bool refuses;         /* rtc_peer_accepts says no */
    /* Servers told of, the last one, and how often one was lost. */
    unsigned servers, lost;
    struct rtc_server server;
    struct rtc_event event; /* what poll gives, a BYE when it has no type */
    /* What transmit has to give. */
    unsigned to_send, sent;
    size_t segment; /* the last datagram is one byte shorter */
    /* What receive got. */
    unsigned seen[FAKE_MOST], received, damaged, merged_calls;
    /* Time and events. */
    rtc_usec deadline;
    unsigned ticks, events; /* `events`: waiting for poll */
    bool drained;           /* transmit gave 0 since the last change */
    unsigned broken;        /* times the law was broken */
    struct rtc_stats stats;
};

/* The bytes of datagram `number`. */
void fake_fill(uint8_t *data, size_t len, unsigned number);
