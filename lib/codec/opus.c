/* SPDX-License-Identifier: MIT
 * Opus over RTP (RFC 7587): one Opus packet is one payload and one frame. Of
 * the packet only the first two bytes are read (RFC 6716 3.1, 3.2), for its
 * duration. A packet of the first byte alone is silence by DTX and as good as
 * any other. */
#include "codec/opus.h"

#include "codec/codec_rows.h"
#include "codec/whole.h"

/* Samples of one frame at 48 kHz, by configuration number (RFC 6716 3.1). */
static unsigned frame_duration(unsigned config)
{
    static const uint16_t silk[] = {480, 960, 1920, 2880};
    static const uint16_t hybrid[] = {480, 960};
    static const uint16_t celt[] = {120, 240, 480, 960};

    if (config < 12)
        return silk[config % 4];
    if (config < 16)
        return hybrid[config % 2];
    return celt[config % 4];
}

unsigned rtc_opus_duration(const uint8_t *packet, size_t len)
{
    unsigned count, duration;

    if (len == 0)
        return 0;
    switch (packet[0] & 3) {
    case 0:
        count = 1;
        break;
    case 3:
        count = len > 1 ? packet[1] & 0x3f : 0;
        break;
    default:
        count = 2;
    }
    duration = count * frame_duration(packet[0] >> 3);
    return duration <= 5760 ? duration : 0; /* 120 ms: RFC 6716 3.2.5 */
}

static bool is_packet(const uint8_t *packet, size_t len)
{
    return rtc_opus_duration(packet, len) > 0;
}

static int packetize(struct rtc_packetizer *p, const uint8_t *frame, size_t len,
                     size_t max)
{
    return is_packet(frame, len) ? rtc_whole_packetize(p, frame, len, max)
                                 : RTC_ERR_FORMAT;
}

static int inspect(const uint8_t *payload, size_t len, bool marker,
                   struct rtc_payload_info *ret_info)
{
    return is_packet(payload, len)
               ? rtc_whole_inspect(payload, len, marker, ret_info)
               : RTC_ERR_FORMAT;
}

static int depacketize(struct rtc_writer *frame, const uint8_t *payload,
                       size_t len, bool first)
{
    return is_packet(payload, len)
               ? rtc_whole_depacketize(frame, payload, len, first)
               : RTC_ERR_FORMAT;
}

const struct rtc_codec_entry rtc_codec_opus = {
    .codec = RTC_CODEC_OPUS,
    .kind = RTC_AUDIO,
    .name = "opus",
    .clock_rate = 48000, /* always, and always 2 channels: RFC 7587 7 */
    .channels = 2,
    .starts_marked = true,
    .packetize = packetize,
    .next = rtc_whole_next,
    .inspect = inspect,
    .depacketize = depacketize,
    .depacketized_max = rtc_whole_depacketized_max,
    .is_keyframe = is_packet,
};
