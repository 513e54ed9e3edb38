/* SPDX-License-Identifier: MIT
 * RTP header extensions: the table of known ones, the map of a session's ids,
 * and the one-byte (RFC 8285 4.2) and two-byte (4.3) element forms. What a
 * value looks like is rtp/extension_value.c's. */
#include "rtp/extension.h"

#include "base/bytes.h"
#include "rtp/extension_value.h"
#include "rtp/header.h"

enum {
    ONE_BYTE_PROFILE = 0xBEDE,
    TWO_BYTE_PROFILE = 0x1000, /* the low four bits are the application's */
    ONE_BYTE_ID_MAX = 14,      /* 15 ends the block */
    ONE_BYTE_LEN_MAX = 16,
    TWO_BYTE_LEN_MAX = 255,
};

#define IETF "urn:ietf:params:rtp-hdrext:"
#define WEBRTC "http://www.webrtc.org/experiments/rtp-hdrext/"

static const char *const uris[RTC_EXTENSION_COUNT] = {
    [RTC_EXTENSION_AUDIO_LEVEL] = IETF "ssrc-audio-level",
    [RTC_EXTENSION_MID] = IETF "sdes:mid",
    [RTC_EXTENSION_RID] = IETF "sdes:rtp-stream-id",
    [RTC_EXTENSION_REPAIRED_RID] = IETF "sdes:repaired-rtp-stream-id",
    [RTC_EXTENSION_ABS_SEND_TIME] = WEBRTC "abs-send-time",
    [RTC_EXTENSION_TRANSPORT_SEQUENCE] =
        "http://www.ietf.org/id/"
        "draft-holmer-rmcat-transport-wide-cc-extensions-01",
    [RTC_EXTENSION_ORIENTATION] = "urn:3gpp:video-orientation",
    [RTC_EXTENSION_ABS_CAPTURE_TIME] = WEBRTC "abs-capture-time",
    [RTC_EXTENSION_PLAYOUT_DELAY] = WEBRTC "playout-delay",
    [RTC_EXTENSION_TIME_OFFSET] = IETF "toffset",
    [RTC_EXTENSION_DEPENDENCY_DESCRIPTOR] =
        "https://aomediacodec.github.io/av1-rtp-spec/"
        "#dependency-descriptor-rtp-header-extension",
    [RTC_EXTENSION_VIDEO_LAYERS] = WEBRTC "video-layers-allocation00",
};

const char *rtc_extension_uri(enum rtc_extension extension)
{
    return uris[extension];
}

enum rtc_extension rtc_extension_by_uri(struct rtc_text uri)
{
    for (unsigned i = 0; i < RTC_EXTENSION_COUNT; i++)
        if (uris[i] && rtc_text_is(uri, uris[i]))
            return (enum rtc_extension)i;
    return RTC_EXTENSION_NONE;
}

int rtc_extmap_set(struct rtc_extmap *map, enum rtc_extension extension,
                   unsigned id)
{
    if (extension == RTC_EXTENSION_NONE || id < 1 || id > RTC_EXTENSION_ID_MAX)
        return RTC_ERR_ARG;
    if (map->extension[id] != RTC_EXTENSION_NONE &&
        map->extension[id] != extension)
        return RTC_ERR_ARG;
    map->extension[map->id[extension]] = RTC_EXTENSION_NONE;
    map->id[extension] = (uint8_t)id;
    map->extension[id] = (uint8_t)extension;
    return 0;
}

/* Takes the next element's id and length off the block. False at its end:
 * nothing but padding is left, or an element that ends it. */
static bool next_element(struct rtc_reader *r, bool two_byte, uint8_t *ret_id,
                         size_t *ret_len)
{
    while (rtc_reader_left(r)) {
        uint8_t first = rtc_read_u8(r);

        if (first == 0) /* a padding byte, in both forms */
            continue;
        if (two_byte) {
            *ret_id = first;
            *ret_len = rtc_read_u8(r);
            return true;
        }
        *ret_id = first >> 4;
        *ret_len = (first & 15u) + 1;
        /* RFC 8285 4.2: 15, and 0 with a length, stop the processing. */
        return *ret_id != 0 && *ret_id <= ONE_BYTE_ID_MAX;
    }
    return false;
}

int rtc_extensions_parse(const struct rtc_extmap *map, uint16_t profile,
                         struct rtc_extension_bytes block,
                         struct rtc_extensions *ret_extensions)
{
    bool two_byte = (profile & 0xfff0) == TWO_BYTE_PROFILE;
    struct rtc_reader r;
    uint8_t id;
    size_t len;

    ret_extensions->has = 0;
    if (!two_byte && profile != ONE_BYTE_PROFILE)
        return 0;
    rtc_reader_init(&r, block.data, block.len);
    while (next_element(&r, two_byte, &id, &len)) {
        enum rtc_extension extension = map->extension[id];
        struct rtc_extension_bytes value = {rtc_read_bytes(&r, len), len};

        if (r.failed) {
            ret_extensions->has = 0;
            return RTC_ERR_FORMAT;
        }
        if (extension != RTC_EXTENSION_NONE &&
            rtc_extension_value_parse(extension, value, ret_extensions))
            rtc_extensions_add(ret_extensions, extension);
    }
    return 0;
}

static bool fits_one_byte(const struct rtc_extmap *map,
                          enum rtc_extension extension, size_t len)
{
    return map->id[extension] <= ONE_BYTE_ID_MAX && len > 0 &&
           len <= ONE_BYTE_LEN_MAX;
}

static bool is_written(const struct rtc_extmap *map,
                       const struct rtc_extensions *e,
                       enum rtc_extension extension)
{
    if (!rtc_extensions_has(e, extension) || !map->id[extension])
        return false;
    return !map->one_byte_only ||
           fits_one_byte(map, extension, rtc_extension_value_len(extension, e));
}

/* The profile of the shortest form that every element fits, or RTC_ERR_ARG
 * when none does. */
static int choose_profile(const struct rtc_extmap *map,
                          const struct rtc_extensions *e)
{
    int profile = ONE_BYTE_PROFILE;

    for (unsigned i = 1; i < RTC_EXTENSION_COUNT; i++) {
        size_t len;

        if (!is_written(map, e, i))
            continue;
        len = rtc_extension_value_len(i, e);
        if (len > TWO_BYTE_LEN_MAX || (len == 0 && i < RTC_EXTENSION_OPAQUE))
            return RTC_ERR_ARG;
        if (!fits_one_byte(map, i, len))
            profile = TWO_BYTE_PROFILE;
    }
    return profile;
}

int rtc_extensions_write(const struct rtc_extmap *map,
                         const struct rtc_extensions *e, uint8_t *buf,
                         size_t cap, uint16_t *ret_profile)
{
    int profile = choose_profile(map, e);
    struct rtc_writer w;

    if (profile < 0)
        return profile;
    rtc_writer_init(&w, buf, cap);
    for (unsigned i = 1; i < RTC_EXTENSION_COUNT; i++) {
        size_t len;

        if (!is_written(map, e, i))
            continue;
        len = rtc_extension_value_len(i, e);
        if (profile == TWO_BYTE_PROFILE) {
            rtc_write_u8(&w, map->id[i]);
            rtc_write_u8(&w, (uint8_t)len);
        } else {
            rtc_write_u8(&w, (uint8_t)((size_t)map->id[i] << 4 | (len - 1)));
        }
        rtc_extension_value_write(i, e, &w);
    }
    rtc_write_zeros(&w, -w.len % 4);
    if (w.failed)
        return RTC_ERR_NOBUF;
    *ret_profile = (uint16_t)profile;
    return (int)w.len;
}

uint8_t *rtc_extension_find(uint8_t *packet, size_t len, uint8_t id,
                            size_t value_len)
{
    struct rtc_reader r, block;
    uint16_t profile;
    size_t block_len, element_len;
    bool two_byte;
    uint8_t element;

    if (!id || len < RTC_RTP_HEADER_MIN || !(packet[0] & 0x10))
        return NULL;
    rtc_reader_init(&r, packet, len);
    rtc_read_skip(&r, RTC_RTP_HEADER_MIN + 4 * (size_t)(packet[0] & 15));
    profile = rtc_read_u16(&r);
    block_len = 4 * (size_t)rtc_read_u16(&r);
    rtc_reader_init(&block, rtc_read_bytes(&r, block_len), block_len);
    two_byte = (profile & 0xfff0) == TWO_BYTE_PROFILE;
    if (r.failed || (!two_byte && profile != ONE_BYTE_PROFILE))
        return NULL;
    while (next_element(&block, two_byte, &element, &element_len)) {
        const uint8_t *value = rtc_read_bytes(&block, element_len);
        if (block.failed)
            return NULL;
        if (element == id)
            return element_len == value_len ? packet + (value - packet) : NULL;
    }
    return NULL;
}
