/* SPDX-License-Identifier: MIT
 * AV1 over RTP (AOM's "RTP Payload Format For AV1", 1.0). A frame is a temporal
 * unit of OBUs that have their sizes, without temporal delimiter.
 *
 * Sent: an aggregation header (4.4), then as many OBUs as fit, without size
 * fields of their own; the last one is cut where the payload is full. So all
 * payloads but a frame's last are full, or lack up to three bytes in which the
 * lengths that another OBU needs had no room. Temporal delimiters, tile lists
 * and padding are left out (5). Received: the same, and what kept its size
 * fields; OBUs come out with sizes as short as may be. */
#include <string.h>

#include "codec/codec_rows.h"
#include "codec/obu.h"
#include "codec/pieces.h"

/* Aggregation header. W: how many elements there are, the last one without its
 * length; 0: not said, and all have theirs. */
enum { Z = 0x80, Y = 0x40, W = 0x30, W_SHIFT = 4, N = 0x08 };
enum { W_MOST = 3 };
enum { AGGREGATION_LEN = 1 };

static bool is_left_out(unsigned type)
{
    return type == RTC_OBU_TEMPORAL_DELIMITER || type == RTC_OBU_TILE_LIST ||
           type == RTC_OBU_PADDING;
}

/* Reserved bits tell nothing; the type has four. */
static unsigned type_of(uint8_t header)
{
    return header >> 3 & 15;
}

/* ---- frames -------------------------------------------------------------- */

/* A shown key frame (5.9.2): not show_existing_frame, KEY_FRAME, show_frame. */
static bool shows_key(const struct rtc_obu *obu)
{
    return obu->len > 0 && obu->payload[0] >> 4 == 1;
}

/* With its sequence header before it, and by its first frame: the others may be
 * higher layers. */
static bool is_keyframe(const uint8_t *frame, size_t len)
{
    const uint8_t *at = frame;
    struct rtc_av1_sequence sequence;
    bool has_sequence = false;
    struct rtc_obu obu;

    while (rtc_obu_next(&at, frame + len, &obu) > 0)
        if (obu.type == RTC_OBU_SEQUENCE_HEADER)
            has_sequence =
                rtc_av1_sequence_parse(obu.payload, obu.len, &sequence);
        else if (obu.type == RTC_OBU_FRAME || obu.type == RTC_OBU_FRAME_HEADER)
            return has_sequence && (sequence.still || shows_key(&obu));
    return false;
}

static unsigned profile(const uint8_t *frame, size_t len)
{
    struct rtc_av1_sequence sequence;

    return rtc_av1_sequence_of(frame, len, &sequence) ? sequence.profile : 0;
}

/* ---- sending ------------------------------------------------------------- */

/* Bytes left of the element being cut; 0 at the end of the frame. */
static size_t element_left(const struct rtc_packetizer *p)
{
    return p->obu_header_left + (size_t)(p->unit_end - p->at);
}

/* Moves from the end of an OBU to the next one that is sent. */
static void take_obu(struct rtc_packetizer *p)
{
    const uint8_t *at = p->unit_end;
    struct rtc_obu obu;

    p->at = p->unit_end = p->end;
    p->obu_header_left = 0;
    while (rtc_obu_next(&at, p->end, &obu) > 0)
        if (!is_left_out(obu.type)) {
            p->at = obu.payload;
            p->unit_end = at;
            p->obu_header_left = (uint8_t)obu.header_len;
            memcpy(p->obu_header + 2 - obu.header_len, obu.header,
                   obu.header_len);
            p->obu_header[2 - obu.header_len] &= (uint8_t)~RTC_OBU_SIZED;
            return;
        }
}

static bool is_walkable(const uint8_t *frame, size_t len)
{
    const uint8_t *at = frame;
    struct rtc_obu obu;
    int got;

    while ((got = rtc_obu_next(&at, frame + len, &obu)) > 0)
        ;
    return got == 0;
}

static int packetize(struct rtc_packetizer *p, const uint8_t *frame, size_t len,
                     size_t max)
{
    struct rtc_packetizer cut = *p;

    if (max <= AGGREGATION_LEN || max > UINT16_MAX)
        return RTC_ERR_ARG;
    if (!is_walkable(frame, len))
        return RTC_ERR_FORMAT;
    cut.unit_end = frame;
    cut.end = frame + len;
    cut.max = max;
    cut.keyframe = is_keyframe(frame, len);
    cut.cut = false;
    cut.started = false;
    take_obu(&cut);
    if (element_left(&cut) == 0)
        return RTC_ERR_FORMAT;
    *p = cut;
    return 0;
}

/* How a payload is filled: with `count` elements, `last` bytes of the last. */
struct layout {
    unsigned count;
    size_t last;
};

static size_t sized(size_t len)
{
    return rtc_leb128_len(len) + len;
}

static struct layout plan(const struct rtc_packetizer *p)
{
    size_t room = p->max - AGGREGATION_LEN;
    struct rtc_packetizer ahead = *p;
    struct layout layout = {0};

    for (;;) {
        size_t left = element_left(&ahead), most = room;

        /* Behind the third, the last one needs its length too. */
        while (layout.count >= W_MOST && most > 0 && sized(most) > room)
            most--;
        if (left == 0 || most == 0)
            return layout;
        layout.count++;
        layout.last = left < most ? left : most;
        take_obu(&ahead);
        if (sized(left) >= room)
            return layout;
        room -= sized(left);
    }
}

static void copy_element(struct rtc_packetizer *p, uint8_t *buf, size_t len)
{
    size_t head = p->obu_header_left < len ? p->obu_header_left : len;

    memcpy(buf, p->obu_header + 2 - p->obu_header_left, head);
    p->obu_header_left = (uint8_t)(p->obu_header_left - head);
    memcpy(buf + head, p->at, len - head);
    p->at += len - head;
}

static size_t next(struct rtc_packetizer *p, uint8_t *buf, bool *ret_last)
{
    struct layout layout = plan(p);
    size_t at = AGGREGATION_LEN;

    if (layout.count == 0)
        return 0;
    buf[0] = p->cut ? Z : 0;
    if (p->keyframe && !p->started)
        buf[0] |= N;
    if (layout.count <= W_MOST)
        buf[0] |= (uint8_t)(layout.count << W_SHIFT);
    for (unsigned i = 1; i <= layout.count; i++) {
        size_t len = i < layout.count ? element_left(p) : layout.last;

        if (i < layout.count || layout.count > W_MOST)
            at += rtc_leb128_write(buf + at, len);
        copy_element(p, buf + at, len);
        at += len;
        p->cut = element_left(p) > 0;
        if (!p->cut)
            take_obu(p);
    }
    if (p->cut)
        buf[0] |= Y;
    p->started = true;
    *ret_last = element_left(p) == 0;
    return at;
}

/* ---- receiving ----------------------------------------------------------- */

/* The elements of a payload. */
struct elements {
    struct rtc_reader r;
    unsigned count; /* by W, 0: not said */
    unsigned index; /* of the next */
    uint8_t header;
};

struct element {
    const uint8_t *data;
    size_t len;
    bool starts, ends; /* an OBU */
};

static int read_header(struct elements *e, const uint8_t *payload, size_t len)
{
    *e = (struct elements){.header = len > 0 ? payload[0] : 0};
    e->count = (unsigned)(e->header & W) >> W_SHIFT;
    if (len <= AGGREGATION_LEN || (e->header & N && e->header & Z))
        return RTC_ERR_FORMAT;
    rtc_reader_init(&e->r, payload + AGGREGATION_LEN, len - AGGREGATION_LEN);
    return 0;
}

/* 1 and the next element; 0 at the end; RTC_ERR_FORMAT. */
static int read_element(struct elements *e, struct element *ret_element)
{
    size_t left = rtc_reader_left(&e->r), len = left;
    bool last = e->count ? e->index + 1 == e->count : false;

    if (e->count ? e->index == e->count : left == 0)
        return 0;
    if (!last) {
        int size_len = rtc_leb128_read(e->r.at, left, &len);

        if (size_len <= 0)
            return RTC_ERR_FORMAT;
        rtc_read_skip(&e->r, (size_t)size_len);
    }
    ret_element->data = rtc_read_bytes(&e->r, len);
    ret_element->len = len;
    if (e->r.failed || len == 0)
        return RTC_ERR_FORMAT;
    last = last || (!e->count && rtc_reader_left(&e->r) == 0);
    ret_element->starts = e->index > 0 || !(e->header & Z);
    ret_element->ends = !last || !(e->header & Y);
    e->index++;
    return 1;
}

static int inspect(const uint8_t *payload, size_t len, bool marker,
                   struct rtc_payload_info *ret_info)
{
    struct rtc_payload_info info = {.ends_frame = marker};
    struct elements e;
    struct element element;
    int got = read_header(&e, payload, len);

    if (got < 0)
        return got;
    while ((got = read_element(&e, &element)) > 0) {
        unsigned type = type_of(element.data[0]);

        if (!element.starts)
            continue;
        /* Both come before all else of a temporal unit (7.5). */
        if (e.index == 1 && (type == RTC_OBU_TEMPORAL_DELIMITER ||
                             type == RTC_OBU_SEQUENCE_HEADER))
            info.starts_frame = true;
        if (type == RTC_OBU_SEQUENCE_HEADER)
            info.keyframe = true;
    }
    if (got < 0)
        return got;
    if (e.header & N)
        info.starts_frame = info.keyframe = true;
    info.starts_stream = info.starts_frame && info.keyframe;
    *ret_info = info;
    return 0;
}

static int depacketize(struct rtc_writer *frame, const uint8_t *payload,
                       size_t len, bool first)
{
    size_t before = frame->len;
    struct elements e;
    struct element element;
    int got = read_header(&e, payload, len);

    if (got < 0)
        return got;
    if (first && e.header & Z)
        return RTC_ERR_FORMAT;
    while ((got = read_element(&e, &element)) > 0)
        rtc_piece_write(frame,
                        (element.starts ? RTC_PIECE_STARTS : 0) |
                            (element.ends ? RTC_PIECE_ENDS : 0),
                        element.data, element.len);
    if (got < 0)
        frame->len = before;
    return got;
}

/* Worst are elements of one byte, each behind its length. */
static size_t depacketized_max(size_t len)
{
    return len + RTC_PIECE_OVERHEAD * (len / 2 + 1);
}

/* Writes an OBU with its size at `out`, which is RTC_PIECE_OVERHEAD bytes
 * before it or more: enough, as a frame's size has at most four bytes. Its
 * length there, perhaps 0, or RTC_ERR_FORMAT. */
static int put_obu(uint8_t *out, const uint8_t *data, size_t len)
{
    uint8_t header[2] = {data[0] | RTC_OBU_SIZED};
    size_t header_len = data[0] & RTC_OBU_EXTENDED ? 2 : 1;
    size_t at = header_len, payload_len;

    if (data[0] & RTC_OBU_FORBIDDEN || len < header_len)
        return RTC_ERR_FORMAT;
    if (is_left_out(type_of(data[0])))
        return 0;
    header[1] = data[header_len - 1];
    payload_len = len - at;
    if (data[0] & RTC_OBU_SIZED) { /* it should not, but may */
        int size_len = rtc_leb128_read(data + at, len - at, &payload_len);

        if (size_len <= 0 || payload_len > len - at - (size_t)size_len)
            return RTC_ERR_FORMAT;
        at += (size_t)size_len;
    }
    memcpy(out, header, header_len);
    header_len += rtc_leb128_write(out + header_len, payload_len);
    memmove(out + header_len, data + at, payload_len);
    return (int)(header_len + payload_len);
}

static int finish(uint8_t *data, size_t len)
{
    struct rtc_pieces pieces = {.data = data, .len = len};
    struct rtc_unit obu;
    int total = 0, got;

    while ((got = rtc_pieces_join(&pieces, &obu)) > 0) {
        if (!obu.ended)
            return RTC_ERR_FORMAT;
        got = put_obu(data + total, obu.data, obu.len);
        if (got < 0)
            return got;
        total += got;
    }
    return got < 0 ? got : total;
}

const struct rtc_codec_entry rtc_codec_av1 = {
    .codec = RTC_CODEC_AV1,
    .kind = RTC_VIDEO,
    .name = "AV1",
    .clock_rate = 90000,
    .channels = 1,
    .starts_marked = false, /* only a key frame's first packet tells */
    .packetize = packetize,
    .next = next,
    .inspect = inspect,
    .depacketize = depacketize,
    .depacketized_max = depacketized_max,
    .finish = finish,
    .is_keyframe = is_keyframe,
    .profile = profile,
};
