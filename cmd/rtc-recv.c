/* SPDX-License-Identifier: MIT
 *
 * rtc-recv: encoded media from a WebRTC peer to files and pipes.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/codecs.h"
#include "cmd/endpoint.h"
#include "cmd/file.h"
#include "cmd/meet.h"
#include "cmd/options.h"
#include "cmd/sink.h"

struct values {
    struct endpoint_options end;
    const char *output, *video_out, *audio_out;
    const char *video, *audio;
    int format;
    bool force;
    rtc_usec media_timeout;
    struct data_options data;
};

static const char *const formats[] = {"auto", "ivf", "annexb", "ogg",
                                      "obu",  "wav", NULL};

static const struct rtc_option options[] = {
    {.name = "meet",
     .type = OPTION_ROWS,
     .rows = options_meet,
     .offset = offsetof(struct values, end)},
    {.name = "whep",
     .type = OPTION_ROWS,
     .rows = options_whep,
     .offset = offsetof(struct values, end)},
    {.name = "form",
     .type = OPTION_ROWS,
     .rows = options_form,
     .offset = offsetof(struct values, end)},
    {.heading = "Media",
     .name = "output",
     .letter = 'o',
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, output),
     .help = "write the video, else the audio (default: stdout)"},
    {.name = "video-out",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, video_out),
     .help = "write video there"},
    {.name = "audio-out",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, audio_out),
     .help = "write audio there"},
    {.name = "format",
     .letter = 'f',
     .type = OPTION_CHOICE,
     .argument = "NAME",
     .offset = offsetof(struct values, format),
     .choices = formats,
     .help = "of the single output (default: by its codec)"},
    {.name = "video",
     .type = OPTION_STRING,
     .argument = "CODECS",
     .offset = offsetof(struct values, video),
     .help = "take video of these codecs (vp8,h264,h265)"},
    {.name = "audio",
     .type = OPTION_STRING,
     .argument = "CODECS",
     .offset = offsetof(struct values, audio),
     .help = "take audio of these codecs (opus,g722,pcmu,pcma)"},
    {.name = "no-wait-keyframe",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, end.any_frame),
     .help = "write video that lacks its beginning, too"},
    {.name = "force",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, force),
     .help = "write media to a terminal"},
    {.name = "media-timeout",
     .type = OPTION_DURATION,
     .argument = "TIME",
     .offset = offsetof(struct values, media_timeout),
     .help = "fail when no frame came this long after connecting (10s)"},
    {.name = "data",
     .type = OPTION_ROWS,
     .rows = data_rows,
     .offset = offsetof(struct values, data)},
    {.name = "network",
     .type = OPTION_ROWS,
     .rows = options_network,
     .offset = offsetof(struct values, end)},
    {.name = "http",
     .type = OPTION_ROWS,
     .rows = options_http,
     .offset = offsetof(struct values, end)},
    {.name = "limits",
     .type = OPTION_ROWS,
     .rows = options_limits,
     .offset = offsetof(struct values, end)},
    {.name = NULL},
};

static const struct cli_tool tool = {
    .name = "rtc-recv",
    .operands = "[FILE]",
    .operands_most = 1,
    .summary = "Receive encoded media from a WebRTC peer to files or stdout.",
    .options = options,
    .notes = "Video is written as IVF (VP8, VP9, AV1) or Annex-B (H.264, "
             "H.265), audio\nas Ogg (Opus) or WAV (G.722, PCMU, PCMA).",
};

/* By enum rtc_kind. */
struct output {
    struct sink *sink;
    const char *codecs; /* NULL: all */
    bool wanted;
};

struct receiver {
    struct endpoint end;
    struct output outputs[2];
    struct driver_watch *timeout;
    rtc_usec timeout_us;
    uint64_t frame_count;
    bool broken_pipe;
};

/* ---- tracks -------------------------------------------------------------- */

static void add_tracks(struct endpoint *end)
{
    struct receiver *receiver = end->calls.user;

    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        struct rtc_track_config config = {.direction = RTC_RECVONLY};
        if (!receiver->outputs[kind].wanted)
            continue;
        codecs_parse(kind == RTC_VIDEO ? "--video" : "--audio",
                     receiver->outputs[kind].codecs, (enum rtc_kind)kind,
                     &config);
        if (rtc_peer_add_track(end->peer, &config) < 0)
            die(RTC_EXIT_INTERNAL, "%s", rtc_peer_why(end->peer));
    }
}

/* A second track of a kind has no output. */
static void refuse_rest(struct endpoint *end)
{
    struct rtc_track_info info;

    for (int t = 0; rtc_peer_track_info(end->peer, t, &info) == 0; t++)
        if (info.by_remote)
            rtc_peer_stop_track(end->peer, t);
}

/* ---- frames -------------------------------------------------------------- */

static void on_connected(struct endpoint *end)
{
    struct receiver *receiver = end->calls.user;

    if (receiver->timeout_us != RTC_NEVER)
        driver_timer_set(receiver->timeout,
                         driver_now(end->driver) + receiver->timeout_us);
}

static void on_timeout(void *user, int what)
{
    struct receiver *receiver = user;

    (void)what;
    if (!receiver->frame_count)
        endpoint_fail(&receiver->end, RTC_EXIT_NO_MEDIA,
                      "connected, but no whole frame came in %.0f s",
                      (double)receiver->timeout_us / 1e6);
}

static void on_frame(struct receiver *receiver, const struct rtc_event *event)
{
    struct output *output =
        &receiver->outputs[rtc_codec_kind(event->frame.codec)];

    if (!output->sink)
        return;
    receiver->frame_count++;
    if (!sink_frame(output->sink, &event->frame))
        report_drop(receiver->end.report, event->track, 1, "slow reader",
                    event->time);
}

/* What was negotiated elsewhere may carry more than we have outputs for. */
static void check_track(const struct receiver *receiver, int track)
{
    struct rtc_track_info info;

    if (rtc_peer_track_info(receiver->end.peer, track, &info) == 0 &&
        (info.agreed & RTC_RECVONLY) && !receiver->outputs[info.kind].sink)
        warn("the session also carries %s, which has no output: --%s-out FILE "
             "would write it",
             info.kind == RTC_VIDEO ? "video" : "audio",
             info.kind == RTC_VIDEO ? "video" : "audio");
}

static void on_event(struct endpoint *end, const struct rtc_event *event)
{
    struct receiver *receiver = end->calls.user;

    if (event->type == RTC_EVENT_FRAME)
        on_frame(receiver, event);
    else if (event->type == RTC_EVENT_TRACK)
        check_track(receiver, event->track);
}

/* Another session begins: its times have nothing to do with those before. */
static void on_lost(struct endpoint *end)
{
    struct receiver *receiver = end->calls.user;

    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++)
        if (receiver->outputs[kind].sink)
            sink_rebase(receiver->outputs[kind].sink);
}

/* ---- outputs ------------------------------------------------------------- */

static void on_failed(void *user, int error)
{
    struct receiver *receiver = user;

    if (error == EPIPE) {
        receiver->broken_pipe = true;
        endpoint_end(&receiver->end, RTC_EXIT_DONE, false);
    } else {
        endpoint_fail(&receiver->end, RTC_EXIT_OUTPUT, "cannot write: %s",
                      strerror(error));
    }
}

static void open_output(struct receiver *receiver, enum rtc_kind kind,
                        const char *file, const struct values *values)
{
    const struct sink_options about = {
        .file = file,
        .format = rtc_media_format_by_name(formats[values->format]),
        .force = values->force,
    };
    struct output *output = &receiver->outputs[kind];

    output->sink = sink_new(receiver->end.driver, &about, on_failed, receiver);
    output->wanted = true;
}

/* One output takes video unless only audio is asked for; two take both. */
static void open_outputs(struct receiver *receiver, const struct values *values)
{
    const char *single = values->data.data ? NULL : values->output;

    receiver->outputs[RTC_VIDEO].codecs = values->video;
    receiver->outputs[RTC_AUDIO].codecs = values->audio;
    if (values->video_out)
        open_output(receiver, RTC_VIDEO, values->video_out, values);
    if (values->audio_out)
        open_output(receiver, RTC_AUDIO, values->audio_out, values);
    if (!single && !values->video_out && !values->audio_out &&
        !values->data.data)
        single = "-";
    if (single)
        open_output(receiver,
                    values->audio && !values->video ? RTC_AUDIO : RTC_VIDEO,
                    single, values);
}

static void open_data(struct receiver *receiver, struct values *values)
{
    values->data.output = values->output ? values->output : "-";
    endpoint_open_data(&receiver->end, &values->data);
    if (receiver->outputs[RTC_VIDEO].sink || receiver->outputs[RTC_AUDIO].sink)
        endpoint_add_part(&receiver->end); /* which the remote ends */
    else
        receiver->timeout_us = RTC_NEVER;
}

static void close_outputs(struct receiver *receiver)
{
    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        struct sink *sink = receiver->outputs[kind].sink;
        if (sink_close(sink) == 0 || receiver->broken_pipe)
            continue;
        if (errno == EPIPE)
            receiver->broken_pipe = true;
        else if (!receiver->end.status)
            endpoint_fail(&receiver->end, RTC_EXIT_OUTPUT, "cannot write: %s",
                          strerror(errno));
    }
}

static void check(struct values *values)
{
    bool two = values->video_out || values->audio_out;

    data_check(&values->data, values->end.whep);
    if (values->output && two && !values->data.data)
        die_usage("give either -o FILE or --video-out and --audio-out");
    if (values->format && two)
        die_usage("--format is of a single output, -o or stdout");
    meet_check(&values->end, ROLE_ANSWER, false,
               (!values->output && !two) ||
                   file_is_standard(values->output, STDOUT_FILENO) ||
                   file_is_standard(values->video_out, STDOUT_FILENO) ||
                   file_is_standard(values->audio_out, STDOUT_FILENO));
}

int main(int argc, char **argv)
{
    static struct receiver receiver;
    struct values values = {.end = ENDPOINT_DEFAULTS,
                            .media_timeout = 10000000,
                            .data = DATA_DEFAULTS};
    int operand = cli_parse(&tool, &values, argc, argv);

    if (operand < argc)
        values.data.input = argv[operand];
    check(&values);
    receiver.end.calls = (struct endpoint_calls){
        .add_tracks = add_tracks,
        .before_answer = refuse_rest,
        .connected = on_connected,
        .lost = on_lost,
        .event = on_event,
        .user = &receiver,
    };
    endpoint_init(&receiver.end, &tool, &values, &values.end);
    receiver.timeout_us = values.media_timeout;
    receiver.timeout =
        driver_timer_new(receiver.end.driver, on_timeout, &receiver);
    open_outputs(&receiver, &values);
    if (values.data.data)
        open_data(&receiver, &values);
    meet_start(&receiver.end, ROLE_ANSWER);
    endpoint_run(&receiver.end);
    close_outputs(&receiver);
    driver_watch_free(receiver.timeout);
    if (receiver.broken_pipe && !receiver.end.signal_number)
        receiver.end.signal_number = SIGPIPE;
    else if (!values.data.data && !receiver.end.status &&
             !receiver.frame_count && !receiver.end.signal_number)
        endpoint_fail(&receiver.end, RTC_EXIT_NO_MEDIA,
                      "the session ended before a whole frame came");
    endpoint_exit(&receiver.end);
}
