/* SPDX-License-Identifier: MIT
 * OBU headers, their sizes in leb128, and the sequence header: the size of the
 * pictures, and how samples are coded. */
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

static void read_operating_points(struct rtc_bits *b, unsigned delay_len,
                                  struct rtc_av1_sequence *sequence)
{
    bool display_delays = rtc_bits_flag(b);
    unsigned count = rtc_bits_number(b, 5) + 1;

    for (unsigned i = 0; i < count && !b->failed; i++) {
        uint8_t level, tier;

        rtc_bits_number(b, 12); /* operating_point_idc */
        level = (uint8_t)rtc_bits_number(b, 5);
        tier = level > 7 && rtc_bits_flag(b);
        if (i == 0) {
            sequence->level = level;
            sequence->tier = tier;
        }
        if (delay_len && rtc_bits_flag(b)) {
            rtc_bits_number(b, delay_len);
            rtc_bits_number(b, delay_len);
            rtc_bits_flag(b); /* low_delay_mode_flag */
        }
        if (display_delays && rtc_bits_flag(b))
            rtc_bits_number(b, 4);
    }
}

static void read_sequence(struct rtc_bits *b, struct rtc_av1_sequence *sequence)
{
    unsigned width_len, height_len;

    *sequence = (struct rtc_av1_sequence){0};
    sequence->profile = rtc_bits_number(b, 3);
    rtc_bits_flag(b); /* still_picture */
    sequence->still = rtc_bits_flag(b);
    if (sequence->still)
        sequence->level = (uint8_t)rtc_bits_number(b, 5);
    else
        read_operating_points(b, rtc_bits_flag(b) ? read_timing(b) : 0,
                              sequence);
    width_len = rtc_bits_number(b, 4) + 1;
    height_len = rtc_bits_number(b, 4) + 1;
    sequence->width = rtc_bits_number(b, width_len) + 1;
    sequence->height = rtc_bits_number(b, height_len) + 1;
}

bool rtc_av1_sequence_parse(const uint8_t *payload, size_t len,
                            struct rtc_av1_sequence *ret_sequence)
{
    struct rtc_av1_sequence sequence;
    struct rtc_bits b;

    rtc_bits_init(&b, payload, len);
    read_sequence(&b, &sequence);
    if (b.failed)
        return false;
    *ret_sequence = sequence;
    return true;
}

/* What stands between the size and the colors: which tools are in use. */
static void skip_tools(struct rtc_bits *b, bool still)
{
    bool has_order_hint, has_screen_content = true;

    if (!still && rtc_bits_flag(b)) /* frame_id_numbers_present_flag */
        rtc_bits_number(b, 4 + 3);
    rtc_bits_number(b, 3); /* superblocks, intra filter, edge filter */
    if (!still) {
        rtc_bits_number(b, 4); /* compounds, warped motion, dual filter */
        if ((has_order_hint = rtc_bits_flag(b)))
            rtc_bits_number(b, 2);
        if (!rtc_bits_flag(b)) /* seq_choose_screen_content_tools */
            has_screen_content = rtc_bits_flag(b);
        if (has_screen_content && !rtc_bits_flag(b)) /* integer motion */
            rtc_bits_flag(b);
        if (has_order_hint)
            rtc_bits_number(b, 3);
    }
    rtc_bits_number(b, 3); /* superres, cdef, restoration */
}

static void read_subsampling(struct rtc_bits *b, unsigned profile,
                             struct rtc_av1_color *color)
{
    rtc_bits_flag(b); /* color_range */
    color->subsampling_x = profile != 1;
    color->subsampling_y = profile == 0;
    if (color->twelve_bit) {
        color->subsampling_x = rtc_bits_flag(b);
        color->subsampling_y = color->subsampling_x && rtc_bits_flag(b);
    }
    if (color->subsampling_x && color->subsampling_y)
        color->sample_position = (uint8_t)rtc_bits_number(b, 2);
}

static void read_color(struct rtc_bits *b, unsigned profile,
                       struct rtc_av1_color *color)
{
    /* BT.709, sRGB, identity. */
    const uint32_t rgb = 1 << 16 | 13 << 8 | 0;
    uint32_t description = 0;

    *color = (struct rtc_av1_color){0};
    color->high_bit_depth = rtc_bits_flag(b);
    color->twelve_bit =
        profile == 2 && color->high_bit_depth && rtc_bits_flag(b);
    color->monochrome = profile != 1 && rtc_bits_flag(b);
    if (rtc_bits_flag(b)) /* color_description_present_flag */
        description = rtc_bits_number(b, 24);
    if (color->monochrome) {
        color->subsampling_x = color->subsampling_y = true;
        rtc_bits_flag(b);
    } else if (description != rgb) {
        read_subsampling(b, profile, color);
    }
}

bool rtc_av1_color_parse(const uint8_t *payload, size_t len,
                         struct rtc_av1_color *ret_color)
{
    struct rtc_av1_sequence sequence;
    struct rtc_av1_color color;
    struct rtc_bits b;

    rtc_bits_init(&b, payload, len);
    read_sequence(&b, &sequence);
    skip_tools(&b, sequence.still);
    read_color(&b, sequence.profile, &color);
    if (b.failed)
        return false;
    *ret_color = color;
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
