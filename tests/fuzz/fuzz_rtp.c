/* SPDX-License-Identifier: MIT
 * RTP header and extensions: what parses is written and parsed again, to the
 * same. The first byte chooses how many extension ids are mapped. */
#include <stdlib.h>
#include <string.h>

#include "rtp/extension.h"
#include "rtp/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_extensions(const struct rtc_extmap *map,
                             const struct rtc_rtp_header *h)
{
    struct rtc_extension_bytes block = {h->extension, h->extension_len};
    struct rtc_extensions e, back;
    uint8_t buf[16 * 257];
    uint16_t profile;
    int len;

    if (rtc_extensions_parse(map, h->extension_profile, block, &e) < 0)
        return;
    len = rtc_extensions_write(map, &e, buf, sizeof buf, &profile);
    check(len >= 0 && len % 4 == 0);
    block = (struct rtc_extension_bytes){buf, (size_t)len};
    check(rtc_extensions_parse(map, profile, block, &back) == 0);
    check(back.has == e.has);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtc_rtp_header h, back;
    struct rtc_extmap map = {0};
    uint8_t buf[70 * 4 + 4 * 65536];
    int written;

    if (len == 0)
        return 0;
    for (unsigned i = 1; i < RTC_EXTENSION_COUNT && i <= data[0]; i++)
        rtc_extmap_set(&map, i, i);
    data++;
    len--;
    rtc_rtp_is_rtcp(data, len);
    if (rtc_rtp_parse(data, len, &h) < 0)
        return 0;
    check(h.header_len + h.payload_len + h.padding_len == len);
    written = rtc_rtp_write(&h, buf, sizeof buf);
    check(written == (int)h.header_len);
    check(!memcmp(buf, data, h.header_len));
    h.padding_len = 0;
    written = rtc_rtp_write(&h, buf, sizeof buf);
    check(rtc_rtp_parse(buf, (size_t)written, &back) == 0);
    check(back.ssrc == h.ssrc && back.extension_len == h.extension_len);
    check_extensions(&map, &h);
    return 0;
}
