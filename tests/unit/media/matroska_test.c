/* SPDX-License-Identifier: MIT
 * Matroska and WebM: files of ffmpeg of every codec, read, written and read
 * again; every truncation; what is refused. */
#include "clip.h"

static const char *const names[] = {
    "media_h264_opus.mkv", "media_bframes_aac.mkv", "media_vp8_live.webm",
    "media_vp9.webm",      "media_h265_pcmu.mkv",   "media_av1.mkv",
    "media_g722.mkv",
};
#define NAMES (sizeof names / sizeof *names)

static struct clip *load(const char *name)
{
    size_t len;
    uint8_t *data = clip_load(name, &len);
    struct clip *c = clip_read(RTC_MEDIA_MATROSKA, data, len, len);

    free(data);
    return c;
}

static unsigned count_of(const struct clip *c, unsigned track)
{
    unsigned count = 0;

    for (unsigned i = 0; i < c->count; i++)
        count += c->frames[i].track == track;
    return count;
}

static void test_read(void)
{
    static const struct {
        enum rtc_codec codecs[2];
        unsigned frames[2];
        bool has_b_frames;
        const char *left_out;
    } rows[NAMES] = {
        {{RTC_CODEC_H264, RTC_CODEC_OPUS}, {10, 21}, false, ""},
        {{RTC_CODEC_H264}, {10}, true, "A_AAC"},
        {{RTC_CODEC_VP8, RTC_CODEC_OPUS}, {10, 21}, false, ""},
        {{RTC_CODEC_VP9, RTC_CODEC_OPUS}, {10, 21}, false, ""},
        {{RTC_CODEC_H265, RTC_CODEC_PCMU}, {10, 35}, false, ""},
        {{RTC_CODEC_AV1, RTC_CODEC_OPUS}, {10, 21}, false, ""},
        {{RTC_CODEC_G722}, {10}, false, ""},
    };

    for (size_t i = 0; i < NAMES; i++) {
        struct clip *c = load(names[i]);

        is_int(c->error, 0, names[i]);
        is_str(c->left_out, rows[i].left_out, "tracks left out");
        for (unsigned t = 0; t < c->track_count; t++) {
            is_int(c->tracks[t].codec, rows[i].codecs[t], "codec");
            is_int(count_of(c, t), rows[i].frames[t], "its frames");
            ok(c->tracks[t].kind == RTC_VIDEO
                   ? c->tracks[t].width == 96 && c->tracks[t].height == 64
                   : c->tracks[t].channels == 1,
               "its size, or channels");
        }
        is_int(c->tracks[0].has_b_frames, rows[i].has_b_frames, "B-frames");
        clip_free(c);
    }
}

static void test_pieces(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        size_t len;
        uint8_t *data = clip_load(names[i], &len);

        ok(clip_is_steady(RTC_MEDIA_MATROSKA, data, len),
           "in any pieces the same");
        free(data);
    }
}

/* All frames of all tracks as a file. */
static void write_all(const struct clip *c, struct clip_out *out)
{
    struct rtc_media_writer *w =
        clip_writer_of(RTC_MEDIA_MATROSKA, c->tracks, c->track_count);
    const uint8_t *data;
    size_t len;
    int error = 0;

    out->len = 0;
    for (unsigned i = 0; i < c->count && error == 0; i++)
        error = clip_write(w, c, i, out);
    is_int(error, 0, "all frames are written");
    is_int(rtc_media_writer_end(w, &data, &len), 0, "and what was held");
    clip_take(out, data, len);
    rtc_media_writer_free(w);
}

static void test_write(void)
{
    struct clip_out *out = calloc(1, sizeof *out);

    for (size_t i = 0; i < NAMES; i++) {
        struct clip *c = load(names[i]), *again;
        bool times = true;

        write_all(c, out);
        again = clip_read(RTC_MEDIA_MATROSKA, out->data, out->len, 100);
        is_str(again->why, "", names[i]);
        ok(again->count == c->count && clip_same_data(c, again, c->count),
           "written and read: the same frames");
        for (unsigned f = 0; f < again->count; f++) {
            int64_t off = (c->frames[f].time - c->frames[0].time) -
                          (again->frames[f].time - again->frames[0].time);

            /* Codecs to come have no clock yet. */
            if (c->tracks[c->frames[f].track].clock == 0)
                continue;
            times = times && off < 1000000 && off > -1000000 &&
                    c->frames[f].track == again->frames[f].track &&
                    c->frames[f].keyframe == again->frames[f].keyframe;
        }
        ok(times, "the same times and key frames");
        ok(again->track_count == c->track_count &&
               again->tracks[0].width == c->tracks[0].width &&
               again->tracks[0].has_b_frames == c->tracks[0].has_b_frames &&
               again->tracks[0].h264_level_id == c->tracks[0].h264_level_id,
           "the same tracks");
        clip_free(again);
        clip_free(c);
    }
    free(out);
}

/* Finds the next CodecPrivate behind `*at`, of less than 127 bytes. */
static size_t find_private(const uint8_t *data, size_t len, size_t *at)
{
    for (; *at + 3 < len; ++*at)
        if (data[*at] == 0x63 && data[*at + 1] == 0xa2) {
            *at += 3;
            return data[*at - 1] & 0x7f;
        }
    return 0;
}

/* How much of one of ffmpeg's is to be the same: nothing of AAC's; of AV1 not
 * the sequence header, since SVT-AV1 tells another than it sends; of G.722 not
 * the bytes a second, which are 8000. */
static size_t comparable(const uint8_t *private_data, size_t len)
{
    switch (private_data[0]) {
    case 0x12:
        return 0;
    case 0x81:
        return 4;
    case 0x8f:
        return 8;
    default:
        return len;
    }
}

/* What we tell of a codec is what ffmpeg tells, byte for byte. */
static void test_private(void)
{
    struct clip_out *out = calloc(1, sizeof *out);
    unsigned found = 0;

    for (size_t i = 0; i < NAMES; i++) {
        size_t len, at = 0, private_len;
        uint8_t *data = clip_load(names[i], &len);
        struct clip *c = clip_read(RTC_MEDIA_MATROSKA, data, len, len);

        write_all(c, out);
        for (; (private_len = find_private(data, len, &at)); found++)
            ok(memmem(out->data, 1024, data + at,
                      comparable(data + at, private_len)),
               "a CodecPrivate");
        clip_free(c);
        free(data);
    }
    is_int(found, 11, "they were found");
    free(out);
}

/* What is left of our own file, cut anywhere, plays to the cut. */
static void test_truncation(void)
{
    struct clip_out *out = calloc(1, sizeof *out);
    struct clip *whole = load(names[0]);
    unsigned ends = 0, frames = 0;
    bool pass = true;

    write_all(whole, out);
    for (size_t len = 1; len <= out->len; len++) {
        struct clip *c = clip_read(RTC_MEDIA_MATROSKA, out->data, len, 4096);

        pass = pass && c->count >= frames && c->count <= frames + 1 &&
               clip_same_data(c, whole, c->count) &&
               (c->error == 0 || c->why[0]);
        ends += c->error == 0;
        frames = c->count;
        clip_free(c);
    }
    ok(pass, "cut anywhere: each whole frame");
    is_int(frames, whole->count, "at last all of them");
    is_int(ends, whole->count + 1, "and an error within one only");
    clip_free(whole);
    free(out);
}

/* The same of ffmpeg's files, whose Segments and Clusters may have sizes. */
static void test_truncation_of_others(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        struct clip *whole = load(names[i]);
        bool pass = true;
        unsigned frames = 0;
        size_t size;
        uint8_t *data = clip_load(names[i], &size);

        for (size_t len = 0; len < size; len += 3) {
            struct clip *c = clip_read(RTC_MEDIA_MATROSKA, data, len, 4096);

            pass = pass && c->count >= frames &&
                   clip_same_data(c, whole, c->count) &&
                   (c->error == 0 || c->why[0]);
            frames = c->count;
            clip_free(c);
        }
        ok(pass && frames + 1 >= whole->count, "cut anywhere");
        clip_free(whole);
        free(data);
    }
}

int main(void)
{
    test_read();
    test_pieces();
    test_write();
    test_private();
    test_truncation();
    test_truncation_of_others();
    return tap_done();
}
