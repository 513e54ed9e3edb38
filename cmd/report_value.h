/* SPDX-License-Identifier: MIT
 *
 * Values of reports as JSON: of report.c.
 */
#pragma once

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rtc.h"

static inline json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* `us` of -1 or RTC_NEVER is unknown. */
static inline json_t *seconds(rtc_usec us)
{
    return us < 0 || us == RTC_NEVER ? json_null() : number((double)us / 1e6);
}

static inline json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* NULL is null; bytes that are not UTF-8 become `?`. */
static inline json_t *string(const char *text)
{
    json_t *value = text ? json_string(text) : json_null();
    char copy[256];

    if (value)
        return value;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *at = copy; *at; at++)
        if (*at & 0x80)
            *at = '?';
    return json_string(copy);
}

static inline json_t *track_number(int track)
{
    return track < 0 ? json_null() : json_integer(track);
}

static inline void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

/* The address alone, without brackets. */
static inline json_t *address(const struct rtc_addr *addr)
{
    char text[RTC_ADDR_TEXT], *at = text, *colon;

    if (!addr->family)
        return json_null();
    rtc_addr_write(addr, text);
    colon = strrchr(text, ':');
    if (colon)
        *colon = '\0';
    if (*at == '[') {
        at++;
        at[strcspn(at, "]")] = '\0';
    }
    return string(at);
}

static inline const char *transport_name(enum rtc_transport transport)
{
    return transport == RTC_UDP ? "udp" : "tcp";
}
