/* SPDX-License-Identifier: MIT
 *
 * AV1: a metadata unit of a type that the user may choose (AV1 5.8.1, 6.7.1),
 * before the first frame. The digest is of frames and tiles, since units around
 * them, and how lengths are written, may change on the way.
 */
#include "cmd/probe/mark_codec.h"
#include "codec/obu.h"

enum { METADATA = 5, USER_TYPE = 31, FILLING = 0xff, TRAILING = 0x80 };
enum { AROUND = 4 }; /* header, a size of one byte, type, and the bit behind */
enum { REDUNDANT_HEADER = 7 };

static bool is_picture(const struct rtc_obu *obu)
{
    return obu->type >= RTC_OBU_FRAME_HEADER && obu->type != METADATA &&
           obu->type <= REDUNDANT_HEADER;
}

/* `ret_first` is where the first of them begins; NULL: there is none. */
static bool take_digest(const uint8_t *frame, size_t len,
                        struct mark_digest *digest, const uint8_t **ret_first)
{
    const uint8_t *at = frame, *start = frame, *first = NULL;
    struct rtc_obu obu;
    int error;

    mark_digest_init(digest);
    while ((error = rtc_obu_next(&at, frame + len, &obu)) > 0) {
        if (is_picture(&obu)) {
            mark_digest_add(digest, obu.payload, obu.len);
            first = first ? first : start;
        }
        start = at;
    }
    *ret_first = first;
    return error == 0 && first;
}

static int write(const uint8_t *frame, size_t len,
                 const struct probe_mark *mark, size_t least,
                 struct rtc_writer *w)
{
    uint8_t text[MARK_TEXT_LEN], size[RTC_LEB128_MAX];
    struct mark_digest digest;
    const uint8_t *first;
    size_t before, filling;

    if (!take_digest(frame, len, &digest, &first))
        return RTC_ERR_FORMAT;
    mark_text_write(text, mark, &digest);
    before = (size_t)(first - frame);
    filling = mark_missing(len + AROUND + sizeof text, least);
    rtc_write_bytes(w, frame, before);
    rtc_write_u8(w, METADATA << 3 | RTC_OBU_SIZED);
    rtc_write_bytes(w, size,
                    rtc_leb128_write(size, 1 + sizeof text + filling + 1));
    rtc_write_u8(w, USER_TYPE);
    rtc_write_bytes(w, text, sizeof text);
    mark_write_filling(w, filling, FILLING);
    rtc_write_u8(w, TRAILING);
    rtc_write_bytes(w, first, len - before);
    return 0;
}

static bool find(const uint8_t *frame, size_t len, struct mark_found *ret_found)
{
    const uint8_t *at = frame, *first;
    struct rtc_obu obu;

    while (rtc_obu_next(&at, frame + len, &obu) > 0) {
        if (obu.type != METADATA || obu.len < MARK_TEXT_LEN + 2 ||
            obu.payload[0] != USER_TYPE ||
            !mark_text_is(obu.payload + 1, obu.len - 1))
            continue;
        ret_found->text = obu.payload + 1;
        ret_found->filled =
            mark_is_filled(obu.payload + 1 + MARK_TEXT_LEN,
                           obu.len - MARK_TEXT_LEN - 2, FILLING);
        (void)take_digest(frame, len, &ret_found->digest, &first);
        return true;
    }
    return false;
}

const struct mark_codec mark_av1 = {RTC_CODEC_AV1, write, find};
