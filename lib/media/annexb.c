/* SPDX-License-Identifier: MIT
 * H.264 byte streams (ITU-T H.264 Annex B): cut into access units (7.4.1.2.3),
 * whose bytes stay as they are. The stream has no times; they come from the
 * caller's frame rate or the one in the sequence parameter set (E.2.1). The
 * writer repeats parameter sets, so that one can begin at every key frame. */
#include <string.h>

#include "codec/codec.h"
#include "codec/h264_sps.h"
#include "codec/nal.h"
#include "media/format.h"

/* Enough behind 00 00 01 to tell whether a unit starts an access unit. */
#define CODE_LEN 3
#define TELLING_LEN 2

/* ---- reading ----------------------------------------------------------- */

struct annexb_reader {
    size_t scan;     /* bytes of the unit in work that were looked at */
    bool begun;      /* the first start code was seen */
    bool has_slice;  /* the unit in work has one */
    bool ends_slice; /* the last NAL unit seen is one */
    bool skipping;   /* a hint was followed: what comes may belong to it */
    bool torn;       /* something did */
    uint64_t frames;
    uint32_t base_num, base_den; /* 0: not known */
    bool base_settled;
    bool may_reorder; /* by the last sequence parameter set */
};

/* The first bytes of an H.265 stream are a parameter set or delimiter: types
 * 32 to 35 of layer 0 (H.265 7.3.1.2), which make no sense in H.264. */
static bool is_h265(const uint8_t *nal)
{
    return (nal[0] & 0x81) == 0 && nal[0] >> 1 >= 32 && nal[0] >> 1 <= 35 &&
           nal[1] == 1;
}

/* forbidden_zero_bit and a type that streams have (table 7-1). */
static bool is_h264(const uint8_t *nal)
{
    unsigned type = rtc_h264_type(nal[0]);

    return !(nal[0] & 0x80) && type >= 1 && type <= 20;
}

/* Looks for zeros, at least two, 01, and a header. 1 and its place; 0: too
 * short to tell; -1: something else. */
static int find_first(const uint8_t *data, size_t len, size_t *ret_nal)
{
    size_t at = 0;

    while (at < len && data[at] == 0)
        at++;
    if (at == len || (at >= 2 && data[at] == 1 && len - at <= TELLING_LEN))
        return 0;
    if (at < 2 || data[at] != 1)
        return -1;
    *ret_nal = at + 1;
    return 1;
}

static int probe(const uint8_t *data, size_t len)
{
    size_t nal;
    int found = find_first(data, len, &nal);

    if (found <= 0)
        return found;
    return is_h264(data + nal) || is_h265(data + nal) ? 1 : -1;
}

/* 1 when the stream begins as it should; drops zeros before the start code. */
static int begin(struct rtc_media_reader *r)
{
    struct annexb_reader *a = r->state;
    const uint8_t *p = r->data + r->start;
    size_t left = r->len - r->start, nal = 0;
    int found = find_first(p, left, &nal);

    if (found == 0 && left > CODE_LEN && p[left - 1] == 0)
        rtc_media_reader_drop(r, left - CODE_LEN);
    if (found == 0)
        return 0;
    if (found < 0)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "not an H.264 byte stream: it begins with %02x and not with a "
            "start code (ffmpeg -bsf:v h264_mp4toannexb makes one)",
            p[0]);
    if (is_h265(p + nal))
        return rtc_media_reader_fail(
            r, RTC_ERR_UNSUPPORTED,
            "this is H.265, which is not supported yet: encode it as H.264 "
            "(ffmpeg -c:v libx264 -bf 0)");
    if (!is_h264(p + nal))
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "not an H.264 byte stream: its first unit has the header %02x",
            p[nal]);
    if (nal > CODE_LEN + 1)
        rtc_media_reader_drop(r, nal - CODE_LEN - 1);
    r->tracks[0] = rtc_media_track_of(RTC_CODEC_H264);
    r->track_count = 1;
    a->begun = true;
    return 1;
}

/* A rate that somebody meant: VUI timing is often a tick of a fine clock and no
 * frame rate. */
static bool is_frame_rate(uint64_t num, uint64_t den)
{
    return den > 0 && num >= den && num <= 300 * den;
}

static void read_sps(struct rtc_media_reader *r, const struct rtc_nal *nal)
{
    struct annexb_reader *a = r->state;
    struct rtc_h264_sps sps;

    if (rtc_h264_sps_parse(nal->data, nal->len, &sps) < 0)
        return;
    r->tracks[0].width = (uint16_t)(sps.width < 65536 ? sps.width : 0);
    r->tracks[0].height = (uint16_t)(sps.height < 65536 ? sps.height : 0);
    r->tracks[0].h264_level_id = (uint32_t)sps.profile << 16 |
                                 (uint32_t)sps.constraints << 8 | sps.level;
    a->may_reorder = sps.may_reorder;
    r->tracks[0].has_b_frames = r->tracks[0].has_b_frames || sps.will_reorder;
    /* A tick is a field's time, a frame has two (E.2.1). */
    if (!a->base_settled && sps.tick <= UINT32_MAX / 2 &&
        is_frame_rate(sps.time_scale, (uint64_t)sps.tick * 2)) {
        a->base_num = sps.tick * 2;
        a->base_den = sps.time_scale;
    }
}

/* Learns from the units of a whole access unit. */
static void look_at(struct rtc_media_reader *r, const uint8_t *data, size_t len)
{
    struct annexb_reader *a = r->state;
    const uint8_t *at = data, *end = data + len;
    struct rtc_nal nal;

    while (rtc_nal_next(&at, end, &nal))
        if (rtc_h264_type(nal.data[0]) == RTC_H264_SPS)
            read_sps(r, &nal);
        else if (a->may_reorder && rtc_h264_is_b_slice(nal.data, nal.len))
            r->tracks[0].has_b_frames = true;
    if (!a->base_settled && r->options.fps_num && r->options.fps_den) {
        a->base_num = r->options.fps_den;
        a->base_den = r->options.fps_num;
    }
    /* Once a frame has gone out with or without a time, so do the others. */
    a->base_settled = true;
}

static int give(struct rtc_media_reader *r, size_t len,
                struct rtc_media_frame *ret_frame)
{
    struct annexb_reader *a = r->state;
    const uint8_t *p = r->data + r->start;

    look_at(r, p, len);
    *ret_frame = (struct rtc_media_frame){
        .codec = RTC_CODEC_H264,
        .data = p,
        .len = len,
        .time = a->base_den ? (int64_t)a->frames : -1,
        .duration = a->base_den ? 1 : 0,
        .base_num = a->base_num,
        .base_den = a->base_den,
        .keyframe = rtc_codec_entry(RTC_CODEC_H264)->is_keyframe(p, len),
    };
    a->frames++;
    a->scan = 0;
    a->has_slice = a->ends_slice = false;
    rtc_media_reader_drop(r, len);
    return 1;
}

/* Where a unit begins whose start code is at `code`: its zero_byte counts
 * (B.1.2). */
static size_t unit_start(const uint8_t *p, size_t code)
{
    return code > 0 && p[code - 1] == 0 ? code - 1 : code;
}

/* Offset of the next start code at or behind `from` with enough behind it to
 * tell what it starts; false: not there yet, `*ret_code` is where to look on.
 */
static bool find_code(const struct rtc_media_reader *r, size_t from,
                      size_t *ret_code)
{
    const uint8_t *p = r->data + r->start, *end = r->data + r->len;
    const uint8_t *code = rtc_nal_find(p + from, end);
    size_t left = r->len - r->start;

    if (code < end) {
        *ret_code = (size_t)(code - p);
        return r->ended || left - *ret_code >= CODE_LEN + TELLING_LEN;
    }
    /* The last bytes may be the first ones of a start code. */
    *ret_code = left - from < CODE_LEN ? from : left - CODE_LEN + 1;
    return false;
}

/* After a hint was followed: drops what comes late of that frame, so that it is
 * not taken for one. False while there may be more of it. */
static bool skip_torn(struct rtc_media_reader *r)
{
    struct annexb_reader *a = r->state;
    size_t code, start;
    bool found, next, torn = a->torn;

    do {
        const uint8_t *p = r->data + r->start;

        found = find_code(r, 0, &code);
        next =
            found && rtc_h264_starts_frame(p + code + CODE_LEN,
                                           r->len - r->start - code - CODE_LEN);
        start = unit_start(p, code);
        if (found && !next)
            start = code + CODE_LEN;
        for (size_t i = 0; i < start; i++)
            torn = torn || p[i] != 0;
        rtc_media_reader_drop(r, start);
    } while (found && !next);
    if (torn && !a->torn)
        r->torn++;
    a->torn = torn && !next;
    a->skipping = !next;
    return next;
}

/* No further start code: what is left is a whole access unit if the stream
 * ended, and on a hint if it looks like one. */
static int pop_rest(struct rtc_media_reader *r,
                    struct rtc_media_frame *ret_frame)
{
    struct annexb_reader *a = r->state;
    const uint8_t *end = r->data + r->len;
    size_t left = r->len - r->start;

    if (r->ended && a->has_slice)
        return give(r, left, ret_frame);
    if (r->ended)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "the stream ends at byte %llu with %zu bytes that hold no picture",
            (unsigned long long)(r->offset + left), left);
    if (left > RTC_MEDIA_FRAME_MAX)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "frame %llu at byte %llu is larger than 16 MiB: this is hardly an "
            "H.264 byte stream",
            (unsigned long long)a->frames + 1, (unsigned long long)r->offset);
    /* More must follow a 00, in which no slice ends (7.4.1), and a start code
     * of which too little is there. */
    if (!r->idle || !a->ends_slice || end[-1] == 0 ||
        rtc_nal_find(r->data + r->start + a->scan, end) < end)
        return 0;
    a->skipping = true;
    return give(r, left, ret_frame);
}

static int pop(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    struct annexb_reader *a = r->state;
    const uint8_t *p;
    size_t code;
    int begun = a->begun ? 1 : begin(r);

    if (begun == 0 && r->ended)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                     "the stream ends before its first unit");
    if (begun <= 0)
        return begun;
    if (a->skipping && !skip_torn(r))
        return 0;
    p = r->data + r->start;
    while (find_code(r, a->scan, &code)) {
        const uint8_t *nal = p + code + CODE_LEN;
        size_t left = (size_t)(r->data + r->len - nal);

        /* The stream may also end within the start of a slice. */
        if (a->has_slice && (rtc_h264_starts_frame(nal, left) || left == 0 ||
                             (left < TELLING_LEN && rtc_h264_is_slice(nal[0]))))
            return give(r, unit_start(p, code), ret_frame);
        a->ends_slice = left >= TELLING_LEN && rtc_h264_is_slice(nal[0]);
        a->has_slice = a->has_slice || a->ends_slice;
        a->scan = code + CODE_LEN;
    }
    a->scan = code;
    return r->len > r->start ? pop_rest(r, ret_frame) : 0;
}

/* ---- writing ----------------------------------------------------------- */

/* Parameter sets seen last. Streams have one or two of each kind; of one that
 * has more, or sets of unusual length, the surplus is not repeated. */
#define SET_MOST 16
#define SET_LEN_MAX 512

struct parameter_set {
    uint32_t id;
    size_t len;
    uint8_t data[SET_LEN_MAX];
};

struct parameter_sets {
    struct parameter_set sets[SET_MOST];
    unsigned count;
};

struct annexb_writer {
    struct parameter_sets sps, pps;
};

/* seq_parameter_set_id or pic_parameter_set_id: ue(v) of at most 17 bits behind
 * the bytes that do not vary in length (7.3.2.1.1, 7.3.2.2). */
static uint32_t set_id(const struct rtc_nal *nal)
{
    size_t at = rtc_h264_type(nal->data[0]) == RTC_H264_SPS ? 4 : 1;
    uint32_t bits = 0;
    unsigned zeros = 0;

    for (size_t i = at; i < at + 3; i++)
        bits = bits << 8 | (i < nal->len ? nal->data[i] : 0);
    while (zeros < 8 && !(bits >> (23 - zeros) & 1))
        zeros++;
    return bits >> (23 - 2 * zeros);
}

static void remember(struct parameter_sets *s, const struct rtc_nal *nal)
{
    uint32_t id = set_id(nal);
    unsigned i = 0;

    while (i < s->count && s->sets[i].id != id)
        i++;
    /* forbidden_zero_bit marks a unit known to be damaged (RFC 6184 1.3). */
    if (i == SET_MOST || nal->len > SET_LEN_MAX || nal->data[0] & 0x80)
        return;
    s->count += i == s->count;
    s->sets[i].id = id;
    s->sets[i].len = nal->len;
    memcpy(s->sets[i].data, nal->data, nal->len);
}

static int append_sets(struct rtc_media_writer *w,
                       const struct parameter_sets *s)
{
    static const uint8_t start_code[] = {0, 0, 0, 1};
    int error = 0;

    for (unsigned i = 0; i < s->count && !error; i++) {
        error = rtc_media_writer_append(w, start_code, sizeof start_code);
        if (!error)
            error = rtc_media_writer_append(w, s->sets[i].data, s->sets[i].len);
    }
    return error;
}

/* Remembers the parameter sets of an access unit; whether both kinds are in it.
 * `ret_head`: length of the delimiter, which must stay in front (7.4.1.2.3). */
static bool take_sets(struct annexb_writer *a,
                      const struct rtc_media_frame *frame, size_t *ret_head)
{
    const uint8_t *at = frame->data, *end = frame->data + frame->len;
    bool has_sps = false, has_pps = false;
    struct rtc_nal nal;

    *ret_head = 0;
    while (rtc_nal_next(&at, end, &nal))
        switch (rtc_h264_type(nal.data[0])) {
        case RTC_H264_AUD:
            *ret_head = unit_start(frame->data, (size_t)(at - frame->data));
            break;
        case RTC_H264_SPS:
            has_sps = true;
            remember(&a->sps, &nal);
            break;
        case RTC_H264_PPS:
            has_pps = true;
            remember(&a->pps, &nal);
            break;
        }
    return has_sps && has_pps;
}

static int write_frame(struct rtc_media_writer *w,
                       const struct rtc_media_frame *frame)
{
    struct annexb_writer *a = w->state;
    size_t head, nal;
    bool has_sets;
    int error;

    if (find_first(frame->data, frame->len, &nal) <= 0)
        return RTC_ERR_FORMAT;
    has_sets = take_sets(a, frame, &head);
    if (has_sets ||
        !rtc_codec_entry(RTC_CODEC_H264)->is_keyframe(frame->data, frame->len))
        return rtc_media_writer_append(w, frame->data, frame->len);
    if ((error = rtc_media_writer_append(w, frame->data, head)) ||
        (error = append_sets(w, &a->sps)) || (error = append_sets(w, &a->pps)))
        return error;
    return rtc_media_writer_append(w, frame->data + head, frame->len - head);
}

const struct rtc_media_entry rtc_media_annexb = {
    .format = RTC_MEDIA_ANNEXB,
    .name = "annexb",
    .extensions = "h264 264 avc",
    .codecs = RTC_MEDIA_CODEC(RTC_CODEC_H264),
    .tracks_most = 1,
    .probe = probe,
    .reader_len = sizeof(struct annexb_reader),
    /* With room to see that a frame over the cap goes on. */
    .buffer_max = RTC_MEDIA_FRAME_MAX + 64,
    .pop = pop,
    .writer_len = sizeof(struct annexb_writer),
    .frame = write_frame,
};
