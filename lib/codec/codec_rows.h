/* SPDX-License-Identifier: MIT
 * The table's rows, each defined in the codec's own file. A new codec is its
 * file, a line here, a line in codec.c and its name in enum rtc_codec. */
#pragma once

#include "codec/codec.h"

extern const struct rtc_codec_entry rtc_codec_opus;
extern const struct rtc_codec_entry rtc_codec_vp8;
extern const struct rtc_codec_entry rtc_codec_h264;
extern const struct rtc_codec_entry rtc_codec_vp9;
extern const struct rtc_codec_entry rtc_codec_av1;
extern const struct rtc_codec_entry rtc_codec_h265;
extern const struct rtc_codec_entry rtc_codec_g722;
extern const struct rtc_codec_entry rtc_codec_pcmu;
extern const struct rtc_codec_entry rtc_codec_pcma;
