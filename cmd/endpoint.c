/* SPDX-License-Identifier: MIT
 *
 * A session from its sockets to its end. There is one way out: endpoint_end
 * starts it, the grace timer bounds it, endpoint_done finishes it.
 */
#include "cmd/endpoint.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/impair.h"
#include "cmd/restart.h"
#include "cmd/statistics.h"

/* An end in good order takes at most this long. */
#define GRACE_US 2000000
/* What a slow path's round trip adds at most. */
#define GRACE_MOST_US 10000000
/* How often the end looks whether all was delivered. */
#define LOOK_US 10000
#define CHILD_LIMIT_MS 5000
#define CHILD_UNUSED_MS 300 /* when there was no session to end */

/* ---- the end ------------------------------------------------------------- */

/* A session that is not the process's only one does not end that. */
static bool is_one_of_several(const struct endpoint *end)
{
    return end->calls.over;
}

static void be_over(struct endpoint *end)
{
    bool again = end->is_over;

    end->is_over = true;
    if (!is_one_of_several(end))
        driver_stop(end->driver);
    else if (!again)
        end->calls.over(end);
}

static void close_peer(struct endpoint *end)
{
    rtc_usec wait;

    end->is_draining = false;
    if (end->peer) {
        rtc_peer_close(end->peer, driver_now(end->driver));
        driver_changed(end->driver, end->peer);
        driver_flush(end->driver, end->peer);
    }
    wait = end->line && end->line->leave ? end->line->leave(end) : 0;
    end->is_leaving = wait > 0;
    if (!end->is_leaving) {
        be_over(end);
        return;
    }
    end->end_by = driver_now(end->driver) + wait;
    driver_timer_set(end->grace, end->end_by);
}

void endpoint_left(struct endpoint *end)
{
    bool was_leaving = end->is_leaving;

    end->is_leaving = false;
    if (was_leaving)
        be_over(end);
}

/* What is still here, or on a slow path, is waited for: the grace begins anew
 * while packets leave, and covers the round trip. A signal does not wait. */
static void extend_grace(struct endpoint *end, rtc_usec now)
{
    struct rtc_track_stats stats;
    rtc_usec by;

    for (int t = 0; rtc_peer_track_stats(end->peer, t, &stats) == 0; t++) {
        rtc_usec rtt =
            stats.rtt_us > GRACE_MOST_US ? GRACE_MOST_US : stats.rtt_us;
        if (!stats.packets_queued || stats.packets_sent == end->drained_count)
            continue;
        end->drained_count = stats.packets_sent;
        by = now + GRACE_US + (rtt > 0 ? rtt : 0);
        if (by > end->end_by)
            end->end_by = by;
    }
}

static void on_grace(void *user, int what)
{
    struct endpoint *end = user;
    rtc_usec now = driver_now(end->driver);

    (void)what;
    if (end->is_leaving) {
        warn("the HTTP server did not answer in time");
        endpoint_left(end);
    }
    if (!end->is_draining)
        return;
    if (!end->signal_number)
        extend_grace(end, now);
    if ((rtc_peer_is_delivered(end->peer, now) &&
         (!end->data || data_pipe_is_over(end->data))) ||
        now >= end->end_by)
        close_peer(end);
    else
        driver_timer_set(end->grace, now + LOOK_US);
}

void endpoint_end(struct endpoint *end, enum rtc_exit status, bool drain)
{
    if (end->is_ending)
        return;
    end->is_ending = true;
    end->status = status;
    network_free(end->network);
    end->network = NULL;
    if (end->data)
        data_pipe_stop(end->data, !status && !end->signal_number);
    if (end->calls.ending)
        end->calls.ending(end);
    if (!drain || !end->is_connected) {
        close_peer(end);
        return;
    }
    end->is_draining = true;
    end->end_by = driver_now(end->driver) + GRACE_US;
    driver_timer_set(end->grace, driver_now(end->driver));
}

void endpoint_leave(struct endpoint *end)
{
    end->is_ending = true;
    network_free(end->network);
    end->network = NULL;
    be_over(end);
}

static void say_error(struct endpoint *end, enum rtc_exit status,
                      const char *format, va_list args)
{
    vsnprintf(end->error, sizeof end->error, format, args);
    if (!is_one_of_several(end)) {
        cli_progress("");
        fprintf(stderr, "%s: error %s: %s\n", end->tool->name,
                exit_name((int)status), end->error);
    }
    report_error(end->report, status, end->error, driver_now(end->driver));
}

void endpoint_say_error(struct endpoint *end, enum rtc_exit status,
                        const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_error(end, status, format, args);
    va_end(args);
}

void endpoint_fail(struct endpoint *end, enum rtc_exit status,
                   const char *format, ...)
{
    va_list args;

    if (end->is_ending && end->status)
        return;
    va_start(args, format);
    say_error(end, status, format, args);
    va_end(args);
    endpoint_end(end, status, false);
    end->status = status;
}

/* ---- parts --------------------------------------------------------------- */

void endpoint_add_part(struct endpoint *end)
{
    end->parts++;
}

void endpoint_part_over(struct endpoint *end)
{
    if (end->parts && --end->parts == 0)
        endpoint_end(end, RTC_EXIT_DONE, true);
}

static void on_data_ended(void *user, enum rtc_exit status, const char *why)
{
    if (status)
        endpoint_fail(user, status, "%s", why);
    else
        endpoint_part_over(user);
}

static void end_by_broken_pipe(struct endpoint *end)
{
    if (!end->signal_number)
        end->signal_number = SIGPIPE;
    endpoint_end(end, RTC_EXIT_DONE, false);
}

static void on_data_broken(void *user)
{
    end_by_broken_pipe(user);
}

void endpoint_open_data(struct endpoint *end,
                        const struct data_options *options)
{
    const struct data_calls calls = {on_data_ended, on_data_broken, end};

    end->data = data_pipe_new(end->driver, options, &calls);
    endpoint_add_part(end);
}

void endpoint_add_tracks(struct endpoint *end)
{
    if (end->calls.add_tracks)
        end->calls.add_tracks(end);
    if (end->data)
        data_pipe_attach(end->data, end->peer);
}

void endpoint_refuse_tracks(struct endpoint *end)
{
    struct rtc_track_info info;

    for (int t = 0; rtc_peer_track_info(end->peer, t, &info) == 0; t++)
        if (info.by_remote)
            rtc_peer_stop_track(end->peer, t);
}

static void close_data(struct endpoint *end)
{
    int failed = data_pipe_free(end->data);

    end->data = NULL;
    if (failed && errno == EPIPE)
        end_by_broken_pipe(end);
    else if (failed)
        endpoint_fail(end, RTC_EXIT_OUTPUT, "cannot write: %s",
                      strerror(errno));
}

/* ---- ways out ------------------------------------------------------------ */

void endpoint_die(struct endpoint *end)
{
    signal_child_free(end->child);
    end->child = NULL;
    if (end->line && end->line->die)
        end->line->die(end);
}

/* The report's last line also when the process ends by die(). */
static void on_die(void *user, enum rtc_exit status, const char *sentence)
{
    struct endpoint *end = user;
    rtc_usec now = driver_now(end->driver);

    report_error(end->report, status, sentence, now);
    report_end(end->report, end->peer, (int)status, now);
    endpoint_die(end);
}

static void on_warn(void *user, const char *sentence)
{
    struct endpoint *end = user;

    report_warn(end->report, sentence, driver_now(end->driver));
}

/* A command that failed is our failure, with its status where it is one of the
 * table's. */
static void wait_for_child(struct endpoint *end)
{
    int limit_ms = end->is_connected ? CHILD_LIMIT_MS : CHILD_UNUSED_MS;
    int status;

    if (end->line)
        end->line->done(end); /* the command sees end of file */
    if (!end->child)
        return;
    status = signal_child_wait(end->child, limit_ms);
    signal_child_free(end->child);
    end->child = NULL;
    if (status < 0) {
        if (end->is_connected)
            warn("the command `%s' did not end and was killed",
                 end->child_command);
    } else if (status && !end->status && !end->signal_number) {
        end->status = status < 128 ? (enum rtc_exit)status : RTC_EXIT_INTERNAL;
        endpoint_say_error(end, end->status,
                           "the command `%s' failed: status %d",
                           end->child_command, status);
    }
}

void endpoint_done(struct endpoint *end)
{
    int number;

    close_data(end);
    wait_for_child(end);
    number = end->signal_number;
    report_end(end->report, end->peer, number ? 128 + number : (int)end->status,
               driver_now(end->driver));
    report_free(end->report);
    signal_read_free(end->reader);
    restart_free(end->restart);
    for (int i = 0; i < 4; i++)
        driver_watch_free(end->signals[i]);
    driver_watch_free(end->limit);
    driver_watch_free(end->grace);
    driver_watch_free(end->pulse);
    driver_watch_free(end->interval);
    driver_watch_free(end->prepare);
    driver_remove_peer(end->driver, end->peer);
    gather_free(end->gather);
    rtc_peer_free(end->peer);
    end->peer = NULL;
    capture_free(end->capture);
    impair_free(end->impair);
    free(end->session_interface);
}

void endpoint_exit(struct endpoint *end)
{
    cli_progress("");
    endpoint_done(end);
    driver_free(end->driver);
    cli_on_die(NULL, NULL);
    cli_on_warn(NULL, NULL);
    if (end->signal_number)
        cli_die_by_signal(end->signal_number);
    exit((int)end->status);
}

/* ---- signals and limits -------------------------------------------------- */

static void on_signal(void *user, int number)
{
    struct endpoint *end = user;

    if (number == SIGUSR1) {
        if (end->peer)
            statistics_print(end->peer, driver_now(end->driver) - end->start,
                             stderr);
        return;
    }
    if (number == SIGHUP && restart_on_signal(end->restart))
        return;
    if (end->signal_number) /* the second one does not wait */
        cli_die_by_signal(number);
    end->signal_number = number;
    end->is_ending = false;
    endpoint_end(end, RTC_EXIT_DONE, end->is_connected);
}

static void on_limit(void *user, int what)
{
    struct endpoint *end = user;

    (void)what;
    if (end->is_connected)
        endpoint_end(end, RTC_EXIT_DONE, true);
    else
        endpoint_fail(end, RTC_EXIT_MAX_TIME,
                      "not connected within --max-time");
}

static void watch_signals(struct endpoint *end)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

    for (int i = 0; i < 4; i++) {
        struct sigaction inherited;
        /* What is ignored stays so: nohup, a shell's background jobs. */
        if (sigaction(numbers[i], NULL, &inherited) == 0 &&
            inherited.sa_handler == SIG_IGN)
            continue;
        end->signals[i] =
            driver_watch_signal(end->driver, numbers[i], on_signal, end);
    }
}

/* ---- events -------------------------------------------------------------- */

/* Whether a new session takes the place of the one that was closed. */
static bool lose(struct endpoint *end, enum rtc_close_reason reason,
                 const char *why)
{
    rtc_usec now = driver_now(end->driver);

    if (!end->options.reconnect || !end->line || !end->line->renew ||
        !end->is_connected || end->is_ending ||
        (reason != RTC_CLOSE_REMOTE && reason != RTC_CLOSE_CONSENT &&
         reason != RTC_CLOSE_ICE_FAILED && reason != RTC_CLOSE_DTLS))
        return false;
    if (!end->is_lost)
        end->lost_at = now;
    end->is_lost = true;
    driver_timer_set(end->pulse, RTC_NEVER);
    driver_timer_set(end->interval, RTC_NEVER);
    restart_reset(end->restart);
    if (end->calls.lost)
        end->calls.lost(end);
    end->line->renew(end, *why ? why : "the server ended the session");
    return true;
}

void endpoint_lost(struct endpoint *end, enum rtc_close_reason reason,
                   const char *why)
{
    if (!lose(end, reason, why)) {
        endpoint_fail(end, exit_for_close(reason), "%s", why);
        return;
    }
    rtc_peer_close(end->peer, driver_now(end->driver));
    driver_changed(end->driver, end->peer);
}

static void on_closed(struct endpoint *end, enum rtc_close_reason reason)
{
    enum rtc_exit status = exit_for_close(reason);

    if (reason == RTC_CLOSE_LOCAL || lose(end, reason, rtc_peer_why(end->peer)))
        return;
    if (status == RTC_EXIT_DONE)
        endpoint_end(end, RTC_EXIT_DONE, false);
    else if (!end->is_connected &&
             rtc_peer_signaling(end->peer) == RTC_SIGNALING_LOCAL_OFFER)
        endpoint_fail(end, RTC_EXIT_DESCRIPTION, "no answer came");
    else
        endpoint_fail(end, status, "%s", rtc_peer_why(end->peer));
}

static void on_pulse(void *user, int what)
{
    struct endpoint *end = user;
    rtc_usec now = driver_now(end->driver);
    char line[160];

    (void)what;
    statistics_line(end->peer, now - end->start, line, sizeof line);
    cli_progress(line);
    driver_timer_set(end->pulse, now + 1000000);
}

static void on_interval(void *user, int what)
{
    struct endpoint *end = user;
    rtc_usec now = driver_now(end->driver);

    (void)what;
    report_interval(end->report, end->peer, now);
    driver_timer_set(end->interval, now + end->options.interval);
}

static void on_connected(struct endpoint *end)
{
    rtc_usec now = driver_now(end->driver);

    if (!is_one_of_several(end))
        driver_timer_set(end->pulse, now + 1000000);
    if (end->options.interval)
        driver_timer_set(end->interval, now + end->options.interval);
    if (!end->is_connected)
        driver_timer_set(end->limit, end->options.time ? now + end->options.time
                                                       : RTC_NEVER);
    if (end->is_lost)
        report_reconnect(end->report, now - end->lost_at, now);
    end->is_connected = true;
    end->is_lost = false;
    if (end->calls.connected)
        end->calls.connected(end);
}

void endpoint_event(void *user, const struct rtc_event *event)
{
    struct endpoint *end = user;

    report_event(end->report, end->peer, event);
    if (end->data)
        data_pipe_event(end->data, event);
    gather_event(end->gather, event);
    if (event->type == RTC_EVENT_CONNECTED)
        on_connected(end);
    if (end->line)
        end->line->event(end, event);
    restart_event(end->restart, event);
    if (end->calls.event)
        end->calls.event(end, event);
    if (event->type == RTC_EVENT_CLOSED)
        on_closed(end, event->reason);
}

/* ---- the beginning ------------------------------------------------------- */

static void on_prepare(void *user, int what)
{
    (void)user;
    (void)what;
    rtc_prepare();
}

static void make_impair(struct endpoint *end)
{
    struct impair_options options;
    char why[IMPAIR_WHY_LEN];

    if (!end->options.impair)
        return;
    if (!impair_parse(end->options.impair, &options, why))
        die_usage("--impair: %s", why);
    end->impair = impair_new(end->driver, &options);
    if (!end->impair)
        die(RTC_EXIT_INTERNAL, "out of memory");
    driver_impair(end->driver, end->impair);
    report_impair(end->report, impair_counts(end->impair));
}

/* What every session has. */
static void init(struct endpoint *end, const struct cli_tool *tool,
                 const struct endpoint_options *options)
{
    end->tool = tool;
    end->options = *options;
    end->options.http.cacert = options->ice.cacert;
    end->options.http.insecure = options->ice.insecure;
    end->start = driver_now(end->driver);
    end->report = report_new(options->events, options->totals, end->start);
    if (!end->report)
        die(RTC_EXIT_OUTPUT, "--events %s: %s", options->events,
            strerror(errno));
    end->limit = driver_timer_new(end->driver, on_limit, end);
    end->grace = driver_timer_new(end->driver, on_grace, end);
    end->pulse = driver_timer_new(end->driver, on_pulse, end);
    end->interval = driver_timer_new(end->driver, on_interval, end);
    end->prepare = driver_timer_new(end->driver, on_prepare, end);
    if (!end->limit || !end->grace || !end->pulse || !end->interval ||
        !end->prepare)
        die(RTC_EXIT_INTERNAL, "out of memory");
    if (options->max_time)
        driver_timer_set(end->limit,
                         driver_now(end->driver) + options->max_time);
}

void endpoint_init_one(struct endpoint *end, const struct cli_tool *tool,
                       const struct endpoint_options *options,
                       struct driver *driver)
{
    end->driver = driver;
    init(end, tool, options);
}

void endpoint_init(struct endpoint *end, const struct cli_tool *tool,
                   const void *values, const struct endpoint_options *options)
{
    end->driver = driver_new();
    if (!end->driver)
        die(RTC_EXIT_INTERNAL, "no event loop: %s", strerror(errno));
    init(end, tool, options);
    cli_on_die(on_die, end);
    cli_on_warn(on_warn, end);
    end->capture = capture_new(end->driver, &end->options.capture, tool->name);
    watch_signals(end);
    report_start(end->report, tool, values, driver_now(end->driver));
    make_impair(end);
}
