/* SPDX-License-Identifier: MIT
 * VP9 over RTP (RFC 9628). Sent: the frame or superframe as one layer in
 * non-flexible mode, behind a descriptor of three bytes with a 15-bit picture
 * id; the first packet of a key frame adds the size of the picture (scalability
 * structure, 4.2.1). Received: every form of descriptor.
 *
 * All layers of a picture, which have their RTP time in common, are one frame.
 * Where there are several they come out as the superframe that decoders want:
 * with the index of VP9 specification annex B behind them. */
#include "codec/vp9.h"

#include <string.h>

#include "base/bits.h"
#include "codec/codec_rows.h"
#include "codec/pieces.h"

/* RFC 9628 4.2, first byte. Z: no higher layer needs this one. */
enum {
    I = 0x80,
    P = 0x40,
    L = 0x20,
    F = 0x10,
    B = 0x08,
    E = 0x04,
    V = 0x02,
    Z = 0x01
};
enum { LONG_ID = 0x80 };
enum { Y = 0x10, G = 0x08 }; /* in the first byte of the structure, 4.2.1 */

enum { DESCRIPTOR_LEN = 3, STRUCTURE_LEN = 8 };
enum { LAYER_MOST = 8, DIFF_MOST = 3 };

/* ---- frames -------------------------------------------------------------- */

static bool is_frame_byte(uint8_t first)
{
    return first >> 6 == 2; /* frame_marker */
}

static unsigned profile_of(uint8_t first)
{
    return (first >> 5 & 1) | (first >> 3 & 2);
}

/* show_existing_frame and frame_type, behind the bit that only profile 3 has.
 * Both are 0 in a key frame. */
static bool is_key_byte(uint8_t first)
{
    unsigned shift = profile_of(first) == 3 ? 1 : 2;

    return is_frame_byte(first) && (first >> shift & 3) == 0;
}

/* color_config. */
static void skip_color(struct rtc_bits *b, unsigned profile)
{
    enum { RGB = 7 };

    if (profile >= 2)
        rtc_bits_flag(b); /* ten_or_twelve_bit */
    if (rtc_bits_number(b, 3) != RGB)
        rtc_bits_number(b, profile & 1 ? 4 : 1); /* range, subsampling */
    else if (profile & 1)
        rtc_bits_flag(b);
    else
        b->failed = true;
}

static bool parse_key(const uint8_t *frame, size_t len,
                      struct rtc_vp9_header *header)
{
    struct rtc_bits b;

    rtc_bits_init(&b, frame, len);
    /* Up to frame_type; show_frame and error_resilient_mode. */
    rtc_bits_number(&b, (header->profile == 3 ? 7 : 6) + 2);
    if (rtc_bits_number(&b, 24) != 0x498342)
        return false;
    skip_color(&b, header->profile);
    header->width = rtc_bits_number(&b, 16) + 1;
    header->height = rtc_bits_number(&b, 16) + 1;
    return !b.failed;
}

bool rtc_vp9_header_parse(const uint8_t *frame, size_t len,
                          struct rtc_vp9_header *ret_header)
{
    struct rtc_vp9_header header = {0};

    if (len == 0 || !is_frame_byte(frame[0]))
        return false;
    header.profile = profile_of(frame[0]);
    header.keyframe = is_key_byte(frame[0]);
    if (header.keyframe && !parse_key(frame, len, &header))
        return false;
    *ret_header = header;
    return true;
}

static bool is_keyframe(const uint8_t *frame, size_t len)
{
    struct rtc_vp9_header header;

    return rtc_vp9_header_parse(frame, len, &header) && header.keyframe;
}

static unsigned profile(const uint8_t *frame, size_t len)
{
    return len > 0 && is_frame_byte(frame[0]) ? profile_of(frame[0]) : 0;
}

/* ---- sending ------------------------------------------------------------- */

static int packetize(struct rtc_packetizer *p, const uint8_t *frame, size_t len,
                     size_t max)
{
    struct rtc_vp9_header header;

    if (!rtc_vp9_header_parse(frame, len, &header))
        return RTC_ERR_FORMAT;
    if (max <= DESCRIPTOR_LEN + (header.keyframe ? STRUCTURE_LEN : 0))
        return RTC_ERR_ARG;
    p->data = p->at = frame;
    p->end = frame + len;
    p->max = max;
    p->picture_id = (p->picture_id + 1) & 0x7fff;
    p->keyframe = header.keyframe;
    p->width = p->height = 0;
    if (header.width <= UINT16_MAX && header.height <= UINT16_MAX) {
        p->width = (uint16_t)header.width;
        p->height = (uint16_t)header.height;
    }
    return 0;
}

/* One layer of this size, whose pictures each need the one before. */
static size_t write_structure(const struct rtc_packetizer *p, uint8_t *buf)
{
    static const uint8_t group[] = {1, 1 << 2, 1}; /* one picture, R, P_DIFF */

    buf[0] = Y | G;
    rtc_put_u16(buf + 1, p->width);
    rtc_put_u16(buf + 3, p->height);
    memcpy(buf + 5, group, sizeof group);
    return STRUCTURE_LEN;
}

static size_t next(struct rtc_packetizer *p, uint8_t *buf, bool *ret_last)
{
    size_t left = (size_t)(p->end - p->at);
    size_t at = DESCRIPTOR_LEN, len;

    if (left == 0)
        return 0;
    buf[0] = I | Z | (p->keyframe ? 0 : P);
    rtc_put_u16(buf + 1, (uint16_t)(LONG_ID << 8 | p->picture_id));
    if (p->at == p->data) {
        buf[0] |= B;
        if (p->width > 0) {
            buf[0] |= V;
            at += write_structure(p, buf + at);
        }
    }
    len = left < p->max - at ? left : p->max - at;
    memcpy(buf + at, p->at, len);
    p->at += len;
    *ret_last = p->at == p->end;
    if (*ret_last)
        buf[0] |= E;
    return at + len;
}

/* ---- receiving ----------------------------------------------------------- */

/* A payload without its descriptor. */
struct part {
    const uint8_t *data;
    size_t len;
    bool starts_layer;
    bool starts_picture; /* with its lowest layer */
};

/* 4.2.1: what it says is for those who choose between layers. */
static void skip_structure(struct rtc_reader *r)
{
    uint8_t first = rtc_read_u8(r);
    size_t layers = (size_t)(first >> 5) + 1;
    unsigned pictures;

    if (first & Y)
        rtc_read_skip(r, layers * 4);
    pictures = first & G ? rtc_read_u8(r) : 0;
    while (pictures-- > 0 && !r->failed)
        rtc_read_skip(r, rtc_read_u8(r) >> 2 & 3); /* R times P_DIFF */
}

/* P_DIFF and N, one to three times. */
static void skip_references(struct rtc_reader *r)
{
    for (unsigned i = 1; rtc_read_u8(r) & 1; i++)
        if (i == DIFF_MOST) {
            r->failed = true;
            return;
        }
}

static int read_part(const uint8_t *payload, size_t len, struct part *ret_part)
{
    unsigned spatial = 0;
    struct rtc_reader r;
    uint8_t first;

    rtc_reader_init(&r, payload, len);
    first = rtc_read_u8(&r);
    if (first & I && rtc_read_u8(&r) & LONG_ID)
        rtc_read_skip(&r, 1);
    if (first & L) {
        spatial = rtc_read_u8(&r) >> 1 & 7;
        if (!(first & F))
            rtc_read_skip(&r, 1); /* TL0PICIDX */
    }
    if (first & F && first & P)
        skip_references(&r);
    if (first & V)
        skip_structure(&r);
    if (r.failed || rtc_reader_left(&r) == 0)
        return RTC_ERR_FORMAT;
    ret_part->data = r.at;
    ret_part->len = rtc_reader_left(&r);
    ret_part->starts_layer = first & B;
    ret_part->starts_picture = first & B && spatial == 0;
    return 0;
}

static int inspect(const uint8_t *payload, size_t len, bool marker,
                   struct rtc_payload_info *ret_info)
{
    struct part part;
    int error = read_part(payload, len, &part);

    if (error)
        return error;
    ret_info->starts_frame = part.starts_picture;
    ret_info->ends_frame = marker;
    ret_info->keyframe = part.starts_picture && is_key_byte(part.data[0]);
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
    if (first && !part.starts_layer)
        return RTC_ERR_FORMAT;
    rtc_piece_write(frame, part.starts_layer ? RTC_PIECE_STARTS : 0, part.data,
                    part.len);
    return 0;
}

static size_t depacketized_max(size_t len)
{
    return len + RTC_PIECE_OVERHEAD;
}

/* Whether a layer ends with an index of its own (annex B.3). */
static bool has_index(const uint8_t *layer, size_t len)
{
    uint8_t marker = layer[len - 1];
    size_t index_len = 2 + (size_t)((marker >> 3 & 3) + 1) * ((marker & 7) + 1);

    return marker >> 5 == 6 && len >= index_len &&
           layer[len - index_len] == marker;
}

/* Annex B.2. Three bytes hold any size a frame may have, and there is room:
 * each layer had a piece. */
static size_t write_index(uint8_t *at, const size_t *sizes, unsigned count)
{
    enum { SIZE_LEN = 3 };
    uint8_t marker = (uint8_t)(0xc0 | (SIZE_LEN - 1) << 3 | (count - 1));
    size_t len = 0;

    at[len++] = marker;
    for (unsigned i = 0; i < count; i++)
        for (unsigned k = 0; k < SIZE_LEN; k++)
            at[len++] = (uint8_t)(sizes[i] >> 8 * k);
    at[len++] = marker;
    return len;
}

static int finish(uint8_t *data, size_t len)
{
    struct rtc_pieces pieces = {.data = data, .len = len};
    size_t sizes[LAYER_MOST], total = 0;
    struct rtc_unit layer;
    unsigned count = 0;
    bool indexed = false;
    int got;

    while ((got = rtc_pieces_join(&pieces, &layer)) > 0) {
        if (count == LAYER_MOST || layer.len > 0xffffff)
            return RTC_ERR_FORMAT;
        indexed = indexed || has_index(layer.data, layer.len);
        memmove(data + total, layer.data, layer.len);
        total += layer.len;
        sizes[count++] = layer.len;
    }
    if (got < 0)
        return got;
    if (count > 1 && !indexed)
        total += write_index(data + total, sizes, count);
    return (int)total;
}

const struct rtc_codec_entry rtc_codec_vp9 = {
    .codec = RTC_CODEC_VP9,
    .kind = RTC_VIDEO,
    .name = "VP9",
    .clock_rate = 90000,
    .channels = 1,
    .starts_marked = false, /* the lowest layer may have been left out */
    .packetize = packetize,
    .next = next,
    .inspect = inspect,
    .depacketize = depacketize,
    .depacketized_max = depacketized_max,
    .finish = finish,
    .is_keyframe = is_keyframe,
    .profile = profile,
};
