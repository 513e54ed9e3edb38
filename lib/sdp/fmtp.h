/* SPDX-License-Identifier: MIT
 * Format parameters (the value of a=fmtp): look-ups of `key=value;...` lists,
 * and what H.264 makes of them (RFC 6184 8.1, 8.2.2). */
#pragma once

#include "base/text.h"

/* The value of `key` (any case); false when it is not there. `a;b=c` gives `a`
 * an empty value. */
bool rtc_fmtp_get(struct rtc_text fmtp, const char *key,
                  struct rtc_text *ret_value);
/* A decimal value, or `fallback` when it is absent or not a number. */
uint32_t rtc_fmtp_u32(struct rtc_text fmtp, const char *key, uint32_t fallback);

enum rtc_h264_profile {
    RTC_H264_CONSTRAINED_BASELINE,
    RTC_H264_BASELINE,
    RTC_H264_MAIN,
    RTC_H264_EXTENDED,
    RTC_H264_HIGH,
    RTC_H264_CONSTRAINED_HIGH,
    RTC_H264_OTHER, /* High 10 and above: equal only in all their bits */
};

struct rtc_h264_format {
    enum rtc_h264_profile profile;
    uint8_t profile_idc, profile_iop; /* as written */
    uint8_t level;                    /* ten times the number; 9 is level 1b */
    uint8_t packetization_mode;       /* 0, 1 or 2 */
    bool level_asymmetry;
};

/* Reads the parameters; absent ones get their defaults (Baseline, level 1,
 * mode 0). False: profile-level-id or the mode is malformed. */
bool rtc_h264_format_parse(struct rtc_text fmtp,
                           struct rtc_h264_format *ret_format);
/* Whether both are one configuration: profile and mode (RFC 6184 8.2.2). */
bool rtc_h264_format_fits(const struct rtc_h264_format *a,
                          const struct rtc_h264_format *b);
/* The profile-level-id that answers `offered` when we can take `ours`: the
 * offer's profile, and our level, which is the lower of the two unless both
 * allow asymmetry. */
uint32_t rtc_h264_answer_level_id(const struct rtc_h264_format *offered,
                                  const struct rtc_h264_format *ours);
