/* SPDX-License-Identifier: MIT
 *
 * A schedule says when packets are due. One that is due while the path has
 * enough to do is not sent, and counted as held back.
 */
#include "cmd/probe/peer_sender.h"

#include <stdlib.h>

#include "cmd/probe/peer_count.h"

#define LATE_US 20000
#define TOP_UP_US 5000
#define LOOK_US 10000
#define DRAIN_US 10000000
/* Sent in one go at most; who is late by more goes on in the next round. */
#define BURST_MOST 2000
/* Media: congestion control bounds what is sent, by whole datagrams, and what
 * may wait here for it is short: what is due beyond that is told by the counts,
 * not by a delay. Both are needed, as a queue that never ends makes it let more
 * through than it says. */
#define OVERHEAD 44 /* of a packet: RTP, its extensions, SRTP */
/* Of who has a rate to keep: the estimate may be wrong, too. It falls to 0.85
 * of what a full path carries, so that this does not keep it full. */
#define LEAD 1.1
#define BURST_US 50000
#define QUEUE_US 20000
#define QUEUE_LEAST 10
#define UNKNOWN_BPS 1000000
/* Data: what may be under way. Less than the round trip times the rate would
 * be a limit of ours, much more would take long to arrive after the end. */
#define WINDOW_LEAST 32768
#define WINDOW_MOST 786432
#define WINDOW_US 300000
#define ADAPT_US 100000

struct peer_sender {
    struct peer_sender_setup setup;
    struct peer_parameters p;
    struct peer_sent sent;
    struct stream {
        int number; /* track or channel */
        uint64_t sequence;
        uint8_t payload_type;
    } streams[PEER_STREAM_MOST];
    unsigned turn; /* whose it is, when there is no rate */
    struct driver_watch *timer;
    rtc_usec start, due, drain_by, late_most;
    uint64_t due_count; /* packets that were, at a rate */
    double allowance;   /* media: bytes */
    size_t room;        /* and packets that may wait */
    rtc_usec allowed_at;
    size_t window; /* data: of each stream */
    uint64_t acked;
    rtc_usec adapted_at;
    bool is_draining, is_over;
    const char *why;
    uint8_t buffer[PEER_LENGTH_MOST];
};

static rtc_usec now_of(const struct peer_sender *s)
{
    return driver_now(s->setup.driver);
}

static double cost(const struct peer_sender *s)
{
    return (double)s->p.length + OVERHEAD;
}

/* ---- one packet ---------------------------------------------------------- */

static int send_media(struct peer_sender *s, const struct stream *stream,
                      rtc_usec now)
{
    struct rtc_packet packet = {
        .payload = s->buffer,
        .len = s->p.length,
        .media_time = (uint64_t)(now - s->start) * 9 / 100,
        .payload_type = stream->payload_type,
        .marker = true,
        .renumber = true,
        .time = RTC_NEVER,
    };

    return rtc_peer_send_packet(s->setup.peer, stream->number, &packet, now);
}

static int send_data(struct peer_sender *s, const struct stream *stream,
                     rtc_usec now)
{
    struct rtc_message message = {.data = s->buffer, .len = s->p.length};

    return rtc_peer_send_message(s->setup.peer, stream->number, &message, now);
}

/* False: not now, or not any more. */
static bool send_one(struct peer_sender *s, struct stream *stream)
{
    rtc_usec now = now_of(s);
    struct peer_stamp stamp = {s->p.run, stream->sequence, now};
    int error;

    peer_stamp_write(&stamp, s->buffer);
    error = s->p.mode == PEER_MEDIA ? send_media(s, stream, now)
                                    : send_data(s, stream, now);
    if (error && error != RTC_ERR_AGAIN && error != RTC_ERR_CLOSED)
        s->why = rtc_peer_why(s->setup.peer);
    if (error)
        return false;
    stream->sequence++;
    s->sent.packets++;
    s->sent.bytes += s->p.length;
    s->allowance -= cost(s);
    return true;
}

/* ---- what waits ---------------------------------------------------------- */

/* Packets of a track, bytes of a channel. */
static size_t waiting(const struct peer_sender *s, const struct stream *stream)
{
    struct rtc_channel_info info;
    struct rtc_track_stats stats;

    if (s->p.mode == PEER_DATA)
        return rtc_peer_channel_info(s->setup.peer, stream->number, &info)
                   ? 0
                   : info.buffered;
    return rtc_peer_track_stats(s->setup.peer, stream->number, &stats)
               ? 0
               : (size_t)stats.packets_queued;
}

static size_t waiting_all(const struct peer_sender *s)
{
    size_t sum = 0;

    for (unsigned i = 0; i < s->p.streams; i++)
        sum += waiting(s, &s->streams[i]);
    return sum;
}

/* What congestion control allows. Before it knows, a rate is not bounded. */
static double allowed_bps(const struct peer_sender *s)
{
    struct rtc_stats stats = {0};

    rtc_peer_stats(s->setup.peer, &stats);
    if (stats.bitrate_bps)
        return (double)stats.bitrate_bps * (s->p.bitrate_bps ? LEAD : 1);
    return s->p.bitrate_bps ? 2 * (double)s->p.bitrate_bps * s->p.streams *
                                  cost(s) / (double)s->p.length
                            : UNKNOWN_BPS;
}

/* Media: fills up the allowance, in bytes, and how many packets may wait. */
static void allow(struct peer_sender *s, rtc_usec now)
{
    double bps = allowed_bps(s), most = bps * BURST_US / 8e6;

    if (most < QUEUE_LEAST * cost(s))
        most = QUEUE_LEAST * cost(s);
    s->allowance += bps / 8e6 * (double)(now - s->allowed_at);
    s->allowed_at = now;
    if (s->allowance > most)
        s->allowance = most;
    s->room = (size_t)(bps * QUEUE_US / 8e6 / cost(s));
    if (s->room < QUEUE_LEAST)
        s->room = QUEUE_LEAST;
}

static bool is_full(const struct peer_sender *s, const struct stream *stream)
{
    size_t wait = waiting(s, stream);

    if (s->p.mode == PEER_DATA)
        return wait > 0 && wait + s->p.length > s->window;
    return wait * s->p.streams >= s->room;
}

/* The window follows what was acknowledged. The quickest round trip is that of
 * the path; the others have the queue in them that the window makes. */
static void adapt(struct peer_sender *s, rtc_usec now)
{
    uint64_t acked = s->sent.bytes - waiting_all(s);
    rtc_usec passed = now - s->adapted_at;
    double window;

    if (passed < ADAPT_US)
        return;
    window = (double)(acked - s->acked) / (double)passed *
             (double)(WINDOW_US + 2 * s->setup.trips->least);
    window = window < WINDOW_LEAST  ? WINDOW_LEAST
             : window > WINDOW_MOST ? WINDOW_MOST
                                    : window;
    s->acked = acked;
    s->adapted_at = now;
    s->window = (size_t)window / s->p.streams;
    for (unsigned i = 0; i < s->p.streams; i++)
        rtc_peer_set_channel_low(s->setup.peer, s->streams[i].number,
                                 s->window / 2);
}

/* ---- schedules ----------------------------------------------------------- */

/* Of the packet of that number: streams take turns. */
static rtc_usec due_of(const struct peer_sender *s, uint64_t number)
{
    double bps = (double)s->p.bitrate_bps * (double)s->p.streams;

    return s->start +
           (rtc_usec)((double)number * (double)s->p.length * 8e6 / bps);
}

static bool may_send(const struct peer_sender *s)
{
    return s->p.mode == PEER_DATA || s->allowance >= cost(s);
}

static rtc_usec send_paced(struct peer_sender *s, rtc_usec now)
{
    bool full[PEER_STREAM_MOST];
    rtc_usec due;

    for (unsigned i = 0; i < s->p.streams; i++)
        full[i] = is_full(s, &s->streams[i]);
    for (unsigned n = 0; n < BURST_MOST; n++) {
        unsigned i = (unsigned)(s->due_count % s->p.streams);

        due = due_of(s, s->due_count);
        if (due > now)
            return due;
        full[i] = full[i] || !may_send(s) || !send_one(s, &s->streams[i]);
        s->sent.held += full[i];
        s->sent.late += !full[i] && now - due > LATE_US;
        s->due_count++;
    }
    return now;
}

static rtc_usec send_media_greedily(struct peer_sender *s, rtc_usec now)
{
    size_t wait = waiting_all(s);

    for (; wait < s->room && s->allowance >= cost(s); wait++) {
        if (!send_one(s, &s->streams[s->turn]))
            break;
        s->turn = (s->turn + 1) % s->p.streams;
    }
    return now + TOP_UP_US;
}

static rtc_usec send_data_greedily(struct peer_sender *s, rtc_usec now)
{
    for (unsigned i = 0; i < s->p.streams; i++)
        while (!is_full(s, &s->streams[i]) && send_one(s, &s->streams[i]))
            ;
    return now + LOOK_US;
}

static rtc_usec send_due(struct peer_sender *s, rtc_usec now)
{
    if (s->p.mode == PEER_DATA)
        adapt(s, now);
    else
        allow(s, now);
    if (s->p.bitrate_bps)
        return send_paced(s, now);
    return s->p.mode == PEER_DATA ? send_data_greedily(s, now)
                                  : send_media_greedily(s, now);
}

/* ---- its life ------------------------------------------------------------ */

static void stop(struct peer_sender *s, const char *why)
{
    s->is_over = true;
    s->setup.stopped(s->setup.user, why);
}

static void wait_for(struct peer_sender *s, rtc_usec due)
{
    s->due = due;
    driver_timer_set(s->timer, due);
}

static void drain(struct peer_sender *s, rtc_usec now)
{
    if (waiting_all(s) == 0 || now >= s->drain_by)
        stop(s, NULL);
    else
        wait_for(s, now + LOOK_US);
}

void peer_sender_finish(struct peer_sender *s)
{
    rtc_usec now = now_of(s);

    if (s->is_draining)
        return;
    s->is_draining = true;
    s->sent.time_us = now - s->start;
    /* All that was due by then, by a timer that is a bit late. */
    if (s->p.bitrate_bps && s->sent.time_us > s->p.time_us)
        s->sent.time_us = s->p.time_us;
    s->drain_by = now + DRAIN_US;
    wait_for(s, now);
}

void peer_sender_halt(struct peer_sender *s)
{
    s->is_over = true;
    driver_timer_set(s->timer, RTC_NEVER);
}

static void on_timer(void *user, int what)
{
    struct peer_sender *s = user;
    rtc_usec now = now_of(s), end = s->start + s->p.time_us, next;

    (void)what;
    if (now - s->due > s->late_most)
        s->late_most = now - s->due;
    if (s->is_over)
        return;
    if (s->is_draining) {
        drain(s, now);
        return;
    }
    next = send_due(s, now < end ? now : end - 1);
    driver_changed(s->setup.driver, s->setup.peer);
    if (s->why)
        stop(s, s->why);
    else if (now >= end)
        peer_sender_finish(s);
    else
        wait_for(s, next < end ? next : end);
}

void peer_sender_event(struct peer_sender *s, const struct rtc_event *event)
{
    if (event->type == RTC_EVENT_CHANNEL_LOW && !s->is_draining &&
        !s->is_over && s->p.mode == PEER_DATA && !s->p.bitrate_bps)
        wait_for(s, now_of(s));
}

void peer_sender_sent(const struct peer_sender *s, struct peer_sent *ret_sent)
{
    *ret_sent = s->sent;
    if (!s->is_draining)
        ret_sent->time_us = now_of(s) - s->start;
}

rtc_usec peer_sender_late(const struct peer_sender *s)
{
    return s->late_most;
}

static void find_payload_types(struct peer_sender *s)
{
    struct rtc_track_info info;

    for (unsigned i = 0; i < s->p.streams && s->p.mode == PEER_MEDIA; i++)
        if (rtc_peer_track_info(s->setup.peer, s->streams[i].number, &info) ==
                0 &&
            info.codec_count > 0)
            s->streams[i].payload_type = info.payload_types[0];
}

/* What media would spend if it could: the path is probed for that. */
static void set_goal(struct peer_sender *s)
{
    double bps =
        (double)s->p.bitrate_bps * s->p.streams * cost(s) / (double)s->p.length;

    if (s->p.mode == PEER_MEDIA)
        rtc_peer_set_bitrate_goal(s->setup.peer,
                                  bps > 0 ? (uint64_t)bps : UINT64_MAX);
}

struct peer_sender *peer_sender_new(const struct peer_sender_setup *setup)
{
    struct peer_sender *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->setup = *setup;
    s->p = *setup->parameters;
    for (unsigned i = 0; i < s->p.streams; i++)
        s->streams[i].number = setup->streams[i];
    s->timer = driver_timer_new(setup->driver, on_timer, s);
    if (!s->timer) {
        free(s);
        return NULL;
    }
    find_payload_types(s);
    set_goal(s);
    driver_random(NULL, s->buffer, sizeof s->buffer);
    s->start = s->allowed_at = s->adapted_at = now_of(s);
    s->window = WINDOW_LEAST / s->p.streams;
    s->allowance = QUEUE_LEAST * cost(s);
    wait_for(s, s->start);
    return s;
}

void peer_sender_free(struct peer_sender *s)
{
    if (!s)
        return;
    driver_watch_free(s->timer);
    free(s);
}
