/* SPDX-License-Identifier: MIT
 *
 * Frames of every codec are marked and read; what happens to them on the way is
 * seen, and what may happen to them is not.
 */
#include "cmd/probe/mark.h"

#include "../media/clip.h"
#include "cmd/synthetic.h"

#define ROOM (1 << 18)

static uint8_t marked[ROOM];

static bool is_same(const struct probe_mark *a, const struct probe_mark *b)
{
    return a->run == b->run && a->sequence == b->sequence &&
           a->time_us == b->time_us;
}

static struct probe_mark mark_of(uint32_t i)
{
    return (struct probe_mark){.run = 0xfedcba9876543210 ^ i,
                               .sequence = i * 0x01010101u,
                               .time_us = INT64_C(86400000000) * i};
}

/* Whether a frame of a clip comes back, filled up or not. */
static bool goes_round(enum rtc_codec codec, const struct clip_frame *frame,
                       uint32_t i, size_t least)
{
    struct probe_mark mark = mark_of(i), got = {0};
    int len = probe_mark_write(codec, frame->data, frame->len, &mark, least,
                               marked, ROOM);
    size_t most = frame->len > least ? frame->len : least;

    return len > (int)frame->len && (size_t)len >= least &&
           (size_t)len <= most + PROBE_MARK_MOST &&
           probe_mark_read(codec, marked, (size_t)len, &got) ==
               PROBE_MARK_WHOLE &&
           is_same(&mark, &got);
}

/* Whether every byte that was changed is noticed, but for those `free_len`
 * bytes at most that no hash is of. */
static bool is_guarded(enum rtc_codec codec, const struct clip_frame *frame,
                       size_t free_len)
{
    struct probe_mark mark = mark_of(7), got;
    int len = probe_mark_write(codec, frame->data, frame->len, &mark,
                               frame->len + 200, marked, ROOM);
    size_t missed = 0;

    for (int i = 0; i < len; i++) {
        marked[i] ^= 0x10;
        if (probe_mark_read(codec, marked, (size_t)len, &got) ==
            PROBE_MARK_WHOLE)
            missed++;
        marked[i] ^= 0x10;
    }
    if (missed > free_len)
        printf("# %zu of %d bytes may change\n", missed, len);
    return len > 0 && missed <= free_len;
}

/* Whether a frame that lost its end, or has no room, is no trouble. What no
 * hash is of may stand at the end. */
static bool is_careful(enum rtc_codec codec, const struct clip_frame *frame,
                       size_t free_len)
{
    struct probe_mark mark = mark_of(9), got;
    int len = probe_mark_write(codec, frame->data, frame->len, &mark, 0, marked,
                               ROOM);

    for (int i = 0; i < len; i++) {
        uint8_t *exact = malloc((size_t)i + 1); /* an overrun shows */
        bool whole;

        memcpy(exact, marked, (size_t)i);
        whole =
            probe_mark_read(codec, exact, (size_t)i, &got) == PROBE_MARK_WHOLE;
        if (probe_mark_write(codec, frame->data, frame->len, &mark, 0, exact,
                             (size_t)i) != RTC_ERR_NOBUF)
            whole = true;
        free(exact);
        if (whole && i < len - (int)free_len)
            return false;
    }
    return len > 0;
}

static void check_codec(const char *name, enum rtc_codec codec,
                        const struct clip *clip, size_t free_len)
{
    static const size_t sizes[] = {0, 100, 254, 255, 300, 1500, 9000, 150000};
    bool round = clip->count > 0, plain = true;
    struct probe_mark got;
    char text[80];

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (unsigned i = 0; i < clip->count; i++)
            round = round && goes_round(codec, &clip->frames[i], i, sizes[s]);
    for (unsigned i = 0; i < clip->count; i++)
        plain = plain &&
                probe_mark_read(codec, clip->frames[i].data,
                                clip->frames[i].len, &got) == PROBE_MARK_NONE;
    snprintf(text, sizeof text, "%s: all frames come back, of every size",
             name);
    ok(probe_mark_can(codec) && round, text);
    snprintf(text, sizeof text, "%s: frames as they were have no marks", name);
    ok(plain, text);
    snprintf(text, sizeof text, "%s: no byte changes unseen", name);
    ok(is_guarded(codec, &clip->frames[1], free_len), text);
    snprintf(text, sizeof text, "%s: cut anywhere, and no room", name);
    ok(is_careful(codec, &clip->frames[1], free_len), text);
}

static void check_built_in(const char *name, enum rtc_codec codec,
                           enum rtc_media_format format, size_t free_len)
{
    struct input_options input;
    struct clip *clip;

    ok(synthetic_clip(codec, &input), "there is a clip");
    clip = clip_read(format, input.data, input.len, 4096);
    check_codec(name, codec, clip, free_len);
    clip_free(clip);
}

static void check_file(const char *name, enum rtc_codec codec,
                       enum rtc_media_format format, const char *file,
                       size_t free_len)
{
    size_t len;
    uint8_t *data = clip_load(file, &len);
    struct clip *clip = clip_read(format, data, len, len);

    check_codec(name, codec, clip, free_len);
    clip_free(clip);
    free(data);
}

/* ---- what servers do to H.264 -------------------------------------------- */

static const uint8_t idr[] = {
    0, 0, 0, 1,    0x09, 0xf0,                   /* a delimiter */
    0, 0, 0, 1,    0x67, 0x42, 0xc0, 0x1f, 0x8c, /* parameter sets */
    0, 0, 1, 0x68, 0xce, 0x3c, 0x80,             /* */
    0, 0, 1, 0x65, 0x88, 0x84, 0x21, 0xa0,       /* two slices */
    0, 0, 1, 0x65, 0x48, 0x84, 0x21, 0xa1,
};

static void check_h264(void)
{
    struct probe_mark mark = mark_of(3), got;
    size_t len = (size_t)probe_mark_write(RTC_CODEC_H264, idr, sizeof idr,
                                          &mark, 0, marked, ROOM);
    uint8_t other[256] = {0, 0, 0, 1, 0x67, 0x42, 0x00, 0x0a, 0xf8};
    const size_t sets = 22; /* bytes before the first slice */
    const size_t slice = 8;

    is_int(len, sizeof idr + 56, "a unit of 56 bytes");
    is_mem(marked, idr, sets, "behind delimiter and parameter sets");
    is_int(marked[sets + 4], 6, "SEI");
    is_mem(marked + len - 2 * slice, idr + sets, 2 * slice,
           "before the slices, which stay as they are");
    is_int(probe_mark_read(RTC_CODEC_H264, marked + sets, len - sets, &got),
           PROBE_MARK_WHOLE, "parameter sets taken out");
    memcpy(other + 9, marked + sets, len - sets);
    is_int(probe_mark_read(RTC_CODEC_H264, other, len - sets + 9, &got),
           PROBE_MARK_WHOLE, "others put in");
    is_int(probe_mark_read(RTC_CODEC_H264, marked, len - slice, &got),
           PROBE_MARK_ALTERED, "a slice is missing");
    memmove(marked + len - 2 * slice, marked + len - slice, slice);
    is_int(probe_mark_read(RTC_CODEC_H264, marked, len - slice, &got),
           PROBE_MARK_ALTERED, "the first slice is missing");
    is_int(probe_mark_write(RTC_CODEC_H264, idr, sets, &mark, 0, marked, ROOM),
           RTC_ERR_FORMAT, "a frame without slices cannot be marked");
}

/* ---- Opus' other codes --------------------------------------------------- */

static void check_opus(void)
{
    static const struct {
        const char *name;
        uint8_t packet[12];
        size_t len;
        uint8_t marked[12]; /* what it begins with */
        size_t marked_len;
    } rows[] = {
        {"one frame", {0x78, 1, 2}, 3, {0x7b, 0x41, 48, 1, 2}, 5},
        {"silence", {0x78}, 1, {0x7b, 0x41, 48}, 3},
        {"two of a length",
         {0x79, 1, 2, 3, 4},
         5,
         {0x7b, 0x42, 48, 1, 2, 3, 4},
         7},
        {"two", {0x7a, 1, 2, 3, 4}, 5, {0x7b, 0xc2, 48, 1, 2, 3, 4}, 7},
        {"three, and padding",
         {0x7b, 0x43, 2, 1, 2, 3, 0, 0},
         8,
         {0x7b, 0x43, 48, 1, 2, 3},
         6},
    };
    struct probe_mark mark = mark_of(5), got = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int len = probe_mark_write(RTC_CODEC_OPUS, rows[i].packet, rows[i].len,
                                   &mark, 0, marked, ROOM);

        is_int(len, rows[i].marked_len + 48, rows[i].name);
        is_mem(marked, rows[i].marked, rows[i].marked_len, "as counted frames");
        ok(probe_mark_read(RTC_CODEC_OPUS, marked, (size_t)len, &got) ==
                   PROBE_MARK_WHOLE &&
               is_same(&mark, &got),
           "and the mark comes back");
    }
    is_int(probe_mark_write(RTC_CODEC_OPUS, (const uint8_t[]){0x79, 1}, 2,
                            &mark, 0, marked, ROOM),
           RTC_ERR_FORMAT, "an odd length in two of a length");
}

/* ---- anything else ------------------------------------------------------- */

static void check_noise(void)
{
    static const enum rtc_codec codecs[] = {RTC_CODEC_AV1, RTC_CODEC_H264,
                                            RTC_CODEC_H265, RTC_CODEC_OPUS,
                                            RTC_CODEC_VP8};
    uint32_t seed = 1;
    struct probe_mark mark = {0};
    bool none = true;

    for (unsigned n = 0; n < 20000; n++) {
        enum rtc_codec codec = codecs[n % 5];
        size_t len = n % 300;

        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525 + 1013904223;
            /* Often what means something: start codes and small types. */
            marked[i] = (uint8_t)(seed >> 24 < 90 ? seed >> 20 & 3 : seed >> 8);
        }
        none = none &&
               probe_mark_read(codec, marked, len, &mark) == PROBE_MARK_NONE;
    }
    ok(none, "noise has no marks");
    is_int(
        probe_mark_write(RTC_CODEC_PCMU, marked, 160, &mark, 0, marked, ROOM),
        RTC_ERR_UNSUPPORTED, "G.711 has no room");
    ok(!probe_mark_can(RTC_CODEC_PCMU) && !probe_mark_can(RTC_CODEC_NONE),
       "which can be asked before");
}

int main(void)
{
    check_built_in("VP8", RTC_CODEC_VP8, RTC_MEDIA_IVF, 0);
    check_built_in("Opus", RTC_CODEC_OPUS, RTC_MEDIA_OGG, 0);
    /* Start codes' first bytes, and the stop bit behind the filling; of H.265
     * the picture's digest, too, which is x265's own. */
    check_built_in("H.264", RTC_CODEC_H264, RTC_MEDIA_ANNEXB, 4);
    check_file("H.264 in slices", RTC_CODEC_H264, RTC_MEDIA_ANNEXB,
               "media_slices.h264", 9);
    check_file("H.265", RTC_CODEC_H265, RTC_MEDIA_ANNEXB, "media_slices.h265",
               65);
    check_file("AV1", RTC_CODEC_AV1, RTC_MEDIA_IVF, "media_av1.ivf", 8);
    check_h264();
    check_opus();
    check_noise();
    return tap_done();
}
