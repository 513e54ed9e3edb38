/* SPDX-License-Identifier: MIT
 * Payloads and frames of Opus: see payloads.h. */
#include "codec/opus.h"
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct rtc_codec_entry *codec = rtc_codec_entry(RTC_CODEC_OPUS);

    run_payloads(codec, data, len);
    run_frame(codec, data, len);
    must(rtc_opus_duration(data, len) <= 5760);
    return 0;
}
