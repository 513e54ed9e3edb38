/* SPDX-License-Identifier: MIT
 *
 * rtc-probe whip and whep: publish a clip to a server, or play what it has, for
 * a while; one session, or many at once.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/codecs.h"
#include "cmd/probe/crowd.h"
#include "cmd/probe/crowd_report.h"
#include "cmd/probe/impaired.h"
#include "cmd/probe/interrupt.h"
#include "cmd/probe/probe.h"
#include "cmd/probe/session_options.h"
#include "cmd/whip.h"

struct options {
    struct probe_options report;
    struct crowd_options crowd;
    struct probe_limits limits;
    int64_t max_failed;
};

#define OFFSET(member) offsetof(struct options, member)

#define ROW_TIME                                                               \
    {                                                                          \
        .heading = "Measuring", .name = "time", .letter = 't', .often = true,  \
        .type = OPTION_DURATION, .argument = "TIME",                           \
        .offset = OFFSET(crowd.client.end.time), .least = 100000,              \
        .most = INT64_C(86400000000),                                          \
        .help = "end this long after connecting (10s)"                         \
    }

static const struct rtc_option clip_rows[] = {
    ROW_TIME,
    {.name = "clip",
     .often = true,
     .type = OPTION_CHOICE,
     .argument = "NAME",
     .offset = OFFSET(crowd.client.publisher.clip),
     .choices = publisher_clips,
     .help = "what to publish: vp8+opus (default), h264, ..."},
    {.name = "bitrate",
     .letter = 'b',
     .often = true,
     .type = OPTION_RATE,
     .argument = "RATE",
     .offset = OFFSET(crowd.client.publisher.bitrate_bps),
     .least = 0,
     .most = 100000000,
     .help = "fill the video up to it (default: 180k)"},
    {.name = NULL},
};

static const struct rtc_option play_rows[] = {
    ROW_TIME,
    {.name = "video",
     .type = OPTION_STRING,
     .argument = "CODECS",
     .offset = OFFSET(crowd.client.video),
     .help = "take these codecs only (vp8,h264,...)"},
    {.name = "audio",
     .type = OPTION_STRING,
     .argument = "CODECS",
     .offset = OFFSET(crowd.client.audio),
     .help = "the same of audio (opus,...)"},
    {.name = NULL},
};

static const struct rtc_option crowd_rows[] = {
    {.name = "media-timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(crowd.client.media_timeout),
     .help = "give up when nothing comes for so long (5s)"},
    {.name = "patience",
     .type = OPTION_ROWS,
     .rows = probe_options_patience,
     .offset = OFFSET(crowd.client.end)},
    {.name = "parallel",
     .letter = 'P',
     .often = true,
     .type = OPTION_INTEGER,
     .argument = "N",
     .offset = OFFSET(crowd.count),
     .least = 1,
     .most = CROWD_MOST,
     .help = "so many sessions at once (1)"},
    {.name = "ramp",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(crowd.ramp),
     .most = INT64_C(3600000000),
     .help = "begin them evenly over this time (0)"},
    {.name = "http",
     .type = OPTION_ROWS,
     .rows = probe_options_http,
     .offset = OFFSET(crowd.client.end)},
    {.name = "network",
     .type = OPTION_ROWS,
     .rows = probe_options_network,
     .offset = OFFSET(crowd.client.end)},
    {.heading = "Thresholds (else exit status 3)",
     .name = "path",
     .type = OPTION_ROWS,
     .rows = probe_limits_path,
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
    {.name = "max-failed",
     .type = OPTION_PERCENT,
     .argument = "PERCENT",
     .offset = OFFSET(max_failed),
     .help = "with -P: at most so many sessions fail (0)"},
    {.name = "report",
     .type = OPTION_ROWS,
     .rows = probe_options_form,
     .offset = OFFSET(report)},
    {.name = "interval",
     .letter = 'i',
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = OFFSET(crowd.interval),
     .most = INT64_C(3600000000),
     .help = "between lines of how it goes, with --jsonl (1s; 0: none)"},
    {.name = NULL},
};

#define TABLE(first)                                                           \
    {                                                                          \
        {.name = "measuring", .type = OPTION_ROWS, .rows = first},             \
            {.name = "crowd", .type = OPTION_ROWS, .rows = crowd_rows},        \
        {                                                                      \
            .name = NULL                                                       \
        }                                                                      \
    }

static const struct rtc_option whip_table[] = TABLE(clip_rows);
static const struct rtc_option whep_table[] = TABLE(play_rows);

static const struct cli_tool whip_tool = {
    .name = "rtc-probe whip",
    .operands = "URL",
    .summary = "Publish to a WHIP server, and measure how it goes.",
    .options = whip_table,
    .operands_least = 1,
    .operands_most = 1,
};

static const struct cli_tool whep_tool = {
    .name = "rtc-probe whep",
    .operands = "URL",
    .summary = "Play from a WHEP server, and measure how it goes.",
    .options = whep_table,
    .operands_least = 1,
    .operands_most = 1,
};

/* ---- running ------------------------------------------------------------- */

struct run {
    struct options options;
    struct probe_report report;
    struct driver *driver;
    struct probe_signals signals;
    struct impair *impair; /* or NULL */
    struct crowd crowd;
};

/* What was measured so far is told; a second signal does not wait. */
static void on_signal(void *user, int number)
{
    struct run *run = user;

    if (run->report.signal)
        cli_die_by_signal(number);
    run->report.signal = number;
    crowd_end(&run->crowd);
}

static void on_dying(void *user)
{
    struct run *run = user;

    crowd_die(&run->crowd);
}

/* Wrong ones are found before there is a session. */
static void check_codecs(const struct client_options *options)
{
    struct rtc_track_config config;

    codecs_parse("--video", options->video, RTC_VIDEO, &config);
    codecs_parse("--audio", options->audio, RTC_AUDIO, &config);
}

static void set_up(struct run *run)
{
    run->driver = driver_new();
    if (!run->driver)
        die(RTC_EXIT_INTERNAL, "no event loop");
    probe_signals_watch(&run->signals, run->driver, on_signal, run);
    run->impair =
        probe_impair_new(run->driver, run->options.crowd.client.end.impair);
    driver_impair(run->driver, run->impair);
}

static void tear_down(struct run *run)
{
    crowd_done(&run->crowd);
    probe_impair_end(run->impair, run->options.crowd.client.end.impair,
                     &run->report.result);
    probe_signals_done(&run->signals);
    driver_free(run->driver);
}

static void __attribute__((noreturn))
measure(const struct cli_tool *tool, bool is_whip, int argc, char **argv)
{
    static struct run run = {
        .options = {.crowd = {.client = {.end = ENDPOINT_DEFAULTS,
                                         .media_timeout = 5000000},
                              .count = 1,
                              .interval = 1000000},
                    .limits = PROBE_LIMITS_NONE}};
    struct endpoint_options *end = &run.options.crowd.client.end;
    const char *url;

    end->time = 10000000;
    end->max_time = 30000000;
    url = argv[cli_parse(tool, &run.options, argc, argv)];
    *(is_whip ? &end->whip : &end->whep) = url;
    end->interval = 0;
    run.options.crowd.client.tool = tool;
    probe_report_begin(&run.report, is_whip ? "whip" : "whep",
                       &run.options.report);
    whip_check(end);
    check_codecs(&run.options.crowd.client);
    run.report.dying = on_dying;
    run.report.dying_user = &run;
    driver_random(NULL, &run.options.crowd.client.publisher.run,
                  sizeof run.options.crowd.client.publisher.run);
    if (run.options.crowd.count > 1)
        cli_warn_once();
    crowd_make_room(&run.options.crowd);
    set_up(&run);
    probe_report_event(&run.report, "start", NULL);
    crowd_begin(&run.crowd, &run.options.crowd, run.driver, &run.report);
    driver_run(run.driver);
    crowd_stop(&run.crowd);
    crowd_conclude(&run.crowd, &run.options.limits, run.options.max_failed);
    tear_down(&run);
    probe_report_exit(&run.report);
}

void probe_whip(int argc, char **argv)
{
    measure(&whip_tool, true, argc, argv);
}

void probe_whep(int argc, char **argv)
{
    measure(&whep_tool, false, argc, argv);
}
