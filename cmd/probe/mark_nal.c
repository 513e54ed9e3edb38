/* SPDX-License-Identifier: MIT
 *
 * H.264 and H.265: an SEI message of unregistered user data (H.264 D.1.7, H.265
 * D.2.7), in a unit of its own before the first slice. It is as long as the
 * frame is to be; none of it needs emulation prevention.
 */
#include "cmd/probe/mark_codec.h"
#include "codec/nal.h"

enum { USER_DATA = 5, FILLING = 0xff, TRAILING = 0x80 };
/* Start code, type, a size of one byte, and the bit behind. */
enum { AROUND = 7 };
enum { H264_PREFIX = 14 }; /* of the slice behind it: G.7.4.1.1 */

/* What differs between the two. */
struct kind {
    size_t header_len;
    bool (*is_slice)(const struct rtc_nal *nal);
    bool (*is_sei)(const struct rtc_nal *nal);
    void (*write_header)(struct rtc_writer *w, const struct rtc_nal *slice);
};

static bool is_h264_slice(const struct rtc_nal *nal)
{
    return rtc_h264_is_slice(nal->data[0]) ||
           rtc_h264_type(nal->data[0]) == H264_PREFIX;
}

static bool is_h264_sei(const struct rtc_nal *nal)
{
    return rtc_h264_type(nal->data[0]) == RTC_H264_SEI;
}

static void write_h264_header(struct rtc_writer *w, const struct rtc_nal *slice)
{
    (void)slice;
    rtc_write_u8(w, RTC_H264_SEI);
}

static bool is_h265_slice(const struct rtc_nal *nal)
{
    return nal->len > RTC_H265_HEADER_LEN && rtc_h265_is_slice(nal->data[0]);
}

static bool is_h265_sei(const struct rtc_nal *nal)
{
    return rtc_h265_type(nal->data[0]) == RTC_H265_SEI;
}

/* Of the slice's sublayer (H.265 7.4.2.2), base layer. */
static void write_h265_header(struct rtc_writer *w, const struct rtc_nal *slice)
{
    rtc_write_u8(w, RTC_H265_SEI << 1);
    rtc_write_u8(w, slice->data[1] & 7);
}

static const struct kind h264 = {1, is_h264_slice, is_h264_sei,
                                 write_h264_header};
static const struct kind h265 = {RTC_H265_HEADER_LEN, is_h265_slice,
                                 is_h265_sei, write_h265_header};

/* The digest of all slices, and the first one. False: there is none. */
static bool take_digest(const struct kind *kind, const uint8_t *frame,
                        size_t len, struct mark_digest *digest,
                        struct rtc_nal *ret_first)
{
    const uint8_t *at = frame, *end = frame + len;
    bool any = false;
    struct rtc_nal nal;

    mark_digest_init(digest);
    while (rtc_nal_next(&at, end, &nal)) {
        if (!kind->is_slice(&nal))
            continue;
        mark_digest_add(digest, nal.data, nal.len);
        if (!any)
            *ret_first = nal;
        any = true;
    }
    return any;
}

static int write(const struct kind *kind, const uint8_t *frame, size_t len,
                 const struct probe_mark *mark, size_t least,
                 struct rtc_writer *w)
{
    uint8_t text[MARK_TEXT_LEN];
    struct mark_digest digest;
    struct rtc_nal first;
    size_t before, filling, size;

    if (!take_digest(kind, frame, len, &digest, &first))
        return RTC_ERR_FORMAT;
    mark_text_write(text, mark, &digest);
    before = (size_t)(first.data - frame) - 3;
    if (before > 0 && frame[before - 1] == 0)
        before--;
    filling =
        mark_missing(len + AROUND + kind->header_len + sizeof text, least);
    filling -= filling / 256; /* More bytes of the size. */
    rtc_write_bytes(w, frame, before);
    rtc_write_u32(w, 1);
    kind->write_header(w, &first);
    rtc_write_u8(w, USER_DATA);
    for (size = sizeof text + filling; size >= 255; size -= 255)
        rtc_write_u8(w, 255);
    rtc_write_u8(w, (uint8_t)size);
    rtc_write_bytes(w, text, sizeof text);
    mark_write_filling(w, filling, FILLING);
    rtc_write_u8(w, TRAILING);
    rtc_write_bytes(w, frame + before, len - before);
    return 0;
}

/* The message of a unit, if it is a mark. */
static bool read_sei(const struct kind *kind, const struct rtc_nal *nal,
                     struct mark_found *ret_found)
{
    size_t size = 0;
    struct rtc_reader r;
    uint8_t byte;

    rtc_reader_init(&r, nal->data, nal->len);
    rtc_read_skip(&r, kind->header_len);
    if (rtc_read_u8(&r) != USER_DATA)
        return false;
    while ((byte = rtc_read_u8(&r)) == 255)
        size += 255;
    size += byte;
    if (r.failed || size > rtc_reader_left(&r) || !mark_text_is(r.at, size))
        return false;
    ret_found->text = r.at;
    ret_found->filled =
        mark_is_filled(r.at + MARK_TEXT_LEN, size - MARK_TEXT_LEN, FILLING);
    return true;
}

static bool find(const struct kind *kind, const uint8_t *frame, size_t len,
                 struct mark_found *ret_found)
{
    const uint8_t *at = frame, *end = frame + len;
    struct rtc_nal nal;

    while (rtc_nal_next(&at, end, &nal)) {
        if (!kind->is_sei(&nal) || !read_sei(kind, &nal, ret_found))
            continue;
        (void)take_digest(kind, frame, len, &ret_found->digest, &nal);
        return true;
    }
    return false;
}

static int write_h264(const uint8_t *frame, size_t len,
                      const struct probe_mark *mark, size_t least,
                      struct rtc_writer *w)
{
    return write(&h264, frame, len, mark, least, w);
}

static bool find_h264(const uint8_t *frame, size_t len,
                      struct mark_found *ret_found)
{
    return find(&h264, frame, len, ret_found);
}

static int write_h265(const uint8_t *frame, size_t len,
                      const struct probe_mark *mark, size_t least,
                      struct rtc_writer *w)
{
    return write(&h265, frame, len, mark, least, w);
}

static bool find_h265(const uint8_t *frame, size_t len,
                      struct mark_found *ret_found)
{
    return find(&h265, frame, len, ret_found);
}

const struct mark_codec mark_h264 = {RTC_CODEC_H264, write_h264, find_h264};
const struct mark_codec mark_h265 = {RTC_CODEC_H265, write_h265, find_h265};
