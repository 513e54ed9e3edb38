/* SPDX-License-Identifier: MIT
 * Payloads and frames of VP8: see payloads.h. */
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct rtc_codec_entry *codec = rtc_codec_entry(RTC_CODEC_VP8);

    run_payloads(codec, data, len);
    run_frame(codec, data, len);
    return 0;
}
