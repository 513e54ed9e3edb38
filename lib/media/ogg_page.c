/* SPDX-License-Identifier: MIT
 * Reads and writes Ogg pages (RFC 3533 6). Their checksum is a CRC-32 of the
 * polynomial 0x04c11db7, most significant bit first, starting from 0, with its
 * own field taken as 0. */
#include "media/ogg_page.h"

#include <string.h>

#include "media/little.h"
#include "rtc.h"

enum { CRC_AT = 22, CRC_LEN = 4 };

/* Four bits at a time: a table of 16 is enough at the rate of audio. */
static uint32_t crc(uint32_t sum, const uint8_t *data, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b,
        0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
        0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd};

    for (size_t i = 0; i < len; i++) {
        sum = sum << 4 ^ table[sum >> 28 ^ data[i] >> 4];
        sum = sum << 4 ^ table[sum >> 28 ^ (data[i] & 15)];
    }
    return sum;
}

static uint32_t page_crc(const uint8_t *page, size_t len)
{
    static const uint8_t zeros[CRC_LEN];
    uint32_t sum = crc(0, page, CRC_AT);

    sum = crc(sum, zeros, CRC_LEN);
    return crc(sum, page + CRC_AT + CRC_LEN, len - CRC_AT - CRC_LEN);
}

static size_t body_len(const uint8_t *lacing, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += lacing[i];
    return len;
}

int rtc_ogg_page_parse(const uint8_t *data, size_t len,
                       struct rtc_ogg_page *ret_page)
{
    static const uint8_t start[] = {'O', 'g', 'g', 'S', 0};
    struct rtc_ogg_page page = {.len = RTC_OGG_HEADER_LEN};

    if (memcmp(data, start, len < sizeof start ? len : sizeof start) != 0)
        return RTC_ERR_FORMAT;
    if (len >= page.len) {
        page.lacing_count = data[26];
        page.len += page.lacing_count;
    }
    if (len >= page.len) {
        page.lacing = data + RTC_OGG_HEADER_LEN;
        page.body = page.lacing + page.lacing_count;
        page.body_len = body_len(page.lacing, page.lacing_count);
        page.len += page.body_len;
    }
    if (len >= page.len) {
        page.flags = data[5];
        page.granule = (int64_t)rtc_get_little(data + 6, 8);
        page.serial = (uint32_t)rtc_get_little(data + 14, 4);
        page.sequence = (uint32_t)rtc_get_little(data + 18, 4);
        if (rtc_get_little(data + CRC_AT, CRC_LEN) != page_crc(data, page.len))
            return RTC_ERR_CRYPTO;
    }
    *ret_page = page;
    return len >= page.len;
}

size_t rtc_ogg_page_len(const uint8_t *lacing, size_t lacing_count)
{
    return RTC_OGG_HEADER_LEN + lacing_count + body_len(lacing, lacing_count);
}

void rtc_ogg_page_write(const struct rtc_ogg_page *page, uint8_t *buf)
{
    size_t len = rtc_ogg_page_len(page->lacing, page->lacing_count);
    uint8_t *body = buf + RTC_OGG_HEADER_LEN + page->lacing_count;

    memcpy(buf, "OggS", 5);
    buf[5] = page->flags;
    rtc_put_little(buf + 6, (uint64_t)page->granule, 8);
    rtc_put_little(buf + 14, page->serial, 4);
    rtc_put_little(buf + 18, page->sequence, 4);
    buf[26] = (uint8_t)page->lacing_count;
    if (page->lacing_count > 0) {
        memcpy(buf + RTC_OGG_HEADER_LEN, page->lacing, page->lacing_count);
        memcpy(body, page->body, (size_t)(buf + len - body));
    }
    rtc_put_little(buf + CRC_AT, page_crc(buf, len), CRC_LEN);
}
