/* SPDX-License-Identifier: MIT
 * H.265 over RTP (RFC 7798), as one stream without decoding order numbers
 * (sprop-max-don-diff 0). A frame is an access unit with start codes.
 *
 * Sent: neighbours that fit into one payload together go as an aggregation
 * packet (4.4.2), a unit that does not fit is cut into fragmentation units
 * (4.4.3), others go alone (4.4.1). Received: the same, also inside a PACI
 * packet (4.4.4), whose extensions are skipped. Units come out behind start
 * codes of the length that H.265 B.2.2 asks for, as encoders write them.
 *
 * A key frame is an IRAP picture: IDR, CRA or BLA. */
#include <string.h>

#include "codec/codec_rows.h"
#include "codec/nal.h"

enum { FU_START = 0x80, FU_END = 0x40, FU_TYPE = 0x3f }; /* RFC 7798 4.4.3 */
enum { HEADER_LEN = RTC_H265_HEADER_LEN, FU_LEN = HEADER_LEN + 1 };
enum { UNIT_SIZE_LEN = 2 };
enum { START_CODE_LEN = 4 };
/* The header's fields: F, type, layer, and number of the sub-layer plus 1. */
enum { DAMAGED = 0x8000, TYPE = 0x7e00, LAYER = 0x01f8, TID = 7 };

static uint16_t header_of(unsigned type, uint16_t rest)
{
    return (uint16_t)(type << 9 | (rest & (DAMAGED | LAYER | TID)));
}

static unsigned type_of(uint16_t header)
{
    return rtc_h265_type((uint8_t)(header >> 8));
}

/* RTP can carry types 0 to 47; the others mean something else there. F marks a
 * unit known to be damaged, and a sub-layer of 0 would make start codes. */
static bool is_unit_header(uint16_t header)
{
    return !(header & DAMAGED) && header & TID && type_of(header) < RTC_H265_AP;
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
        if (nal.len >= HEADER_LEN && is_unit_header(rtc_get_u16(nal.data))) {
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

/* The next part of a unit whose header is taken already. */
static size_t write_fragment(struct rtc_packetizer *p, uint8_t *buf,
                             uint8_t flags)
{
    size_t room = p->max - FU_LEN;
    size_t len = unit_len(p) < room ? unit_len(p) : room;
    uint16_t header = p->unit_header;

    memcpy(buf + FU_LEN, p->at, len);
    p->at += len;
    if (p->at == p->unit_end) {
        flags |= FU_END;
        p->unit_header = 0;
        take_unit(p);
    }
    rtc_put_u16(buf, header_of(RTC_H265_FU, header));
    buf[HEADER_LEN] = (uint8_t)(flags | type_of(header));
    return FU_LEN + len;
}

static size_t start_fragments(struct rtc_packetizer *p, uint8_t *buf)
{
    p->unit_header = rtc_get_u16(p->at);
    p->at += HEADER_LEN;
    return write_fragment(p, buf, FU_START);
}

/* Whether there is a unit that fits behind `len` bytes of an aggregate. */
static bool fits(const struct rtc_packetizer *p, size_t len)
{
    return unit_len(p) > 0 && len + UNIT_SIZE_LEN + unit_len(p) <= p->max;
}

/* The lowest layer and sub-layer of all: RFC 7798 4.4.2. */
static uint16_t join_headers(uint16_t a, uint16_t b)
{
    unsigned layer = (a & LAYER) < (b & LAYER) ? a & LAYER : b & LAYER;
    unsigned tid = (a & TID) < (b & TID) ? a & TID : b & TID;

    return header_of(RTC_H265_AP, (uint16_t)(layer | tid));
}

/* Adds the unit to the aggregate of `len` bytes; its new length. */
static size_t add_unit(struct rtc_packetizer *p, uint8_t *buf, size_t len)
{
    size_t size = unit_len(p);

    rtc_put_u16(buf, join_headers(rtc_get_u16(buf), rtc_get_u16(p->at)));
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
    if (!fits(&second, HEADER_LEN + UNIT_SIZE_LEN + len)) {
        memcpy(buf, p->at, len);
        *p = second;
        return len;
    }
    rtc_put_u16(buf, rtc_get_u16(p->at));
    len = HEADER_LEN;
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

/* A payload without the headers that are RTP's. */
struct part {
    enum form form;
    uint16_t header; /* of the unit; its start may be in another payload */
    bool starts;     /* the unit starts here */
    const uint8_t *data;
    size_t len;
};

/* Takes the header of a PACI packet off and gives the one it stands for: A is
 * F, cType the type; PHSsize bytes of extensions follow (RFC 7798 4.4.4). */
static uint16_t read_paci(struct rtc_reader *r, uint16_t header)
{
    uint16_t fields = rtc_read_u16(r);

    rtc_read_skip(r, fields >> 4 & 0x1f);
    return (uint16_t)((fields & (DAMAGED | TYPE)) | (header & (LAYER | TID)));
}

static void read_fragment(struct rtc_reader *r, struct part *part)
{
    uint8_t fields = rtc_read_u8(r);

    part->form = FRAGMENT;
    part->header = header_of(fields & FU_TYPE, part->header);
    part->starts = fields & FU_START;
}

static bool is_whole(const struct part *part)
{
    if (part->form == AGGREGATE)
        return part->len > 0;
    return part->form != FRAGMENT || is_unit_header(part->header);
}

/* Types above PACI have no meaning: they are ignored. */
static int read_part(const uint8_t *payload, size_t len, struct part *ret_part)
{
    struct part part = {.form = IGNORED, .starts = true};
    struct rtc_reader r;

    rtc_reader_init(&r, payload, len);
    part.header = rtc_read_u16(&r);
    if (type_of(part.header) == RTC_H265_PACI) {
        part.header = read_paci(&r, part.header);
        if (type_of(part.header) == RTC_H265_PACI)
            return RTC_ERR_FORMAT;
    }
    if (part.header & DAMAGED || !(part.header & TID))
        return RTC_ERR_FORMAT;
    if (type_of(part.header) == RTC_H265_FU)
        read_fragment(&r, &part);
    else if (type_of(part.header) == RTC_H265_AP)
        part.form = AGGREGATE;
    else if (is_unit_header(part.header))
        part.form = SINGLE;
    part.len = rtc_reader_left(&r);
    part.data = rtc_read_bytes(&r, part.len);
    if (r.failed || !is_whole(&part))
        return RTC_ERR_FORMAT;
    *ret_part = part;
    return 0;
}

/* The next unit of an aggregate. False when it is malformed. */
static bool read_unit(struct rtc_reader *r, struct part *ret_unit)
{
    size_t len = rtc_read_u16(r);

    ret_unit->header = rtc_read_u16(r);
    if (r->failed || len < HEADER_LEN || !is_unit_header(ret_unit->header))
        return false;
    ret_unit->len = len - HEADER_LEN;
    ret_unit->data = rtc_read_bytes(r, ret_unit->len);
    return !r->failed;
}

/* What a unit tells, or the beginning of one. */
static void inspect_unit(const struct part *unit, struct rtc_payload_info *info)
{
    uint8_t head[FU_LEN] = {0};
    size_t len = HEADER_LEN;

    rtc_put_u16(head, unit->header);
    if (unit->len > 0)
        head[len++] = unit->data[0];
    info->starts_frame = unit->starts && rtc_h265_starts_frame(head, len);
    info->keyframe = rtc_h265_is_irap(head[0]);
}

static int inspect_aggregate(const struct part *part,
                             struct rtc_payload_info *info)
{
    struct part unit = {.starts = true};
    struct rtc_reader r;

    rtc_reader_init(&r, part->data, part->len);
    for (bool first = true; rtc_reader_left(&r) > 0; first = false) {
        struct rtc_payload_info of_unit = {0};

        if (!read_unit(&r, &unit))
            return RTC_ERR_FORMAT;
        inspect_unit(&unit, &of_unit);
        if (first)
            info->starts_frame = of_unit.starts_frame;
        info->keyframe = info->keyframe || of_unit.keyframe;
        if (type_of(unit.header) == RTC_H265_VPS)
            info->starts_stream = info->starts_frame;
    }
    return 0;
}

static int inspect(const uint8_t *payload, size_t len, bool marker,
                   struct rtc_payload_info *ret_info)
{
    struct rtc_payload_info info = {.ends_frame = marker};
    struct part part;
    int error = read_part(payload, len, &part);

    if (error)
        return error;
    switch (part.form) {
    case SINGLE:
        inspect_unit(&part, &info);
        info.starts_stream =
            info.starts_frame && type_of(part.header) == RTC_H265_VPS;
        break;
    case AGGREGATE:
        error = inspect_aggregate(&part, &info);
        break;
    case FRAGMENT:
        inspect_unit(&part, &info);
        break;
    case IGNORED:
        break;
    }
    if (!error)
        *ret_info = info;
    return error;
}

/* H.265 B.2.2: four bytes before parameter sets and a frame's first unit, three
 * before others. */
static void start_unit(struct rtc_writer *frame, uint16_t header, bool first)
{
    unsigned type = type_of(header);

    if (first || (type >= RTC_H265_VPS && type <= RTC_H265_PPS))
        rtc_write_u8(frame, 0);
    rtc_write_u24(frame, 1);
    rtc_write_u16(frame, header);
}

static int join_unit(struct rtc_writer *frame, const struct part *part,
                     bool first)
{
    if (first && !part->starts)
        return RTC_ERR_FORMAT;
    if (part->starts)
        start_unit(frame, part->header, first);
    rtc_write_bytes(frame, part->data, part->len);
    return 0;
}

static int join_aggregate(struct rtc_writer *frame, const struct part *part,
                          bool first)
{
    struct part unit = {.starts = true};
    size_t before = frame->len;
    struct rtc_reader r;

    rtc_reader_init(&r, part->data, part->len);
    while (rtc_reader_left(&r) > 0) {
        if (!read_unit(&r, &unit)) {
            frame->len = before;
            return RTC_ERR_FORMAT;
        }
        join_unit(frame, &unit, first);
        first = false;
    }
    return 0;
}

static int depacketize(struct rtc_writer *frame, const uint8_t *payload,
                       size_t len, bool first)
{
    struct part part;
    int error = read_part(payload, len, &part);

    if (error)
        return error;
    switch (part.form) {
    case SINGLE:
    case FRAGMENT:
        return join_unit(frame, &part, first);
    case AGGREGATE:
        return join_aggregate(frame, &part, first);
    case IGNORED:
        break;
    }
    return 0;
}

/* Worst is an aggregate of units without data: each 4 bytes become 6. */
static size_t depacketized_max(size_t len)
{
    return START_CODE_LEN + len + 2 * (len / 4);
}

/* Looks no further than the first slice: all slices of a picture have the same
 * type (H.265 7.4.2.2). */
static bool is_keyframe(const uint8_t *frame, size_t len)
{
    const uint8_t *end = frame + len, *at = rtc_nal_find(frame, end);

    while (end - at > 3) {
        at += 3;
        if (rtc_h265_is_slice(*at))
            return rtc_h265_is_irap(*at);
        at = rtc_nal_find(at, end);
    }
    return false;
}

const struct rtc_codec_entry rtc_codec_h265 = {
    .codec = RTC_CODEC_H265,
    .kind = RTC_VIDEO,
    .name = "H265",
    .clock_rate = 90000,
    .channels = 1,
    .starts_marked = false, /* many first slices follow parameter sets */
    .packetize = packetize,
    .next = next,
    .inspect = inspect,
    .depacketize = depacketize,
    .depacketized_max = depacketized_max,
    .is_keyframe = is_keyframe,
};
