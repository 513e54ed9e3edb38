/* SPDX-License-Identifier: MIT
 * Fuzz target: RED payloads (codec/red.c). The blocks of what parses lie within
 * the payload, and its last copy and frame can be written again. */
#include <stdlib.h>
#include <string.h>

#include "codec/red.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_block(const struct rtc_red_block *block, const uint8_t *data,
                        size_t len)
{
    must(block->len <= len && block->age <= RTC_RED_AGE_MAX &&
         block->payload_type < 128);
    must(!block->len ||
         (block->data >= data && block->data + block->len <= data + len));
}

static void check_write(const struct rtc_red *red, size_t len)
{
    const struct rtc_red_block *copy = &red->copies[red->copy_count - 1];
    struct rtc_red again;
    uint8_t *buf;
    size_t at;

    if (!rtc_red_fits(copy, red->primary.len, len))
        return;
    buf = malloc(len);
    must(buf);
    at = rtc_red_write(copy, red->primary.payload_type, buf);
    must(at + red->primary.len <= len);
    memcpy(buf + at, red->primary.data, red->primary.len);
    must(!rtc_red_parse(buf, at + red->primary.len, &again));
    must(again.copy_count == 1 && again.copies[0].age == copy->age &&
         again.copies[0].len == copy->len &&
         again.primary.len == red->primary.len);
    free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtc_red red;

    if (rtc_red_parse(data, len, &red))
        return 0;
    for (unsigned i = 0; i < red.copy_count; i++)
        check_block(&red.copies[i], data, len);
    check_block(&red.primary, data, len);
    if (red.copy_count)
        check_write(&red, len);
    return 0;
}
