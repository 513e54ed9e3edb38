/* SPDX-License-Identifier: MIT
 * Values of header extensions: audio level (RFC 6464 3), mid and rid (RFC 9143
 * 15.1, RFC 8852 3), orientation (3GPP TS 26.114 7.4.5), toffset (RFC 5450),
 * and those that browsers define: abs-send-time, abs-capture-time,
 * playout-delay, transport-wide sequence. The rest stays opaque. */
#include "rtp/extension_value.h"

#include <string.h>

enum {
    PLAYOUT_STEP_MS = 10,
    PLAYOUT_MAX = 0xfff, /* 12 bits each */
};

/* A mid or rid: printable, not empty and short enough for `buf`. */
static bool parse_name(struct rtc_extension_bytes value, char *buf, size_t cap)
{
    if (value.len == 0 || value.len >= cap)
        return false;
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] <= ' ' || value.data[i] > '~')
            return false;
    memcpy(buf, value.data, value.len);
    buf[value.len] = '\0';
    return true;
}

static bool parse_capture_time(struct rtc_extension_bytes value,
                               struct rtc_extensions *e)
{
    struct rtc_reader r;

    if (value.len != 8 && value.len != 16)
        return false;
    rtc_reader_init(&r, value.data, value.len);
    e->capture_ntp = rtc_read_u64(&r);
    e->has_capture_offset = value.len == 16;
    e->capture_offset = (int64_t)rtc_read_u64(&r);
    return true;
}

/* The values of fixed size, read as one number of up to 24 bits. */
static void parse_number(enum rtc_extension extension, uint32_t value,
                         struct rtc_extensions *e)
{
    switch (extension) {
    case RTC_EXTENSION_AUDIO_LEVEL:
        e->voice = value >> 7;
        e->audio_level = value & 0x7f;
        break;
    case RTC_EXTENSION_ABS_SEND_TIME:
        e->abs_send_time = value;
        break;
    case RTC_EXTENSION_TRANSPORT_SEQUENCE:
        e->transport_sequence = (uint16_t)value;
        break;
    case RTC_EXTENSION_ORIENTATION:
        e->back_camera = value >> 3 & 1;
        e->flipped = value >> 2 & 1;
        e->rotation = (uint16_t)((value & 3) * 90);
        break;
    case RTC_EXTENSION_PLAYOUT_DELAY:
        e->playout_min_ms = (uint16_t)((value >> 12) * PLAYOUT_STEP_MS);
        e->playout_max_ms = (uint16_t)((value & PLAYOUT_MAX) * PLAYOUT_STEP_MS);
        break;
    case RTC_EXTENSION_TIME_OFFSET:
        e->time_offset = (int32_t)value - (value & 0x800000 ? 0x1000000 : 0);
        break;
    default:
        break;
    }
}

/* The inverse of parse_number. */
static uint32_t number(enum rtc_extension extension,
                       const struct rtc_extensions *e)
{
    uint32_t min, max;

    switch (extension) {
    case RTC_EXTENSION_AUDIO_LEVEL:
        return (uint32_t)e->voice << 7 | (e->audio_level & 0x7f);
    case RTC_EXTENSION_ABS_SEND_TIME:
        return e->abs_send_time & 0xffffff;
    case RTC_EXTENSION_TRANSPORT_SEQUENCE:
        return e->transport_sequence;
    case RTC_EXTENSION_ORIENTATION:
        return (uint32_t)e->back_camera << 3 | (uint32_t)e->flipped << 2 |
               (e->rotation / 90 & 3);
    case RTC_EXTENSION_PLAYOUT_DELAY:
        min = e->playout_min_ms / PLAYOUT_STEP_MS;
        max = e->playout_max_ms / PLAYOUT_STEP_MS;
        return (min < PLAYOUT_MAX ? min : PLAYOUT_MAX) << 12 |
               (max < PLAYOUT_MAX ? max : PLAYOUT_MAX);
    case RTC_EXTENSION_TIME_OFFSET:
        return (uint32_t)e->time_offset & 0xffffff;
    default:
        return 0;
    }
}

/* Bytes of a value that is a number, or 0. */
static size_t number_len(enum rtc_extension extension)
{
    switch (extension) {
    case RTC_EXTENSION_AUDIO_LEVEL:
    case RTC_EXTENSION_ORIENTATION:
        return 1;
    case RTC_EXTENSION_TRANSPORT_SEQUENCE:
        return 2;
    case RTC_EXTENSION_ABS_SEND_TIME:
    case RTC_EXTENSION_PLAYOUT_DELAY:
    case RTC_EXTENSION_TIME_OFFSET:
        return 3;
    default:
        return 0;
    }
}

bool rtc_extension_value_parse(enum rtc_extension extension,
                               struct rtc_extension_bytes value,
                               struct rtc_extensions *e)
{
    uint32_t n = 0;

    if (extension >= RTC_EXTENSION_OPAQUE) {
        e->opaque[extension - RTC_EXTENSION_OPAQUE] = value;
        return true;
    }
    switch (extension) {
    case RTC_EXTENSION_MID:
        return parse_name(value, e->mid, sizeof e->mid);
    case RTC_EXTENSION_RID:
        return parse_name(value, e->rid, sizeof e->rid);
    case RTC_EXTENSION_REPAIRED_RID:
        return parse_name(value, e->repaired_rid, sizeof e->repaired_rid);
    case RTC_EXTENSION_ABS_CAPTURE_TIME:
        return parse_capture_time(value, e);
    default:
        break;
    }
    if (value.len == 0 || value.len != number_len(extension))
        return false;
    for (size_t i = 0; i < value.len; i++)
        n = n << 8 | value.data[i];
    parse_number(extension, n, e);
    return true;
}

size_t rtc_extension_value_len(enum rtc_extension extension,
                               const struct rtc_extensions *e)
{
    if (extension >= RTC_EXTENSION_OPAQUE)
        return e->opaque[extension - RTC_EXTENSION_OPAQUE].len;
    switch (extension) {
    case RTC_EXTENSION_MID:
        return strlen(e->mid);
    case RTC_EXTENSION_RID:
        return strlen(e->rid);
    case RTC_EXTENSION_REPAIRED_RID:
        return strlen(e->repaired_rid);
    case RTC_EXTENSION_ABS_CAPTURE_TIME:
        return e->has_capture_offset ? 16 : 8;
    default:
        return number_len(extension);
    }
}

void rtc_extension_value_write(enum rtc_extension extension,
                               const struct rtc_extensions *e,
                               struct rtc_writer *w)
{
    size_t len = rtc_extension_value_len(extension, e);
    uint32_t n;

    if (extension >= RTC_EXTENSION_OPAQUE) {
        rtc_write_bytes(w, e->opaque[extension - RTC_EXTENSION_OPAQUE].data,
                        len);
        return;
    }
    switch (extension) {
    case RTC_EXTENSION_MID:
        rtc_write_bytes(w, e->mid, len);
        break;
    case RTC_EXTENSION_RID:
        rtc_write_bytes(w, e->rid, len);
        break;
    case RTC_EXTENSION_REPAIRED_RID:
        rtc_write_bytes(w, e->repaired_rid, len);
        break;
    case RTC_EXTENSION_ABS_CAPTURE_TIME:
        rtc_write_u64(w, e->capture_ntp);
        if (e->has_capture_offset)
            rtc_write_u64(w, (uint64_t)e->capture_offset);
        break;
    default:
        n = number(extension, e);
        while (len--)
            rtc_write_u8(w, (uint8_t)(n >> 8 * len));
    }
}

uint32_t rtc_abs_send_time(rtc_usec at)
{
    uint64_t seconds = (uint64_t)at / 1000000;
    uint64_t rest = (uint64_t)at % 1000000;

    return (uint32_t)((seconds << 18) + ((rest << 18) + 500000) / 1000000) &
           0xffffff;
}
