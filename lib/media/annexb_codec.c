/* SPDX-License-Identifier: MIT
 * Byte streams of H.264 and of H.265: how to tell them apart, what starts an
 * access unit (H.264 7.4.1.2.3, H.265 7.4.2.4.4), what parameter sets say. */
#include "codec/h264_sps.h"
#include "codec/h265_sps.h"
#include "media/annexb.h"

static void set_size(struct rtc_media_track *track, uint32_t width,
                     uint32_t height)
{
    track->width = (uint16_t)(width < 65536 ? width : 0);
    track->height = (uint16_t)(height < 65536 ? height : 0);
}

static void set_rate(struct rtc_annexb_facts *facts, uint32_t num, uint32_t den)
{
    if (num == 0 || den == 0)
        return;
    facts->rate_num = num;
    facts->rate_den = den;
}

/* ---- H.264 --------------------------------------------------------------- */

/* forbidden_zero_bit and a type that streams have (table 7-1). */
static bool is_h264(const uint8_t *nal)
{
    unsigned type = rtc_h264_type(nal[0]);

    return !(nal[0] & 0x80) && type >= 1 && type <= 20;
}

static void h264_learn(const struct rtc_nal *nal, struct rtc_media_track *track,
                       struct rtc_annexb_facts *facts)
{
    struct rtc_h264_sps sps;

    if (facts->may_reorder && rtc_h264_is_b_slice(nal->data, nal->len))
        track->has_b_frames = true;
    if (rtc_h264_sps_parse(nal->data, nal->len, &sps) < 0)
        return;
    set_size(track, sps.width, sps.height);
    track->h264_level_id = (uint32_t)sps.profile << 16 |
                           (uint32_t)sps.constraints << 8 | sps.level;
    facts->may_reorder = sps.may_reorder;
    track->has_b_frames = track->has_b_frames || sps.will_reorder;
    /* A tick is a field's time, a frame has two (E.2.1). */
    if (sps.tick <= UINT32_MAX / 2)
        set_rate(facts, sps.time_scale, sps.tick * 2);
}

/* seq_parameter_set_id or pic_parameter_set_id: ue(v) of at most 17 bits behind
 * the bytes that do not vary in length (7.3.2.1.1, 7.3.2.2). */
static uint32_t h264_set_id(const struct rtc_nal *nal)
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

static enum rtc_annexb_unit h264_unit_of(const struct rtc_nal *nal,
                                         uint32_t *ret_id)
{
    switch (rtc_h264_type(nal->data[0])) {
    case RTC_H264_SPS:
        *ret_id = h264_set_id(nal);
        return RTC_ANNEXB_SPS;
    case RTC_H264_PPS:
        *ret_id = h264_set_id(nal);
        return RTC_ANNEXB_PPS;
    case RTC_H264_AUD:
        return RTC_ANNEXB_DELIMITER;
    default:
        return RTC_ANNEXB_OTHER;
    }
}

/* ---- H.265 --------------------------------------------------------------- */

/* What an H.265 stream begins with, of the first layer and sub-layer: parameter
 * sets, a delimiter, an SEI, a picture. To H.264 these are types it has not, or
 * such with a forbidden nal_ref_idc or absurd numbers behind. */
static bool is_h265(const uint8_t *nal)
{
    unsigned type = rtc_h265_type(nal[0]);

    if (nal[0] & 0x81 || nal[1] != 1)
        return false;
    return type <= 1 ||
           (type >= RTC_H265_IRAP_FIRST && type <= RTC_H265_IRAP_LAST) ||
           (type >= RTC_H265_VPS && type <= RTC_H265_AUD) ||
           type == RTC_H265_SEI;
}

static void h265_learn(const struct rtc_nal *nal, struct rtc_media_track *track,
                       struct rtc_annexb_facts *facts)
{
    struct rtc_h265_sps sps;
    struct rtc_h265_vps vps;

    if (rtc_h265_vps_parse(nal->data, nal->len, &vps) == 0)
        set_rate(facts, vps.time_scale, vps.tick);
    if (rtc_h265_sps_parse(nal->data, nal->len, &sps) < 0)
        return;
    set_size(track, sps.width, sps.height);
    track->h265_level_id =
        (uint32_t)sps.profile << 16 | (uint32_t)sps.high_tier << 8 | sps.level;
    track->has_b_frames = track->has_b_frames || sps.reorders;
    set_rate(facts, sps.time_scale, sps.tick);
}

static enum rtc_annexb_unit h265_unit_of(const struct rtc_nal *nal,
                                         uint32_t *ret_id)
{
    unsigned type = rtc_h265_type(nal->data[0]);

    if (type == RTC_H265_AUD)
        return RTC_ANNEXB_DELIMITER;
    if (rtc_h265_set_id(nal->data, nal->len, ret_id) < 0)
        return RTC_ANNEXB_OTHER;
    return type == RTC_H265_VPS   ? RTC_ANNEXB_VPS
           : type == RTC_H265_SPS ? RTC_ANNEXB_SPS
                                  : RTC_ANNEXB_PPS;
}

/* ---- the table ----------------------------------------------------------- */

static const struct rtc_annexb_codec h264 = {
    .codec = RTC_CODEC_H264,
    .name = "H.264",
    .telling_len = 2,
    .starts_frame = rtc_h264_starts_frame,
    .is_slice = rtc_h264_is_slice,
    .learn = h264_learn,
    .sets_needed = 1 << RTC_ANNEXB_SPS | 1 << RTC_ANNEXB_PPS,
    .unit_of = h264_unit_of,
};

static const struct rtc_annexb_codec h265 = {
    .codec = RTC_CODEC_H265,
    .name = "H.265",
    .telling_len = 3,
    .starts_frame = rtc_h265_starts_frame,
    .is_slice = rtc_h265_is_slice,
    .learn = h265_learn,
    .sets_needed =
        1 << RTC_ANNEXB_VPS | 1 << RTC_ANNEXB_SPS | 1 << RTC_ANNEXB_PPS,
    .unit_of = h265_unit_of,
};

const struct rtc_annexb_codec *rtc_annexb_codec(enum rtc_codec codec)
{
    return codec == RTC_CODEC_H264   ? &h264
           : codec == RTC_CODEC_H265 ? &h265
                                     : NULL;
}

const struct rtc_annexb_codec *rtc_annexb_codec_of(const uint8_t *nal)
{
    return is_h265(nal) ? &h265 : is_h264(nal) ? &h264 : NULL;
}
