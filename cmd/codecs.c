/* SPDX-License-Identifier: MIT
 *
 * Reads codec lists.
 */
#include "cmd/codecs.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"

static void __attribute__((noreturn))
refuse(const char *option, const char *name, enum rtc_kind kind)
{
    char known[128] = "";

    for (int c = RTC_CODEC_NONE + 1; c < RTC_CODEC_COUNT; c++)
        if (rtc_codec_clock_rate((enum rtc_codec)c) &&
            rtc_codec_kind((enum rtc_codec)c) == kind)
            snprintf(known + strlen(known), sizeof known - strlen(known), " %s",
                     rtc_codec_name((enum rtc_codec)c));
    die_usage("%s: `%s' is no %s codec known here; there are:%s", option, name,
              kind == RTC_VIDEO ? "video" : "audio", known);
}

void codecs_parse(const char *option, const char *text, enum rtc_kind kind,
                  struct rtc_track_config *config)
{
    char name[32];

    config->kind = kind;
    config->codec_count = 0;
    while (text && *text) {
        size_t len = strcspn(text, ",");
        enum rtc_codec codec;
        snprintf(name, sizeof name, "%.*s", (int)(len < 31 ? len : 31), text);
        codec = rtc_codec_by_name(name);
        if (codec == RTC_CODEC_NONE || rtc_codec_kind(codec) != kind ||
            config->codec_count == RTC_CODEC_MOST)
            refuse(option, name, kind);
        config->codecs[config->codec_count++] = codec;
        text += len;
        text += *text == ',';
    }
}
