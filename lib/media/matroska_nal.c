/* SPDX-License-Identifier: MIT
 * Turns H.264 and H.265 access units from lengths to start codes and back.
 * Read, a key frame without parameter sets gets those of CodecPrivate, or those
 * that came in the stream since, in front. Start codes are as long as H.264
 * B.1.2 asks for, so that encoders' own frames come back byte for byte. */
#include "media/matroska_nal.h"

#include <string.h>

#include "codec/h264_sps.h"
#include "codec/nal.h"
#include "media/matroska_hvcc.h"

/* What a unit is to one who carries it. */
enum unit {
    OTHER,
    DELIMITER,
    VIDEO_SET,
    SEQUENCE_SET,
    PICTURE_SET,
    SLICE,
    KEY
};

static enum unit h264_unit(uint8_t header)
{
    switch (rtc_h264_type(header)) {
    case RTC_H264_AUD:
        return DELIMITER;
    case RTC_H264_SPS:
        return SEQUENCE_SET;
    case RTC_H264_PPS:
        return PICTURE_SET;
    case RTC_H264_IDR:
        return KEY;
    }
    return rtc_h264_is_slice(header) ? SLICE : OTHER;
}

/* H.265 7.4.2.2, table 7-1. */
static enum unit h265_unit(uint8_t header)
{
    unsigned type = header >> 1 & 0x3f;

    if (type < 32)
        return type >= 16 && type <= 23 ? KEY : SLICE;
    switch (type) {
    case 32:
        return VIDEO_SET;
    case 33:
        return SEQUENCE_SET;
    case 34:
        return PICTURE_SET;
    case 35:
        return DELIMITER;
    }
    return OTHER;
}

static enum unit unit_of(enum rtc_codec codec, const struct rtc_nal *nal)
{
    return codec == RTC_CODEC_H265 ? h265_unit(nal->data[0])
                                   : h264_unit(nal->data[0]);
}

static bool is_set(enum unit unit)
{
    return unit >= VIDEO_SET && unit <= PICTURE_SET;
}

/* ---- reading ----------------------------------------------------------- */

/* The next unit, of either form. 1, 0 at the end, RTC_ERR_FORMAT. */
static int next_unit(const uint8_t **at, const uint8_t *end,
                     unsigned length_len, struct rtc_nal *ret_nal)
{
    size_t len = 0;

    if (length_len == 0)
        return rtc_nal_next(at, end, ret_nal);
    while (len == 0 && *at < end) {
        if ((size_t)(end - *at) < length_len)
            return RTC_ERR_FORMAT;
        for (unsigned i = 0; i < length_len; i++)
            len = len << 8 | (*at)[i];
        *at += length_len;
        if (len > (size_t)(end - *at))
            return RTC_ERR_FORMAT;
        *ret_nal = (struct rtc_nal){*at, len};
        *at += len;
    }
    return len > 0;
}

static void write_unit(struct rtc_writer *w, const struct rtc_nal *nal,
                       bool zero_byte)
{
    if (zero_byte)
        rtc_write_u8(w, 0);
    rtc_write_u24(w, 1);
    rtc_write_bytes(w, nal->data, nal->len);
}

/* What an access unit has. */
struct content {
    bool has_sequence, has_picture, has_key;
};

/* Walks over all units; RTC_ERR_FORMAT when lengths do not fit. */
static int look_over(const struct rtc_matroska_track *t, const uint8_t *data,
                     size_t len, unsigned length_len,
                     struct content *ret_content)
{
    const uint8_t *at = data;
    struct rtc_nal nal;
    int got;

    *ret_content = (struct content){0};
    while ((got = next_unit(&at, data + len, length_len, &nal)) > 0)
        switch (unit_of(t->media.codec, &nal)) {
        case SEQUENCE_SET:
            ret_content->has_sequence = true;
            break;
        case PICTURE_SET:
            ret_content->has_picture = true;
            break;
        case KEY:
            ret_content->has_key = true;
            break;
        default:
            break;
        }
    return got;
}

static void learn_h264(struct rtc_matroska_track *t, const struct rtc_nal *nal)
{
    struct rtc_h264_sps sps;

    if (t->may_reorder && rtc_h264_is_b_slice(nal->data, nal->len))
        t->media.has_b_frames = true;
    if (h264_unit(nal->data[0]) != SEQUENCE_SET ||
        rtc_h264_sps_parse(nal->data, nal->len, &sps) < 0)
        return;
    t->media.width = (uint16_t)(sps.width < 65536 ? sps.width : 0);
    t->media.height = (uint16_t)(sps.height < 65536 ? sps.height : 0);
    t->media.h264_level_id = (uint32_t)sps.profile << 16 |
                             (uint32_t)sps.constraints << 8 | sps.level;
    t->may_reorder = sps.may_reorder;
    t->media.has_b_frames = t->media.has_b_frames || sps.will_reorder;
}

/* Learns from a unit of the stream or of CodecPrivate. */
static void learn(struct rtc_matroska_track *t, const struct rtc_nal *nal)
{
    struct rtc_hvcc_sps sps;

    if (t->media.codec == RTC_CODEC_H264) {
        learn_h264(t, nal);
    } else if (h265_unit(nal->data[0]) == SEQUENCE_SET &&
               rtc_hvcc_sps_parse(nal, &sps)) {
        t->media.width = sps.width;
        t->media.height = sps.height;
        t->media.has_b_frames = t->media.has_b_frames || sps.reorders;
    }
}

/* The stream's own parameter sets replace what was known. */
static void take_sets(struct rtc_matroska_track *t, const uint8_t *data,
                      size_t len, unsigned length_len)
{
    const uint8_t *at = data;
    struct rtc_writer sets;
    struct rtc_nal nal;

    rtc_writer_init(&sets, t->sets, sizeof t->sets);
    while (next_unit(&at, data + len, length_len, &nal) > 0)
        if (is_set(unit_of(t->media.codec, &nal)))
            write_unit(&sets, &nal, true);
    t->sets_len = sets.failed ? 0 : sets.len;
}

/* Lengths are what CodecPrivate promises; some muxers leave start codes. */
static bool has_start_code(const uint8_t *data, size_t len)
{
    static const uint8_t code[] = {0, 0, 0, 1};

    return len > 4 &&
           (memcmp(data, code, 4) == 0 || memcmp(data, code + 1, 3) == 0);
}

int rtc_matroska_nal_read(struct rtc_matroska_track *t, const uint8_t *data,
                          size_t len, struct rtc_writer *out, bool flagged)
{
    const uint8_t *at = data;
    unsigned length_len = t->length_len;
    struct content content;
    struct rtc_nal nal;
    bool wants_sets, first = true;

    if (look_over(t, data, len, length_len, &content) < 0) {
        if (!has_start_code(data, len))
            return RTC_ERR_FORMAT;
        length_len = 0;
        look_over(t, data, len, length_len, &content);
    }
    if (content.has_sequence && content.has_picture)
        take_sets(t, data, len, length_len);
    wants_sets = (content.has_key || flagged) && !content.has_sequence;
    while (next_unit(&at, data + len, length_len, &nal) > 0) {
        enum unit unit = unit_of(t->media.codec, &nal);

        learn(t, &nal);
        if (wants_sets && unit != DELIMITER) {
            rtc_write_bytes(out, t->sets, t->sets_len);
            first = first && t->sets_len == 0;
            wants_sets = false;
        }
        write_unit(out, &nal, first || is_set(unit));
        first = false;
    }
    return 0;
}

size_t rtc_matroska_nal_max(const struct rtc_matroska_track *t, size_t len)
{
    /* Each unit has a byte at least, and a start code of up to 4. */
    size_t least = t->length_len ? t->length_len + 1 : 4;

    return t->sets_len + len + 8 + (len / least + 1) * 3;
}

/* Units behind their lengths of 2 bytes, `count` of them. */
static void read_sets(struct rtc_reader *r, unsigned count,
                      struct rtc_matroska_track *t, struct rtc_writer *sets)
{
    while (count-- > 0 && !r->failed) {
        struct rtc_nal nal;

        nal.len = rtc_read_u16(r);
        nal.data = rtc_read_bytes(r, nal.len);
        if (r->failed || nal.len == 0 || !is_set(unit_of(t->media.codec, &nal)))
            continue;
        learn(t, &nal);
        write_unit(sets, &nal, true);
    }
}

/* AVCDecoderConfigurationRecord, ISO/IEC 14496-15 5.3.3.1. */
static void read_avcc(struct rtc_reader *r, struct rtc_matroska_track *t,
                      struct rtc_writer *sets)
{
    rtc_read_skip(r, 4);
    t->length_len = (rtc_read_u8(r) & 3) + 1U;
    read_sets(r, rtc_read_u8(r) & 0x1f, t, sets);
    read_sets(r, rtc_read_u8(r), t, sets);
}

/* HEVCDecoderConfigurationRecord, 8.3.3.1. */
static void read_hvcc(struct rtc_reader *r, struct rtc_matroska_track *t,
                      struct rtc_writer *sets)
{
    unsigned arrays = rtc_hvcc_read(r, &t->length_len);

    while (arrays-- > 0 && !r->failed) {
        rtc_read_skip(r, 1);
        read_sets(r, rtc_read_u16(r), t, sets);
    }
}

int rtc_matroska_nal_private_read(struct rtc_matroska_track *t,
                                  const uint8_t *data, size_t len)
{
    struct rtc_writer sets;
    struct rtc_reader r;

    if (len == 0)
        return 0;
    if (has_start_code(data, len)) {
        take_sets(t, data, len, 0);
        return 0;
    }
    rtc_writer_init(&sets, t->sets, sizeof t->sets);
    rtc_reader_init(&r, data, len);
    if (t->media.codec == RTC_CODEC_H265)
        read_hvcc(&r, t, &sets);
    else
        read_avcc(&r, t, &sets);
    t->sets_len = sets.len;
    return r.failed || sets.failed ? RTC_ERR_FORMAT : 0;
}

/* ---- writing ----------------------------------------------------------- */

static bool has_unit(const uint8_t *sets, size_t len, const struct rtc_nal *nal)
{
    const uint8_t *at = sets;
    struct rtc_nal other;

    while (rtc_nal_next(&at, sets + len, &other))
        if (other.len == nal->len &&
            memcmp(other.data, nal->data, nal->len) == 0)
            return true;
    return false;
}

/* Appends the parameter sets of an access unit. True when a sequence and a
 * picture parameter set are there. */
static bool find_sets(enum rtc_codec codec, const uint8_t *frame, size_t len,
                      struct rtc_writer *sets)
{
    const uint8_t *at = frame;
    bool has_sequence = false, has_picture = false;
    struct rtc_nal nal;

    while (rtc_nal_next(&at, frame + len, &nal)) {
        enum unit unit = unit_of(codec, &nal);

        has_sequence = has_sequence || unit == SEQUENCE_SET;
        has_picture = has_picture || unit == PICTURE_SET;
        if (is_set(unit) && !has_unit(sets->data, sets->len, &nal))
            write_unit(sets, &nal, true);
    }
    return has_sequence && has_picture && !sets->failed;
}

bool rtc_matroska_nal_describe(struct rtc_media_track *track,
                               const uint8_t *frame, size_t len,
                               struct rtc_writer *sets)
{
    struct rtc_matroska_track t = {.media.codec = track->codec};
    const uint8_t *at = frame;
    struct rtc_nal nal;

    if (!find_sets(track->codec, frame, len, sets))
        return false;
    while (rtc_nal_next(&at, frame + len, &nal))
        learn(&t, &nal);
    track->has_b_frames = track->has_b_frames || t.media.has_b_frames;
    if (t.media.width > 0 && t.media.height > 0) {
        track->width = t.media.width;
        track->height = t.media.height;
    }
    return true;
}

/* Whether the access unit has parameter sets of its own, and whether all of
 * them are among `sets`. */
static bool has_sets(enum rtc_codec codec, const uint8_t *frame, size_t len,
                     const uint8_t *sets, size_t sets_len, bool *ret_known)
{
    const uint8_t *at = frame;
    bool found = false;
    struct rtc_nal nal;

    *ret_known = true;
    while (rtc_nal_next(&at, frame + len, &nal))
        if (is_set(unit_of(codec, &nal))) {
            found = true;
            *ret_known = *ret_known && has_unit(sets, sets_len, &nal);
        }
    return found;
}

void rtc_matroska_nal_write(struct rtc_writer *w, enum rtc_codec codec,
                            const uint8_t *frame, size_t len,
                            const uint8_t *sets, size_t sets_len, bool *changed)
{
    const uint8_t *at = frame;
    size_t start = w->len;
    struct rtc_nal nal;
    bool known;

    /* Once others were in use, those of CodecPrivate must be told again, too.
     */
    if (has_sets(codec, frame, len, sets, sets_len, &known) && !known)
        *changed = true;
    while (rtc_nal_next(&at, frame + len, &nal)) {
        if (!*changed && is_set(unit_of(codec, &nal)))
            continue;
        rtc_write_u32(w, (uint32_t)nal.len);
        rtc_write_bytes(w, nal.data, nal.len);
    }
    /* A block cannot be empty. */
    if (w->len > start)
        return;
    *changed = true;
    rtc_matroska_nal_write(w, codec, frame, len, sets, sets_len, changed);
}

static unsigned count_sets(enum rtc_codec codec, const uint8_t *sets,
                           size_t len, enum unit kind)
{
    const uint8_t *at = sets;
    unsigned count = 0;
    struct rtc_nal nal;

    while (rtc_nal_next(&at, sets + len, &nal))
        count += unit_of(codec, &nal) == kind;
    return count;
}

static void write_sets(struct rtc_writer *w, enum rtc_codec codec,
                       const uint8_t *sets, size_t len, enum unit kind)
{
    const uint8_t *at = sets;
    struct rtc_nal nal;

    while (rtc_nal_next(&at, sets + len, &nal))
        if (unit_of(codec, &nal) == kind) {
            rtc_write_u16(w, (uint16_t)nal.len);
            rtc_write_bytes(w, nal.data, nal.len);
        }
}

static void write_avcc(struct rtc_writer *w, const uint8_t *sets, size_t len)
{
    unsigned sequence = count_sets(RTC_CODEC_H264, sets, len, SEQUENCE_SET);
    unsigned picture = count_sets(RTC_CODEC_H264, sets, len, PICTURE_SET);
    const uint8_t *at = sets;
    struct rtc_nal nal = {0};

    while (rtc_nal_next(&at, sets + len, &nal) &&
           h264_unit(nal.data[0]) != SEQUENCE_SET)
        ;
    /* More than the counts can say: the stream keeps them itself. */
    if (nal.len < 4 || sequence > 31 || picture > 255)
        return;
    rtc_write_u8(w, 1);
    rtc_write_bytes(w, nal.data + 1, 3); /* profile, constraints, level */
    rtc_write_u8(w, 0xfc | 3);           /* lengths of 4 bytes */
    rtc_write_u8(w, (uint8_t)(0xe0 | sequence));
    write_sets(w, RTC_CODEC_H264, sets, len, SEQUENCE_SET);
    rtc_write_u8(w, (uint8_t)picture);
    write_sets(w, RTC_CODEC_H264, sets, len, PICTURE_SET);
    /* High profile goes on: 4:2:0 of 8 bits, no extensions of the sets. */
    if (nal.data[1] == 100)
        rtc_write_u32(w, 0xfdf8f800);
}

void rtc_matroska_nal_private_write(struct rtc_writer *w, enum rtc_codec codec,
                                    const uint8_t *sets, size_t sets_len)
{
    if (codec == RTC_CODEC_H265)
        rtc_hvcc_write(w, sets, sets_len);
    else
        write_avcc(w, sets, sets_len);
}
