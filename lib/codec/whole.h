/* SPDX-License-Identifier: MIT
 * The parts of a codec's row (codec.h) that audio codecs share: one frame is
 * one payload, so there is nothing to cut or join, and each stands alone. Any
 * bytes are a frame; a codec that knows better asks first. */
#pragma once

#include "codec/codec.h"

/* RTC_ERR_FORMAT when empty, RTC_ERR_ARG when it does not fit. */
int rtc_whole_packetize(struct rtc_packetizer *p, const uint8_t *frame,
                        size_t len, size_t max);
size_t rtc_whole_next(struct rtc_packetizer *p, uint8_t *buf, bool *ret_last);
int rtc_whole_inspect(const uint8_t *payload, size_t len, bool marker,
                      struct rtc_payload_info *ret_info);
int rtc_whole_depacketize(struct rtc_writer *frame, const uint8_t *payload,
                          size_t len, bool first);
size_t rtc_whole_depacketized_max(size_t len);
bool rtc_whole_is_keyframe(const uint8_t *frame, size_t len);
