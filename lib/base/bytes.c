/* SPDX-License-Identifier: MIT
 * Bounded cursors over bytes with a sticky overrun. */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void rtc_reader_init(struct rtc_reader *r, const void *data, size_t len)
{
    r->at = data;
    r->end = len ? r->at + len : r->at;
    r->failed = false;
}

size_t rtc_reader_left(const struct rtc_reader *r)
{
    return (size_t)(r->end - r->at);
}

const uint8_t *rtc_read_bytes(struct rtc_reader *r, size_t len)
{
    const uint8_t *at = r->at;

    if (r->failed || rtc_reader_left(r) < len) {
        r->failed = true;
        return NULL;
    }
    if (len)
        r->at += len;
    return at;
}

void rtc_read_skip(struct rtc_reader *r, size_t len)
{
    rtc_read_bytes(r, len);
}

uint8_t rtc_read_u8(struct rtc_reader *r)
{
    const uint8_t *p = rtc_read_bytes(r, 1);

    return p ? p[0] : 0;
}

uint16_t rtc_read_u16(struct rtc_reader *r)
{
    const uint8_t *p = rtc_read_bytes(r, 2);

    return p ? rtc_get_u16(p) : 0;
}

uint32_t rtc_read_u24(struct rtc_reader *r)
{
    const uint8_t *p = rtc_read_bytes(r, 3);

    return p ? (uint32_t)p[0] << 16 | rtc_get_u16(p + 1) : 0;
}

uint32_t rtc_read_u32(struct rtc_reader *r)
{
    const uint8_t *p = rtc_read_bytes(r, 4);

    return p ? rtc_get_u32(p) : 0;
}

uint64_t rtc_read_u64(struct rtc_reader *r)
{
    const uint8_t *p = rtc_read_bytes(r, 8);

    return p ? (uint64_t)rtc_get_u32(p) << 32 | rtc_get_u32(p + 4) : 0;
}

void rtc_writer_init(struct rtc_writer *w, void *data, size_t cap)
{
    w->data = data;
    w->len = 0;
    w->cap = cap;
    w->failed = false;
}

/* Room for `len` bytes, already counted as written, or NULL. */
static uint8_t *take(struct rtc_writer *w, size_t len)
{
    uint8_t *at;

    if (w->failed || w->cap - w->len < len) {
        w->failed = true;
        return NULL;
    }
    if (!len)
        return NULL; /* the range itself may be NULL */
    at = w->data + w->len;
    w->len += len;
    return at;
}

void rtc_write_u8(struct rtc_writer *w, uint8_t value)
{
    uint8_t *p = take(w, 1);

    if (p)
        p[0] = value;
}

void rtc_write_u16(struct rtc_writer *w, uint16_t value)
{
    uint8_t *p = take(w, 2);

    if (p)
        rtc_put_u16(p, value);
}

void rtc_write_u24(struct rtc_writer *w, uint32_t value)
{
    uint8_t *p = take(w, 3);

    if (p) {
        p[0] = (uint8_t)(value >> 16);
        rtc_put_u16(p + 1, (uint16_t)value);
    }
}

void rtc_write_u32(struct rtc_writer *w, uint32_t value)
{
    uint8_t *p = take(w, 4);

    if (p)
        rtc_put_u32(p, value);
}

void rtc_write_u64(struct rtc_writer *w, uint64_t value)
{
    uint8_t *p = take(w, 8);

    if (p) {
        rtc_put_u32(p, (uint32_t)(value >> 32));
        rtc_put_u32(p + 4, (uint32_t)value);
    }
}

void rtc_write_bytes(struct rtc_writer *w, const void *data, size_t len)
{
    uint8_t *p = take(w, len);

    if (p)
        memcpy(p, data, len);
}

void rtc_write_zeros(struct rtc_writer *w, size_t len)
{
    uint8_t *p = take(w, len);

    if (p)
        memset(p, 0, len);
}

void rtc_write_text(struct rtc_writer *w, const char *format, ...)
{
    va_list args;
    size_t room = w->cap - w->len;
    int len;

    if (w->failed)
        return;
    va_start(args, format);
    len = vsnprintf(room ? (char *)w->data + w->len : NULL, room, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= room)
        w->failed = true;
    else
        w->len += (size_t)len;
}

void rtc_patch_u16(struct rtc_writer *w, size_t offset, uint16_t value)
{
    if (!w->failed && offset + 2 <= w->len)
        rtc_put_u16(w->data + offset, value);
}

bool rtc_bytes_equal_secret(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a, *y = b;
    uint8_t difference = 0;

    for (size_t i = 0; i < len; i++)
        difference = (uint8_t)(difference | (x[i] ^ y[i]));
    return difference == 0;
}
