/* SPDX-License-Identifier: MIT
 * One run at a time. A run that arrives as fast as it was sent has met no
 * limit, so that the next one may be faster; one that arrives slower has
 * measured the path. */
#include "cc/probe.h"

#include <string.h>

/* A run is so long, and has packets enough for gaps to be measured. */
#define RUN_US (20 * RTC_MS)
#define RUN_PACKETS 8
#define PACKET_LEN 1200
/* When it cannot be made, or nothing is heard of it. */
#define STALLED_US (200 * RTC_MS)
#define UNHEARD_US (2 * RTC_SEC)
/* The first two, and those that follow a good one. */
#define START_TIMES 3
#define FURTHER_TIMES 2
/* No faster than so many times what the caller would spend. */
#define GOAL_TIMES 2
/* The media's share of the estimate in percent. It needs little: when that
 * begins there is a run at once. It cannot use all: there is one every so
 * often.
 */
#define IDLE_BEGINS 35
#define IDLE_ENDS 60
#define SPARE 85
#define GAP_US (5 * RTC_SEC)
/* Where nothing was found, less often. */
#define GAP_MOST_US (8 * RTC_SEC)
/* What a run leaves behind on the path is gone by then. */
#define QUIET_US (300 * RTC_MS)
/* As long as that, a run's rate is no matter of jitter. */
#define SURE_US (120 * RTC_MS)
/* Of so many shorter ones that meet a limit, the mean says what it is. */
#define SURE_RUNS 3
/* Percent of a run that must arrive; of its rate, for no limit to show; and
 * what is taken of a limit. */
#define ARRIVED 80
#define UNLIMITED 90
#define LIMIT_PART 95
/* Slower than this part of its rate it says that a faster one is in vain. */
#define WORTH 70

void rtc_probe_init(struct rtc_probe *p)
{
    *p = (struct rtc_probe){
        .due_us = RTC_NEVER, .next_us = RTC_NEVER, .gap_us = GAP_US};
}

void rtc_probe_set_goal(struct rtc_probe *p, uint64_t bps)
{
    if (bps > p->goal_bps) {
        p->raised = true;
        p->gap_us = GAP_US;
    }
    p->goal_bps = bps;
    if (!bps)
        p->waiting_count = 0;
}

/* ---- when ---------------------------------------------------------------- */

static void want(struct rtc_probe *p, uint64_t bps, uint64_t estimate_bps)
{
    uint64_t most = p->goal_bps > UINT64_MAX / GOAL_TIMES
                        ? UINT64_MAX
                        : GOAL_TIMES * p->goal_bps;

    if (bps > most)
        bps = most;
    if (bps > estimate_bps + estimate_bps / 10 &&
        p->waiting_count < RTC_PROBE_WAITING_MOST)
        p->waiting[p->waiting_count++] = bps;
}

/* Whether it begins to need little. */
static bool look_idle(struct rtc_probe *p, uint64_t share)
{
    bool was = p->idle;

    p->idle = share < (was ? IDLE_ENDS : IDLE_BEGINS);
    return p->idle && !was;
}

void rtc_probe_plan(struct rtc_probe *p, const struct rtc_probe_view *view,
                    rtc_usec now)
{
    bool begins, raised = p->raised;
    uint64_t share;

    if (!p->goal_bps || !view->estimate_bps)
        return;
    share = 100 * view->sent_bps / view->estimate_bps;
    begins = look_idle(p, share);
    if (p->run.bps || p->waiting_count)
        return;
    p->raised = false;
    if (view->troubled) {
        p->next_us = now + p->gap_us;
    } else if (!p->started) {
        want(p, START_TIMES * view->estimate_bps, view->estimate_bps);
        want(p, 2 * START_TIMES * view->estimate_bps, view->estimate_bps);
        p->next_us = now + p->gap_us;
    } else if (share < SPARE && view->estimate_bps < p->goal_bps &&
               (begins || raised || now >= p->next_us)) {
        want(p, FURTHER_TIMES * view->estimate_bps, view->estimate_bps);
        p->next_us = now + p->gap_us;
    }
    p->started = p->started || !view->troubled;
    if (p->waiting_count)
        p->due_us = now;
}

/* ---- sending ------------------------------------------------------------- */

static void begin(struct rtc_probe *p, rtc_usec now)
{
    uint64_t bps = p->waiting[0];
    size_t bytes = (size_t)(bps * RUN_US / (8 * RTC_SEC));

    memmove(p->waiting, p->waiting + 1,
            --p->waiting_count * sizeof *p->waiting);
    if (++p->last_id == 0)
        p->last_id = 1;
    if (bytes < RUN_PACKETS * PACKET_LEN)
        bytes = RUN_PACKETS * PACKET_LEN;
    p->run = (struct rtc_probe_run){
        .bps = bps, .bytes = bytes, .id = p->last_id, .begun_us = now};
}

/* When the packet behind so many bytes is due. */
static rtc_usec due_at(const struct rtc_probe_run *run, size_t bytes)
{
    return run->begun_us + (rtc_usec)(bytes * 8 * RTC_SEC / run->bps);
}

size_t rtc_probe_ask(struct rtc_probe *p, rtc_usec now)
{
    struct rtc_probe_run *run = &p->run;

    if (!run->bps && p->waiting_count && now >= p->begin_us)
        begin(p, now);
    if (!run->bps && p->waiting_count) {
        p->due_us = p->begin_us;
        return 0;
    }
    if (!run->bps || run->is_sent) {
        p->due_us = RTC_NEVER;
        return 0;
    }
    if (now - run->begun_us > STALLED_US + RUN_US) {
        rtc_probe_give_up(p);
        return 0;
    }
    p->due_us = due_at(run, run->sent_bytes);
    if (p->due_us > now)
        return 0;
    return (size_t)((uint64_t)(now - p->due_us) * run->bps / (8 * RTC_SEC)) + 1;
}

void rtc_probe_give_up(struct rtc_probe *p)
{
    p->run.bps = 0;
    p->waiting_count = 0;
    p->met_bps = p->met_count = 0;
    p->due_us = RTC_NEVER;
}

uint8_t rtc_probe_sent(struct rtc_probe *p, size_t len, rtc_usec now)
{
    struct rtc_probe_run *run = &p->run;

    if (!run->bps || run->is_sent)
        return 0;
    run->sent_bytes += len;
    run->sent_us = now;
    run->sent_count++;
    run->is_sent =
        run->sent_bytes >= run->bytes && run->sent_count >= RUN_PACKETS;
    p->due_us = run->is_sent ? RTC_NEVER : due_at(run, run->sent_bytes);
    return run->id;
}

/* ---- what became of it --------------------------------------------------- */

bool rtc_probe_disturbs(const struct rtc_probe *p, rtc_usec now)
{
    return (p->run.bps && p->run.sent_count) || now < p->quiet_us;
}

static void add_point(struct rtc_probe_run *run,
                      const struct rtc_probe_news *news)
{
    double x, y;

    if (!run->came_count++)
        run->origin_us = news->came_us;
    run->came_bytes += news->len;
    x = (double)run->came_bytes;
    y = (double)(news->came_us - run->origin_us);
    run->sum_x += x;
    run->sum_y += y;
    run->sum_xx += x * x;
    run->sum_xy += x * y;
}

void rtc_probe_take(struct rtc_probe *p, const struct rtc_probe_news *news)
{
    struct rtc_probe_run *run = &p->run;

    if (!run->bps || news->id != run->id)
        return;
    run->told_count++;
    if (!news->received)
        return;
    if (!run->came_count || news->sent_us < run->first_sent_us)
        run->first_sent_us = news->sent_us;
    if (!run->came_count || news->sent_us >= run->last_sent_us) {
        run->last_sent_us = news->sent_us;
        run->last_sent_len = news->len;
    }
    if (!run->came_count || news->came_us < run->first_came_us)
        run->first_came_us = news->came_us;
    if (!run->came_count || news->came_us > run->last_came_us)
        run->last_came_us = news->came_us;
    add_point(run, news);
}

/* Bits a second, 0: they were as good as at once. */
static uint64_t rate(size_t bytes, rtc_usec span)
{
    return span > 0 ? bytes * 8 * RTC_SEC / (uint64_t)span : 0;
}

/* How fast it arrived: the slope of the line through all arrivals, of which
 * jitter moves each but not their course. 0: nothing can be said. */
static uint64_t came_rate(const struct rtc_probe_run *run)
{
    double n = run->came_count;
    double spread = n * run->sum_xx - run->sum_x * run->sum_x;
    double rise = n * run->sum_xy - run->sum_x * run->sum_y;

    if (spread <= 0 || rise <= 0)
        return 0;
    return (uint64_t)(8 * (double)RTC_SEC * spread / rise);
}

/* What arrived against what was sent. The last packet to leave has no time of
 * its own. */
static bool judge(const struct rtc_probe_run *run,
                  struct rtc_probe_result *ret_result)
{
    uint64_t left = rate(run->came_bytes - run->last_sent_len,
                         run->last_sent_us - run->first_sent_us);
    uint64_t came = came_rate(run);

    if (!left || !came || run->came_count * 100 < run->sent_count * ARRIVED ||
        came > 2 * left)
        return false;
    ret_result->probed_bps = run->bps;
    ret_result->limited = came < left / 100 * UNLIMITED;
    ret_result->carried_bps = came < left ? came : left;
    if (ret_result->carried_bps > run->bps)
        ret_result->carried_bps = run->bps;
    if (ret_result->limited)
        ret_result->carried_bps = came / 100 * LIMIT_PART;
    ret_result->is_sure = run->last_came_us - run->first_came_us >= SURE_US;
    return true;
}

/* One that is not sure is made again, when its queue is gone, until there are
 * enough of them. Whether it is. */
static bool repeat(struct rtc_probe *p, uint64_t bps,
                   struct rtc_probe_result *result, rtc_usec now)
{
    if (!result->limited || result->is_sure)
        return false;
    p->met_bps += result->carried_bps;
    if (++p->met_count < SURE_RUNS) {
        p->waiting[0] = bps;
        p->waiting_count = 1;
        p->begin_us = now + QUIET_US;
        p->due_us = p->begin_us;
        return true;
    }
    result->carried_bps = p->met_bps / p->met_count;
    result->is_sure = true;
    return false;
}

/* No faster one, and none soon. */
static void relent(struct rtc_probe *p, rtc_usec now)
{
    p->waiting_count = 0;
    p->gap_us = rtc_min_time(2 * p->gap_us, GAP_MOST_US);
    p->next_us = now + p->gap_us;
}

bool rtc_probe_result(struct rtc_probe *p, struct rtc_probe_result *ret_result,
                      rtc_usec now)
{
    struct rtc_probe_run run = p->run;
    bool known;

    if (!run.bps || !run.is_sent ||
        (run.told_count < run.sent_count && now - run.sent_us < UNHEARD_US))
        return false;
    p->run.bps = 0;
    p->quiet_us = now + QUIET_US;
    known = judge(&run, ret_result);
    if (known && repeat(p, run.bps, ret_result, now))
        return false;
    p->met_bps = p->met_count = 0;
    if (!known || ret_result->limited) {
        relent(p, now);
    } else {
        p->gap_us = GAP_US;
        if (!p->waiting_count &&
            ret_result->carried_bps >= run.bps / 100 * WORTH)
            want(p, FURTHER_TIMES * ret_result->carried_bps,
                 ret_result->carried_bps);
    }
    p->due_us = p->waiting_count ? now : RTC_NEVER;
    return known;
}
