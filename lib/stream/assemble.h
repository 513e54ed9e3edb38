/* SPDX-License-Identifier: MIT
 * Packets to frames: takes packets in order out of the reorder ring, puts whole
 * frames together in one buffer it owns, and gives up holes that stay open too
 * long. A frame is given out whole and in order, or not at all; what was left
 * out is told before the next one. Works on a borrowed reorder ring. */
#pragma once

#include "stream/reorder.h"

/* A frame larger than this is dropped. */
#define RTC_ASSEMBLE_FRAME_MAX (16u << 20)

struct rtc_assemble_config {
    rtc_usec hole_us;        /* a hole is given up after this */
    rtc_usec start_us;       /* wait for a stream's start, see inbound.c */
    bool keyframe_first;     /* nothing before the first key frame */
    bool keyframe_after_gap; /* nothing after a gap but from a key frame on */
};

/* Where the next packet belongs. */
enum rtc_assemble_state {
    RTC_ASSEMBLE_LOST,     /* unknown: wait for the start of a frame */
    RTC_ASSEMBLE_BOUNDARY, /* it begins a frame */
    RTC_ASSEMBLE_INSIDE,   /* it continues the frame in the buffer */
};

/* Whether the RTP marker is on the last packet of a frame, as it should, or on
 * others too. */
enum rtc_assemble_marker {
    RTC_ASSEMBLE_MARKER_UNKNOWN,
    RTC_ASSEMBLE_MARKER_RIGHT,
    RTC_ASSEMBLE_MARKER_WRONG,
};

struct rtc_assemble {
    struct rtc_assemble_config config;
    struct rtc_reorder *reorder;
    uint8_t *buffer;
    size_t cap, len;
    enum rtc_assemble_state state;
    enum rtc_assemble_marker marker;
    uint64_t next; /* the number that comes next */
    /* Of the packet taken last, and so of the frame in the buffer. */
    uint64_t media_time;
    const struct rtc_codec_entry *codec; /* NULL: it is not known */
    rtc_usec time;                       /* newest arrival in the frame */
    bool marked;                         /* the RTP marker was on it */
    bool adjacent;                       /* `next` comes right behind it */
    bool dropping; /* what is left of its frame is passed over, and counted */
    bool shows_keyframe; /* a part of the frame in the buffer did */
    bool shows_start;    /* and has all that a stream starts with */
    bool cut_before;     /* something is missing right before that frame */
    bool bare_keys;      /* whole key frames of this stream show no start */
    bool keyframe;
    bool complete; /* the frame waits to be given out */
    bool given;    /* one was */
    bool gap;      /* something is missing before the next */
    bool ended;    /* nothing more will come */
    bool wait_keyframe;
    bool need_keyframe; /* the decoder lacks something: ask for one */
    uint64_t gap_packets, gap_frames; /* not yet told */
    uint64_t frames, frames_dropped, packets_skipped;
};

enum rtc_assemble_result {
    RTC_ASSEMBLE_NOTHING,
    RTC_ASSEMBLE_FRAME,
    RTC_ASSEMBLE_GAP,
};

struct rtc_assemble_gap {
    uint64_t packets; /* given up */
    uint64_t frames;  /* seen in part, or undecodable, and left out */
};

/* Borrows `reorder` until rtc_assemble_done. Allocates nothing yet. */
void rtc_assemble_init(struct rtc_assemble *a,
                       const struct rtc_assemble_config *config,
                       struct rtc_reorder *reorder);
void rtc_assemble_done(struct rtc_assemble *a);
/* Forgets the stream, as at its start; keeps memory and counters. */
void rtc_assemble_reset(struct rtc_assemble *a);

/* No packet comes any more (BYE): from now on nothing is waited for, and a last
 * frame that only a next packet could end is believed to be whole if it has
 * the marker. */
void rtc_assemble_end(struct rtc_assemble *a);

/* The next frame, or what is missing before it. Lends the frame's data until
 * the next call on `a`. */
enum rtc_assemble_result rtc_assemble_pop(struct rtc_assemble *a,
                                          struct rtc_frame *ret_frame,
                                          struct rtc_assemble_gap *ret_gap,
                                          rtc_usec now);
/* When to call pop again though no packet came. Valid after pop gave NOTHING.
 */
rtc_usec rtc_assemble_deadline(const struct rtc_assemble *a);
