/* SPDX-License-Identifier: MIT
 * Bounded cursors over bytes, network order. An overrun is sticky: it sets
 * `failed`, reads give 0, writes do nothing; a parser reads straight down and
 * asks once at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a borrowed range. */
struct rtc_reader {
    const uint8_t *at, *end;
    bool failed;
};

void rtc_reader_init(struct rtc_reader *r, const void *data, size_t len);
size_t rtc_reader_left(const struct rtc_reader *r);
uint8_t rtc_read_u8(struct rtc_reader *r);
uint16_t rtc_read_u16(struct rtc_reader *r);
uint32_t rtc_read_u24(struct rtc_reader *r);
uint32_t rtc_read_u32(struct rtc_reader *r);
uint64_t rtc_read_u64(struct rtc_reader *r);
/* `len` bytes where they lie (lent as long as the range), or NULL. */
const uint8_t *rtc_read_bytes(struct rtc_reader *r, size_t len);
void rtc_read_skip(struct rtc_reader *r, size_t len);

/* Writes into a borrowed range; `len` says how much was written. */
struct rtc_writer {
    uint8_t *data;
    size_t len, cap;
    bool failed;
};

void rtc_writer_init(struct rtc_writer *w, void *data, size_t cap);
void rtc_write_u8(struct rtc_writer *w, uint8_t value);
void rtc_write_u16(struct rtc_writer *w, uint16_t value);
void rtc_write_u24(struct rtc_writer *w, uint32_t value);
void rtc_write_u32(struct rtc_writer *w, uint32_t value);
void rtc_write_u64(struct rtc_writer *w, uint64_t value);
void rtc_write_bytes(struct rtc_writer *w, const void *data, size_t len);
void rtc_write_zeros(struct rtc_writer *w, size_t len);
/* Formatted text without its NUL (the range needs one byte more for it). */
void rtc_write_text(struct rtc_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Overwrites two bytes already written at `offset` (a length field). */
void rtc_patch_u16(struct rtc_writer *w, size_t offset, uint16_t value);

/* Comparison whose time does not depend on the content (RFC 8489 9). */
bool rtc_bytes_equal_secret(const void *a, const void *b, size_t len);

static inline uint16_t rtc_get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t rtc_get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

static inline void rtc_put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void rtc_put_u24(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 16);
    rtc_put_u16(p + 1, (uint16_t)v);
}

static inline void rtc_put_u32(uint8_t *p, uint32_t v)
{
    rtc_put_u16(p, (uint16_t)(v >> 16));
    rtc_put_u16(p + 2, (uint16_t)v);
}
