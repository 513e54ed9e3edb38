/* SPDX-License-Identifier: MIT
 *
 * Frames from an input to the peer when they are due. One frame at a time is
 * read ahead, so a fast writer is held back by its full pipe; with several
 * tracks up to a second, so that a frame that waits does not hold up another
 * track. Reading is input.h's, times timestamp.h's, the schedule pace.h's, and
 * handing over lane.h's. Of a recording of RTP packets each is a frame here.
 */
#include "cmd/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/lane.h"
#include "cmd/packets_in.h"
#include "cmd/timestamp.h"

/* How far tracks of one file may lie apart in it. */
#define INTERLEAVE_NS 1000000000
/* A frame that the path has not taken for so long is late. */
#define LATE_US 500000
/* The sender's queue or a socket was full: look again after this. */
#define RETRY_US 2000
/* A pipe silent for so long has given the whole of its last access unit. */
#define SILENT_US 15000
/* Frames sent in a row before events are looked at again. */
#define ROW_MOST 64

enum source_state { SOURCE_PROBING, SOURCE_READY, SOURCE_RUNNING, SOURCE_OVER };

struct source {
    struct source_options options;
    struct source_calls calls;
    struct driver *driver;
    struct driver_watch *readable; /* NULL: not a pipe */
    struct driver_watch *timer;    /* a due time, or a pipe's silence */
    enum source_state state;
    bool stepping;
    struct input *input;
    enum input_result last; /* END, BAD: nothing more will come of it */
    struct lane lanes[SOURCE_TRACK_MOST];
    unsigned lane_count;
    struct packets_in packets; /* of a recording */
    struct timestamps times;
    struct pace pace;
    struct rtc_peer *peer;
    rtc_usec paused_at; /* RTC_NEVER: it is not */
    uint64_t frame_count;
    bool said_late;
};

const char *source_name(const struct source *s)
{
    if (s->options.name)
        return s->options.name;
    return strcmp(s->options.input.file, "-") ? s->options.input.file : "stdin";
}

bool source_is_pipe(const struct source *s)
{
    return s->readable != NULL;
}

unsigned source_track_count(const struct source *s)
{
    return s->state == SOURCE_PROBING ? 0 : s->lane_count;
}

const struct rtc_media_track *source_track(const struct source *s,
                                           unsigned index)
{
    return index < source_track_count(s) ? &s->lanes[index].media : NULL;
}

bool source_is_packets(const struct source *s)
{
    return s->lane_count && s->lanes[0].is_packets;
}

uint64_t source_frame_count(const struct source *s)
{
    return s->frame_count;
}

void source_stop(struct source *s)
{
    s->state = SOURCE_OVER;
    driver_timer_set(s->timer, RTC_NEVER);
    if (s->readable)
        driver_watch_enable(s->readable, false);
}

void source_pause(struct source *s)
{
    if (s->state != SOURCE_RUNNING)
        return;
    s->state = SOURCE_READY;
    s->paused_at = driver_now(s->driver);
    driver_timer_set(s->timer, RTC_NEVER);
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

static const char *kind_name(enum rtc_kind kind)
{
    return kind == RTC_VIDEO ? "video" : "audio";
}

static bool has_kind(const struct source *s, enum rtc_kind kind)
{
    for (unsigned i = 0; i < s->lane_count; i++)
        if (s->lanes[i].media.kind == kind)
            return true;
    return false;
}

static bool is_recording(const struct source *s)
{
    return input_format(s->input) == RTC_MEDIA_RTPDUMP;
}

/* As what is in the input is known; of a recording by its first packet. */
static const struct rtc_media_track *input_media(const struct source *s,
                                                 unsigned index)
{
    return is_recording(s) ? &s->packets.track : input_track(s->input, index);
}

/* Whether a track of the input is sent; says why one is not. */
static bool is_wanted(const struct source *s, unsigned index)
{
    const struct rtc_media_track *media = input_media(s, index);

    if (s->options.only && media->kind != s->options.kind)
        return false;
    if (!has_kind(s, media->kind))
        return true;
    warn("%s: track %u (%s) is left out: there is %s before it", source_name(s),
         index + 1, rtc_codec_name(media->codec), kind_name(media->kind));
    return false;
}

/* Takes the first track of each kind that is wanted. */
static void choose_tracks(struct source *s)
{
    const char *left_out = input_left_out(s->input);

    if (*left_out)
        warn("%s: left out, as their codecs are not carried: %s",
             source_name(s), left_out);
    for (unsigned i = 0; i < input_track_count(s->input); i++)
        if (is_wanted(s, i))
            s->lanes[s->lane_count++] =
                (struct lane){.index = i,
                              .media = *input_media(s, i),
                              .is_packets = is_recording(s)};
}

static void say_nothing_fits(struct source *s)
{
    const struct rtc_media_track *media = input_media(s, 0);
    char why[128];

    if (s->options.only && media)
        snprintf(why, sizeof why, "it carries %s: give it by --%s",
                 rtc_codec_name(media->codec), kind_name(media->kind));
    else
        snprintf(why, sizeof why, "there is no track in it that can be sent");
    end(s, RTC_EXIT_INPUT, why);
}

static struct lane *find_lane(struct source *s, unsigned index)
{
    for (unsigned i = 0; i < s->lane_count; i++)
        if (s->lanes[i].index == index)
            return &s->lanes[i];
    return NULL;
}

/* Puts a frame that was read behind those of its track. */
static void keep(struct source *s, const struct rtc_media_frame *frame)
{
    struct lane *lane = find_lane(s, frame->track);
    rtc_usec now = driver_now(s->driver);
    struct timestamp_frame about = {.frame = frame, .position_ns = INT64_MIN};
    int64_t ns;

    if (!lane || lane->is_off)
        return;
    lane->media = *input_media(s, frame->track);
    about.track = (unsigned)(lane - s->lanes);
    about.reorders = lane->media.has_b_frames || lane->is_packets;
    if (s->readable && s->pace.has_zero)
        about.position_ns = pace_position(&s->pace, now);
    if (timestamp_next(&s->times, &about, &ns))
        end(s, RTC_EXIT_INPUT, "its times make no sense");
    else if (!backlog_push(&lane->backlog, frame, ns, now))
        end(s, RTC_EXIT_INTERNAL, "out of memory");
}

/* Whether a frame that was read goes any further. */
static bool is_taken(struct source *s, struct rtc_media_frame *frame)
{
    int taken = is_recording(s) ? packets_in_take(&s->packets, frame) : 1;

    if (taken < 0)
        end(s, RTC_EXIT_INPUT, s->packets.why);
    else if (!taken && s->packets.why[0])
        warn("%s: %s", source_name(s), s->packets.why);
    return taken > 0;
}

/* Reads one frame. False: there is none now. */
static bool fetch(struct source *s)
{
    struct rtc_media_frame frame;

    if (s->last == INPUT_END || s->last == INPUT_BAD)
        return false;
    s->last = input_next(s->input, &frame);
    if (s->last == INPUT_END && s->options.loop && s->frame_count &&
        input_rewind(s->input)) {
        timestamp_loop(&s->times);
        packets_in_loop(&s->packets);
        s->last = INPUT_WAIT;
        return true;
    }
    if (s->last != INPUT_FRAME)
        return false;
    if (!is_taken(s, &frame))
        return s->state != SOURCE_OVER;
    if (!s->lane_count) {
        choose_tracks(s);
        if (!s->lane_count)
            say_nothing_fits(s);
    }
    if (s->state != SOURCE_OVER)
        keep(s, &frame);
    return s->state != SOURCE_OVER;
}

/* ---- what is next -------------------------------------------------------- */

static rtc_usec due_of(struct source *s, struct waiting *item, rtc_usec now)
{
    if (item->due == RTC_NEVER)
        item->due = pace_due(&s->pace, item->time_ns, now);
    return s->options.unpaced ? now : item->due;
}

static bool is_drained(struct source *s)
{
    for (unsigned i = 0; i < s->lane_count; i++)
        if (s->lanes[i].backlog.count)
            return false;
    return true;
}

/* How much of the input's time waits. */
static int64_t span_of(struct source *s)
{
    int64_t first = INT64_MAX, last = INT64_MIN;

    for (unsigned i = 0; i < s->lane_count; i++) {
        struct backlog *b = &s->lanes[i].backlog;
        if (!b->count)
            continue;
        if (backlog_first(b)->time_ns < first)
            first = backlog_first(b)->time_ns;
        if (backlog_last(b)->time_ns > last)
            last = backlog_last(b)->time_ns;
    }
    return last > first ? last - first : 0;
}

/* A live pipe is read on while the path is blocked: what stayed in the pipe
 * would not be known to be late because of the path. */
static bool may_drop(const struct source *s, const struct lane *lane)
{
    return s->readable && !s->options.no_drop && !s->options.unpaced &&
           lane->media.kind == RTC_VIDEO && !lane->is_packets;
}

/* Whether to read on though nothing more is due. */
static bool wants_more(struct source *s, rtc_usec now)
{
    bool is_empty = is_drained(s), lacks = false, blocked = false;

    if (is_empty || s->state != SOURCE_RUNNING)
        return is_empty;
    for (unsigned i = 0; i < s->lane_count; i++) {
        struct lane *lane = &s->lanes[i];
        struct waiting *last = backlog_last(&lane->backlog);
        if (backlog_is_full(&lane->backlog))
            return false;
        lacks = lacks || (!last && !lane->is_off);
        if (last && lane->is_blocked && may_drop(s, lane))
            blocked = due_of(s, last, now) <= now;
    }
    return (lacks && span_of(s) < INTERLEAVE_NS) || blocked;
}

/* ---- sending ------------------------------------------------------------- */

/* Sends the lane's first frame. False: no room now, or the session is over. */
static bool send_first(struct source *s, struct lane *lane, rtc_usec due,
                       rtc_usec now)
{
    const struct lane_path path = {s->driver, s->peer, may_drop(s, lane)};
    int error = lane_send(lane, &path, due, now);

    lane->is_blocked = error == RTC_ERR_AGAIN;
    if (error == RTC_ERR_CLOSED) {
        source_pause(s); /* the peer's own event tells why */
    } else if (error && error != RTC_ERR_AGAIN) {
        const char *why = rtc_peer_why(s->peer);
        end(s, error == RTC_ERR_STATE ? RTC_EXIT_DESCRIPTION : RTC_EXIT_INPUT,
            *why ? why : rtc_error_text(error));
    }
    if (error)
        return false;
    backlog_pop(&lane->backlog);
    s->frame_count++;
    return true;
}

/* Leaves out what is late, up to the next key frame. */
static void drop_late(struct source *s, struct lane *lane, rtc_usec now)
{
    struct waiting *item;
    unsigned count = 0;

    while ((item = backlog_first(&lane->backlog))) {
        rtc_usec due = due_of(s, item, now);
        rtc_usec since = due > item->read_at ? due : item->read_at;
        bool is_late = lane->is_blocked && now - since > LATE_US;
        if (lane->is_behind && item->frame.keyframe && !is_late)
            lane->is_behind = false;
        lane->is_behind = lane->is_behind || is_late;
        if (!lane->is_behind)
            break;
        backlog_pop(&lane->backlog);
        count++;
    }
    if (count && !s->said_late)
        warn("%s: the path does not take all of it: late video is left out up "
             "to the next key frame",
             source_name(s));
    if (count)
        s->said_late = true;
    if (count)
        s->calls.dropped(s->calls.user, s, lane->target.track, count);
}

static bool is_playable(struct source *s, const struct lane *lane)
{
    if (!lane->media.has_b_frames || s->options.allow_b_frames)
        return true;
    end(s, RTC_EXIT_INPUT,
        lane->media.codec == RTC_CODEC_H265
            ? "has B-frames, which WebRTC receivers do not reorder: encode "
              "with ffmpeg's `-bf 0' or x265's `bframes=0', or give "
              "--allow-b-frames"
            : "has B-frames, which WebRTC receivers do not reorder: encode "
              "with ffmpeg's `-bf 0', or give --allow-b-frames");
    return false;
}

/* The lane whose first frame is due first; NULL: all of them wait, for the
 * earliest of `ret_when`. Blocked ones are passed over. */
static struct lane *next_lane(struct source *s, rtc_usec now,
                              rtc_usec *ret_when)
{
    struct lane *next = NULL;
    rtc_usec earliest = RTC_NEVER;

    for (unsigned i = 0; i < s->lane_count; i++) {
        struct lane *lane = &s->lanes[i];
        struct waiting *item;
        rtc_usec due;
        if (may_drop(s, lane))
            drop_late(s, lane, now);
        item = backlog_first(&lane->backlog);
        if (!item)
            continue;
        due = lane->is_blocked ? now + RETRY_US : due_of(s, item, now);
        if (due < earliest) {
            earliest = due;
            next = lane;
        }
    }
    *ret_when = earliest;
    return earliest <= now ? next : NULL;
}

/* Sends all that is due. When the next is, RTC_NEVER for nothing there. */
static rtc_usec send_due(struct source *s, rtc_usec now)
{
    struct lane *lane;
    rtc_usec when = RTC_NEVER;

    while (s->state == SOURCE_RUNNING && (lane = next_lane(s, now, &when)))
        if (is_playable(s, lane))
            send_first(s, lane, when, now);
    return when;
}

/* ---- running ------------------------------------------------------------- */

/* There is no more to read, and none of it left. */
static void end_drained(struct source *s)
{
    if (s->last == INPUT_BAD)
        end(s, input_status(s->input), input_why(s->input));
    else if (s->frame_count)
        end(s, RTC_EXIT_DONE, "end of input");
    else
        end(s, RTC_EXIT_INPUT,
            is_recording(s) ? "there is no RTP packet in it"
                            : "there is no frame in it");
}

static bool is_finished(struct source *s)
{
    return (s->last == INPUT_END || s->last == INPUT_BAD) && is_drained(s);
}

/* Waits for the next frame's time, or for more input. */
static void wait_for(struct source *s, rtc_usec when, rtc_usec now)
{
    bool reads = wants_more(s, now) && !input_is_read(s->input);

    if (s->readable)
        driver_watch_enable(s->readable, reads);
    if (when == RTC_NEVER && s->readable && reads && input_is_known(s->input))
        when = now + SILENT_US;
    if (s->state == SOURCE_RUNNING || when != RTC_NEVER)
        driver_timer_set(s->timer, when);
}

/* As far as it goes now. */
static void step(struct source *s)
{
    rtc_usec now = driver_now(s->driver), when = RTC_NEVER;
    unsigned row = 0;
    bool more;

    if (s->stepping || s->state == SOURCE_OVER)
        return;
    s->stepping = true;
    for (unsigned i = 0; i < s->lane_count; i++)
        s->lanes[i].is_blocked = false;
    do {
        if (s->state == SOURCE_PROBING && !is_drained(s)) {
            s->state = SOURCE_READY;
            s->calls.ready(s->calls.user, s);
        }
        when = send_due(s, now);
        more = s->state != SOURCE_OVER && wants_more(s, now) && fetch(s);
    } while (more && ++row < ROW_MOST);
    s->stepping = false;
    if (more)
        when = now;
    if (s->state != SOURCE_OVER && is_finished(s))
        end_drained(s);
    if (s->state != SOURCE_OVER)
        wait_for(s, when, now);
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
    if (s->readable && is_drained(s))
        input_hint(s->input);
    step(s);
}

static void warn_rate(const struct source *s)
{
    for (unsigned i = 0; i < s->lane_count; i++) {
        const struct backlog *b = &s->lanes[i].backlog;
        if (b->count && !b->items[b->first].frame.base_den)
            warn("%s does not tell its frame rate: taking %d (see --fps)",
                 source_name(s), TIMESTAMP_FPS);
    }
}

void source_start(struct source *s, struct rtc_peer *peer,
                  const struct source_target targets[SOURCE_TRACK_MOST])
{
    if (s->state != SOURCE_READY)
        return;
    if (!s->readable && !s->frame_count)
        warn_rate(s);
    if (s->paused_at != RTC_NEVER)
        pace_resume(&s->pace, driver_now(s->driver) - s->paused_at);
    s->paused_at = RTC_NEVER;
    for (unsigned i = 0; i < s->lane_count; i++) {
        s->lanes[i].target = targets[i];
        s->lanes[i].is_off = targets[i].track < 0;
        if (s->lanes[i].is_off)
            backlog_clear(&s->lanes[i].backlog);
        backlog_forget_due(&s->lanes[i].backlog);
    }
    s->peer = peer;
    s->state = SOURCE_RUNNING;
    driver_timer_set(s->timer, 0);
}

/* ---- life ---------------------------------------------------------------- */

static int watch(struct source *s)
{
    int fd = input_fd(s->input);

    s->timer = driver_timer_new(s->driver, on_timer, s);
    if (!s->timer)
        return -1;
    if (fd >= 0) {
        s->readable =
            driver_watch_fd(s->driver, fd, DRIVER_READ, on_readable, s);
        if (!s->readable && errno != EPERM)
            return -1;
    }
    if (s->readable && s->options.loop) {
        errno = ESPIPE;
        return -1;
    }
    if (s->readable)
        input_set_pipe(s->input);
    pace_init(&s->pace, s->options.start, s->readable != NULL);
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
    s->paused_at = RTC_NEVER;
    s->last = INPUT_WAIT;
    s->packets.codec = options->codec;
    driver_random(NULL, &s->packets.random, sizeof s->packets.random);
    s->input = input_new(&options->input);
    if (s->input && watch(s) == 0)
        return s;
    error = errno;
    source_free(s);
    errno = error;
    return NULL;
}

void source_free(struct source *s)
{
    if (!s)
        return;
    driver_watch_free(s->readable);
    driver_watch_free(s->timer);
    for (unsigned i = 0; i < s->lane_count; i++)
        backlog_clear(&s->lanes[i].backlog);
    input_free(s->input);
    free(s);
}
