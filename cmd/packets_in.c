/* SPDX-License-Identifier: MIT
 *
 * The stream of a recording: that of its first packet. What was lost or came
 * late stays so, as each packet keeps its distance to the others.
 */
#include "cmd/packets_in.h"

#include <stdio.h>

/* RTCP among RTP looks like these payload types (RFC 5761 4). */
#define RTCP_FIRST 64
#define RTCP_LAST 95

static int refuse(struct packets_in *in, int error, const char *why)
{
    snprintf(in->why, sizeof in->why, "%s", why);
    return error;
}

/* The first packet tells what the stream is. */
static int begin(struct packets_in *in, const struct rtc_packet *packet,
                 enum rtc_codec codec)
{
    if (in->codec != RTC_CODEC_NONE)
        codec = in->codec;
    if (codec == RTC_CODEC_NONE) {
        snprintf(in->why, sizeof in->why,
                 "its payload type %u does not tell the codec: name it, e.g. "
                 "--codec vp8",
                 packet->payload_type);
        return RTC_ERR_UNSUPPORTED;
    }
    in->track = (struct rtc_media_track){.codec = codec,
                                         .kind = rtc_codec_kind(codec),
                                         .clock = rtc_codec_clock_rate(codec)};
    in->ssrc = packet->ssrc;
    in->payload_type = packet->payload_type;
    in->number = (uint16_t)in->random;
    in->time = in->random;
    in->has_first = in->is_looped = true;
    return 0;
}

/* Whether the packet is of the stream; `why` says it once of others. */
static bool is_ours(struct packets_in *in, const struct rtc_packet *packet)
{
    if (packet->ssrc != in->ssrc) {
        if (!in->said_ssrc)
            snprintf(in->why, sizeof in->why,
                     "only the packets of SSRC %08x are sent, as that is its "
                     "first",
                     (unsigned)in->ssrc);
        in->said_ssrc = true;
        return false;
    }
    if (packet->payload_type != in->payload_type) {
        if (!in->said_type)
            snprintf(in->why, sizeof in->why,
                     "only packets of payload type %u are sent, and none of %u",
                     in->payload_type, packet->payload_type);
        in->said_type = true;
        return false;
    }
    return true;
}

/* Gives the packet its number and time. */
static void place(struct packets_in *in, struct rtc_packet *packet)
{
    uint16_t number = (uint16_t)packet->sequence;
    uint32_t time = (uint32_t)packet->media_time;

    if (in->is_looped) {
        in->number_shift = (uint16_t)(in->number + 1 - number);
        in->time_shift = in->time + in->time_step - time;
    }
    number = (uint16_t)(number + in->number_shift);
    time += in->time_shift;
    if (in->is_looped || (uint16_t)(number - in->number) < 0x8000) {
        if (!in->is_looped && time - in->time - 1 < 0x7fffffff)
            in->time_step = time - in->time;
        in->number = number;
        in->time = time;
    }
    in->is_looped = false;
    packet->sequence = number;
    packet->media_time = time;
}

int packets_in_take(struct packets_in *in, struct rtc_media_frame *frame)
{
    struct rtc_packet packet;
    int len, error = 0;

    in->why[0] = '\0';
    if (rtc_media_packet_parse(frame->data, frame->len, &packet))
        return refuse(in, RTC_ERR_FORMAT, "a packet in it is damaged");
    if (packet.payload_type >= RTCP_FIRST && packet.payload_type <= RTCP_LAST)
        return 0;
    if (!in->has_first)
        error = begin(in, &packet, frame->codec);
    if (error)
        return error;
    if (!is_ours(in, &packet))
        return 0;
    place(in, &packet);
    len = rtc_media_packet_write(&packet, in->packet, sizeof in->packet);
    if (len < 0)
        return refuse(in, RTC_ERR_UNSUPPORTED,
                      "a packet in it is too long for any datagram of ours: "
                      "packetize for 1200 bytes");
    frame->data = in->packet;
    frame->len = (size_t)len;
    frame->codec = in->track.codec;
    return 1;
}

void packets_in_loop(struct packets_in *in)
{
    in->is_looped = in->has_first;
}
