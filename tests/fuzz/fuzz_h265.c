/* SPDX-License-Identifier: MIT
 * Payloads and frames of H.265, and its parameter sets: see payloads.h. */
#include "codec/h265_sps.h"
#include "codec/nal.h"
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void run_units(const uint8_t *data, size_t len)
{
    const uint8_t *at = data, *end = data + len;
    struct rtc_h265_sps sps;
    struct rtc_h265_vps vps;
    struct rtc_nal nal;
    uint32_t id;

    while (rtc_nal_next(&at, end, &nal)) {
        uint8_t *unit = exact_copy(nal.data, nal.len);

        must(nal.len > 0 && nal.data + nal.len <= at);
        rtc_h265_starts_frame(unit, nal.len);
        rtc_h265_vps_parse(unit, nal.len, &vps);
        if (!rtc_h265_sps_parse(unit, nal.len, &sps))
            must(sps.width > 0 && sps.width <= 65535 && sps.height > 0 &&
                 sps.height <= 65535 && !rtc_h265_set_id(unit, nal.len, &id));
        free(unit);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct rtc_codec_entry *codec = rtc_codec_entry(RTC_CODEC_H265);

    run_payloads(codec, data, len);
    run_frame(codec, data, len);
    run_units(data, len);
    return 0;
}
