/* SPDX-License-Identifier: MIT
 * Format parameters: look-ups, and H.264 profiles and levels (RFC 6184 table 5
 * and 8.2.2). */
#include "sdp/fmtp.h"

#include "tap.h"

static void test_lookup(void)
{
    struct rtc_text fmtp =
        rtc_text_of(" minptime=10; useinbandfec=1 ;Stereo=1;empty=;flag; =x;;"
                    "sprop-parameter-sets=Z0LAHg==,aM48gA==");
    struct rtc_text value = {"", 0};

    is_int(rtc_fmtp_u32(fmtp, "minptime", 0), 10, "first");
    is_int(rtc_fmtp_u32(fmtp, "useinbandfec", 0), 1, "between blanks");
    is_int(rtc_fmtp_u32(fmtp, "stereo", 0), 1, "in another case");
    is_int(rtc_fmtp_u32(fmtp, "ptime", 7), 7, "part of a name is not it");
    is_int(rtc_fmtp_u32(fmtp, "sprop-parameter-sets", 7), 7, "not a number");
    ok(rtc_fmtp_get(fmtp, "empty", &value) && value.len == 0, "empty value");
    ok(rtc_fmtp_get(fmtp, "flag", &value) && value.len == 0, "no value");
    ok(rtc_fmtp_get(fmtp, "sprop-parameter-sets", &value) &&
           rtc_text_is(value, "Z0LAHg==,aM48gA=="),
       "a value with = in it");
    ok(!rtc_fmtp_get((struct rtc_text){0}, "x", &value), "no parameters");
}

static struct rtc_h264_format format_of(const char *fmtp)
{
    struct rtc_h264_format format = {.level = 255};

    if (!rtc_h264_format_parse(rtc_text_of(fmtp), &format))
        printf("# %s is malformed\n", fmtp);
    return format;
}

static void test_profiles(void)
{
    static const struct {
        const char *id;
        enum rtc_h264_profile profile;
        uint8_t level;
    } rows[] = {
        {"42e01f", RTC_H264_CONSTRAINED_BASELINE, 31},
        {"42c01e", RTC_H264_CONSTRAINED_BASELINE, 30},
        {"42401f", RTC_H264_CONSTRAINED_BASELINE, 31},
        {"4d801f", RTC_H264_CONSTRAINED_BASELINE, 31},
        {"58c01f", RTC_H264_CONSTRAINED_BASELINE, 31},
        {"42001f", RTC_H264_BASELINE, 31},
        {"42a01f", RTC_H264_BASELINE, 31},
        {"58801f", RTC_H264_BASELINE, 31},
        {"4d001f", RTC_H264_MAIN, 31},
        {"4D401F", RTC_H264_MAIN, 31},
        {"58001f", RTC_H264_EXTENDED, 31},
        {"640034", RTC_H264_HIGH, 52},
        {"640c1f", RTC_H264_CONSTRAINED_HIGH, 31},
        {"6e001f", RTC_H264_OTHER, 31},
        {"42f00b", RTC_H264_CONSTRAINED_BASELINE, 9},
        {"42e00b", RTC_H264_CONSTRAINED_BASELINE, 11},
        {"64100b", RTC_H264_OTHER, 11},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char fmtp[64];
        struct rtc_h264_format format;

        snprintf(fmtp, sizeof fmtp, "profile-level-id=%s", rows[i].id);
        format = format_of(fmtp);
        is_int(format.profile, rows[i].profile, rows[i].id);
        is_int(format.level, rows[i].level, "its level");
    }
}

static void test_parse(void)
{
    struct rtc_h264_format format = format_of("");

    ok(format.profile == RTC_H264_BASELINE && format.level == 10 &&
           format.packetization_mode == 0 && !format.level_asymmetry,
       "defaults of RFC 6184 8.1");
    format = format_of("level-asymmetry-allowed=1;packetization-mode=1;"
                       "profile-level-id=42e01f");
    ok(format.packetization_mode == 1 && format.level_asymmetry, "mode 1");
    ok(!rtc_h264_format_parse(rtc_text_of("profile-level-id=42e0"), &format),
       "too short");
    ok(!rtc_h264_format_parse(rtc_text_of("profile-level-id=42e01g"), &format),
       "not hex");
    ok(!rtc_h264_format_parse(rtc_text_of("packetization-mode=3"), &format),
       "no such mode");
}

static void test_fits(void)
{
    static const struct {
        const char *a, *b;
        bool fits;
    } rows[] = {
        {"profile-level-id=42e01f", "profile-level-id=42c034", true},
        {"profile-level-id=42e01f", "profile-level-id=4d801f", true},
        {"profile-level-id=42e01f", "profile-level-id=42001f", false},
        {"profile-level-id=42e01f",
         "profile-level-id=42e01f;packetization-mode=1", false},
        {"profile-level-id=6e001f", "profile-level-id=6e0028", true},
        {"profile-level-id=6e001f", "profile-level-id=6e101f", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_h264_format a = format_of(rows[i].a),
                               b = format_of(rows[i].b);

        ok(rtc_h264_format_fits(&a, &b) == rows[i].fits, rows[i].b);
    }
}

static void test_levels(void)
{
    static const struct {
        const char *offered, *ours;
        bool asymmetry;
        uint32_t answer;
    } rows[] = {
        {"42e034", "42e01f", true, 0x42e01f}, /* acceptance case 33 */
        {"42e034", "42e01f", false, 0x42e01f},
        {"42c01e", "42e01f", true, 0x42c01f},
        {"42c01e", "42e01f", false, 0x42c01e},
        {"42f00b", "42e01f", false, 0x42f00b}, /* 1b stays 1b */
        {"42f00b", "42e01f", true, 0x42e01f},
        {"42e00a", "42f00b", false, 0x42e00a}, /* 1 is below 1b */
        {"42e00b", "42f00b", false, 0x42f00b}, /* 1.1 is above 1b */
        {"640034", "64001f", true, 0x64001f},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char fmtp[2][80];
        struct rtc_h264_format offered, ours;

        snprintf(fmtp[0], 80, "level-asymmetry-allowed=%d;profile-level-id=%s",
                 rows[i].asymmetry, rows[i].offered);
        snprintf(fmtp[1], 80, "level-asymmetry-allowed=1;profile-level-id=%s",
                 rows[i].ours);
        offered = format_of(fmtp[0]);
        ours = format_of(fmtp[1]);
        is_int(rtc_h264_answer_level_id(&offered, &ours), rows[i].answer,
               rows[i].offered);
    }
}

int main(void)
{
    test_lookup();
    test_profiles();
    test_parse();
    test_fits();
    test_levels();
    return tap_done();
}
