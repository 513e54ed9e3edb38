/* SPDX-License-Identifier: MIT
 *
 * Times of an input, put on one timeline.
 */
#include "cmd/timestamp.h"

#define SECOND_NS 1000000000
/* Steps back within this are disorder, others another start. */
#define DISORDER_NS (SECOND_NS / 2)

/* Where all tracks are over. */
static int64_t end_of(const struct timestamps *t)
{
    int64_t end = INT64_MIN;

    for (unsigned i = 0; i < TIMESTAMP_TRACK_MOST; i++) {
        int64_t ns = t->tracks[i].last_ns + t->tracks[i].step_ns;
        if (t->tracks[i].has_last && ns > end)
            end = ns;
    }
    return end;
}

void timestamp_loop(struct timestamps *t)
{
    if (t->has_first)
        t->shift_ns = end_of(t) - t->first_ns;
    t->has_first = false;
}

/* Without times: at arrival, or by the frame rate that is taken. */
static int64_t without_time(const struct timestamps *t,
                            const struct timestamp_frame *f)
{
    int64_t last = t->tracks[f->track].last_ns;

    if (f->position_ns != INT64_MIN)
        return f->position_ns;
    return t->tracks[f->track].has_last ? last + SECOND_NS / TIMESTAMP_FPS : 0;
}

/* By the input's time, whose shift follows when it begins anew. */
static int64_t with_time(struct timestamps *t, const struct timestamp_frame *f)
{
    int64_t raw = rtc_media_rescale(f->frame->time, f->frame->base_num,
                                    f->frame->base_den, SECOND_NS);
    int64_t end;

    if (raw > TIMESTAMP_MOST || raw < -TIMESTAMP_MOST)
        return INT64_MAX;
    if (!t->has_first)
        t->first_ns = raw;
    t->has_first = true;
    if (t->tracks[f->track].has_last &&
        raw + t->shift_ns < t->tracks[f->track].last_ns - DISORDER_NS) {
        end = end_of(t);
        if (f->position_ns > end)
            end = f->position_ns;
        t->shift_ns = end - raw;
    }
    return raw + t->shift_ns;
}

int timestamp_next(struct timestamps *t, const struct timestamp_frame *f,
                   int64_t *ret_ns)
{
    uint32_t rate = rtc_codec_clock_rate(f->frame->codec);
    int64_t last = t->tracks[f->track].last_ns;
    bool has_last = t->tracks[f->track].has_last;
    int64_t ns = f->frame->base_den ? with_time(t, f) : without_time(t, f);

    if (ns > TIMESTAMP_MOST || ns < -TIMESTAMP_MOST || !rate)
        return RTC_ERR_FORMAT;
    /* Two frames of one RTP time would be taken for one. */
    if (has_last && ns <= last && !f->reorders)
        ns = last + SECOND_NS / rate + 1;
    if (has_last && ns > last)
        t->tracks[f->track].step_ns = ns - last;
    if (!has_last || ns > last)
        t->tracks[f->track].last_ns = ns;
    t->tracks[f->track].has_last = true;
    *ret_ns = ns;
    return 0;
}
