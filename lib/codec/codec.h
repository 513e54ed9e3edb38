/* SPDX-License-Identifier: MIT
 * What every payload format gives: cutting a frame into RTP payloads, looking
 * at a payload, and putting payloads together again. Codecs are never decoded.
 * One table row a codec; the row's functions live in the codec's own file. */
#pragma once

#include "base/bytes.h"
#include "rtc.h"

/* A frame being cut. The caller zeroes it once a stream (fields that outlive a
 * frame, e.g. VP8's picture id, are kept between frames) and calls begin, then
 * next until 0. Borrows the frame's data from begin to the last next. */
struct rtc_packetizer {
    const uint8_t *data, *end; /* the frame */
    const uint8_t *at;         /* what is not cut yet */
    const uint8_t *unit_end; /* H.264, H.265, AV1: end of the unit being cut */
    size_t max;              /* bytes a payload may have */
    bool cut;                /* AV1: a part of the unit was given out */
    uint16_t picture_id;     /* VP8, VP9 */
    uint16_t width, height;  /* VP9: of a key frame */
    uint16_t unit_header;    /* H.264, H.265: of the unit being cut */
    uint8_t obu_header[2];   /* AV1: of the unit being cut */
    uint8_t obu_header_left; /* AV1: last bytes of it not cut yet */
    bool keyframe;           /* VP9, AV1 */
    bool started;            /* something of this frame was given out */
};

/* What one payload tells without its frame. */
struct rtc_payload_info {
    bool starts_frame; /* certainly the first packet of a frame */
    bool ends_frame;   /* certainly the last one (the marker says so too) */
    bool keyframe;     /* belongs to a key frame, and shows it */
    /* Certainly the first packet of a key frame that needs nothing before it,
     * parameter sets included. */
    bool starts_stream;
};

struct rtc_codec_entry {
    enum rtc_codec codec;
    enum rtc_kind kind;
    const char *name; /* SDP encoding name */
    uint32_t clock_rate;
    uint8_t channels;   /* SDP channels; 1 is not written */
    bool starts_marked; /* a frame's first packet can always be told alone */

    /* Starts cutting `len` bytes of `frame` into payloads of at most `max`
     * bytes. 0, or RTC_ERR_FORMAT (not a frame of this codec), RTC_ERR_ARG
     * (`max` too small). */
    int (*packetize)(struct rtc_packetizer *p, const uint8_t *frame, size_t len,
                     size_t max);
    /* Writes the next payload (`buf` holds `max`). Its length, 0 when the frame
     * is done. `ret_last`: it is the frame's last (RTP marker for video). */
    size_t (*next)(struct rtc_packetizer *p, uint8_t *buf, bool *ret_last);

    /* Looks at a payload. RTC_ERR_FORMAT when malformed. */
    int (*inspect)(const uint8_t *payload, size_t len, bool marker,
                   struct rtc_payload_info *ret_info);
    /* Appends a payload's part of the frame; the payloads of a frame come in
     * order, `first` set for its first. The writer's `failed` is set when it
     * is full. 0 or RTC_ERR_FORMAT. */
    int (*depacketize)(struct rtc_writer *frame, const uint8_t *payload,
                       size_t len, bool first);
    /* Most bytes depacketize can append for a payload of `len` bytes. */
    size_t (*depacketized_max)(size_t len);
    /* Makes the frame, in place, of what depacketize appended for all of its
     * payloads. Its length, perhaps 0, or RTC_ERR_FORMAT. NULL: that is the
     * frame already. */
    int (*finish)(uint8_t *data, size_t len);

    /* Whether a whole frame can be decoded without an earlier one. */
    bool (*is_keyframe)(const uint8_t *frame, size_t len);
    /* The profile a frame names (H.264: profile_idc; VP9: profile; AV1:
     * seq_profile), 0 when it names none; NULL for codecs without profiles. */
    unsigned (*profile)(const uint8_t *frame, size_t len);
};

/* The row of a codec, or NULL. Static. */
const struct rtc_codec_entry *rtc_codec_entry(enum rtc_codec codec);
