/* SPDX-License-Identifier: MIT
 *
 * A series of echoes by one timer. For as much as passes, a window (window.h)
 * bounds what is under way.
 */
#include "cmd/probe/flow.h"

#include <time.h>

#include "cmd/cli.h"

#define LEN_MOST 1500
/* Of one wakeup, so that what comes is read in between. */
#define BURST_MOST 64
#define RETRY_US 1000
/* A load's last datagrams: not as long as a lone one is waited for. */
#define TAIL_US 300000
/* The part of a load in which the window grows: its rate is not counted. */
#define GROWTH(time) ((time) / 2)

static bool is_windowed(const struct probe_flow *flow)
{
    return flow->setup.interval == 0 && flow->setup.bitrate_bps == 0;
}

static bool is_sending(const struct probe_flow *flow)
{
    return flow->ended == RTC_NEVER;
}

static rtc_usec now_of(const struct probe_flow *flow)
{
    return driver_now(flow->setup.driver);
}

/* The driver's time is that of the wakeup, within which an answer may come. */
static rtc_usec read_clock(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (rtc_usec)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static rtc_usec stop_at(const struct probe_flow *flow)
{
    return flow->setup.time ? flow->begun + flow->setup.time : RTC_NEVER;
}

static rtc_usec sooner(rtc_usec a, rtc_usec b)
{
    return a < b ? a : b;
}

/* When the next one leaves, if not by a window. */
static rtc_usec due(const struct probe_flow *flow)
{
    int64_t bits = (int64_t)flow->echo.len * 8;
    int64_t next = flow->echo.next;

    if (flow->setup.interval)
        return flow->begun + next * flow->setup.interval;
    /* At most 2^24 datagrams: it fits. */
    return flow->begun + next * bits * 1000000 / flow->setup.bitrate_bps;
}

/* How many left before `time`; by a window, that is not known. */
static uint32_t left_before(const struct probe_flow *flow, rtc_usec time)
{
    double bits = (double)flow->echo.len * 8e6, step, count;

    if (is_windowed(flow) || time < flow->begun)
        return 0;
    step = flow->setup.interval ? (double)flow->setup.interval
                                : bits / (double)flow->setup.bitrate_bps;
    count = (double)(time - flow->begun) / step;
    return count < flow->echo.next ? (uint32_t)count : flow->echo.next;
}

/* It was stopped: what left a moment ago is not lost, it was not waited for. */
static void forget_latest(struct probe_flow *flow)
{
    uint32_t late = left_before(flow, now_of(flow) - flow->setup.timeout);

    flow->echo.series.sent = late > flow->echo.above ? late : flow->echo.above;
}

static void finish(struct probe_flow *flow)
{
    flow->is_over = true;
    driver_timer_set(flow->timer, RTC_NEVER);
    driver_stop(flow->setup.driver);
}

/* ---- sending ------------------------------------------------------------- */

static bool send_one(struct probe_flow *flow)
{
    uint8_t data[LEN_MOST];

    probe_echo_write(&flow->echo, data, read_clock());
    if (!flow->setup.send(flow->setup.user, data, flow->echo.len))
        return false;
    probe_echo_sent(&flow->echo);
    return true;
}

static bool may_send(const struct probe_flow *flow, rtc_usec now)
{
    if (flow->echo.next == flow->echo.capacity)
        return false;
    return is_windowed(flow)
               ? probe_window_has_room(&flow->window, flow->echo.above,
                                       flow->echo.next)
               : due(flow) <= now;
}

/* What may leave now. When to go on at the latest. */
static rtc_usec send_some(struct probe_flow *flow)
{
    rtc_usec now = now_of(flow);
    unsigned sent = 0;

    while (may_send(flow, now)) {
        if (sent == BURST_MOST)
            return now;
        if (!send_one(flow))
            return now + RETRY_US;
        sent++;
    }
    if (is_windowed(flow))
        return probe_window_stalled_at(&flow->window);
    return due(flow);
}

static void wait_for_rest(struct probe_flow *flow)
{
    bool is_load = !flow->setup.interval;
    rtc_usec wait = flow->setup.timeout;
    rtc_usec tail = TAIL_US + 2 * flow->echo.series.most;

    flow->ended = sooner(now_of(flow), stop_at(flow));
    driver_timer_set(flow->timer,
                     now_of(flow) + (is_load ? sooner(tail, wait) : wait));
    if (flow->echo.series.received == flow->echo.series.sent)
        finish(flow);
}

static void on_timer(void *user, int what)
{
    struct probe_flow *flow = user;
    rtc_usec next = RTC_NEVER;

    (void)what;
    if (!is_sending(flow)) {
        finish(flow);
        return;
    }
    if (is_windowed(flow) &&
        now_of(flow) >= probe_window_stalled_at(&flow->window))
        probe_window_stall(&flow->window, flow->echo.next, now_of(flow));
    if (now_of(flow) < stop_at(flow))
        next = send_some(flow);
    if (flow->echo.next == flow->echo.capacity)
        next = RTC_NEVER;
    next = sooner(next, stop_at(flow));
    if (now_of(flow) >= stop_at(flow) || next == RTC_NEVER)
        wait_for_rest(flow);
    else
        driver_timer_set(flow->timer, next);
}

/* ---- receiving ----------------------------------------------------------- */

static void count(struct probe_flow *flow)
{
    rtc_usec now = now_of(flow);

    if (flow->echo.series.received == 1)
        flow->first_at = now;
    flow->last_at = now;
    if (!is_windowed(flow) ||
        (now >= flow->begun + GROWTH(flow->setup.time) && now < stop_at(flow)))
        flow->counted++;
}

bool probe_flow_receive(struct probe_flow *flow, const uint8_t *data,
                        size_t len)
{
    rtc_usec rtt;

    if (flow->is_over || probe_echo_read(&flow->echo, data, len, &rtt,
                                         read_clock()) != PROBE_ECHO_NEW)
        return false;
    count(flow);
    if (flow->setup.first_only ||
        (!is_sending(flow) &&
         flow->echo.series.received == flow->echo.series.sent))
        finish(flow);
    if (is_sending(flow) && is_windowed(flow)) {
        probe_window_returned(&flow->window, flow->echo.above, flow->echo.next,
                              rtt, now_of(flow));
        driver_timer_set(flow->timer, now_of(flow));
    }
    return true;
}

/* ---- the whole ----------------------------------------------------------- */

void probe_flow_run(struct probe_flow *flow,
                    const struct probe_flow_setup *setup)
{
    rtc_usec now = driver_now(setup->driver);

    *flow =
        (struct probe_flow){.setup = *setup, .begun = now, .ended = RTC_NEVER};
    probe_window_init(&flow->window, setup->rtt_us, now);
    flow->timer = driver_timer_new(setup->driver, on_timer, flow);
    if (!flow->timer ||
        !probe_echo_init(&flow->echo, setup->count, setup->len, read_clock()))
        die(RTC_EXIT_INTERNAL, "out of memory");
    driver_timer_set(flow->timer, now);
    driver_run(setup->driver);
    if (is_sending(flow))
        flow->ended = now_of(flow);
    if (!flow->is_over)
        forget_latest(flow);
    flow->is_over = true;
    driver_watch_free(flow->timer);
    flow->timer = NULL;
}

void probe_flow_done(struct probe_flow *flow)
{
    probe_echo_done(&flow->echo);
}

static int64_t rate(const struct probe_flow *flow, uint32_t datagrams,
                    rtc_usec span)
{
    return (int64_t)((double)datagrams * (double)flow->echo.len * 8e6 /
                     (double)(span > 0 ? span : 1));
}

int64_t probe_flow_sent_bps(const struct probe_flow *flow)
{
    if (flow->echo.series.sent == 0)
        return -1;
    return rate(flow, flow->echo.series.sent, flow->ended - flow->begun);
}

/* Over the longer one of sending and receiving: a path that held back is not
 * faster for it. */
int64_t probe_flow_received_bps(const struct probe_flow *flow)
{
    rtc_usec sent = flow->ended - flow->begun;
    rtc_usec received = flow->last_at - flow->first_at;

    if (flow->echo.series.sent == 0)
        return -1;
    if (is_windowed(flow))
        return rate(flow, flow->counted, sent - GROWTH(flow->setup.time));
    return rate(flow, flow->counted, sent > received ? sent : received);
}
