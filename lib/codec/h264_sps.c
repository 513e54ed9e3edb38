/* SPDX-License-Identifier: MIT
 * Reads H.264 sequence parameter sets (7.3.2.1.1, VUI: E.1.1) up to what the
 * header promises, and slice types (7.3.3). The bit reader undoes emulation
 * prevention (7.3.1) as it goes; its overrun is sticky. */
#include "codec/h264_sps.h"

#include "codec/nal.h"
#include "rtc.h"

struct bits {
    const uint8_t *at, *end;
    unsigned zeros; /* zero bytes just before `at` */
    unsigned left;  /* unread bits of `byte` */
    uint8_t byte;
    bool failed;
};

static void next_byte(struct bits *b)
{
    if (b->zeros >= 2 && b->at < b->end && *b->at == 3) {
        b->at++;
        b->zeros = 0;
    }
    b->failed = b->failed || b->at == b->end;
    b->byte = b->failed ? 0 : *b->at++;
    b->zeros = b->byte ? 0 : b->zeros + 1;
    b->left = 8;
}

static bool flag(struct bits *b)
{
    if (b->left == 0)
        next_byte(b);
    b->left--;
    return b->byte >> b->left & 1;
}

/* u(n), n up to 32. */
static uint32_t number(struct bits *b, unsigned count)
{
    uint32_t value = 0;

    while (count-- > 0)
        value = value << 1 | flag(b);
    return value;
}

/* ue(v), 9.1: at most 31 leading zeros give its full range. se(v) is as long,
 * and no value of that kind is wanted here. */
static uint32_t golomb(struct bits *b)
{
    unsigned zeros = 0;

    while (!b->failed && !flag(b))
        if (++zeros > 31)
            b->failed = true;
    return b->failed ? 0 : (UINT32_C(1) << zeros) - 1 + number(b, zeros);
}

static void skip_golombs(struct bits *b, unsigned count)
{
    while (count-- > 0 && !b->failed)
        golomb(b);
}

/* 7.3.2.1.1.1: the list ends early where next_scale becomes 0. */
static void skip_scaling_list(struct bits *b, unsigned size)
{
    uint32_t scale = 8;

    for (unsigned i = 0; i < size && scale != 0 && !b->failed; i++) {
        uint32_t code = golomb(b);
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
static uint32_t read_chroma(struct bits *b)
{
    uint32_t format = golomb(b);
    bool separate = format == 3 && flag(b);

    skip_golombs(b, 2); /* bit depths */
    flag(b);
    if (flag(b))
        for (unsigned i = 0; i < (format == 3 ? 12 : 8); i++)
            if (flag(b))
                skip_scaling_list(b, i < 6 ? 16 : 64);
    return separate ? 0 : format;
}

static uint32_t read_order_type(struct bits *b)
{
    uint32_t type = golomb(b);

    if (type == 0) {
        golomb(b);
    } else if (type == 1) {
        flag(b);
        skip_golombs(b, 2);
        skip_golombs(b, golomb(b));
    }
    return type;
}

/* Size in pixels less the cropping, 7.4.2.1.1. */
static void read_size(struct bits *b, uint32_t chroma, struct rtc_h264_sps *sps)
{
    uint32_t columns = golomb(b), rows = golomb(b), crop[4] = {0};
    uint64_t crop_width, crop_height;
    bool frames_only = flag(b);

    if (!frames_only)
        flag(b);
    flag(b);
    if (flag(b))
        for (unsigned i = 0; i < 4; i++)
            crop[i] = golomb(b);
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

static void skip_hrd(struct bits *b)
{
    uint32_t count = golomb(b);

    number(b, 8);
    for (uint32_t i = 0; i <= count && !b->failed; i++) {
        skip_golombs(b, 2);
        flag(b);
    }
    number(b, 20);
}

static void skip_picture_description(struct bits *b)
{
    if (flag(b) && number(b, 8) == 255) /* aspect ratio */
        number(b, 32);
    if (flag(b)) /* overscan */
        flag(b);
    if (flag(b)) { /* signal type */
        number(b, 4);
        if (flag(b))
            number(b, 24);
    }
    if (flag(b)) /* chroma location */
        skip_golombs(b, 2);
}

static void read_usability(struct bits *b, struct rtc_h264_sps *sps)
{
    bool nal_hrd, vcl_hrd;
    uint32_t reordered;

    skip_picture_description(b);
    if (flag(b)) {
        sps->tick = number(b, 32);
        sps->time_scale = number(b, 32);
        sps->fixed_rate = flag(b);
    }
    if ((nal_hrd = flag(b)))
        skip_hrd(b);
    if ((vcl_hrd = flag(b)))
        skip_hrd(b);
    if (nal_hrd || vcl_hrd)
        flag(b);
    flag(b);
    if (flag(b)) { /* bitstream restriction */
        flag(b);
        skip_golombs(b, 4);
        reordered = golomb(b);
        sps->will_reorder = sps->may_reorder && reordered > 0;
        sps->may_reorder = sps->will_reorder;
    }
}

int rtc_h264_sps_parse(const uint8_t *nal, size_t len,
                       struct rtc_h264_sps *ret_sps)
{
    struct rtc_h264_sps sps = {0};
    struct bits b = {.at = nal, .end = nal + len};
    uint32_t chroma = 1, order_type;

    if (rtc_h264_type((uint8_t)number(&b, 8)) != RTC_H264_SPS)
        return RTC_ERR_FORMAT;
    sps.profile = (uint8_t)number(&b, 8);
    sps.constraints = (uint8_t)number(&b, 8);
    sps.level = (uint8_t)number(&b, 8);
    golomb(&b);
    if (has_chroma(sps.profile))
        chroma = read_chroma(&b);
    golomb(&b);
    order_type = read_order_type(&b);
    golomb(&b);
    flag(&b);
    /* Order type 2 is decoding order (8.2.1.3); profile 66 has no B slices
     * (A.2.1). */
    sps.may_reorder = order_type != 2 && sps.profile != 66;
    read_size(&b, chroma, &sps);
    if (flag(&b))
        read_usability(&b, &sps);
    if (b.failed)
        return RTC_ERR_FORMAT;
    *ret_sps = sps;
    return 0;
}

bool rtc_h264_is_b_slice(const uint8_t *nal, size_t len)
{
    struct bits b = {.at = nal, .end = nal + len};
    unsigned type = rtc_h264_type((uint8_t)number(&b, 8));
    uint32_t slice_type;

    if (type != RTC_H264_SLICE && type != RTC_H264_PARTITION_A)
        return false;
    golomb(&b);
    slice_type = golomb(&b);
    /* Table 7-6: 5 to 9 say that all slices of the picture are such. */
    return !b.failed && (slice_type == 1 || slice_type == 6);
}
