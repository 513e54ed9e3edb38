/* SPDX-License-Identifier: MIT
 * Frames and packets from the caller into a track's sender, as what was agreed
 * with the remote. */
#include <string.h>

#include "peer/peer.h"
#include "peer/track.h"
#include "peer/values.h"
#include "rtp/extension.h"

size_t rtc_peer_packet_max(const struct rtc_peer *peer)
{
    return peer->config.mtu - RTC_SRTP_OVERHEAD_MAX - peer->relay_reserve;
}

/* What was agreed for such a frame, or NULL: of several payload types of its
 * codec the one with the profile it names, or else the one in use. A frame that
 * names none gives 0, which is a profile of some codecs and none of others. */
static const struct rtc_negotiate_codec *
agreed_codec(const struct rtc_layer *layer, const struct rtc_frame *frame)
{
    const struct rtc_track *track = layer->track;
    const struct rtc_codec_entry *entry = rtc_codec_entry(frame->codec);
    const struct rtc_negotiate_codec *first = NULL, *in_use = NULL;
    unsigned profile = 0;

    if (entry && entry->profile)
        profile = entry->profile(frame->data, frame->len);
    for (unsigned i = 0; i < track->agreed.codec_count; i++) {
        const struct rtc_negotiate_codec *codec = &track->agreed.codecs[i];
        if (codec->codec != frame->codec ||
            (layer->sent &&
             !rtc_simulcast_may_use(layer->sent, codec->payload_type)))
            continue;
        if (entry && entry->profile && codec->profile == profile)
            return codec;
        if (codec->payload_type == layer->sender.format.payload_type)
            in_use = codec;
        first = first ? first : codec;
    }
    return in_use ? in_use : first;
}

static bool is_red(const struct rtc_track *track,
                   const struct rtc_negotiate_codec *codec)
{
    return track->wish.red && codec->has_red;
}

/* Whether packets go out as this codec already. */
static bool is_set(const struct rtc_layer *layer,
                   const struct rtc_negotiate_codec *codec)
{
    const struct rtc_sender_format *f = &layer->sender.format;

    return f->codec && f->payload_type == codec->payload_type &&
           f->red == is_red(layer->track, codec);
}

int rtc_layer_set_codec(struct rtc_peer *peer, struct rtc_layer *layer,
                        const struct rtc_negotiate_codec *codec)
{
    struct rtc_sender_format format = {
        .codec = rtc_codec_entry(codec->codec),
        .payload_type = codec->payload_type,
        .rtx = codec->has_rtx,
        .rtx_payload_type = codec->rtx_payload_type,
        .red = is_red(layer->track, codec),
        .red_payload_type = codec->red_payload_type,
        .clock_rate = rtc_codec_clock_rate(codec->codec),
        .packet_max = rtc_peer_packet_max(peer),
    };

    return rtc_sender_set_format(&layer->sender, &format, layer->ssrc,
                                 layer->rtx_ssrc);
}

static void add_name(struct rtc_extensions *e, enum rtc_extension extension,
                     char *field, const char *name)
{
    rtc_extensions_add(e, extension);
    strcpy(field, name);
}

/* RFC 8852 3: resends of a layer name it, each of them, as nothing is reported
 * on their SSRC. */
static void set_rtx_extension(struct rtc_layer *layer)
{
    struct rtc_extensions e = {.has = 0};
    uint8_t block[RTC_SENDER_EXTENSION_MAX];
    uint16_t profile = 0;
    int len;

    if (!layer->sent)
        return;
    add_name(&e, RTC_EXTENSION_MID, e.mid, layer->track->mid);
    add_name(&e, RTC_EXTENSION_REPAIRED_RID, e.repaired_rid, layer->sent->rid);
    rtc_track_add_stamps(layer->track, &e);
    len = rtc_extensions_write(&layer->track->agreed.extmap, &e, block,
                               sizeof block, &profile);
    rtc_sender_set_rtx_extension(&layer->sender, profile, block,
                                 len > 0 ? (size_t)len : 0);
}

/* MID and RID go along until the remote has reported on our SSRC and so knows
 * where it belongs (RFC 9143 15, RFC 8852 3); `values`, or NULL, with this one
 * packet. */
static int set_extension(struct rtc_layer *layer,
                         const struct rtc_packet_values *values)
{
    struct rtc_extensions e = {.has = 0};
    uint8_t block[RTC_SENDER_EXTENSION_MAX];
    uint16_t profile = 0;
    int len;

    if (layer->known == layer->extension_left_out && layer->extension_set &&
        !values)
        return 0;
    if (!layer->known) {
        add_name(&e, RTC_EXTENSION_MID, e.mid, layer->track->mid);
        if (layer->sent)
            add_name(&e, RTC_EXTENSION_RID, e.rid, layer->sent->rid);
    }
    if (rtc_values_write(values, &e))
        return RTC_ERR_ARG;
    rtc_track_add_stamps(layer->track, &e);
    len = rtc_extensions_write(&layer->track->agreed.extmap, &e, block,
                               sizeof block, &profile);
    if (len < 0 && values)
        return RTC_ERR_ARG;
    layer->extension_set = !values;
    layer->extension_left_out = layer->known;
    set_rtx_extension(layer);
    return rtc_sender_set_extension(&layer->sender, profile, block,
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

/* The layer of that number if it can send now. */
static int sending_layer(struct rtc_peer *peer, struct rtc_track *track,
                         unsigned index, struct rtc_layer **ret_layer)
{
    if (index >= track->layer_count && index >= track->wish.layer_count)
        return RTC_ERR_ARG;
    if (index >= track->layer_count || !track->layers[index]->sends)
        return rtc_peer_fail(peer, RTC_ERR_STATE,
                             "the remote does not take layer %u now", index);
    *ret_layer = track->layers[index];
    return 0;
}

int rtc_peer_send_frame(struct rtc_peer *peer, int number,
                        const struct rtc_frame *frame, rtc_usec now)
{
    const struct rtc_negotiate_codec *codec;
    struct rtc_track *track;
    struct rtc_layer *layer = NULL;
    int error = sending_track(peer, number, &track);

    if (error)
        return error;
    if (!frame || !frame->data || !frame->len || track->wish.packets)
        return RTC_ERR_ARG;
    error = sending_layer(peer, track, frame->layer, &layer);
    if (error)
        return error;
    codec = agreed_codec(layer, frame);
    if (!codec)
        return rtc_peer_fail(peer, RTC_ERR_ARG, "%s was not agreed",
                             rtc_codec_name(frame->codec));
    if (!is_set(layer, codec))
        error = rtc_layer_set_codec(peer, layer, codec);
    if (error)
        return error;
    (void)set_extension(layer, NULL);
    return rtc_sender_send_frame(&layer->sender, frame, now);
}

/* What was agreed under that number, or NULL. */
static const struct rtc_negotiate_codec *codec_of(const struct rtc_track *track,
                                                  uint8_t payload_type)
{
    for (unsigned i = 0; i < track->agreed.codec_count; i++) {
        const struct rtc_negotiate_codec *codec = &track->agreed.codecs[i];

        if (codec->payload_type == payload_type ||
            (codec->has_red && codec->red_payload_type == payload_type))
            return codec;
    }
    return NULL;
}

/* Queues a packet of a codec that was agreed. */
static int send_packet(struct rtc_peer *peer, struct rtc_layer *layer,
                       const struct rtc_negotiate_codec *codec,
                       const struct rtc_packet *packet, rtc_usec now)
{
    int error = 0;

    if (!is_set(layer, codec))
        error = rtc_layer_set_codec(peer, layer, codec);
    if (!error)
        error = set_extension(layer, packet->values);
    if (error)
        return error;
    error = rtc_sender_send_packet(&layer->sender, packet, now);
    if (error == RTC_ERR_ARG)
        return rtc_peer_fail(peer, error,
                             "a packet with %zu bytes of payload is too long "
                             "for datagrams of %zu, or its number cannot be "
                             "used any more",
                             packet->len, peer->config.mtu);
    return error;
}

int rtc_peer_send_packet(struct rtc_peer *peer, int number,
                         const struct rtc_packet *packet, rtc_usec now)
{
    const struct rtc_negotiate_codec *codec;
    struct rtc_track *track;
    int error = sending_track(peer, number, &track);

    if (error)
        return error;
    if (!packet || !track->wish.packets || packet->csrc_count > RTC_CSRC_MOST ||
        (packet->csrc_count && !packet->csrcs))
        return RTC_ERR_ARG;
    codec = codec_of(track, packet->payload_type);
    return codec ? send_packet(peer, &track->plain, codec, packet, now)
                 : rtc_peer_fail(peer, RTC_ERR_ARG,
                                 "payload type %u was not agreed",
                                 packet->payload_type);
}

bool rtc_peer_is_delivered(const struct rtc_peer *peer, rtc_usec now)
{
    if (!peer || peer->closed)
        return true;
    for (unsigned i = 0; i < peer->layer_count; i++) {
        const struct rtc_layer *layer = peer->layers[i];
        if (!layer->sends)
            continue; /* nobody is there to confirm it */
        if (layer->sender.history.queued ||
            !rtc_tail_is_delivered(&layer->tail, rtc_layer_rtt_us(peer, layer),
                                   now))
            return false;
    }
    return !peer->channels || rtc_channels_is_delivered(peer->channels);
}
