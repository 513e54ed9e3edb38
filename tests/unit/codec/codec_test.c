/* SPDX-License-Identifier: MIT
 * The table: every codec has a whole row, and names lead to it and back. */
#include "codec/codec.h"
#include "tap.h"

static void test_rows(void)
{
    for (int i = RTC_CODEC_NONE + 1; i < RTC_CODEC_COUNT; i++) {
        const struct rtc_codec_entry *e = rtc_codec_entry((enum rtc_codec)i);

        if (!e)
            continue; /* named, not written yet */
        ok((int)e->codec == i && e->packetize && e->next && e->inspect &&
               e->depacketize && e->depacketized_max && e->is_keyframe &&
               e->channels >= 1,
           "the row is whole");
        is_int(rtc_codec_by_name(e->name), i, e->name);
        is_str(rtc_codec_name((enum rtc_codec)i), e->name, "its name");
    }
}

static void test_questions(void)
{
    is_int(rtc_codec_by_name("OPUS"), RTC_CODEC_OPUS, "any case");
    is_int(rtc_codec_by_name("vp8"), RTC_CODEC_VP8, "any case");
    is_int(rtc_codec_by_name("h264"), RTC_CODEC_H264, "any case");
    is_int(rtc_codec_by_name("h265"), RTC_CODEC_H265, "any case");
    is_int(rtc_codec_by_name("h26"), RTC_CODEC_NONE, "not a prefix");
    is_int(rtc_codec_by_name("none"), RTC_CODEC_NONE, "none");
    is_int(rtc_codec_by_name(""), RTC_CODEC_NONE, "empty");
    is_int(rtc_codec_by_name(NULL), RTC_CODEC_NONE, "NULL");
    is_int(rtc_codec_kind(RTC_CODEC_OPUS), RTC_AUDIO, "Opus is audio");
    is_int(rtc_codec_kind(RTC_CODEC_VP8), RTC_VIDEO, "VP8 is video");
    is_int(rtc_codec_kind(RTC_CODEC_H264), RTC_VIDEO, "H.264 is video");
    is_int(rtc_codec_by_name("pcma"), RTC_CODEC_PCMA, "any case");
    is_int(rtc_codec_kind(RTC_CODEC_G722), RTC_AUDIO, "G.722 is audio");
    is_int(rtc_codec_clock_rate(RTC_CODEC_OPUS), 48000, "RFC 7587");
    is_int(rtc_codec_clock_rate(RTC_CODEC_VP8), 90000, "RFC 7741");
    is_int(rtc_codec_clock_rate(RTC_CODEC_H264), 90000, "RFC 6184");
    is_int(rtc_codec_clock_rate(RTC_CODEC_H265), 90000, "RFC 7798");
    is_int(rtc_codec_entry(RTC_CODEC_OPUS)->channels, 2, "opus/48000/2");
}

static void test_outside(void)
{
    ok(!rtc_codec_entry(RTC_CODEC_NONE), "NONE has no row");
    ok(!rtc_codec_entry(RTC_CODEC_COUNT), "COUNT has no row");
    ok(!rtc_codec_entry((enum rtc_codec)(-1)), "nor has a wild value");
    is_str(rtc_codec_name(RTC_CODEC_NONE), "none", "name of NONE");
    is_int(rtc_codec_clock_rate(RTC_CODEC_COUNT), 0, "rate of nothing");
}

int main(void)
{
    test_rows();
    test_questions();
    test_outside();
    return tap_done();
}
