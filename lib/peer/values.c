/* SPDX-License-Identifier: MIT
 * The public form of header extensions and the one of lib/rtp, field by field.
 * The session's own (MID, send times) are not the caller's. */
#include "peer/values.h"

_Static_assert(RTC_EXTENSION_USER3 - RTC_EXTENSION_USER0 ==
                   RTC_OWN_EXTENSION_MOST - 1,
               "one for each of the caller's");

static const struct {
    unsigned bit;
    enum rtc_extension extension;
} pairs[] = {
    {RTC_VALUE_AUDIO_LEVEL, RTC_EXTENSION_AUDIO_LEVEL},
    {RTC_VALUE_ORIENTATION, RTC_EXTENSION_ORIENTATION},
    {RTC_VALUE_CAPTURE_TIME, RTC_EXTENSION_ABS_CAPTURE_TIME},
    {RTC_VALUE_PLAYOUT_DELAY, RTC_EXTENSION_PLAYOUT_DELAY},
};

#define PAIR_COUNT (sizeof pairs / sizeof *pairs)
#define PLAYOUT_MAX_MS 40950 /* 12 bits of 10 ms */

static enum rtc_extension bytes_extension(unsigned index)
{
    return index == 0   ? RTC_EXTENSION_DEPENDENCY_DESCRIPTOR
           : index == 1 ? RTC_EXTENSION_VIDEO_LAYERS
                        : (enum rtc_extension)(RTC_EXTENSION_USER0 + index - 2);
}

struct rtc_packet_bytes *rtc_values_bytes(struct rtc_packet_values *values,
                                          unsigned index)
{
    return index == 0                           ? &values->dependency_descriptor
           : index == 1                         ? &values->video_layers
           : index < 2 + RTC_OWN_EXTENSION_MOST ? &values->own[index - 2]
                                                : NULL;
}

static bool are_in_range(const struct rtc_packet_values *v)
{
    if ((v->has & RTC_VALUE_AUDIO_LEVEL) && v->audio_level > 127)
        return false;
    if ((v->has & RTC_VALUE_ORIENTATION) &&
        (v->rotation > 270 || v->rotation % 90))
        return false;
    return !(v->has & RTC_VALUE_PLAYOUT_DELAY) ||
           (v->playout_min_ms <= v->playout_max_ms &&
            v->playout_max_ms <= PLAYOUT_MAX_MS);
}

int rtc_values_write(const struct rtc_packet_values *values,
                     struct rtc_extensions *extensions)
{
    struct rtc_packet_values v;
    const struct rtc_packet_bytes *bytes;

    if (!values)
        return 0;
    v = *values;
    if (!are_in_range(&v))
        return RTC_ERR_ARG;
    for (size_t i = 0; i < PAIR_COUNT; i++)
        if (v.has & pairs[i].bit)
            rtc_extensions_add(extensions, pairs[i].extension);
    extensions->audio_level = v.audio_level;
    extensions->voice = v.voice;
    extensions->rotation = v.rotation;
    extensions->flipped = v.flipped;
    extensions->back_camera = v.back_camera;
    extensions->playout_min_ms = v.playout_min_ms;
    extensions->playout_max_ms = v.playout_max_ms;
    extensions->capture_ntp = v.capture_ntp;
    extensions->has_capture_offset = v.has_capture_offset;
    extensions->capture_offset = v.capture_offset;
    for (unsigned i = 0; (bytes = rtc_values_bytes(&v, i)); i++) {
        enum rtc_extension extension = bytes_extension(i);

        if (!bytes->data)
            continue;
        rtc_extensions_add(extensions, extension);
        extensions->opaque[extension - RTC_EXTENSION_OPAQUE] =
            (struct rtc_extension_bytes){bytes->data, bytes->len};
    }
    return 0;
}

void rtc_values_read(const struct rtc_extensions *e,
                     struct rtc_packet_values *ret_values)
{
    struct rtc_packet_values v = {0};
    struct rtc_packet_bytes *bytes;

    for (size_t i = 0; i < PAIR_COUNT; i++)
        if (rtc_extensions_has(e, pairs[i].extension))
            v.has |= pairs[i].bit;
    if (v.has & RTC_VALUE_AUDIO_LEVEL) {
        v.audio_level = e->audio_level;
        v.voice = e->voice;
    }
    if (v.has & RTC_VALUE_ORIENTATION) {
        v.rotation = e->rotation;
        v.flipped = e->flipped;
        v.back_camera = e->back_camera;
    }
    if (v.has & RTC_VALUE_PLAYOUT_DELAY) {
        v.playout_min_ms = e->playout_min_ms;
        v.playout_max_ms = e->playout_max_ms;
    }
    if (v.has & RTC_VALUE_CAPTURE_TIME) {
        v.capture_ntp = e->capture_ntp;
        v.has_capture_offset = e->has_capture_offset;
        v.capture_offset = e->has_capture_offset ? e->capture_offset : 0;
    }
    for (unsigned i = 0; (bytes = rtc_values_bytes(&v, i)); i++) {
        enum rtc_extension extension = bytes_extension(i);
        const struct rtc_extension_bytes *value =
            &e->opaque[extension - RTC_EXTENSION_OPAQUE];

        if (rtc_extensions_has(e, extension))
            *bytes = (struct rtc_packet_bytes){value->data, value->len};
    }
    *ret_values = v;
}
