/* SPDX-License-Identifier: MIT
 * Turns AV1 temporal units between blocks and frames. Of OBUs only headers are
 * read (AV1 5.3), and the beginning of the sequence header (5.5.1), whose
 * values av1C repeats. */
#include "media/matroska_av1.h"

#include <string.h>

#include "rtc.h"

/* obu_type (AV1 6.2.2), and fields of the header's first byte. */
enum { SEQUENCE_HEADER = 1, TEMPORAL_DELIMITER = 2 };
enum { HAS_EXTENSION = 0x04, HAS_SIZE = 0x02 };

struct obu {
    unsigned type, header_len;
    const uint8_t *header, *data;
    size_t len;
};

/* leb128 (4.10.5), of at most 32 bits. */
static size_t read_leb128(struct rtc_reader *r)
{
    uint64_t value = 0;
    uint8_t byte = 0x80;

    for (unsigned i = 0; i < 8 && byte & 0x80; i++) {
        byte = rtc_read_u8(r);
        value |= (uint64_t)(byte & 0x7f) << 7 * i;
    }
    r->failed = r->failed || byte & 0x80 || value > UINT32_MAX;
    return (size_t)value;
}

static void write_leb128(struct rtc_writer *w, size_t value)
{
    for (; value >= 0x80; value >>= 7)
        rtc_write_u8(w, (uint8_t)(value | 0x80));
    rtc_write_u8(w, (uint8_t)value);
}

/* 1, 0 at the end, RTC_ERR_FORMAT. Without its size an OBU takes the rest. */
static int next_obu(struct rtc_reader *r, struct obu *ret_obu)
{
    uint8_t header;

    if (rtc_reader_left(r) == 0)
        return 0;
    ret_obu->header = r->at;
    header = rtc_read_u8(r);
    ret_obu->type = header >> 3 & 15;
    ret_obu->header_len = header & HAS_EXTENSION ? 2 : 1;
    if (header & HAS_EXTENSION)
        rtc_read_u8(r);
    ret_obu->len = header & HAS_SIZE ? read_leb128(r) : rtc_reader_left(r);
    ret_obu->data = rtc_read_bytes(r, ret_obu->len);
    return r->failed || header & 0x80 ? RTC_ERR_FORMAT : 1;
}

static void write_obu(struct rtc_writer *w, const struct obu *obu)
{
    rtc_write_u8(w, obu->header[0] | HAS_SIZE);
    rtc_write_bytes(w, obu->header + 1, obu->header_len - 1);
    write_leb128(w, obu->len);
    rtc_write_bytes(w, obu->data, obu->len);
}

bool rtc_matroska_av1_sets(const uint8_t *frame, size_t len,
                           struct rtc_writer *sets)
{
    struct rtc_reader r;
    struct obu obu;

    rtc_reader_init(&r, frame, len);
    while (next_obu(&r, &obu) > 0)
        if (obu.type == SEQUENCE_HEADER) {
            write_obu(sets, &obu);
            return !sets->failed;
        }
    return false;
}

bool rtc_matroska_av1_is_unit(const uint8_t *data, size_t len)
{
    struct rtc_reader r;
    struct obu obu;
    int got;

    rtc_reader_init(&r, data, len);
    while ((got = next_obu(&r, &obu)) > 0)
        if (!(obu.header[0] & HAS_SIZE))
            return false;
    return got == 0;
}

int rtc_matroska_av1_read(struct rtc_matroska_track *t, const uint8_t *data,
                          size_t len, struct rtc_writer *out, bool flagged)
{
    uint8_t own[RTC_MATROSKA_SETS_MAX];
    struct rtc_writer sets;
    struct rtc_reader r;
    struct obu obu;
    int got;

    rtc_writer_init(&sets, own, sizeof own);
    if (rtc_matroska_av1_sets(data, len, &sets)) {
        memcpy(t->sets, own, sets.len);
        t->sets_len = sets.len;
    } else if (flagged) {
        rtc_write_bytes(out, t->sets, t->sets_len);
    }
    rtc_reader_init(&r, data, len);
    while ((got = next_obu(&r, &obu)) > 0)
        if (obu.type != TEMPORAL_DELIMITER)
            write_obu(out, &obu);
    return got;
}

int rtc_matroska_av1_private_read(struct rtc_matroska_track *t,
                                  const uint8_t *data, size_t len)
{
    struct rtc_writer sets;

    /* Marker and version (AV1-ISOBMFF 2.3.3); older files have none. */
    if (len < 4 || data[0] != 0x81)
        return 0;
    rtc_writer_init(&sets, t->sets, sizeof t->sets);
    if (rtc_matroska_av1_sets(data + 4, len - 4, &sets))
        t->sets_len = sets.len;
    return 0;
}

void rtc_matroska_av1_private_write(struct rtc_writer *w, const uint8_t *sets,
                                    size_t len)
{
    (void)w;
    (void)sets;
    (void)len;
}
