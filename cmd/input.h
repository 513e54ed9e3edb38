/* SPDX-License-Identifier: MIT
 *
 * An input's bytes through a media reader: a file, a pipe or a clip in memory
 * gives its frames one after the other. It never waits; when is source.h's.
 */
#pragma once

#include <stdbool.h>

#include "cmd/exit.h"
#include "media/media.h"

struct input;

struct input_options {
    const char *file;             /* as on the command line; lent */
    const uint8_t *data;          /* in place of a file: a clip in memory */
    size_t len;                   /* of it */
    enum rtc_media_format format; /* NONE: by its first bytes */
    uint32_t fps_num, fps_den;    /* 0: what the stream says */
};

/* NULL with errno. Copies `options`, not what it points at. */
struct input *input_new(const struct input_options *options);
/* NULL is fine. */
void input_free(struct input *input);
/* Its descriptor; -1: it has none. */
int input_fd(const struct input *input);
/* Reads only what is there from now on: it is a pipe. */
void input_set_pipe(struct input *input);

enum input_result {
    INPUT_FRAME, /* lent until the next call */
    INPUT_WAIT,  /* a pipe holds no more now */
    INPUT_END,   /* there are no more */
    INPUT_BAD,   /* nor can there be: input_status and input_why */
};
enum input_result input_next(struct input *input,
                             struct rtc_media_frame *ret_frame);
/* Why it is bad: a status and a sentence. Lends. */
enum rtc_exit input_status(const struct input *input);
const char *input_why(const struct input *input);
/* Begins a file or clip anew. False: it cannot. */
bool input_rewind(struct input *input);
/* A pipe was silent for a while: see rtc_media_reader_flush_hint. */
void input_hint(struct input *input);
/* NONE while it is not known. */
enum rtc_media_format input_format(const struct input *input);
/* Whether the format is known by now. */
bool input_is_known(const struct input *input);
/* Whether the last byte was read. */
bool input_is_read(const struct input *input);

/* As rtc_media_reader_track and _count; none before the first frame. */
unsigned input_track_count(const struct input *input);
const struct rtc_media_track *input_track(const struct input *input,
                                          unsigned index);
/* As rtc_media_reader_left_out. */
const char *input_left_out(const struct input *input);
