/* SPDX-License-Identifier: MIT
 *
 * One input and the tracks of the peer it is sent into. Frames go out at the
 * input's own pace; a pipe is not read faster than that. What a live pipe
 * brings and the path does not take is left out: late video, up to the next
 * key frame.
 */
#pragma once

#include <stdbool.h>

#include "cmd/driver.h"
#include "cmd/input.h"
#include "cmd/lane.h"
#include "cmd/pace.h"

/* The first video and the first audio track of an input are sent. */
#define SOURCE_TRACK_MOST 2

struct source;

struct source_options {
    struct input_options input;
    const char *name;         /* for messages; NULL: the file's */
    struct pace_start *start; /* shared with the session's other inputs */
    bool only;                /* take only tracks of `kind` */
    enum rtc_kind kind;
    bool loop;
    bool unpaced;
    bool allow_b_frames;
    enum rtc_codec codec; /* of recorded packets; NONE: what they say */
    bool no_drop;         /* a pipe's frames must arrive whole, however late */
};

struct source_calls {
    /* The first frame is there, so source_track has an answer. */
    void (*ready)(void *user, struct source *source);
    /* All frames were queued (status 0), or reading failed. Once. */
    void (*ended)(void *user, struct source *source, enum rtc_exit status,
                  const char *why);
    /* So many frames of a track of the peer were too late and left out. */
    void (*dropped)(void *user, struct source *source, int track,
                    unsigned count);
    void *user;
};

/* Opens the input and begins to look at it; ready comes from driver_run. NULL
 * with errno. `options` and `calls` are copied. */
struct source *source_new(struct driver *driver,
                          const struct source_options *options,
                          const struct source_calls *calls);
void source_free(struct source *source);
const char *source_name(const struct source *source);
/* Whether it is a pipe, as what is live comes by. */
bool source_is_pipe(const struct source *source);

/* The tracks that are sent: none before ready. Lends. */
unsigned source_track_count(const struct source *source);
const struct rtc_media_track *source_track(const struct source *source,
                                           unsigned index);
/* Sends from now on, each track to its target. */
void source_start(struct source *source, struct rtc_peer *peer,
                  const struct source_target targets[SOURCE_TRACK_MOST]);
/* Sends nothing until source_start is called again, then goes on where it was.
 */
void source_pause(struct source *source);
/* Sends nothing more; ended is not called. */
void source_stop(struct source *source);
/* Whether RTP packets are sent, into tracks of that level. */
bool source_is_packets(const struct source *source);
/* Frames queued so far. */
uint64_t source_frame_count(const struct source *source);
