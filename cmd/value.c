/* SPDX-License-Identifier: MIT
 *
 * The words option values are written in: a decimal number and a unit.
 */
#include "cmd/value.h"

#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};

/* A double holds every whole number up to here, and so does our result. */
#define MOST 9007199254740992.0

/* `2.5M` by a table that an empty name ends: the factor of a bare number. */
static bool scan(const char *text, const struct unit *units, double most,
                 int64_t *ret_number)
{
    size_t digits = strspn(text, "0123456789.");
    char *end;
    double number = strtod(text, &end);

    /* No sign, hexadecimal, exponent or "inf", which strtod would take. */
    if (digits == 0 || end != text + digits)
        return false;
    while (*units->name && strcmp(units->name, end))
        units++;
    if (strcmp(units->name, end) || number * units->factor > most)
        return false;
    *ret_number = (int64_t)(number * units->factor + 0.5);
    return true;
}

bool value_duration(const char *text, rtc_usec *ret_us)
{
    static const struct unit units[] = {{"us", 1},   {"ms", 1e3}, {"s", 1e6},
                                        {"m", 60e6}, {"h", 36e8}, {"", 1e6}};

    return scan(text, units, 10 * 365 * 24 * 36e8, ret_us);
}

bool value_size(const char *text, int64_t *ret_len)
{
    static const struct unit units[] = {{"k", 1024},        {"K", 1024},
                                        {"M", 1024 * 1024}, {"G", 1073741824},
                                        {"B", 1},           {"", 1}};

    return scan(text, units, MOST, ret_len);
}

bool value_rate(const char *text, int64_t *ret_bps)
{
    static const struct unit units[] = {
        {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"", 1}};

    return scan(text, units, MOST, ret_bps);
}

bool value_percent(const char *text, int64_t *ret_ppb)
{
    static const struct unit units[] = {{"%", 1e7}, {"", 0}};

    return strchr(text, '%') && scan(text, units, 1e9, ret_ppb);
}

bool value_integer(const char *text, int64_t *ret_number)
{
    static const struct unit units[] = {{"", 1}};
    bool negative = *text == '-';
    int64_t number;

    if (*text == '-' || *text == '+')
        text++;
    if (strchr(text, '.') || !scan(text, units, MOST, &number))
        return false;
    *ret_number = negative ? -number : number;
    return true;
}

bool value_ports(const char *text, struct port_range *ret_range)
{
    char first[8];
    size_t len = strcspn(text, "-");
    int64_t low, high;

    if (len >= sizeof first)
        return false;
    memcpy(first, text, len);
    first[len] = '\0';
    if (!value_integer(first, &low) ||
        !value_integer(text[len] ? text + len + 1 : first, &high) || low < 1 ||
        high < low || high > UINT16_MAX)
        return false;
    *ret_range = (struct port_range){(uint16_t)low, (uint16_t)high};
    return true;
}

bool value_fps(const char *text, uint32_t *ret_num, uint32_t *ret_den)
{
    char *end;
    double num = strtod(text, &end), den = 1;

    if (end == text || *text == '-' || *text == '+' || !(num > 0))
        return false;
    if (*end == '/') {
        const char *rest = end + 1;
        den = strtod(rest, &end);
        if (end == rest || !(den >= 1) || den != (uint32_t)den ||
            num != (uint32_t)num)
            return false;
    } else if (num != (uint32_t)num) {
        num *= 1000;
        den = 1000;
    }
    if (*end || num / den > 1000 || num > 1e9 || num < 1)
        return false;
    *ret_num = (uint32_t)num;
    *ret_den = (uint32_t)den;
    return true;
}
