/* SPDX-License-Identifier: MIT
 *
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), into a buffer of the
 * caller: packets of one interface that carries bare IP.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtc.h"

/* More than a block needs beside what it carries. */
#define PCAPNG_OVERHEAD 160

/* The blocks a file begins with; `application` and `interface` are names for
 * who looks at it. The bytes written: at most PCAPNG_OVERHEAD and the names. */
size_t pcapng_begin(const char *application, const char *interface,
                    uint8_t *buf);
/* TLS secrets, as an NSS key log of `len` bytes. */
size_t pcapng_secrets(const char *text, size_t len, uint8_t *buf);
/* The port of RTP and RTCP on both ends (RFC 3551 8): on the one where DTLS
 * agreed on SRTP, Wireshark would take them for encrypted. */
#define PCAPNG_RTP_PORT 5004
/* A datagram with IP and UDP headers of its path in front. `time_us`: since
 * 1970. What TCP carried is shown as if UDP had. */
size_t pcapng_packet(const struct rtc_tapped *packet, uint64_t time_us,
                     uint8_t *buf);
