/* SPDX-License-Identifier: MIT
 * H.264 and H.265 in Matroska: units behind their lengths and parameter sets in
 * CodecPrivate (ISO/IEC 14496-15 5.3.3.1, 8.3.3.1), against units behind start
 * codes and parameter sets among them. */
#pragma once

#include "base/bytes.h"
#include "media/matroska.h"

/* CodecPrivate, either in that form or as parameter sets with start codes. 0 or
 * RTC_ERR_FORMAT. */
int rtc_matroska_nal_private_read(struct rtc_matroska_track *t,
                                  const uint8_t *data, size_t len);
size_t rtc_matroska_nal_max(const struct rtc_matroska_track *t, size_t len);
/* As rtc_matroska_frame_read. */
int rtc_matroska_nal_read(struct rtc_matroska_track *t, const uint8_t *data,
                          size_t len, struct rtc_writer *out, bool flagged);

/* As rtc_matroska_describe. */
bool rtc_matroska_nal_describe(struct rtc_media_track *track,
                               const uint8_t *frame, size_t len,
                               struct rtc_writer *sets);
void rtc_matroska_nal_private_write(struct rtc_writer *w, enum rtc_codec codec,
                                    const uint8_t *sets, size_t sets_len);
/* As rtc_matroska_frame_write. */
void rtc_matroska_nal_write(struct rtc_writer *w, enum rtc_codec codec,
                            const uint8_t *frame, size_t len,
                            const uint8_t *sets, size_t sets_len,
                            bool *changed);
