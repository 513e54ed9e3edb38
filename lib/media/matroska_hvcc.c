/* SPDX-License-Identifier: MIT
 * Writes H.265 decoder configuration records. Of the sequence parameter set
 * (H.265 7.3.2.2) is read what stands before the reordering of pictures. */
#include "media/matroska_hvcc.h"

#include <string.h>

#include "base/bits.h"

/* Bytes of a parameter set that are looked at. */
#define LOOK_MAX 256
#define SET_FIRST 32
#define SEQUENCE_SET 33
#define SET_LAST 34

/* Without emulation prevention (7.3.1.1); how many bytes. */
static size_t unescape(const struct rtc_nal *nal, uint8_t out[LOOK_MAX])
{
    size_t len = 0;

    for (size_t i = 2; i < nal->len && len < LOOK_MAX; i++)
        if (i < 4 || nal->data[i] != 3 || nal->data[i - 1] != 0 ||
            nal->data[i - 2] != 0)
            out[len++] = nal->data[i];
    return len;
}

/* ue(v), 9.2. */
static uint32_t golomb(struct rtc_bits *b)
{
    unsigned zeros = 0;

    while (!b->failed && !rtc_bits_flag(b))
        zeros++;
    if (zeros > 31)
        b->failed = true;
    return b->failed ? 0
                     : (UINT32_C(1) << zeros) - 1 + rtc_bits_number(b, zeros);
}

static void skip_bits(struct rtc_bits *b, unsigned count)
{
    while (count-- > 0)
        rtc_bits_flag(b);
}

/* profile_tier_level (7.3.3): the general one is kept. */
static void read_profile(struct rtc_bits *b, struct rtc_hvcc_sps *sps)
{
    bool has_profile[8] = {0}, has_level[8] = {0};
    unsigned sub_layers = sps->layers - 1U;

    for (size_t i = 0; i < sizeof sps->profile_tier_level; i++)
        sps->profile_tier_level[i] = (uint8_t)rtc_bits_number(b, 8);
    for (unsigned i = 0; i < sub_layers; i++) {
        has_profile[i] = rtc_bits_flag(b);
        has_level[i] = rtc_bits_flag(b);
    }
    if (sub_layers > 0)
        skip_bits(b, 2 * (8 - sub_layers));
    for (unsigned i = 0; i < sub_layers; i++)
        skip_bits(b, has_profile[i] * 88U + has_level[i] * 8U);
}

static void read_size(struct rtc_bits *b, struct rtc_hvcc_sps *sps)
{
    uint32_t width, height, crop[4] = {0};
    uint32_t unit_x = sps->chroma_format == 1 || sps->chroma_format == 2;
    uint32_t unit_y = sps->chroma_format == 1;

    width = golomb(b);
    height = golomb(b);
    if (rtc_bits_flag(b))
        for (unsigned i = 0; i < 4; i++)
            crop[i] = golomb(b);
    for (unsigned i = 0; i < 4; i++)
        b->failed = b->failed || crop[i] > UINT16_MAX;
    crop[0] = (crop[0] + crop[1]) << unit_x;
    crop[2] = (crop[2] + crop[3]) << unit_y;
    b->failed = b->failed || width > UINT16_MAX || height > UINT16_MAX ||
                crop[0] >= width || crop[2] >= height;
    sps->width = (uint16_t)(width - crop[0]);
    sps->height = (uint16_t)(height - crop[2]);
}

static uint8_t read_most(struct rtc_bits *b, uint32_t most)
{
    uint32_t value = golomb(b);

    b->failed = b->failed || value > most;
    return (uint8_t)value;
}

bool rtc_hvcc_sps_parse(const struct rtc_nal *nal, struct rtc_hvcc_sps *ret_sps)
{
    struct rtc_hvcc_sps sps = {0};
    uint8_t data[LOOK_MAX];
    struct rtc_bits b;

    rtc_bits_init(&b, data, unescape(nal, data));
    rtc_bits_number(&b, 4);
    sps.layers = (uint8_t)(rtc_bits_number(&b, 3) + 1);
    sps.nested = rtc_bits_flag(&b);
    read_profile(&b, &sps);
    golomb(&b);
    sps.chroma_format = read_most(&b, 3);
    if (sps.chroma_format == 3)
        rtc_bits_flag(&b);
    read_size(&b, &sps);
    sps.luma_depth = read_most(&b, 8);
    sps.chroma_depth = read_most(&b, 8);
    golomb(&b);
    /* Of the highest layer; what is told for lower ones is not more. */
    for (unsigned i = rtc_bits_flag(&b) ? 0 : sps.layers - 1U; i < sps.layers;
         i++) {
        golomb(&b);
        sps.reorders = golomb(&b) > 0;
        golomb(&b);
    }
    if (b.failed)
        return false;
    *ret_sps = sps;
    return true;
}

unsigned rtc_hvcc_read(struct rtc_reader *r, unsigned *ret_length_len)
{
    rtc_read_skip(r, 21);
    *ret_length_len = (rtc_read_u8(r) & 3) + 1U;
    return rtc_read_u8(r);
}

/* ---- writing ----------------------------------------------------------- */

static unsigned type_of(const struct rtc_nal *nal)
{
    return nal->data[0] >> 1 & 0x3f;
}

static bool find(const uint8_t *sets, size_t len, unsigned type,
                 struct rtc_nal *ret_nal)
{
    const uint8_t *at = sets;

    while (rtc_nal_next(&at, sets + len, ret_nal))
        if (type_of(ret_nal) == type)
            return true;
    return false;
}

static void write_array(struct rtc_writer *w, const uint8_t *sets, size_t len,
                        unsigned type)
{
    const uint8_t *at = sets;
    uint16_t count = 0;
    struct rtc_nal nal;
    size_t count_at;

    rtc_write_u8(w, (uint8_t)type);
    count_at = w->len;
    rtc_write_u16(w, 0);
    while (rtc_nal_next(&at, sets + len, &nal))
        if (type_of(&nal) == type) {
            count++;
            rtc_write_u16(w, (uint16_t)nal.len);
            rtc_write_bytes(w, nal.data, nal.len);
        }
    rtc_patch_u16(w, count_at, count);
}

void rtc_hvcc_write(struct rtc_writer *w, const uint8_t *sets, size_t len)
{
    struct rtc_hvcc_sps sps;
    struct rtc_nal nal;

    if (!find(sets, len, SEQUENCE_SET, &nal) || !rtc_hvcc_sps_parse(&nal, &sps))
        return;
    rtc_write_u8(w, 1);
    rtc_write_bytes(w, sps.profile_tier_level, sizeof sps.profile_tier_level);
    rtc_write_u16(w, 0xf000); /* no minimum of segments is known */
    rtc_write_u8(w, 0xfc);    /* nor a kind of parallel work */
    rtc_write_u8(w, 0xfc | sps.chroma_format);
    rtc_write_u8(w, 0xf8 | sps.luma_depth);
    rtc_write_u8(w, 0xf8 | sps.chroma_depth);
    rtc_write_u16(w, 0); /* nor a frame rate */
    rtc_write_u8(w, (uint8_t)(sps.layers << 3 | sps.nested << 2 | 3));
    rtc_write_u8(w, SET_LAST - SET_FIRST + 1);
    for (unsigned type = SET_FIRST; type <= SET_LAST; type++)
        write_array(w, sets, len, type);
}
