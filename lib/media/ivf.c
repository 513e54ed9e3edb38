/* SPDX-License-Identifier: MIT
 * IVF, the file format of libvpx: a header of 32 bytes (FourCC, size of the
 * picture, unit of time, count of frames), then frames, each behind 12 bytes
 * that say its length and time. The count is neither believed nor written,
 * since a pipe cannot go back to it. AV1 frames begin with a temporal delimiter
 * in the file, which frames of rtc.h do not have. */
#include <string.h>

#include "codec/codec.h"
#include "codec/obu.h"
#include "codec/vp9.h"
#include "media/format.h"
#include "media/little.h"

#define HEADER_LEN 32
#define FRAME_HEADER_LEN 12

static const struct {
    enum rtc_codec codec;
    char fourcc[5];
} codecs[] = {
    {RTC_CODEC_VP8, "VP80"},
    {RTC_CODEC_VP9, "VP90"},
    {RTC_CODEC_AV1, "AV01"},
};
#define CODEC_COUNT (sizeof codecs / sizeof *codecs)

static const uint8_t delimiter[] = {
    RTC_OBU_TEMPORAL_DELIMITER << 3 | RTC_OBU_SIZED, 0};

/* ---- reading ----------------------------------------------------------- */

struct ivf_reader {
    uint32_t base_num, base_den;
    uint64_t frames; /* read so far */
};

static int probe(const uint8_t *data, size_t len)
{
    if (memcmp(data, "DKIF", len < 4 ? len : 4) != 0)
        return -1;
    return len >= 4;
}

static int fail_fourcc(struct rtc_media_reader *r, const uint8_t *fourcc)
{
    char name[5] = {0};

    for (size_t i = 0; i < 4; i++)
        name[i] = fourcc[i] > ' ' && fourcc[i] < 0x7f ? (char)fourcc[i] : '?';
    return rtc_media_reader_fail(r, RTC_ERR_UNSUPPORTED,
                                 "IVF with the codec `%s', where VP8, VP9 and "
                                 "AV1 are read: encode it as VP8 (ffmpeg -c:v "
                                 "libvpx)",
                                 name);
}

static enum rtc_codec codec_of(const uint8_t *fourcc)
{
    for (size_t i = 0; i < CODEC_COUNT; i++)
        if (memcmp(fourcc, codecs[i].fourcc, 4) == 0)
            return codecs[i].codec;
    return RTC_CODEC_NONE;
}

/* 1 when the header was read, 0 when it is not all there. */
static int read_header(struct rtc_media_reader *r)
{
    struct ivf_reader *ivf = r->state;
    const uint8_t *p = r->data + r->start;
    size_t left = r->len - r->start;
    size_t header_len;

    if (probe(p, left) < 0)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                     "not IVF: it does not begin with DKIF");
    if (left < HEADER_LEN)
        return 0;
    if (codec_of(p + 8) == RTC_CODEC_NONE)
        return fail_fourcc(r, p + 8);
    header_len = (size_t)rtc_get_little(p + 6, 2);
    ivf->base_den = (uint32_t)rtc_get_little(p + 16, 4);
    ivf->base_num = (uint32_t)rtc_get_little(p + 20, 4);
    if (header_len < HEADER_LEN)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT, "IVF header of %zu bytes; it has at least %d",
            header_len, HEADER_LEN);
    if (ivf->base_num == 0 || ivf->base_den == 0)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT, "IVF header with the impossible time base %u/%u",
            (unsigned)ivf->base_num, (unsigned)ivf->base_den);
    if (left < header_len)
        return 0;
    r->tracks[0] = rtc_media_track_of(codec_of(p + 8));
    r->tracks[0].width = (uint16_t)rtc_get_little(p + 12, 2);
    r->tracks[0].height = (uint16_t)rtc_get_little(p + 14, 2);
    r->track_count = 1;
    rtc_media_reader_drop(r, header_len);
    return 1;
}

/* The input ended with a part of something that should have `want` bytes. */
static int fail_cut(struct rtc_media_reader *r, size_t want)
{
    const struct ivf_reader *ivf = r->state;
    size_t left = r->len - r->start;

    if (!r->track_count)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                     "cut short in the IVF header, at byte %zu",
                                     left);
    return rtc_media_reader_fail(
        r, RTC_ERR_FORMAT,
        "cut short in frame %llu at byte %llu: %zu of %zu bytes are there",
        (unsigned long long)ivf->frames + 1, (unsigned long long)r->offset,
        left, want);
}

/* Bytes of the delimiters in front of an AV1 frame. */
static size_t delimiters_len(const struct rtc_media_frame *frame)
{
    const uint8_t *at = frame->data, *end = frame->data + frame->len;
    const uint8_t *behind = at;
    struct rtc_obu obu;

    while (frame->codec == RTC_CODEC_AV1 && rtc_obu_next(&at, end, &obu) > 0 &&
           obu.type == RTC_OBU_TEMPORAL_DELIMITER)
        behind = at;
    return (size_t)(behind - frame->data);
}

/* Gives the frame at the start of the buffer, or 0. `ret_want`: how many bytes
 * it has with its header, as far as is known. */
static int read_frame(struct rtc_media_reader *r,
                      struct rtc_media_frame *ret_frame, size_t *ret_want)
{
    struct ivf_reader *ivf = r->state;
    const uint8_t *p = r->data + r->start;
    size_t left = r->len - r->start, len, skip;
    enum rtc_codec codec = r->tracks[0].codec;
    uint64_t time;

    *ret_want = FRAME_HEADER_LEN;
    if (left < FRAME_HEADER_LEN)
        return 0;
    len = (size_t)rtc_get_little(p, 4);
    time = rtc_get_little(p + 4, 8);
    if (len > RTC_MEDIA_FRAME_MAX || time > INT64_MAX)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "frame %llu at byte %llu: length %zu or time %llu is impossible: "
            "the file is damaged",
            (unsigned long long)ivf->frames + 1, (unsigned long long)r->offset,
            len, (unsigned long long)time);
    *ret_want += len;
    if (left < *ret_want)
        return 0;
    *ret_frame = (struct rtc_media_frame){
        .codec = codec,
        .data = p + FRAME_HEADER_LEN,
        .len = len,
        .time = (int64_t)time,
        .base_num = ivf->base_num,
        .base_den = ivf->base_den,
        .keyframe =
            rtc_codec_entry(codec)->is_keyframe(p + FRAME_HEADER_LEN, len),
    };
    skip = delimiters_len(ret_frame);
    ret_frame->data += skip;
    ret_frame->len -= skip;
    ivf->frames++;
    rtc_media_reader_drop(r, *ret_want);
    return 1;
}

static int pop(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    size_t want = HEADER_LEN;
    int got = r->track_count > 0 ? 1 : read_header(r);

    if (got > 0)
        /* Encoders that drop a picture may leave an empty frame for it. */
        do
            got = read_frame(r, ret_frame, &want);
        while (got > 0 && ret_frame->len == 0);
    if (got == 0 && r->ended && (r->len > r->start || !r->track_count))
        return fail_cut(r, want);
    return got;
}

/* ---- writing ----------------------------------------------------------- */

struct ivf_writer {
    uint32_t base_num, base_den;
    int64_t next_time; /* the earliest the next frame may have */
};

static uint16_t size_of(uint32_t size)
{
    return size <= UINT16_MAX ? (uint16_t)size : 0;
}

/* Key frames tell the size of the picture; of VP8 in 14 bits each (RFC 6386
 * 9.1). */
static void take_size(struct rtc_media_track *track,
                      const struct rtc_media_frame *frame)
{
    struct rtc_av1_sequence av1;
    struct rtc_vp9_header vp9;

    if (!rtc_codec_entry(track->codec)->is_keyframe(frame->data, frame->len))
        return;
    if (track->codec == RTC_CODEC_VP8) {
        track->width = rtc_get_little(frame->data + 6, 2) & 0x3fff;
        track->height = rtc_get_little(frame->data + 8, 2) & 0x3fff;
    } else if (track->codec == RTC_CODEC_VP9 &&
               rtc_vp9_header_parse(frame->data, frame->len, &vp9)) {
        track->width = size_of(vp9.width);
        track->height = size_of(vp9.height);
    } else if (track->codec == RTC_CODEC_AV1 &&
               rtc_av1_sequence_of(frame->data, frame->len, &av1)) {
        track->width = size_of(av1.width);
        track->height = size_of(av1.height);
    }
}

static const char *fourcc_of(enum rtc_codec codec)
{
    size_t i = 0;

    while (codecs[i].codec != codec)
        i++;
    return codecs[i].fourcc;
}

static int write_header(struct rtc_media_writer *w,
                        const struct rtc_media_frame *frame)
{
    struct ivf_writer *ivf = w->state;
    uint8_t header[HEADER_LEN] = "DKIF";

    ivf->base_num = w->config.base_num ? w->config.base_num : 1;
    ivf->base_den = w->config.base_den ? w->config.base_den : 90000;
    take_size(&w->tracks[0], frame);
    rtc_put_little(header + 6, HEADER_LEN, 2);
    memcpy(header + 8, fourcc_of(w->tracks[0].codec), 4);
    rtc_put_little(header + 12, w->tracks[0].width, 2);
    rtc_put_little(header + 14, w->tracks[0].height, 2);
    rtc_put_little(header + 16, ivf->base_den, 4);
    rtc_put_little(header + 20, ivf->base_num, 4);
    return rtc_media_writer_append(w, header, sizeof header);
}

static int write_frame(struct rtc_media_writer *w,
                       const struct rtc_media_frame *frame)
{
    struct ivf_writer *ivf = w->state;
    uint8_t header[FRAME_HEADER_LEN + sizeof delimiter];
    bool delimited = w->tracks[0].codec == RTC_CODEC_AV1;
    size_t before = delimited ? sizeof delimiter : 0;
    int64_t time;
    int error;

    if (frame->base_num == 0 || frame->base_den == 0)
        return RTC_ERR_ARG;
    if (!w->started && (error = write_header(w, frame)))
        return error;
    /* Readers drop frames of a time they have seen: move them on. */
    time = rtc_media_writer_time(w, frame, ivf->base_num, ivf->base_den);
    if (time < ivf->next_time)
        time = ivf->next_time;
    rtc_put_little(header, before + frame->len, 4);
    rtc_put_little(header + 4, (uint64_t)time, 8);
    memcpy(header + FRAME_HEADER_LEN, delimiter, sizeof delimiter);
    error = rtc_media_writer_append(w, header, FRAME_HEADER_LEN + before);
    if (error || (error = rtc_media_writer_append(w, frame->data, frame->len)))
        return error;
    ivf->next_time = time < INT64_MAX ? time + 1 : time;
    return 0;
}

const struct rtc_media_entry rtc_media_ivf = {
    .format = RTC_MEDIA_IVF,
    .name = "ivf",
    .extensions = "ivf",
    .codecs = RTC_MEDIA_CODEC(RTC_CODEC_VP8) | RTC_MEDIA_CODEC(RTC_CODEC_VP9) |
              RTC_MEDIA_CODEC(RTC_CODEC_AV1),
    .tracks_most = 1,
    .probe = probe,
    .reader_len = sizeof(struct ivf_reader),
    .buffer_max = RTC_MEDIA_FRAME_MAX + FRAME_HEADER_LEN,
    .pop = pop,
    .writer_len = sizeof(struct ivf_writer),
    .frame = write_frame,
};
