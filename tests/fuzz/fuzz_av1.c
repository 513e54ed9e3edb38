/* SPDX-License-Identifier: MIT
 * Payloads and frames of AV1: see payloads.h; and sequence headers. */
#include "codec/obu.h"
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void run_sequence(const uint8_t *data, size_t len)
{
    uint8_t *copy = exact_copy(data, len);
    struct rtc_av1_sequence s;

    if (rtc_av1_sequence_parse(copy, len, &s))
        must(s.profile <= 7 && s.width > 0 && s.width <= 65536 &&
             s.height > 0 && s.height <= 65536);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct rtc_codec_entry *codec = rtc_codec_entry(RTC_CODEC_AV1);
    const uint8_t *at = data;
    struct rtc_obu obu;

    run_payloads(codec, data, len);
    run_frame(codec, data, len);
    run_sequence(data, len);
    codec->profile(data, len);
    while (rtc_obu_next(&at, data + len, &obu) > 0)
        must(obu.payload + obu.len == at && obu.header_len <= 2);
    return 0;
}
