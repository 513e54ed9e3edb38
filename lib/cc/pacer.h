/* SPDX-License-Identifier: MIT
 * When media may leave, never what. As much is under way as the estimate fills
 * a round trip and its feedback with, and a little queue; once the path has
 * shown a limit, bursts leave at a few times the estimate. Nothing waits for a
 * remote that gives no feedback. Allocates nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

struct rtc_pacer {
    bool heard;        /* there was feedback */
    bool starting;     /* and no sign of a limit in it */
    rtc_usec lossy_us; /* when packets were lost last, RTC_NEVER */
    bool loses;        /* that is not long ago */
    bool lossy;        /* and not for a queue */
    /* The way without a queue: the least round trip of this spell and of the
     * one before; and the time between feedback, smoothed. */
    rtc_usec rtt_us[2], spell_us;
    unsigned news_count, full_count; /* of this spell */
    rtc_usec drain_until_us;         /* to see the way without a queue */
    rtc_usec heard_us, gap_us;
    uint64_t acked_bps;   /* at most, lately */
    uint64_t bps;         /* to go on with, 0: unknown */
    size_t window;        /* bytes under way */
    size_t start_window;  /* at least, while starting */
    rtc_usec occupied_us; /* until when what left takes at the pace */
    rtc_usec held_us;     /* since when the window is full, RTC_NEVER */
    rtc_usec due_us;      /* when to ask again, RTC_NEVER: nothing waits */
};

/* What a feedback message tells. */
struct rtc_pacer_news {
    uint64_t bps;       /* the estimate, 0: unknown */
    uint64_t acked_bps; /* what arrives */
    bool limited;       /* a limit was met */
    bool lossy;
    rtc_usec rtt_us;   /* of its newest packet */
    rtc_usec queue_us; /* how long packets wait on the way */
    size_t told_bytes; /* so much is not under way any more */
};

void rtc_pacer_init(struct rtc_pacer *p);
void rtc_pacer_feedback(struct rtc_pacer *p, const struct rtc_pacer_news *news,
                        rtc_usec now);

/* Bytes that may leave now, while `under_way` were not reported on; the last
 * packet may exceed them. 0: none before rtc_pacer_deadline or feedback. */
size_t rtc_pacer_ask(struct rtc_pacer *p, size_t under_way, rtc_usec now);
/* So much left, whether asked for or not. */
void rtc_pacer_sent(struct rtc_pacer *p, size_t len, rtc_usec now);
/* Nothing is left to ask for. */
static inline void rtc_pacer_rest(struct rtc_pacer *p)
{
    p->due_us = RTC_NEVER;
}
static inline rtc_usec rtc_pacer_deadline(const struct rtc_pacer *p)
{
    return p->due_us;
}
/* Whether the window has kept something back since the last feedback. */
static inline bool rtc_pacer_is_full(const struct rtc_pacer *p)
{
    return p->held_us != RTC_NEVER;
}
/* Bytes that may wait: more than that would only become old. */
size_t rtc_pacer_queue_most(const struct rtc_pacer *p);
