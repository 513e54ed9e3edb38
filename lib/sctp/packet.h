/* SPDX-License-Identifier: MIT
 * The outside of SCTP packets (RFC 9260 3): what can be said of one without the
 * association it belongs to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTC_SCTP_HEADER_LEN 12 /* RFC 9260 3.1 */

/* Whether it is a SACK and nothing else, and of no gap: the next one says all
 * that it says. */
bool rtc_sctp_is_mere_ack(const uint8_t *packet, size_t len);
/* Whether it has a SACK, and up to which number that has everything. */
bool rtc_sctp_find_ack(const uint8_t *packet, size_t len, uint32_t *ret_tsn);
/* Whether it asks to reset outgoing streams (RFC 6525 4.1), and the last number
 * sent on them before. */
bool rtc_sctp_find_reset(const uint8_t *packet, size_t len, uint32_t *ret_tsn);
/* Bytes up to the last of its chunks that ends within `most`; 0 when that is
 * none or all of them. */
size_t rtc_sctp_first_chunks(const uint8_t *packet, size_t len, size_t most);
