/* SPDX-License-Identifier: MIT
 * The checksum of SCTP packets (RFC 9260 appendix A). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli) of `len` bytes. */
uint32_t rtc_crc32c(const uint8_t *data, size_t len);
/* Puts the checksum into an SCTP packet of at least 12 bytes. */
void rtc_crc32c_seal(uint8_t *packet, size_t len);
