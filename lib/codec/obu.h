/* SPDX-License-Identifier: MIT
 * AV1's open bitstream units (AV1 specification 5.3 to 5.5): walked and headed
 * as in its low-overhead format, where each has its size; and what a sequence
 * header says of the pictures. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RTC_OBU_SEQUENCE_HEADER = 1,
    RTC_OBU_TEMPORAL_DELIMITER = 2,
    RTC_OBU_FRAME_HEADER = 3,
    RTC_OBU_FRAME = 6,
    RTC_OBU_TILE_LIST = 8,
    RTC_OBU_PADDING = 15,
};

/* First byte of a unit. */
enum { RTC_OBU_FORBIDDEN = 0x80, RTC_OBU_EXTENDED = 4, RTC_OBU_SIZED = 2 };

#define RTC_LEB128_MAX 8 /* bytes of a number, specification 4.10.5 */

/* Reads a number of at most 32 bits. The bytes it has, 0 when it is not all
 * there, RTC_ERR_FORMAT. */
int rtc_leb128_read(const uint8_t *data, size_t len, size_t *ret_value);
/* Bytes of `value` without superfluous ones; 5 at most. */
size_t rtc_leb128_len(size_t value);
/* Writes that; how many. */
size_t rtc_leb128_write(uint8_t *buf, size_t value);

struct rtc_obu {
    unsigned type;
    uint8_t header[2]; /* as it stands there */
    size_t header_len; /* 2 with the extension */
    const uint8_t *payload;
    size_t len; /* of the payload */
};

/* Reads header and size: the bytes both have, 0 when they are not all there,
 * RTC_ERR_FORMAT when malformed or without size. */
int rtc_obu_head(const uint8_t *data, size_t len, struct rtc_obu *ret_obu);
/* The unit at `*at`, which moves behind it. 1; 0 at `end`; RTC_ERR_FORMAT when
 * malformed or cut. */
int rtc_obu_next(const uint8_t **at, const uint8_t *end,
                 struct rtc_obu *ret_obu);

struct rtc_av1_sequence {
    unsigned profile;
    bool still;             /* one key frame, whose header does not say so */
    uint8_t level, tier;    /* of the first operating point */
    uint32_t width, height; /* 1 to 65536: the largest */
};

/* Reads the payload of a sequence header (5.5.1). False when malformed. */
bool rtc_av1_sequence_parse(const uint8_t *payload, size_t len,
                            struct rtc_av1_sequence *ret_sequence);

/* How samples are coded (color_config, 5.5.2). */
struct rtc_av1_color {
    bool high_bit_depth, twelve_bit, monochrome;
    bool subsampling_x, subsampling_y;
    uint8_t sample_position;
};

/* Reads on to that part of the same payload. False when malformed. */
bool rtc_av1_color_parse(const uint8_t *payload, size_t len,
                         struct rtc_av1_color *ret_color);
/* Finds and reads the one of a temporal unit. False when there is none. */
bool rtc_av1_sequence_of(const uint8_t *frame, size_t len,
                         struct rtc_av1_sequence *ret_sequence);
