/* SPDX-License-Identifier: MIT
 * Reads H.264 sequence parameter sets (7.3.2.1.1, VUI: E.1.1) up to what the
 * header promises, and slice types (7.3.3). */
#include "codec/h264_sps.h"

#include "codec/nal.h"
#include "codec/nal_bits.h"
#include "rtc.h"

/* 7.3.2.1.1.1: the list ends early where next_scale becomes 0. */
static void skip_scaling_list(struct rtc_nal_bits *b, unsigned size)
{
    uint32_t scale = 8;

    for (unsigned i = 0; i < size && scale != 0 && !b->failed; i++) {
        uint32_t code = rtc_nal_golomb(b);
        uint32_t half = code / 2;

        /* se(v) (9.1.1), modulo 256. */
        scale = (scale + (code & 1 ? half + 1 : 0 - half)) & 0xff;
    }
}

/* The profiles whose sets have the chroma part (7.3.2.1.1). */
static bool has_chroma(unsigned profile)
{
    static const uint8_t profiles[] = {100, 110, 122, 244, 44,  83, 86,
                                       118, 128, 138, 139, 134, 135};

    for (size_t i = 0; i < sizeof profiles; i++)
        if (profiles[i] == profile)
            return true;
    return false;
}

/* Gives ChromaArrayType: 1 is 4:2:0, 2 is 4:2:2; 0 and 3 crop by pixels. */
static uint32_t read_chroma(struct rtc_nal_bits *b)
{
    uint32_t format = rtc_nal_golomb(b);
    bool separate = format == 3 && rtc_nal_flag(b);

    rtc_nal_skip_golombs(b, 2); /* bit depths */
    rtc_nal_flag(b);
    if (rtc_nal_flag(b))
        for (unsigned i = 0; i < (format == 3 ? 12 : 8); i++)
            if (rtc_nal_flag(b))
                skip_scaling_list(b, i < 6 ? 16 : 64);
    return separate ? 0 : format;
}

static uint32_t read_order_type(struct rtc_nal_bits *b)
{
    uint32_t type = rtc_nal_golomb(b);

    if (type == 0) {
        rtc_nal_golomb(b);
    } else if (type == 1) {
        rtc_nal_flag(b);
        rtc_nal_skip_golombs(b, 2);
        rtc_nal_skip_golombs(b, rtc_nal_golomb(b));
    }
    return type;
}

/* Size in pixels less the cropping, 7.4.2.1.1. */
static void read_size(struct rtc_nal_bits *b, uint32_t chroma,
                      struct rtc_h264_sps *sps)
{
    uint32_t columns = rtc_nal_golomb(b), rows = rtc_nal_golomb(b),
             crop[4] = {0};
    uint64_t crop_width, crop_height;
    bool frames_only = rtc_nal_flag(b);

    if (!frames_only)
        rtc_nal_flag(b);
    rtc_nal_flag(b);
    if (rtc_nal_flag(b))
        for (unsigned i = 0; i < 4; i++)
            crop[i] = rtc_nal_golomb(b);
    /* No level allows more than 1055 macroblocks a side (A.3.1). */
    if (columns >= 4096 || rows >= 4096) {
        b->failed = true;
        return;
    }
    sps->width = (columns + 1) * 16;
    sps->height = (rows + 1) * 16 * (frames_only ? 1U : 2U);
    crop_width = (uint64_t)crop[0] + crop[1];
    crop_height = (uint64_t)crop[2] + crop[3];
    crop_width *= chroma == 1 || chroma == 2 ? 2U : 1U;
    crop_height *= (chroma == 1 ? 2U : 1U) * (frames_only ? 1U : 2U);
    if (crop_width >= sps->width || crop_height >= sps->height) {
        b->failed = true;
        return;
    }
    sps->width -= (uint32_t)crop_width;
    sps->height -= (uint32_t)crop_height;
}

static void skip_hrd(struct rtc_nal_bits *b)
{
    uint32_t count = rtc_nal_golomb(b);

    rtc_nal_number(b, 8);
    for (uint32_t i = 0; i <= count && !b->failed; i++) {
        rtc_nal_skip_golombs(b, 2);
        rtc_nal_flag(b);
    }
    rtc_nal_number(b, 20);
}

static void skip_picture_description(struct rtc_nal_bits *b)
{
    if (rtc_nal_flag(b) && rtc_nal_number(b, 8) == 255) /* aspect ratio */
        rtc_nal_number(b, 32);
    if (rtc_nal_flag(b)) /* overscan */
        rtc_nal_flag(b);
    if (rtc_nal_flag(b)) { /* signal type */
        rtc_nal_number(b, 4);
        if (rtc_nal_flag(b))
            rtc_nal_number(b, 24);
    }
    if (rtc_nal_flag(b)) /* chroma location */
        rtc_nal_skip_golombs(b, 2);
}

static void read_usability(struct rtc_nal_bits *b, struct rtc_h264_sps *sps)
{
    bool nal_hrd, vcl_hrd;
    uint32_t reordered;

    skip_picture_description(b);
    if (rtc_nal_flag(b)) {
        sps->tick = rtc_nal_number(b, 32);
        sps->time_scale = rtc_nal_number(b, 32);
        sps->fixed_rate = rtc_nal_flag(b);
    }
    if ((nal_hrd = rtc_nal_flag(b)))
        skip_hrd(b);
    if ((vcl_hrd = rtc_nal_flag(b)))
        skip_hrd(b);
    if (nal_hrd || vcl_hrd)
        rtc_nal_flag(b);
    rtc_nal_flag(b);
    if (rtc_nal_flag(b)) { /* bitstream restriction */
        rtc_nal_flag(b);
        rtc_nal_skip_golombs(b, 4);
        reordered = rtc_nal_golomb(b);
        sps->will_reorder = sps->may_reorder && reordered > 0;
        sps->may_reorder = sps->will_reorder;
    }
}

int rtc_h264_sps_parse(const uint8_t *nal, size_t len,
                       struct rtc_h264_sps *ret_sps)
{
    struct rtc_h264_sps sps = {0};
    struct rtc_nal_bits b;
    uint32_t chroma = 1, order_type;

    rtc_nal_bits_init(&b, nal, len);
    if (rtc_h264_type((uint8_t)rtc_nal_number(&b, 8)) != RTC_H264_SPS)
        return RTC_ERR_FORMAT;
    sps.profile = (uint8_t)rtc_nal_number(&b, 8);
    sps.constraints = (uint8_t)rtc_nal_number(&b, 8);
    sps.level = (uint8_t)rtc_nal_number(&b, 8);
    rtc_nal_golomb(&b);
    if (has_chroma(sps.profile))
        chroma = read_chroma(&b);
    rtc_nal_golomb(&b);
    order_type = read_order_type(&b);
    rtc_nal_golomb(&b);
    rtc_nal_flag(&b);
    /* Order type 2 is decoding order (8.2.1.3); profile 66 has no B slices
     * (A.2.1). */
    sps.may_reorder = order_type != 2 && sps.profile != 66;
    read_size(&b, chroma, &sps);
    if (rtc_nal_flag(&b))
        read_usability(&b, &sps);
    if (b.failed)
        return RTC_ERR_FORMAT;
    *ret_sps = sps;
    return 0;
}

bool rtc_h264_is_b_slice(const uint8_t *nal, size_t len)
{
    struct rtc_nal_bits b;
    uint32_t slice_type;
    unsigned type;

    rtc_nal_bits_init(&b, nal, len);
    type = rtc_h264_type((uint8_t)rtc_nal_number(&b, 8));
    if (type != RTC_H264_SLICE && type != RTC_H264_PARTITION_A)
        return false;
    rtc_nal_golomb(&b);
    slice_type = rtc_nal_golomb(&b);
    /* Table 7-6: 5 to 9 say that all slices of the picture are such. */
    return !b.failed && (slice_type == 1 || slice_type == 6);
}
