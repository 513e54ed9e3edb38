/* SPDX-License-Identifier: MIT
 * For the codec tests: cuts a frame into payloads and joins them again, with
 * every rule of codec.h checked on the way. Each payload is written into memory
 * of exactly `max` bytes, so that a sanitizer sees one byte too many. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "codec/codec.h"
#include "tap.h"

#define PAYLOAD_MOST 4096

struct payloads {
    uint8_t *data[PAYLOAD_MOST];
    size_t len[PAYLOAD_MOST];
    size_t count;
};

static inline void payloads_free(struct payloads *s)
{
    while (s->count > 0)
        free(s->data[--s->count]);
}

/* False and a remark when the packetizer broke a rule. */
static inline bool payloads_cut(struct payloads *s,
                                const struct rtc_codec_entry *codec,
                                struct rtc_packetizer *p, const void *frame,
                                size_t len, size_t max)
{
    bool last = false;

    s->count = 0;
    if (codec->packetize(p, frame, len, max) != 0) {
        printf("# len %zu max %zu: refused\n", len, max);
        return false;
    }
    for (;;) {
        uint8_t *buf = malloc(max);
        bool now_last = false;
        size_t n = codec->next(p, buf, &now_last);

        if (n == 0 || n > max || last || s->count == PAYLOAD_MOST) {
            free(buf);
            if (n == 0 && last)
                return true;
            printf("# len %zu max %zu: payload %zu has %zu bytes, last %d\n",
                   len, max, s->count, n, last);
            return false;
        }
        last = now_last;
        s->data[s->count] = buf;
        s->len[s->count++] = n;
    }
}

/* The frame joined from all payloads, to be freed; NULL when one is refused,
 * inspect disagrees or more was written than depacketized_max says. */
static inline uint8_t *payloads_join(const struct payloads *s,
                                     const struct rtc_codec_entry *codec,
                                     size_t *ret_len)
{
    struct rtc_writer w = {0};
    size_t cap = 0;

    for (size_t i = 0; i < s->count; i++)
        cap += codec->depacketized_max(s->len[i]);
    rtc_writer_init(&w, malloc(cap), cap);
    for (size_t i = 0; i < s->count; i++) {
        struct rtc_payload_info info;
        size_t before = w.len;
        bool marker = i + 1 == s->count;

        if (codec->inspect(s->data[i], s->len[i], marker, &info) ||
            info.ends_frame != marker ||
            (codec->starts_marked && info.starts_frame != (i == 0)) ||
            codec->depacketize(&w, s->data[i], s->len[i], i == 0) || w.failed ||
            w.len - before > codec->depacketized_max(s->len[i])) {
            printf("# payload %zu of %zu is not well\n", i, s->count);
            free(w.data);
            return NULL;
        }
    }
    if (codec->finish) {
        int len = codec->finish(w.data, w.len);

        if (len < 0) {
            printf("# the payloads make no frame\n");
            free(w.data);
            return NULL;
        }
        w.len = (size_t)len;
    }
    *ret_len = w.len;
    return w.data;
}

/* Cuts and joins; whether `want` comes out. */
static inline bool payloads_round_trip(const struct rtc_codec_entry *codec,
                                       const uint8_t *frame, size_t len,
                                       size_t max)
{
    struct rtc_packetizer p = {0};
    struct payloads s;
    uint8_t *joined = NULL;
    size_t joined_len = 0;
    bool same = payloads_cut(&s, codec, &p, frame, len, max);

    if (same)
        joined = payloads_join(&s, codec, &joined_len);
    same = joined && joined_len == len && memcmp(joined, frame, len) == 0;
    if (!same)
        printf("# len %zu max %zu: joined to %zu\n", len, max, joined_len);
    free(joined);
    payloads_free(&s);
    return same;
}

/* A file of tests/vectors/media, to be freed; NULL when it is not there. */
static inline uint8_t *payloads_vector(const char *name, size_t *ret_len)
{
    const char *srcdir = getenv("srcdir");
    char path[1024];
    uint8_t *data;
    FILE *f;

    snprintf(path, sizeof path, "%s/tests/vectors/media/%s",
             srcdir ? srcdir : ".", name);
    f = fopen(path, "rb");
    if (!f)
        return NULL;
    data = malloc(65536);
    *ret_len = fread(data, 1, 65536, f);
    fclose(f);
    return data;
}

/* The next frame of an IVF file, which has 32 bytes before all and 12 before
 * each frame; `*at` is 0 at first. False at the end. */
static inline bool payloads_ivf_next(const uint8_t *ivf, size_t len, size_t *at,
                                     const uint8_t **ret_frame, size_t *ret_len)
{
    if (*at == 0)
        *at = 32;
    if (len < *at + 12)
        return false;
    *ret_len = ivf[*at] | (size_t)ivf[*at + 1] << 8;
    *ret_frame = ivf + *at + 12;
    *at += 12 + *ret_len;
    return true;
}

/* Joins payloads into a frame of at most `cap` bytes, `first` for the first of
 * them; its length, or an error of the codec. */
static inline int payloads_join_rows(const struct rtc_codec_entry *codec,
                                     const uint8_t *const *data,
                                     const size_t *len, size_t count,
                                     uint8_t *buf, size_t cap)
{
    struct rtc_writer w;
    int error = 0;

    rtc_writer_init(&w, buf, cap);
    for (size_t i = 0; i < count && !error; i++)
        error = codec->depacketize(&w, data[i], len[i], i == 0);
    if (error || w.failed)
        return error ? error : RTC_ERR_NOBUF;
    return codec->finish ? codec->finish(buf, w.len) : (int)w.len;
}

/* Repeatable noise. */
static inline uint8_t payloads_noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (uint8_t)(*state >> 24);
}
