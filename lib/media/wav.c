/* SPDX-License-Identifier: MIT
 * G.711 and G.722 in WAV (RIFF chunks: `fmt ', `data', others passed over). All
 * three have 8000 bytes a second, which is also their RTP clock, so that a byte
 * is a tick. WAV has no frames: the reader cuts 20 ms. The writer leaves sizes
 * open, as a pipe cannot go back to them, and fills gaps by silence, since a
 * WAV has no times either. */
#include <string.h>

#include "codec/codec.h"
#include "media/format.h"
#include "media/little.h"

#define RATE 8000
#define FRAME_LEN (RATE / 50)
#define RIFF_LEN 12
#define CHUNK_LEN 8
#define FORMAT_LEN 16 /* what a `fmt ' chunk has at least */
#define EXTENSIBLE 0xfffe
/* Sizes from here on mean that nobody knew: ffmpeg writes all ones on a pipe,
 * others the largest signed number less a header. */
#define SIZE_UNKNOWN 0x7fff0000

static const struct kind {
    enum rtc_codec codec;
    uint16_t tag, bits; /* wFormatTag, and the bits a sample has */
    uint16_t rate;      /* of samples */
    uint8_t silence;
    const char *advice;
} kinds[] = {
    {RTC_CODEC_PCMU, 7, 8, 8000, 0xff, "-ar 8000 -ac 1 -c:a pcm_mulaw"},
    {RTC_CODEC_PCMA, 6, 8, 8000, 0xd5, "-ar 8000 -ac 1 -c:a pcm_alaw"},
    /* The tag is ffmpeg's. This byte over and over lets a decoder run out. */
    {RTC_CODEC_G722, 0x028f, 4, 16000, 0xfc, "-ar 16000 -ac 1 -c:a g722"},
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* ---- reading ----------------------------------------------------------- */

enum phase { RIFF, CHUNKS, DATA, TAIL };

struct wav_reader {
    enum phase phase;
    uint64_t skip; /* bytes to pass over before the next chunk */
    bool open;     /* the data go on to the end of the input */
    uint64_t size; /* of the data, unless `open` */
    uint64_t time; /* bytes of data given so far */
};

static int probe(const uint8_t *data, size_t len)
{
    if (memcmp(data, "RIFF", len < 4 ? len : 4) != 0 ||
        (len > 8 && memcmp(data + 8, "WAVE", len < 12 ? len - 8 : 4) != 0))
        return -1;
    return len >= 12;
}

static int fail_tag(struct rtc_media_reader *r, unsigned tag)
{
    if (tag == 1 || tag == 3)
        return rtc_media_reader_fail(
            r, RTC_ERR_UNSUPPORTED,
            "WAV with plain samples (PCM), which WebRTC has not: encode it "
            "with ffmpeg -ar 8000 -ac 1 -c:a pcm_mulaw, or to Ogg with "
            "-c:a libopus");
    return rtc_media_reader_fail(
        r, RTC_ERR_UNSUPPORTED,
        "WAV with the codec 0x%04x, which is not read: encode it with ffmpeg "
        "-ar 8000 -ac 1 -c:a pcm_mulaw",
        tag);
}

static const struct kind *find_tag(unsigned tag)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (kinds[i].tag == tag)
            return &kinds[i];
    return NULL;
}

/* `fmt ', of which `len` bytes are there. 0 or an error. */
static int read_format(struct rtc_media_reader *r, const uint8_t *p, size_t len)
{
    unsigned tag = (unsigned)rtc_get_little(p, 2);
    unsigned channels = (unsigned)rtc_get_little(p + 2, 2);
    unsigned long rate = (unsigned long)rtc_get_little(p + 4, 4);
    const struct kind *kind;

    if (tag == EXTENSIBLE && len >= 26) /* its GUID begins with the tag */
        tag = (unsigned)rtc_get_little(p + 24, 2);
    kind = find_tag(tag);
    if (!kind)
        return fail_tag(r, tag);
    if (channels != 1)
        return rtc_media_reader_fail(
            r, RTC_ERR_UNSUPPORTED,
            "%s with %u channels; WebRTC has it with one: ffmpeg %s",
            rtc_codec_name(kind->codec), channels, kind->advice);
    if (rate != kind->rate)
        return rtc_media_reader_fail(
            r, RTC_ERR_UNSUPPORTED,
            "%s at %lu Hz; WebRTC has it at %u Hz: ffmpeg %s",
            rtc_codec_name(kind->codec), rate, kind->rate, kind->advice);
    r->tracks[0] = rtc_media_track_of(kind->codec);
    r->tracks[0].sample_rate = kind->rate;
    r->tracks[0].channels = 1;
    r->track_count = 1;
    return 0;
}

/* The header of a chunk and, of `fmt ', what matters. 1, 0 when that is not all
 * there, or an error. */
static int read_chunk(struct rtc_media_reader *r)
{
    struct wav_reader *wav = r->state;
    const uint8_t *p = r->data + r->start;
    size_t left = r->len - r->start, want = CHUNK_LEN;
    uint32_t size;
    int error;

    if (left < CHUNK_LEN)
        return 0;
    size = (uint32_t)rtc_get_little(p + 4, 4);
    if (memcmp(p, "data", 4) == 0) {
        if (!r->track_count)
            return rtc_media_reader_fail(
                r, RTC_ERR_FORMAT,
                "WAV at byte %llu: the data come before the format",
                (unsigned long long)r->offset);
        wav->phase = DATA;
        wav->open = size == 0 || size >= SIZE_UNKNOWN;
        wav->size = size;
    } else if (memcmp(p, "fmt ", 4) == 0 && !r->track_count) {
        if (size < FORMAT_LEN || size > 1024)
            return rtc_media_reader_fail(
                r, RTC_ERR_FORMAT,
                "WAV at byte %llu: a format of %lu bytes is impossible",
                (unsigned long long)r->offset, (unsigned long)size);
        want += size;
        if (left < want)
            return 0;
        if ((error = read_format(r, p + CHUNK_LEN, size)))
            return error;
        wav->skip = size & 1;
    } else {
        wav->skip = (uint64_t)size + (size & 1); /* chunks begin at even ones */
    }
    rtc_media_reader_drop(r, want);
    return 1;
}

static int read_riff(struct rtc_media_reader *r)
{
    struct wav_reader *wav = r->state;
    size_t left = r->len - r->start;

    if (probe(r->data + r->start, left) < 0)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT, "not WAV: it does not begin with RIFF and WAVE");
    if (left < RIFF_LEN)
        return 0;
    wav->phase = CHUNKS;
    rtc_media_reader_drop(r, RIFF_LEN);
    return 1;
}

/* Passes over bytes nobody needs. True when that is done. */
static bool skip(struct rtc_media_reader *r)
{
    struct wav_reader *wav = r->state;
    size_t left = r->len - r->start;
    size_t part = wav->skip < left ? (size_t)wav->skip : left;

    rtc_media_reader_drop(r, part);
    wav->skip -= part;
    return wav->skip == 0;
}

/* Everything up to the data. 1, 0 when more is needed, or an error. */
static int read_head(struct rtc_media_reader *r)
{
    struct wav_reader *wav = r->state;
    int got = 1;

    while (got > 0 && wav->phase < DATA)
        got = wav->phase == RIFF ? read_riff(r) : skip(r) ? read_chunk(r) : 0;
    if (got == 0 && r->ended)
        return rtc_media_reader_fail(
            r, RTC_ERR_FORMAT, "cut short in the WAV header, at byte %llu",
            (unsigned long long)r->offset + (r->len - r->start));
    return got;
}

/* Bytes the next frame has: 20 ms, or what is left. */
static size_t next_len(const struct rtc_media_reader *r)
{
    const struct wav_reader *wav = r->state;
    size_t left = r->len - r->start, want = FRAME_LEN;

    if (!wav->open && wav->size - wav->time < want)
        want = (size_t)(wav->size - wav->time);
    if (left >= want)
        return want;
    return r->ended ? left : 0;
}

/* There is no further frame: 0, or what is wrong with that. */
static int end_of_data(struct rtc_media_reader *r)
{
    struct wav_reader *wav = r->state;

    if (!wav->open && wav->time == wav->size) {
        wav->phase = TAIL; /* tags may follow */
        return 0;
    }
    if (!r->ended || wav->open)
        return 0;
    return rtc_media_reader_fail(
        r, RTC_ERR_FORMAT, "cut short: %llu of %llu bytes of sound are there",
        (unsigned long long)wav->time, (unsigned long long)wav->size);
}

static int pop(struct rtc_media_reader *r, struct rtc_media_frame *ret_frame)
{
    struct wav_reader *wav = r->state;
    int got = read_head(r);
    size_t len;

    if (got <= 0)
        return got;
    if (wav->phase == TAIL) {
        rtc_media_reader_drop(r, r->len - r->start);
        return 0;
    }
    len = next_len(r);
    if (!len)
        return end_of_data(r);
    *ret_frame = (struct rtc_media_frame){
        .codec = r->tracks[0].codec,
        .data = r->data + r->start,
        .len = len,
        .time = (int64_t)wav->time,
        .duration = (int64_t)len,
        .base_num = 1,
        .base_den = RATE,
        .keyframe = true,
    };
    wav->time += len;
    rtc_media_reader_drop(r, len);
    return 1;
}

/* ---- writing ----------------------------------------------------------- */

/* Longer silence is left out. */
#define FILL_MAX (60 * RATE)

struct wav_writer {
    int64_t end; /* time at which what was written ends */
};

static const struct kind *kind_of(const struct rtc_media_writer *w)
{
    size_t i = 0;

    while (kinds[i].codec != w->tracks[0].codec)
        i++;
    return &kinds[i];
}

static int append_header(struct rtc_media_writer *w)
{
    static const uint8_t start[] = "RIFF\xff\xff\xff\xffWAVEfmt \x12\0\0";
    uint8_t head[RIFF_LEN + CHUNK_LEN + FORMAT_LEN + 2 + CHUNK_LEN] = {0};
    uint8_t *format = head + RIFF_LEN + CHUNK_LEN;
    const struct kind *kind = kind_of(w);

    memcpy(head, start, RIFF_LEN + CHUNK_LEN);
    rtc_put_little(format, kind->tag, 2);
    rtc_put_little(format + 2, 1, 2);
    rtc_put_little(format + 4, kind->rate, 4);
    rtc_put_little(format + 8, RATE, 4); /* bytes a second */
    rtc_put_little(format + 12, 1, 2);
    rtc_put_little(format + 14, kind->bits, 2);
    memcpy(format + FORMAT_LEN + 2, "data\xff\xff\xff\xff", CHUNK_LEN);
    return rtc_media_writer_append(w, head, sizeof head);
}

static int append_silence(struct rtc_media_writer *w, size_t len)
{
    uint8_t *at = rtc_media_writer_room(w, len);

    if (!at)
        return RTC_ERR_NOMEM;
    memset(at, kind_of(w)->silence, len);
    w->len += len;
    return 0;
}

static int write_frame(struct rtc_media_writer *w,
                       const struct rtc_media_frame *frame)
{
    struct wav_writer *wav = w->state;
    int64_t start, gap;
    int error;

    if (frame->base_num == 0 || frame->base_den == 0)
        return RTC_ERR_ARG;
    if (!w->started && (error = append_header(w)))
        return error;
    start = rtc_media_writer_time(w, frame, 1, RATE);
    if (start > INT64_MAX / 4)
        return RTC_ERR_ARG;
    gap = start - wav->end;
    if (gap > 0 &&
        (error = append_silence(w, (size_t)(gap < FILL_MAX ? gap : FILL_MAX))))
        return error;
    wav->end = (gap > 0 ? start : wav->end) + (int64_t)frame->len;
    return rtc_media_writer_append(w, frame->data, frame->len);
}

const struct rtc_media_entry rtc_media_wav = {
    .format = RTC_MEDIA_WAV,
    .name = "wav",
    .extensions = "wav",
    .codecs = RTC_MEDIA_CODEC(RTC_CODEC_PCMU) |
              RTC_MEDIA_CODEC(RTC_CODEC_PCMA) | RTC_MEDIA_CODEC(RTC_CODEC_G722),
    .tracks_most = 1,
    .probe = probe,
    .reader_len = sizeof(struct wav_reader),
    .buffer_max = (size_t)64 << 10,
    .pop = pop,
    .writer_len = sizeof(struct wav_writer),
    .frame = write_frame,
};
