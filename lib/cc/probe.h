/* SPDX-License-Identifier: MIT
 * Whether the path carries more than the media asks of it: short runs of
 * packets at a higher rate, and how fast they arrived (draft-ietf-rmcat-gcc-02
 * 4). Only for a caller with a goal: what it would spend if it could. Says when
 * and how fast, never what, and allocates nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

/* Runs that wait to be made. */
#define RTC_PROBE_WAITING_MOST 3

struct rtc_probe_run {
    uint64_t bps; /* 0: there is none */
    size_t bytes; /* so many make it */
    uint8_t id;   /* of its packets, never 0 */
    bool is_sent;
    rtc_usec begun_us, sent_us; /* its first and its last packet */
    size_t sent_bytes;
    unsigned sent_count, told_count, came_count;
    /* Of what arrived. */
    rtc_usec first_sent_us, last_sent_us, first_came_us, last_came_us;
    size_t came_bytes, last_sent_len;
    rtc_usec origin_us; /* one of its arrivals; times below are since then */
    /* Sums for the line through bytes so far (x) and times of arrival (y). */
    double sum_x, sum_y, sum_xx, sum_xy;
};

struct rtc_probe {
    uint64_t goal_bps; /* 0: none, so there are no runs */
    bool started;      /* the first runs were planned */
    bool raised;       /* the goal, since the last plan */
    bool idle;         /* the media needs little of what there is */
    uint64_t waiting[RTC_PROBE_WAITING_MOST]; /* rates */
    unsigned waiting_count;
    rtc_usec begin_us;  /* not before then */
    uint64_t met_bps;   /* sum of the limits that unsure runs met in a row, */
    unsigned met_count; /* and how many did */
    struct rtc_probe_run run;
    uint8_t last_id;
    rtc_usec due_us; /* of the run's next packet, RTC_NEVER: none */
    rtc_usec next_us, gap_us;
    rtc_usec quiet_us; /* when the queue of the last one is gone */
};

void rtc_probe_init(struct rtc_probe *p);
/* What the caller would spend. */
void rtc_probe_set_goal(struct rtc_probe *p, uint64_t bps);

/* What is known of the path. */
struct rtc_probe_view {
    uint64_t estimate_bps; /* 0: nothing */
    uint64_t sent_bps;     /* the media's */
    bool troubled;         /* a limit was met lately, or packets are lost */
};

/* Feedback came: plans runs, where it is time for any. */
void rtc_probe_plan(struct rtc_probe *p, const struct rtc_probe_view *view,
                    rtc_usec now);

/* Bytes of a run that are to leave now; begins the next one. 0: none before
 * rtc_probe_deadline. */
size_t rtc_probe_ask(struct rtc_probe *p, rtc_usec now);
/* There is nothing that could be sent. */
void rtc_probe_give_up(struct rtc_probe *p);
/* So much left, of whatever kind: the id of the run it is part of, or 0. */
uint8_t rtc_probe_sent(struct rtc_probe *p, size_t len, rtc_usec now);
static inline rtc_usec rtc_probe_deadline(const struct rtc_probe *p)
{
    return p->due_us;
}

/* Whether a queue on the path may be a run's own. */
bool rtc_probe_disturbs(const struct rtc_probe *p, rtc_usec now);

/* What feedback tells of a packet of run `id`; `came_us` on the remote's clock.
 */
struct rtc_probe_news {
    uint8_t id;
    bool received;
    rtc_usec sent_us, came_us;
    size_t len;
};
void rtc_probe_take(struct rtc_probe *p, const struct rtc_probe_news *news);

/* Once a run is told of whole, what the path carried of it; once. */
struct rtc_probe_result {
    uint64_t probed_bps, carried_bps;
    bool limited; /* the path carries no more than that */
    bool is_sure; /* and that was long enough to be no jitter */
};
bool rtc_probe_result(struct rtc_probe *p, struct rtc_probe_result *ret_result,
                      rtc_usec now);
