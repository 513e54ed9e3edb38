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
    unsigned local_count;
    struct rtc_addr remote;
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
