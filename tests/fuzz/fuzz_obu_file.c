/* SPDX-License-Identifier: MIT
 * Fuzz target: the reader and writer of AV1 streams (media/obu_file.c). */
#include "media_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return media_fuzz(RTC_MEDIA_OBU, data, len);
}
