/* SPDX-License-Identifier: MIT
 * What differs between the byte streams of H.264 and H.265, for the reader
 * (annexb.c) and the writer (annexb_write.c). One row a codec. */
#pragma once

#include "codec/nal.h"
#include "media/format.h"

#define RTC_ANNEXB_CODE_LEN 3 /* 00 00 01 */

/* Where a unit begins whose start code is at `code`: its zero_byte counts
 * (H.264 B.1.2, H.265 B.2.2). */
static inline size_t rtc_annexb_unit_start(const uint8_t *p, size_t code)
{
    return code > 0 && p[code - 1] == 0 ? code - 1 : code;
}

/* What a unit is to the writer; parameter sets come first, in the order in
 * which they are repeated. */
enum rtc_annexb_unit {
    RTC_ANNEXB_VPS,
    RTC_ANNEXB_SPS,
    RTC_ANNEXB_PPS,
    RTC_ANNEXB_SET_COUNT,
    RTC_ANNEXB_DELIMITER = RTC_ANNEXB_SET_COUNT,
    RTC_ANNEXB_OTHER,
};

/* What the parameter sets of an access unit say beyond the track. */
struct rtc_annexb_facts {
    bool may_reorder; /* H.264: by the last set; kept between access units */
    uint32_t rate_num, rate_den; /* pictures per second, 0/0: not said */
};

struct rtc_annexb_codec {
    enum rtc_codec codec;
    const char *name; /* for sentences */
    /* Bytes of a unit that tell whether it starts an access unit. */
    size_t telling_len;
    bool (*starts_frame)(const uint8_t *nal, size_t len);
    bool (*is_slice)(uint8_t header);
    /* Learns from a unit. */
    void (*learn)(const struct rtc_nal *nal, struct rtc_media_track *track,
                  struct rtc_annexb_facts *facts);
    /* A key frame has to have these: bits, 1 << enum rtc_annexb_unit. */
    unsigned sets_needed;
    /* `ret_id`: which one of its kind a parameter set is. */
    enum rtc_annexb_unit (*unit_of)(const struct rtc_nal *nal,
                                    uint32_t *ret_id);
};

/* The row of a codec, or NULL. Static. */
const struct rtc_annexb_codec *rtc_annexb_codec(enum rtc_codec codec);
/* The row whose streams begin with a unit of these two bytes, or NULL. */
const struct rtc_annexb_codec *rtc_annexb_codec_of(const uint8_t *nal);

/* Parameter sets of a kind that the writer saw last. Streams have one or two;
 * of one that has more, or sets of unusual length, the surplus is not repeated.
 */
#define RTC_ANNEXB_SET_MOST 16
#define RTC_ANNEXB_SET_LEN_MAX 512

struct rtc_annexb_set {
    uint32_t id;
    size_t len;
    uint8_t data[RTC_ANNEXB_SET_LEN_MAX];
};

struct rtc_annexb_sets {
    struct rtc_annexb_set sets[RTC_ANNEXB_SET_MOST];
    unsigned count;
};

struct rtc_annexb_writer {
    struct rtc_annexb_sets kinds[RTC_ANNEXB_SET_COUNT];
};

/* As in struct rtc_media_entry. */
int rtc_annexb_write_frame(struct rtc_media_writer *w,
                           const struct rtc_media_frame *frame);
