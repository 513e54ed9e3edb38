/* SPDX-License-Identifier: MIT
 * For the fuzz targets of media readers: the input is read whole, then in
 * pieces with hints between; without hints both must give the same frames.
 * What was read is written and must be readable again. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/media.h"

struct media_run {
    enum rtc_media_format format;
    size_t step; /* bytes of a piece */
    bool hints;
    struct rtc_media_writer *writer; /* or NULL */
    struct rtc_media_reader *reader; /* of what the writer gives, or NULL */
    bool refused;                    /* the writer did not take a frame */

    uint64_t frames, digest;
    int error;
};

static void media_digest(struct media_run *run,
                         const struct rtc_media_frame *frame)
{
    run->digest = run->digest * 31 + frame->len + (uint64_t)frame->time;
    for (size_t i = 0; i < frame->len; i++)
        run->digest = run->digest * 31 + frame->data[i];
    run->frames++;
}

/* Our own files are never malformed. */
static void media_read_back(struct media_run *run, const uint8_t *data,
                            size_t len)
{
    struct rtc_media_frame frame;
    int got;

    while (len > 0) {
        int taken = rtc_media_reader_push(run->reader, data, len);

        if (taken <= 0)
            abort();
        data += taken;
        len -= (size_t)taken;
        while ((got = rtc_media_reader_pop(run->reader, &frame)) > 0)
            ;
        if (got < 0)
            abort();
    }
}

static void media_write(struct media_run *run, struct rtc_media_reader *r,
                        const struct rtc_media_frame *frame)
{
    struct rtc_media_track tracks[RTC_MEDIA_TRACK_MOST];
    struct rtc_media_writer_config config = {
        .format = run->format,
        .tracks = tracks,
        .track_count = rtc_media_reader_track_count(r)};
    const uint8_t *data;
    size_t len;

    for (unsigned i = 0; i < config.track_count; i++)
        tracks[i] = *rtc_media_reader_track(r, i);
    if (!run->writer && (rtc_media_writer_new(&run->writer, &config) < 0 ||
                         rtc_media_reader_new(&run->reader, run->format, NULL)))
        abort();
    /* Behind a frame that was refused, the others need not be a file. */
    run->refused = run->refused ||
                   rtc_media_writer_frame(run->writer, frame, &data, &len) < 0;
    if (!run->refused)
        media_read_back(run, data, len);
}

static void media_pop_all(struct media_run *run, struct rtc_media_reader *r,
                          bool writes)
{
    struct rtc_media_frame frame;

    while ((run->error = rtc_media_reader_pop(r, &frame)) > 0) {
        media_digest(run, &frame);
        if (writes)
            media_write(run, r, &frame);
    }
    if ((run->error < 0) != (rtc_media_reader_why(r)[0] != '\0'))
        abort();
}

static void media_run(struct media_run *run, const uint8_t *data, size_t len,
                      bool writes)
{
    struct rtc_media_reader *r;

    if (rtc_media_reader_new(&r, run->format, NULL) < 0)
        abort();
    for (size_t at = 0; at < len && run->error == 0;) {
        size_t part = len - at < run->step ? len - at : run->step;
        int taken = rtc_media_reader_push(r, data + at, part);

        /* After a pop that wanted more, more must fit. */
        if (taken <= 0)
            abort();
        at += (size_t)taken;
        if (run->hints)
            rtc_media_reader_flush_hint(r);
        media_pop_all(run, r, writes);
    }
    rtc_media_reader_end(r);
    media_pop_all(run, r, writes);
    rtc_media_reader_free(r);
}

static int media_fuzz(enum rtc_media_format format, const uint8_t *data,
                      size_t len)
{
    struct media_run whole = {.format = format, .step = len};
    struct media_run pieces = {.format = format, .step = 1 + len % 13};
    struct media_run hinted = {
        .format = format, .step = 1 + len % 29, .hints = true};
    const uint8_t *end;
    const char *why;
    size_t end_len;

    rtc_media_probe(data, len, true, &(enum rtc_media_format){0}, &why);
    media_run(&whole, data, len, true);
    media_run(&pieces, data, len, false);
    media_run(&hinted, data, len, false);
    if (whole.frames != pieces.frames || whole.digest != pieces.digest ||
        whole.error != pieces.error)
        abort();
    if (whole.writer && !whole.refused &&
        rtc_media_writer_end(whole.writer, &end, &end_len) == 0)
        media_read_back(&whole, end, end_len);
    rtc_media_writer_free(whole.writer);
    rtc_media_reader_free(whole.reader);
    return 0;
}
