/* SPDX-License-Identifier: MIT
 *
 * Bytes to a media reader as it needs them. A pipe is read when it is ready,
 * since its descriptor may be shared with others and is left blocking; a file
 * as frames are asked for.
 */
#include "cmd/input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/file.h"

#define CHUNK 65536

struct input {
    struct input_options options;
    int fd;
    bool is_pipe, eof;
    struct rtc_media_reader *reader; /* NULL while the format is unknown */
    enum rtc_media_format format;    /* of it */
    uint8_t chunk[CHUNK];            /* read, not yet pushed from `at` on */
    size_t at, len;
    size_t taken; /* of a clip in memory */
    enum rtc_exit status;
    const char *why;
};

struct input *input_new(const struct input_options *options)
{
    struct input *in = calloc(1, sizeof *in);

    if (!in)
        return NULL;
    in->options = *options;
    in->fd = options->data ? -1 : file_open_read(options->file);
    if (in->fd >= 0 || options->data)
        return in;
    free(in);
    return NULL;
}

void input_free(struct input *in)
{
    if (!in)
        return;
    rtc_media_reader_free(in->reader);
    if (in->fd >= 0)
        close(in->fd);
    free(in);
}

int input_fd(const struct input *in)
{
    return in->fd;
}

void input_set_pipe(struct input *in)
{
    in->is_pipe = true;
}

enum rtc_media_format input_format(const struct input *in)
{
    return in->reader ? in->format : RTC_MEDIA_NONE;
}

bool input_is_known(const struct input *in)
{
    return in->reader != NULL;
}

bool input_is_read(const struct input *in)
{
    return in->eof;
}

enum rtc_exit input_status(const struct input *in)
{
    return in->status;
}

const char *input_why(const struct input *in)
{
    return in->why ? in->why : "";
}

unsigned input_track_count(const struct input *in)
{
    return in->reader ? rtc_media_reader_track_count(in->reader) : 0;
}

const struct rtc_media_track *input_track(const struct input *in,
                                          unsigned index)
{
    return in->reader ? rtc_media_reader_track(in->reader, index) : NULL;
}

const char *input_left_out(const struct input *in)
{
    return in->reader ? rtc_media_reader_left_out(in->reader) : "";
}

void input_hint(struct input *in)
{
    if (in->reader)
        rtc_media_reader_flush_hint(in->reader);
}

static enum input_result fail(struct input *in, enum rtc_exit status,
                              const char *why)
{
    in->status = status;
    in->why = why;
    return INPUT_BAD;
}

/* Tells the format by what was read so far and makes its reader. */
static enum input_result probe(struct input *in)
{
    struct rtc_media_reader_options options = {in->options.fps_num,
                                               in->options.fps_den};
    enum rtc_media_format format = in->options.format;
    const char *why = NULL;
    int known = 1;

    if (format == RTC_MEDIA_NONE)
        known = rtc_media_probe(in->chunk, in->len, in->eof, &format, &why);
    if (known < 0 || (known == 0 && in->eof))
        return fail(in, RTC_EXIT_INPUT, why ? why : "it is empty");
    if (known == 0)
        return INPUT_WAIT;
    if (rtc_media_reader_new(&in->reader, format, &options))
        return fail(in, RTC_EXIT_INTERNAL, "out of memory");
    in->format = format;
    return INPUT_FRAME;
}

/* Gives the reader what it can hold. */
static int push(struct input *in)
{
    int taken;

    if (in->at < in->len) {
        taken = rtc_media_reader_push(in->reader, in->chunk + in->at,
                                      in->len - in->at);
        if (taken < 0)
            return taken;
        in->at += (size_t)taken;
    }
    if (in->eof && in->at == in->len)
        rtc_media_reader_end(in->reader);
    return 0;
}

/* Whether a read would not wait. */
static bool is_readable(const struct input *in)
{
    struct pollfd ready = {.fd = in->fd, .events = POLLIN};

    return !in->is_pipe || poll(&ready, 1, 0) > 0;
}

/* As read(2), from wherever the bytes are. */
static ssize_t read_bytes(struct input *in, uint8_t *buf, size_t cap)
{
    size_t rest = in->options.len - in->taken;

    if (in->fd >= 0)
        return read(in->fd, buf, cap);
    if (rest > cap)
        rest = cap;
    memcpy(buf, in->options.data + in->taken, rest);
    in->taken += rest;
    return (ssize_t)rest;
}

/* Reads behind what an unfinished probe keeps. */
static enum input_result read_some(struct input *in)
{
    ssize_t n;

    if (in->eof || !is_readable(in))
        return INPUT_WAIT;
    if (in->at == in->len)
        in->at = in->len = 0;
    n = read_bytes(in, in->chunk + in->len, sizeof in->chunk - in->len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return INPUT_WAIT;
    if (n < 0)
        return fail(in, RTC_EXIT_INPUT, strerror(errno));
    in->eof = n == 0;
    in->len += (size_t)n;
    return INPUT_FRAME;
}

enum input_result input_next(struct input *in,
                             struct rtc_media_frame *ret_frame)
{
    for (;;) {
        enum input_result result = in->reader ? INPUT_FRAME : probe(in);
        int got = 0;

        if (result == INPUT_BAD)
            return result;
        if (in->reader) {
            got = push(in);
            if (got < 0)
                return fail(in, RTC_EXIT_INTERNAL, rtc_error_text(got));
            got = rtc_media_reader_pop(in->reader, ret_frame);
        }
        if (got > 0)
            return INPUT_FRAME;
        if (got < 0)
            return fail(in, RTC_EXIT_INPUT, rtc_media_reader_why(in->reader));
        if (in->reader && in->at < in->len)
            continue;
        if (in->reader && in->eof)
            return INPUT_END;
        result = read_some(in);
        if (result != INPUT_FRAME)
            return result;
    }
}

bool input_rewind(struct input *in)
{
    if (in->is_pipe || (in->fd >= 0 && lseek(in->fd, 0, SEEK_SET) < 0))
        return false;
    rtc_media_reader_free(in->reader);
    in->reader = NULL;
    in->at = in->len = in->taken = 0;
    in->eof = false;
    return true;
}
