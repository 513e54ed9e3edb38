/* SPDX-License-Identifier: MIT
 * What all readers share: a bounded buffer of input that grows only when a pop
 * could not do with less, the sentence on what went wrong, and the order of
 * calls. The formats only look at the buffer. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "media/format.h"

/* What a pipe gives at once on Linux. */
#define BUFFER_FIRST ((size_t)64 << 10)

int rtc_media_reader_new(struct rtc_media_reader **ret_reader,
                         enum rtc_media_format format,
                         const struct rtc_media_reader_options *options)
{
    const struct rtc_media_entry *entry = rtc_media_entry(format);
    struct rtc_media_reader *r;

    if (!entry)
        return RTC_ERR_ARG;
    if (!(r = rtc_calloc(1, sizeof *r)))
        return RTC_ERR_NOMEM;
    r->entry = entry;
    if (!(r->state = rtc_calloc(1, entry->reader_len))) {
        rtc_media_reader_free(r);
        return RTC_ERR_NOMEM;
    }
    if (options)
        r->options = *options;
    r->starved = true;
    *ret_reader = r;
    return 0;
}

void rtc_media_reader_free(struct rtc_media_reader *r)
{
    if (!r)
        return;
    if (r->state && r->entry->reader_done)
        r->entry->reader_done(r->state);
    rtc_free(r->data);
    rtc_free(r->state);
    rtc_free(r);
}

/* Moves what is left to the front; grows when that alone was not enough. */
static int make_room(struct rtc_media_reader *r)
{
    size_t cap = r->cap ? r->cap * 2 : BUFFER_FIRST;
    uint8_t *data;

    if (r->start > 0) {
        r->len -= r->start;
        memmove(r->data, r->data + r->start, r->len);
        r->start = 0;
    }
    if (r->len < r->cap || !r->starved || r->cap == r->entry->buffer_max)
        return 0;
    if (cap > r->entry->buffer_max)
        cap = r->entry->buffer_max;
    if (!(data = rtc_realloc(r->data, cap)))
        return RTC_ERR_NOMEM;
    r->data = data;
    r->cap = cap;
    r->starved = false;
    return 0;
}

int rtc_media_reader_push(struct rtc_media_reader *r, const uint8_t *data,
                          size_t len)
{
    int error;

    if (r->error)
        return r->error;
    if (r->ended)
        return RTC_ERR_STATE;
    if ((error = make_room(r)))
        return error;
    if (len > r->cap - r->len)
        len = r->cap - r->len;
    if (len > 0)
        memcpy(r->data + r->len, data, len);
    r->len += len;
    r->idle = false;
    return (int)len;
}

void rtc_media_reader_end(struct rtc_media_reader *r)
{
    r->ended = true;
}

void rtc_media_reader_flush_hint(struct rtc_media_reader *r)
{
    r->idle = true;
}

unsigned rtc_media_reader_torn(const struct rtc_media_reader *r)
{
    return r->torn;
}

int rtc_media_reader_pop(struct rtc_media_reader *r,
                         struct rtc_media_frame *ret_frame)
{
    struct rtc_media_frame frame = {0};
    int got;

    if (r->error)
        return r->error;
    if (r->ended && r->offset == 0 && r->len == 0)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT, "the input is empty");
    if (!r->data)
        return 0;
    got = r->entry->pop(r, &frame);
    r->starved = got == 0;
    if (got > 0)
        *ret_frame = frame;
    return got;
}

const char *rtc_media_reader_why(const struct rtc_media_reader *r)
{
    return r->why;
}

unsigned rtc_media_reader_track_count(const struct rtc_media_reader *r)
{
    return r->track_count;
}

const struct rtc_media_track *
rtc_media_reader_track(const struct rtc_media_reader *r, unsigned index)
{
    return index < r->track_count ? &r->tracks[index] : NULL;
}

const char *rtc_media_reader_left_out(const struct rtc_media_reader *r)
{
    return r->left_out;
}

void rtc_media_reader_drop(struct rtc_media_reader *r, size_t len)
{
    r->start += len;
    r->offset += len;
}

int rtc_media_reader_fail(struct rtc_media_reader *r, int error,
                          const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(r->why, sizeof r->why, format, args);
    va_end(args);
    r->error = error;
    return error;
}
