/* SPDX-License-Identifier: MIT
 * Payloads and frames of H.264, and its parameter sets and slices: see
 * payloads.h. */
#include "codec/h264_sps.h"
#include "codec/nal.h"
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void run_units(const uint8_t *data, size_t len)
{
    const uint8_t *at = data, *end = data + len;
    struct rtc_h264_sps sps;
    struct rtc_nal nal;

    while (rtc_nal_next(&at, end, &nal)) {
        uint8_t *unit = exact_copy(nal.data, nal.len);

        must(nal.len > 0 && nal.data + nal.len <= at);
        rtc_h264_starts_frame(unit, nal.len);
        rtc_h264_is_b_slice(unit, nal.len);
        if (!rtc_h264_sps_parse(unit, nal.len, &sps))
            must(sps.width > 0 && sps.width <= 65536 && sps.height > 0 &&
                 sps.height <= 131072 &&
                 (sps.may_reorder || !sps.will_reorder));
        free(unit);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct rtc_codec_entry *codec = rtc_codec_entry(RTC_CODEC_H264);

    run_payloads(codec, data, len);
    run_frame(codec, data, len);
    run_units(data, len);
    return 0;
}
