/* SPDX-License-Identifier: MIT
 * Fuzz target: the WAV reader and writer (media/wav.c). */
#include "media_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return media_fuzz(RTC_MEDIA_WAV, data, len);
}
