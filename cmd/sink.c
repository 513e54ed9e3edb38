/* SPDX-License-Identifier: MIT
 *
 * Frames to a media writer to an outflow. The writer is made when every track
 * has shown its codec: a header names them all. From then on a frame is written
 * when it comes.
 */
#include "cmd/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/backlog.h"
#include "cmd/cli.h"
#include "cmd/exit.h"
#include "cmd/outflow.h"
#include "cmd/timeline.h"

/* How long the beginning waits for a silent track. */
#define START_US 1000000
#define NS 1000000000

struct track {
    struct sink_track about; /* the codec is sure once it was seen */
    bool is_seen;
    bool is_behind;      /* dropping up to the next key frame */
    struct backlog held; /* before the writer is made */
};

struct sink {
    struct sink_options options;
    struct driver *driver;
    struct driver_watch *timer; /* of the beginning */
    struct outflow *out;
    struct rtc_media_writer *writer; /* NULL at the beginning */
    struct track tracks[TIMELINE_TRACK_MOST];
    unsigned track_count;
    struct timeline timeline;
    bool said_slow;
};

const char *sink_name(const struct sink *sink)
{
    return strcmp(sink->options.file, "-") ? sink->options.file : "stdout";
}

void sink_rebase(struct sink *sink)
{
    timeline_rebase(&sink->timeline);
}

static struct track *find_track(struct sink *sink, enum rtc_kind kind)
{
    for (unsigned i = 0; i < sink->track_count; i++)
        if (sink->tracks[i].about.kind == kind)
            return &sink->tracks[i];
    return NULL;
}

static unsigned index_of(const struct sink *sink, const struct track *track)
{
    return (unsigned)(track - sink->tracks);
}

void sink_switch(struct sink *sink, enum rtc_kind kind)
{
    struct track *track = find_track(sink, kind);

    if (track)
        timeline_switch(&sink->timeline, index_of(sink, track));
}

void sink_expect(struct sink *sink, const struct sink_track *tracks,
                 unsigned count)
{
    if (sink->track_count || count > TIMELINE_TRACK_MOST)
        return;
    for (unsigned i = 0; i < count; i++) {
        sink->tracks[i].about = tracks[i];
        if (tracks[i].kind == RTC_AUDIO)
            sink->timeline.lead = i;
    }
    sink->track_count = count;
}

/* ---- the beginning ------------------------------------------------------- */

static enum rtc_media_format choose_format(const struct sink *sink)
{
    if (sink->options.format != RTC_MEDIA_NONE)
        return sink->options.format;
    return sink->track_count > 1
               ? RTC_MEDIA_MATROSKA
               : rtc_media_format_for(sink->tracks[0].about.codec);
}

static void refuse(const struct sink *sink, enum rtc_media_format format)
{
    for (unsigned i = 0; i < sink->track_count; i++) {
        enum rtc_codec codec = sink->tracks[i].about.codec;
        if (!rtc_media_format_carries(format, codec))
            die(RTC_EXIT_OUTPUT, "%s: %s does not carry %s: try --format %s",
                sink_name(sink), rtc_media_format_name(format),
                rtc_codec_name(codec),
                rtc_media_format_name(sink->track_count > 1
                                          ? RTC_MEDIA_MATROSKA
                                          : rtc_media_format_for(codec)));
    }
}

static void open_writer(struct sink *sink)
{
    struct rtc_media_track tracks[TIMELINE_TRACK_MOST] = {{.width = 0}};
    struct rtc_media_writer_config config = {.format = choose_format(sink),
                                             .tracks = tracks,
                                             .track_count = sink->track_count};
    int error;

    for (unsigned i = 0; i < sink->track_count; i++) {
        tracks[i].codec = sink->tracks[i].about.codec;
        tracks[i].kind = sink->tracks[i].about.kind;
        tracks[i].clock = rtc_codec_clock_rate(tracks[i].codec);
    }
    driver_random(NULL, &config.serial, sizeof config.serial);
    error = rtc_media_writer_new(&sink->writer, &config);
    if (error == RTC_ERR_UNSUPPORTED)
        refuse(sink, config.format);
    if (error)
        die(RTC_EXIT_INTERNAL, "%s: %s", sink_name(sink),
            rtc_error_text(error));
}

/* ---- writing ------------------------------------------------------------- */

/* A reader too slow costs whole runs of frames, never a part of one. */
static bool has_room(struct sink *sink, struct track *track,
                     const struct rtc_media_frame *frame)
{
    if (!outflow_has_room(sink->out, frame->len + 4096))
        track->is_behind = true;
    else if (track->is_behind &&
             (frame->keyframe || track->about.kind == RTC_AUDIO) &&
             outflow_has_room(sink->out, OUTFLOW_MOST / 2))
        track->is_behind = false;
    if (track->is_behind && !sink->said_slow)
        warn("%s: its reader does not keep up: what is late is left out up to "
             "the next key frame",
             sink_name(sink));
    sink->said_slow = sink->said_slow || track->is_behind;
    return !track->is_behind;
}

static const char *write_frame(struct sink *sink, struct track *track,
                               const struct rtc_media_frame *frame)
{
    const uint8_t *data;
    size_t len;

    if (!has_room(sink, track, frame))
        return "slow reader";
    if (rtc_media_writer_frame(sink->writer, frame, &data, &len))
        return "malformed";
    if (len)
        outflow_write(sink->out, data, len); /* a failure is told by itself */
    return NULL;
}

static bool is_complete(const struct sink *sink)
{
    for (unsigned i = 0; i < sink->track_count; i++)
        if (!sink->tracks[i].is_seen)
            return false;
    return true;
}

/* Of the frames that are held the one with the earliest time. */
static struct track *earliest(struct sink *sink)
{
    struct track *found = NULL;

    for (unsigned i = 0; i < sink->track_count; i++) {
        struct track *track = &sink->tracks[i];
        if (track->held.count &&
            (!found || backlog_first(&track->held)->time_ns <
                           backlog_first(&found->held)->time_ns))
            found = track;
    }
    return found;
}

/* Makes the writer and gives it what was held. */
static void begin(struct sink *sink)
{
    struct track *track;

    open_writer(sink);
    driver_timer_set(sink->timer, RTC_NEVER);
    while ((track = earliest(sink))) {
        write_frame(sink, track, &backlog_first(&track->held)->frame);
        backlog_pop(&track->held);
    }
}

static void on_timer(void *user, int what)
{
    struct sink *sink = user;

    (void)what;
    if (!sink->writer)
        begin(sink);
}

static const char *hold(struct sink *sink, struct track *track,
                        const struct rtc_media_frame *frame)
{
    rtc_usec now = driver_now(sink->driver);

    if (!earliest(sink))
        driver_timer_set(sink->timer, now + START_US);
    if (!backlog_push(&track->held, frame, frame->time, now))
        die(RTC_EXIT_INTERNAL, "out of memory");
    if (is_complete(sink) || backlog_is_full(&track->held))
        begin(sink);
    return NULL;
}

const char *sink_frame(struct sink *sink, const struct rtc_frame *frame)
{
    struct track *track = find_track(sink, rtc_codec_kind(frame->codec));
    struct rtc_media_frame media = {
        .codec = frame->codec,
        .data = frame->data,
        .len = frame->len,
        .base_num = 1,
        .base_den = NS,
        .keyframe = frame->keyframe,
    };

    if (!track || (frame->codec != track->about.codec &&
                   (track->is_seen || sink->writer)))
        return "codec";
    track->about.codec = frame->codec;
    track->is_seen = true;
    media.track = index_of(sink, track);
    media.time = timeline_next(&sink->timeline, media.track, frame);
    return sink->writer ? write_frame(sink, track, &media)
                        : hold(sink, track, &media);
}

/* ---- life ---------------------------------------------------------------- */

struct outflow *sink_open(struct driver *driver,
                          const struct sink_options *options,
                          void (*failed)(void *user, int error), void *user)
{
    struct outflow *out = outflow_new(driver, options->file, failed, user);

    if (!out)
        die(RTC_EXIT_OUTPUT, "%s: %s", options->file, strerror(errno));
    if (outflow_is_terminal(out) && !options->force)
        die_usage("media is binary and stdout is a terminal: name a file with "
                  "-o, pipe it on, or give --force");
    return out;
}

struct sink *sink_new(struct driver *driver, const struct sink_options *options,
                      void (*failed)(void *user, int error), void *user)
{
    struct sink *sink = calloc(1, sizeof *sink);

    if (!sink)
        die(RTC_EXIT_INTERNAL, "out of memory");
    sink->options = *options;
    sink->driver = driver;
    sink->timer = driver_timer_new(driver, on_timer, sink);
    sink->out = sink_open(driver, options, failed, user);
    if (sink->options.format == RTC_MEDIA_NONE)
        sink->options.format = rtc_media_format_by_path(options->file);
    return sink;
}

int sink_close(struct sink *sink)
{
    const uint8_t *data;
    size_t len;
    int failed;

    if (!sink)
        return 0;
    if (!sink->writer && earliest(sink))
        begin(sink);
    if (sink->writer && !rtc_media_writer_end(sink->writer, &data, &len) && len)
        outflow_write(sink->out, data, len);
    failed = outflow_close(sink->out, SINK_CLOSE_LIMIT_MS);
    rtc_media_writer_free(sink->writer);
    driver_watch_free(sink->timer);
    free(sink);
    return failed;
}
