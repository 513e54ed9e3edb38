/* SPDX-License-Identifier: MIT
 * The line of capture times: a least-squares fit in its recursive form, which
 * forgets what is older than some reports by keeping its gains from falling
 * further. */
#include "stream/capture.h"

/* A report further off the line is no jitter: the remote's clock was set, or
 * its RTP time stood still. */
#define JUMP_US (50 * RTC_MS)
/* Reports closer together are the same one, or come in the wrong order. */
#define SPAN_MIN_US (50 * RTC_MS)
/* And closer than this they say little about the drift. */
#define DRIFT_SPAN_MIN_US RTC_SEC
/* How many reports the line rests on. */
#define REPORT_MOST 16
/* Quartz is off by 100 ppm at worst; more is jitter. */
#define DRIFT_MAX 500e-6

void rtc_capture_init(struct rtc_capture *c, uint32_t clock_rate)
{
    *c = (struct rtc_capture){.clock_rate = clock_rate};
}

void rtc_capture_set_rate(struct rtc_capture *c, uint32_t clock_rate)
{
    if (c->clock_rate != clock_rate)
        rtc_capture_init(c, clock_rate);
}

/* From the line's point to `media_time`, in the stream's own time. */
static double span_us(const struct rtc_capture *c, uint64_t media_time)
{
    return (double)(int64_t)(media_time - c->media_time) * RTC_SEC /
           c->clock_rate;
}

static rtc_usec on_line(const struct rtc_capture *c, uint64_t media_time)
{
    double span = span_us(c, media_time);

    return c->remote_us + (rtc_usec)(span + span * c->drift);
}

static void start(struct rtc_capture *c, rtc_usec remote_us,
                  uint64_t media_time)
{
    rtc_capture_init(c, c->clock_rate);
    c->count = 1;
    c->remote_us = remote_us;
    c->media_time = media_time;
}

static double clamp_drift(double drift)
{
    return drift > DRIFT_MAX    ? DRIFT_MAX
           : drift < -DRIFT_MAX ? -DRIFT_MAX
                                : drift;
}

void rtc_capture_report(struct rtc_capture *c, rtc_usec remote_us,
                        uint64_t media_time)
{
    double span, n;
    rtc_usec expected, error;

    if (!c->clock_rate)
        return;
    expected = c->count ? on_line(c, media_time) : 0;
    error = remote_us - expected;
    if (!c->count || error > JUMP_US || error < -JUMP_US) {
        start(c, remote_us, media_time);
        return;
    }
    span = span_us(c, media_time);
    if (span < SPAN_MIN_US)
        return;
    c->count += c->count < REPORT_MOST;
    n = c->count;
    /* The gains of a straight line through n points evenly apart. */
    if (span < DRIFT_SPAN_MIN_US)
        span = DRIFT_SPAN_MIN_US;
    c->drift = clamp_drift(c->drift + 6 / (n * (n + 1)) * (double)error / span);
    c->remote_us =
        expected + (rtc_usec)(2 * (2 * n - 1) / (n * (n + 1)) * (double)error);
    c->media_time = media_time;
}

rtc_usec rtc_capture_time(struct rtc_capture *c, uint64_t media_time)
{
    rtc_usec at;

    if (!c->count)
        return RTC_NEVER;
    at = on_line(c, media_time);
    if (c->told && media_time < c->told_media_time)
        return rtc_min_time(at, c->told_us);
    if (c->told)
        at = rtc_max_time(at, c->told_us);
    c->told = true;
    c->told_media_time = media_time;
    c->told_us = at;
    return at;
}

/* ---- reports that came first --------------------------------------------- */

static struct rtc_capture_early_report *find(struct rtc_capture_early *early,
                                             uint32_t ssrc)
{
    for (unsigned i = 0; ssrc && i < RTC_CAPTURE_EARLY_MOST; i++)
        if (early->reports[i].ssrc == ssrc)
            return &early->reports[i];
    return NULL;
}

void rtc_capture_keep(struct rtc_capture_early *early,
                      const struct rtc_capture_early_report *report)
{
    struct rtc_capture_early_report *place = find(early, report->ssrc);

    if (!place)
        place = &early->reports[early->next++ % RTC_CAPTURE_EARLY_MOST];
    *place = *report;
}

bool rtc_capture_take(struct rtc_capture_early *early, uint32_t ssrc,
                      struct rtc_capture_early_report *ret_report)
{
    struct rtc_capture_early_report *place = find(early, ssrc);

    if (!place)
        return false;
    *ret_report = *place;
    place->ssrc = 0;
    return true;
}
