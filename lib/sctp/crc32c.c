/* SPDX-License-Identifier: MIT
 * CRC-32C by the processor's own instruction where it has one, else by a table:
 * a checksum of every data channel packet, though DTLS has a better one, since
 * peers may look at it (RFC 8261 has no exception). */
#include "sctp/crc32c.h"

#include <string.h>

#define POLYNOMIAL UINT32_C(0x82f63b78) /* reflected */
#define CHECKSUM_AT 8                   /* RFC 9260 3.1 */

/* Four bits at a time: 64 bytes of table, and none to be made first. */
static uint32_t by_table(uint32_t crc, const uint8_t *data, size_t len)
{
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, const uint8_t *data, size_t len)
{
    uint64_t wide = crc;

    for (; len >= 8; data += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, data, sizeof word);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; len; data++, len--)
        crc = __builtin_ia32_crc32qi(crc, *data);
    return crc;
}

static uint32_t update(uint32_t crc, const uint8_t *data, size_t len)
{
    return __builtin_cpu_supports("sse4.2") ? by_instruction(crc, data, len)
                                            : by_table(crc, data, len);
}
#else
static uint32_t update(uint32_t crc, const uint8_t *data, size_t len)
{
    return by_table(crc, data, len);
}
#endif

uint32_t rtc_crc32c(const uint8_t *data, size_t len)
{
    return ~update(UINT32_MAX, data, len);
}

void rtc_crc32c_seal(uint8_t *packet, size_t len)
{
    uint32_t crc;

    memset(packet + CHECKSUM_AT, 0, 4);
    crc = rtc_crc32c(packet, len);
    for (unsigned i = 0; i < 4; i++) /* least significant byte first */
        packet[CHECKSUM_AT + i] = (uint8_t)(crc >> 8 * i);
}
