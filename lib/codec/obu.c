/* SPDX-License-Identifier: MIT
 * OBU headers, their sizes in leb128, and the sequence header up to the size of
 * the pictures. */
#include "codec/obu.h"

#include "base/bits.h"
#include "rtc.h"

int rtc_leb128_read(const uint8_t *data, size_t len, size_t *ret_value)
{
    uint64_t value = 0;

    for (size_t i = 0; i < RTC_LEB128_MAX; i++) {
        if (i == len)
            return 0;
        value |= (uint64_t)(data[i] & 0x7f) << 7 * i;
        if (data[i] & 0x80)
            continue;
        if (value > UINT32_MAX)
            return RTC_ERR_FORMAT;
        *ret_value = (size_t)value;
        return (int)i + 1;
    }
    return RTC_ERR_FORMAT;
}

size_t rtc_leb128_len(size_t value)
{
    size_t len = 1;

    while (value >>= 7)
        len++;
    return len;
}

size_t rtc_leb128_write(uint8_t *buf, size_t value)
{
    size_t len = 0;

    for (; value > 0x7f; value >>= 7)
        buf[len++] = (uint8_t)(value | 0x80);
    buf[len++] = (uint8_t)value;
    return len;
}

int rtc_obu_head(const uint8_t *data, size_t len, struct rtc_obu *ret_obu)
{
    struct rtc_obu obu = {.header_len = 1};
    int size_len;

    if (len == 0)
        return 0;
    if (data[0] & RTC_OBU_FORBIDDEN || !(data[0] & RTC_OBU_SIZED))
        return RTC_ERR_FORMAT;
    obu.type = data[0] >> 3;
    obu.header[0] = data[0];
    if (data[0] & RTC_OBU_EXTENDED) {
        if (len == 1)
            return 0;
        obu.header[obu.header_len++] = data[1];
    }
    size_len =
        rtc_leb128_read(data + obu.header_len, len - obu.header_len, &obu.len);
    if (size_len <= 0)
        return size_len;
    obu.payload = data + obu.header_len + size_len;
    *ret_obu = obu;
    return (int)obu.header_len + size_len;
}

int rtc_obu_next(const uint8_t **at, const uint8_t *end,
                 struct rtc_obu *ret_obu)
{
    size_t left = (size_t)(end - *at);
    struct rtc_obu obu;
    int head;

    if (left == 0)
        return 0;
    head = rtc_obu_head(*at, left, &obu);
    if (head <= 0 || obu.len > left - (size_t)head)
        return RTC_ERR_FORMAT;
    *at += (size_t)head + obu.len;
    *ret_obu = obu;
    return 1;
}

/* ---- sequence headers (5.5) ---------------------------------------------- */

/* uvlc(), 4.10.3. */
static void skip_uvlc(struct rtc_bits *b)
{
    unsigned zeros = 0;

    while (!b->failed && !rtc_bits_flag(b))
        zeros++;
    if (zeros < 32)
        rtc_bits_number(b, zeros);
}

/* How many bits a decoder model's delays have; 0 without a model. */
static unsigned read_timing(struct rtc_bits *b)
{
    unsigned delay_len;

    rtc_bits_number(b, 32); /* num_units_in_display_tick */
    rtc_bits_number(b, 32); /* time_scale */
    if (rtc_bits_flag(b))   /* equal_picture_interval */
        skip_uvlc(b);
    if (!rtc_bits_flag(b)) /* decoder_model_info_present_flag */
        return 0;
    delay_len = rtc_bits_number(b, 5) + 1;
    rtc_bits_number(b, 32);
    rtc_bits_number(b, 10);
    return delay_len;
}

static void skip_operating_points(struct rtc_bits *b, unsigned delay_len)
{
    bool display_delays = rtc_bits_flag(b);
    unsigned count = rtc_bits_number(b, 5) + 1;

    for (unsigned i = 0; i < count && !b->failed; i++) {
        rtc_bits_number(b, 12);        /* operating_point_idc */
        if (rtc_bits_number(b, 5) > 7) /* seq_level_idx */
            rtc_bits_flag(b);          /* seq_tier */
        if (delay_len && rtc_bits_flag(b)) {
            rtc_bits_number(b, delay_len);
            rtc_bits_number(b, delay_len);
            rtc_bits_flag(b); /* low_delay_mode_flag */
        }
        if (display_delays && rtc_bits_flag(b))
            rtc_bits_number(b, 4);
    }
}

bool rtc_av1_sequence_parse(const uint8_t *payload, size_t len,
                            struct rtc_av1_sequence *ret_sequence)
{
    struct rtc_av1_sequence sequence;
    unsigned width_len, height_len;
    struct rtc_bits b;

    rtc_bits_init(&b, payload, len);
    sequence.profile = rtc_bits_number(&b, 3);
    rtc_bits_flag(&b); /* still_picture */
    sequence.still = rtc_bits_flag(&b);
    if (sequence.still)
        rtc_bits_number(&b, 5);
    else
        skip_operating_points(&b, rtc_bits_flag(&b) ? read_timing(&b) : 0);
    width_len = rtc_bits_number(&b, 4) + 1;
    height_len = rtc_bits_number(&b, 4) + 1;
    sequence.width = rtc_bits_number(&b, width_len) + 1;
    sequence.height = rtc_bits_number(&b, height_len) + 1;
    if (b.failed)
        return false;
    *ret_sequence = sequence;
    return true;
}

bool rtc_av1_sequence_of(const uint8_t *frame, size_t len,
                         struct rtc_av1_sequence *ret_sequence)
{
    const uint8_t *at = frame;
    struct rtc_obu obu;

    while (rtc_obu_next(&at, frame + len, &obu) > 0)
        if (obu.type == RTC_OBU_SEQUENCE_HEADER)
            return rtc_av1_sequence_parse(obu.payload, obu.len, ret_sequence);
    return false;
}
