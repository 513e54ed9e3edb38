/* SPDX-License-Identifier: MIT
 * G.722 over RTP (RFC 3551 4.5.2): a byte for two samples at 16 kHz, so 8000
 * bytes a second, which is what its RTP clock counts. Any number of bytes is a
 * frame. The decoder's state runs on between frames; it finds its way after a
 * loss, so each counts as one to start at. */
#include "codec/codec_rows.h"
#include "codec/whole.h"

const struct rtc_codec_entry rtc_codec_g722 = {
    .codec = RTC_CODEC_G722,
    .kind = RTC_AUDIO,
    .name = "G722",
    .clock_rate = 8000, /* by an old mistake that stayed: RFC 3551 4.5.2 */
    .channels = 1,
    .starts_marked = true,
    .packetize = rtc_whole_packetize,
    .next = rtc_whole_next,
    .inspect = rtc_whole_inspect,
    .depacketize = rtc_whole_depacketize,
    .depacketized_max = rtc_whole_depacketized_max,
    .is_keyframe = rtc_whole_is_keyframe,
};
