/* SPDX-License-Identifier: MIT
 *
 * Reads an input and sends its frames when they are due. A pipe is read when
 * it is ready, a regular file as frames are needed. One frame at a time waits
 * for its due time; while it does, nothing is read, so a fast writer is held
 * back by its full pipe.
 */
#include "cmd/source.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/file.h"

#define CHUNK 65536
/* A frame this late moves the schedule instead of a burst catching up; what a
 * pipe brings late is caught up with, unless its times jumped. */
#define LATE_US 500000
#define PIPE_LATE_US 5000000
/* A pipe's schedule may come forward by so much at its start, and by one part
 * in so many of the time that goes on, for a writer whose clock runs fast. */
#define AHEAD_US 500000
#define AHEAD_EARN 1000
/* The sender's queue or a socket was full: look again after this. */
#define RETRY_US 2000
/* A writer that only takes a breath within a frame is not waited for so long.
 */
#define EMPTY_US 5000
/* A pipe silent for so long has given the whole of its last access unit. */
#define SILENT_US 15000
/* H.264 or H.265 in a regular file that does not tell its frame rate. */
#define FALLBACK_FPS 30

enum source_state { SOURCE_PROBING, SOURCE_READY, SOURCE_RUNNING, SOURCE_OVER };

struct source {
    struct source_options options;
    struct source_calls calls;
    struct driver *driver;
    struct driver_watch *readable; /* NULL: a regular file */
    struct driver_watch *timer;    /* the due time, or a pipe's silence */
    enum source_state state;
    int fd;
    bool eof, stepping;

    struct rtc_media_reader *reader; /* NULL while the format is unknown */
    uint8_t chunk[CHUNK];            /* read, not yet pushed from `at` on */
    size_t at, len;

    struct rtc_media_frame frame; /* waits for its due time */
    bool has_frame;
    struct rtc_peer *peer;
    int track;
    uint64_t frame_count;

    /* The schedule: input time `zero` is due at `anchor`. */
    bool anchored;
    rtc_usec ahead_us, ahead_at; /* see take_ahead; when it was last earned */
    int64_t zero_us;
    rtc_usec anchor;
    /* RTP ticks of the frame before, and what loops have added. */
    int64_t last_ticks, step_ticks, loop_ticks;
};

static void step(struct source *s);

const char *source_name(const struct source *source)
{
    return strcmp(source->options.file, "-") ? source->options.file : "stdin";
}

const struct rtc_media_track *source_track(const struct source *source)
{
    return source->state == SOURCE_PROBING
               ? NULL
               : rtc_media_reader_track(source->reader, 0);
}

uint64_t source_frame_count(const struct source *source)
{
    return source->frame_count;
}

void source_stop(struct source *source)
{
    source->state = SOURCE_OVER;
    driver_timer_set(source->timer, RTC_NEVER);
    if (source->readable)
        driver_watch_enable(source->readable, false);
}

void source_pause(struct source *source)
{
    if (source->state != SOURCE_RUNNING)
        return;
    source->state = SOURCE_READY;
    driver_timer_set(source->timer, RTC_NEVER);
}

static void end(struct source *s, enum rtc_exit status, const char *why)
{
    char sentence[512];

    if (s->state == SOURCE_OVER)
        return;
    source_stop(s);
    snprintf(sentence, sizeof sentence, "%s: %s", source_name(s), why);
    s->calls.ended(s->calls.user, s, status, sentence);
}

/* ---- reading ------------------------------------------------------------- */

static bool open_reader(struct source *s, enum rtc_media_format format)
{
    struct rtc_media_reader_options options = {s->options.fps_num,
                                               s->options.fps_den};

    if (rtc_media_reader_new(&s->reader, format, &options) == 0)
        return true;
    end(s, RTC_EXIT_INTERNAL, "out of memory");
    return false;
}

/* Tells the format by what was read so far. False: not yet, or over. */
static bool probe(struct source *s)
{
    enum rtc_media_format format = s->options.format;
    const char *why = NULL;
    int known = 1;

    if (format == RTC_MEDIA_NONE)
        known = rtc_media_probe(s->chunk, s->len, s->eof, &format, &why);
    if (known > 0)
        return open_reader(s, format);
    if (known < 0 || s->eof)
        end(s, RTC_EXIT_INPUT, why ? why : "it is empty");
    return false;
}

/* Gives the reader what it can hold. */
static void push(struct source *s)
{
    int taken;

    if (s->at == s->len)
        return;
    taken = rtc_media_reader_push(s->reader, s->chunk + s->at, s->len - s->at);
    if (taken < 0)
        end(s, RTC_EXIT_INTERNAL, rtc_error_text(taken));
    else
        s->at += (size_t)taken;
}

/* Whether a read would not wait: our descriptor may be shared with others, so
 * it is left blocking. */
static bool is_readable(const struct source *s)
{
    struct pollfd ready = {.fd = s->fd, .events = POLLIN};

    return !s->readable || poll(&ready, 1, 0) > 0;
}

/* Reads behind what an unfinished probe keeps. False: nothing to be had now. */
static bool read_some(struct source *s)
{
    ssize_t n;

    if (s->eof || !is_readable(s))
        return false;
    if (s->at == s->len)
        s->at = s->len = 0;
    n = read(s->fd, s->chunk + s->len, sizeof s->chunk - s->len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n < 0) {
        end(s, RTC_EXIT_INPUT, strerror(errno));
        return false;
    }
    s->eof = n == 0;
    s->len += (size_t)n;
    if (s->eof && s->reader)
        rtc_media_reader_end(s->reader);
    return true;
}

/* Begins a regular file anew, its times going on behind the last frame's. */
static bool rewind_file(struct source *s)
{
    if (!s->options.loop || s->readable || !s->frame_count)
        return false;
    if (lseek(s->fd, 0, SEEK_SET) < 0)
        return false;
    rtc_media_reader_free(s->reader);
    s->reader = NULL;
    s->at = s->len = 0;
    s->eof = false;
    s->loop_ticks = s->last_ticks + s->step_ticks;
    return true;
}

/* The next frame into s->frame. False when it is not there yet, or over. */
static bool fetch(struct source *s)
{
    while (!s->has_frame && s->state != SOURCE_OVER) {
        int got = 0;
        if (s->reader || probe(s)) {
            push(s);
            if (s->eof && s->at == s->len)
                rtc_media_reader_end(s->reader);
            got = s->state == SOURCE_OVER
                      ? 0
                      : rtc_media_reader_pop(s->reader, &s->frame);
        }
        if (got < 0)
            end(s, RTC_EXIT_INPUT, rtc_media_reader_why(s->reader));
        else if (got > 0)
            s->has_frame = true;
        else if (s->state == SOURCE_OVER)
            break;
        else if (s->eof && s->at == s->len && s->reader && rewind_file(s))
            continue;
        else if (s->eof && s->at == s->len && s->reader)
            end(s, s->frame_count ? RTC_EXIT_DONE : RTC_EXIT_INPUT,
                s->frame_count ? "end of input" : "there is no frame in it");
        else if (s->at == s->len || !s->reader) {
            if (!read_some(s))
                break;
        }
    }
    return s->has_frame;
}

/* ---- sending ------------------------------------------------------------- */

/* The frame's time in ticks of its codec, from the input or the clock. */
static int64_t frame_ticks(struct source *s, rtc_usec now)
{
    uint32_t rate = rtc_codec_clock_rate(s->frame.codec);
    int64_t ticks;

    if (s->frame.time >= 0)
        return s->loop_ticks + rtc_media_rescale(s->frame.time,
                                                 s->frame.base_num,
                                                 s->frame.base_den, rate);
    if (!s->readable)
        return s->frame_count ? s->last_ticks + rate / FALLBACK_FPS : 0;
    ticks = rtc_media_rescale(now - s->anchor, 1, 1000000, rate);
    return ticks > s->last_ticks || !s->frame_count ? ticks : s->last_ticks + 1;
}

/* How far a pipe's schedule may come forward for a frame that is early by
 * `lead`: it began when we read the first frame, which a live writer had
 * written before. A writer faster than its own times only gains a short start
 * by it. */
static rtc_usec take_ahead(struct source *s, rtc_usec lead, rtc_usec now)
{
    rtc_usec earned = (now - s->ahead_at) / AHEAD_EARN;
    rtc_usec taken;

    if (earned > 0) {
        s->ahead_us += earned;
        s->ahead_at = now;
    }
    if (s->ahead_us > AHEAD_US)
        s->ahead_us = AHEAD_US;
    taken = lead < s->ahead_us ? lead : s->ahead_us;
    s->ahead_us -= taken;
    s->anchor -= taken;
    return taken;
}

static rtc_usec due_time(struct source *s, int64_t ticks, rtc_usec now)
{
    uint32_t rate = rtc_codec_clock_rate(s->frame.codec);
    int64_t us = rtc_media_rescale(ticks, 1, rate, 1000000);
    rtc_usec due;

    if (s->options.unpaced)
        return now;
    due = s->anchor + us - s->zero_us;
    if (s->anchored && now - due <= (s->readable ? PIPE_LATE_US : LATE_US))
        return s->readable && due > now ? due - take_ahead(s, due - now, now)
                                        : due;
    s->anchored = true;
    s->anchor = now;
    s->zero_us = us;
    return now;
}

/* Queues the frame. False: no room now. */
static bool send_frame(struct source *s, int64_t ticks, rtc_usec due,
                       rtc_usec now)
{
    struct rtc_frame frame = {.data = s->frame.data,
                              .len = s->frame.len,
                              .codec = s->frame.codec,
                              .media_time = (uint64_t)ticks,
                              .time = due};
    int error = rtc_peer_send_frame(s->peer, s->track, &frame, now);

    if (error == RTC_ERR_AGAIN && driver_flush(s->driver, s->peer))
        error = rtc_peer_send_frame(s->peer, s->track, &frame, now);
    driver_changed(s->driver, s->peer);
    if (error == RTC_ERR_AGAIN)
        return false;
    if (error == RTC_ERR_CLOSED) {
        source_pause(s); /* the peer's own event tells why */
    } else if (error) {
        const char *why = rtc_peer_why(s->peer);
        end(s, error == RTC_ERR_STATE ? RTC_EXIT_DESCRIPTION : RTC_EXIT_INPUT,
            *why ? why : rtc_error_text(error));
    }
    return true;
}

static bool is_playable(struct source *s)
{
    const struct rtc_media_track *track = source_track(s);

    if (!track || !track->has_b_frames || s->options.allow_b_frames)
        return true;
    end(s, RTC_EXIT_INPUT,
        track->codec == RTC_CODEC_H265
            ? "has B-frames, which WebRTC receivers do not reorder: encode "
              "with ffmpeg's `-bf 0' or x265's `bframes=0', or give "
              "--allow-b-frames"
            : "has B-frames, which WebRTC receivers do not reorder: encode "
              "with ffmpeg's `-bf 0', or give --allow-b-frames");
    return false;
}

/* Sends the frame at hand if it is due. False when it has to wait. */
static bool send_due(struct source *s)
{
    rtc_usec now = driver_now(s->driver), due;
    int64_t ticks;

    if (!s->anchored && s->frame.time < 0)
        s->anchor = now;
    ticks = frame_ticks(s, now);
    due = s->frame.time < 0 && s->readable ? now : due_time(s, ticks, now);
    if (due > now) {
        driver_timer_set(s->timer, due);
        return false;
    }
    s->anchored = true;
    if (!send_frame(s, ticks, due, now)) {
        driver_timer_set(s->timer, now + RETRY_US);
        return false;
    }
    s->step_ticks = s->frame_count ? ticks - s->last_ticks : 0;
    s->last_ticks = ticks;
    s->frame_count++;
    s->has_frame = false;
    return true;
}

/* A pipe's schedule begins when its first frame is there: what comes while the
 * session is being made must not stay late for good. */
static void anchor_pipe(struct source *s)
{
    rtc_usec now = driver_now(s->driver);

    s->ahead_us = AHEAD_US;
    s->ahead_at = now;
    if (s->readable && s->frame.time >= 0)
        due_time(s, frame_ticks(s, now), now);
}

/* As far as it goes now. */
static void step(struct source *s)
{
    if (s->stepping)
        return;
    s->stepping = true;
    while (s->state != SOURCE_OVER && fetch(s)) {
        if (s->state == SOURCE_PROBING) {
            s->state = SOURCE_READY;
            anchor_pipe(s);
            s->calls.ready(s->calls.user, s);
        }
        if (s->state != SOURCE_RUNNING || !is_playable(s) || !send_due(s))
            break;
    }
    s->stepping = false;
    if (s->state == SOURCE_OVER || !s->readable)
        return;
    driver_watch_enable(s->readable, !s->has_frame && !s->eof);
    if (!s->has_frame && s->reader && !s->eof)
        driver_timer_set(s->timer, driver_now(s->driver) + SILENT_US);
}

static void on_readable(void *user, int fd)
{
    (void)fd;
    step(user);
}

static void on_timer(void *user, int fd)
{
    struct source *s = user;

    (void)fd;
    if (!s->has_frame && s->reader && s->readable)
        rtc_media_reader_flush_hint(s->reader);
    step(s);
}

void source_start(struct source *source, struct rtc_peer *peer, int track)
{

    if (source->state != SOURCE_READY)
        return;
    if (source->frame.time < 0 && !source->readable && !source->frame_count)
        warn("%s does not tell its frame rate: taking %d (see --fps)",
             source_name(source), FALLBACK_FPS);
    source->peer = peer;
    source->track = track;
    source->state = SOURCE_RUNNING;
    driver_timer_set(source->timer, 0);
}

/* ---- life ---------------------------------------------------------------- */

static int watch(struct source *s)
{
    s->timer = driver_timer_new(s->driver, on_timer, s);
    if (!s->timer)
        return -1;
    s->readable =
        driver_watch_fd(s->driver, s->fd, DRIVER_READ, on_readable, s);
    if (!s->readable && errno != EPERM)
        return -1;
    if (s->readable && s->options.loop) {
        errno = ESPIPE;
        return -1;
    }
    driver_timer_set(s->timer, 0);
    return 0;
}

struct source *source_new(struct driver *driver,
                          const struct source_options *options,
                          const struct source_calls *calls)
{
    struct source *s = calloc(1, sizeof *s);
    int error;

    if (!s)
        return NULL;
    s->options = *options;
    s->calls = *calls;
    s->driver = driver;
    s->fd = file_open_read(options->file);
    if (s->fd >= 0 && watch(s) == 0)
        return s;
    error = errno;
    source_free(s);
    errno = error;
    return NULL;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    driver_watch_free(source->readable);
    driver_watch_free(source->timer);
    rtc_media_reader_free(source->reader);
    if (source->fd >= 0)
        close(source->fd);
    free(source);
}
