/* SPDX-License-Identifier: MIT
 *
 * What rtc-probe loop measures with and what it found: its run is loop.c's, its
 * report loop_report.c's.
 */
#pragma once

#include "cmd/probe/arrivals.h"
#include "cmd/probe/client.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/limits.h"
#include "cmd/probe/load.h"
#include "cmd/probe/report.h"

enum loop_leg { LOOP_WHIP, LOOP_WHEP, LOOP_LEGS };

struct loop_options {
    struct probe_options report;
    struct endpoint_options end; /* of both legs */
    struct publisher_options publisher;
    const char *whep_token;
    rtc_usec time, late, media_timeout, interval;
    struct probe_limits limits;
};

enum loop_state {
    LOOP_CONNECTING,
    LOOP_WAITING, /* both are connected, and nothing came yet */
    LOOP_MEASURING,
    LOOP_DRAINING, /* what counts was sent, and is waited for */
    LOOP_ENDING,
};

/* Frames sent by a moment, by enum rtc_kind. */
struct loop_sent {
    rtc_usec at;
    uint64_t counts[2];
};

#define LOOP_PULSE_US 200000 /* between looks at what should have come */
#define LOOP_SENT_MOST 64    /* of them kept: more than --late and its most */

struct loop {
    struct loop_options options;
    struct probe_report report;
    struct driver *driver;
    struct impair *impair;
    struct client_options client_options[LOOP_LEGS];
    struct client *clients[LOOP_LEGS]; /* NULL: it was never begun */
    struct arrivals arrivals[2];       /* by enum rtc_kind */
    struct load load;
    enum loop_state state;
    rtc_usec call_at; /* when playing was first tried; RTC_NEVER: not yet */
    rtc_usec started_at, stopped_at; /* of measuring; RTC_NEVER: not */
    rtc_usec tell_at;                /* the next interval */
    uint64_t until[2]; /* frames from there on do not count, once stopped */
    struct loop_sent sent[LOOP_SENT_MOST];
    unsigned sent_count; /* of all times */
    struct driver_watch *timer, *retry, *pulse, *limit;
    struct probe_signals signals;
};

/* "whip", "whep". */
const char *loop_leg_name(enum loop_leg leg);
/* Frames of a kind sent up to now, or until it was stopped. */
uint64_t loop_sent(const struct loop *loop, enum rtc_kind kind);
/* For somebody who waits, if it is time: events, and the line on a terminal. */
void loop_tell(struct loop *loop, rtc_usec now);
/* Adds all that was found to the result. */
void loop_conclude(struct loop *loop);
