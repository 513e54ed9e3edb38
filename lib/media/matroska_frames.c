/* SPDX-License-Identifier: MIT
 * The frames of a Matroska block: restored to the form of rtc.h, with their
 * times (RFC 9559 11).
 *
 * A block's time is that of what the encoder took in: decoders' delay, which
 * CodecDelay tells, is left to them, as it is in RTP. Times of audio that are
 * as near to the count of samples as the file's unit of time allows are those
 * of the count. */
#include <string.h>

#include "base/mem.h"
#include "media/matroska_codec.h"
#include "media/matroska_read.h"

#define NANOSECONDS 1000000000
/* 20 ms of G.711 or G.722, which files have in pieces of any length. */
#define SAMPLES_MAX 160

int rtc_matroska_fail(struct rtc_media_reader *r, const char *what)
{
    return rtc_media_reader_fail(r, RTC_ERR_FORMAT, "byte %llu: %s",
                                 (unsigned long long)r->offset, what);
}

/* Room for a frame put together, or NULL. */
static uint8_t *out_room(struct rtc_matroska_reader *m, size_t len)
{
    size_t cap = m->out_cap ? m->out_cap : 4096;
    uint8_t *out;

    while (cap < len)
        cap *= 2;
    if (cap > m->out_cap) {
        if (!(out = rtc_realloc(m->out, cap)))
            return NULL;
        m->out = out;
        m->out_cap = cap;
    }
    return m->out;
}

/* Puts back what header stripping took, and changes the form of the frame where
 * the codec's differs. `frame` has what lies in the block. 0 or an error. */
static int restore(struct rtc_media_reader *r, struct rtc_matroska_track *t,
                   struct rtc_media_frame *frame)
{
    struct rtc_matroska_reader *m = r->state;
    size_t stored = t->strip_len + frame->len;
    size_t most = rtc_matroska_frame_max(t, stored);
    uint8_t *room;
    struct rtc_writer out;

    if (frame->len == 0 || (t->strip_len == 0 && rtc_matroska_frame_is_same(t)))
        return 0;
    if (!(room = out_room(m, stored + most)))
        return rtc_media_reader_fail(r, RTC_ERR_NOMEM, "out of memory");
    memcpy(room, t->strip, t->strip_len);
    memcpy(room + t->strip_len, frame->data, frame->len);
    rtc_writer_init(&out, room + stored, most);
    if (rtc_matroska_frame_read(t, room, stored, &out, frame->keyframe) < 0)
        return rtc_matroska_fail(r,
                                 "a block holds no frame of its track's codec");
    frame->data = out.data;
    frame->len = out.len;
    return 0;
}

/* The block's own time in nanoseconds. */
static int64_t block_time(const struct rtc_matroska_reader *m)
{
    int64_t units = (int64_t)m->cluster_time + m->block.time;

    return units > 0 ? units * (int64_t)m->scale : 0;
}

/* Time and duration of a frame of samples. */
static void count_samples(struct rtc_matroska_reader *m,
                          struct rtc_media_frame *frame, uint32_t ticks)
{
    struct rtc_matroska_count *c = &m->counts[m->track];
    uint32_t clock = m->tracks.list[m->track].media.clock;
    int64_t counted =
        c->time + rtc_media_rescale((int64_t)c->ticks, 1, clock, NANOSECONDS);
    int64_t off = frame->time - counted, unit = (int64_t)m->scale;

    if (!c->begun || (!m->goes_on && (off > unit || off < -unit))) {
        *c = (struct rtc_matroska_count){.begun = true, .time = frame->time};
        counted = c->time;
    }
    c->ticks += ticks;
    frame->time = counted;
    frame->duration = rtc_media_rescale(ticks, 1, clock, NANOSECONDS);
}

/* The same of another frame. Those of one block follow each other at the
 * track's rate. */
static void count_frames(struct rtc_matroska_reader *m,
                         struct rtc_media_frame *frame)
{
    struct rtc_matroska_track *t = &m->tracks.list[m->track];
    struct rtc_matroska_count *c = &m->counts[m->track];

    frame->duration = m->block_duration ? m->block_duration / m->block.count
                                        : t->default_duration;
    frame->time += frame->duration * (m->frame - 1);
    if (c->begun && frame->time < c->time && t->media.kind == RTC_VIDEO)
        t->media.has_b_frames = true;
    c->begun = true;
    c->time = frame->time;
}

/* What lies in the block of the next frame, or its next piece. */
static struct rtc_media_frame take(const struct rtc_media_reader *r)
{
    struct rtc_matroska_reader *m = r->state;
    const struct rtc_matroska_track *t = &m->tracks.list[m->track];
    size_t at = m->block_at + m->block.frames[m->frame].at + m->frame_at;
    struct rtc_media_frame frame = {
        .track = m->track,
        .codec = t->media.codec,
        .data = r->data + r->start + at,
        .len = m->block.frames[m->frame].len - m->frame_at,
        .time = block_time(m),
        .base_num = 1,
        .base_den = NANOSECONDS,
        .keyframe = m->block_keyframe,
    };

    if (rtc_matroska_is_samples(frame.codec) && t->strip_len == 0 &&
        frame.len > SAMPLES_MAX) {
        frame.len = SAMPLES_MAX;
        m->frame_at += SAMPLES_MAX;
    } else {
        m->frame_at = 0;
        m->frame++;
    }
    return frame;
}

/* Gives the next frame of the block: 1, 0 when it is empty, or an error. */
int rtc_matroska_give(struct rtc_media_reader *r,
                      struct rtc_media_frame *ret_frame)
{
    struct rtc_matroska_reader *m = r->state;
    struct rtc_matroska_track *t = &m->tracks.list[m->track];
    struct rtc_media_frame frame = take(r);
    int error = restore(r, t, &frame);
    uint32_t ticks;

    if (error || frame.len == 0)
        return error;
    if (frame.len > RTC_MEDIA_FRAME_MAX)
        return rtc_matroska_fail(r, "a frame is larger than 16 MiB");
    ticks = rtc_matroska_ticks(frame.codec, frame.data, frame.len);
    if (ticks > 0 && t->media.clock > 0)
        count_samples(m, &frame, ticks);
    else
        count_frames(m, &frame);
    m->goes_on = true;
    frame.keyframe = rtc_matroska_is_keyframe(frame.codec, frame.data,
                                              frame.len, frame.keyframe);
    r->tracks[m->track] = t->media;
    *ret_frame = frame;
    return 1;
}
