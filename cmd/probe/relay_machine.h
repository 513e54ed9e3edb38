/* SPDX-License-Identifier: MIT
 *
 * The relay's struct and what its files share: relay.c has the steps, in the
 * order in which they are taken; relay_line.c the way to the server, which ends
 * some of them; relay_talk.c what is said, which ends the others.
 */
#pragma once

#include "cmd/probe/line.h"
#include "cmd/probe/relay.h"
#include "turn/client.h"

#define PROBE_REDIRECT_MOST 3

struct probe_relay {
    struct probe_relay_setup setup;
    struct probe_relay_facts facts;
    struct probe_failure failure;
    char reason[128];     /* the server's words with the last error */
    unsigned answer_code; /* of the request that is waited for */
    bool is_heard, is_challenged, is_open;
    bool is_lost; /* the server says that the allocation is none */
    struct probe_line *line;
    struct rtc_log log;
    struct rtc_turn_client *client;
    struct driver_watch *timer, *limit;
    rtc_usec due; /* the timer's */
    bool is_waiting;
    enum probe_phase phase;
};

/* relay.c: a step begins; ends, good or bad; and is waited for, which gives
 * whether it ended well. The first failure counts; one between steps is of data
 * that travels. */
void probe_relay_begin_step(struct probe_relay *relay, enum probe_phase phase);
void probe_relay_end_step(struct probe_relay *relay);
void probe_relay_fail(struct probe_relay *relay, enum rtc_exit status,
                      unsigned code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool probe_relay_run_step(struct probe_relay *relay, rtc_usec begun);
rtc_usec probe_relay_now(const struct probe_relay *relay);
bool probe_relay_is_stream(const struct probe_relay *relay);

/* relay_line.c: to the server of the facts. */
bool probe_relay_open_line(struct probe_relay *relay);

/* relay_talk.c: what came; what is due is sent, and what became of the client
 * looked at; the timer is set for what is due next. */
void probe_relay_receive(struct probe_relay *relay, uint8_t *data, size_t len);
void probe_relay_pump(struct probe_relay *relay);
void probe_relay_set_timer(struct probe_relay *relay);
