/* SPDX-License-Identifier: MIT
 *
 * By codec; where its marks are is in mark_nal.c, mark_opus.c and so on, what
 * they look like in mark_text.c.
 */
#include "cmd/probe/mark.h"

#include "cmd/probe/mark_codec.h"

static const struct mark_codec *find_codec(enum rtc_codec codec)
{
    static const struct mark_codec *const codecs[] = {
        &mark_av1, &mark_h264, &mark_h265, &mark_opus, &mark_vp8};

    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (codecs[i]->codec == codec)
            return codecs[i];
    return NULL;
}

bool probe_mark_can(enum rtc_codec codec)
{
    return find_codec(codec) != NULL;
}

int probe_mark_write(enum rtc_codec codec, const uint8_t *frame, size_t len,
                     const struct probe_mark *mark, size_t least, uint8_t *buf,
                     size_t cap)
{
    const struct mark_codec *row = find_codec(codec);
    struct rtc_writer w;
    int error;

    if (!row)
        return RTC_ERR_UNSUPPORTED;
    rtc_writer_init(&w, buf, cap);
    error = row->write(frame, len, mark, least, &w);
    if (error)
        return error;
    return w.failed ? RTC_ERR_NOBUF : (int)w.len;
}

enum probe_mark_state probe_mark_read(enum rtc_codec codec,
                                      const uint8_t *frame, size_t len,
                                      struct probe_mark *ret_mark)
{
    const struct mark_codec *row = find_codec(codec);
    struct mark_found found;

    if (!row || !row->find(frame, len, &found))
        return PROBE_MARK_NONE;
    return mark_text_read(found.text, &found.digest, ret_mark) && found.filled
               ? PROBE_MARK_WHOLE
               : PROBE_MARK_ALTERED;
}

void mark_write_filling(struct rtc_writer *w, size_t len, uint8_t value)
{
    while (len-- > 0)
        rtc_write_u8(w, value);
}
