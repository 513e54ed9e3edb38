/* SPDX-License-Identifier: MIT
 *
 * Numbered, timed datagrams that go out and should come back as they are: which
 * did, when, how often, and unharmed or not. Without I/O; what comes back was
 * in the hands of strangers.
 */
#pragma once

#include "cmd/probe/series.h"

#define PROBE_ECHO_LEAST 20      /* bytes of a datagram */
#define PROBE_ECHO_MOST 16777216 /* datagrams of one echo */

struct probe_echo {
    uint8_t token[8]; /* which tells them from others' */
    rtc_usec start;
    size_t len;        /* of each datagram */
    uint32_t capacity; /* how many there may be */
    uint8_t *seen;     /* a bit each */
    uint32_t next;     /* number of the next one that leaves */
    uint32_t above;    /* the largest number that came back, and one */
    struct probe_series series;
    unsigned duplicates, overtaken, damaged;
};

enum probe_echo_kind {
    PROBE_ECHO_ALIEN,   /* none of ours */
    PROBE_ECHO_DAMAGED, /* ours, but changed on its way */
    PROBE_ECHO_AGAIN,   /* it was here before */
    PROBE_ECHO_NEW,
};

/* Room for `capacity` datagrams of `len` bytes. False: out of memory. */
bool probe_echo_init(struct probe_echo *echo, uint32_t capacity, size_t len,
                     rtc_usec now);
void probe_echo_done(struct probe_echo *echo);
/* Writes the next one, `len` bytes; there is room for it. It leaves, and counts
 * as sent, with probe_echo_sent. */
void probe_echo_write(const struct probe_echo *echo, uint8_t *buf,
                      rtc_usec now);
void probe_echo_sent(struct probe_echo *echo);
/* One that came, and how long it took if it is NEW. */
enum probe_echo_kind probe_echo_read(struct probe_echo *echo,
                                     const uint8_t *data, size_t len,
                                     rtc_usec *ret_rtt_us, rtc_usec now);
