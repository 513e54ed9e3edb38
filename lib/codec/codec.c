/* SPDX-License-Identifier: MIT
 * The table of codecs and the public questions about it (rtc.h). What a codec
 * does stands in its own file. */
#include "codec/codec.h"

#include "base/text.h"
#include "codec/codec_rows.h"

static const struct rtc_codec_entry *const table[RTC_CODEC_COUNT] = {
    [RTC_CODEC_OPUS] = &rtc_codec_opus, [RTC_CODEC_VP8] = &rtc_codec_vp8,
    [RTC_CODEC_H264] = &rtc_codec_h264, [RTC_CODEC_VP9] = &rtc_codec_vp9,
    [RTC_CODEC_AV1] = &rtc_codec_av1,   [RTC_CODEC_H265] = &rtc_codec_h265,
    [RTC_CODEC_G722] = &rtc_codec_g722, [RTC_CODEC_PCMU] = &rtc_codec_pcmu,
    [RTC_CODEC_PCMA] = &rtc_codec_pcma,
};

const struct rtc_codec_entry *rtc_codec_entry(enum rtc_codec codec)
{
    return (unsigned)codec < RTC_CODEC_COUNT ? table[codec] : NULL;
}

const char *rtc_codec_name(enum rtc_codec codec)
{
    const struct rtc_codec_entry *entry = rtc_codec_entry(codec);

    return entry ? entry->name : "none";
}

enum rtc_codec rtc_codec_by_name(const char *name)
{
    for (unsigned i = 0; name && i < RTC_CODEC_COUNT; i++)
        if (table[i] && rtc_text_is_nocase(rtc_text_of(name), table[i]->name))
            return table[i]->codec;
    return RTC_CODEC_NONE;
}

enum rtc_kind rtc_codec_kind(enum rtc_codec codec)
{
    const struct rtc_codec_entry *entry = rtc_codec_entry(codec);

    return entry ? entry->kind : RTC_AUDIO;
}

uint32_t rtc_codec_clock_rate(enum rtc_codec codec)
{
    const struct rtc_codec_entry *entry = rtc_codec_entry(codec);

    return entry ? entry->clock_rate : 0;
}
