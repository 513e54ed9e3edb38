/* SPDX-License-Identifier: MIT
 *
 * rtc-send: encoded media from files and pipes to a WebRTC peer.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "cmd/endpoint.h"
#include "cmd/file.h"
#include "cmd/inputs.h"
#include "cmd/meet.h"
#include "cmd/options.h"
#include "cmd/synthetic.h"

#define PACKET_ROOM 32
#define MTU_MOST 1500

struct values {
    struct endpoint_options end;
    const char *video, *audio, *simulcast, *fps, *codec;
    int format, synthetic;
    bool loop, unpaced, no_drop, allow_b_frames, red;
    int64_t bitrate; /* 0: not named */
    const char *output;
    struct data_options data;
};

static const char *const clips[] = {"none",      "vp8",  "h264", "vp8+opus",
                                    "h264+opus", "opus", NULL};

static const struct rtc_option options[] = {
    {.name = "meet",
     .type = OPTION_ROWS,
     .rows = options_meet,
     .offset = offsetof(struct values, end)},
    {.name = "whip",
     .type = OPTION_ROWS,
     .rows = options_whip,
     .offset = offsetof(struct values, end)},
    {.name = "form",
     .type = OPTION_ROWS,
     .rows = options_form,
     .offset = offsetof(struct values, end)},
    {.heading = "Media",
     .name = "video",
     .often = true,
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, video),
     .help = "take the video of this input"},
    {.name = "audio",
     .often = true,
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, audio),
     .help = "take the audio of this input"},
    {.name = "simulcast",
     .type = OPTION_STRING,
     .argument = "RID=FILE,...",
     .offset = offsetof(struct values, simulcast),
     .help = "send one track in several layers, the best one first"},
    {.name = "synthetic",
     .often = true,
     .type = OPTION_CHOICE,
     .argument = "[NAME]",
     .offset = offsetof(struct values, synthetic),
     .choices = clips,
     .help = "send a built-in clip, over and over (vp8)"},
    {.name = "format",
     .letter = 'f',
     .type = OPTION_CHOICE,
     .argument = "NAME",
     .offset = offsetof(struct values, format),
     .choices = options_formats,
     .help = "of FILE (default: told by its first bytes)"},
    {.name = "fps",
     .type = OPTION_STRING,
     .argument = "N[/D]",
     .offset = offsetof(struct values, fps),
     .help = "frame rate of Annex-B (default: what it says)"},
    {.name = "codec",
     .type = OPTION_STRING,
     .argument = "NAME",
     .offset = offsetof(struct values, codec),
     .help = "of the packets in rtpdump (default: by payload type)"},
    {.name = "loop",
     .often = true,
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, loop),
     .help = "begin files again at their end"},
    {.name = "unpaced",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, unpaced),
     .help = "send as fast as the path takes it"},
    {.name = "no-drop",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, no_drop),
     .help = "send all a pipe brings, however late"},
    {.name = "red",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, red),
     .help = "send each Opus frame twice, if the remote takes RED"},
    {.name = "bitrate",
     .letter = 'b',
     .type = OPTION_RATE,
     .argument = "RATE",
     .offset = offsetof(struct values, bitrate),
     .help = "the encoder could make so much: look for room"},
    {.name = "allow-b-frames",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, allow_b_frames),
     .help = "send H.264 or H.265 with B-frames as it is"},
    {.name = "data",
     .type = OPTION_ROWS,
     .rows = data_rows,
     .offset = offsetof(struct values, data)},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, output),
     .help = "write the data that comes back"},
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
    .name = "rtc-send",
    .operands = "[FILE]...",
    .summary = "Send encoded media from files or stdin to a WebRTC peer.",
    .options = options,
    .notes = "FILE is a name, -, or fd:N; without one, stdin is read.",
    .operands_most = INPUTS_MOST,
};

struct sender {
    struct endpoint end;
    struct inputs inputs;
    int64_t bitrate;
};

/* ---- the session --------------------------------------------------------- */

static struct inputs *inputs_of(const struct endpoint *end)
{
    struct sender *sender = end->calls.user;

    return &sender->inputs;
}

static void add_tracks(struct endpoint *end)
{
    inputs_add_tracks(inputs_of(end));
}

/* Our offer has no chance where only Constrained Baseline is taken. */
static void on_refused(struct endpoint *end)
{
    inputs_explain(inputs_of(end));
}

static void on_connected(struct endpoint *end)
{
    const struct sender *sender = end->calls.user;

    rtc_peer_set_bitrate_goal(end->peer, (uint64_t)sender->bitrate);
    inputs_start(inputs_of(end));
}

static void on_lost(struct endpoint *end)
{
    inputs_pause(inputs_of(end));
}

static void on_ending(struct endpoint *end)
{
    inputs_stop(inputs_of(end));
}

/* Recorded packets cannot be cut anew, and some get a longer header than they
 * had: at first their track is named in it. */
static void make_room(struct endpoint *end)
{
    end->options.mtu += PACKET_ROOM;
    if (end->options.mtu > MTU_MOST)
        end->options.mtu = MTU_MOST;
}

/* The codecs are known: now there is something to offer. */
static void on_ready(void *user)
{
    struct sender *sender = user;

    /* RFC 9725 4.4.2. */
    if (sender->end.options.whip &&
        (inputs_kind_count(&sender->inputs, RTC_VIDEO) > 1 ||
         inputs_kind_count(&sender->inputs, RTC_AUDIO) > 1))
        die(RTC_EXIT_INPUT, "--whip carries at most one video and one audio");
    if (inputs_has_packets(&sender->inputs))
        make_room(&sender->end);
    meet_start(&sender->end, ROLE_OFFER);
}

/* ---- inputs -------------------------------------------------------------- */

/* That --codec names. */
static enum rtc_codec codec_of(const struct values *values)
{
    enum rtc_codec codec =
        rtc_codec_by_name(values->codec ? values->codec : "");

    if (values->codec && codec == RTC_CODEC_NONE)
        die_usage("--codec: `%s' is no codec known here", values->codec);
    return codec;
}

/* What the options say of every input. */
static struct source_options about_inputs(const struct values *values)
{
    struct source_options about = {
        .input = {.format = rtc_media_format_by_name(
                      options_formats[values->format])},
        .codec = codec_of(values),
        .loop = values->loop,
        .unpaced = values->unpaced,
        .no_drop = values->no_drop,
        .allow_b_frames = values->allow_b_frames,
    };

    if (values->fps &&
        !value_fps(values->fps, &about.input.fps_num, &about.input.fps_den))
        die_usage("--fps %s: not a frame rate (30, 29.97, 30000/1001)",
                  values->fps);
    return about;
}

static void open_file(struct sender *sender, const struct values *values,
                      const char *file)
{
    struct source_options about = about_inputs(values);

    about.input.file = file;
    inputs_open(&sender->inputs, &about, NULL);
}

/* --video and --audio say what is taken of a file. */
static void open_kind(struct sender *sender, const struct values *values,
                      const char *file, enum rtc_kind kind)
{
    struct source_options about = about_inputs(values);

    about.input.file = file;
    about.only = true;
    about.kind = kind;
    if (about.codec && rtc_codec_kind(about.codec) != kind)
        about.codec = RTC_CODEC_NONE;
    if (kind == RTC_AUDIO)
        about.input.format = RTC_MEDIA_NONE;
    inputs_open(&sender->inputs, &about, NULL);
}

/* `hi=a.ivf,lo=b.ivf`. */
static void open_layers(struct sender *sender, const struct values *values)
{
    struct source_options about = about_inputs(values);
    char *rest = strdup(values->simulcast), *item;
    unsigned count = 0;

    about.only = true;
    about.kind = RTC_VIDEO;
    while ((item = strsep(&rest, ","))) {
        char *file = strchr(item, '=');
        if (!file || file == item || !file[1] || file - item > RTC_RID_MAX)
            die_usage("--simulcast: `%s' is not RID=FILE", item);
        if (++count > RTC_LAYER_MOST)
            die_usage("--simulcast: more than %d layers", RTC_LAYER_MOST);
        *file++ = '\0';
        about.input.file = file;
        inputs_open(&sender->inputs, &about, item);
    }
}

static void open_synthetic(struct sender *sender, const struct values *values)
{
    static const enum rtc_codec codecs[][2] = {{RTC_CODEC_NONE},
                                               {RTC_CODEC_VP8},
                                               {RTC_CODEC_H264},
                                               {RTC_CODEC_VP8, RTC_CODEC_OPUS},
                                               {RTC_CODEC_H264, RTC_CODEC_OPUS},
                                               {RTC_CODEC_OPUS}};
    struct source_options about = {
        .name = "the built-in clip", .loop = true, .unpaced = values->unpaced};

    for (unsigned i = 0; i < 2; i++)
        if (synthetic_clip(codecs[values->synthetic][i], &about.input))
            inputs_open(&sender->inputs, &about, NULL);
}

static void open_inputs(struct sender *sender, const struct values *values,
                        char **operands)
{
    if (values->simulcast)
        open_layers(sender, values);
    if (values->video)
        open_kind(sender, values, values->video, RTC_VIDEO);
    if (values->audio)
        open_kind(sender, values, values->audio, RTC_AUDIO);
    open_synthetic(sender, values);
    for (; *operands; operands++)
        open_file(sender, values, *operands);
    if (!sender->inputs.count && !values->data.data)
        open_file(sender, values, "-");
    if (sender->inputs.count)
        endpoint_add_part(&sender->end);
    else
        meet_start(&sender->end, ROLE_OFFER);
}

/* What there is to send beside named media is data. */
static void open_data(struct sender *sender, struct values *values,
                      char ***operands)
{
    if (!values->data.data)
        return;
    values->data.input = **operands ? *(*operands)++ : "-";
    values->data.output = values->output;
    values->data.makes_channel = true;
    endpoint_open_data(&sender->end, &values->data);
}

/* Whether media comes by our stdin. */
static bool reads_stdin(const struct values *values, char **operands)
{
    bool any = *operands || ((values->video || values->audio ||
                              values->synthetic || values->simulcast) &&
                             !values->data.data);
    bool reads = !any || file_is_standard(values->video, STDIN_FILENO) ||
                 file_is_standard(values->audio, STDIN_FILENO) ||
                 (values->simulcast && strstr(values->simulcast, "=-"));

    for (; *operands; operands++)
        reads = reads || file_is_standard(*operands, STDIN_FILENO);
    return reads;
}

int main(int argc, char **argv)
{
    static struct sender sender;
    struct values values = {.end = ENDPOINT_DEFAULTS, .data = DATA_DEFAULTS};
    char **operands = argv + cli_parse(&tool, &values, argc, argv);

    data_check(&values.data, values.end.whip);
    if (values.output && !values.data.data)
        die_usage("-o FILE is for what comes back with --data");
    meet_check(&values.end, ROLE_OFFER, reads_stdin(&values, operands),
               file_is_standard(values.output, STDOUT_FILENO));
    sender.end.calls = (struct endpoint_calls){
        .add_tracks = add_tracks,
        .before_answer = endpoint_refuse_tracks,
        .refused = on_refused,
        .connected = on_connected,
        .lost = on_lost,
        .ending = on_ending,
        .user = &sender,
    };
    sender.inputs.end = &sender.end;
    sender.inputs.red = values.red;
    sender.bitrate = values.bitrate;
    sender.inputs.ready = on_ready;
    sender.inputs.user = &sender;
    endpoint_init(&sender.end, &tool, &values, &values.end);
    open_data(&sender, &values, &operands);
    open_inputs(&sender, &values, operands);
    endpoint_run(&sender.end);
    inputs_done(&sender.inputs);
    endpoint_exit(&sender.end);
}
