/* SPDX-License-Identifier: MIT
 * IP addresses as text and their classes (RFC 4291 2.2, RFC 5952 4 for IPv6
 * text), without the socket API. */
#include "base/addr.h"

#include <stdio.h>
#include <string.h>

bool rtc_addr_is_set(const struct rtc_addr *addr)
{
    return addr->family != 0;
}

static size_t ip_len(const struct rtc_addr *addr)
{
    return addr->family == 4 ? 4 : addr->family == 6 ? 16 : 0;
}

bool rtc_addr_equal_ip(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return a->family == b->family && a->scope == b->scope &&
           !memcmp(a->ip, b->ip, ip_len(a));
}

bool rtc_addr_equal(const struct rtc_addr *a, const struct rtc_addr *b)
{
    return a->port == b->port && rtc_addr_equal_ip(a, b);
}

bool rtc_path_equal(const struct rtc_path *a, const struct rtc_path *b)
{
    return a->transport == b->transport &&
           rtc_addr_equal(&a->remote, &b->remote) &&
           rtc_addr_equal(&a->local, &b->local);
}

static bool is_filled(const uint8_t *p, size_t len, uint8_t last)
{
    for (size_t i = 0; i + 1 < len; i++)
        if (p[i])
            return false;
    return p[len - 1] == last;
}

bool rtc_addr_is_loopback(const struct rtc_addr *addr)
{
    return addr->family == 4 ? addr->ip[0] == 127
                             : addr->family == 6 && is_filled(addr->ip, 16, 1);
}

bool rtc_addr_is_any(const struct rtc_addr *addr)
{
    return addr->family && is_filled(addr->ip, ip_len(addr), 0);
}

bool rtc_addr_is_link_local(const struct rtc_addr *addr)
{
    if (addr->family == 4)
        return addr->ip[0] == 169 && addr->ip[1] == 254;
    return addr->family == 6 && addr->ip[0] == 0xfe &&
           (addr->ip[1] & 0xc0) == 0x80;
}

static bool parse_ip4(struct rtc_text t, uint8_t ip[4])
{
    for (int i = 0; i < 4; i++) {
        struct rtc_text part;
        uint32_t value;
        if (i == 3)
            part = t;
        else if (!rtc_text_split(&t, '.', &part))
            return false;
        if (part.len > 3 || !rtc_text_u32(part, 255, &value))
            return false;
        ip[i] = (uint8_t)value;
    }
    return true;
}

/* Groups of hex between colons; one `::` stands for the zeros left out; the
 * last 32 bits may be written as IPv4. */
static bool parse_ip6(struct rtc_text t, uint8_t ip[16])
{
    uint8_t out[16] = {0};
    size_t at = 0, gap = SIZE_MAX;

    if (t.len < 2 || (t.at[0] == ':' && t.at[1] != ':'))
        return false;
    while (t.len) {
        struct rtc_text part;
        uint64_t value;
        if (t.len >= 2 && t.at[0] == ':' && t.at[1] == ':' && gap > 16) {
            gap = at;
            t.at += 2;
            t.len -= 2;
            continue;
        }
        if (at && gap != at && (t.at[0] != ':' || !(t.at++, --t.len)))
            return false;
        part = t;
        for (part.len = 0; part.len < t.len && t.at[part.len] != ':';)
            part.len++;
        if (memchr(part.at, '.', part.len)) {
            if (part.len != t.len || at > 12 || !parse_ip4(part, out + at))
                return false;
            at += 4;
        } else {
            if (part.len > 4 || at > 14 || !rtc_text_hex(part, &value))
                return false;
            out[at++] = (uint8_t)(value >> 8);
            out[at++] = (uint8_t)value;
        }
        t.at += part.len;
        t.len -= part.len;
    }
    if (gap > 16 ? at != 16 : at > 14)
        return false;
    memset(ip, 0, 16);
    if (gap > 16)
        gap = at;
    memcpy(ip, out, gap);
    memcpy(ip + 16 - (at - gap), out + gap, at - gap);
    return true;
}

bool rtc_addr_parse_ip(struct rtc_text t, uint16_t port,
                       struct rtc_addr *ret_addr)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct rtc_addr addr = {.port = port};

    if (parse_ip4(t, addr.ip)) {
        addr.family = 4;
    } else if (parse_ip6(t, addr.ip)) {
        addr.family = 6;
        if (!memcmp(addr.ip, mapped, sizeof mapped)) {
            addr.family = 4;
            memmove(addr.ip, addr.ip + 12, 4);
            memset(addr.ip + 4, 0, 12);
        }
    } else {
        return false;
    }
    *ret_addr = addr;
    return true;
}

int rtc_addr_parse(const char *text, struct rtc_addr *ret_addr)
{
    struct rtc_text t = rtc_text_of(text), ip = t, digits;
    const char *end;
    uint32_t port;

    if (rtc_text_starts(t, "[")) {
        end = strchr(text, ']');
        if (!end || end[1] != ':')
            return RTC_ERR_FORMAT;
        ip = (struct rtc_text){text + 1, (size_t)(end - text - 1)};
        end++;
    } else {
        end = strchr(text, ':');
        if (!end)
            return RTC_ERR_FORMAT;
        ip.len = (size_t)(end - text);
    }
    digits = rtc_text_of(end + 1);
    if (!rtc_text_u32(digits, 65535, &port) ||
        !rtc_addr_parse_ip(ip, (uint16_t)port, ret_addr))
        return RTC_ERR_FORMAT;
    return 0;
}

/* The longest run of zero groups, at least two (RFC 5952 4.2). */
static void find_zeros(const uint8_t *ip, int *ret_first, int *ret_count)
{
    *ret_first = -1;
    *ret_count = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && !ip[2 * (i + n)] && !ip[2 * (i + n) + 1])
            n++;
        if (n > *ret_count) {
            *ret_first = i;
            *ret_count = n;
        }
        i += n;
    }
}

static void write_ip6(const uint8_t *ip, char *buf)
{
    int first, count;

    find_zeros(ip, &first, &count);
    for (int i = 0; i < 8; i++) {
        if (i == first) {
            buf += sprintf(buf, "::");
            i += count - 1;
            continue;
        }
        buf += sprintf(buf, "%s%x", i && i != first + count ? ":" : "",
                       (unsigned)(ip[2 * i] << 8 | ip[2 * i + 1]));
    }
}

char *rtc_addr_write_ip(const struct rtc_addr *addr, char buf[RTC_ADDR_TEXT])
{
    const uint8_t *ip = addr->ip;

    if (addr->family == 4)
        snprintf(buf, RTC_ADDR_TEXT, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
    else if (addr->family == 6)
        write_ip6(ip, buf);
    else
        strcpy(buf, "none");
    return buf;
}

char *rtc_addr_write(const struct rtc_addr *addr, char buf[RTC_ADDR_TEXT])
{
    char ip[RTC_ADDR_TEXT];

    rtc_addr_write_ip(addr, ip);
    snprintf(buf, RTC_ADDR_TEXT, addr->family == 6 ? "[%.46s]:%u" : "%.46s:%u",
             ip, addr->port);
    return buf;
}
