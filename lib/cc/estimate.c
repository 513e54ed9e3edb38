/* SPDX-License-Identifier: MIT
 * Puts delay, loss and throughput together: one rate, which delay moves up and
 * down, and loss holds or cuts. */
#include "cc/estimate.h"

/* A report counts as so many packets. */
#define REPORT_PACKETS 100
/* A path that holds all it may, and so much longer each time, is beyond doubt
 * before a slope is. */
#define FULL_QUEUE_US (100 * RTC_MS)
#define FULL_STEP_US (20 * RTC_MS)
/* So long after a limit was met it is not looked for again. */
#define TROUBLE_US (5 * RTC_SEC)

void rtc_estimate_init(struct rtc_estimate *e)
{
    *e = (struct rtc_estimate){.aimd.starting = true};
    rtc_trendline_init(&e->trendline);
    rtc_probe_init(&e->probe);
}

void rtc_estimate_sent(struct rtc_estimate *e, size_t len, rtc_usec now)
{
    rtc_throughput_add(&e->left, len, now);
}

static void heed_loss(struct rtc_estimate *e, rtc_usec now)
{
    uint64_t bps;

    switch (rtc_loss_rate_advise(&e->loss, e->aimd.bps, &bps, now)) {
    case RTC_LOSS_NOTHING_NEW:
        return;
    case RTC_LOSS_HOLD:
        e->holds = true;
        return;
    case RTC_LOSS_CUT:
        e->holds = true;
        break;
    case RTC_LOSS_GROW:
        e->holds = false;
        break;
    }
    if (e->loss.ours)
        e->aimd.starting = false;
    if (bps != e->aimd.bps && e->aimd.bps)
        rtc_aimd_set(&e->aimd, bps, now);
}

static enum rtc_usage usage(struct rtc_estimate *e, rtc_usec now)
{
    rtc_usec queue = rtc_trendline_queue_us(&e->trendline);
    bool grows = queue > e->queue_us + FULL_STEP_US;

    e->queue_us = queue;
    if (rtc_probe_disturbs(&e->probe, now))
        return e->trendline.usage == RTC_USAGE_OVER ? RTC_USAGE_UNDER
                                                    : e->trendline.usage;
    return e->is_full && grows && queue > FULL_QUEUE_US ? RTC_USAGE_OVER
                                                        : e->trendline.usage;
}

static void update(struct rtc_estimate *e, uint64_t acked_bps, rtc_usec now)
{
    struct rtc_aimd_input input = {.usage = usage(e, now),
                                   .acked_bps = acked_bps,
                                   .rtt_us = e->rtt_us,
                                   .queue_us =
                                       rtc_trendline_queue_us(&e->trendline)};

    if (!acked_bps)
        return; /* too little to say anything */
    heed_loss(e, now);
    input.may_grow = !e->holds;
    input.is_full = e->is_full;
    rtc_aimd_update(&e->aimd, &input, now);
}

/* ---- probes -------------------------------------------------------------- */

static void take_probe(struct rtc_estimate *e, const struct rtc_sent_news *news)
{
    const struct rtc_probe_news of_probe = {.id = news->probe,
                                            .received = news->received,
                                            .sent_us = news->sent_us,
                                            .came_us = news->arrival_us,
                                            .len = news->len};

    if (news->probe && !news->was_lost)
        rtc_probe_take(&e->probe, &of_probe);
}

/* What was carried for a moment can be carried on. */
static void heed_probe(struct rtc_estimate *e, rtc_usec now)
{
    struct rtc_probe_result result;

    if (!rtc_probe_result(&e->probe, &result, now))
        return;
    if (result.limited)
        e->aimd.starting = false;
    if ((result.carried_bps > e->aimd.bps && !e->holds && !e->aimd.holds) ||
        (result.carried_bps < e->aimd.bps && result.limited && result.is_sure))
        rtc_aimd_set(&e->aimd, result.carried_bps, now);
}

static void plan_probe(struct rtc_estimate *e, rtc_usec now)
{
    const struct rtc_aimd *a = &e->aimd;
    const struct rtc_probe_view view = {
        .estimate_bps = rtc_estimate_bps(e),
        .sent_bps = rtc_throughput_bps(&e->left),
        .troubled = e->holds || a->holds ||
                    (a->cut_us && now - a->cut_us < TROUBLE_US)};

    rtc_probe_plan(&e->probe, &view, now);
}

void rtc_estimate_feedback(struct rtc_estimate *e, struct rtc_sent *sent,
                           rtc_usec now)
{
    struct rtc_sent_news news;

    while (rtc_sent_next(sent, &news)) {
        /* A report that came first took it for a path without feedback. */
        e->aimd.starting = e->aimd.starting || !e->heard;
        e->heard = true;
        take_probe(e, &news);
        if (!news.was_lost)
            rtc_loss_rate_add(&e->loss, 1, !news.received, now);
        else
            rtc_loss_rate_found(&e->loss);
        if (!news.received)
            continue;
        e->rtt_us = now - news.sent_us;
        rtc_trendline_add(&e->trendline, news.sent_us, news.arrival_us);
        rtc_throughput_add(&e->came, news.len, news.arrival_us);
    }
    if (!e->heard)
        return;
    update(e, rtc_throughput_bps(&e->came), now);
    heed_probe(e, now);
    plan_probe(e, now);
}

void rtc_estimate_report(struct rtc_estimate *e, uint8_t fraction_lost,
                         rtc_usec rtt_us, rtc_usec now)
{
    uint64_t bps = rtc_throughput_bps(&e->left);

    if (e->heard)
        return;
    e->aimd.starting = false; /* a queue that grows would not show */
    e->rtt_us = rtc_max_time(rtt_us, 0);
    rtc_loss_rate_add(&e->loss, REPORT_PACKETS,
                      REPORT_PACKETS * fraction_lost / 256u, now);
    update(e, bps - bps * fraction_lost / 256, now);
}

void rtc_estimate_remb(struct rtc_estimate *e, uint64_t bps)
{
    e->remb_bps = bps;
}

uint64_t rtc_estimate_bps(const struct rtc_estimate *e)
{
    if (!e->aimd.bps || (e->remb_bps && e->remb_bps < e->aimd.bps))
        return e->remb_bps;
    return e->aimd.bps;
}
