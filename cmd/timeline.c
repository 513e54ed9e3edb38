/* SPDX-License-Identifier: MIT
 *
 * RTP times, arrival and the remote's clock to the times of an output.
 */
#include "cmd/timeline.h"

#include <stddef.h>

#include "media/media.h"

#define SECOND_NS INT64_C(1000000000)
/* RTP times that step back by more, or forward by so much more than the clock,
 * are of another start. */
#define BACK_NS (SECOND_NS / 2)
#define JUMP_NS (10 * SECOND_NS)
/* What remote clocks say is believed that far from the arrival. */
#define CREDIBLE_NS (5 * SECOND_NS)
/* Corrections take this part of the time that goes on, larger ones go forward
 * at once. */
#define SLEW 8
#define LEAP_NS SECOND_NS

/* Distance of two RTP times. */
static int64_t media_ns(uint64_t from, uint64_t to, const struct rtc_frame *f)
{
    return rtc_media_rescale((int64_t)(to - from), 1,
                             rtc_codec_clock_rate(f->codec),
                             (uint32_t)SECOND_NS);
}

/* Where the timeline is when something arrives at `at`: as far behind the frame
 * that came last as it came after that. */
static int64_t position(const struct timeline *t, rtc_usec at)
{
    const struct timeline_track *last = NULL;

    for (unsigned i = 0; i < TIMELINE_TRACK_MOST; i++) {
        const struct timeline_track *track = &t->tracks[i];
        if (track->has_last && (!last || track->last_at > last->last_at))
            last = track;
    }
    if (!last)
        return 0;
    return last->last_ns + (at > last->last_at ? at - last->last_at : 0) * 1000;
}

/* Whether the lead's remote clock tells where this track's frame belongs. */
static bool has_place(const struct timeline *t, unsigned track,
                      const struct rtc_frame *frame, int64_t *ret_ns)
{
    const struct timeline_track *lead = &t->tracks[t->lead];

    if (track == t->lead || !lead->has_remote ||
        frame->remote_time == RTC_NEVER)
        return false;
    *ret_ns = frame->remote_time * 1000 - lead->remote_ns;
    return true;
}

static bool is_near(int64_t a, int64_t b, int64_t most)
{
    return a - b < most && b - a < most;
}

/* Where the first frame of a source goes. */
static int64_t place(const struct timeline *t, unsigned track,
                     const struct rtc_frame *frame)
{
    const struct timeline_track *own = &t->tracks[track];
    int64_t by_arrival = position(t, frame->time), ns;

    if (!has_place(t, track, frame, &ns) ||
        !is_near(ns, by_arrival, CREDIBLE_NS))
        ns = by_arrival;
    if (own->has_last && ns <= own->last_ns)
        ns = own->last_ns + SECOND_NS / 1000;
    return ns;
}

/* Whether a frame's RTP time follows the one before. */
static bool follows(const struct timeline_track *track,
                    const struct rtc_frame *frame)
{
    int64_t media = media_ns(track->last_media, frame->media_time, frame);
    int64_t real = (frame->time - track->last_at) * 1000;

    return track->has_last && !track->is_new && media > -BACK_NS &&
           media - real < JUMP_NS;
}

/* How much of an error is corrected over `gone` of media. */
static int64_t correction(int64_t error, int64_t gone)
{
    int64_t most = gone > 0 ? gone / SLEW : 0;

    if (error > LEAP_NS)
        return error;
    if (error > most)
        return most;
    return error < -most ? -most : error;
}

int64_t timeline_next(struct timeline *t, unsigned track,
                      const struct rtc_frame *frame)
{
    struct timeline_track *own = &t->tracks[track];
    int64_t ns, there;

    if (!follows(own, frame)) {
        own->base_ns = place(t, track, frame);
        own->base_media = frame->media_time;
        own->is_new = false;
    } else if (has_place(t, track, frame, &there)) {
        int64_t gone = media_ns(own->last_media, frame->media_time, frame);
        ns = own->base_ns + media_ns(own->base_media, frame->media_time, frame);
        if (is_near(there, position(t, frame->time), CREDIBLE_NS))
            own->base_ns += correction(there - ns, gone);
    }
    ns = own->base_ns + media_ns(own->base_media, frame->media_time, frame);
    own->has_last = true;
    own->last_media = frame->media_time;
    own->last_ns = ns;
    own->last_at = frame->time;
    own->has_remote = frame->remote_time != RTC_NEVER;
    if (own->has_remote)
        own->remote_ns = frame->remote_time * 1000 - ns;
    return ns;
}

void timeline_switch(struct timeline *t, unsigned track)
{
    t->tracks[track].is_new = true;
}

void timeline_rebase(struct timeline *t)
{
    for (unsigned i = 0; i < TIMELINE_TRACK_MOST; i++) {
        t->tracks[i].is_new = true;
        t->tracks[i].has_remote = false;
    }
}
