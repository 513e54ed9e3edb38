/* SPDX-License-Identifier: MIT
 * Blocks of Matroska (RFC 9559 10): what stands before the frames of one track,
 * and the frames that a block laces together. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Frames a block can have: their count less one is a byte. */
#define RTC_MATROSKA_LACE_MOST 256

struct rtc_matroska_block {
    uint64_t track; /* its number */
    int16_t time;   /* since that of the cluster */
    bool keyframe;  /* flag of a SimpleBlock */
    unsigned count;
    struct {
        uint32_t at, len; /* in the block */
    } frames[RTC_MATROSKA_LACE_MOST];
};

/* Reads the inside of a SimpleBlock or Block of less than 4 GiB. 0 or
 * RTC_ERR_FORMAT. */
int rtc_matroska_block_parse(const uint8_t *data, size_t len,
                             struct rtc_matroska_block *ret_block);
