/* SPDX-License-Identifier: MIT
 * Fuzz target: the Matroska reader and writer (media/matroska_read.c,
 * media/matroska_write.c). */
#include "media_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return media_fuzz(RTC_MEDIA_MATROSKA, data, len);
}
