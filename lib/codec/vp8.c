/* SPDX-License-Identifier: MIT
 * VP8 over RTP (RFC 7741). Sent: a descriptor of four bytes with a 15-bit
 * picture id before each part of the frame, which is cut anywhere and not by
 * partition (4.2 allows both). Received: every form of descriptor. Frame tags
 * are those of RFC 6386 9.1. */
#include <string.h>

#include "codec/codec_rows.h"

/* RFC 7741 4.2, first byte and extension byte. */
enum { X = 0x80, S = 0x10, PARTITION = 0x07 };
enum { I = 0x80, L = 0x40, T = 0x20, K = 0x10 };
enum { LONG_ID = 0x80 };

enum { DESCRIPTOR_LEN = 4 };

static bool is_key_tag(uint8_t first)
{
    return (first & 1) == 0;
}

static bool is_keyframe(const uint8_t *frame, size_t len)
{
    static const uint8_t start_code[] = {0x9d, 0x01, 0x2a};

    return len >= 10 && is_key_tag(frame[0]) &&
           memcmp(frame + 3, start_code, sizeof start_code) == 0;
}

static bool is_frame(const uint8_t *frame, size_t len)
{
    return len >= 3 && (!is_key_tag(frame[0]) || is_keyframe(frame, len));
}

static int packetize(struct rtc_packetizer *p, const uint8_t *frame, size_t len,
                     size_t max)
{
    if (!is_frame(frame, len))
        return RTC_ERR_FORMAT;
    if (max <= DESCRIPTOR_LEN)
        return RTC_ERR_ARG;
    p->data = p->at = frame;
    p->end = frame + len;
    p->max = max;
    p->picture_id = (p->picture_id + 1) & 0x7fff;
    return 0;
}

static size_t next(struct rtc_packetizer *p, uint8_t *buf, bool *ret_last)
{
    size_t left = (size_t)(p->end - p->at);
    size_t room = p->max - DESCRIPTOR_LEN;
    size_t len = left < room ? left : room;

    if (left == 0)
        return 0;
    buf[0] = p->at == p->data ? X | S : X;
    buf[1] = I;
    rtc_put_u16(buf + 2, (uint16_t)(LONG_ID << 8 | p->picture_id));
    memcpy(buf + DESCRIPTOR_LEN, p->at, len);
    p->at += len;
    *ret_last = p->at == p->end;
    return DESCRIPTOR_LEN + len;
}

/* A payload without its descriptor. */
struct part {
    const uint8_t *data;
    size_t len;
    bool starts_frame;
};

static int read_part(const uint8_t *payload, size_t len, struct part *ret_part)
{
    struct rtc_reader r;
    uint8_t first, extension;

    rtc_reader_init(&r, payload, len);
    first = rtc_read_u8(&r);
    extension = first & X ? rtc_read_u8(&r) : 0;
    if (extension & I && rtc_read_u8(&r) & LONG_ID)
        rtc_read_skip(&r, 1);
    if (extension & L)
        rtc_read_skip(&r, 1);
    if (extension & (T | K))
        rtc_read_skip(&r, 1);
    if (r.failed || rtc_reader_left(&r) == 0)
        return RTC_ERR_FORMAT;
    ret_part->data = r.at;
    ret_part->len = rtc_reader_left(&r);
    ret_part->starts_frame = first & S && (first & PARTITION) == 0;
    return 0;
}

static int inspect(const uint8_t *payload, size_t len, bool marker,
                   struct rtc_payload_info *ret_info)
{
    struct part part;
    int error = read_part(payload, len, &part);

    if (error)
        return error;
    ret_info->starts_frame = part.starts_frame;
    ret_info->ends_frame = marker;
    ret_info->keyframe = part.starts_frame && is_key_tag(part.data[0]);
    ret_info->starts_stream = ret_info->keyframe;
    return 0;
}

static int depacketize(struct rtc_writer *frame, const uint8_t *payload,
                       size_t len, bool first)
{
    struct part part;
    int error = read_part(payload, len, &part);

    if (error)
        return error;
    if (first != part.starts_frame)
        return RTC_ERR_FORMAT;
    rtc_write_bytes(frame, part.data, part.len);
    return 0;
}

static size_t depacketized_max(size_t len)
{
    return len;
}

const struct rtc_codec_entry rtc_codec_vp8 = {
    .codec = RTC_CODEC_VP8,
    .kind = RTC_VIDEO,
    .name = "VP8",
    .clock_rate = 90000,
    .channels = 1,
    .starts_marked = true,
    .packetize = packetize,
    .next = next,
    .inspect = inspect,
    .depacketize = depacketize,
    .depacketized_max = depacketized_max,
    .is_keyframe = is_keyframe,
};
