/* SPDX-License-Identifier: MIT
 * Bounded scanning of text; base64 is RFC 4648 4. */
#include "base/text.h"

#include <string.h>

#include "rtc.h"

struct rtc_text rtc_text_of(const char *cstring)
{
    return (struct rtc_text){cstring, strlen(cstring)};
}

bool rtc_text_is(struct rtc_text t, const char *cstring)
{
    return strlen(cstring) == t.len && !memcmp(t.at, cstring, t.len);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool rtc_text_is_nocase(struct rtc_text t, const char *cstring)
{
    if (strlen(cstring) != t.len)
        return false;
    for (size_t i = 0; i < t.len; i++)
        if (lower(t.at[i]) != lower(cstring[i]))
            return false;
    return true;
}

bool rtc_text_starts(struct rtc_text t, const char *prefix)
{
    size_t len = strlen(prefix);

    return t.len >= len && !memcmp(t.at, prefix, len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct rtc_text rtc_text_trim(struct rtc_text t)
{
    while (t.len && is_blank(t.at[0])) {
        t.at++;
        t.len--;
    }
    while (t.len && is_blank(t.at[t.len - 1]))
        t.len--;
    return t;
}

bool rtc_text_split(struct rtc_text *rest, char separator,
                    struct rtc_text *ret_part)
{
    const char *found;

    if (!rest->len)
        return false;
    found = memchr(rest->at, separator, rest->len);
    *ret_part = *rest;
    if (found) {
        ret_part->len = (size_t)(found - rest->at);
        rest->at = found + 1;
        rest->len -= ret_part->len + 1;
    } else {
        rest->at += rest->len;
        rest->len = 0;
    }
    return true;
}

bool rtc_text_line(struct rtc_text *rest, struct rtc_text *ret_line)
{
    if (!rtc_text_split(rest, '\n', ret_line))
        return false;
    if (ret_line->len && ret_line->at[ret_line->len - 1] == '\r')
        ret_line->len--;
    return true;
}

bool rtc_text_word(struct rtc_text *rest, struct rtc_text *ret_word)
{
    size_t len = 0;

    while (rest->len && is_blank(rest->at[0])) {
        rest->at++;
        rest->len--;
    }
    while (len < rest->len && !is_blank(rest->at[len]))
        len++;
    if (!len)
        return false;
    *ret_word = (struct rtc_text){rest->at, len};
    rest->at += len;
    rest->len -= len;
    return true;
}

bool rtc_text_u64(struct rtc_text t, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (!t.len)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        unsigned digit = (unsigned)(unsigned char)t.at[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *ret_value = value;
    return true;
}

bool rtc_text_u32(struct rtc_text t, uint32_t max, uint32_t *ret_value)
{
    uint64_t value;

    if (!rtc_text_u64(t, max, &value))
        return false;
    *ret_value = (uint32_t)value;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool rtc_text_hex(struct rtc_text t, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (!t.len || t.len > 16)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        int digit = hex_digit(t.at[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint64_t)digit;
    }
    *ret_value = value;
    return true;
}

bool rtc_text_copy(struct rtc_text t, char *buf, size_t cap)
{
    if (t.len >= cap)
        return false;
    if (t.len)
        memcpy(buf, t.at, t.len);
    buf[t.len] = '\0';
    return true;
}

void rtc_hex_write(const void *data, size_t len, char *buf)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        *buf++ = "0123456789abcdef"[p[i] >> 4];
        *buf++ = "0123456789abcdef"[p[i] & 15];
    }
    *buf = '\0';
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int rtc_base64_write(const void *data, size_t len, char *buf, size_t cap)
{
    const uint8_t *p = data;
    size_t need = (len + 2) / 3 * 4;

    if (cap <= need || need > INT32_MAX)
        return RTC_ERR_NOBUF;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)p[i] << 16;
        bits |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        bits |= left > 2 ? p[i + 2] : 0;
        *buf++ = base64_digits[bits >> 18];
        *buf++ = base64_digits[bits >> 12 & 63];
        *buf++ = left > 1 ? base64_digits[bits >> 6 & 63] : '=';
        *buf++ = left > 2 ? base64_digits[bits & 63] : '=';
    }
    *buf = '\0';
    return (int)need;
}

int rtc_base64_read(struct rtc_text t, uint8_t *buf, size_t cap)
{
    uint32_t bits = 0;
    unsigned count = 0, padding = 0;
    size_t len = 0;

    for (size_t i = 0; i < t.len; i++) {
        const char *digit;
        if (is_blank(t.at[i]))
            continue;
        if (t.at[i] == '=') {
            padding++;
            continue;
        }
        digit = t.at[i] ? strchr(base64_digits, t.at[i]) : NULL;
        if (!digit || padding)
            return RTC_ERR_FORMAT;
        bits = bits << 6 | (uint32_t)(digit - base64_digits);
        if (++count % 4 == 1)
            continue;
        if (len == cap || len == INT32_MAX)
            return RTC_ERR_NOBUF;
        /* After the 2nd, 3rd, 4th digit 4, 2, 0 bits wait for the next. */
        buf[len++] = (uint8_t)(bits >> (2 * ((4 - count % 4) % 4)));
    }
    if (count % 4 == 1 || padding > 2 || (padding && (count + padding) % 4))
        return RTC_ERR_FORMAT;
    return (int)len;
}
