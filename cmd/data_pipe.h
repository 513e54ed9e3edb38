/* SPDX-License-Identifier: MIT
 *
 * Bytes or messages between files and a data channel, both ways at once.
 *
 * A stream of bytes has its end in band, as an empty binary message; a second
 * one says that all of the other side's bytes were written. Who has sent and
 * got both closes the channel, so both ends know that nothing is missing. With
 * messages there are no such marks, as browsers know none: the channel is
 * closed when the input has ended and all of it arrived.
 */
#pragma once

#include <stdbool.h>

#include "cmd/cli.h"
#include "cmd/driver.h"
#include "cmd/exit.h"
#include "rtc.h"

struct data_pipe;

/* The option rows data_options, embedded in a tool's values. */
struct data_options {
    bool data;
    const char *message; /* --message */
    const char *label, *protocol;
    bool unordered;
    int64_t max_retransmits;    /* -1: not given */
    rtc_usec max_lifetime;      /* -1: not given */
    int64_t negotiated;         /* -1: not given */
    const char *input, *output; /* files, or NULL: set by the tool */
    bool makes_channel;         /* set by the tool: else the remote does */
};

#define DATA_DEFAULTS                                                          \
    {                                                                          \
        .max_retransmits = -1, .max_lifetime = -1, .negotiated = -1            \
    }

extern const struct rtc_option data_rows[];

/* Ends the process where the options contradict each other. `is_http`: the
 * other end is a WHIP or WHEP server. */
void data_check(const struct data_options *options, bool is_http);

struct data_calls {
    /* It is over: all was delivered both ways (0), or why not. Once. */
    void (*ended)(void *user, enum rtc_exit status, const char *why);
    /* The reader of the output is gone. Once, in place of `ended`. */
    void (*broken)(void *user);
    void *user;
};

/* Opens input and output; ends the process when it cannot. Copies both, and
 * lends the texts of `options`. */
struct data_pipe *data_pipe_new(struct driver *driver,
                                const struct data_options *options,
                                const struct data_calls *calls);
/* The peer is there, before or after its descriptions: makes the channel if
 * that is ours to do. Ends the process when it cannot. */
void data_pipe_attach(struct data_pipe *pipe, struct rtc_peer *peer);
/* For each event of the peer, before others act on it. */
void data_pipe_event(struct data_pipe *pipe, const struct rtc_event *event);
/* The session is to end before the pipe does. `orderly`: the time is up, so
 * what was read is all there is, and the pipe gets over if there is time for
 * it; else it is over, and the other side learns that it is cut off. */
void data_pipe_stop(struct data_pipe *pipe, bool orderly);
bool data_pipe_is_over(const struct data_pipe *pipe);
/* Closes the output. 0, or -1 with errno when it could not all be written. NULL
 * is fine. */
int data_pipe_free(struct data_pipe *pipe);
