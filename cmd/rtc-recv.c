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
#include "cmd/endpoint.h"
#include "cmd/file.h"
#include "cmd/meet.h"
#include "cmd/options.h"
#include "cmd/outputs.h"

struct values {
    struct endpoint_options end;
    struct outputs_options out;
    int format;
    rtc_usec media_timeout;
    struct data_options data;
};

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
     .often = true,
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, out.single),
     .help = "write there, not to stdout; %r: the layer's name"},
    {.name = "video-out",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, out.video_out),
     .help = "write the video alone there"},
    {.name = "audio-out",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, out.audio_out),
     .help = "write the audio alone there"},
    {.name = "format",
     .letter = 'f',
     .often = true,
     .type = OPTION_CHOICE,
     .argument = "NAME",
     .offset = offsetof(struct values, format),
     .choices = options_formats,
     .help = "of the single output (default: by its codec)"},
    {.name = "video",
     .often = true,
     .type = OPTION_STRING,
     .argument = "CODECS",
     .offset = offsetof(struct values, out.video),
     .help = "take video of these codecs (vp8,h264,h265)"},
    {.name = "audio",
     .often = true,
     .type = OPTION_STRING,
     .argument = "CODECS",
     .offset = offsetof(struct values, out.audio),
     .help = "take audio of these codecs (opus,g722,pcmu,pcma)"},
    {.name = "no-wait-keyframe",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, end.any_frame),
     .help = "write video that lacks its beginning, too"},
    {.name = "force",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, out.force),
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
    {.name = "impair",
     .type = OPTION_ROWS,
     .rows = options_impair,
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
    .notes =
        "Audio and video become Matroska; one alone IVF, Annex-B, Ogg or WAV.",
};

struct receiver {
    struct endpoint end;
    struct outputs outputs;
    struct driver_watch *timeout;
    rtc_usec timeout_us;
    bool broken_pipe;
};

/* ---- the session --------------------------------------------------------- */

static bool wants_media(const struct receiver *receiver)
{
    return receiver->outputs.wants[RTC_AUDIO] ||
           receiver->outputs.wants[RTC_VIDEO];
}

static void add_tracks(struct endpoint *end)
{
    struct receiver *receiver = end->calls.user;

    outputs_add_tracks(&receiver->outputs);
}

static void on_connected(struct endpoint *end)
{
    struct receiver *receiver = end->calls.user;

    outputs_settle(&receiver->outputs);
    if (wants_media(receiver))
        driver_timer_set(receiver->timeout,
                         driver_now(end->driver) + receiver->timeout_us);
}

static void on_timeout(void *user, int what)
{
    struct receiver *receiver = user;

    (void)what;
    if (!receiver->outputs.frame_count)
        endpoint_fail(&receiver->end, RTC_EXIT_NO_MEDIA,
                      "connected, but no whole frame came in %.0f s",
                      (double)receiver->timeout_us / 1e6);
}

static void on_event(struct endpoint *end, const struct rtc_event *event)
{
    struct receiver *receiver = end->calls.user;

    if (event->type == RTC_EVENT_FRAME)
        outputs_frame(&receiver->outputs, event);
    else if (event->type == RTC_EVENT_PACKET)
        outputs_packet(&receiver->outputs, event);
}

/* Another session begins: its times have nothing to do with those before. */
static void on_lost(struct endpoint *end)
{
    struct receiver *receiver = end->calls.user;

    outputs_rebase(&receiver->outputs);
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

static void close_outputs(struct receiver *receiver)
{
    int error = outputs_close(&receiver->outputs);

    if (!error || receiver->broken_pipe)
        return;
    if (error == EPIPE)
        receiver->broken_pipe = true;
    else if (!receiver->end.status)
        endpoint_fail(&receiver->end, RTC_EXIT_OUTPUT, "cannot write: %s",
                      strerror(error));
}

/* With --data, the single output is for that. */
static void check_data(struct values *values)
{
    struct outputs_options *out = &values->out;

    data_check(&values->data, values->end.whep);
    if (!values->data.data) {
        if (values->data.input)
            die_usage("operand %s: only --data sends a FILE; media is written "
                      "to -o FILE",
                      values->data.input);
        return;
    }
    values->data.output = out->single ? out->single : "-";
    out->single = NULL;
}

static void check(struct values *values)
{
    struct outputs_options *out = &values->out;
    bool two = out->video_out || out->audio_out;

    check_data(values);
    if (out->single && two)
        die_usage("give either -o FILE or --video-out and --audio-out");
    if (values->format && two)
        die_usage("--format is of a single output, -o or stdout");
    if (!two && !out->single && !values->data.data)
        out->single = "-";
    out->format = rtc_media_format_by_name(options_formats[values->format]);
    meet_check(&values->end, ROLE_ANSWER, false,
               file_is_standard(values->data.output, STDOUT_FILENO) ||
                   file_is_standard(out->single, STDOUT_FILENO) ||
                   file_is_standard(out->video_out, STDOUT_FILENO) ||
                   file_is_standard(out->audio_out, STDOUT_FILENO));
}

int main(int argc, char **argv)
{
    static struct receiver receiver;
    struct values values = {.end = ENDPOINT_DEFAULTS,
                            .media_timeout = 10000000,
                            .data = DATA_DEFAULTS};
    int operand = cli_parse(&tool, &values, argc, argv);

    values.data.input = argv[operand];
    check(&values);
    receiver.end.calls = (struct endpoint_calls){
        .add_tracks = add_tracks,
        .before_answer = endpoint_refuse_tracks,
        .connected = on_connected,
        .lost = on_lost,
        .event = on_event,
        .user = &receiver,
    };
    endpoint_init(&receiver.end, &tool, &values, &values.end);
    receiver.timeout_us = values.media_timeout;
    receiver.timeout =
        driver_timer_new(receiver.end.driver, on_timeout, &receiver);
    receiver.outputs.end = &receiver.end;
    receiver.outputs.failed = on_failed;
    receiver.outputs.user = &receiver;
    outputs_open(&receiver.outputs, &values.out);
    if (values.data.data)
        endpoint_open_data(&receiver.end, &values.data);
    if (wants_media(&receiver))
        endpoint_add_part(&receiver.end); /* which the remote ends */
    meet_start(&receiver.end, ROLE_ANSWER);
    if (values.end.session)
        outputs_adopt_tracks(&receiver.outputs);
    endpoint_run(&receiver.end);
    close_outputs(&receiver);
    driver_watch_free(receiver.timeout);
    if (receiver.broken_pipe && !receiver.end.signal_number)
        receiver.end.signal_number = SIGPIPE;
    else if (!values.data.data && !receiver.end.status &&
             !receiver.outputs.frame_count && !receiver.end.signal_number)
        endpoint_fail(&receiver.end, RTC_EXIT_NO_MEDIA,
                      "the session ended before a whole frame came");
    endpoint_exit(&receiver.end);
}
