/* SPDX-License-Identifier: MIT
 *
 * rtc-probe loop: publishes a clip whose frames are marked, plays it back from
 * the same server, and looks at what came of each frame.
 *
 * First the WHIP session; once that is connected and sends, the WHEP session,
 * again and again while there is nothing to play yet. From the first frame that
 * comes back --time is measured. What is on its way then is waited for; frames
 * go on to be sent meanwhile, and do not count, for a lost packet is noticed by
 * those behind it.
 */
#include "cmd/probe/loop.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/probe/impaired.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/session_options.h"
#include "cmd/whip.h"

#define RETRY_US 500000
/* What is on its way at the end is waited for so long, or for --late. */
#define DRAIN_US 1000000

#define OFFSET(member) offsetof(struct loop_options, member)

static const struct rtc_option table[] = {
    {.heading = "Measuring",
     .name = "whip",
     .often = true,
     .type = OPTION_STRING,
     .argument = "URL",
     .offset = OFFSET(end.whip),
     .secret = true,
     .help = "publish to this endpoint (RFC 9725)"},
    {.name = "whep",
     .often = true,
     .type = OPTION_STRING,
     .argument = "URL",
     .offset = OFFSET(end.whep),
     .secret = true,
     .help = "play the same from this endpoint"},
    {.name = "whep-token-file",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = OFFSET(whep_token),
     .help = "another token for this"},
    {.name = "time",
     .letter = 't',
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(time),
     .least = 100000,
     .most = INT64_C(30) * 86400 * 1000000,
     .help = "end so long after the first frame came back (10s)"},
    {.name = "clip",
     .often = true,
     .type = OPTION_CHOICE,
     .argument = "NAME",
     .offset = OFFSET(publisher.clip),
     .choices = publisher_clips,
     .help = "what to publish: vp8+opus (default), h264+opus, ..."},
    {.name = "bitrate",
     .letter = 'b',
     .often = true,
     .type = OPTION_RATE,
     .argument = "RATE",
     .offset = OFFSET(publisher.bitrate_bps),
     .least = 10000,
     .most = 100000000,
     .help = "fill the video up to it (default: 180k)"},
    {.name = "late",
     .often = true,
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(late),
     .least = 1000,
     .most = 10000000,
     .help = "a frame that takes longer is late (500ms)"},
    {.name = "patience",
     .type = OPTION_ROWS,
     .rows = probe_options_patience,
     .offset = OFFSET(end)},
    {.name = "media-timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(media_timeout),
     .least = 1000000,
     .most = 3600000000,
     .help = "give up when nothing comes for so long (5s)"},
    {.name = "http",
     .type = OPTION_ROWS,
     .rows = probe_options_http,
     .offset = OFFSET(end)},
    {.name = "network",
     .type = OPTION_ROWS,
     .rows = probe_options_network,
     .offset = OFFSET(end)},
    {.heading = "Thresholds, for every track (else exit status 3)",
     .name = "limits",
     .type = OPTION_ROWS,
     .rows = probe_limits_frames,
     .offset = OFFSET(limits)},
    {.name = "connect",
     .type = OPTION_ROWS,
     .rows = probe_limits_connect,
     .offset = OFFSET(limits)},
    {.name = "least",
     .type = OPTION_ROWS,
     .rows = probe_limits_bitrate,
     .offset = OFFSET(limits)},
    {.name = "tls",
     .type = OPTION_ROWS,
     .rows = probe_limits_tls,
     .offset = OFFSET(limits)},
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_form,
     .offset = OFFSET(report)},
    {.name = "interval",
     .letter = 'i',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(interval),
     .most = INT64_C(3600000000),
     .help = "between lines of --jsonl on how it goes (1s)"},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-probe loop",
    .operands = "--whip URL --whep URL",
    .summary = "Publish to a server, play back from it, and compare.",
    .options = table,
    .operands_most = 0,
};

/* ---- the end ------------------------------------------------------------- */

static bool is_leg_over(const struct client *client)
{
    return !client || client->is_over;
}

static bool is_over(const struct loop *loop)
{
    return loop->state == LOOP_ENDING &&
           is_leg_over(loop->clients[LOOP_WHIP]) &&
           is_leg_over(loop->clients[LOOP_WHEP]);
}

static void check_over(struct loop *loop)
{
    if (is_over(loop))
        driver_stop(loop->driver);
}

static uint64_t sent_so_far(const struct loop *loop, enum rtc_kind kind)
{
    const struct client *client = loop->clients[LOOP_WHIP];

    return client ? publisher_counts(client->publisher)->frames[kind] : 0;
}

uint64_t loop_sent(const struct loop *loop, enum rtc_kind kind)
{
    return loop->stopped_at == RTC_NEVER ? sent_so_far(loop, kind)
                                         : loop->until[kind];
}

/* What is sent from now on does not count. */
static void stop(struct loop *loop)
{
    if (loop->stopped_at != RTC_NEVER)
        return;
    loop->stopped_at = driver_now(loop->driver);
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        loop->until[kind] = sent_so_far(loop, (enum rtc_kind)kind);
        arrivals_end(&loop->arrivals[kind], loop->stopped_at);
    }
}

/* Both sessions end in good order, who watches first. */
static void end_all(struct loop *loop)
{
    if (loop->state == LOOP_ENDING)
        return;
    loop->state = LOOP_ENDING;
    stop(loop);
    driver_timer_set(loop->timer, RTC_NEVER);
    driver_timer_set(loop->retry, RTC_NEVER);
    driver_timer_set(loop->pulse, RTC_NEVER);
    driver_timer_set(loop->limit, RTC_NEVER);
    for (int leg = LOOP_LEGS - 1; leg >= 0; leg--)
        if (!is_leg_over(loop->clients[leg]))
            client_end(loop->clients[leg]);
    check_over(loop);
}

static void on_signal(void *user, int number)
{
    struct loop *loop = user;

    if (loop->report.signal)
        cli_die_by_signal(number);
    loop->report.signal = number;
    end_all(loop);
}

static bool is_connected(const struct client *client)
{
    return client && client->connected_at != RTC_NEVER;
}

/* --max-time */
static void on_limit(void *user, int what)
{
    struct loop *loop = user;

    (void)what;
    if (is_connected(loop->clients[LOOP_WHIP]) &&
        is_connected(loop->clients[LOOP_WHEP]))
        return;
    probe_report_fail(
        &loop->report, RTC_EXIT_MAX_TIME, "%s: not connected in time",
        loop_leg_name(is_connected(loop->clients[LOOP_WHIP]) ? LOOP_WHEP
                                                             : LOOP_WHIP));
    end_all(loop);
}

/* ---- what should have come ----------------------------------------------- */

static rtc_usec drain_time(const struct loop *loop)
{
    return loop->options.late > DRAIN_US ? loop->options.late : DRAIN_US;
}

static void note_sent(struct loop *loop, rtc_usec now)
{
    struct loop_sent *sent = &loop->sent[loop->sent_count % LOOP_SENT_MOST];

    sent->at = now;
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++)
        sent->counts[kind] = loop_sent(loop, (enum rtc_kind)kind);
    loop->sent_count++;
}

/* What was sent longer ago than we would wait for at the end. */
static void note_due(struct loop *loop, rtc_usec now)
{
    unsigned kept =
        loop->sent_count < LOOP_SENT_MOST ? loop->sent_count : LOOP_SENT_MOST;

    for (unsigned i = loop->sent_count - kept; i < loop->sent_count; i++) {
        const struct loop_sent *sent = &loop->sent[i % LOOP_SENT_MOST];

        if (now - sent->at < drain_time(loop))
            break;
        arrivals_due(&loop->arrivals[RTC_AUDIO], sent->counts[RTC_AUDIO]);
        arrivals_due(&loop->arrivals[RTC_VIDEO], sent->counts[RTC_VIDEO]);
    }
}

static bool is_all_back(const struct loop *loop)
{
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        const struct arrivals *a = &loop->arrivals[kind];

        if (a->received > 0 &&
            (a->next < loop_sent(loop, (enum rtc_kind)kind) ||
             arrivals_lost(a) > 0))
            return false;
    }
    return true;
}

static void on_pulse(void *user, int what)
{
    struct loop *loop = user;
    rtc_usec now = driver_now(loop->driver);

    (void)what;
    note_sent(loop, now);
    note_due(loop, now);
    if (loop->state == LOOP_DRAINING && is_all_back(loop))
        driver_timer_set(loop->timer, now);
    if (loop->state == LOOP_MEASURING)
        loop_tell(loop, now);
    driver_timer_set(loop->pulse, now + LOOP_PULSE_US);
}

/* ---- the time between ---------------------------------------------------- */

static void begin_measuring(struct loop *loop, rtc_usec now)
{
    loop->state = LOOP_MEASURING;
    loop->started_at = now;
    driver_timer_set(loop->timer, now + loop->options.time);
}

static void begin_draining(struct loop *loop, rtc_usec now)
{
    loop->state = LOOP_DRAINING;
    stop(loop);
    driver_timer_set(loop->timer, now + drain_time(loop));
}

static void end_draining(struct loop *loop)
{
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++)
        arrivals_due(&loop->arrivals[kind], loop->until[kind]);
    end_all(loop);
}

static void on_timer(void *user, int what)
{
    struct loop *loop = user;

    (void)what;
    if (loop->state == LOOP_MEASURING)
        begin_draining(loop, driver_now(loop->driver));
    else if (loop->state == LOOP_DRAINING)
        end_draining(loop);
}

/* Whether a frame is one of those that count. */
static bool counts(const struct loop *loop, enum rtc_kind kind,
                   const struct arrival *one)
{
    if (loop->state != LOOP_DRAINING)
        return loop->state != LOOP_ENDING;
    return one->state != PROBE_MARK_NONE &&
           one->mark.run == loop->arrivals[kind].run &&
           one->mark.sequence < loop->until[kind];
}

static void on_frame(void *user, const struct rtc_event *event)
{
    struct loop *loop = user;
    const struct rtc_frame *frame = &event->frame;
    enum rtc_kind kind = rtc_codec_kind(frame->codec);
    struct arrival one = {.at = frame->time,
                          .remote_time = frame->remote_time,
                          .len = frame->len,
                          .sent = sent_so_far(loop, kind)};

    one.state =
        probe_mark_read(frame->codec, frame->data, frame->len, &one.mark);
    if (!counts(loop, kind, &one))
        return;
    arrivals_add(&loop->arrivals[kind], &one);
    if (loop->state == LOOP_CONNECTING || loop->state == LOOP_WAITING)
        begin_measuring(loop, event->time);
}

/* ---- two sessions -------------------------------------------------------- */

static void begin_leg(struct loop *loop, enum loop_leg leg);

static void on_connected(void *user, struct client *client)
{
    struct loop *loop = user;
    struct probe_group group;
    static const struct probe_kind kind = {"session", "sessions"};
    enum loop_leg leg = client->publisher ? LOOP_WHIP : LOOP_WHEP;

    probe_group_init(&group, &kind, loop_leg_name(leg));
    probe_report_event(&loop->report, "connected", &group);
    if (leg == LOOP_WHIP) {
        loop->call_at = driver_now(loop->driver);
        driver_timer_set(loop->pulse, loop->call_at);
        driver_timer_set(loop->retry, loop->call_at);
    } else if (loop->state == LOOP_CONNECTING) {
        loop->state = LOOP_WAITING;
    }
}

/* Whether there may be something to play a little later. */
static bool is_early(const struct loop *loop, const struct client *client)
{
    enum rtc_exit status = client_status(client);

    return loop->state == LOOP_CONNECTING && !client->publisher &&
           (status == RTC_EXIT_NOT_LIVE || status == RTC_EXIT_BUSY ||
            status == RTC_EXIT_HTTP) &&
           driver_now(loop->driver) <
               loop->call_at + loop->options.end.connect_timeout;
}

static void on_over(void *user, struct client *client)
{
    struct loop *loop = user;
    enum loop_leg leg = client->publisher ? LOOP_WHIP : LOOP_WHEP;
    enum rtc_exit status = client_status(client);

    if (is_early(loop, client)) {
        driver_timer_set(loop->retry, driver_now(loop->driver) + RETRY_US);
        return;
    }
    if (status)
        probe_report_fail(&loop->report, status, "%s: %s", loop_leg_name(leg),
                          client_error(client));
    end_all(loop);
    check_over(loop);
}

static void on_retry(void *user, int what)
{
    struct loop *loop = user;

    (void)what;
    client_free(loop->clients[LOOP_WHEP]);
    loop->clients[LOOP_WHEP] = NULL;
    begin_leg(loop, LOOP_WHEP);
}

static void begin_leg(struct loop *loop, enum loop_leg leg)
{
    const struct client_calls calls = {.connected = on_connected,
                                       .frame = on_frame,
                                       .over = on_over,
                                       .user = loop};
    struct client *client =
        client_new(loop->driver, &loop->client_options[leg], &calls);

    if (!client)
        die(RTC_EXIT_INTERNAL, "out of memory");
    loop->clients[leg] = client;
    client_start(client);
}

/* ---- the run ------------------------------------------------------------- */

static void on_dying(void *user)
{
    struct loop *loop = user;

    for (int leg = LOOP_LEGS - 1; leg >= 0; leg--)
        if (!is_leg_over(loop->clients[leg]))
            client_die(loop->clients[leg]);
}

static void check_options(struct loop *loop)
{
    const struct loop_options *options = &loop->options;

    if (!options->end.whip || !options->end.whep)
        die_usage("--whip and --whep are both needed");
    for (int leg = 0; leg < LOOP_LEGS; leg++) {
        struct client_options *one = &loop->client_options[leg];

        one->tool = &tool;
        one->end = options->end;
        one->end.impair = NULL;
        one->end.max_time = 0;
        one->end.any_frame = true;
        one->end.interval = 0;
        one->publisher = options->publisher;
        one->media_timeout = options->media_timeout;
        if (leg == LOOP_WHIP)
            one->end.whep = NULL;
        else
            one->end.whip = NULL;
    }
    if (options->whep_token)
        loop->client_options[LOOP_WHEP].end.http.token_file =
            options->whep_token;
    for (int leg = 0; leg < LOOP_LEGS; leg++)
        whip_check(&loop->client_options[leg].end);
}

static void make_timers(struct loop *loop)
{
    loop->driver = driver_new();
    if (!loop->driver)
        die(RTC_EXIT_INTERNAL, "out of memory");
    loop->timer = driver_timer_new(loop->driver, on_timer, loop);
    loop->retry = driver_timer_new(loop->driver, on_retry, loop);
    loop->pulse = driver_timer_new(loop->driver, on_pulse, loop);
    loop->limit = driver_timer_new(loop->driver, on_limit, loop);
    if (!loop->timer || !loop->retry || !loop->pulse || !loop->limit)
        die(RTC_EXIT_INTERNAL, "out of memory");
    probe_signals_watch(&loop->signals, loop->driver, on_signal, loop);
}

static void begin(struct loop *loop)
{
    uint64_t run;

    driver_random(NULL, &run, sizeof run);
    loop->client_options[LOOP_WHIP].publisher.run = run;
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        loop->arrivals[kind].run = run;
        loop->arrivals[kind].late_us = loop->options.late;
    }
    loop->call_at = loop->started_at = loop->stopped_at = RTC_NEVER;
    loop->tell_at = driver_now(loop->driver);
    loop->impair = probe_impair_new(loop->driver, loop->options.end.impair);
    driver_impair(loop->driver, loop->impair);
    if (loop->options.end.max_time)
        driver_timer_set(loop->limit,
                         driver_now(loop->driver) + loop->options.end.max_time);
    if (!load_begin(&loop->load, loop->driver))
        die(RTC_EXIT_INTERNAL, "out of memory");
    probe_report_event(&loop->report, "start", NULL);
    begin_leg(loop, LOOP_WHIP);
}

static void free_all(struct loop *loop)
{
    struct driver_watch *watches[] = {loop->timer, loop->retry, loop->pulse,
                                      loop->limit};

    for (int leg = 0; leg < LOOP_LEGS; leg++)
        client_free(loop->clients[leg]);
    probe_impair_end(loop->impair, loop->options.end.impair,
                     &loop->report.result);
    for (size_t i = 0; i < sizeof watches / sizeof *watches; i++)
        driver_watch_free(watches[i]);
    probe_signals_done(&loop->signals);
    driver_free(loop->driver);
}

void probe_loop(int argc, char **argv)
{
    static struct loop loop = {.options = {.end = ENDPOINT_DEFAULTS,
                                           .time = 10000000,
                                           .late = 500000,
                                           .media_timeout = 5000000,
                                           .interval = 1000000,
                                           .limits = PROBE_LIMITS_NONE}};

    loop.options.end.max_time = 30000000;
    cli_parse(&tool, &loop.options, argc, argv);
    probe_report_begin(&loop.report, "loop", &loop.options.report);
    check_options(&loop);
    loop.report.dying = on_dying;
    loop.report.dying_user = &loop;
    make_timers(&loop);
    begin(&loop);
    if (!is_over(&loop)) /* Perhaps there is no address to begin from. */
        driver_run(loop.driver);
    load_end(&loop.load);
    loop_conclude(&loop);
    free_all(&loop);
    probe_report_exit(&loop.report);
}
