/* SPDX-License-Identifier: MIT
 * What the fuzz targets of all payload formats do with an input: take it as a
 * sequence of payloads from a hostile peer, and as a frame of an encoder. In a
 * sequence each payload stands behind a length of two bytes whose highest bit
 * is the marker. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"

static inline void must(bool holds)
{
    if (!holds)
        abort();
}

/* A copy of exactly its size, so that a sanitizer sees an overrun. */
static inline uint8_t *exact_copy(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    must(copy);
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

/* Joins a payload; it must keep the promises of codec.h. */
static inline int join_payload(const struct rtc_codec_entry *codec,
                               struct rtc_writer *w, const uint8_t *data,
                               size_t len, bool first)
{
    uint8_t *payload = exact_copy(data, len);
    size_t before = w->len;
    struct rtc_payload_info info;
    int error = codec->inspect(payload, len, false, &info);
    int join_error = codec->depacketize(w, payload, len, first);

    must(w->len - before <= codec->depacketized_max(len));
    must(!error || (join_error && w->len == before));
    free(payload);
    return join_error;
}

/* Makes the frame of what was joined. False when that is none. */
static inline bool finish_frame(const struct rtc_codec_entry *codec,
                                struct rtc_writer *w)
{
    int len = codec->finish ? codec->finish(w->data, w->len) : (int)w->len;

    must(len <= (int)w->len);
    w->len = len < 0 ? 0 : (size_t)len;
    return len >= 0;
}

static inline void run_payloads(const struct rtc_codec_entry *codec,
                                const uint8_t *data, size_t len)
{
    struct rtc_reader r;
    struct rtc_writer w;
    uint8_t buf[4096];
    bool first = true;

    rtc_reader_init(&r, data, len);
    rtc_writer_init(&w, buf, sizeof buf);
    while (rtc_reader_left(&r) > 2) {
        uint16_t head = rtc_read_u16(&r);
        size_t left = rtc_reader_left(&r), size = head & 0x7fff;

        if (size > left)
            size = left;
        join_payload(codec, &w, rtc_read_bytes(&r, size), size, first);
        first = head & 0x8000;
        if (!first)
            continue;
        must(w.len <= w.cap);
        if (finish_frame(codec, &w))
            codec->is_keyframe(buf, w.len);
        rtc_writer_init(&w, buf, sizeof buf);
    }
}

/* Cuts a frame, joins it into `w`. False when it is refused. */
static inline bool cut_and_join(const struct rtc_codec_entry *codec,
                                const uint8_t *frame, size_t len, size_t max,
                                struct rtc_writer *w)
{
    struct rtc_packetizer p = {0};
    uint8_t *payload;
    bool last = false, more;

    if (codec->packetize(&p, frame, len, max))
        return false;
    do {
        bool now_last = false;
        size_t size;

        payload = malloc(max);
        must(payload);
        size = codec->next(&p, payload, &now_last);
        more = size > 0;
        must(size <= max && more == !last);
        if (more)
            must(!join_payload(codec, w, payload, size, w->len == 0));
        last = now_last;
        free(payload);
    } while (more);
    must(!w->failed && finish_frame(codec, w));
    return true;
}

/* What comes out of a frame must come out of that again. */
static inline void run_frame(const struct rtc_codec_entry *codec,
                             const uint8_t *data, size_t len)
{
    size_t max = len % 97 + 5, cap = 4 * len + 64;
    uint8_t *once = malloc(cap), *twice = malloc(cap);
    uint8_t *frame = exact_copy(data, len);
    struct rtc_writer a, b;

    must(once && twice);
    rtc_writer_init(&a, once, cap);
    rtc_writer_init(&b, twice, cap);
    codec->is_keyframe(frame, len);
    if (cut_and_join(codec, frame, len, max, &a)) {
        must(cut_and_join(codec, once, a.len, max + 200, &b));
        must(a.len == b.len && memcmp(once, twice, a.len) == 0);
    }
    free(once);
    free(twice);
    free(frame);
}
