/* SPDX-License-Identifier: MIT
 * Payloads and frames of G.711 and G.722: see payloads.h. */
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const enum rtc_codec codecs[] = {RTC_CODEC_PCMU, RTC_CODEC_PCMA,
                                            RTC_CODEC_G722};

    for (unsigned i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        run_payloads(rtc_codec_entry(codecs[i]), data, len);
        run_frame(rtc_codec_entry(codecs[i]), data, len);
    }
    return 0;
}
