/* SPDX-License-Identifier: MIT
 *
 * One input: a file or pipe, its media reader, and a track of the peer. Frames
 * go out at the input's own pace; a pipe is not read faster than that.
 */
#pragma once

#include <stdbool.h>

#include "cmd/driver.h"
#include "cmd/exit.h"
#include "media/media.h"
#include "rtc.h"

struct source;

struct source_options {
    const char *file;             /* as on the command line */
    enum rtc_media_format format; /* NONE: by its first bytes */
    uint32_t fps_num, fps_den;    /* 0: what the stream says */
    bool loop;
    bool unpaced;
    bool allow_b_frames;
};

struct source_calls {
    /* The first frame is there, so source_track has an answer. */
    void (*ready)(void *user, struct source *source);
    /* All frames were queued (status 0), or reading failed. Once. */
    void (*ended)(void *user, struct source *source, enum rtc_exit status,
                  const char *why);
    void *user;
};

/* Opens the input and begins to look at it; ready comes from driver_run. NULL
 * with errno. `options` and `calls` are copied. */
struct source *source_new(struct driver *driver,
                          const struct source_options *options,
                          const struct source_calls *calls);
void source_free(struct source *source);
const char *source_name(const struct source *source);

/* What the input carries; NULL before ready. Lends. */
const struct rtc_media_track *source_track(const struct source *source);
/* Sends from now on, into this track. */
void source_start(struct source *source, struct rtc_peer *peer, int track);
/* Sends nothing until source_start is called again, then goes on where it was.
 */
void source_pause(struct source *source);
/* Sends nothing more; ended is not called. */
void source_stop(struct source *source);
/* Frames queued so far. */
uint64_t source_frame_count(const struct source *source);
