/* SPDX-License-Identifier: MIT
 * G.711 and G.722 (RFC 3551 4.5): their rows, and frames of every length that
 * are one payload each. */
#include "payloads.h"

static const enum rtc_codec codecs[] = {RTC_CODEC_PCMU, RTC_CODEC_PCMA,
                                        RTC_CODEC_G722};

static void test_row(const struct rtc_codec_entry *codec)
{
    is_int(codec->kind, RTC_AUDIO, codec->name);
    is_int(codec->clock_rate, 8000, "clock of 8000, of G.722 too");
    is_int(codec->channels, 1, "mono");
}

static void test_round_trip(const struct rtc_codec_entry *codec)
{
    uint8_t frame[1200];
    uint32_t seed = 1;
    bool same = true;

    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = payloads_noise(&seed);
    for (size_t len = 1; len <= sizeof frame; len++)
        same = payloads_round_trip(codec, frame, len, len) && same;
    ok(same, "every length comes back as one payload");
}

static void test_refusals(const struct rtc_codec_entry *codec)
{
    static const uint8_t frame[160];
    struct rtc_packetizer p = {0};
    struct rtc_payload_info info = {0};
    struct rtc_writer w;
    uint8_t buf[160];

    rtc_writer_init(&w, buf, sizeof buf);
    is_int(codec->packetize(&p, frame, 160, 159), RTC_ERR_ARG,
           "what does not fit is refused, not cut");
    is_int(codec->packetize(&p, frame, 0, 160), RTC_ERR_FORMAT, "empty");
    is_int(codec->inspect(frame, 0, true, &info), RTC_ERR_FORMAT, "empty");
    is_int(codec->depacketize(&w, frame, 0, true), RTC_ERR_FORMAT, "empty");
    is_int(codec->depacketize(&w, frame, 160, false), RTC_ERR_FORMAT,
           "a frame has one payload");
    is_int(w.len, 0, "nothing was written");
    is_int(codec->inspect(frame, 160, false, &info), 0, "a payload");
    ok(info.starts_frame && info.ends_frame && info.keyframe &&
           info.starts_stream,
       "is a whole frame, marker or not");
    ok(codec->is_keyframe(frame, 1) && !codec->is_keyframe(frame, 0),
       "each can be decoded alone");
}

int main(void)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        const struct rtc_codec_entry *codec = rtc_codec_entry(codecs[i]);

        test_row(codec);
        test_round_trip(codec);
        test_refusals(codec);
    }
    return tap_done();
}
