/* SPDX-License-Identifier: MIT
 * Fuzz target: the byte stream reader and writer (media/annexb.c), of H.264 and
 * H.265 as the input begins. */
#include "media_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return media_fuzz(RTC_MEDIA_ANNEXB, data, len);
}
