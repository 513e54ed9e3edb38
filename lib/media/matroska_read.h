/* SPDX-License-Identifier: MIT
 * The Matroska reader's state, which its walk over the elements
 * (matroska_read.c) and the frames of a block (matroska_frames.c) share. */
#pragma once

#include "media/matroska.h"
#include "media/matroska_block.h"

#define RTC_MATROSKA_NOT_TOLD UINT64_MAX
/* Nanoseconds up to which there is room to count on. */
#define RTC_MATROSKA_TIME_MAX (INT64_MAX / 4)

enum rtc_matroska_level {
    RTC_MATROSKA_TOP,        /* the EBML header comes */
    RTC_MATROSKA_BODY,       /* the Segment comes, or is over */
    RTC_MATROSKA_IN_SEGMENT, /* its elements */
    RTC_MATROSKA_IN_CLUSTER,
};

/* Where a track has come to. */
struct rtc_matroska_count {
    bool begun;
    int64_t time;   /* nanoseconds */
    uint64_t ticks; /* audio: since then, of the codec's clock */
};

struct rtc_matroska_reader {
    enum rtc_matroska_level level;
    uint64_t segment_end, cluster_end; /* offsets, or RTC_MATROSKA_NOT_TOLD */
    uint64_t skip;                     /* bytes of an element that is skipped */
    bool had_segment;
    uint64_t scale;        /* nanoseconds of a unit of time */
    uint64_t cluster_time; /* RTC_MATROSKA_NOT_TOLD: not yet */
    struct rtc_matroska_tracks tracks;
    struct rtc_matroska_count counts[RTC_MEDIA_TRACK_MOST];

    /* The block whose frames are given, at the start of the buffer. */
    struct rtc_matroska_block block;
    size_t element_len; /* with its header; 0: none */
    size_t block_at;    /* in the element */
    bool block_keyframe;
    int64_t block_duration; /* nanoseconds; 0: not told */
    unsigned track;
    unsigned frame;  /* the next one */
    size_t frame_at; /* what was given of it */
    bool goes_on;    /* something was given of the block */

    uint8_t *out; /* a frame that is not in the buffer as it is */
    size_t out_cap;
};

/* Gives the next frame of the block at the start of the buffer: 1, 0 when it is
 * an empty one, or an error. */
int rtc_matroska_give(struct rtc_media_reader *r,
                      struct rtc_media_frame *ret_frame);

/* Keeps the sentence, with the offset of the element in work. */
int rtc_matroska_fail(struct rtc_media_reader *r, const char *what);
