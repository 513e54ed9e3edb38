/* SPDX-License-Identifier: MIT
 * How long an Opus packet sounds: for pacing and for file formats that count
 * samples. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Samples at 48 kHz a packet decodes to (RFC 6716 3.1, 3.2), whatever rate it
 * was coded at: 120 to 5760. 0 when malformed. */
unsigned rtc_opus_duration(const uint8_t *packet, size_t len);
