/* SPDX-License-Identifier: MIT
 *
 * One output: the frames of one or several tracks, written by a media writer as
 * they come, with times of one timeline.
 */
#pragma once

#include <stdbool.h>

#include "cmd/driver.h"
#include "media/media.h"
#include "rtc.h"

/* How long the end waits for a slow reader. */
#define SINK_CLOSE_LIMIT_MS 5000

struct outflow;
struct sink;

struct sink_options {
    const char *file;             /* as on the command line; lent */
    enum rtc_media_format format; /* NONE: by the file's name, else what the
                                     tracks are usually written in */
    bool force;                   /* binary to a terminal */
};

/* A track that is to come, at most one of a kind. */
struct sink_track {
    enum rtc_kind kind;
    enum rtc_codec codec; /* that it will probably have */
};

/* Opens the file alone, as sink_new does. */
struct outflow *sink_open(struct driver *driver,
                          const struct sink_options *options,
                          void (*failed)(void *user, int error), void *user);
/* Opens the output; ends the process when it cannot be. `options` is copied;
 * `failed` as in outflow_new. */
struct sink *sink_new(struct driver *driver, const struct sink_options *options,
                      void (*failed)(void *user, int error), void *user);
const char *sink_name(const struct sink *sink);
/* Tells which tracks come, before the first frame; the first call counts. The
 * first frames wait until each has delivered one, or for a second. */
void sink_expect(struct sink *sink, const struct sink_track *tracks,
                 unsigned count);
/* Writes a frame. NULL, or in a word why it was left out: the reader does not
 * keep up, so frames are dropped up to the next key frame, or the frame is not
 * of the track's codec, or not of any. Ends the process when the format does
 * not carry the codec. */
const char *sink_frame(struct sink *sink, const struct rtc_frame *frame);
/* The next frame of this kind comes from another simulcast layer. */
void sink_switch(struct sink *sink, enum rtc_kind kind);
/* What comes next is of another session: its times go on behind what was
 * written, as far as time went on meanwhile. */
void sink_rebase(struct sink *sink);
/* Ends the file and frees the sink; 0, or -1 with errno. NULL is fine. */
int sink_close(struct sink *sink);
