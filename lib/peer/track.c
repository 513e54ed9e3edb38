/* SPDX-License-Identifier: MIT
 * Tracks: made, looked up, and fed by the caller. What they agreed with the
 * remote is apply.c's. */
#include "peer/track.h"

#include <string.h>

#include "base/mem.h"
#include "peer/event.h"
#include "peer/peer.h"

struct rtc_track *rtc_peer_find_track(const struct rtc_peer *peer, int number)
{
    if (number < 0 || (unsigned)number >= peer->track_count)
        return NULL;
    return peer->tracks[number];
}

static void fill_codecs(struct rtc_track_config *wish)
{
    if (wish->codec_count)
        return;
    for (int c = RTC_CODEC_NONE + 1; c < RTC_CODEC_COUNT; c++)
        if (rtc_codec_entry((enum rtc_codec)c) &&
            rtc_codec_kind((enum rtc_codec)c) == wish->kind &&
            wish->codec_count < RTC_CODEC_MOST)
            wish->codecs[wish->codec_count++] = (enum rtc_codec)c;
}

struct rtc_track *rtc_peer_make_track(struct rtc_peer *peer,
                                      const struct rtc_track_config *config)
{
    struct rtc_track *track = NULL;

    if (peer->track_count < RTC_TRACK_MOST)
        track = rtc_calloc(1, sizeof *track);
    if (!track)
        return NULL;
    track->number = (int)peer->track_count;
    track->wish = *config;
    fill_codecs(&track->wish);
    if (!track->wish.stream_id[0])
        strcpy(track->wish.stream_id, "rtcpipe");
    if (!track->wish.track_id[0])
        rtc_random_text(&peer->random, track->wish.track_id, 16);
    rtc_peer_add_layer(peer, track);
    peer->tracks[peer->track_count++] = track;
    return track;
}

void rtc_peer_drop_track(struct rtc_peer *peer)
{
    struct rtc_track *track = peer->tracks[--peer->track_count];

    rtc_peer_drop_layers(peer, track);
    rtc_free(track);
}

/* Names that can stand in SDP (RFC 8851 10), each once, and only where layers
 * can be told apart. */
static bool are_rids_good(const struct rtc_track_config *config)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    if (config->layer_count > RTC_LAYER_MOST ||
        (config->layer_count && (config->kind != RTC_VIDEO || config->packets)))
        return false;
    for (unsigned i = 0; i < config->layer_count; i++) {
        const char *rid = config->rids[i];

        if (!rid[0] || !memchr(rid, '\0', sizeof config->rids[i]) ||
            rid[strspn(rid, good)])
            return false;
        for (unsigned k = 0; k < i; k++)
            if (!strcmp(rid, config->rids[k]))
                return false;
    }
    return true;
}

int rtc_peer_add_track(struct rtc_peer *peer,
                       const struct rtc_track_config *config)
{
    struct rtc_track *track;

    if (!peer || !config || config->codec_count > RTC_CODEC_MOST ||
        (config->kind != RTC_AUDIO && config->kind != RTC_VIDEO) ||
        !are_rids_good(config))
        return RTC_ERR_ARG;
    for (unsigned i = 0; i < config->codec_count; i++)
        if (!rtc_codec_entry(config->codecs[i]) ||
            rtc_codec_kind(config->codecs[i]) != config->kind)
            return rtc_peer_fail(peer, RTC_ERR_ARG,
                                 "codec %u of the track is of another kind", i);
    if (peer->closed)
        return rtc_peer_fail(peer, RTC_ERR_CLOSED, "the session is over");
    track = rtc_peer_make_track(peer, config);
    return track ? track->number
                 : rtc_peer_fail(peer, RTC_ERR_NOMEM,
                                 "no more than %d tracks, or out of memory",
                                 RTC_TRACK_MOST);
}

int rtc_peer_set_direction(struct rtc_peer *peer, int number,
                           enum rtc_direction direction)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;

    if (!track || (unsigned)direction > RTC_SENDRECV)
        return RTC_ERR_ARG;
    track->wish.direction = direction;
    return 0;
}

int rtc_peer_set_red(struct rtc_peer *peer, int number, bool red)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;

    if (!track)
        return RTC_ERR_ARG;
    track->wish.red = red;
    return 0;
}

int rtc_peer_set_packets(struct rtc_peer *peer, int number, bool packets)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;

    if (!track || (packets && track->wish.layer_count))
        return RTC_ERR_ARG;
    for (unsigned i = 0; i < track->layer_count; i++)
        if (track->layers[i]->receiving && track->layers[i]->inbound.started)
            return rtc_peer_fail(peer, RTC_ERR_STATE,
                                 "something was received on this track");
    for (unsigned i = 0; i < track->layer_count; i++)
        track->layers[i]->inbound.config.packets = packets;
    track->wish.packets = packets;
    return 0;
}

int rtc_peer_stop_track(struct rtc_peer *peer, int number)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;

    if (!track)
        return RTC_ERR_ARG;
    track->stop = true;
    return 0;
}

unsigned rtc_peer_track_count(const struct rtc_peer *peer)
{
    return peer ? peer->track_count : 0;
}

/* Of layers we send the caller's own names, should the remote have others. */
static const char *sent_rid(const struct rtc_layer *layer)
{
    const struct rtc_track_config *wish = &layer->track->wish;

    if (!layer->sent)
        return "";
    return layer->index < wish->layer_count ? wish->rids[layer->index]
                                            : layer->sent->rid;
}

/* By the layers' numbers: one that is not agreed has an empty rid. */
static void tell_rids(const struct rtc_track *track,
                      struct rtc_track_info *info)
{
    bool sent = track->agreed.sent_layer_count > 0;

    for (unsigned i = 0; i < track->layer_count; i++) {
        const struct rtc_layer *layer = track->layers[i];
        const char *rid = sent               ? sent_rid(layer)
                          : layer->receiving ? layer->rid
                                             : "";
        strcpy(info->rids[i], rid);
        if (rid[0])
            info->layer_count = i + 1;
    }
}

int rtc_peer_track_info(const struct rtc_peer *peer, int number,
                        struct rtc_track_info *ret_info)
{
    const struct rtc_track *track =
        peer ? rtc_peer_find_track(peer, number) : NULL;
    struct rtc_track_info info = {.codec = RTC_CODEC_NONE};

    if (!track || !ret_info)
        return RTC_ERR_ARG;
    info.kind = track->wish.kind;
    info.direction = track->wish.direction;
    info.agreed = track->agreed.direction;
    info.stopped = track->stopped || track->stop;
    info.by_remote = track->by_remote;
    memcpy(info.mid, track->mid, sizeof info.mid);
    for (unsigned i = 0; i < track->agreed.codec_count; i++) {
        enum rtc_codec codec = track->agreed.codecs[i].codec;
        bool known = false;
        for (unsigned k = 0; k < info.codec_count; k++)
            known = known || info.codecs[k] == codec;
        if (!known && info.codec_count < RTC_CODEC_MOST) {
            info.payload_types[info.codec_count] =
                track->agreed.codecs[i].payload_type;
            info.codecs[info.codec_count++] = codec;
        }
        if (codec == RTC_CODEC_H264 && info.h264_count < RTC_H264_FORMAT_MOST)
            info.h264_level_ids[info.h264_count++] =
                track->agreed.codecs[i].h264_level_id;
    }
    tell_rids(track, &info);
    if (info.codec_count && (info.agreed & RTC_SENDONLY))
        info.codec = info.codecs[0];
    *ret_info = info;
    return 0;
}

int rtc_peer_request_keyframe(struct rtc_peer *peer, int number, rtc_usec now)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;
    int error = RTC_ERR_ARG;

    (void)now;
    for (unsigned i = 0; track && i < track->layer_count; i++)
        if (track->layers[i]->receiving) {
            rtc_keyframe_want(&track->layers[i]->inbound.keyframe);
            error = 0;
        }
    return error;
}
