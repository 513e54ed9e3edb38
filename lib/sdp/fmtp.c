/* SPDX-License-Identifier: MIT
 *
 * Parameters of a=fmtp and the H.264 rules on them: which profile-level-id
 * values name one profile (RFC 6184 8.1, table 5), when two configurations are
 * the same, and what an answer says of the level (8.2.2).
 */
#include "sdp/fmtp.h"

bool rtc_fmtp_get(struct rtc_text fmtp, const char *key,
                  struct rtc_text *ret_value)
{
    struct rtc_text item, name;

    while (rtc_text_split(&fmtp, ';', &item)) {
        struct rtc_text value = {"", 0};

        item = rtc_text_trim(item);
        if (!rtc_text_split(&item, '=', &name))
            continue;
        if (item.len)
            value = rtc_text_trim(item);
        if (rtc_text_is_nocase(rtc_text_trim(name), key)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

uint32_t rtc_fmtp_u32(struct rtc_text fmtp, const char *key, uint32_t fallback)
{
    struct rtc_text value;
    uint32_t number;

    if (!rtc_fmtp_get(fmtp, key, &value) ||
        !rtc_text_u32(value, UINT32_MAX, &number))
        return fallback;
    return number;
}

/* RFC 6184 table 5: profile_idc, the constraint bits that matter, and what they
 * must be. */
static const struct {
    uint8_t idc, mask, bits;
    enum rtc_h264_profile profile;
} profiles[] = {
    {0x42, 0x4f, 0x40, RTC_H264_CONSTRAINED_BASELINE},
    {0x4d, 0x8f, 0x80, RTC_H264_CONSTRAINED_BASELINE},
    {0x58, 0xcf, 0xc0, RTC_H264_CONSTRAINED_BASELINE},
    {0x42, 0x4f, 0x00, RTC_H264_BASELINE},
    {0x58, 0xcf, 0x80, RTC_H264_BASELINE},
    {0x4d, 0xaf, 0x00, RTC_H264_MAIN},
    {0x58, 0xcf, 0x00, RTC_H264_EXTENDED},
    {0x64, 0xff, 0x00, RTC_H264_HIGH},
    {0x64, 0xff, 0x0c, RTC_H264_CONSTRAINED_HIGH},
};

#define LEVEL_1B 9 /* as High profiles write it; others: 11 and set3 */
#define CONSTRAINT_SET3 0x10

static bool has_set3_level(uint8_t profile_idc)
{
    return profile_idc == 0x42 || profile_idc == 0x4d || profile_idc == 0x58;
}

static void read_profile(struct rtc_h264_format *format)
{
    format->profile = RTC_H264_OTHER;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (profiles[i].idc == format->profile_idc &&
            profiles[i].bits == (format->profile_iop & profiles[i].mask)) {
            format->profile = profiles[i].profile;
            break;
        }
    if (has_set3_level(format->profile_idc) && format->level == 11 &&
        (format->profile_iop & CONSTRAINT_SET3))
        format->level = LEVEL_1B;
}

bool rtc_h264_format_parse(struct rtc_text fmtp,
                           struct rtc_h264_format *ret_format)
{
    struct rtc_h264_format format = {0};
    uint32_t mode = rtc_fmtp_u32(fmtp, "packetization-mode", 0);
    struct rtc_text value;
    uint64_t id = 0x42000a; /* RFC 6184 8.1: Baseline, level 1 */

    if (rtc_fmtp_get(fmtp, "profile-level-id", &value) &&
        (value.len != 6 || !rtc_text_hex(value, &id)))
        return false;
    if (mode > 2)
        return false;
    format.profile_idc = (uint8_t)(id >> 16);
    format.profile_iop = (uint8_t)(id >> 8);
    format.level = (uint8_t)id;
    format.packetization_mode = (uint8_t)mode;
    format.level_asymmetry =
        rtc_fmtp_u32(fmtp, "level-asymmetry-allowed", 0) == 1;
    read_profile(&format);
    *ret_format = format;
    return true;
}

bool rtc_h264_format_fits(const struct rtc_h264_format *a,
                          const struct rtc_h264_format *b)
{
    if (a->packetization_mode != b->packetization_mode ||
        a->profile != b->profile)
        return false;
    return a->profile != RTC_H264_OTHER || (a->profile_idc == b->profile_idc &&
                                            a->profile_iop == b->profile_iop);
}

/* Levels in their order: 1, 1b, 1.1, ... */
static unsigned level_rank(uint8_t level)
{
    return level == LEVEL_1B ? 21u : level * 2u;
}

uint32_t rtc_h264_answer_level_id(const struct rtc_h264_format *offered,
                                  const struct rtc_h264_format *ours)
{
    uint8_t level = ours->level, iop = offered->profile_iop;

    if (!(offered->level_asymmetry && ours->level_asymmetry) &&
        level_rank(offered->level) < level_rank(level))
        level = offered->level;
    if (has_set3_level(offered->profile_idc)) {
        iop &= (uint8_t)~CONSTRAINT_SET3;
        if (level == LEVEL_1B) {
            iop |= CONSTRAINT_SET3;
            level = 11;
        }
    }
    return (uint32_t)offered->profile_idc << 16 | (uint32_t)iop << 8 | level;
}
