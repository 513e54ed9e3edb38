/* SPDX-License-Identifier: MIT
 *
 * The words option values are written in: `500ms`, `64k`, `2M`, `8000-8100`.
 * Each parser reads the whole text; false leaves its output untouched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "rtc.h"

struct port_range {
    uint16_t first, last; /* 0, 0: let the kernel choose */
};

/* `1.5s`, `500ms`, `20us`, `5m`, `1h`; a bare number is seconds. At most ten
 * years. */
bool value_duration(const char *text, rtc_usec *ret_us);
/* Bytes: `65536`, `64k`, `2M`, `1G`; powers of 1024. */
bool value_size(const char *text, int64_t *ret_len);
/* Bits per second: `800k`, `2M`, `2.5M`; powers of 1000. */
bool value_rate(const char *text, int64_t *ret_bps);
/* `3%`, `0.5%`: parts in a billion; at most 100 %. */
bool value_percent(const char *text, int64_t *ret_ppb);
/* Digits with an optional sign. */
bool value_integer(const char *text, int64_t *ret_number);
/* `8000` or `8000-8100`, none of them 0. */
bool value_ports(const char *text, struct port_range *ret_range);
/* A frame rate as a fraction: `30`, `29.97` (taken as written), `30000/1001`;
 * at most 1000. */
bool value_fps(const char *text, uint32_t *ret_num, uint32_t *ret_den);
