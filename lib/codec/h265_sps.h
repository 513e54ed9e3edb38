/* SPDX-License-Identifier: MIT
 * The few fields of H.265 parameter sets that matter to one who carries a
 * stream: profile, size, rate, whether pictures are coded in another order than
 * shown (H.265 7.3.2.1, 7.3.2.2, E.2.1), and which set it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rtc_h265_sps {
    uint8_t profile, level; /* general_profile_idc, general_level_idc */
    bool high_tier;
    uint32_t width, height; /* shown size, cropped */
    /* Pictures per second are time_scale / tick; both 0 when not said. */
    uint32_t tick, time_scale;
    bool reorders; /* pictures may be shown in another order */
};

struct rtc_h265_vps {
    uint32_t tick, time_scale; /* as above */
};

/* Reads a unit of type 33 or 32, header first. RTC_ERR_FORMAT when it is not
 * one, is cut short, or belongs to another layer than the first. */
int rtc_h265_sps_parse(const uint8_t *nal, size_t len,
                       struct rtc_h265_sps *ret_sps);
int rtc_h265_vps_parse(const uint8_t *nal, size_t len,
                       struct rtc_h265_vps *ret_vps);

/* The number by which others refer to a parameter set (types 32 to 34).
 * RTC_ERR_FORMAT when it is cut short or no such unit. */
int rtc_h265_set_id(const uint8_t *nal, size_t len, uint32_t *ret_id);
