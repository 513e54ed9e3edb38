/* SPDX-License-Identifier: MIT
 * Any bytes as a DCEP message: what was parsed lies inside the input, and what
 * is written of it is parsed as the same. */
#include "sctp/dcep.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_inside(const uint8_t *data, size_t len, const char *text,
                         size_t text_len)
{
    const uint8_t *at = (const uint8_t *)text;

    if (text_len > RTC_DCEP_TEXT_MAX || at < data || text_len > len ||
        (size_t)(at - data) > len - text_len)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t buf[RTC_DCEP_MAX];
    struct rtc_dcep dcep, again;
    int n;

    if (rtc_dcep_parse(data, len, &dcep))
        return 0;
    if (dcep.type == RTC_DCEP_OPEN) {
        check_inside(data, len, dcep.label, dcep.label_len);
        check_inside(data, len, dcep.protocol, dcep.protocol_len);
    }
    n = rtc_dcep_write(&dcep, buf, sizeof buf);
    if (n <= 0 || rtc_dcep_parse(buf, (size_t)n, &again) ||
        again.type != dcep.type)
        abort();
    if (dcep.type == RTC_DCEP_OPEN &&
        (again.unordered != dcep.unordered ||
         again.max_retransmits != dcep.max_retransmits ||
         again.max_lifetime_ms != dcep.max_lifetime_ms ||
         again.label_len != dcep.label_len ||
         memcmp(again.label, dcep.label, dcep.label_len) != 0))
        abort();
    return 0;
}
