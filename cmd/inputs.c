/* SPDX-License-Identifier: MIT
 *
 * The inputs of a sender together. Simulcast layers are inputs of their own
 * that share a track of the peer.
 */
#include "cmd/inputs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/profile.h"

#define REMEDY "re-encode it, e.g. by ffmpeg -c:v libx264 -profile:v baseline"

static const struct rtc_media_track *media_of(const struct inputs *inputs,
                                              const struct line *line)
{
    return source_track(inputs->sources[line->input], line->index);
}

/* A layer but for the first, which leads the track. */
static bool follows(const struct inputs *inputs, const struct line *line)
{
    const struct line *before = line - 1;

    return inputs->rids[line->input] && line != inputs->lines &&
           inputs->rids[before->input];
}

unsigned inputs_kind_count(const struct inputs *inputs, enum rtc_kind kind)
{
    unsigned count = 0;

    for (unsigned i = 0; i < inputs->line_count; i++)
        count += media_of(inputs, &inputs->lines[i])->kind == kind &&
                 !follows(inputs, &inputs->lines[i]);
    return count;
}

/* ---- tracks to offer ----------------------------------------------------- */

static void add_lines(struct inputs *inputs)
{
    for (unsigned i = 0; i < inputs->count; i++)
        for (unsigned t = 0; t < source_track_count(inputs->sources[i]); t++)
            inputs->lines[inputs->line_count++] =
                (struct line){.input = i, .index = t, .target = {.track = -1}};
}

/* RFC 8853: layers of a track differ in size and rate, not in codec. */
static void check_layers(const struct inputs *inputs)
{
    for (unsigned i = 1; i < inputs->line_count; i++) {
        const struct line *line = &inputs->lines[i];
        if (follows(inputs, line) &&
            media_of(inputs, line)->codec != media_of(inputs, line - 1)->codec)
            die(RTC_EXIT_INPUT, "%s carries %s, and another layer %s",
                source_name(inputs->sources[line->input]),
                rtc_codec_name(media_of(inputs, line)->codec),
                rtc_codec_name(media_of(inputs, line - 1)->codec));
    }
}

/* Nobody could tell the layers of packets apart. */
static void check_packets(const struct inputs *inputs)
{
    for (unsigned i = 0; i < inputs->line_count; i++) {
        const struct source *source = inputs->sources[inputs->lines[i].input];
        if (inputs->rids[inputs->lines[i].input] && source_is_packets(source))
            die(RTC_EXIT_INPUT,
                "%s: RTP packets cannot be a layer of --simulcast",
                source_name(source));
    }
}

static void add_layer(struct rtc_track_config *config, const char *rid)
{
    snprintf(config->rids[config->layer_count++], sizeof *config->rids, "%s",
             rid);
}

void inputs_add_tracks(struct inputs *inputs)
{
    struct line *line = inputs->lines, *end = line + inputs->line_count;

    while (line < end) {
        const struct rtc_media_track *media = media_of(inputs, line);
        struct rtc_track_config config = {.kind = media->kind,
                                          .direction = RTC_SENDONLY,
                                          .codecs = {media->codec},
                                          .codec_count = 1};
        config.packets = source_is_packets(inputs->sources[line->input]);
        do {
            if (inputs->rids[line->input])
                add_layer(&config, inputs->rids[line->input]);
            line++;
        } while (line < end && follows(inputs, line));
        if (rtc_peer_add_track(inputs->end->peer, &config) < 0)
            die(RTC_EXIT_INTERNAL, "%s", rtc_peer_why(inputs->end->peer));
    }
}

bool inputs_has_packets(const struct inputs *inputs)
{
    for (unsigned i = 0; i < inputs->count; i++)
        if (source_is_packets(inputs->sources[i]))
            return true;
    return false;
}

/* ---- tracks that were agreed on ------------------------------------------ */

static bool is_taken(const struct inputs *inputs, const struct line *line,
                     int track)
{
    for (const struct line *l = inputs->lines; l < line; l++)
        if (l->target.track == track)
            return true;
    return false;
}

/* A track of the session that sends what the line carries, and that no other
 * line has; -1 for none. */
static int find_track(const struct inputs *inputs, const struct line *line)
{
    enum rtc_codec codec = media_of(inputs, line)->codec;
    const struct rtc_peer *peer = inputs->end->peer;

    for (int t = 0; t < (int)rtc_peer_track_count(peer); t++) {
        struct rtc_track_info info;
        if (is_taken(inputs, line, t) || rtc_peer_track_info(peer, t, &info) ||
            !(info.agreed & RTC_SENDONLY))
            continue;
        for (unsigned c = 0; c < info.codec_count; c++)
            if (info.codecs[c] == codec)
                return t;
    }
    return -1;
}

/* The number of a layer as it was agreed; -1: the remote does not take it. Of a
 * track without layers the first one is sent. */
static int find_layer(const struct inputs *inputs, const struct line *line)
{
    const char *rid = inputs->rids[line->input];
    struct rtc_track_info info;

    if (rtc_peer_track_info(inputs->end->peer, line->target.track, &info) ||
        !rid || !info.layer_count)
        return follows(inputs, line) ? -1 : 0;
    for (unsigned i = 0; i < info.layer_count; i++)
        if (!strcmp(info.rids[i], rid))
            return (int)i;
    return -1;
}

/* The other profiles of H.265 are neither offered nor accepted. */
static void check_profile_h265(const struct inputs *inputs,
                               const struct line *line)
{
    uint32_t level_id = media_of(inputs, line)->h265_level_id;
    char ours[PROFILE_TEXT];

    if (level_id && !profile_is_common_h265(level_id))
        warn("%s has the H.265 profile %s, but Main was agreed, and the remote "
             "may show nothing: re-encode it, e.g. by ffmpeg -c:v libx265 "
             "-pix_fmt yuv420p",
             source_name(inputs->sources[line->input]),
             profile_write_h265(level_id, ours));
}

/* What the packets say is what the stream is, whether or not the remote can
 * show it. */
static void check_profile(const struct inputs *inputs, const struct line *line)
{
    uint32_t level_id = media_of(inputs, line)->h264_level_id;
    char ours[PROFILE_TEXT], theirs[PROFILE_TEXT];
    struct rtc_track_info info;

    check_profile_h265(inputs, line);
    if (!level_id ||
        rtc_peer_track_info(inputs->end->peer, line->target.track, &info) ||
        !info.h264_count ||
        profile_fits(level_id, info.h264_level_ids, info.h264_count))
        return;
    warn("%s has the H.264 profile %s, but the remote takes %s and may show "
         "nothing: " REMEDY,
         source_name(inputs->sources[line->input]),
         profile_write(level_id, ours),
         profile_write(info.h264_level_ids[0], theirs));
}

void inputs_explain(const struct inputs *inputs)
{
    for (unsigned i = 0; i < inputs->line_count; i++) {
        const struct line *line = &inputs->lines[i];
        uint32_t level_id = media_of(inputs, line)->h264_level_id;
        char ours[PROFILE_TEXT], theirs[PROFILE_TEXT];

        if (level_id && !profile_is_common(level_id))
            warn(
                "%s has the H.264 profile %s, where many take only %s: " REMEDY,
                source_name(inputs->sources[line->input]),
                profile_write(level_id, ours), profile_write(0x42e01f, theirs));
    }
}

/* Packets go out under the payload type that was agreed, and may go into a
 * track of a session that was made without knowing of them. */
static void aim_packets(const struct inputs *inputs, struct line *line)
{
    enum rtc_codec codec = media_of(inputs, line)->codec;
    struct rtc_peer *peer = inputs->end->peer;
    struct rtc_track_info info;

    if (!source_is_packets(inputs->sources[line->input]) ||
        rtc_peer_track_info(peer, line->target.track, &info))
        return;
    rtc_peer_set_packets(peer, line->target.track, true);
    for (unsigned i = info.codec_count; i-- > 0;)
        if (info.codecs[i] == codec)
            line->target.payload_type = info.payload_types[i];
}

/* Whether the remote takes the line. */
static bool aim(const struct inputs *inputs, struct line *line)
{
    line->target.track = follows(inputs, line) ? (line - 1)->target.track
                                               : find_track(inputs, line);
    if (line->target.track >= 0) {
        aim_packets(inputs, line);
        check_profile(inputs, line);
    }
    if (line->target.track >= 0 && inputs->red)
        rtc_peer_set_red(inputs->end->peer, line->target.track, true);
    return line->target.track >= 0;
}

static void fail(struct inputs *inputs, const struct line *line)
{
    inputs_explain(inputs);
    endpoint_fail(inputs->end, RTC_EXIT_DESCRIPTION,
                  "%s carries %s, which the remote does not receive",
                  source_name(inputs->sources[line->input]),
                  rtc_codec_name(media_of(inputs, line)->codec));
}

/* Looks which lines the remote takes. False: nothing of an input. */
static bool aim_all(struct inputs *inputs)
{
    const struct line *refused[INPUTS_MOST] = {NULL};
    bool is_sent[INPUTS_MOST] = {false};

    for (unsigned i = 0; i < inputs->line_count; i++) {
        struct line *line = &inputs->lines[i];
        if (aim(inputs, line))
            is_sent[line->input] = true;
        else
            refused[line->input] = line;
    }
    for (unsigned i = 0; i < inputs->count; i++) {
        if (refused[i] && !is_sent[i]) {
            fail(inputs, refused[i]);
            return false;
        }
        if (refused[i])
            warn("%s: its %s is not sent: the remote does not receive it",
                 source_name(inputs->sources[i]),
                 rtc_codec_name(media_of(inputs, refused[i])->codec));
    }
    return true;
}

static void count_ended(struct inputs *inputs)
{
    if (++inputs->ended_count == inputs->count)
        endpoint_part_over(inputs->end);
}

/* A layer that the remote does not take is not sent. */
static bool give_up(struct inputs *inputs, const struct line *line)
{
    struct source *source = inputs->sources[line->input];

    if (find_layer(inputs, line) >= 0)
        return false;
    warn("%s: the remote does not take layer %s", source_name(source),
         inputs->rids[line->input]);
    source_stop(source);
    count_ended(inputs);
    return true;
}

void inputs_start(struct inputs *inputs)
{
    struct line *line = inputs->lines, *end = line + inputs->line_count;

    if (!aim_all(inputs))
        return;
    pace_begin(&inputs->start, driver_now(inputs->end->driver));
    for (unsigned i = 0; i < inputs->count; i++) {
        struct source_target targets[SOURCE_TRACK_MOST] = {{.track = -1}};
        bool is_sent = true;
        for (line = inputs->lines; line < end; line++) {
            if (line->input != i)
                continue;
            is_sent = is_sent && !give_up(inputs, line);
            if (is_sent)
                line->target.layer = (uint8_t)find_layer(inputs, line);
            targets[line->index] = line->target;
        }
        if (is_sent)
            source_start(inputs->sources[i], inputs->end->peer, targets);
    }
}

void inputs_pause(struct inputs *inputs)
{
    for (unsigned i = 0; i < inputs->count; i++)
        source_pause(inputs->sources[i]);
}

void inputs_stop(struct inputs *inputs)
{
    for (unsigned i = 0; i < inputs->count; i++)
        source_stop(inputs->sources[i]);
}

void inputs_done(struct inputs *inputs)
{
    for (unsigned i = 0; i < inputs->count; i++)
        source_free(inputs->sources[i]);
}

/* ---- what the sources say ------------------------------------------------ */

/* Pipes go on while the session is being made: they start when all are there,
 * and what comes meanwhile is late. */
static void begin_pipes(struct inputs *inputs)
{
    for (unsigned i = 0; i < inputs->count; i++)
        if (!source_is_pipe(inputs->sources[i]))
            return;
    pace_begin(&inputs->start, driver_now(inputs->end->driver));
}

static void on_ready(void *user, struct source *source)
{
    struct inputs *inputs = user;

    (void)source;
    if (++inputs->ready_count < inputs->count)
        return;
    begin_pipes(inputs);
    add_lines(inputs);
    check_layers(inputs);
    check_packets(inputs);
    inputs->ready(inputs->user);
}

static void on_ended(void *user, struct source *source, enum rtc_exit status,
                     const char *why)
{
    struct inputs *inputs = user;

    if (status) {
        /* What was read before is sent, and waited for, all the same. */
        endpoint_say_error(inputs->end, status, "%s", why);
        endpoint_end(inputs->end, status, source_frame_count(source) > 0);
    } else {
        count_ended(inputs);
    }
}

static void on_dropped(void *user, struct source *source, int track,
                       unsigned count)
{
    struct inputs *inputs = user;

    (void)source;
    report_drop(inputs->end->report, track, count, "late",
                driver_now(inputs->end->driver));
}

void inputs_open(struct inputs *inputs, const struct source_options *options,
                 const char *rid)
{
    const struct source_calls calls = {on_ready, on_ended, on_dropped, inputs};
    struct source_options about = *options;
    unsigned n = inputs->count;

    if (n == INPUTS_MOST)
        die_usage("more than %d inputs", INPUTS_MOST);
    about.start = &inputs->start;
    inputs->sources[n] = source_new(inputs->end->driver, &about, &calls);
    inputs->rids[n] = rid;
    if (!inputs->sources[n] && errno == ESPIPE)
        die_usage("--loop needs a file, and %s is a pipe", about.input.file);
    if (!inputs->sources[n])
        die(RTC_EXIT_INPUT, "%s: %s", about.input.file, strerror(errno));
    inputs->count++;
}
