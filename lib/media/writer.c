/* SPDX-License-Identifier: MIT
 * What all writers share: the buffer that a frame's bytes are put together in,
 * the file's own time that starts at 0, and the order of calls. */
#include <string.h>

#include "base/mem.h"
#include "media/format.h"

int rtc_media_writer_new(struct rtc_media_writer **ret_writer,
                         const struct rtc_media_writer_config *config)
{
    const struct rtc_media_entry *entry = rtc_media_entry(config->format);
    struct rtc_media_writer *w;

    if (!entry || config->track_count == 0 ||
        config->track_count > entry->tracks_most)
        return RTC_ERR_ARG;
    for (unsigned i = 0; i < config->track_count; i++)
        if (!rtc_media_format_carries(config->format, config->tracks[i].codec))
            return RTC_ERR_UNSUPPORTED;
    if (!(w = rtc_calloc(1, sizeof *w)))
        return RTC_ERR_NOMEM;
    w->entry = entry;
    if (!(w->state = rtc_calloc(1, entry->writer_len))) {
        rtc_media_writer_free(w);
        return RTC_ERR_NOMEM;
    }
    memcpy(w->tracks, config->tracks,
           config->track_count * sizeof *config->tracks);
    w->config = *config;
    w->config.tracks = NULL;
    *ret_writer = w;
    return 0;
}

void rtc_media_writer_free(struct rtc_media_writer *w)
{
    if (!w)
        return;
    if (w->state && w->entry->writer_done)
        w->entry->writer_done(w->state);
    rtc_free(w->out);
    rtc_free(w->state);
    rtc_free(w);
}

int rtc_media_writer_frame(struct rtc_media_writer *w,
                           const struct rtc_media_frame *frame,
                           const uint8_t **ret_data, size_t *ret_len)
{
    int error;

    if (w->ended)
        return RTC_ERR_STATE;
    if (frame->track >= w->config.track_count || frame->len == 0)
        return RTC_ERR_ARG;
    if (frame->len > RTC_MEDIA_FRAME_MAX)
        return RTC_ERR_NOMEM;
    if (!w->started)
        w->first_time = frame->time;
    w->len = 0;
    if ((error = w->entry->frame(w, frame)))
        return error;
    w->started = true;
    *ret_data = w->out;
    *ret_len = w->len;
    return 0;
}

int rtc_media_writer_end(struct rtc_media_writer *w, const uint8_t **ret_data,
                         size_t *ret_len)
{
    int error;

    if (w->ended)
        return RTC_ERR_STATE;
    w->ended = true;
    w->len = 0;
    if (w->entry->end && (error = w->entry->end(w)))
        return error;
    *ret_data = w->out;
    *ret_len = w->len;
    return 0;
}

uint8_t *rtc_media_writer_room(struct rtc_media_writer *w, size_t len)
{
    size_t cap = w->cap ? w->cap : 4096;
    uint8_t *out;

    while (cap - w->len < len)
        cap *= 2;
    if (cap > w->cap) {
        if (!(out = rtc_realloc(w->out, cap)))
            return NULL;
        w->out = out;
        w->cap = cap;
    }
    return w->out + w->len;
}

int rtc_media_writer_append(struct rtc_media_writer *w, const void *data,
                            size_t len)
{
    uint8_t *at = rtc_media_writer_room(w, len);

    if (!at)
        return RTC_ERR_NOMEM;
    memcpy(at, data, len);
    w->len += len;
    return 0;
}

int64_t rtc_media_writer_time(const struct rtc_media_writer *w,
                              const struct rtc_media_frame *frame, uint32_t num,
                              uint32_t den)
{
    /* Unsigned: times of a stream may lie anywhere. */
    int64_t since = (int64_t)((uint64_t)frame->time - (uint64_t)w->first_time);

    if (since <= 0)
        return 0;
    since = rtc_media_rescale(since, frame->base_num, frame->base_den, den);
    return since / num + (since % num >= num - num / 2 ? 1 : 0);
}
