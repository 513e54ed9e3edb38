/* SPDX-License-Identifier: MIT
 * Fuzz target: the rtpdump reader and writer (media/rtpdump.c). */
#include "media_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return media_fuzz(RTC_MEDIA_RTPDUMP, data, len);
}
