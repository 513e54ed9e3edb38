/* SPDX-License-Identifier: MIT
 * Turns AV1 temporal units between blocks and frames. Of OBUs only headers are
 * read (codec/obu.c), and the sequence header, whose values av1C repeats. */
#include "media/matroska_av1.h"

#include <string.h>

#include "codec/obu.h"

/* The next OBU, of which the last one may lack its size and then has the rest.
 * 1, 0 at the end, RTC_ERR_FORMAT. */
static int next_obu(const uint8_t **at, const uint8_t *end,
                    struct rtc_obu *ret_obu)
{
    const uint8_t *p = *at;
    struct rtc_obu obu = {.header_len = 1};

    if (p == end || p[0] & RTC_OBU_SIZED)
        return rtc_obu_next(at, end, ret_obu);
    obu.type = p[0] >> 3;
    obu.header[0] = p[0];
    if (p[0] & RTC_OBU_EXTENDED && end - p > 1)
        obu.header[obu.header_len++] = p[1];
    if (p[0] & RTC_OBU_FORBIDDEN ||
        (p[0] & RTC_OBU_EXTENDED && obu.header_len == 1))
        return RTC_ERR_FORMAT;
    obu.payload = p + obu.header_len;
    obu.len = (size_t)(end - obu.payload);
    *at = end;
    *ret_obu = obu;
    return 1;
}

static void write_obu(struct rtc_writer *w, const struct rtc_obu *obu)
{
    uint8_t size[RTC_LEB128_MAX];

    rtc_write_u8(w, obu->header[0] | RTC_OBU_SIZED);
    rtc_write_bytes(w, obu->header + 1, obu->header_len - 1);
    rtc_write_bytes(w, size, rtc_leb128_write(size, obu->len));
    rtc_write_bytes(w, obu->payload, obu->len);
}

static bool find_sequence(const uint8_t *frame, size_t len,
                          struct rtc_obu *ret_obu)
{
    const uint8_t *at = frame;

    while (next_obu(&at, frame + len, ret_obu) > 0)
        if (ret_obu->type == RTC_OBU_SEQUENCE_HEADER)
            return true;
    return false;
}

static bool take_sequence(const uint8_t *frame, size_t len,
                          struct rtc_writer *sets)
{
    struct rtc_obu obu;

    if (!find_sequence(frame, len, &obu))
        return false;
    write_obu(sets, &obu);
    return !sets->failed;
}

/* ---- reading ----------------------------------------------------------- */

int rtc_matroska_av1_private_read(struct rtc_matroska_track *t,
                                  const uint8_t *data, size_t len)
{
    struct rtc_writer sets;

    /* Marker and version (AV1-ISOBMFF 2.3.3); older files have none. */
    if (len < 4 || data[0] != 0x81)
        return 0;
    rtc_writer_init(&sets, t->sets, sizeof t->sets);
    if (take_sequence(data + 4, len - 4, &sets))
        t->sets_len = sets.len;
    return 0;
}

int rtc_matroska_av1_read(struct rtc_matroska_track *t, const uint8_t *data,
                          size_t len, struct rtc_writer *out, bool flagged)
{
    const uint8_t *at = data;
    struct rtc_writer sets;
    struct rtc_obu obu;
    int got;

    if (find_sequence(data, len, &obu)) {
        rtc_writer_init(&sets, t->sets, sizeof t->sets);
        write_obu(&sets, &obu);
        t->sets_len = sets.failed ? 0 : sets.len;
    } else if (flagged) {
        rtc_write_bytes(out, t->sets, t->sets_len);
    }
    while ((got = next_obu(&at, data + len, &obu)) > 0)
        if (obu.type != RTC_OBU_TEMPORAL_DELIMITER)
            write_obu(out, &obu);
    return got;
}

/* ---- writing ----------------------------------------------------------- */

bool rtc_matroska_av1_is_unit(const uint8_t *data, size_t len)
{
    const uint8_t *at = data;
    struct rtc_obu obu;
    int got;

    while ((got = rtc_obu_next(&at, data + len, &obu)) > 0)
        ;
    return got == 0;
}

bool rtc_matroska_av1_describe(struct rtc_media_track *track,
                               const uint8_t *frame, size_t len,
                               struct rtc_writer *sets)
{
    struct rtc_av1_sequence sequence;

    if (!rtc_av1_sequence_of(frame, len, &sequence) ||
        !take_sequence(frame, len, sets))
        return false;
    if (sequence.width <= UINT16_MAX && sequence.height <= UINT16_MAX) {
        track->width = (uint16_t)sequence.width;
        track->height = (uint16_t)sequence.height;
    }
    return true;
}

void rtc_matroska_av1_private_write(struct rtc_writer *w, const uint8_t *sets,
                                    size_t len)
{
    struct rtc_av1_sequence sequence;
    struct rtc_av1_color color;
    struct rtc_obu obu;

    if (!find_sequence(sets, len, &obu) ||
        !rtc_av1_sequence_parse(obu.payload, obu.len, &sequence) ||
        !rtc_av1_color_parse(obu.payload, obu.len, &color))
        return;
    rtc_write_u8(w, 0x81);
    rtc_write_u8(w, (uint8_t)(sequence.profile << 5 | sequence.level));
    rtc_write_u8(w,
                 (uint8_t)(sequence.tier << 7 | color.high_bit_depth << 6 |
                           color.twelve_bit << 5 | color.monochrome << 4 |
                           color.subsampling_x << 3 | color.subsampling_y << 2 |
                           color.sample_position));
    rtc_write_u8(w, 0); /* no delay of presentation is told */
    rtc_write_bytes(w, sets, len);
}
