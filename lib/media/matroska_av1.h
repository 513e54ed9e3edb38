/* SPDX-License-Identifier: MIT
 * AV1 in Matroska: temporal units without delimiters, whose last OBU may lack
 * its size, and the sequence header in CodecPrivate (AV1 codec mapping; av1C:
 * AV1-ISOBMFF 2.3). */
#pragma once

#include "base/bytes.h"
#include "media/matroska.h"

/* An OBU's size field that is added at most. */
#define RTC_MATROSKA_AV1_GROWTH 8

int rtc_matroska_av1_private_read(struct rtc_matroska_track *t,
                                  const uint8_t *data, size_t len);
/* As rtc_matroska_frame_read. */
int rtc_matroska_av1_read(struct rtc_matroska_track *t, const uint8_t *data,
                          size_t len, struct rtc_writer *out, bool flagged);
/* Whether OBUs are in it that all have a size. */
bool rtc_matroska_av1_is_unit(const uint8_t *data, size_t len);
/* As rtc_matroska_describe. */
bool rtc_matroska_av1_describe(struct rtc_media_track *track,
                               const uint8_t *frame, size_t len,
                               struct rtc_writer *sets);
void rtc_matroska_av1_private_write(struct rtc_writer *w, const uint8_t *sets,
                                    size_t len);
