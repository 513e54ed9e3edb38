/* SPDX-License-Identifier: MIT
 * CRC-32C by the published vectors of RFC 3720 B.4, and bit by bit. */
#include "sctp/crc32c.h"

#include "tap.h"

static uint32_t bit_by_bit(const uint8_t *data, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    return ~crc;
}

int main(void)
{
    uint8_t data[300];
    unsigned wrong = 0;

    memset(data, 0, 32);
    is_int(rtc_crc32c(data, 32), 0x8a9136aa, "zeros");
    memset(data, 255, 32);
    is_int(rtc_crc32c(data, 32), 0x62a8ab43, "ones");
    for (unsigned i = 0; i < 32; i++)
        data[i] = (uint8_t)i;
    is_int(rtc_crc32c(data, 32), 0x46dd794e, "counting up");
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37 + i / 7);
    for (size_t len = 0; len < 200; len++)
        wrong +=
            rtc_crc32c(data + len % 9, len) != bit_by_bit(data + len % 9, len);
    is_int(wrong, 0, "every length, at any place");
    rtc_crc32c_seal(data, 100);
    memcpy(data + 200, data, 100);
    memset(data + 208, 0, 4);
    is_int(data[8] | data[9] << 8 | data[10] << 16 | (int64_t)data[11] << 24,
           bit_by_bit(data + 200, 100), "where SCTP has it");
    return tap_done();
}
