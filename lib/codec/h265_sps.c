/* SPDX-License-Identifier: MIT
 * Reads H.265 video and sequence parameter sets (7.3.2.1, 7.3.2.2, 7.3.3,
 * VUI: E.2.1) up to what the header promises. The rate stands behind nearly
 * everything else, so that all of it has to be walked through. */
#include "codec/h265_sps.h"

#include "codec/nal.h"
#include "codec/nal_bits.h"
#include "rtc.h"

/* 7.4.3.2.1 and 7.4.8: more is malformed. */
enum { RPS_MOST = 64, RPS_PICTURES_MOST = 16, LONG_TERM_MOST = 32 };

/* ---- what both kinds begin with ------------------------------------------ */

/* Header of a unit of `type` in the first layer. */
static bool read_header(struct rtc_nal_bits *b, const uint8_t *nal, size_t len,
                        unsigned type)
{
    rtc_nal_bits_init(b, nal, len);
    return rtc_nal_number(b, 7) == type && rtc_nal_number(b, 6) == 0 &&
           rtc_nal_number(b, 3) != 0 && !b->failed;
}

/* profile_tier_level(), 7.3.3, of as many sub-layers below the highest. */
static void read_profile(struct rtc_nal_bits *b, unsigned sub_layers,
                         struct rtc_h265_sps *sps)
{
    uint32_t present;

    rtc_nal_number(b, 2);
    sps->high_tier = rtc_nal_flag(b);
    sps->profile = (uint8_t)rtc_nal_number(b, 5);
    rtc_nal_skip_bits(b, 80);
    sps->level = (uint8_t)rtc_nal_number(b, 8);
    if (sub_layers == 0)
        return;
    present = rtc_nal_number(b, 16); /* two flags each, the rest is 0 */
    for (unsigned i = 0; i < sub_layers; i++) {
        rtc_nal_skip_bits(b, present & 0x8000 ? 88 : 0);
        rtc_nal_skip_bits(b, present & 0x4000 ? 8 : 0);
        present <<= 2;
    }
}

/* The reordering the highest sub-layer needs, in pictures. */
static uint32_t read_ordering(struct rtc_nal_bits *b, unsigned sub_layers)
{
    uint32_t reordered = 0;

    for (unsigned i = rtc_nal_flag(b) ? 0 : sub_layers; i <= sub_layers; i++) {
        rtc_nal_golomb(b);
        reordered = rtc_nal_golomb(b);
        rtc_nal_golomb(b);
    }
    return reordered;
}

/* ---- sequence parameter sets --------------------------------------------- */

/* Size in pixels less the cropping, 7.4.3.2.1. */
static void read_size(struct rtc_nal_bits *b, struct rtc_h265_sps *sps)
{
    uint32_t chroma = rtc_nal_golomb(b), crop[4] = {0};
    uint64_t crop_width, crop_height;
    bool separate = chroma == 3 && rtc_nal_flag(b);

    sps->width = rtc_nal_golomb(b);
    sps->height = rtc_nal_golomb(b);
    if (rtc_nal_flag(b))
        for (unsigned i = 0; i < 4; i++)
            crop[i] = rtc_nal_golomb(b);
    crop_width = (uint64_t)crop[0] + crop[1];
    crop_height = (uint64_t)crop[2] + crop[3];
    crop_width *= !separate && (chroma == 1 || chroma == 2) ? 2U : 1U;
    crop_height *= !separate && chroma == 1 ? 2U : 1U;
    /* No level allows more than 16888 a side (A.4.1). */
    if (chroma > 3 || sps->width > 65535 || sps->height > 65535 ||
        crop_width >= sps->width || crop_height >= sps->height) {
        b->failed = true;
        return;
    }
    sps->width -= (uint32_t)crop_width;
    sps->height -= (uint32_t)crop_height;
}

static void skip_scaling_lists(struct rtc_nal_bits *b)
{
    for (unsigned size = 0; size < 4; size++)
        for (unsigned i = 0; i < 6 && !b->failed; i += size == 3 ? 3 : 1)
            if (!rtc_nal_flag(b))
                rtc_nal_golomb(b);
            else
                rtc_nal_skip_golombs(b, size == 0 ? 16 : 64 + (size > 1));
}

static void skip_pcm(struct rtc_nal_bits *b)
{
    rtc_nal_number(b, 8);
    rtc_nal_skip_golombs(b, 2);
    rtc_nal_flag(b);
}

/* A set that is told by its difference to the one before it (7.4.8); how many
 * pictures it has. */
static unsigned read_rps_by_other(struct rtc_nal_bits *b, unsigned other)
{
    unsigned count = 0;

    rtc_nal_flag(b);
    rtc_nal_golomb(b);
    for (unsigned i = 0; i <= other && !b->failed; i++)
        if (rtc_nal_flag(b) || rtc_nal_flag(b)) /* used now, or later */
            count++;
    return count;
}

static unsigned read_rps(struct rtc_nal_bits *b)
{
    uint32_t before = rtc_nal_golomb(b), behind = rtc_nal_golomb(b);

    if (before > RPS_PICTURES_MOST || behind > RPS_PICTURES_MOST) {
        b->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < before + behind && !b->failed; i++) {
        rtc_nal_golomb(b);
        rtc_nal_flag(b);
    }
    return before + behind;
}

static void skip_short_term_sets(struct rtc_nal_bits *b)
{
    uint32_t sets = rtc_nal_golomb(b);
    unsigned pictures = 0;

    b->failed = b->failed || sets > RPS_MOST;
    for (uint32_t i = 0; i < sets && !b->failed; i++) {
        if (i > 0 && rtc_nal_flag(b))
            pictures = read_rps_by_other(b, pictures);
        else
            pictures = read_rps(b);
        b->failed = b->failed || pictures > RPS_PICTURES_MOST;
    }
}

static void skip_long_term_pictures(struct rtc_nal_bits *b, uint32_t poc_bits)
{
    uint32_t count;

    if (!rtc_nal_flag(b))
        return;
    count = rtc_nal_golomb(b);
    b->failed = b->failed || count > LONG_TERM_MOST;
    rtc_nal_skip_bits(b, b->failed ? 0 : count * (poc_bits + 1));
}

/* From the block sizes to the flags before the VUI. */
static void skip_coding(struct rtc_nal_bits *b, uint32_t poc_bits)
{
    rtc_nal_skip_golombs(b, 6);
    if (rtc_nal_flag(b) && rtc_nal_flag(b))
        skip_scaling_lists(b);
    rtc_nal_number(b, 2);
    if (rtc_nal_flag(b))
        skip_pcm(b);
    skip_short_term_sets(b);
    skip_long_term_pictures(b, poc_bits);
    rtc_nal_number(b, 2);
}

/* The VUI up to its timing. */
static void read_usability(struct rtc_nal_bits *b, struct rtc_h265_sps *sps)
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
    rtc_nal_number(b, 3);
    if (rtc_nal_flag(b)) /* display window */
        rtc_nal_skip_golombs(b, 4);
    if (rtc_nal_flag(b)) {
        sps->tick = rtc_nal_number(b, 32);
        sps->time_scale = rtc_nal_number(b, 32);
    }
}

int rtc_h265_sps_parse(const uint8_t *nal, size_t len,
                       struct rtc_h265_sps *ret_sps)
{
    struct rtc_h265_sps sps = {0};
    struct rtc_nal_bits b;
    unsigned sub_layers;
    uint32_t poc_bits;

    if (!read_header(&b, nal, len, RTC_H265_SPS))
        return RTC_ERR_FORMAT;
    rtc_nal_number(&b, 4);
    sub_layers = rtc_nal_number(&b, 3);
    rtc_nal_flag(&b);
    read_profile(&b, sub_layers, &sps);
    rtc_nal_golomb(&b);
    read_size(&b, &sps);
    rtc_nal_skip_golombs(&b, 2);
    poc_bits = rtc_nal_golomb(&b) + 4;
    sps.reorders = read_ordering(&b, sub_layers) > 0;
    b.failed = b.failed || poc_bits > 16;
    if (!b.failed)
        skip_coding(&b, poc_bits);
    if (rtc_nal_flag(&b))
        read_usability(&b, &sps);
    if (b.failed)
        return RTC_ERR_FORMAT;
    *ret_sps = sps;
    return 0;
}

/* ---- video parameter sets, numbers --------------------------------------- */

int rtc_h265_vps_parse(const uint8_t *nal, size_t len,
                       struct rtc_h265_vps *ret_vps)
{
    struct rtc_h265_vps vps = {0};
    struct rtc_h265_sps profile;
    struct rtc_nal_bits b;
    uint32_t layers, sets;
    unsigned sub_layers;

    if (!read_header(&b, nal, len, RTC_H265_VPS))
        return RTC_ERR_FORMAT;
    rtc_nal_number(&b, 12);
    sub_layers = rtc_nal_number(&b, 3);
    rtc_nal_number(&b, 17);
    read_profile(&b, sub_layers, &profile);
    read_ordering(&b, sub_layers);
    layers = rtc_nal_number(&b, 6) + 1;
    sets = rtc_nal_golomb(&b);
    b.failed = b.failed || sets > 1023; /* 7.4.3.1 */
    for (uint32_t i = 0; i < sets && !b.failed; i++)
        rtc_nal_skip_bits(&b, layers);
    if (rtc_nal_flag(&b)) {
        vps.tick = rtc_nal_number(&b, 32);
        vps.time_scale = rtc_nal_number(&b, 32);
    }
    if (b.failed)
        return RTC_ERR_FORMAT;
    *ret_vps = vps;
    return 0;
}

int rtc_h265_set_id(const uint8_t *nal, size_t len, uint32_t *ret_id)
{
    struct rtc_h265_sps profile;
    struct rtc_nal_bits b;
    unsigned sub_layers;
    uint32_t id;

    if (read_header(&b, nal, len, RTC_H265_VPS)) {
        id = rtc_nal_number(&b, 4);
    } else if (read_header(&b, nal, len, RTC_H265_PPS)) {
        id = rtc_nal_golomb(&b);
    } else if (read_header(&b, nal, len, RTC_H265_SPS)) {
        rtc_nal_number(&b, 4);
        sub_layers = rtc_nal_number(&b, 3);
        rtc_nal_flag(&b);
        read_profile(&b, sub_layers, &profile);
        id = rtc_nal_golomb(&b);
    } else {
        return RTC_ERR_FORMAT;
    }
    if (b.failed)
        return RTC_ERR_FORMAT;
    *ret_id = id;
    return 0;
}
