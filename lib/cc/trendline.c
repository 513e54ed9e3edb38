/* SPDX-License-Identifier: MIT
 * The delay gradient. Packets sent within 5 ms are one group, for they wait for
 * each other; each group adds what its way took longer than that of the one
 * before, and a least-squares line through the last such sums has the slope. */
#include "cc/trendline.h"

/* draft-ietf-rmcat-gcc-02 5.2: burst_time. */
#define BURST_US (5 * RTC_MS)
/* What a queue let go at once is one group, up to this long. */
#define BURST_MOST_US (100 * RTC_MS)
/* After a longer silence, or a step of a clock, delays cannot be compared. */
#define SILENCE_US (3 * RTC_SEC)
#define SMOOTHING 0.9
/* The way without a queue may change, so the minimum is of so long at most
 * twice. */
#define SPELL_US (10 * RTC_SEC)
/* What makes a slope a number of milliseconds. */
#define GAIN 4.0
#define GAIN_POINTS_MOST 60
/* The threshold (5.4), with the gains that browsers use. */
#define THRESHOLD_MS 12.5
#define THRESHOLD_LEAST_MS 6.0
#define THRESHOLD_MOST_MS 600.0
#define ADAPT_UP 0.0087
#define ADAPT_DOWN 0.039
#define ADAPT_STEP_MOST_MS 100.0
#define ADAPT_FAR_MS 15.0
/* How long there has to be a trend. */
#define OVERUSE_MS 10.0

void rtc_trendline_init(struct rtc_trendline *t)
{
    *t = (struct rtc_trendline){.threshold_ms = THRESHOLD_MS,
                                .adapted_us = RTC_NEVER};
}

/* ---- the slope ----------------------------------------------------------- */

static unsigned kept(const struct rtc_trendline *t)
{
    return t->point_count < RTC_TRENDLINE_POINTS ? t->point_count
                                                 : RTC_TRENDLINE_POINTS;
}

static double slope(const struct rtc_trendline *t)
{
    double x = 0, y = 0, above = 0, below = 0;
    unsigned n = kept(t);

    for (unsigned i = 0; i < n; i++) {
        x += t->points[i].at_ms / n;
        y += t->points[i].delay_ms / n;
    }
    for (unsigned i = 0; i < n; i++) {
        double dx = t->points[i].at_ms - x;
        above += dx * (t->points[i].delay_ms - y);
        below += dx * dx;
    }
    return below > 0 ? above / below : 0;
}

/* ---- against the threshold ----------------------------------------------- */

static double absolute(double value)
{
    return value < 0 ? -value : value;
}

static void adapt(struct rtc_trendline *t, rtc_usec arrival_us)
{
    double size = absolute(t->trend), step_ms = 0;

    if (t->adapted_us != RTC_NEVER)
        step_ms = (double)(arrival_us - t->adapted_us) / RTC_MS;
    t->adapted_us = arrival_us;
    /* A spike is not what the threshold is to get used to. */
    if (size > t->threshold_ms + ADAPT_FAR_MS || step_ms < 0)
        return;
    if (step_ms > ADAPT_STEP_MOST_MS)
        step_ms = ADAPT_STEP_MOST_MS;
    t->threshold_ms += (size < t->threshold_ms ? ADAPT_DOWN : ADAPT_UP) *
                       (size - t->threshold_ms) * step_ms;
    if (t->threshold_ms < THRESHOLD_LEAST_MS)
        t->threshold_ms = THRESHOLD_LEAST_MS;
    if (t->threshold_ms > THRESHOLD_MOST_MS)
        t->threshold_ms = THRESHOLD_MOST_MS;
}

/* `before`: the trend until now; `sent_ms`: time since the group before. */
static void detect(struct rtc_trendline *t, double before, double sent_ms)
{
    if (t->trend > t->threshold_ms) {
        t->over_ms += t->over_count ? sent_ms : sent_ms / 2;
        t->over_count++;
        if (t->over_ms > OVERUSE_MS && t->over_count > 1 && t->trend >= before)
            t->usage = RTC_USAGE_OVER;
        return;
    }
    t->over_ms = 0;
    t->over_count = 0;
    t->usage = t->trend < -t->threshold_ms ? RTC_USAGE_UNDER : RTC_USAGE_NORMAL;
}

static void note_least(struct rtc_trendline *t, rtc_usec arrival_us)
{
    if (!t->point_count || arrival_us - t->spell_us >= SPELL_US) {
        t->least_ms[1] = t->point_count ? t->least_ms[0] : t->sum_ms;
        t->least_ms[0] = t->sum_ms;
        t->spell_us = arrival_us;
    }
    if (t->sum_ms < t->least_ms[0])
        t->least_ms[0] = t->sum_ms;
}

rtc_usec rtc_trendline_queue_us(const struct rtc_trendline *t)
{
    double least =
        t->least_ms[0] < t->least_ms[1] ? t->least_ms[0] : t->least_ms[1];

    return (rtc_usec)((t->sum_ms - least) * RTC_MS);
}

static void add_point(struct rtc_trendline *t, double gained_ms, double sent_ms,
                      rtc_usec arrival_us)
{
    unsigned place = t->point_count % RTC_TRENDLINE_POINTS;
    double before = t->trend;

    t->sum_ms += gained_ms;
    note_least(t, arrival_us);
    t->smooth_ms = SMOOTHING * t->smooth_ms + (1 - SMOOTHING) * t->sum_ms;
    t->points[place].at_ms = (double)(arrival_us - t->origin_us) / RTC_MS;
    t->points[place].delay_ms = t->smooth_ms;
    t->point_count++;
    if (t->point_count < RTC_TRENDLINE_POINTS)
        return;
    t->trend =
        slope(t) * GAIN *
        (t->point_count < GAIN_POINTS_MOST ? t->point_count : GAIN_POINTS_MOST);
    detect(t, before, sent_ms);
    adapt(t, arrival_us);
}

/* ---- groups -------------------------------------------------------------- */

static void compare(struct rtc_trendline *t)
{
    const struct rtc_trendline_group *a = &t->before, *b = &t->current;
    rtc_usec sent = b->sent_us - a->sent_us;
    rtc_usec arrival = b->arrival_us - a->arrival_us;

    if (arrival < 0)
        return; /* groups overtook each other */
    add_point(t, (double)(arrival - sent) / RTC_MS, (double)sent / RTC_MS,
              b->arrival_us);
}

static bool belongs(const struct rtc_trendline_group *g, rtc_usec sent_us,
                    rtc_usec arrival_us)
{
    rtc_usec sent = sent_us - g->sent_us;
    rtc_usec arrival = arrival_us - g->arrival_us;

    if (sent_us - g->first_sent_us <= BURST_US)
        return true;
    return arrival < sent && arrival <= BURST_US &&
           arrival_us - g->first_arrival_us < BURST_MOST_US;
}

static void begin(struct rtc_trendline *t, rtc_usec sent_us,
                  rtc_usec arrival_us)
{
    t->before = t->current;
    t->current =
        (struct rtc_trendline_group){sent_us, sent_us, arrival_us, arrival_us};
    t->group_count++;
}

void rtc_trendline_add(struct rtc_trendline *t, rtc_usec sent_us,
                       rtc_usec arrival_us)
{
    struct rtc_trendline_group *g = &t->current;
    rtc_usec silence = arrival_us - g->arrival_us;

    if (t->group_count && (silence > SILENCE_US || silence < -SILENCE_US ||
                           sent_us - g->sent_us > SILENCE_US)) {
        double threshold = t->threshold_ms;
        rtc_trendline_init(t);
        t->threshold_ms = threshold;
    }
    if (!t->group_count) {
        t->origin_us = arrival_us;
        begin(t, sent_us, arrival_us);
        return;
    }
    if (sent_us < g->first_sent_us)
        return;
    if (belongs(g, sent_us, arrival_us)) {
        g->sent_us = rtc_max_time(g->sent_us, sent_us);
        g->arrival_us = rtc_max_time(g->arrival_us, arrival_us);
        return;
    }
    if (t->group_count > 1)
        compare(t);
    begin(t, sent_us, arrival_us);
}
