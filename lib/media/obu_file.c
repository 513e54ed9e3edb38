/* SPDX-License-Identifier: MIT
 * AV1 as a bare stream of OBUs that have their sizes (AV1 specification 5.2),
 * cut into temporal units at their delimiters (7.5), which frames of rtc.h do
 * not have. The stream has no times; they come from the caller's frame rate.
 * The other form, with lengths before all (annex B there), is recognised and
 * refused. */
#include <string.h>

#include "codec/codec.h"
#include "codec/obu.h"
#include "media/format.h"

/* Enough to tell what a stream begins with. */
#define TELLING_LEN 3
#define DELIMITER (RTC_OBU_TEMPORAL_DELIMITER << 3)

static const uint8_t delimiter[] = {DELIMITER | RTC_OBU_SIZED, 0};

/* ---- reading ----------------------------------------------------------- */

struct obu_reader {
    size_t scan;    /* bytes of the unit in work that are whole OBUs */
    bool has_frame; /* among them is one */
    bool skipping;  /* a hint was followed: what comes may belong to it */
    bool torn;      /* something did */
    uint64_t frames;
};

/* A delimiter without content, and a header as only OBUs have it behind one. */
static int probe_obu(const uint8_t *data, size_t len)
{
    if (memcmp(data, delimiter, len < 2 ? len : 2) != 0)
        return -1;
    if (len < TELLING_LEN)
        return 0;
    return (data[2] & (RTC_OBU_FORBIDDEN | RTC_OBU_SIZED)) == RTC_OBU_SIZED
               ? 1
               : -1;
}

/* Annex B: the lengths of the temporal unit, of its first frame unit within,
 * and of an OBU of one byte, which is the delimiter, or of two with a size. */
static int probe_lengths(const uint8_t *data, size_t len)
{
    size_t unit, frame, obu;
    int unit_len = rtc_leb128_read(data, len, &unit);
    int frame_len =
        unit_len <= 0
            ? unit_len
            : rtc_leb128_read(data + unit_len, len - (size_t)unit_len, &frame);
    size_t at = (size_t)unit_len + (size_t)frame_len;

    if (unit_len < 0 || frame_len < 0)
        return -1;
    if (unit_len == 0 || frame_len == 0 || len - at < 2)
        return 0;
    obu = data[at];
    if (frame >= unit || obu > 2 || obu >= frame)
        return -1;
    if (obu == 1)
        return data[at + 1] == DELIMITER ? 1 : -1;
    if (len - at < 3)
        return 0;
    return memcmp(data + at + 1, delimiter, 2) == 0 ? 1 : -1;
}

static int probe(const uint8_t *data, size_t len)
{
    int found = probe_obu(data, len), lengths;

    if (found > 0)
        return 1;
    lengths = probe_lengths(data, len);
    return found == 0 || lengths >= 0 ? lengths > 0 : -1;
}

static int fail_start(struct rtc_media_reader *r, const uint8_t *p, size_t left)
{
    if (probe_lengths(p, left) > 0)
        return rtc_media_reader_fail(
            r, RTC_ERR_UNSUPPORTED,
            "this is AV1 with lengths (annex B), which is not read: convert it "
            "with ffmpeg -c copy to ivf or obu");
    return rtc_media_reader_fail(
        r, RTC_ERR_FORMAT,
        "not a stream of AV1 OBUs: it does not begin with a temporal delimiter "
        "(ffmpeg -c copy -f obu makes one)");
}

/* 1 when the stream begins as it should. */
static int begin(struct rtc_media_reader *r)
{
    const uint8_t *p = r->data + r->start;
    size_t left = r->len - r->start;
    int found = probe(p, left);

    if (found == 0 && r->ended)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                     "the stream ends before its first frame");
    if (found == 0)
        return 0;
    if (found < 0 || probe_obu(p, left) < 0)
        return fail_start(r, p, left);
    r->tracks[0] = rtc_media_track_of(RTC_CODEC_AV1);
    r->track_count = 1;
    return 1;
}

static void take_size(struct rtc_media_track *track,
                      const struct rtc_media_frame *frame)
{
    struct rtc_av1_sequence sequence;

    if (!rtc_av1_sequence_of(frame->data, frame->len, &sequence))
        return;
    track->width = (uint16_t)(sequence.width < 65536 ? sequence.width : 0);
    track->height = (uint16_t)(sequence.height < 65536 ? sequence.height : 0);
}

/* Gives the OBUs that were looked at. */
static int give(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    struct obu_reader *o = r->state;
    const uint8_t *p = r->data + r->start;
    bool timed = r->options.fps_num && r->options.fps_den;

    *ret_frame = (struct rtc_media_frame){
        .codec = RTC_CODEC_AV1,
        .data = p,
        .len = o->scan,
        .time = timed ? (int64_t)o->frames : -1,
        .duration = timed ? 1 : 0,
        .base_num = timed ? r->options.fps_den : 0,
        .base_den = timed ? r->options.fps_num : 0,
        .keyframe = rtc_codec_entry(RTC_CODEC_AV1)->is_keyframe(p, o->scan),
    };
    take_size(&r->tracks[0], ret_frame);
    rtc_media_reader_drop(r, o->scan);
    o->frames++;
    o->scan = 0;
    o->has_frame = false;
    return 1;
}

/* Takes a whole OBU of a frame that a hint ended, and one behind it, off. */
static void drop_torn(struct rtc_media_reader *r, size_t len)
{
    struct obu_reader *o = r->state;

    r->torn += !o->torn;
    o->torn = true;
    rtc_media_reader_drop(r, len);
}

static void take_obu(struct rtc_media_reader *r, const struct rtc_obu *obu,
                     size_t len)
{
    struct obu_reader *o = r->state;

    if (obu->type == RTC_OBU_TEMPORAL_DELIMITER) {
        o->skipping = o->torn = false;
        rtc_media_reader_drop(r, len);
    } else if (o->skipping) {
        drop_torn(r, len);
    } else {
        o->scan += len;
        o->has_frame = o->has_frame || obu->type == RTC_OBU_FRAME ||
                       obu->type == RTC_OBU_FRAME_HEADER;
    }
}

static int fail_at(struct rtc_media_reader *r, const char *what)
{
    const struct obu_reader *o = r->state;

    return rtc_media_reader_fail(
        r, RTC_ERR_FORMAT, "frame %llu at byte %llu: %s",
        (unsigned long long)o->frames + 1, (unsigned long long)r->offset, what);
}

/* The OBU behind those looked at: 1 and its length; 0 when it is not all there,
 * or an error. */
static int look(struct rtc_media_reader *r, struct rtc_obu *ret_obu,
                size_t *ret_len)
{
    const struct obu_reader *o = r->state;
    size_t left = r->len - r->start - o->scan;
    int head = rtc_obu_head(r->data + r->start + o->scan, left, ret_obu);

    if (head < 0)
        return fail_at(r, "an OBU is malformed or has no size: the file is "
                          "damaged");
    if (head > 0 && ret_obu->len > RTC_MEDIA_FRAME_MAX - o->scan)
        return fail_at(r, "it is larger than 16 MiB: the file is damaged");
    if (head > 0 && ret_obu->len <= left - (size_t)head) {
        *ret_len = (size_t)head + ret_obu->len;
        return 1;
    }
    return r->ended && left > 0 ? fail_at(r, "it is cut short") : 0;
}

static int pop(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    struct obu_reader *o = r->state;
    int got = r->track_count > 0 ? 1 : begin(r);
    struct rtc_obu obu;
    size_t len = 0;

    if (got <= 0)
        return got;
    while ((got = look(r, &obu, &len)) > 0) {
        if (obu.type == RTC_OBU_TEMPORAL_DELIMITER && o->scan > 0)
            return give(r, ret_frame);
        take_obu(r, &obu, len);
    }
    if (got < 0 || o->scan == 0)
        return got;
    if (r->ended)
        return give(r, ret_frame);
    /* On a hint, unless another OBU has begun or the picture is to come. */
    if (!r->idle || !o->has_frame || r->len - r->start > o->scan)
        return 0;
    o->skipping = true;
    return give(r, ret_frame);
}

/* ---- writing ----------------------------------------------------------- */

struct obu_writer {
    char none; /* every frame stands for itself */
};

static int write_frame(struct rtc_media_writer *w,
                       const struct rtc_media_frame *frame)
{
    const uint8_t *at = frame->data;
    struct rtc_obu obu;
    int got;

    while ((got = rtc_obu_next(&at, frame->data + frame->len, &obu)) > 0)
        ;
    if (got < 0)
        return RTC_ERR_FORMAT;
    got = rtc_media_writer_append(w, delimiter, sizeof delimiter);
    return got ? got : rtc_media_writer_append(w, frame->data, frame->len);
}

const struct rtc_media_entry rtc_media_obu = {
    .format = RTC_MEDIA_OBU,
    .name = "obu",
    .extensions = "obu av1",
    .codecs = RTC_MEDIA_CODEC(RTC_CODEC_AV1),
    .tracks_most = 1,
    .probe = probe,
    .reader_len = sizeof(struct obu_reader),
    /* With room for the head of the OBU behind the longest frame. */
    .buffer_max = RTC_MEDIA_FRAME_MAX + 64,
    .pop = pop,
    .writer_len = sizeof(struct obu_writer),
    .frame = write_frame,
};
