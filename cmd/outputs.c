/* SPDX-License-Identifier: MIT
 *
 * The outputs of a receiver together. A single output takes what its format
 * carries: both kinds in Matroska, else one. A recording takes the packets of
 * its tracks in place of their frames.
 */
#include "cmd/outputs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/codecs.h"

#define PATTERN "%r"

/* ---- what is wanted ------------------------------------------------------ */

/* Whether a format carries a codec of this kind; NONE: it is chosen later. */
static bool carries_kind(enum rtc_media_format format, enum rtc_kind kind)
{
    for (int c = RTC_CODEC_NONE + 1; c < RTC_CODEC_COUNT; c++)
        if (rtc_codec_kind((enum rtc_codec)c) == kind &&
            rtc_media_format_carries(format, (enum rtc_codec)c))
            return true;
    return format == RTC_MEDIA_NONE || format == RTC_MEDIA_RTPDUMP;
}

static struct output *add_output(struct outputs *outputs, const char *file,
                                 enum rtc_media_format format)
{
    const struct sink_options about = {
        .file = file, .format = format, .force = outputs->options.force};
    struct output *output = &outputs->items[outputs->count++];

    output->layer = -1;
    layer_choice_init(&output->choice);
    if ((format ? format : rtc_media_format_by_path(file)) == RTC_MEDIA_RTPDUMP)
        output->packets = packets_out_new(outputs->end->driver, &about,
                                          outputs->failed, outputs->user);
    else
        output->sink = sink_new(outputs->end->driver, &about, outputs->failed,
                                outputs->user);
    return output;
}

/* The kinds that the options ask for, as far as the format carries them. */
static void open_single(struct outputs *outputs, const char *file)
{
    const struct outputs_options *o = &outputs->options;
    enum rtc_media_format format =
        o->format ? o->format : rtc_media_format_by_path(file);
    bool any = !o->video == !o->audio;

    outputs->wants[RTC_VIDEO] =
        (any || o->video) && (o->video || carries_kind(format, RTC_VIDEO));
    outputs->wants[RTC_AUDIO] =
        (any || o->audio) && (o->audio || carries_kind(format, RTC_AUDIO));
    outputs->by_layer = strstr(file, PATTERN) != NULL;
    if (outputs->by_layer && format == RTC_MEDIA_RTPDUMP)
        die_usage("-o %s: one rtpdump has all layers: leave out %%r", file);
    if (outputs->by_layer)
        outputs->wants[RTC_AUDIO] = false;
    else
        memcpy(add_output(outputs, file, o->format)->takes, outputs->wants,
               sizeof outputs->wants);
}

static void open_kind(struct outputs *outputs, enum rtc_kind kind,
                      const char *file)
{
    if (!file)
        return;
    outputs->wants[kind] = true;
    add_output(outputs, file, RTC_MEDIA_NONE)->takes[kind] = true;
}

void outputs_open(struct outputs *outputs,
                  const struct outputs_options *options)
{
    outputs->options = *options;
    outputs->tracks[RTC_AUDIO] = outputs->tracks[RTC_VIDEO] = -1;
    if (options->single) {
        open_single(outputs, options->single);
    } else {
        open_kind(outputs, RTC_VIDEO, options->video_out);
        open_kind(outputs, RTC_AUDIO, options->audio_out);
    }
}

static bool wants_packets(const struct outputs *outputs, enum rtc_kind kind)
{
    for (unsigned i = 0; i < outputs->count; i++)
        if (outputs->items[i].takes[kind])
            return outputs->items[i].packets != NULL;
    return false;
}

void outputs_adopt_tracks(struct outputs *outputs)
{
    struct rtc_peer *peer = outputs->end->peer;
    struct rtc_track_info info;

    for (int t = 0; rtc_peer_track_info(peer, t, &info) == 0; t++)
        if (wants_packets(outputs, info.kind))
            rtc_peer_set_packets(peer, t, true);
}

void outputs_add_tracks(struct outputs *outputs)
{
    const char *const codecs[] = {
        [RTC_AUDIO] = outputs->options.audio,
        [RTC_VIDEO] = outputs->options.video,
    };

    for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
        struct rtc_track_config config = {.direction = RTC_RECVONLY};
        if (!outputs->wants[kind])
            continue;
        config.packets = wants_packets(outputs, (enum rtc_kind)kind);
        codecs_parse(kind == RTC_VIDEO ? "--video" : "--audio", codecs[kind],
                     (enum rtc_kind)kind, &config);
        if (rtc_peer_add_track(outputs->end->peer, &config) < 0)
            die(RTC_EXIT_INTERNAL, "%s", rtc_peer_why(outputs->end->peer));
    }
}

/* ---- what was agreed ----------------------------------------------------- */

/* The codec a track will probably have: the first that the output's format
 * carries. */
static enum rtc_codec likely(const struct outputs *outputs,
                             const struct rtc_track_info *info)
{
    for (unsigned i = 0; i < info->codec_count; i++)
        if (!outputs->options.format ||
            rtc_media_format_carries(outputs->options.format, info->codecs[i]))
            return info->codecs[i];
    return info->codecs[0];
}

static void expect(struct outputs *outputs, struct output *output)
{
    struct sink_track tracks[2];
    unsigned count = 0;

    for (int kind = RTC_VIDEO; kind >= RTC_AUDIO; kind--) {
        struct rtc_track_info info;
        if (!output->takes[kind] || outputs->tracks[kind] < 0 ||
            rtc_peer_track_info(outputs->end->peer, outputs->tracks[kind],
                                &info))
            continue;
        tracks[count++] =
            (struct sink_track){info.kind, likely(outputs, &info)};
    }
    sink_expect(output->sink, tracks, count);
}

static void warn_unwanted(enum rtc_kind kind)
{
    const char *name = kind == RTC_VIDEO ? "video" : "audio";

    warn("the session also carries %s, which has no output: --%s-out FILE "
         "would write it",
         name, name);
}

void outputs_settle(struct outputs *outputs)
{
    const struct rtc_peer *peer = outputs->end->peer;
    bool warned[2] = {false, false};
    struct rtc_track_info info;

    outputs->tracks[RTC_AUDIO] = outputs->tracks[RTC_VIDEO] = -1;
    for (int t = 0; rtc_peer_track_info(peer, t, &info) == 0; t++) {
        if (!(info.agreed & RTC_RECVONLY))
            continue;
        if (outputs->wants[info.kind] && outputs->tracks[info.kind] < 0)
            outputs->tracks[info.kind] = t;
        else if (!outputs->wants[info.kind] && !warned[info.kind])
            warn_unwanted(info.kind);
        warned[info.kind] = !outputs->wants[info.kind];
    }
    for (unsigned i = 0; i < outputs->count; i++)
        if (outputs->items[i].sink)
            expect(outputs, &outputs->items[i]);
    outputs->is_settled = true;
}

/* ---- frames and packets
 * -------------------------------------------------------------- */

/* The file of a layer: its rid in place of the pattern. */
static char *layer_file(const struct outputs *outputs, int track,
                        unsigned layer)
{
    const char *at = strstr(outputs->options.single, PATTERN);
    struct rtc_track_info info;
    char rid[RTC_RID_MAX + 1] = "0", *file = NULL;

    if (rtc_peer_track_info(outputs->end->peer, track, &info) == 0 &&
        layer < info.layer_count)
        memcpy(rid, info.rids[layer], sizeof rid);
    for (char *c = rid; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            *c = '_';
    if (asprintf(&file, "%.*s%s%s", (int)(at - outputs->options.single),
                 outputs->options.single, rid, at + strlen(PATTERN)) < 0)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return file;
}

/* The output of a layer, made with its first frame. */
static struct output *layer_output(struct outputs *outputs,
                                   const struct rtc_event *event)
{
    int layer = event->frame.layer;
    struct output *output;
    char *file;

    for (unsigned i = 0; i < outputs->count; i++)
        if (outputs->items[i].layer == layer)
            return &outputs->items[i];
    if (outputs->count == OUTPUTS_MOST)
        return NULL;
    file = layer_file(outputs, event->track, (unsigned)layer);
    output = add_output(outputs, file, outputs->options.format);
    output->file = file;
    output->layer = layer;
    output->takes[RTC_VIDEO] = true;
    expect(outputs, output);
    return output;
}

static struct output *find_output(struct outputs *outputs,
                                  const struct rtc_event *event,
                                  enum rtc_kind kind)
{
    if (outputs->by_layer)
        return layer_output(outputs, event);
    for (unsigned i = 0; i < outputs->count; i++)
        if (outputs->items[i].takes[kind])
            return &outputs->items[i];
    return NULL;
}

/* Whether the frame is of the layer that is written. */
static bool is_chosen(struct output *output, const struct rtc_frame *frame,
                      enum rtc_kind kind)
{
    bool switched = false;

    if (output->layer >= 0 || kind != RTC_VIDEO)
        return true;
    if (output->choice.current < 0 && !frame->layer)
        output->choice.current = 0; /* whether or not it is a key frame */
    if (!layer_choice_take(&output->choice, frame, &switched))
        return false;
    if (switched)
        sink_switch(output->sink, kind);
    return true;
}

void outputs_frame(struct outputs *outputs, const struct rtc_event *event)
{
    enum rtc_kind kind = rtc_codec_kind(event->frame.codec);
    struct output *output;
    const char *why;

    if (!outputs->is_settled)
        outputs_settle(outputs);
    if (event->track != outputs->tracks[kind])
        return;
    output = find_output(outputs, event, kind);
    if (!output || !output->sink || !is_chosen(output, &event->frame, kind))
        return;
    outputs->frame_count++;
    why = sink_frame(output->sink, &event->frame);
    if (why)
        report_drop(outputs->end->report, event->track, 1, why, event->time);
}

void outputs_packet(struct outputs *outputs, const struct rtc_event *event)
{
    if (!outputs->is_settled)
        outputs_settle(outputs);
    for (unsigned i = 0; i < outputs->count; i++)
        for (int kind = RTC_AUDIO; kind <= RTC_VIDEO; kind++) {
            struct output *output = &outputs->items[i];
            const char *why;
            if (!output->packets || !output->takes[kind] ||
                event->track != outputs->tracks[kind])
                continue;
            outputs->frame_count++;
            why = packets_out_write(output->packets, &event->packet);
            if (why)
                report_drop(outputs->end->report, event->track, 1, why,
                            event->time);
        }
}

void outputs_rebase(struct outputs *outputs)
{
    outputs->is_settled = false;
    for (unsigned i = 0; i < outputs->count; i++)
        if (outputs->items[i].sink)
            sink_rebase(outputs->items[i].sink);
}

int outputs_close(struct outputs *outputs)
{
    int error = 0;

    for (unsigned i = 0; i < outputs->count; i++) {
        if (sink_close(outputs->items[i].sink) ||
            packets_out_close(outputs->items[i].packets))
            error = errno;
        free(outputs->items[i].file);
    }
    return error;
}
