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

static uint32_t draw_ssrc(struct rtc_peer *peer)
{
    uint32_t ssrc;

    /* RFC 3550 8.1 asks for no more than a random one; 0 is "none" here. */
    do {
        ssrc = rtc_random_u32(&peer->random);
    } while (!ssrc);
    return ssrc;
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
    struct rtc_history_config history = {
        .packets = peer->config.history_packets,
        .keep_us = peer->config.history_us,
    };
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
    track->ssrc = draw_ssrc(peer);
    track->rtx_ssrc = draw_ssrc(peer);
    track->rtt_us = -1;
    track->heard_us = RTC_NEVER;
    rtc_sender_init(&track->sender, &history, &peer->pool, &peer->random);
    peer->tracks[peer->track_count++] = track;
    return track;
}

void rtc_track_free(struct rtc_track *track)
{
    if (!track)
        return;
    rtc_sender_done(&track->sender);
    if (track->receiving)
        rtc_inbound_done(&track->inbound);
    rtc_free(track);
}

int rtc_peer_add_track(struct rtc_peer *peer,
                       const struct rtc_track_config *config)
{
    struct rtc_track *track;

    if (!peer || !config || config->codec_count > RTC_CODEC_MOST ||
        (config->kind != RTC_AUDIO && config->kind != RTC_VIDEO))
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
        if (!known && info.codec_count < RTC_CODEC_MOST)
            info.codecs[info.codec_count++] = codec;
        if (codec == RTC_CODEC_H264 && info.h264_count < RTC_H264_FORMAT_MOST)
            info.h264_level_ids[info.h264_count++] =
                track->agreed.codecs[i].h264_level_id;
    }
    if (info.codec_count && (info.agreed & RTC_SENDONLY))
        info.codec = info.codecs[0];
    *ret_info = info;
    return 0;
}

rtc_usec rtc_track_rtt_us(const struct rtc_peer *peer,
                          const struct rtc_track *track)
{
    if (track->rtt_us >= 0)
        return track->rtt_us;
    if (peer->bandwidth.round_trip.rtt_us >= 0)
        return peer->bandwidth.round_trip.rtt_us;
    return rtc_ice_rtt_us(peer->ice);
}

int rtc_peer_request_keyframe(struct rtc_peer *peer, int number, rtc_usec now)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;

    (void)now;
    if (!track || !track->receiving)
        return RTC_ERR_ARG;
    rtc_keyframe_want(&track->inbound.keyframe);
    return 0;
}
