/* SPDX-License-Identifier: MIT
 * The bit reader of H.264 and H.265 units: emulation prevention (H.264 7.3.1),
 * Exp-Golomb codes (9.1). */
#include "codec/nal_bits.h"

void rtc_nal_bits_init(struct rtc_nal_bits *b, const uint8_t *nal, size_t len)
{
    *b = (struct rtc_nal_bits){.at = nal, .end = nal + len};
}

static void next_byte(struct rtc_nal_bits *b)
{
    if (b->zeros >= 2 && b->at < b->end && *b->at == 3) {
        b->at++;
        b->zeros = 0;
    }
    b->failed = b->failed || b->at == b->end;
    b->byte = b->failed ? 0 : *b->at++;
    b->zeros = b->byte ? 0 : b->zeros + 1;
    b->left = 8;
}

bool rtc_nal_flag(struct rtc_nal_bits *b)
{
    if (b->left == 0)
        next_byte(b);
    b->left--;
    return b->byte >> b->left & 1;
}

uint32_t rtc_nal_number(struct rtc_nal_bits *b, unsigned count)
{
    uint32_t value = 0;

    while (count-- > 0)
        value = value << 1 | rtc_nal_flag(b);
    return value;
}

void rtc_nal_skip_bits(struct rtc_nal_bits *b, unsigned count)
{
    while (count-- > 0 && !b->failed)
        rtc_nal_flag(b);
}

uint32_t rtc_nal_golomb(struct rtc_nal_bits *b)
{
    unsigned zeros = 0;

    while (!b->failed && !rtc_nal_flag(b))
        if (++zeros > 31)
            b->failed = true;
    return b->failed ? 0
                     : (UINT32_C(1) << zeros) - 1 + rtc_nal_number(b, zeros);
}

void rtc_nal_skip_golombs(struct rtc_nal_bits *b, uint32_t count)
{
    while (count-- > 0 && !b->failed)
        rtc_nal_golomb(b);
}
