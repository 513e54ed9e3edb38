/* SPDX-License-Identifier: MIT
 *
 * All inputs of a sender: the tracks they make, the tracks of the peer these go
 * to, and the moment they start at together.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/source.h"

/* Simulcast layers, and one of audio. */
#define INPUTS_MOST (RTC_LAYER_MOST + 1)
#define LINES_MOST (SOURCE_TRACK_MOST * INPUTS_MOST)

/* A track of an input on its way to a track of the peer. */
struct line {
    unsigned input, index; /* of the input's tracks */
    struct source_target target;
};

/* Zeroed, but for the first four. */
struct inputs {
    struct endpoint *end;
    /* All have told what they carry: offer it. */
    void (*ready)(void *user);
    void *user;
    bool red; /* audio goes with copies of the packets before (RFC 2198) */
    struct source *sources[INPUTS_MOST];
    const char *rids[INPUTS_MOST]; /* of a simulcast layer, else NULL */
    unsigned count, ready_count, ended_count;
    struct line lines[LINES_MOST];
    unsigned line_count; /* once all are ready */
    struct pace_start start;
};

/* Opens one more; `rid` (lent) makes it a simulcast layer. Its `start` is set
 * here. Ends the process when it cannot. */
void inputs_open(struct inputs *inputs, const struct source_options *options,
                 const char *rid);
/* Adds the tracks they carry to the peer. */
void inputs_add_tracks(struct inputs *inputs);
/* Finds the peer's tracks that were agreed on and sends into them from now on.
 * Ends the session when the remote does not take one. */
void inputs_start(struct inputs *inputs);
void inputs_pause(struct inputs *inputs);
void inputs_stop(struct inputs *inputs);
void inputs_done(struct inputs *inputs);
/* Warns of a profile that the remote may have refused. */
void inputs_explain(const struct inputs *inputs);
/* Whether any of them is a recording of RTP packets. */
bool inputs_has_packets(const struct inputs *inputs);
/* How many tracks of a kind they make, layers of one counted once. */
unsigned inputs_kind_count(const struct inputs *inputs, enum rtc_kind kind);
