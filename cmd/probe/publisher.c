/* SPDX-License-Identifier: MIT
 *
 * Frames of a clip to a peer when they are due, each track by a schedule of its
 * own that began with the other's.
 */
#include "cmd/probe/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/probe/clip.h"
#include "cmd/probe/mark.h"

/* Handed over so much after it was due: this machine is overloaded. */
#define LATE_US 20000
/* So late moves the schedule, so that no burst makes up for it. */
#define MOVE_US 500000
/* A key frame at most this often, however often one is asked for. */
#define KEYFRAME_US 300000
#define LANE_MOST 2

const char *const publisher_clips[] = {"vp8+opus", "h264+opus", "vp8",
                                       "h264",     "opus",      NULL};

/* A track and where in its clip it is. */
struct lane {
    const struct clip *clip;
    int track; /* of the peer; -1: not taken */
    unsigned next;
    rtc_usec base_us; /* of the clip's first frame, since the start */
    uint32_t sequence;
    int64_t budget; /* bytes that may still be filled up */
    bool anew;      /* the next frame is to be a key frame */
    bool is_behind; /* nothing goes out before it */
    rtc_usec keyframe_at;
};

struct publisher {
    struct driver *driver;
    struct publisher_options options;
    struct rtc_peer *peer;
    struct driver_watch *timer;
    struct lane lanes[LANE_MOST];
    unsigned lane_count;
    rtc_usec start;
    struct publisher_counts counts;
    uint8_t *buf; /* a marked frame */
    size_t cap;
};

static const enum rtc_codec codecs[][LANE_MOST] = {
    {RTC_CODEC_VP8, RTC_CODEC_OPUS},
    {RTC_CODEC_H264, RTC_CODEC_OPUS},
    {RTC_CODEC_VP8},
    {RTC_CODEC_H264},
    {RTC_CODEC_OPUS},
};

/* ---- one frame ----------------------------------------------------------- */

static rtc_usec due_of(const struct publisher *p, const struct lane *lane)
{
    return p->start + lane->base_us + lane->clip->frames[lane->next].time_us;
}

static bool is_video(const struct lane *lane)
{
    return rtc_codec_kind(lane->clip->codec) == RTC_VIDEO;
}

/* How long the next frame is to be at least. */
static size_t least_of(struct publisher *p, struct lane *lane)
{
    const struct clip *clip = lane->clip;

    if (!p->options.bitrate_bps || !is_video(lane))
        return 0;
    lane->budget += (int64_t)((double)p->options.bitrate_bps / 8e6 *
                              (double)clip->length_us / clip->count);
    return lane->budget > 0 ? (size_t)lane->budget : 0;
}

/* Room for a marked frame; it grows with the longest one. */
static bool make_room(struct publisher *p, size_t len)
{
    uint8_t *buf;

    if (len <= p->cap)
        return true;
    buf = realloc(p->buf, len);
    if (!buf)
        return false;
    p->buf = buf;
    p->cap = len;
    return true;
}

/* The frame with its mark; without one where it cannot have any. */
static void mark(struct publisher *p, struct lane *lane, rtc_usec now,
                 struct rtc_frame *frame)
{
    const struct clip_frame *from = &lane->clip->frames[lane->next];
    const struct probe_mark mark = {p->options.run, lane->sequence, now};
    size_t least = least_of(p, lane);
    size_t cap = (from->len > least ? from->len : least) + PROBE_MARK_MOST;
    int len;

    frame->data = from->data;
    frame->len = from->len;
    if (!probe_mark_can(frame->codec) || !make_room(p, cap))
        return;
    len = probe_mark_write(frame->codec, from->data, from->len, &mark, least,
                           p->buf, p->cap);
    if (len < 0)
        return;
    frame->data = p->buf;
    frame->len = (size_t)len;
}

/* Hands over the frame that is due. 0, or as rtc_peer_send_frame. */
static int hand_over(struct publisher *p, struct lane *lane, rtc_usec due,
                     rtc_usec now)
{
    enum rtc_codec codec = lane->clip->codec;
    struct rtc_frame frame = {.codec = codec,
                              .media_time = (uint64_t)(due - p->start) *
                                            rtc_codec_clock_rate(codec) /
                                            1000000,
                              .time = due};
    int error;

    mark(p, lane, now, &frame);
    error = rtc_peer_send_frame(p->peer, lane->track, &frame, now);
    if (error == RTC_ERR_AGAIN && driver_flush(p->driver, p->peer))
        error = rtc_peer_send_frame(p->peer, lane->track, &frame, now);
    driver_changed(p->driver, p->peer);
    if (error)
        return error;
    lane->sequence++;
    lane->budget -= (int64_t)frame.len;
    p->counts.frames[rtc_codec_kind(codec)]++;
    return 0;
}

/* What the frame that is due now really is: the clip's first one, when a key
 * frame is wanted. */
static void begin_anew(struct lane *lane, rtc_usec now)
{
    if (!lane->anew ||
        (lane->next != 0 && now - lane->keyframe_at < KEYFRAME_US))
        return;
    lane->base_us += lane->clip->frames[lane->next].time_us;
    lane->next = 0;
    lane->anew = false;
}

static void step(struct publisher *p, struct lane *lane, rtc_usec now)
{
    rtc_usec due = due_of(p, lane), late = now - due;

    p->counts.late += late > LATE_US;
    if (late > MOVE_US) {
        lane->base_us += late;
        due = now;
    }
    begin_anew(lane, now);
    if (lane->next == 0) {
        lane->keyframe_at = now;
        lane->is_behind = false;
    }
    if (lane->is_behind || hand_over(p, lane, due, now)) {
        p->counts.refused++;
        /* What follows needs this one. */
        lane->anew = lane->is_behind = is_video(lane);
    }
    if (++lane->next == lane->clip->count) {
        lane->base_us += lane->clip->length_us;
        lane->next = 0;
    }
}

static void on_time(void *user, int what)
{
    struct publisher *p = user;
    rtc_usec now = driver_now(p->driver), next = RTC_NEVER;

    (void)what;
    for (unsigned i = 0; i < p->lane_count; i++) {
        struct lane *lane = &p->lanes[i];

        if (lane->track < 0)
            continue;
        while (due_of(p, lane) <= now)
            step(p, lane, now);
        if (due_of(p, lane) < next)
            next = due_of(p, lane);
    }
    driver_timer_set(p->timer, next);
}

/* ---- beginning and end --------------------------------------------------- */

struct publisher *publisher_new(struct driver *driver,
                                const struct publisher_options *options)
{
    struct publisher *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->driver = driver;
    p->options = *options;
    p->timer = driver_timer_new(driver, on_time, p);
    for (unsigned i = 0; i < LANE_MOST && codecs[options->clip][i]; i++)
        p->lanes[p->lane_count++] = (struct lane){
            .clip = clip_get(codecs[options->clip][i]), .track = -1};
    for (unsigned i = 0; i < p->lane_count; i++)
        if (!p->lanes[i].clip || !p->timer) {
            publisher_free(p);
            return NULL;
        }
    return p;
}

void publisher_free(struct publisher *publisher)
{
    if (!publisher)
        return;
    driver_watch_free(publisher->timer);
    free(publisher->buf);
    free(publisher);
}

int publisher_add_tracks(struct publisher *publisher, struct rtc_peer *peer,
                         enum rtc_direction direction)
{
    publisher->peer = peer;
    for (unsigned i = 0; i < publisher->lane_count; i++) {
        struct lane *lane = &publisher->lanes[i];
        struct rtc_track_config config = {.kind =
                                              rtc_codec_kind(lane->clip->codec),
                                          .direction = direction,
                                          .codecs = {lane->clip->codec},
                                          .codec_count = 1};

        lane->track = rtc_peer_add_track(peer, &config);
        if (lane->track < 0)
            return lane->track;
    }
    return 0;
}

static bool is_taken(const struct publisher *p, const struct lane *lane)
{
    struct rtc_track_info info;

    return lane->track >= 0 &&
           rtc_peer_track_info(p->peer, lane->track, &info) == 0 &&
           (info.agreed & RTC_SENDONLY) && info.codec == lane->clip->codec;
}

enum rtc_codec publisher_start(struct publisher *publisher)
{
    struct publisher *p = publisher;
    enum rtc_codec refused = RTC_CODEC_NONE;
    bool any = false;

    p->start = driver_now(p->driver);
    for (unsigned i = 0; i < p->lane_count; i++) {
        struct lane *lane = &p->lanes[i];

        if (!is_taken(p, lane)) {
            lane->track = -1;
            refused = refused ? refused : lane->clip->codec;
        }
        any = any || lane->track >= 0;
    }
    driver_timer_set(p->timer, any ? p->start : RTC_NEVER);
    return refused;
}

void publisher_stop(struct publisher *publisher)
{
    driver_timer_set(publisher->timer, RTC_NEVER);
}

void publisher_event(struct publisher *publisher, const struct rtc_event *event)
{
    if (event->type == RTC_EVENT_CLOSED)
        publisher_stop(publisher);
    if (event->type != RTC_EVENT_KEYFRAME_REQUEST)
        return;
    publisher->counts.keyframe_requests++;
    for (unsigned i = 0; i < publisher->lane_count; i++)
        if (publisher->lanes[i].track == event->track)
            publisher->lanes[i].anew = is_video(&publisher->lanes[i]);
}

const struct publisher_counts *
publisher_counts(const struct publisher *publisher)
{
    return &publisher->counts;
}
