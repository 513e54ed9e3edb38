/* SPDX-License-Identifier: MIT
 * The table of codecs in Matroska, and the small ones: VP8 and VP9 are stored
 * as they are, Opus has its OpusHead (RFC 7845 5.1) for a CodecPrivate, G.711
 * and G.722 the WAVEFORMATEX of Microsoft's ACM. */
#include "media/matroska_codec.h"

#include <string.h>

#include "codec/codec.h"
#include "codec/nal.h"
#include "codec/opus.h"
#include "codec/vp9.h"
#include "media/little.h"
#include "media/matroska_av1.h"
#include "media/matroska_nal.h"

#define ACM "A_MS/ACM"
#define HEAD_LEN 19
#define WAVE_LEN 18
/* What libopus looks ahead at 48 kHz. */
#define PRE_SKIP 312

static const struct {
    enum rtc_codec codec;
    const char *id;
    uint16_t tag; /* wFormatTag in CodecPrivate */
} table[] = {
    {RTC_CODEC_VP8, "V_VP8", 0},
    {RTC_CODEC_VP9, "V_VP9", 0},
    {RTC_CODEC_AV1, "V_AV1", 0},
    {RTC_CODEC_H264, "V_MPEG4/ISO/AVC", 0},
    {RTC_CODEC_H265, "V_MPEGH/ISO/HEVC", 0},
    {RTC_CODEC_OPUS, "A_OPUS", 0},
    {RTC_CODEC_PCMU, ACM, 0x0007},
    {RTC_CODEC_PCMA, ACM, 0x0006},
    {RTC_CODEC_G722, ACM, 0x028f},
};
#define ROWS (sizeof table / sizeof *table)

enum rtc_codec rtc_matroska_codec_by_id(const char *id,
                                        const uint8_t *private_data,
                                        size_t private_len)
{
    unsigned tag = 0;

    if (strcmp(id, ACM) == 0 && private_len >= 2)
        tag = (unsigned)rtc_get_little(private_data, 2);
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(id, table[i].id) == 0 && table[i].tag == tag)
            return table[i].codec;
    return RTC_CODEC_NONE;
}

const char *rtc_matroska_codec_id(enum rtc_codec codec)
{
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].codec == codec)
            return table[i].id;
    return "";
}

static bool is_nal(enum rtc_codec codec)
{
    return codec == RTC_CODEC_H264 || codec == RTC_CODEC_H265;
}

/* ---- reading ----------------------------------------------------------- */

/* WebRTC has mono and stereo; family 1 of one or two channels is the same
 * stream as family 0. */
static int read_opus_head(struct rtc_media_track *media, const uint8_t *p,
                          size_t len)
{
    if (len == 0)
        return media->channels > 2 ? RTC_ERR_UNSUPPORTED : 0;
    if (len < HEAD_LEN || memcmp(p, "OpusHead", 8) != 0 || p[9] == 0)
        return RTC_ERR_FORMAT;
    if (p[18] > 1 || p[9] > 2)
        return RTC_ERR_UNSUPPORTED;
    media->channels = p[9];
    media->pre_skip = (uint16_t)rtc_get_little(p + 10, 2);
    media->sample_rate = (uint32_t)rtc_get_little(p + 12, 4);
    return 0;
}

/* RTP has these codecs at one rate (RFC 3551 4.5.2, 4.5.14), WebRTC in mono. */
static int check_wave(const struct rtc_media_track *media, const uint8_t *p,
                      size_t len)
{
    uint32_t rate = media->codec == RTC_CODEC_G722 ? 16000 : 8000;

    if (len < 16)
        return RTC_ERR_FORMAT;
    return rtc_get_little(p + 2, 2) == 1 && rtc_get_little(p + 4, 4) == rate
               ? 0
               : RTC_ERR_UNSUPPORTED;
}

int rtc_matroska_private_read(struct rtc_matroska_track *t, const uint8_t *data,
                              size_t len)
{
    switch (t->media.codec) {
    case RTC_CODEC_H264:
    case RTC_CODEC_H265:
        return rtc_matroska_nal_private_read(t, data, len);
    case RTC_CODEC_AV1:
        return rtc_matroska_av1_private_read(t, data, len);
    case RTC_CODEC_OPUS:
        return read_opus_head(&t->media, data, len);
    case RTC_CODEC_PCMU:
    case RTC_CODEC_PCMA:
    case RTC_CODEC_G722:
        return check_wave(&t->media, data, len);
    default:
        return 0;
    }
}

bool rtc_matroska_frame_is_same(const struct rtc_matroska_track *t)
{
    return !is_nal(t->media.codec) && t->media.codec != RTC_CODEC_AV1;
}

size_t rtc_matroska_frame_max(const struct rtc_matroska_track *t, size_t len)
{
    if (is_nal(t->media.codec))
        return rtc_matroska_nal_max(t, len);
    return len + t->sets_len + RTC_MATROSKA_AV1_GROWTH;
}

int rtc_matroska_frame_read(struct rtc_matroska_track *t, const uint8_t *data,
                            size_t len, struct rtc_writer *out, bool flagged)
{
    int error = 0;

    if (is_nal(t->media.codec))
        error = rtc_matroska_nal_read(t, data, len, out, flagged);
    else if (t->media.codec == RTC_CODEC_AV1)
        error = rtc_matroska_av1_read(t, data, len, out, flagged);
    else
        rtc_write_bytes(out, data, len);
    return out->failed ? RTC_ERR_FORMAT : error;
}

bool rtc_matroska_is_keyframe(enum rtc_codec codec, const uint8_t *data,
                              size_t len, bool flagged)
{
    const struct rtc_codec_entry *entry = rtc_codec_entry(codec);

    return entry && entry->is_keyframe ? entry->is_keyframe(data, len)
                                       : flagged;
}

bool rtc_matroska_is_samples(enum rtc_codec codec)
{
    return codec == RTC_CODEC_PCMU || codec == RTC_CODEC_PCMA ||
           codec == RTC_CODEC_G722;
}

uint32_t rtc_matroska_ticks(enum rtc_codec codec, const uint8_t *data,
                            size_t len)
{
    if (codec == RTC_CODEC_OPUS)
        return rtc_opus_duration(data, len);
    /* A byte is a sample, or two of those 16000 a second (G.722). */
    return rtc_matroska_is_samples(codec) ? (uint32_t)len : 0;
}

/* ---- writing ----------------------------------------------------------- */

static void write_opus_head(struct rtc_writer *w,
                            const struct rtc_media_track *track)
{
    uint8_t head[HEAD_LEN] = "OpusHead\1";

    head[9] = track->channels ? track->channels : 2;
    rtc_put_little(head + 10, track->pre_skip, 2);
    rtc_put_little(head + 12, track->sample_rate, 4);
    rtc_write_bytes(w, head, sizeof head);
}

/* One channel, so that a block is a byte. */
static void write_wave(struct rtc_writer *w, enum rtc_codec codec)
{
    uint8_t wave[WAVE_LEN] = {0};
    bool is_g722 = codec == RTC_CODEC_G722;

    for (size_t i = 0; i < ROWS; i++)
        if (table[i].codec == codec)
            rtc_put_little(wave, table[i].tag, 2);
    rtc_put_little(wave + 2, 1, 2);
    rtc_put_little(wave + 4, is_g722 ? 16000 : 8000, 4);
    rtc_put_little(wave + 8, 8000, 4); /* bytes a second */
    rtc_put_little(wave + 12, 1, 2);
    rtc_put_little(wave + 14, is_g722 ? 4 : 8, 2);
    rtc_write_bytes(w, wave, sizeof wave);
}

void rtc_matroska_private_write(struct rtc_writer *w,
                                const struct rtc_media_track *track,
                                const uint8_t *sets, size_t sets_len)
{
    switch (track->codec) {
    case RTC_CODEC_H264:
    case RTC_CODEC_H265:
        rtc_matroska_nal_private_write(w, track->codec, sets, sets_len);
        break;
    case RTC_CODEC_AV1:
        rtc_matroska_av1_private_write(w, sets, sets_len);
        break;
    case RTC_CODEC_OPUS:
        write_opus_head(w, track);
        break;
    case RTC_CODEC_PCMU:
    case RTC_CODEC_PCMA:
    case RTC_CODEC_G722:
        write_wave(w, track->codec);
        break;
    default:
        break;
    }
}

bool rtc_matroska_is_frame(enum rtc_codec codec, const uint8_t *data,
                           size_t len)
{
    struct rtc_nal nal;

    if (is_nal(codec))
        return rtc_nal_next(&data, data + len, &nal);
    if (codec == RTC_CODEC_OPUS)
        return rtc_opus_duration(data, len) > 0;
    return codec != RTC_CODEC_AV1 || rtc_matroska_av1_is_unit(data, len);
}

/* The size in a key frame's header (RFC 6386 9.1), 14 bits each. */
static bool describe_vp8(struct rtc_media_track *track, const uint8_t *data,
                         size_t len)
{
    if (!rtc_codec_entry(RTC_CODEC_VP8)->is_keyframe(data, len))
        return false;
    track->width = rtc_get_little(data + 6, 2) & 0x3fff;
    track->height = rtc_get_little(data + 8, 2) & 0x3fff;
    return true;
}

static bool describe_vp9(struct rtc_media_track *track, const uint8_t *data,
                         size_t len)
{
    struct rtc_vp9_header header;

    if (!rtc_vp9_header_parse(data, len, &header) || !header.keyframe)
        return false;
    if (header.width <= UINT16_MAX && header.height <= UINT16_MAX) {
        track->width = (uint16_t)header.width;
        track->height = (uint16_t)header.height;
    }
    return true;
}

/* Encoders' delay is not told in RTP; see ogg.c. */
static bool describe_opus(struct rtc_media_track *track)
{
    track->channels = track->channels ? track->channels : 2;
    track->pre_skip = track->pre_skip ? track->pre_skip : PRE_SKIP;
    track->sample_rate = track->sample_rate ? track->sample_rate : 48000;
    return true;
}

bool rtc_matroska_describe(struct rtc_media_track *track, const uint8_t *data,
                           size_t len, struct rtc_writer *sets)
{
    switch (track->codec) {
    case RTC_CODEC_VP8:
        return describe_vp8(track, data, len);
    case RTC_CODEC_VP9:
        return describe_vp9(track, data, len);
    case RTC_CODEC_AV1:
        return rtc_matroska_av1_describe(track, data, len, sets);
    case RTC_CODEC_H264:
    case RTC_CODEC_H265:
        return rtc_matroska_nal_describe(track, data, len, sets);
    case RTC_CODEC_OPUS:
        return describe_opus(track);
    default:
        return true;
    }
}

size_t rtc_matroska_stored_max(enum rtc_codec codec, size_t len)
{
    /* A length of 4 bytes in place of a start code of 3, behind which is a
     * byte at least. */
    return is_nal(codec) ? len + len / 4 + 4 : len;
}

void rtc_matroska_frame_write(struct rtc_writer *w, enum rtc_codec codec,
                              const uint8_t *data, size_t len,
                              const uint8_t *sets, size_t sets_len,
                              bool *changed)
{
    if (is_nal(codec))
        rtc_matroska_nal_write(w, codec, data, len, sets, sets_len, changed);
    else
        rtc_write_bytes(w, data, len);
}
