/* SPDX-License-Identifier: MIT
 * What the stream tests share: a codec of one flag byte a payload, frames whose
 * bytes follow from their number, a seeded generator. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "codec/codec.h"

enum { FAKE_START = 1, FAKE_KEY = 2 };
#define FAKE_HEAD 6 /* key flag, number, and one more so that no frame is 0 */

static inline uint32_t fake_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Writes frame `number` into `buf`; returns `len`, raised to FAKE_HEAD. */
static inline size_t fake_frame(uint8_t *buf, uint32_t number, size_t len,
                                bool key)
{
    uint32_t state = number;

    if (len < FAKE_HEAD)
        len = FAKE_HEAD;
    buf[0] = key;
    rtc_put_u32(buf + 1, number);
    for (size_t i = 5; i < len; i++)
        buf[i] = (uint8_t)fake_random(&state);
    return len;
}

/* Whether `data` is a whole frame as fake_frame makes it. */
static inline bool fake_is_intact(const uint8_t *data, size_t len)
{
    uint32_t state;

    if (len < FAKE_HEAD)
        return false;
    state = rtc_get_u32(data + 1);
    for (size_t i = 5; i < len; i++)
        if (data[i] != (uint8_t)fake_random(&state))
            return false;
    return true;
}

static inline int fake_packetize(struct rtc_packetizer *p, const uint8_t *frame,
                                 size_t len, size_t max)
{
    if (max < 2)
        return RTC_ERR_ARG;
    if (frame[0] > 1)
        return RTC_ERR_FORMAT;
    p->data = p->at = frame;
    p->end = frame + len;
    p->max = max;
    p->picture_id++;
    return 0;
}

static inline size_t fake_next(struct rtc_packetizer *p, uint8_t *buf,
                               bool *ret_last)
{
    size_t left = (size_t)(p->end - p->at);
    size_t len = left < p->max - 1 ? left : p->max - 1;

    if (!left)
        return 0;
    buf[0] = p->at == p->data ? FAKE_START : 0;
    if (p->at == p->data && p->data[0])
        buf[0] |= FAKE_KEY;
    memcpy(buf + 1, p->at, len);
    p->at += len;
    *ret_last = p->at == p->end;
    return len + 1;
}

static inline int fake_inspect(const uint8_t *payload, size_t len, bool marker,
                               struct rtc_payload_info *ret_info)
{
    if (len < 2 || payload[0] > 3)
        return RTC_ERR_FORMAT;
    ret_info->starts_frame = payload[0] & FAKE_START;
    ret_info->keyframe = payload[0] & FAKE_KEY;
    ret_info->starts_stream = payload[0] == (FAKE_START | FAKE_KEY);
    ret_info->ends_frame = marker;
    return 0;
}

/* As fake_inspect, but only key frames show where they start, as in H.264. */
static inline int fake_inspect_shy(const uint8_t *payload, size_t len,
                                   bool marker,
                                   struct rtc_payload_info *ret_info)
{
    int error = fake_inspect(payload, len, marker, ret_info);

    if (!error)
        ret_info->starts_frame = ret_info->starts_frame && ret_info->keyframe;
    return error;
}

static inline int fake_depacketize(struct rtc_writer *frame,
                                   const uint8_t *payload, size_t len,
                                   bool first)
{
    if (len < 2 || first != (bool)(payload[0] & FAKE_START))
        return RTC_ERR_FORMAT;
    rtc_write_bytes(frame, payload + 1, len - 1);
    return 0;
}

/* Joins anything, as slices of one unit a packet do. */
static inline int fake_depacketize_shy(struct rtc_writer *frame,
                                       const uint8_t *payload, size_t len,
                                       bool first)
{
    (void)first;
    if (len < 2)
        return RTC_ERR_FORMAT;
    rtc_write_bytes(frame, payload + 1, len - 1);
    return 0;
}

static inline size_t fake_depacketized_max(size_t len)
{
    return len;
}

static inline bool fake_is_keyframe(const uint8_t *frame, size_t len)
{
    return len && frame[0] == 1;
}

#define FAKE_ENTRY(kind_, marked_, inspect_, depacketize_)                     \
    {                                                                          \
        .codec = RTC_CODEC_VP8, .kind = kind_, .name = "fake",                 \
        .clock_rate = 90000, .channels = 1, .starts_marked = marked_,          \
        .packetize = fake_packetize, .next = fake_next, .inspect = inspect_,   \
        .depacketize = depacketize_,                                           \
        .depacketized_max = fake_depacketized_max,                             \
        .is_keyframe = fake_is_keyframe                                        \
    }

static const struct rtc_codec_entry fake_video =
    FAKE_ENTRY(RTC_VIDEO, true, fake_inspect, fake_depacketize);
static const struct rtc_codec_entry fake_shy =
    FAKE_ENTRY(RTC_VIDEO, false, fake_inspect_shy, fake_depacketize_shy);
static const struct rtc_codec_entry fake_audio =
    FAKE_ENTRY(RTC_AUDIO, true, fake_inspect, fake_depacketize);

/* The three rows, so that no test has an unused one. */
static inline const struct rtc_codec_entry *fake_codec(int index)
{
    static const struct rtc_codec_entry *const all[] = {&fake_video, &fake_shy,
                                                        &fake_audio};

    return all[index];
}

static inline void fake_random_bytes(void *user, void *buf, size_t len)
{
    uint32_t *state = user;
    uint8_t *at = buf;

    while (len--)
        *at++ = (uint8_t)fake_random(state);
}
