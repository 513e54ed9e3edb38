/* SPDX-License-Identifier: MIT
 * The window is counted in bytes and lapses when feedback fails to come, so
 * that a remote which stops to give any stops nothing. The bucket is a point in
 * time: when all that left would have, at the pace. */
#include "cc/pacer.h"

/* Until there is an estimate, and beyond as long as no limit shows; doubles
 * with each round that fills it, up to less than a socket's buffer. */
#define START_WINDOW ((size_t)128 << 10)
#define START_WINDOW_MOST ((size_t)1 << 20)
/* So much queue is no sign of a limit. */
#define START_QUEUE_US (50 * RTC_MS)
/* A queue this long on the way shows in the delay before the window is full;
 * but no more than a receiver's buffer takes at once. */
#define SLACK_US (100 * RTC_MS)
#define SLACK_BYTES ((size_t)256 << 10)
/* A key frame of a small stream. */
#define WINDOW_LEAST ((size_t)12000)
/* What rtc_sent keeps account of. */
#define WINDOW_MOST ((size_t)8 << 20)
/* Until feedback comes regularly, and what it may do to the window. */
#define GAP_FIRST_US (100 * RTC_MS)
#define GAP_MOST_US (250 * RTC_MS)
#define GAP_GAIN 8
/* What arrived is forgotten at this pace. */
#define ACKED_GAIN 16
/* The way may change: twice this is looked back on. Who fills it all the time
 * lets its queue drain between. */
#define SPELL_US (5 * RTC_SEC)
#define RTT_MOST_US (10 * RTC_SEC)
/* Where there was none, feedback that is missing for so long will not come;
 * else it is gone; where packets are lost, it is when so many are missing. */
#define SILENCE_US RTC_SEC
#define GONE_US (700 * RTC_MS)
#define LOST_GAPS 3
/* A path that loses packets now and then is one that does. */
#define LOSSY_US (10 * RTC_SEC)
/* Bursts leave at so many halves of the estimate. */
#define PACE_HALVES 5
/* What leaves at once, and never less than a few packets. */
#define BURST_US (10 * RTC_MS)
#define BURST_LEAST ((size_t)6000)
#define OCCUPIED_MOST_US RTC_SEC
/* What may wait: a second's worth, and a key frame or two. */
#define QUEUE_LEAST ((size_t)256 << 10)
#define BPS_MOST UINT64_C(10000000000)

void rtc_pacer_init(struct rtc_pacer *p)
{
    *p = (struct rtc_pacer){
        .starting = true,
        .rtt_us = {RTC_NEVER, RTC_NEVER},
        .gap_us = GAP_FIRST_US,
        .window = START_WINDOW,
        .start_window = START_WINDOW,
        .lossy_us = RTC_NEVER,
        .held_us = RTC_NEVER,
        .due_us = RTC_NEVER,
    };
}

static size_t bytes_in(uint64_t bps, rtc_usec span_us)
{
    return (size_t)(bps * (uint64_t)span_us / (8 * RTC_SEC));
}

static rtc_usec least_rtt(const struct rtc_pacer *p)
{
    return p->heard ? rtc_min_time(p->rtt_us[0], p->rtt_us[1]) : 0;
}

/* ---- feedback ------------------------------------------------------------ */

static void note_way(struct rtc_pacer *p, rtc_usec rtt_us, rtc_usec now)
{
    rtc_usec gap = rtc_min_time(now - p->heard_us, GAP_MOST_US);

    if (p->heard)
        p->gap_us += (gap - p->gap_us) / GAP_GAIN;
    if (!p->heard || now - p->spell_us >= SPELL_US) {
        p->rtt_us[1] = p->rtt_us[0];
        p->rtt_us[0] = RTC_NEVER;
        p->spell_us = now;
        if (2 * p->full_count > p->news_count && !p->starting)
            p->drain_until_us = now + least_rtt(p) + p->gap_us + SLACK_US;
        p->news_count = p->full_count = 0;
    }
    p->news_count++;
    p->full_count += rtc_pacer_is_full(p);
    rtt_us = rtc_max_time(0, rtc_min_time(rtt_us, RTT_MOST_US));
    p->rtt_us[0] = rtc_min_time(p->rtt_us[0], rtt_us);
    p->heard = true;
    p->heard_us = now;
}

static void set_window(struct rtc_pacer *p, rtc_usec now)
{
    size_t slack = bytes_in(p->bps, SLACK_US);

    p->window = bytes_in(p->bps, least_rtt(p) + p->gap_us) +
                (slack < SLACK_BYTES ? slack : SLACK_BYTES);
    if (p->window > WINDOW_MOST)
        p->window = WINDOW_MOST;
    if (p->window < WINDOW_LEAST)
        p->window = WINDOW_LEAST;
    if (p->starting && p->window < p->start_window)
        p->window = p->start_window;
    /* Where packets are lost without a queue, feedback is, too. */
    if (p->lossy && p->window < START_WINDOW)
        p->window = START_WINDOW;
    if (now < p->drain_until_us)
        p->window /= 4;
}

/* Loss alone is no queue to be spared: what arrives all the same may go on. */
static void set_rate(struct rtc_pacer *p, const struct rtc_pacer_news *news)
{
    p->acked_bps -= p->acked_bps / ACKED_GAIN;
    if (p->acked_bps < news->acked_bps)
        p->acked_bps = news->acked_bps;
    if (!news->bps || news->queue_us > SLACK_US)
        p->acked_bps = 0;
    p->bps = news->bps > p->acked_bps ? news->bps : p->acked_bps;
    if (p->bps > BPS_MOST)
        p->bps = BPS_MOST;
}

void rtc_pacer_feedback(struct rtc_pacer *p, const struct rtc_pacer_news *news,
                        rtc_usec now)
{
    note_way(p, news->rtt_us, now);
    set_rate(p, news);
    if (news->lossy)
        p->lossy_us = now;
    p->loses = p->lossy_us != RTC_NEVER && now - p->lossy_us < LOSSY_US;
    p->lossy = p->loses && news->queue_us <= SLACK_US;
    if (news->limited || news->queue_us > START_QUEUE_US)
        p->starting = false;
    if (p->starting && !news->lossy && rtc_pacer_is_full(p))
        p->start_window += news->told_bytes;
    if (p->start_window > START_WINDOW_MOST)
        p->start_window = START_WINDOW_MOST;
    p->held_us = p->due_us = RTC_NEVER;
    set_window(p, now);
}

/* ---- sending ------------------------------------------------------------- */

/* Bits a second, 0: no bound. The least window has its pace, too. */
static uint64_t pace(const struct rtc_pacer *p)
{
    rtc_usec span = least_rtt(p) + p->gap_us + SLACK_US;
    uint64_t least = WINDOW_LEAST * 8 * RTC_SEC / (uint64_t)span;

    if (!p->heard || p->starting || p->lossy || !p->bps)
        return 0;
    return (p->bps > least ? p->bps : least) * PACE_HALVES / 2;
}

static rtc_usec burst_us(uint64_t bps)
{
    return rtc_max_time(BURST_US, (rtc_usec)(BURST_LEAST * 8 * RTC_SEC / bps));
}

/* Whether the window is open. */
static bool is_open(struct rtc_pacer *p, size_t under_way, rtc_usec now)
{
    rtc_usec lapse;

    if (under_way < p->window)
        return true;
    if (p->held_us == RTC_NEVER)
        p->held_us = now;
    lapse = least_rtt(p) + p->held_us + (p->heard ? GONE_US : SILENCE_US);
    if (p->loses)
        lapse =
            least_rtt(p) + rtc_max_time(p->held_us + p->gap_us,
                                        p->heard_us + LOST_GAPS * p->gap_us);
    if (now < lapse)
        p->due_us = lapse;
    return now >= lapse;
}

size_t rtc_pacer_ask(struct rtc_pacer *p, size_t under_way, rtc_usec now)
{
    uint64_t bps = pace(p);
    size_t room = SIZE_MAX, most;
    rtc_usec burst, free_us;

    if (!is_open(p, under_way, now))
        return 0;
    if (under_way < p->window)
        room = p->window - under_way;
    if (!bps)
        return room;
    burst = burst_us(bps);
    free_us = burst - rtc_max_time(p->occupied_us - now, 0);
    /* What is left is let out at once again when half of it is. */
    if (free_us <= 0 ||
        (p->due_us > now && p->due_us != RTC_NEVER && free_us < burst / 2)) {
        p->due_us = p->occupied_us - burst / 2;
        return 0;
    }
    most = bytes_in(bps, free_us);
    return most < room ? most + 1 : room;
}

void rtc_pacer_sent(struct rtc_pacer *p, size_t len, rtc_usec now)
{
    uint64_t bps = pace(p);
    rtc_usec span = bps ? (rtc_usec)(len * 8 * RTC_SEC / bps) : 0;

    p->occupied_us = rtc_min_time(rtc_max_time(p->occupied_us, now) + span,
                                  now + OCCUPIED_MOST_US);
}

size_t rtc_pacer_queue_most(const struct rtc_pacer *p)
{
    size_t most = bytes_in(p->bps, RTC_SEC);

    if (!p->heard || p->starting)
        return SIZE_MAX;
    most = most > p->window ? most : p->window;
    return most > QUEUE_LEAST ? most : QUEUE_LEAST;
}
