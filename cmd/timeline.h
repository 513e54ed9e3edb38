/* SPDX-License-Identifier: MIT
 *
 * The times of received tracks on one timeline, that of an output. Within a
 * track RTP times tell the distance of its frames; the distance between tracks
 * is that of the remote's capture times once they are known, and that of their
 * arrival before. No clock, no I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rtc.h"

#define TIMELINE_TRACK_MOST 2

struct timeline_track {
    bool has_last; /* a frame was seen */
    bool is_new;   /* the next one's clock has nothing to do with the last's */
    uint64_t base_media; /* shown at base_ns */
    int64_t base_ns;
    uint64_t last_media; /* of the last frame, and where it went */
    int64_t last_ns;
    rtc_usec last_at; /* it came */
    bool has_remote;
    int64_t remote_ns; /* the remote's clock less the timeline */
};

/* Zeroed but for `lead`. */
struct timeline {
    struct timeline_track tracks[TIMELINE_TRACK_MOST];
    unsigned lead; /* the track that is never corrected: the audio */
};

/* The time of a frame in nanoseconds; the first of all has 0. A track that was
 * placed by its arrival, and turns out to lie elsewhere, moves there by an
 * eighth of the time that goes on, or forward at once when it is over a second
 * behind: never back. RTP times that jump, as of a remote that began again, go
 * on where the arrival tells. */
int64_t timeline_next(struct timeline *t, unsigned track,
                      const struct rtc_frame *frame);
/* The next frame of this track comes from another source: another layer. */
void timeline_switch(struct timeline *t, unsigned track);
/* What comes next is of another session: it goes on behind what there was, as
 * far as time went on meanwhile. */
void timeline_rebase(struct timeline *t);
