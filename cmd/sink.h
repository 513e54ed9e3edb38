/* SPDX-License-Identifier: MIT
 *
 * One output: the frames of a track, written by a media writer as they come.
 */
#pragma once

#include <stdbool.h>

#include "cmd/driver.h"
#include "media/media.h"
#include "rtc.h"

struct sink;

struct sink_options {
    const char *file;             /* as on the command line */
    enum rtc_media_format format; /* NONE: the codec's usual one */
    bool force;                   /* binary to a terminal */
};

/* Opens the output; ends the process when it cannot be. `options` is copied;
 * `failed` as in outflow_new. */
struct sink *sink_new(struct driver *driver, const struct sink_options *options,
                      void (*failed)(void *user, int error), void *user);
const char *sink_name(const struct sink *sink);
/* Writes a frame. False when it was left out: the reader does not keep up, so
 * frames are dropped up to the next key frame. Ends the process when the
 * format does not carry the codec. */
bool sink_frame(struct sink *sink, const struct rtc_frame *frame);
/* What comes next is of another session: its times go on behind what was
 * written, as far as time went on meanwhile. */
void sink_rebase(struct sink *sink);
uint64_t sink_frame_count(const struct sink *sink);
/* Ends the file and frees the sink; 0, or -1 with errno. NULL is fine. */
int sink_close(struct sink *sink);
