/* SPDX-License-Identifier: MIT
 *
 * Frames to a media writer to an outflow. The writer is made with the first
 * frame, when the codec is known.
 */
#include "cmd/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/exit.h"
#include "cmd/outflow.h"

/* How long the end waits for a slow reader. */
#define CLOSE_LIMIT_MS 5000

struct sink {
    struct sink_options options;
    struct outflow *out;
    struct rtc_media_writer *writer; /* NULL before the first frame */
    enum rtc_codec codec;
    bool behind; /* dropping up to the next key frame */
    uint64_t frame_count;
    bool rebase;         /* with the next frame */
    int64_t offset;      /* what is added to media times */
    int64_t last_time;   /* written */
    rtc_usec last_clock; /* when that frame had come */
};

const char *sink_name(const struct sink *sink)
{
    return strcmp(sink->options.file, "-") ? sink->options.file : "stdout";
}

void sink_rebase(struct sink *sink)
{
    sink->rebase = sink->frame_count > 0;
}

uint64_t sink_frame_count(const struct sink *sink)
{
    return sink->frame_count;
}

struct sink *sink_new(struct driver *driver, const struct sink_options *options,
                      void (*failed)(void *user, int error), void *user)
{
    struct sink *sink = calloc(1, sizeof *sink);

    if (!sink)
        die(RTC_EXIT_INTERNAL, "out of memory");
    sink->options = *options;
    sink->out = outflow_new(driver, options->file, failed, user);
    if (!sink->out) {
        free(sink);
        die(RTC_EXIT_OUTPUT, "%s: %s", options->file, strerror(errno));
    }
    if (outflow_is_terminal(sink->out) && !options->force)
        die_usage("media is binary and stdout is a terminal: name a file with "
                  "-o, pipe it on, or give --force");
    if (sink->options.format == RTC_MEDIA_NONE)
        sink->options.format = rtc_media_format_by_path(options->file);
    return sink;
}

static void open_writer(struct sink *sink, enum rtc_codec codec)
{
    enum rtc_media_format format = sink->options.format;
    struct rtc_media_track track = {
        .codec = codec,
        .kind = rtc_codec_kind(codec),
        .clock = rtc_codec_clock_rate(codec),
    };
    struct rtc_media_writer_config config = {.tracks = &track,
                                             .track_count = 1};
    int error;

    if (format == RTC_MEDIA_NONE)
        format = rtc_media_format_for(codec);
    config.format = format;
    driver_random(NULL, &config.serial, sizeof config.serial);
    error = rtc_media_writer_new(&sink->writer, &config);
    if (error == RTC_ERR_UNSUPPORTED)
        die(RTC_EXIT_OUTPUT, "%s: %s does not carry %s: try --format %s",
            sink_name(sink), rtc_media_format_name(format),
            rtc_codec_name(codec),
            rtc_media_format_name(rtc_media_format_for(codec)));
    if (error)
        die(RTC_EXIT_INTERNAL, "%s: %s", sink_name(sink),
            rtc_error_text(error));
    sink->codec = codec;
}

/* A reader too slow costs whole runs of frames, never a part of one. */
static bool is_wanted(struct sink *sink, const struct rtc_frame *frame)
{
    if (!outflow_has_room(sink->out, frame->len + 4096))
        sink->behind = true;
    else if (sink->behind &&
             (frame->keyframe || rtc_codec_kind(frame->codec) == RTC_AUDIO) &&
             outflow_has_room(sink->out, OUTFLOW_MOST / 2))
        sink->behind = false;
    return !sink->behind;
}

/* The frame's time in the file. */
static int64_t time_of(struct sink *sink, const struct rtc_frame *frame)
{
    int64_t rate = rtc_codec_clock_rate(frame->codec);
    int64_t gap = (frame->time - sink->last_clock) / 1000 * rate / 1000;

    if (sink->rebase)
        sink->offset =
            sink->last_time + (gap > 0 ? gap : 1) - (int64_t)frame->media_time;
    sink->rebase = false;
    return (int64_t)frame->media_time + sink->offset;
}

bool sink_frame(struct sink *sink, const struct rtc_frame *frame)
{
    struct rtc_media_frame media = {
        .codec = frame->codec,
        .data = frame->data,
        .len = frame->len,
        .time = time_of(sink, frame),
        .base_num = 1,
        .base_den = rtc_codec_clock_rate(frame->codec),
        .keyframe = frame->keyframe,
    };
    const uint8_t *data;
    size_t len;

    if (!sink->writer)
        open_writer(sink, frame->codec);
    if (frame->codec != sink->codec || !is_wanted(sink, frame))
        return false;
    if (rtc_media_writer_frame(sink->writer, &media, &data, &len))
        return false;
    if (!outflow_write(sink->out, data, len))
        return false;
    sink->last_time = media.time;
    sink->last_clock = frame->time;
    sink->frame_count++;
    return true;
}

int sink_close(struct sink *sink)
{
    const uint8_t *data;
    size_t len;
    int failed;

    if (!sink)
        return 0;
    if (sink->writer && !rtc_media_writer_end(sink->writer, &data, &len) && len)
        outflow_write(sink->out, data, len);
    failed = outflow_close(sink->out, CLOSE_LIMIT_MS);
    rtc_media_writer_free(sink->writer);
    free(sink);
    return failed;
}
