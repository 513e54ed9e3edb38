/* SPDX-License-Identifier: MIT
 * The Matroska writer's state and functions, for the rows of the table. */
#pragma once

#include "media/matroska.h"

/* Frames held before the header can be written. */
#define RTC_MATROSKA_HELD_MOST 512

struct rtc_matroska_held {
    unsigned track;
    size_t at, len;
    int64_t time; /* microseconds */
    bool keyframe;
};

struct rtc_matroska_out {
    bool seen; /* a frame came that tells what the header says of it */
    /* Parameter sets, or the sequence header, for CodecPrivate. */
    uint8_t sets[RTC_MATROSKA_SETS_MAX];
    size_t sets_len;
    bool by_length; /* H.264, H.265: CodecPrivate has the parameter sets */
    bool changed;   /* the stream has had others since */
    int64_t next;   /* the earliest time of its next frame, milliseconds */
};

struct rtc_matroska_writer {
    bool begun;           /* the header was written */
    int64_t origin;       /* microseconds */
    int64_t cluster_time; /* of the last one, milliseconds */
    struct rtc_matroska_out tracks[RTC_MEDIA_TRACK_MOST];
    struct rtc_matroska_held held[RTC_MATROSKA_HELD_MOST];
    unsigned held_count;
    uint8_t *data; /* of the frames held */
    size_t data_len, data_cap;
};

/* As rtc_media_entry has them. */
int rtc_matroska_write_frame(struct rtc_media_writer *w,
                             const struct rtc_media_frame *frame);
int rtc_matroska_write_end(struct rtc_media_writer *w);
void rtc_matroska_writer_done(void *state);
