/* SPDX-License-Identifier: MIT
 * Finds NAL units between start codes (Annex B of H.264 and H.265) and reads
 * the first bytes of units (H.264 7.3.1, 7.3.3; H.265 7.3.1.2, 7.3.6.1). Every
 * byte of a stream is looked at by memchr once, for the 01 that ends a start
 * code: unlike 00 it never comes in long runs that would slow this down. */
#include "codec/nal.h"

#include <string.h>

const uint8_t *rtc_nal_find(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *one;

    if (end - at < 3)
        return end;
    at += 2;
    while (at < end && (one = memchr(at, 1, (size_t)(end - at)))) {
        if (one[-1] == 0 && one[-2] == 0)
            return one - 2;
        at = one + 1;
    }
    return end;
}

bool rtc_nal_is_first(const uint8_t *data, size_t len)
{
    const uint8_t *end = data + len, *code = rtc_nal_find(data, end);

    while (data < code && *data == 0)
        data++;
    return code < end && data == code;
}

bool rtc_nal_next(const uint8_t **at, const uint8_t *end,
                  struct rtc_nal *ret_nal)
{
    const uint8_t *code = rtc_nal_find(*at, end);

    while (code < end) {
        const uint8_t *data = code + 3, *stop;

        code = rtc_nal_find(data, end);
        /* A unit never ends in 00 (H.264 7.4.1), so these are padding or the
         * first byte of a four-byte start code. */
        for (stop = code; stop > data && stop[-1] == 0; stop--)
            ;
        if (stop > data) {
            *at = code;
            *ret_nal = (struct rtc_nal){data, (size_t)(stop - data)};
            return true;
        }
    }
    *at = end;
    return false;
}

bool rtc_h264_starts_picture(const uint8_t *nal, size_t len)
{
    if (len < 2)
        return false;
    switch (rtc_h264_type(nal[0])) {
    case RTC_H264_SLICE:
    case RTC_H264_PARTITION_A:
    case RTC_H264_IDR:
        return nal[1] & 0x80; /* ue(v) 0 is the single bit 1 */
    default:
        return false;
    }
}

bool rtc_h264_starts_frame(const uint8_t *nal, size_t len)
{
    unsigned type;

    if (len == 0)
        return false;
    type = rtc_h264_type(nal[0]);
    /* Type 14 is on the list of H.264 7.4.1.2.3, too, but it also stands before
     * each further slice of a picture: counting it would tear pictures. */
    if (type >= RTC_H264_SEI && type <= RTC_H264_AUD)
        return true;
    if (type >= 15 && type <= 18)
        return true;
    return rtc_h264_starts_picture(nal, len);
}

bool rtc_h265_starts_frame(const uint8_t *nal, size_t len)
{
    unsigned type;

    if (len == 0 || nal[0] & 1 || (len > 1 && nal[1] >> 3)) /* the layer */
        return false;
    type = rtc_h265_type(nal[0]);
    if (type <= RTC_H265_SLICE_LAST) /* first_slice_segment_in_pic_flag */
        return len > RTC_H265_HEADER_LEN && nal[2] & 0x80;
    return type <= RTC_H265_AUD || type == RTC_H265_SEI ||
           (type >= 41 && type <= 44) || (type >= 48 && type <= 55);
}
