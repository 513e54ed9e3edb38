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
#include "cmd/meet.h"
#include "cmd/options.h"
#include "cmd/profile.h"
#include "cmd/source.h"

#define INPUT_MOST 2

struct values {
    struct endpoint_options end;
    const char *video, *audio, *fps;
    int format;
    bool loop, unpaced, allow_b_frames, red;
    const char *output;
    struct data_options data;
};

static const char *const formats[] = {"auto", "ivf", "annexb", "ogg",
                                      "obu",  "wav", NULL};

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
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, video),
     .help = "an input with video (IVF, Annex-B)"},
    {.name = "audio",
     .type = OPTION_FILE,
     .argument = "FILE",
     .offset = offsetof(struct values, audio),
     .help = "an input with audio (Ogg, WAV)"},
    {.name = "format",
     .letter = 'f',
     .type = OPTION_CHOICE,
     .argument = "NAME",
     .offset = offsetof(struct values, format),
     .choices = formats,
     .help = "of FILE (default: told by its first bytes)"},
    {.name = "fps",
     .type = OPTION_STRING,
     .argument = "N[/D]",
     .offset = offsetof(struct values, fps),
     .help = "frame rate of Annex-B (default: what it says)"},
    {.name = "loop",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, loop),
     .help = "begin files again at their end"},
    {.name = "unpaced",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, unpaced),
     .help = "send as fast as the path takes it"},
    {.name = "allow-b-frames",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, allow_b_frames),
     .help = "send H.264 or H.265 with B-frames as it is"},
    {.name = "red",
     .type = OPTION_FLAG,
     .offset = offsetof(struct values, red),
     .help = "send each Opus frame twice, if the remote takes RED"},
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
    .operands_most = INPUT_MOST,
};

struct sender {
    struct endpoint end;
    struct source *inputs[INPUT_MOST];
    int tracks[INPUT_MOST]; /* of the peer */
    enum rtc_kind kinds[INPUT_MOST];
    bool has_kind[INPUT_MOST]; /* the option said which */
    unsigned input_count, ready_count, ended_count;
    bool red;
};

/* ---- tracks -------------------------------------------------------------- */

static void add_tracks(struct endpoint *end)
{
    struct sender *sender = end->calls.user;

    for (unsigned i = 0; i < sender->input_count; i++) {
        const struct rtc_media_track *media = source_track(sender->inputs[i]);
        struct rtc_track_config config = {.kind = media->kind,
                                          .direction = RTC_SENDONLY,
                                          .codecs = {media->codec},
                                          .codec_count = 1};
        if (rtc_peer_add_track(end->peer, &config) < 0)
            die(RTC_EXIT_INTERNAL, "%s", rtc_peer_why(end->peer));
    }
}

/* What the remote wants to send is not for us. */
static void refuse_rest(struct endpoint *end)
{
    struct rtc_track_info info;

    for (int t = 0; rtc_peer_track_info(end->peer, t, &info) == 0; t++)
        if (info.by_remote)
            rtc_peer_stop_track(end->peer, t);
}

/* A track of the session that sends what the input carries, and that no other
 * input has; -1 for none. */
static int find_track(struct sender *sender, unsigned input)
{
    enum rtc_codec codec = source_track(sender->inputs[input])->codec;
    const struct rtc_peer *peer = sender->end.peer;

    for (int t = 0; t < (int)rtc_peer_track_count(peer); t++) {
        struct rtc_track_info info;
        bool taken = false;
        for (unsigned i = 0; i < input; i++)
            taken = taken || sender->tracks[i] == t;
        if (taken || rtc_peer_track_info(peer, t, &info) ||
            !(info.agreed & RTC_SENDONLY))
            continue;
        for (unsigned c = 0; c < info.codec_count; c++)
            if (info.codecs[c] == codec)
                return t;
    }
    return -1;
}

#define REMEDY "re-encode it, e.g. by ffmpeg -c:v libx264 -profile:v baseline"

/* The other profiles of H.265 are neither offered nor accepted. */
static void check_profile_h265(const struct source *source)
{
    uint32_t level_id = source_track(source)->h265_level_id;
    char ours[PROFILE_TEXT];

    if (level_id && !profile_is_common_h265(level_id))
        warn("%s has the H.265 profile %s, but Main was agreed, and the remote "
             "may show nothing: re-encode it, e.g. by ffmpeg -c:v libx265 "
             "-pix_fmt yuv420p",
             source_name(source), profile_write_h265(level_id, ours));
}

/* What the packets say is what the stream is, whether or not the remote can
 * show it. */
static void check_profile(struct sender *sender, unsigned input)
{
    const struct source *source = sender->inputs[input];
    uint32_t level_id = source_track(source)->h264_level_id;
    char ours[PROFILE_TEXT], theirs[PROFILE_TEXT];
    struct rtc_track_info info;

    if (!level_id ||
        rtc_peer_track_info(sender->end.peer, sender->tracks[input], &info) ||
        !info.h264_count ||
        profile_fits(level_id, info.h264_level_ids, info.h264_count))
        return;
    warn("%s has the H.264 profile %s, but the remote takes %s and may show "
         "nothing: " REMEDY,
         source_name(source), profile_write(level_id, ours),
         profile_write(info.h264_level_ids[0], theirs));
}

/* Our offer has no chance where only Constrained Baseline is taken. */
static void on_refused(struct endpoint *end)
{
    struct sender *sender = end->calls.user;

    for (unsigned i = 0; i < sender->input_count; i++) {
        uint32_t level_id = source_track(sender->inputs[i])->h264_level_id;
        char ours[PROFILE_TEXT], theirs[PROFILE_TEXT];

        if (level_id && !profile_is_common(level_id))
            warn(
                "%s has the H.264 profile %s, where many take only %s: " REMEDY,
                source_name(sender->inputs[i]), profile_write(level_id, ours),
                profile_write(0x42e01f, theirs));
    }
}

static void start_inputs(struct endpoint *end)
{
    struct sender *sender = end->calls.user;

    for (unsigned i = 0; i < sender->input_count; i++) {
        struct source *input = sender->inputs[i];
        sender->tracks[i] = find_track(sender, i);
        if (sender->tracks[i] < 0) {
            on_refused(end);
            endpoint_fail(end, RTC_EXIT_DESCRIPTION,
                          "%s carries %s, which the remote does not receive",
                          source_name(input),
                          rtc_codec_name(source_track(input)->codec));
            return;
        }
        check_profile(sender, i);
        check_profile_h265(input);
        if (sender->red)
            rtc_peer_set_red(end->peer, sender->tracks[i], true);
        source_start(input, end->peer, sender->tracks[i]);
    }
}

static void pause_inputs(struct endpoint *end)
{
    struct sender *sender = end->calls.user;

    for (unsigned i = 0; i < sender->input_count; i++)
        source_pause(sender->inputs[i]);
}

static void stop_inputs(struct endpoint *end)
{
    struct sender *sender = end->calls.user;

    for (unsigned i = 0; i < sender->input_count; i++)
        source_stop(sender->inputs[i]);
}

/* ---- inputs -------------------------------------------------------------- */

/* --video and --audio say what is in a file. */
static void check_kind(const struct sender *sender, const struct source *source)
{
    enum rtc_kind kind = source_track(source)->kind;

    for (unsigned i = 0; i < sender->input_count; i++)
        if (sender->inputs[i] == source && sender->has_kind[i] &&
            sender->kinds[i] != kind)
            die(RTC_EXIT_INPUT, "%s carries %s: give it by --%s",
                source_name(source),
                rtc_codec_name(source_track(source)->codec),
                kind == RTC_VIDEO ? "video" : "audio");
}

/* RFC 9725 4.4.2. */
static void check_whip(const struct sender *sender)
{
    if (sender->end.options.whip && sender->input_count == 2 &&
        source_track(sender->inputs[0])->kind ==
            source_track(sender->inputs[1])->kind)
        die(RTC_EXIT_INPUT, "--whip carries at most one video and one audio");
}

/* The codecs are known: now there is something to offer. */
static void on_ready(void *user, struct source *source)
{
    struct sender *sender = user;

    check_kind(sender, source);
    if (++sender->ready_count < sender->input_count)
        return;
    check_whip(sender);
    meet_start(&sender->end, ROLE_OFFER);
}

static void on_ended(void *user, struct source *source, enum rtc_exit status,
                     const char *why)
{
    struct sender *sender = user;

    if (status) {
        /* What was read before is sent, and waited for, all the same. */
        endpoint_say_error(&sender->end, status, "%s", why);
        endpoint_end(&sender->end, status, source_frame_count(source) > 0);
    } else if (++sender->ended_count == sender->input_count) {
        endpoint_part_over(&sender->end);
    }
}

static void open_input(struct sender *sender, const struct values *values,
                       const char *file)
{
    struct source_options about = {
        .file = file,
        .format = file == values->audio
                      ? RTC_MEDIA_NONE
                      : rtc_media_format_by_name(formats[values->format]),
        .loop = values->loop,
        .unpaced = values->unpaced,
        .allow_b_frames = values->allow_b_frames,
    };
    const struct source_calls calls = {on_ready, on_ended, sender};
    unsigned n = sender->input_count;

    if (n == INPUT_MOST)
        die_usage("more than %d inputs", INPUT_MOST);
    if (values->fps && !value_fps(values->fps, &about.fps_num, &about.fps_den))
        die_usage("--fps %s: not a frame rate (30, 29.97, 30000/1001)",
                  values->fps);
    sender->inputs[n] = source_new(sender->end.driver, &about, &calls);
    sender->has_kind[n] = file == values->video || file == values->audio;
    sender->kinds[n] = file == values->video ? RTC_VIDEO : RTC_AUDIO;
    if (!sender->inputs[n] && errno == ESPIPE)
        die_usage("--loop needs a file, and %s is a pipe", file);
    if (!sender->inputs[n])
        die(RTC_EXIT_INPUT, "%s: %s", file, strerror(errno));
    sender->input_count++;
}

/* What there is to send beside --video and --audio is data. */
static void open_data(struct sender *sender, struct values *values,
                      const char *file)
{
    values->data.input = file;
    values->data.output = values->output;
    values->data.makes_channel = true;
    endpoint_open_data(&sender->end, &values->data);
}

int main(int argc, char **argv)
{
    static struct sender sender;
    struct values values = {.end = ENDPOINT_DEFAULTS, .data = DATA_DEFAULTS};
    int operand = cli_parse(&tool, &values, argc, argv);
    bool any = operand < argc || values.video || values.audio;

    bool media_in = !any || file_is_standard(values.video, STDIN_FILENO) ||
                    file_is_standard(values.audio, STDIN_FILENO);

    for (int i = operand; i < argc; i++)
        media_in = media_in || file_is_standard(argv[i], STDIN_FILENO);
    data_check(&values.data, values.end.whip);
    meet_check(&values.end, ROLE_OFFER, media_in,
               file_is_standard(values.output, STDOUT_FILENO));
    sender.end.calls = (struct endpoint_calls){
        .add_tracks = add_tracks,
        .before_answer = refuse_rest,
        .refused = on_refused,
        .connected = start_inputs,
        .lost = pause_inputs,
        .ending = stop_inputs,
        .user = &sender,
    };
    endpoint_init(&sender.end, &tool, &values, &values.end);
    sender.red = values.red;
    if (values.data.data) {
        open_data(&sender, &values, operand < argc ? argv[operand++] : "-");
        any = true;
    }
    if (values.video)
        open_input(&sender, &values, values.video);
    if (values.audio)
        open_input(&sender, &values, values.audio);
    for (; operand < argc; operand++)
        open_input(&sender, &values, argv[operand]);
    if (!any)
        open_input(&sender, &values, "-");
    if (sender.input_count)
        endpoint_add_part(&sender.end);
    else
        meet_start(&sender.end, ROLE_OFFER);
    endpoint_run(&sender.end);
    for (unsigned i = 0; i < sender.input_count; i++)
        source_free(sender.inputs[i]);
    endpoint_exit(&sender.end);
}
