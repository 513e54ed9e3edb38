/* SPDX-License-Identifier: MIT
 * The value of each known header extension, as bytes and as fields of struct
 * rtc_extensions. Used by rtp/extension.c only. */
#pragma once

#include "base/bytes.h"
#include "rtp/extension.h"

/* Reads a value into its fields; `has` is the caller's. False, and nothing
 * changed, when it has another shape than the extension's. */
bool rtc_extension_value_parse(enum rtc_extension extension,
                               struct rtc_extension_bytes value,
                               struct rtc_extensions *e);
/* Bytes the next function writes; 0 for an empty string. */
size_t rtc_extension_value_len(enum rtc_extension extension,
                               const struct rtc_extensions *e);
void rtc_extension_value_write(enum rtc_extension extension,
                               const struct rtc_extensions *e,
                               struct rtc_writer *w);
