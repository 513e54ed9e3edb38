/* SPDX-License-Identifier: MIT
 * The few fields of H.264 sequence parameter sets and slice headers that matter
 * to one who carries a stream: size, rate, and whether pictures are coded in
 * another order than shown (H.264 7.3.2.1.1, 7.3.3, E.1.1). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtc_h264_sps {
    uint8_t profile, constraints, level; /* the 3 bytes of profile-level-id */
    uint32_t width, height;              /* shown size, cropped */
    /* Frames per second are time_scale / (2 * tick); both 0 when not said. */
    uint32_t tick, time_scale;
    bool fixed_rate;   /* every frame lasts equally long */
    bool may_reorder;  /* not excluded that pictures are reordered */
    bool will_reorder; /* the encoder says that it does */
};

/* Reads a unit of type 7, header byte first. RTC_ERR_FORMAT when it is not one
 * or is cut short. */
int rtc_h264_sps_parse(const uint8_t *nal, size_t len,
                       struct rtc_h264_sps *ret_sps);

/* Whether the unit is a slice of type B. */
bool rtc_h264_is_b_slice(const uint8_t *nal, size_t len);
