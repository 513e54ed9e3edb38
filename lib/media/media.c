/* SPDX-License-Identifier: MIT
 * The table of formats and the questions about it: names, extensions, and which
 * one an input is by its first bytes, since a pipe cannot be opened twice. */
#include "media/media.h"

#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "media/format.h"

static const struct rtc_media_entry *const table[RTC_MEDIA_FORMAT_COUNT] = {
    [RTC_MEDIA_IVF] = &rtc_media_ivf,
    [RTC_MEDIA_ANNEXB] = &rtc_media_annexb,
    [RTC_MEDIA_OGG] = &rtc_media_ogg,
    [RTC_MEDIA_OBU] = &rtc_media_obu,
    [RTC_MEDIA_MATROSKA] = &rtc_media_matroska,
    [RTC_MEDIA_WEBM] = &rtc_media_webm,
    [RTC_MEDIA_WAV] = &rtc_media_wav,
    [RTC_MEDIA_RTPDUMP] = &rtc_media_rtpdump,
};

const struct rtc_media_entry *rtc_media_entry(enum rtc_media_format format)
{
    return (unsigned)format < RTC_MEDIA_FORMAT_COUNT ? table[format] : NULL;
}

struct rtc_media_track rtc_media_track_of(enum rtc_codec codec)
{
    return (struct rtc_media_track){.codec = codec,
                                    .kind = rtc_codec_kind(codec),
                                    .clock = rtc_codec_clock_rate(codec)};
}

const char *rtc_media_format_name(enum rtc_media_format format)
{
    const struct rtc_media_entry *entry = rtc_media_entry(format);

    return entry ? entry->name : "none";
}

enum rtc_media_format rtc_media_format_by_name(const char *name)
{
    for (unsigned i = 0; name && i < RTC_MEDIA_FORMAT_COUNT; i++)
        if (table[i] && rtc_text_is_nocase(rtc_text_of(name), table[i]->name))
            return table[i]->format;
    return RTC_MEDIA_NONE;
}

static bool lists_extension(const char *list, const char *extension)
{
    struct rtc_text rest = rtc_text_of(list), word;

    while (rtc_text_word(&rest, &word))
        if (strlen(extension) == word.len &&
            rtc_text_is_nocase(word, extension))
            return true;
    return false;
}

enum rtc_media_format rtc_media_format_by_path(const char *path)
{
    const char *dot = path ? strrchr(path, '.') : NULL;

    for (unsigned i = 0; dot && i < RTC_MEDIA_FORMAT_COUNT; i++)
        if (table[i] && lists_extension(table[i]->extensions, dot + 1))
            return table[i]->format;
    return RTC_MEDIA_NONE;
}

enum rtc_media_format rtc_media_format_for(enum rtc_codec codec)
{
    for (unsigned i = 0; codec && i < RTC_MEDIA_FORMAT_COUNT; i++)
        if (rtc_media_format_carries(i, codec))
            return table[i]->format;
    return RTC_MEDIA_NONE;
}

bool rtc_media_format_carries(enum rtc_media_format format,
                              enum rtc_codec codec)
{
    const struct rtc_media_entry *entry = rtc_media_entry(format);

    return entry && (unsigned)codec < RTC_CODEC_COUNT &&
           (entry->codecs & RTC_MEDIA_CODEC(codec));
}

/* Inputs people try, by the bytes at `at`, and what to do with them. */
static const struct {
    size_t at, len;
    const char *magic, *why;
} others[] = {
    {4, 4, "ftyp",
     "this is MP4, which is not read: convert it with ffmpeg -c copy -f "
     "matroska"},
    {0, 4, "RIFF",
     "this is RIFF but not WAV, probably AVI, which is not read: convert one "
     "track with ffmpeg to ivf (-c:v libvpx) or ogg (-c:a libopus)"},
    {0, 9, "YUV4MPEG2",
     "these are raw pictures: encode them with ffmpeg -c:v libvpx to ivf"},
    {0, 3, "FLV",
     "this is FLV, which is not read: convert it with ffmpeg -c copy -f "
     "matroska"},
    {0, 1, "\x47",
     "this looks like MPEG-TS, which is not read: convert it with ffmpeg "
     "-c copy -f matroska"},
};

static const char *why_unknown(const uint8_t *data, size_t len, int *ret_error)
{
    *ret_error = RTC_ERR_UNSUPPORTED;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (len >= others[i].at + others[i].len &&
            memcmp(data + others[i].at, others[i].magic, others[i].len) == 0)
            return others[i].why;
    *ret_error = RTC_ERR_FORMAT;
    return len ? "the first bytes are of no format that is read: IVF (VP8, "
                 "VP9, AV1), H.264 or H.265 with start codes, OBUs (AV1), Ogg "
                 "(Opus), WAV (G.711, G.722), Matroska, WebM, rtpdump"
               : "the input is empty";
}

int rtc_media_probe(const uint8_t *data, size_t len, bool eof,
                    enum rtc_media_format *ret_format, const char **ret_why)
{
    bool undecided = false;
    int error;

    for (unsigned i = 0; i < RTC_MEDIA_FORMAT_COUNT; i++) {
        bool probes = table[i] && table[i]->probe;
        int found = probes ? table[i]->probe(data, len) : -1;

        if (found > 0) {
            *ret_format = table[i]->format;
            return 1;
        }
        undecided = undecided || found == 0;
    }
    if (undecided && !eof && len < RTC_MEDIA_PROBE_MAX)
        return 0;
    /* MP4 shows itself at its eighth byte only, after a length. */
    if (!undecided && !eof && len < 12)
        return 0;
    *ret_why = why_unknown(data, len, &error);
    return error;
}

/* a * b, or UINT64_MAX. */
static uint64_t multiply(uint64_t a, uint64_t b)
{
    return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

int64_t rtc_media_rescale(int64_t time, uint32_t num, uint32_t den,
                          uint32_t rate)
{
    uint64_t t = time < 0 ? 0 - (uint64_t)time : (uint64_t)time;
    uint64_t whole, rest, result;

    if (den == 0)
        return 0;
    /* In three parts, of which only the first can exceed 64 bits: seconds of
     * the base, whole seconds left, the fraction. */
    whole = multiply(multiply(t / den, num), rate);
    rest = t % den * num;
    rest = rest / den * rate + (rest % den * rate + den / 2) / den;
    if (rest > INT64_MAX || whole > INT64_MAX - rest)
        result = INT64_MAX;
    else
        result = whole + rest;
    return time < 0 ? -(int64_t)result : (int64_t)result;
}
