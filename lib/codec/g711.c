/* SPDX-License-Identifier: MIT
 * G.711 over RTP (RFC 3551 4.5.14): a byte a sample at 8 kHz, by the mu-law or
 * the A-law. Any number of samples is a frame. */
#include "codec/codec_rows.h"
#include "codec/whole.h"

const struct rtc_codec_entry rtc_codec_pcmu = {
    .codec = RTC_CODEC_PCMU,
    .kind = RTC_AUDIO,
    .name = "PCMU",
    .clock_rate = 8000,
    .channels = 1,
    .starts_marked = true,
    .packetize = rtc_whole_packetize,
    .next = rtc_whole_next,
    .inspect = rtc_whole_inspect,
    .depacketize = rtc_whole_depacketize,
    .depacketized_max = rtc_whole_depacketized_max,
    .is_keyframe = rtc_whole_is_keyframe,
};

const struct rtc_codec_entry rtc_codec_pcma = {
    .codec = RTC_CODEC_PCMA,
    .kind = RTC_AUDIO,
    .name = "PCMA",
    .clock_rate = 8000,
    .channels = 1,
    .starts_marked = true,
    .packetize = rtc_whole_packetize,
    .next = rtc_whole_next,
    .inspect = rtc_whole_inspect,
    .depacketize = rtc_whole_depacketize,
    .depacketized_max = rtc_whole_depacketized_max,
    .is_keyframe = rtc_whole_is_keyframe,
};
