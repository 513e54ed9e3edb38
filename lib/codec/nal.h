/* SPDX-License-Identifier: MIT
 * NAL units in a byte stream with start codes (Annex B of H.264 and H.265), and
 * what the first bytes of a unit tell (RFC 6184 1.3, 5.2; RFC 7798 1.1.4, 4.4).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* H.264 unit types that matter to a carrier: table 7-1, and RFC 6184 table 1
 * for those that exist on the wire only. */
enum rtc_h264_type {
    RTC_H264_SLICE = 1,
    RTC_H264_PARTITION_A = 2,
    RTC_H264_IDR = 5,
    RTC_H264_SEI = 6,
    RTC_H264_SPS = 7,
    RTC_H264_PPS = 8,
    RTC_H264_AUD = 9,
    RTC_H264_STAP_A = 24,
    RTC_H264_FU_A = 28,
};

/* The same of H.265: table 7-1, and RFC 7798 4.4. */
enum rtc_h265_type {
    RTC_H265_IRAP_FIRST = 16, /* BLA, IDR, CRA: a stream can begin there */
    RTC_H265_IRAP_LAST = 23,
    RTC_H265_SLICE_LAST = 31,
    RTC_H265_VPS = 32,
    RTC_H265_SPS = 33,
    RTC_H265_PPS = 34,
    RTC_H265_AUD = 35,
    RTC_H265_SEI = 39, /* of the picture behind it; 40 is of that before */
    RTC_H265_AP = 48,
    RTC_H265_FU = 49,
    RTC_H265_PACI = 50,
};

/* A unit where it lies, header byte first, without start code and without the
 * zero bytes that may trail it. Never empty. */
struct rtc_nal {
    const uint8_t *data;
    size_t len;
};

/* The first 00 00 01 within the range, or `end`. The zero byte that makes it a
 * four-byte start code stands before what is returned. */
const uint8_t *rtc_nal_find(const uint8_t *at, const uint8_t *end);

/* Whether the range begins with a start code, zeros before it or not. */
bool rtc_nal_is_first(const uint8_t *data, size_t len);

/* The next unit behind a start code; `*at` moves to the start code that follows
 * it, or to `end`. What stands before the first start code is skipped. False
 * when there is none. Lends from the range. */
bool rtc_nal_next(const uint8_t **at, const uint8_t *end,
                  struct rtc_nal *ret_nal);

/* Type of the H.264 unit that starts with this byte. */
static inline unsigned rtc_h264_type(uint8_t header)
{
    return header & 0x1f;
}

/* Whether the unit carries coded picture data (types 1 to 5). */
static inline bool rtc_h264_is_slice(uint8_t header)
{
    return rtc_h264_type(header) >= 1 && rtc_h264_type(header) <= 5;
}

/* Whether the unit is a picture's first slice: first_mb_in_slice is 0. */
bool rtc_h264_starts_picture(const uint8_t *nal, size_t len);

/* Whether the unit starts another access unit, given that the one before it has
 * a slice already (H.264 7.4.1.2.3): a delimiter, parameter set or SEI, or the
 * first slice of a picture. */
bool rtc_h264_starts_frame(const uint8_t *nal, size_t len);

/* Length of the header of an H.265 unit, and its type by the first byte. */
#define RTC_H265_HEADER_LEN 2

static inline unsigned rtc_h265_type(uint8_t header)
{
    return header >> 1 & 0x3f;
}

static inline bool rtc_h265_is_slice(uint8_t header)
{
    return rtc_h265_type(header) <= RTC_H265_SLICE_LAST;
}

static inline bool rtc_h265_is_irap(uint8_t header)
{
    return rtc_h265_type(header) >= RTC_H265_IRAP_FIRST &&
           rtc_h265_type(header) <= RTC_H265_IRAP_LAST;
}

/* As above (H.265 7.4.2.4.4); units of further layers never start one. Three
 * bytes of the unit tell. */
bool rtc_h265_starts_frame(const uint8_t *nal, size_t len);
