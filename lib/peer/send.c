/* SPDX-License-Identifier: MIT
 * Frames and packets from the caller into a track's sender, as what was agreed
 * with the remote. */
#include <string.h>

#include "peer/peer.h"
#include "peer/track.h"
#include "rtp/extension.h"

size_t rtc_peer_packet_max(const struct rtc_peer *peer)
{
    return peer->config.mtu - RTC_SRTP_OVERHEAD_MAX - peer->relay_reserve;
}

/* What was agreed for such a frame, or NULL: of several payload types of its
 * codec the one with the profile it names, or else the one in use. A frame that
 * names none gives 0, which is a profile of some codecs and none of others. */
static const struct rtc_negotiate_codec *
agreed_codec(const struct rtc_track *track, const struct rtc_frame *frame)
{
    const struct rtc_codec_entry *entry = rtc_codec_entry(frame->codec);
    const struct rtc_negotiate_codec *first = NULL, *in_use = NULL;
    unsigned profile = 0;

    if (entry && entry->profile)
        profile = entry->profile(frame->data, frame->len);
    for (unsigned i = 0; i < track->agreed.codec_count; i++) {
        const struct rtc_negotiate_codec *codec = &track->agreed.codecs[i];
        if (codec->codec != frame->codec)
            continue;
        if (entry && entry->profile && codec->profile == profile)
            return codec;
        if (codec->payload_type == track->sender.format.payload_type)
            in_use = codec;
        first = first ? first : codec;
    }
    return in_use ? in_use : first;
}

int rtc_track_set_codec(struct rtc_peer *peer, struct rtc_track *track,
                        const struct rtc_negotiate_codec *codec)
{
    struct rtc_sender_format format = {
        .codec = rtc_codec_entry(codec->codec),
        .payload_type = codec->payload_type,
        .rtx = codec->has_rtx,
        .rtx_payload_type = codec->rtx_payload_type,
        .clock_rate = rtc_codec_clock_rate(codec->codec),
        .packet_max = rtc_peer_packet_max(peer),
    };

    return rtc_sender_set_format(&track->sender, &format, track->ssrc,
                                 track->rtx_ssrc);
}

/* The MID goes along until the remote has reported on our SSRC and so knows
 * where it belongs (RFC 9143 15). */
static void set_extension(struct rtc_track *track)
{
    struct rtc_extensions e = {.has = 0};
    uint8_t block[RTC_SENDER_EXTENSION_MAX];
    uint16_t profile = 0;
    int len = 0;

    if (track->mid_known == track->mid_left_out && track->mid_set)
        return;
    if (!track->mid_known) {
        rtc_extensions_add(&e, RTC_EXTENSION_MID);
        memcpy(e.mid, track->mid, sizeof e.mid);
        len = rtc_extensions_write(&track->agreed.extmap, &e, block,
                                   sizeof block, &profile);
    }
    track->mid_set = true;
    track->mid_left_out = track->mid_known;
    rtc_sender_set_extension(&track->sender, profile, block,
                             len > 0 ? (size_t)len : 0);
}

/* The track if it can send now. */
static int sending_track(struct rtc_peer *peer, int number,
                         struct rtc_track **ret_track)
{
    struct rtc_track *track = peer ? rtc_peer_find_track(peer, number) : NULL;

    if (!track)
        return RTC_ERR_ARG;
    if (peer->closed)
        return rtc_peer_fail(peer, RTC_ERR_CLOSED, "the session is over");
    if (!peer->srtp)
        return rtc_peer_fail(peer, RTC_ERR_STATE, "not connected yet");
    if (!(track->agreed.direction & RTC_SENDONLY) || track->stopped)
        return rtc_peer_fail(peer, RTC_ERR_STATE,
                             "the remote does not receive on this track");
    *ret_track = track;
    return 0;
}

int rtc_peer_send_frame(struct rtc_peer *peer, int number,
                        const struct rtc_frame *frame, rtc_usec now)
{
    const struct rtc_negotiate_codec *codec;
    struct rtc_track *track;
    int error = sending_track(peer, number, &track);

    if (error)
        return error;
    if (!frame || !frame->data || !frame->len || track->wish.packets)
        return RTC_ERR_ARG;
    codec = agreed_codec(track, frame);
    if (!codec)
        return rtc_peer_fail(peer, RTC_ERR_ARG, "%s was not agreed",
                             rtc_codec_name(frame->codec));
    if (track->sender.format.payload_type != codec->payload_type ||
        !track->sender.format.codec)
        error = rtc_track_set_codec(peer, track, codec);
    if (error)
        return error;
    set_extension(track);
    return rtc_sender_send_frame(&track->sender, frame, now);
}

int rtc_peer_send_packet(struct rtc_peer *peer, int number,
                         const struct rtc_packet *packet, rtc_usec now)
{
    struct rtc_track *track;
    int error = sending_track(peer, number, &track);

    if (error)
        return error;
    if (!packet || !track->wish.packets)
        return RTC_ERR_ARG;
    for (unsigned i = 0; i < track->agreed.codec_count; i++) {
        const struct rtc_negotiate_codec *codec = &track->agreed.codecs[i];
        if (codec->payload_type != packet->payload_type)
            continue;
        if (track->sender.format.payload_type != codec->payload_type ||
            !track->sender.format.codec)
            error = rtc_track_set_codec(peer, track, codec);
        set_extension(track);
        return error ? error
                     : rtc_sender_send_packet(&track->sender, packet,
                                              !packet->sequence, now);
    }
    return rtc_peer_fail(peer, RTC_ERR_ARG, "payload type %u was not agreed",
                         packet->payload_type);
}

bool rtc_peer_is_delivered(const struct rtc_peer *peer, rtc_usec now)
{
    if (!peer || peer->closed)
        return true;
    for (unsigned i = 0; i < peer->track_count; i++) {
        const struct rtc_track *track = peer->tracks[i];
        if (!(track->agreed.direction & RTC_SENDONLY))
            continue; /* nobody is there to confirm it */
        if (track->sender.history.queued ||
            !rtc_tail_is_delivered(&track->tail, rtc_track_rtt_us(peer, track),
                                   now))
            return false;
    }
    return !peer->channels || rtc_channels_is_delivered(peer->channels);
}
