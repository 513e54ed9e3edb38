/* SPDX-License-Identifier: MIT
 * Payloads and frames of VP9: see payloads.h; and heads of frames. */
#include "codec/vp9.h"
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct rtc_codec_entry *codec = rtc_codec_entry(RTC_CODEC_VP9);
    struct rtc_vp9_header h;

    run_payloads(codec, data, len);
    run_frame(codec, data, len);
    if (rtc_vp9_header_parse(data, len, &h))
        must(h.profile <= 3 && h.width <= 65536 && h.height <= 65536 &&
             h.keyframe == (h.width > 0) && codec->profile(data, len) <= 3);
    return 0;
}
