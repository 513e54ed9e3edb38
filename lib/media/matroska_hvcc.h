/* SPDX-License-Identifier: MIT
 * The decoder configuration record of H.265, which is CodecPrivate in Matroska
 * (ISO/IEC 14496-15 8.3.3.1), and the fields of a sequence parameter set that
 * it repeats. */
#pragma once

#include "base/bytes.h"
#include "codec/nal.h"

struct rtc_hvcc_sps {
    uint8_t profile_tier_level[12]; /* the general one, as it stands there */
    uint8_t layers;                 /* temporal ones */
    bool nested;                    /* sps_temporal_id_nesting_flag */
    uint8_t chroma_format, luma_depth, chroma_depth; /* depths less 8 */
    uint16_t width, height;                          /* shown size */
    bool reorders; /* pictures are shown in another order */
};

/* Reads a unit of type 33, header first. False when it is malformed. */
bool rtc_hvcc_sps_parse(const struct rtc_nal *nal,
                        struct rtc_hvcc_sps *ret_sps);
/* Parses the record as far as the sizes of lengths; its arrays of units are
 * behind what is read from `r`. Their count; `ret_length_len` of 1 to 4. */
unsigned rtc_hvcc_read(struct rtc_reader *r, unsigned *ret_length_len);
/* Writes a record of the parameter sets, which have start codes; nothing when
 * they are not in a form that it can have. */
void rtc_hvcc_write(struct rtc_writer *w, const uint8_t *sets, size_t len);
