/* SPDX-License-Identifier: MIT
 * Writes byte streams of H.264 and H.265: access units as they are, with the
 * parameter sets repeated, so that one can begin at every key frame. */
#include <string.h>

#include "codec/codec.h"
#include "media/annexb.h"

static void remember(struct rtc_annexb_sets *s, const struct rtc_nal *nal,
                     uint32_t id)
{
    unsigned i = 0;

    while (i < s->count && s->sets[i].id != id)
        i++;
    /* forbidden_zero_bit marks a unit known to be damaged (RFC 6184 1.3). */
    if (i == RTC_ANNEXB_SET_MOST || nal->len > RTC_ANNEXB_SET_LEN_MAX ||
        nal->data[0] & 0x80)
        return;
    s->count += i == s->count;
    s->sets[i].id = id;
    s->sets[i].len = nal->len;
    memcpy(s->sets[i].data, nal->data, nal->len);
}

static int append_sets(struct rtc_media_writer *w,
                       const struct rtc_annexb_sets *s)
{
    static const uint8_t start_code[] = {0, 0, 0, 1};
    int error = 0;

    for (unsigned i = 0; i < s->count && !error; i++) {
        error = rtc_media_writer_append(w, start_code, sizeof start_code);
        if (!error)
            error = rtc_media_writer_append(w, s->sets[i].data, s->sets[i].len);
    }
    return error;
}

/* Remembers the parameter sets of an access unit; whether all kinds are in it.
 * `ret_head`: length of the delimiter, which must stay in front (H.264
 * 7.4.1.2.3, H.265 7.4.2.4.4). */
static bool take_sets(struct rtc_annexb_writer *a,
                      const struct rtc_annexb_codec *codec,
                      const struct rtc_media_frame *frame, size_t *ret_head)
{
    const uint8_t *at = frame->data, *end = frame->data + frame->len;
    unsigned seen = 0;
    struct rtc_nal nal;

    *ret_head = 0;
    while (rtc_nal_next(&at, end, &nal)) {
        uint32_t id = 0;
        enum rtc_annexb_unit unit = codec->unit_of(&nal, &id);

        if (unit == RTC_ANNEXB_DELIMITER)
            *ret_head =
                rtc_annexb_unit_start(frame->data, (size_t)(at - frame->data));
        if (unit < RTC_ANNEXB_SET_COUNT) {
            seen |= 1U << unit;
            remember(&a->kinds[unit], &nal, id);
        }
    }
    return seen == codec->sets_needed;
}

int rtc_annexb_write_frame(struct rtc_media_writer *w,
                           const struct rtc_media_frame *frame)
{
    enum rtc_codec codec = w->tracks[0].codec;
    struct rtc_annexb_writer *a = w->state;
    size_t head;
    bool has_sets;
    int error;

    if (!rtc_nal_is_first(frame->data, frame->len))
        return RTC_ERR_FORMAT;
    has_sets = take_sets(a, rtc_annexb_codec(codec), frame, &head);
    if (has_sets ||
        !rtc_codec_entry(codec)->is_keyframe(frame->data, frame->len))
        return rtc_media_writer_append(w, frame->data, frame->len);
    error = rtc_media_writer_append(w, frame->data, head);
    for (unsigned i = 0; i < RTC_ANNEXB_SET_COUNT && !error; i++)
        error = append_sets(w, &a->kinds[i]);
    if (error)
        return error;
    return rtc_media_writer_append(w, frame->data + head, frame->len - head);
}
