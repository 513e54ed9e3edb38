/* SPDX-License-Identifier: MIT
 * Byte streams of H.264 and H.265 (Annex B of each): cut into access units,
 * whose bytes stay as they are. The stream has no times; they come from the
 * caller's frame rate or the one in the parameter sets. What differs between
 * the codecs is in annexb_codec.c, writing in annexb_write.c. */
#include "media/annexb.h"

#include "codec/codec.h"
#include "media/format.h"

/* A unit's first bytes tell of which codec it is. */
#define FIRST_LEN 2

struct annexb_reader {
    const struct rtc_annexb_codec *codec; /* NULL before the first unit */
    size_t scan;    /* bytes of the access unit in work that were looked at */
    bool has_slice; /* the access unit in work has one */
    bool skipping;  /* a hint was followed: what comes may belong to it */
    bool torn;      /* something did */
    uint64_t frames;
    uint32_t base_num, base_den; /* 0: not known */
    bool base_settled;
    bool may_reorder; /* by the last parameter set */
};

/* Looks for zeros, at least two, 01, and a header. 1 and its place; 0: too
 * short to tell; -1: something else. */
static int find_first(const uint8_t *data, size_t len, size_t *ret_nal)
{
    size_t at = 0;

    while (at < len && data[at] == 0)
        at++;
    if (at == len || (at >= 2 && data[at] == 1 && len - at <= FIRST_LEN))
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
    return rtc_annexb_codec_of(data + nal) ? 1 : -1;
}

/* 1 when the stream begins as it should; drops zeros before the start code. */
static int begin(struct rtc_media_reader *r)
{
    struct annexb_reader *a = r->state;
    const uint8_t *p = r->data + r->start;
    size_t left = r->len - r->start, nal = 0;
    int found = find_first(p, left, &nal);

    if (found == 0 && left > RTC_ANNEXB_CODE_LEN && !rtc_nal_is_first(p, left))
        rtc_media_reader_drop(r, left - RTC_ANNEXB_CODE_LEN);
    if (found == 0)
        return 0;
    if (found < 0)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "not an H.264 or H.265 byte stream: it begins with %02x and not "
            "with a start code (ffmpeg -bsf:v h264_mp4toannexb or "
            "hevc_mp4toannexb makes one)",
            p[0]);
    if (!(a->codec = rtc_annexb_codec_of(p + nal)))
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT,
            "not an H.264 or H.265 byte stream: its first unit has the header "
            "%02x",
            p[nal]);
    if (nal > RTC_ANNEXB_CODE_LEN + 1)
        rtc_media_reader_drop(r, nal - RTC_ANNEXB_CODE_LEN - 1);
    r->tracks[0] = rtc_media_track_of(a->codec->codec);
    r->track_count = 1;
    return 1;
}

/* A rate that somebody meant: VUI timing is often a tick of a fine clock and no
 * frame rate. */
static bool is_frame_rate(uint64_t num, uint64_t den)
{
    return den > 0 && num >= den && num <= 300 * den;
}

/* Learns from the units of a whole access unit. */
static void look_at(struct rtc_media_reader *r, const uint8_t *data, size_t len)
{
    struct annexb_reader *a = r->state;
    const uint8_t *at = data, *end = data + len;
    struct rtc_annexb_facts facts = {.may_reorder = a->may_reorder};
    struct rtc_nal nal;

    while (rtc_nal_next(&at, end, &nal))
        a->codec->learn(&nal, &r->tracks[0], &facts);
    a->may_reorder = facts.may_reorder;
    if (a->base_settled)
        return;
    if (r->options.fps_num && r->options.fps_den) {
        a->base_num = r->options.fps_den;
        a->base_den = r->options.fps_num;
    } else if (is_frame_rate(facts.rate_num, facts.rate_den)) {
        a->base_num = facts.rate_den;
        a->base_den = facts.rate_num;
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
        .codec = a->codec->codec,
        .data = p,
        .len = len,
        .time = a->base_den ? (int64_t)a->frames : -1,
        .duration = a->base_den ? 1 : 0,
        .base_num = a->base_num,
        .base_den = a->base_den,
        .keyframe = rtc_codec_entry(a->codec->codec)->is_keyframe(p, len),
    };
    a->frames++;
    a->scan = 0;
    a->has_slice = false;
    rtc_media_reader_drop(r, len);
    return 1;
}

/* Offset of the next start code at or behind `from` with enough behind it to
 * tell what it starts; false: not there yet, `*ret_code` is where to look on.
 */
static bool find_code(const struct rtc_media_reader *r, size_t from,
                      size_t *ret_code)
{
    const struct annexb_reader *a = r->state;
    const uint8_t *p = r->data + r->start, *end = r->data + r->len;
    const uint8_t *code = rtc_nal_find(p + from, end);
    size_t left = r->len - r->start;

    if (code < end) {
        *ret_code = (size_t)(code - p);
        return r->ended ||
               left - *ret_code >= RTC_ANNEXB_CODE_LEN + a->codec->telling_len;
    }
    /* The last bytes may be the first ones of a start code. */
    *ret_code = left - from < RTC_ANNEXB_CODE_LEN
                    ? from
                    : left - RTC_ANNEXB_CODE_LEN + 1;
    return false;
}

/* After a hint was followed: drops what comes late of that frame, so that it is
 * not taken for one. False while there may be more of it. */
static bool skip_torn(struct rtc_media_reader *r)
{
    struct annexb_reader *a = r->state;
    size_t code, nal, start;
    bool found, next, torn = a->torn;

    do {
        const uint8_t *p = r->data + r->start;

        found = find_code(r, 0, &code);
        nal = code + RTC_ANNEXB_CODE_LEN;
        next =
            found && a->codec->starts_frame(p + nal, r->len - r->start - nal);
        start = found && !next ? nal : rtc_annexb_unit_start(p, code);
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
            "%s byte stream",
            (unsigned long long)a->frames + 1, (unsigned long long)r->offset,
            a->codec->name);
    /* More must follow a 00, in which no unit ends (7.4.1), and a start code of
     * which too little is there. */
    if (!r->idle || !a->has_slice || end[-1] == 0 ||
        rtc_nal_find(r->data + r->start + a->scan, end) < end)
        return 0;
    a->skipping = true;
    return give(r, left, ret_frame);
}

static int pop(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    struct annexb_reader *a = r->state;
    const struct rtc_annexb_codec *codec;
    const uint8_t *p;
    size_t code;
    int begun = a->codec ? 1 : begin(r);

    if (begun == 0 && r->ended)
        return rtc_media_reader_fail(r, RTC_ERR_FORMAT,
                                     "the stream ends before its first unit");
    if (begun <= 0)
        return begun;
    if (a->skipping && !skip_torn(r))
        return 0;
    codec = a->codec;
    p = r->data + r->start;
    while (find_code(r, a->scan, &code)) {
        const uint8_t *nal = p + code + RTC_ANNEXB_CODE_LEN;
        size_t left = (size_t)(r->data + r->len - nal);

        bool is_cut = left < codec->telling_len; /* the stream ends there */
        bool is_slice = left > 0 && codec->is_slice(nal[0]);

        if (a->has_slice && (codec->starts_frame(nal, left) || left == 0 ||
                             (is_cut && is_slice)))
            return give(r, rtc_annexb_unit_start(p, code), ret_frame);
        a->has_slice = a->has_slice || (is_slice && !is_cut);
        a->scan = code + RTC_ANNEXB_CODE_LEN;
    }
    a->scan = code;
    return r->len > r->start ? pop_rest(r, ret_frame) : 0;
}

const struct rtc_media_entry rtc_media_annexb = {
    .format = RTC_MEDIA_ANNEXB,
    .name = "annexb",
    .extensions = "h264 264 avc h265 265 hevc",
    .codecs = RTC_MEDIA_CODEC(RTC_CODEC_H264) | RTC_MEDIA_CODEC(RTC_CODEC_H265),
    .tracks_most = 1,
    .probe = probe,
    .reader_len = sizeof(struct annexb_reader),
    /* With room to see that a frame over the cap goes on. */
    .buffer_max = RTC_MEDIA_FRAME_MAX + 64,
    .pop = pop,
    .writer_len = sizeof(struct rtc_annexb_writer),
    .frame = rtc_annexb_write_frame,
};
