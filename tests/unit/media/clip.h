/* SPDX-License-Identifier: MIT
 * For the tests of readers and writers: a file of tests/vectors/media, and all
 * frames a reader makes of bytes given in pieces of one size. */
#pragma once

#include "media/media.h"
#include "tap.h"

#define CLIP_FRAME_MOST 128

struct clip_frame {
    unsigned track;
    uint8_t *data;
    size_t len;
    int64_t time, duration;
    uint32_t base_num, base_den;
    bool keyframe;
};

struct clip {
    struct clip_frame frames[CLIP_FRAME_MOST];
    unsigned count;
    struct rtc_media_track track; /* the first one */
    struct rtc_media_track tracks[RTC_MEDIA_TRACK_MOST];
    unsigned track_count;
    char left_out[256];
    int error;
    char why[256];
};

/* To be freed; the test cannot go on without it. */
static inline uint8_t *clip_load(const char *name, size_t *ret_len)
{
    const char *srcdir = getenv("srcdir");
    uint8_t *data = malloc(65536);
    char path[1024];
    FILE *f;

    snprintf(path, sizeof path, "%s/tests/vectors/media/%s",
             srcdir ? srcdir : ".", name);
    f = fopen(path, "rb");
    if (!f || !data) {
        printf("Bail out! %s\n", path);
        exit(EXIT_FAILURE);
    }
    *ret_len = fread(data, 1, 65536, f);
    fclose(f);
    return data;
}

static inline void clip_add(struct clip *c, const struct rtc_media_frame *frame)
{
    struct clip_frame *f = &c->frames[c->count];

    if (c->count == CLIP_FRAME_MOST)
        return;
    *f = (struct clip_frame){.track = frame->track,
                             .data = malloc(frame->len),
                             .len = frame->len,
                             .time = frame->time,
                             .duration = frame->duration,
                             .base_num = frame->base_num,
                             .base_den = frame->base_den,
                             .keyframe = frame->keyframe};
    if (f->data)
        memcpy(f->data, frame->data, frame->len);
    c->count++;
}

static inline int clip_drain(struct clip *c, struct rtc_media_reader *r)
{
    struct rtc_media_frame frame;
    int got;

    while ((got = rtc_media_reader_pop(r, &frame)) > 0)
        clip_add(c, &frame);
    return got;
}

/* Reads all of `data` in pieces of `step` bytes. */
static inline struct clip *clip_read(enum rtc_media_format format,
                                     const uint8_t *data, size_t len,
                                     size_t step)
{
    struct clip *c = calloc(1, sizeof *c);
    struct rtc_media_reader *r;
    int got = 0;

    if (!c || rtc_media_reader_new(&r, format, NULL) < 0)
        exit(EXIT_FAILURE);
    for (size_t at = 0; at < len && got == 0;) {
        size_t part = len - at < step ? len - at : step;
        uint8_t *exact = malloc(part); /* an overrun shows */

        memcpy(exact, data + at, part);
        got = rtc_media_reader_push(r, exact, part);
        free(exact);
        if (got < 0)
            break;
        at += (size_t)got;
        got = clip_drain(c, r);
    }
    if (got == 0) {
        rtc_media_reader_end(r);
        got = clip_drain(c, r);
    }
    c->error = got;
    snprintf(c->why, sizeof c->why, "%s", rtc_media_reader_why(r));
    snprintf(c->left_out, sizeof c->left_out, "%s",
             rtc_media_reader_left_out(r));
    c->track_count = rtc_media_reader_track_count(r);
    for (unsigned i = 0; i < c->track_count; i++)
        c->tracks[i] = *rtc_media_reader_track(r, i);
    c->track = c->tracks[0];
    rtc_media_reader_free(r);
    return c;
}

static inline void clip_free(struct clip *c)
{
    for (unsigned i = 0; i < c->count; i++)
        free(c->frames[i].data);
    free(c);
}

/* Whether the first `count` frames are the same bytes. */
static inline bool clip_same_data(const struct clip *a, const struct clip *b,
                                  unsigned count)
{
    if (a->count < count || b->count < count)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (a->frames[i].len != b->frames[i].len ||
            memcmp(a->frames[i].data, b->frames[i].data, a->frames[i].len))
            return false;
    return true;
}

/* The same frames at the same times, and the same end. */
static inline bool clip_same(const struct clip *a, const struct clip *b)
{
    if (a->count != b->count || a->error != b->error ||
        strcmp(a->why, b->why) || !clip_same_data(a, b, a->count))
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (a->frames[i].track != b->frames[i].track ||
            a->frames[i].time != b->frames[i].time ||
            a->frames[i].duration != b->frames[i].duration ||
            a->frames[i].keyframe != b->frames[i].keyframe)
            return false;
    return true;
}

/* Reads in pieces of many sizes: the frames must not depend on them. */
static inline bool clip_is_steady(enum rtc_media_format format,
                                  const uint8_t *data, size_t len)
{
    static const size_t steps[] = {1, 2, 3, 5, 7, 64, 1000, 4099};
    struct clip *whole = clip_read(format, data, len, len);
    bool same = true;

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct clip *c = clip_read(format, data, len, steps[i]);

        if (!clip_same(whole, c)) {
            printf("# pieces of %zu: %u frames, %s\n", steps[i], c->count,
                   c->why);
            same = false;
        }
        clip_free(c);
    }
    clip_free(whole);
    return same;
}

/* A growing copy of what a writer gives out. */
struct clip_out {
    uint8_t data[65536];
    size_t len;
};

static inline void clip_take(struct clip_out *out, const uint8_t *data,
                             size_t len)
{
    if (len > 0 && len <= sizeof out->data - out->len)
        memcpy(out->data + out->len, data, len);
    out->len += len;
}

/* Writes frame `i`. 0 or the writer's error. */
static inline int clip_write(struct rtc_media_writer *w, const struct clip *c,
                             unsigned i, struct clip_out *out)
{
    const struct clip_frame *f = &c->frames[i];
    struct rtc_media_frame frame = {.track = f->track,
                                    .data = f->data,
                                    .len = f->len,
                                    .time = f->time,
                                    .base_num = f->base_num,
                                    .base_den = f->base_den,
                                    .keyframe = f->keyframe};
    const uint8_t *data;
    size_t len;
    int error = rtc_media_writer_frame(w, &frame, &data, &len);

    if (error == 0)
        clip_take(out, data, len);
    return error;
}

static inline struct rtc_media_writer *
clip_writer_of(enum rtc_media_format format,
               const struct rtc_media_track *tracks, unsigned count)
{
    struct rtc_media_writer_config config = {.format = format,
                                             .tracks = tracks,
                                             .track_count = count,
                                             .serial = 0x1234};
    struct rtc_media_writer *w = NULL;

    is_int(rtc_media_writer_new(&w, &config), 0, "a writer");
    return w;
}

static inline struct rtc_media_writer *
clip_writer(enum rtc_media_format format, const struct rtc_media_track *track)
{
    return clip_writer_of(format, track, 1);
}

/* All frames of `c` as a file. */
static inline void clip_write_all(enum rtc_media_format format,
                                  const struct clip *c, struct clip_out *out)
{
    struct rtc_media_writer *w = clip_writer(format, &c->track);
    const uint8_t *data;
    size_t len;
    int error = 0;

    out->len = 0;
    for (unsigned i = 0; i < c->count && error == 0; i++)
        error = clip_write(w, c, i, out);
    is_int(error, 0, "all frames are written");
    if (rtc_media_writer_end(w, &data, &len) == 0)
        clip_take(out, data, len);
    rtc_media_writer_free(w);
}
