/* SPDX-License-Identifier: MIT
 * Fuzz target: the Ogg reader and writer (media/ogg.c, media/ogg_page.c). The
 * checksums of whatever looks like a page are made right first, or no change
 * would come past them. */
#include "media/ogg_page.h"
#include "media_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void repair(uint8_t *data, size_t len)
{
    struct rtc_ogg_page page;
    size_t at = 0;

    while (at + RTC_OGG_HEADER_LEN <= len &&
           memcmp(data + at, "OggS", 5) == 0) {
        size_t lacing = data[at + 26], next;
        uint8_t *buf;

        if (at + RTC_OGG_HEADER_LEN + lacing > len)
            return;
        next = rtc_ogg_page_len(data + at + RTC_OGG_HEADER_LEN, lacing);
        if (next > len - at || !(buf = malloc(next)))
            return;
        /* Written anew with the fields it has, only to get the checksum. */
        memset(&page, 0, sizeof page);
        page.flags = data[at + 5];
        for (int i = 7; i >= 0; i--)
            page.granule = (int64_t)((uint64_t)page.granule << 8 |
                                     data[at + 6 + (size_t)i]);
        for (int i = 3; i >= 0; i--) {
            page.serial = page.serial << 8 | data[at + 14 + (size_t)i];
            page.sequence = page.sequence << 8 | data[at + 18 + (size_t)i];
        }
        page.lacing = data + at + RTC_OGG_HEADER_LEN;
        page.lacing_count = lacing;
        page.body = page.lacing + lacing;
        rtc_ogg_page_write(&page, buf);
        memcpy(data + at, buf, next);
        free(buf);
        at += next;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        return 0;
    memcpy(copy, data, len);
    repair(copy, len);
    media_fuzz(RTC_MEDIA_OGG, copy, len);
    free(copy);
    return 0;
}
