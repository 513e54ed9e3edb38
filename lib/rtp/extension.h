/* SPDX-License-Identifier: MIT
 * RTP header extensions (RFC 8285, one- and two-byte forms): which are known
 * by what URI, which id each has in a session, and their values. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "rtc.h"

enum rtc_extension {
    RTC_EXTENSION_NONE,         /* so that a zeroed map is an empty one */
    RTC_EXTENSION_AUDIO_LEVEL,  /* RFC 6464 */
    RTC_EXTENSION_MID,          /* RFC 9143 15 */
    RTC_EXTENSION_RID,          /* RFC 8852 */
    RTC_EXTENSION_REPAIRED_RID, /* RFC 8852 */
    RTC_EXTENSION_ABS_SEND_TIME,
    RTC_EXTENSION_TRANSPORT_SEQUENCE, /* draft transport-wide-cc-01 */
    RTC_EXTENSION_ORIENTATION,        /* 3GPP TS 26.114 7.4.5 */
    RTC_EXTENSION_ABS_CAPTURE_TIME,
    RTC_EXTENSION_PLAYOUT_DELAY,
    RTC_EXTENSION_TIME_OFFSET, /* RFC 5450 */
    /* From here on values are opaque bytes. */
    RTC_EXTENSION_DEPENDENCY_DESCRIPTOR,
    RTC_EXTENSION_VIDEO_LAYERS,
    RTC_EXTENSION_USER0, /* what they are, the map's owner says */
    RTC_EXTENSION_USER1,
    RTC_EXTENSION_USER2,
    RTC_EXTENSION_USER3,
    RTC_EXTENSION_COUNT
};

#define RTC_EXTENSION_OPAQUE RTC_EXTENSION_DEPENDENCY_DESCRIPTOR
#define RTC_EXTENSION_ID_MAX 255

/* The URI of a known extension, NULL for NONE and USERn. Static. */
const char *rtc_extension_uri(enum rtc_extension extension);
/* The extension of that exact URI, or RTC_EXTENSION_NONE. */
enum rtc_extension rtc_extension_by_uri(struct rtc_text uri);

/* Both directions of a=extmap. Zeroed: nothing is negotiated. */
struct rtc_extmap {
    uint8_t id[RTC_EXTENSION_COUNT];             /* 0: has none */
    uint8_t extension[RTC_EXTENSION_ID_MAX + 1]; /* NONE: unknown id */
    /* The remote does not take two-byte elements (RFC 8285 4.1.2): what needs
     * them is not written. */
    bool one_byte_only;
};

/* Gives `extension` this id, taking away the one it had. RTC_ERR_ARG when the
 * id is not 1-255 or belongs to another extension. */
int rtc_extmap_set(struct rtc_extmap *map, enum rtc_extension extension,
                   unsigned id);

struct rtc_extension_bytes {
    const uint8_t *data;
    size_t len; /* 0-255 */
};

/* The values in one packet; a field counts only when its bit of `has` is set,
 * so `has = 0` is all it takes to start one. */
struct rtc_extensions {
    uint32_t has;        /* bits 1 << enum rtc_extension */
    uint8_t audio_level; /* -dBov, 0 loudest, 127 silence */
    bool voice;
    uint16_t transport_sequence;
    uint32_t abs_send_time; /* 24 bit, 2^-18 s: rtc_abs_send_time */
    int32_t time_offset;    /* 24 bit signed, RTP ticks */
    uint16_t rotation;      /* degrees clockwise: 0, 90, 180, 270 */
    bool flipped;           /* mirrored horizontally */
    bool back_camera;
    bool has_capture_offset;
    uint16_t playout_min_ms, playout_max_ms; /* steps of 10, at most 40950 */
    uint64_t capture_ntp;                    /* 32.32, the capturer's clock */
    int64_t capture_offset;                  /* 32.32, when it has one */
    char mid[RTC_MID_MAX + 1];
    char rid[RTC_RID_MAX + 1];
    char repaired_rid[RTC_RID_MAX + 1];
    /* By enum - RTC_EXTENSION_OPAQUE; lent by the packet parsed. */
    struct rtc_extension_bytes
        opaque[RTC_EXTENSION_COUNT - RTC_EXTENSION_OPAQUE];
};

static inline bool rtc_extensions_has(const struct rtc_extensions *e,
                                      enum rtc_extension extension)
{
    return e->has >> extension & 1;
}

static inline void rtc_extensions_add(struct rtc_extensions *e,
                                      enum rtc_extension extension)
{
    e->has |= UINT32_C(1) << extension;
}

/* Reads an extension block (rtc_rtp_header's profile, extension and its len).
 * Unknown ids, unknown profiles and values of an unknown shape are passed over.
 * 0, or RTC_ERR_FORMAT when an element overruns the block. */
int rtc_extensions_parse(const struct rtc_extmap *map, uint16_t profile,
                         struct rtc_extension_bytes block,
                         struct rtc_extensions *ret_extensions);

/* Writes those of `e` that the map has an id for, as a block padded to whole
 * words, and says its profile (0xBEDE, or 0x1000 when an id or a value needs
 * two-byte elements). The length, 0 for none; RTC_ERR_NOBUF, or RTC_ERR_ARG
 * for an empty mid, rid or a value beyond 255 bytes. */
int rtc_extensions_write(const struct rtc_extmap *map,
                         const struct rtc_extensions *e, uint8_t *buf,
                         size_t cap, uint16_t *ret_profile);

/* The value of the extension `id` (0: none) in a whole RTP packet, to be read
 * or changed in place; NULL when there is none of `value_len` bytes. */
uint8_t *rtc_extension_find(uint8_t *packet, size_t len, uint8_t id,
                            size_t value_len);

/* `at` as abs-send-time: 6.18 fixed-point seconds, wrapping each 64 s. */
uint32_t rtc_abs_send_time(rtc_usec at);
