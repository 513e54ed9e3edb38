/* SPDX-License-Identifier: MIT
 * H.264 over RTP (RFC 6184). A frame is an access unit with start codes.
 *
 * Sent (packetization-mode 1): neighbours that fit into one payload together
 * go as STAP-A (5.7.1), a unit that does not fit is cut into FU-A (5.8), others
 * go alone (5.6). Every unit is sent, delimiters too. Received: the same, so
 * mode 0 as well. Units come out behind start codes of the length that H.264
 * B.1.2 asks for, as encoders write them: then the frame is the one that was
 * sent, byte for byte, if no zero bytes trailed its units.
 *
 * A key frame has an IDR slice. Streams of gradual intra refresh have none
 * after their first picture (only recovery-point SEIs), so that one who joins
 * late cannot wait for one there. */
#include <string.h>

#include "codec/codec_rows.h"
#include "codec/nal.h"

enum { NRI = 0x60, TYPE = 0x1f };        /* unit header; bit 7 is F */
enum { FU_START = 0x80, FU_END = 0x40 }; /* FU header, RFC 6184 5.8 */
enum { FU_LEN = 2 };                     /* indicator and header */
enum { STAP_LEN = 1, UNIT_SIZE_LEN = 2 };
enum { START_CODE_LEN = 4 };

/* RTP can carry types 1 to 23; the others mean something else there (table 1).
 * F marks a unit known to be damaged. */
static bool is_unit_header(uint8_t header)
{
    unsigned type = rtc_h264_type(header);

    return !(header & 0x80) && type >= 1 && type < RTC_H264_STAP_A;
}

/* ---- sending ------------------------------------------------------------ */

static size_t unit_len(const struct rtc_packetizer *p)
{
    return (size_t)(p->unit_end - p->at);
}

/* Moves from the end of a unit to the next one RTP can carry; where there is
 * none, unit_len becomes 0. */
static void take_unit(struct rtc_packetizer *p)
{
    const uint8_t *at = p->unit_end;
    struct rtc_nal nal;

    p->at = p->unit_end = p->end;
    while (rtc_nal_next(&at, p->end, &nal))
        if (is_unit_header(nal.data[0])) {
            p->at = nal.data;
            p->unit_end = nal.data + nal.len;
            return;
        }
}

static int packetize(struct rtc_packetizer *p, const uint8_t *frame, size_t len,
                     size_t max)
{
    struct rtc_packetizer cut = *p;

    /* Sizes of units within a payload have 16 bits. */
    if (max <= FU_LEN || max > UINT16_MAX)
        return RTC_ERR_ARG;
    if (!rtc_nal_is_first(frame, len))
        return RTC_ERR_FORMAT;
    cut.unit_end = frame;
    cut.end = frame + len;
    cut.max = max;
    cut.unit_header = 0;
    take_unit(&cut);
    if (unit_len(&cut) == 0)
        return RTC_ERR_FORMAT;
    *p = cut;
    return 0;
}

/* The next part of a unit whose header byte is taken already. */
static size_t write_fragment(struct rtc_packetizer *p, uint8_t *buf,
                             uint8_t flags)
{
    size_t room = p->max - FU_LEN;
    size_t len = unit_len(p) < room ? unit_len(p) : room;
    uint8_t header = (uint8_t)p->unit_header;

    memcpy(buf + FU_LEN, p->at, len);
    p->at += len;
    if (p->at == p->unit_end) {
        flags |= FU_END;
        p->unit_header = 0;
        take_unit(p);
    }
    buf[0] = (header & NRI) | RTC_H264_FU_A;
    buf[1] = flags | (header & TYPE);
    return FU_LEN + len;
}

static size_t start_fragments(struct rtc_packetizer *p, uint8_t *buf)
{
    p->unit_header = *p->at++;
    return write_fragment(p, buf, FU_START);
}

/* Whether there is a unit that fits behind `len` bytes of a STAP-A. */
static bool fits(const struct rtc_packetizer *p, size_t len)
{
    return unit_len(p) > 0 && len + UNIT_SIZE_LEN + unit_len(p) <= p->max;
}

/* Adds the unit to the STAP-A of `len` bytes; its new length. */
static size_t add_unit(struct rtc_packetizer *p, uint8_t *buf, size_t len)
{
    uint8_t nri = *p->at & NRI;
    size_t size = unit_len(p);

    if (nri > (buf[0] & NRI)) /* the highest of all: RFC 6184 5.7 */
        buf[0] = nri | RTC_H264_STAP_A;
    rtc_put_u16(buf + len, (uint16_t)size);
    memcpy(buf + len + UNIT_SIZE_LEN, p->at, size);
    take_unit(p);
    return len + UNIT_SIZE_LEN + size;
}

static size_t write_units(struct rtc_packetizer *p, uint8_t *buf)
{
    struct rtc_packetizer second = *p;
    size_t len = unit_len(p);

    take_unit(&second);
    if (!fits(&second, STAP_LEN + UNIT_SIZE_LEN + len)) {
        memcpy(buf, p->at, len);
        *p = second;
        return len;
    }
    buf[0] = RTC_H264_STAP_A;
    len = STAP_LEN;
    while (fits(p, len))
        len = add_unit(p, buf, len);
    return len;
}

static size_t next(struct rtc_packetizer *p, uint8_t *buf, bool *ret_last)
{
    size_t len;

    if (unit_len(p) == 0)
        return 0;
    if (p->unit_header)
        len = write_fragment(p, buf, 0);
    else if (unit_len(p) > p->max)
        len = start_fragments(p, buf);
    else
        len = write_units(p, buf);
    *ret_last = unit_len(p) == 0;
    return len;
}

/* ---- receiving ---------------------------------------------------------- */

enum form { SINGLE, AGGREGATE, FRAGMENT, IGNORED };

/* Which form a payload has. Types 25 to 27 and 29 need packetization-mode 2,
 * which is never agreed; 0, 30 and 31 are to be ignored (RFC 6184 5.2). */
static int read_form(const uint8_t *payload, size_t len, enum form *ret_form)
{
    unsigned type;

    if (len == 0 || payload[0] & 0x80)
        return RTC_ERR_FORMAT;
    type = rtc_h264_type(payload[0]);
    if (type == 0 || type > 29)
        *ret_form = IGNORED;
    else if (is_unit_header(payload[0]))
        *ret_form = SINGLE;
    else if (type == RTC_H264_STAP_A && len > STAP_LEN)
        *ret_form = AGGREGATE;
    else if (type == RTC_H264_FU_A && len >= FU_LEN &&
             is_unit_header(payload[1] & TYPE))
        *ret_form = FRAGMENT;
    else
        return RTC_ERR_FORMAT;
    return 0;
}

/* The next unit of a STAP-A. False when it is malformed. */
static bool read_unit(struct rtc_reader *r, struct rtc_nal *ret_nal)
{
    ret_nal->len = rtc_read_u16(r);
    ret_nal->data = rtc_read_bytes(r, ret_nal->len);
    return !r->failed && ret_nal->len > 0 && is_unit_header(ret_nal->data[0]);
}

static int inspect_aggregate(const uint8_t *payload, size_t len,
                             struct rtc_payload_info *info)
{
    struct rtc_reader r;
    struct rtc_nal nal;

    rtc_reader_init(&r, payload + STAP_LEN, len - STAP_LEN);
    for (bool first = true; rtc_reader_left(&r) > 0; first = false) {
        if (!read_unit(&r, &nal))
            return RTC_ERR_FORMAT;
        if (first)
            info->starts_frame = rtc_h264_starts_frame(nal.data, nal.len);
        if (rtc_h264_type(nal.data[0]) == RTC_H264_IDR)
            info->keyframe = true;
        if (rtc_h264_type(nal.data[0]) == RTC_H264_SPS)
            info->starts_stream = info->starts_frame;
    }
    return 0;
}

static void inspect_unit(const uint8_t *unit, size_t len,
                         struct rtc_payload_info *info)
{
    info->starts_frame = rtc_h264_starts_frame(unit, len);
    info->keyframe = rtc_h264_type(unit[0]) == RTC_H264_IDR;
}

static int inspect(const uint8_t *payload, size_t len, bool marker,
                   struct rtc_payload_info *ret_info)
{
    struct rtc_payload_info info = {.ends_frame = marker};
    enum form form;
    int error = read_form(payload, len, &form);

    if (error)
        return error;
    switch (form) {
    case SINGLE:
        inspect_unit(payload, len, &info);
        info.starts_stream = rtc_h264_type(payload[0]) == RTC_H264_SPS;
        break;
    case AGGREGATE:
        error = inspect_aggregate(payload, len, &info);
        break;
    case FRAGMENT:
        /* The FU header has the unit's type where a unit header has it. */
        inspect_unit(payload + 1, len - 1, &info);
        info.starts_frame = info.starts_frame && payload[1] & FU_START;
        break;
    case IGNORED:
        break;
    }
    if (!error)
        *ret_info = info;
    return error;
}

/* H.264 B.1.2: four bytes before parameter sets and a frame's first unit, three
 * before others. */
static void start_unit(struct rtc_writer *frame, uint8_t header, bool first)
{
    unsigned type = rtc_h264_type(header);

    if (first || type == RTC_H264_SPS || type == RTC_H264_PPS)
        rtc_write_u8(frame, 0);
    rtc_write_u24(frame, 1);
}

static int join_aggregate(struct rtc_writer *frame, const uint8_t *payload,
                          size_t len, bool first)
{
    size_t before = frame->len;
    struct rtc_reader r;
    struct rtc_nal nal;

    rtc_reader_init(&r, payload + STAP_LEN, len - STAP_LEN);
    while (rtc_reader_left(&r) > 0) {
        if (!read_unit(&r, &nal)) {
            frame->len = before;
            return RTC_ERR_FORMAT;
        }
        start_unit(frame, nal.data[0], first);
        rtc_write_bytes(frame, nal.data, nal.len);
        first = false;
    }
    return 0;
}

static int join_fragment(struct rtc_writer *frame, const uint8_t *payload,
                         size_t len, bool first)
{
    bool starts = payload[1] & FU_START;

    if (first && !starts)
        return RTC_ERR_FORMAT;
    if (starts) {
        start_unit(frame, payload[1], first);
        rtc_write_u8(frame, (payload[0] & NRI) | (payload[1] & TYPE));
    }
    rtc_write_bytes(frame, payload + FU_LEN, len - FU_LEN);
    return 0;
}

static int depacketize(struct rtc_writer *frame, const uint8_t *payload,
                       size_t len, bool first)
{
    enum form form;
    int error = read_form(payload, len, &form);

    if (error)
        return error;
    switch (form) {
    case SINGLE:
        start_unit(frame, payload[0], first);
        rtc_write_bytes(frame, payload, len);
        return 0;
    case AGGREGATE:
        return join_aggregate(frame, payload, len, first);
    case FRAGMENT:
        return join_fragment(frame, payload, len, first);
    case IGNORED:
        break;
    }
    return 0;
}

/* Worst is a STAP-A of units of one byte: each 3 bytes become 5. */
static size_t depacketized_max(size_t len)
{
    return START_CODE_LEN + len + 2 * (len / 3);
}

/* Parameter sets stand before the first slice. */
static unsigned profile(const uint8_t *frame, size_t len)
{
    const uint8_t *at = frame, *end = frame + len;
    struct rtc_nal nal;

    while (rtc_nal_next(&at, end, &nal) && !rtc_h264_is_slice(nal.data[0]))
        if (rtc_h264_type(nal.data[0]) == RTC_H264_SPS && nal.len > 1)
            return nal.data[1];
    return 0;
}

/* Looks no further than the first slice: all slices of an IDR picture have its
 * type (H.264 7.4.1.2.4). */
static bool is_keyframe(const uint8_t *frame, size_t len)
{
    const uint8_t *end = frame + len, *at = rtc_nal_find(frame, end);

    while (end - at > 3) {
        at += 3;
        if (rtc_h264_is_slice(*at))
            return rtc_h264_type(*at) == RTC_H264_IDR;
        at = rtc_nal_find(at, end);
    }
    return false;
}

const struct rtc_codec_entry rtc_codec_h264 = {
    .codec = RTC_CODEC_H264,
    .kind = RTC_VIDEO,
    .name = "H264",
    .clock_rate = 90000,
    .channels = 1,
    .starts_marked = false, /* many first slices follow parameter sets */
    .packetize = packetize,
    .next = next,
    .inspect = inspect,
    .depacketize = depacketize,
    .depacketized_max = depacketized_max,
    .is_keyframe = is_keyframe,
    .profile = profile,
};
