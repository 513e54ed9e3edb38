/* SPDX-License-Identifier: MIT
 *
 * Hello and welcome, start, then each end for itself: who sends says stop
 * behind its last packet, who receives waits for stragglers, and who has done
 * both tells its result. Whatever does not come is waited for within bounds.
 */
#include "cmd/probe/peer_run.h"

#include <string.h>

#include "cmd/meet.h"
#include "cmd/probe/peer_parts.h"
#include "cmd/probe/peer_talk.h"

#define HELLO_US 10000000
/* Behind the time that was asked for: drain, stragglers, and the results. */
#define OVERTIME_US 15000000
#define FINISH_US 2000000
#define SETTLE_LEAST_US 200000
#define SETTLE_MOST_US 3000000

static rtc_usec now_of(const struct peer_run *run)
{
    return driver_now(run->end.driver);
}

bool peer_run_sends(const struct peer_run *run)
{
    return run->leads ? run->parameters.up : run->parameters.down;
}

bool peer_run_receives(const struct peer_run *run)
{
    return run->leads ? run->parameters.down : run->parameters.up;
}

/* ---- intervals ----------------------------------------------------------- */

static void show_rows(struct peer_run *run)
{
    unsigned index;

    while ((index = peer_rows_next(&run->rows)) > 0)
        if (run->calls.interval)
            run->calls.interval(run, index);
}

static void on_pulse(void *user, int what)
{
    struct peer_run *run = user;
    struct peer_message message = {.type = PEER_INTERVAL};
    rtc_usec next;

    (void)what;
    if (run->end.is_ending)
        return;
    message.index = run->rows.counts[PEER_LOCAL] + 1;
    peer_parts_count(run);
    run->local.rtt_us = peer_ping_interval(&run->ping);
    peer_rows_add(&run->rows, PEER_LOCAL, message.index, &run->local);
    peer_talk_tell(run, &message);
    show_rows(run);
    next = (message.index + 1) * run->parameters.interval_us;
    if (next <= run->parameters.time_us)
        driver_timer_set(run->pulse, run->start + next);
}

/* ---- the end ------------------------------------------------------------- */

static void check_over(struct peer_run *run)
{
    if (!run->has_begun || !run->is_sent || !run->is_settled ||
        run->end.is_ending)
        return;
    if (!run->has_told)
        peer_talk_say(run, PEER_RESULT);
    run->has_told = true;
    /* The other one follows, and learns of the end by the session's. */
    if (run->has_heard && run->leads)
        endpoint_end(&run->end, RTC_EXIT_DONE, true);
}

static void on_stopped(void *user, const char *why)
{
    struct peer_run *run = user;

    if (why) {
        peer_talk_give_up(run,
                          run->parameters.mode == PEER_MEDIA ? RTC_EXIT_NO_MEDIA
                                                             : RTC_EXIT_CHANNEL,
                          why);
        return;
    }
    peer_parts_count(run);
    peer_talk_say(run, PEER_STOP);
    run->is_sent = true;
    check_over(run);
}

static void on_settle(void *user, int what)
{
    struct peer_run *run = user;

    (void)what;
    peer_parts_count(run);
    run->is_settled = true;
    check_over(run);
}

/* What was resent, or took longer, may still come. */
static void settle(struct peer_run *run)
{
    rtc_usec wait = SETTLE_LEAST_US + 3 * run->ping.total.most;

    if (wait > SETTLE_MOST_US)
        wait = SETTLE_MOST_US;
    driver_timer_set(run->settle, now_of(run) + wait);
}

void peer_run_finish(struct peer_run *run)
{
    if (!run->has_begun || !run->leads || run->is_finishing) {
        endpoint_end(&run->end, RTC_EXIT_DONE, false);
        return;
    }
    run->is_finishing = true;
    peer_talk_say(run, PEER_FINISH);
    if (run->sender)
        peer_sender_finish(run->sender);
    driver_timer_set(run->watch, now_of(run) + FINISH_US);
}

static void on_watch(void *user, int what)
{
    struct peer_run *run = user;

    (void)what;
    if (run->is_finishing)
        endpoint_end(&run->end, RTC_EXIT_DONE, false);
    else if (run->has_begun)
        peer_talk_give_up(run, RTC_EXIT_CHANNEL,
                          "the other end does not come to a result");
    else if (run->is_welcome && peer_parts_lack(run))
        peer_talk_give_up(run, RTC_EXIT_CHANNEL, peer_parts_lack(run));
    else
        peer_talk_give_up(
            run, RTC_EXIT_CHANNEL,
            run->control < 0
                ? "the other end is no `rtc-probe peer': there is no "
                  "channel to agree on what to measure"
                : "the other end is no `rtc-probe peer': it does not say "
                  "hello");
}

/* The other end may go. What it tells last may be lost on the way to who
 * follows, and who leads goes when it has what it needs. */
static bool is_through(const struct peer_run *run)
{
    return run->has_told && (run->has_heard || !run->leads);
}

static void on_silent(void *user)
{
    struct peer_run *run = user;

    if (!run->has_begun)
        on_watch(run, -1);
    else if (is_through(run))
        endpoint_end(&run->end, RTC_EXIT_DONE, false);
    else
        endpoint_fail(&run->end, RTC_EXIT_CONSENT,
                      "nothing came from the other end for %d s",
                      PEER_SILENCE_US / 1000000);
}

/* ---- the beginning ------------------------------------------------------- */

static void begin(struct peer_run *run)
{
    const struct peer_parameters *p = &run->parameters;
    struct peer_sender_setup setup = {.driver = run->end.driver,
                                      .peer = run->end.peer,
                                      .parameters = p,
                                      .streams = run->streams,
                                      .trips = &run->ping.total,
                                      .stopped = on_stopped,
                                      .user = run};

    run->has_begun = true;
    run->is_sent = !peer_run_sends(run);
    run->is_settled = !peer_run_receives(run);
    peer_parts_begin(run);
    if (run->calls.begun)
        run->calls.begun(run);
    if (peer_run_sends(run) && !(run->sender = peer_sender_new(&setup)))
        die(RTC_EXIT_INTERNAL, "out of memory");
    driver_timer_set(run->watch, run->start + p->time_us + OVERTIME_US);
    if (p->interval_us <= p->time_us)
        driver_timer_set(run->pulse, run->start + p->interval_us);
    if (run->has_stopped)
        settle(run);
}

/* Channels open one by one, and what is said on one may overtake another's
 * opening. */
static void start_when_ready(struct peer_run *run)
{
    if (!(run->leads ? run->is_welcome : run->is_due) || run->has_begun ||
        (run->parameters.mode == PEER_DATA && peer_parts_lack(run)))
        return;
    if (peer_parts_lack(run)) {
        peer_talk_give_up(run, RTC_EXIT_CHANNEL, peer_parts_lack(run));
        return;
    }
    if (run->leads)
        peer_talk_say(run, PEER_START);
    begin(run);
}

static void on_hello(struct peer_run *run, const struct peer_message *message)
{
    if (run->leads || run->is_welcome)
        return;
    run->parameters = message->parameters;
    /* Channels may still have to open. */
    if (run->parameters.mode == PEER_MEDIA && peer_parts_lack(run)) {
        peer_talk_give_up(run, RTC_EXIT_CHANNEL, peer_parts_lack(run));
        return;
    }
    run->is_welcome = true;
    peer_talk_say(run, PEER_WELCOME);
}

static void on_welcome(struct peer_run *run)
{
    if (!run->leads)
        return;
    run->is_welcome = true;
    start_when_ready(run);
}

static void on_start(struct peer_run *run)
{
    run->is_due = !run->leads && run->is_welcome;
    start_when_ready(run);
}

/* ---- what comes ---------------------------------------------------------- */

/* Who leads may be through before all channels have opened here. */
static void on_tally(struct peer_run *run, const struct peer_message *message)
{
    if (!run->is_welcome || run->has_heard)
        return;
    if (message->type == PEER_INTERVAL) {
        peer_rows_add(&run->rows, PEER_REMOTE, message->index, &message->tally);
        show_rows(run);
    } else if (message->type == PEER_STOP) {
        run->has_stopped = true;
        if (run->has_begun)
            settle(run);
    } else {
        run->has_heard = true;
    }
    run->remote = message->tally;
    check_over(run);
}

static void hear(struct peer_run *run, const struct rtc_message *packed)
{
    struct peer_message message;

    if (!peer_talk_hear(run, packed, &message))
        return;
    switch (message.type) {
    case PEER_HELLO:
    case PEER_WELCOME:
        memcpy(run->remote_version, message.text, sizeof run->remote_version);
        if (message.type == PEER_HELLO)
            on_hello(run, &message);
        else
            on_welcome(run);
        break;
    case PEER_REFUSAL:
        endpoint_fail(&run->end, RTC_EXIT_CHANNEL, "the other end gives up: %s",
                      message.text);
        break;
    case PEER_START:
        on_start(run);
        break;
    case PEER_FINISH:
        if (run->sender)
            peer_sender_finish(run->sender);
        break;
    case PEER_INTERVAL:
    case PEER_STOP:
    case PEER_RESULT:
        on_tally(run, &message);
        break;
    }
}

static void on_event(struct endpoint *end, const struct rtc_event *event)
{
    struct peer_run *run = end->calls.user;

    if (event->type == RTC_EVENT_CLOSED && event->reason == RTC_CLOSE_REMOTE &&
        !is_through(run))
        endpoint_fail(end, RTC_EXIT_CONSENT,
                      "the other end ended the session before there was a "
                      "result");
    if (end->is_ending)
        return;
    peer_ping_event(&run->ping, event);
    if (run->sender)
        peer_sender_event(run->sender, event);
    if (event->type == RTC_EVENT_PACKET)
        peer_parts_take(run, event->track, event->packet.payload,
                        event->packet.len, event->packet.time);
    else if (event->type == RTC_EVENT_MESSAGE && event->channel == run->control)
        hear(run, &event->message);
    else if (event->type == RTC_EVENT_MESSAGE)
        peer_parts_take(run, event->channel, event->message.data,
                        event->message.len, event->time);
    else if (event->type == RTC_EVENT_CHANNEL) {
        peer_parts_open(run, event->channel);
        if (run->leads && event->channel == run->control)
            peer_talk_say(run, PEER_HELLO);
        start_when_ready(run);
    }
}

/* ---- the session --------------------------------------------------------- */

static void on_add_tracks(struct endpoint *end)
{
    struct peer_run *run = end->calls.user;

    if (run->leads)
        peer_parts_make(run);
}

static void on_before_answer(struct endpoint *end)
{
    peer_parts_accept(end->calls.user);
}

static void on_connected(struct endpoint *end)
{
    struct peer_run *run = end->calls.user;
    rtc_usec wait = end->options.connect_timeout;

    run->ping.peer = end->peer;
    if (!peer_ping_start(&run->ping))
        die(RTC_EXIT_INTERNAL, "out of memory");
    driver_timer_set(run->watch,
                     now_of(run) + (wait < HELLO_US ? wait : HELLO_US));
}

/* What ends early was counted until now. */
static void on_ending(struct endpoint *end)
{
    struct peer_run *run = end->calls.user;

    if (run->has_begun)
        peer_parts_count(run);
    peer_ping_stop(&run->ping);
    driver_timer_set(run->watch, RTC_NEVER);
    driver_timer_set(run->settle, RTC_NEVER);
    driver_timer_set(run->pulse, RTC_NEVER);
    if (run->sender)
        peer_sender_halt(run->sender);
}

static void on_over(struct endpoint *end)
{
    struct peer_run *run = end->calls.user;

    run->calls.over(run);
}

void peer_run_start(struct peer_run *run, const struct cli_tool *tool,
                    const struct endpoint_options *options,
                    struct driver *driver)
{
    run->control = -1;
    for (int i = 0; i < PEER_STREAM_MOST; i++)
        run->streams[i] = -1;
    run->local.rtt_us = run->remote.rtt_us = -1;
    run->end.calls = (struct endpoint_calls){.add_tracks = on_add_tracks,
                                             .before_answer = on_before_answer,
                                             .connected = on_connected,
                                             .event = on_event,
                                             .ending = on_ending,
                                             .over = on_over,
                                             .user = run};
    run->ping =
        (struct peer_ping){.driver = driver, .silent = on_silent, .user = run};
    run->watch = driver_timer_new(driver, on_watch, run);
    run->settle = driver_timer_new(driver, on_settle, run);
    run->pulse = driver_timer_new(driver, on_pulse, run);
    if (!run->watch || !run->settle || !run->pulse)
        die(RTC_EXIT_INTERNAL, "out of memory");
    endpoint_init_one(&run->end, tool, options, driver);
    meet_start(&run->end, run->leads ? ROLE_OFFER : ROLE_ANSWER);
}

void peer_run_done(struct peer_run *run)
{
    peer_sender_free(run->sender);
    driver_watch_free(run->watch);
    driver_watch_free(run->settle);
    driver_watch_free(run->pulse);
    endpoint_done(&run->end);
}
