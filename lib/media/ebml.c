/* SPDX-License-Identifier: MIT
 * Reads and writes EBML elements (RFC 8794): numbers of variable length (4),
 * ids (5), sizes (6), values (7). Sizes are compared with what there is before
 * anything is done with them. */
#include "media/ebml.h"

#include <string.h>

#include "rtc.h"

/* The first byte's leading zeros tell how many bytes follow it. */
static size_t number_len(uint8_t first)
{
    size_t len = 1;

    while (len <= 8 && !(first & 0x80)) {
        first = (uint8_t)(first << 1);
        len++;
    }
    return len;
}

/* The largest value of a length, with all bits set. */
static uint64_t reserved(size_t len)
{
    return (UINT64_C(1) << 7 * len) - 1;
}

size_t rtc_ebml_number(const uint8_t *data, size_t len, uint64_t *ret_value)
{
    size_t count = len > 0 ? number_len(data[0]) : 0;
    uint64_t value = 0;

    if (count == 0 || count > 8 || count > len)
        return 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | data[i];
    *ret_value = value & reserved(count);
    return count;
}

int rtc_ebml_header_parse(const uint8_t *data, size_t len,
                          struct rtc_ebml_header *ret_header)
{
    size_t id_len, size_len;
    uint32_t id = 0;
    uint64_t size;

    if (len == 0)
        return 0;
    id_len = number_len(data[0]);
    if (id_len > 4)
        return RTC_ERR_FORMAT;
    if (len <= id_len)
        return 0;
    for (size_t i = 0; i < id_len; i++)
        id = id << 8 | data[i];
    if (data[id_len] == 0)
        return RTC_ERR_FORMAT;
    size_len = rtc_ebml_number(data + id_len, len - id_len, &size);
    if (size_len == 0)
        return 0;
    *ret_header = (struct rtc_ebml_header){
        .id = id,
        .header_len = (unsigned)(id_len + size_len),
        .unknown = size == reserved(size_len),
        .len = size,
    };
    return 1;
}

int rtc_ebml_next(const uint8_t **at, const uint8_t *end,
                  struct rtc_ebml *ret_element)
{
    struct rtc_ebml_header header;
    size_t left = (size_t)(end - *at);

    if (left == 0)
        return 0;
    if (rtc_ebml_header_parse(*at, left, &header) <= 0 || header.unknown ||
        header.len > left - header.header_len)
        return RTC_ERR_FORMAT;
    ret_element->id = header.id;
    ret_element->data = *at + header.header_len;
    ret_element->len = (size_t)header.len;
    *at = ret_element->data + ret_element->len;
    return 1;
}

uint64_t rtc_ebml_uint(const struct rtc_ebml *element)
{
    uint64_t value = 0;

    for (size_t i = 0; element->len <= 8 && i < element->len; i++)
        value = value << 8 | element->data[i];
    return value;
}

double rtc_ebml_float(const struct rtc_ebml *element)
{
    uint64_t bits = rtc_ebml_uint(element);
    uint32_t short_bits = (uint32_t)bits;
    double value = 0;
    float short_value;

    if (element->len == sizeof value)
        memcpy(&value, &bits, sizeof value);
    if (element->len != sizeof short_value)
        return value;
    memcpy(&short_value, &short_bits, sizeof short_value);
    return (double)short_value;
}

bool rtc_ebml_is_text(const struct rtc_ebml *element, const char *text)
{
    size_t len = element->len;

    while (len > 0 && element->data[len - 1] == 0)
        len--;
    return len == strlen(text) && memcmp(element->data, text, len) == 0;
}

/* ---- writing ----------------------------------------------------------- */

static void write_big(struct rtc_writer *w, uint64_t value, size_t len)
{
    while (len-- > 0)
        rtc_write_u8(w, (uint8_t)(value >> 8 * len));
}

static void write_id(struct rtc_writer *w, uint32_t id)
{
    size_t len = 1;

    while (len < 4 && id >> 8 * len)
        len++;
    write_big(w, id, len);
}

void rtc_ebml_write_header(struct rtc_writer *w, uint32_t id, uint64_t len)
{
    size_t count = 1;

    while (count < 8 && len >= reserved(count))
        count++;
    write_id(w, id);
    write_big(w, UINT64_C(1) << 7 * count | len, count);
}

void rtc_ebml_write_unknown(struct rtc_writer *w, uint32_t id)
{
    write_id(w, id);
    write_big(w, UINT64_C(1) << 56 | reserved(8), 8);
}

void rtc_ebml_write_uint(struct rtc_writer *w, uint32_t id, uint64_t value)
{
    size_t len = 1;

    while (len < 8 && value >> 8 * len)
        len++;
    rtc_ebml_write_header(w, id, len);
    write_big(w, value, len);
}

void rtc_ebml_write_float(struct rtc_writer *w, uint32_t id, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    rtc_ebml_write_header(w, id, sizeof bits);
    write_big(w, bits, sizeof bits);
}

void rtc_ebml_write_bytes(struct rtc_writer *w, uint32_t id, const void *data,
                          size_t len)
{
    rtc_ebml_write_header(w, id, len);
    rtc_write_bytes(w, data, len);
}

void rtc_ebml_write_text(struct rtc_writer *w, uint32_t id, const char *text)
{
    rtc_ebml_write_bytes(w, id, text, strlen(text));
}

size_t rtc_ebml_open(struct rtc_writer *w, uint32_t id)
{
    write_id(w, id);
    rtc_write_zeros(w, 4);
    return w->len;
}

void rtc_ebml_close(struct rtc_writer *w, size_t opened)
{
    if (!w->failed)
        rtc_put_u32(w->data + opened - 4,
                    UINT32_C(0x10000000) | (uint32_t)(w->len - opened));
}
