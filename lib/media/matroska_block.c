/* SPDX-License-Identifier: MIT
 * Reads Matroska blocks (RFC 9559 10.1 to 10.3): without lacing, and laced as
 * Xiph, EBML or in equal parts. Of laced frames all sizes but the last stand in
 * front. */
#include "media/matroska_block.h"

#include "base/bytes.h"
#include "media/ebml.h"
#include "rtc.h"

/* Flags of a block. */
enum { KEYFRAME = 0x80, LACING = 0x06 };
enum { LACING_XIPH = 0x02, LACING_FIXED = 0x04, LACING_EBML = 0x06 };

/* A sum of bytes, of which each but the last is 255. */
static uint64_t read_xiph(struct rtc_reader *r)
{
    uint64_t size = 0;
    uint8_t byte;

    do
        size += byte = rtc_read_u8(r);
    while (byte == 255 && !r->failed);
    return size;
}

/* The first size, or the difference to the size before, which is stored from
 * the middle of what its length can hold (RFC 9559 10.3.3). */
static uint64_t read_ebml(struct rtc_reader *r, bool first, uint64_t before)
{
    uint64_t value;
    size_t count = rtc_ebml_number(r->at, rtc_reader_left(r), &value);

    r->failed = r->failed || count == 0;
    if (r->failed)
        return 0;
    rtc_read_skip(r, count);
    if (first)
        return value;
    return before + value - ((UINT64_C(1) << (7 * count - 1)) - 1);
}

static void read_sizes(struct rtc_reader *r, uint8_t lacing,
                       struct rtc_matroska_block *block)
{
    uint64_t size = 0, left = rtc_reader_left(r);

    for (unsigned i = 0; i + 1 < block->count && !r->failed; i++) {
        if (lacing == LACING_FIXED)
            size = left / block->count;
        else if (lacing == LACING_XIPH)
            size = read_xiph(r);
        else
            size = read_ebml(r, i == 0, size);
        r->failed = r->failed || size > left;
        block->frames[i].len = (uint32_t)size;
    }
    if (lacing == LACING_FIXED && left % block->count != 0)
        r->failed = true;
}

int rtc_matroska_block_parse(const uint8_t *data, size_t len,
                             struct rtc_matroska_block *ret_block)
{
    struct rtc_reader r;
    size_t count = rtc_ebml_number(data, len, &ret_block->track);
    uint8_t flags;

    if (count == 0)
        return RTC_ERR_FORMAT;
    rtc_reader_init(&r, data, len);
    rtc_read_skip(&r, count);
    ret_block->time = (int16_t)rtc_read_u16(&r);
    flags = rtc_read_u8(&r);
    ret_block->keyframe = flags & KEYFRAME;
    ret_block->count = flags & LACING ? rtc_read_u8(&r) + 1U : 1;
    read_sizes(&r, flags & LACING, ret_block);
    for (unsigned i = 0; i < ret_block->count && !r.failed; i++) {
        if (i + 1 == ret_block->count)
            ret_block->frames[i].len = (uint32_t)rtc_reader_left(&r);
        ret_block->frames[i].at = (uint32_t)(r.at - data);
        rtc_read_skip(&r, ret_block->frames[i].len);
    }
    return r.failed ? RTC_ERR_FORMAT : 0;
}
