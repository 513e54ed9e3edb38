/* SPDX-License-Identifier: MIT
 * Chunks are walked by their lengths alone. */
#include "sctp/packet.h"

#include "base/bytes.h"

#define HEADER_LEN RTC_SCTP_HEADER_LEN
#define CHUNK_HEADER_LEN 4 /* RFC 9260 3.2 */
#define ACK_TYPE 3
#define ACK_LEN 16 /* RFC 9260 3.3.4: without gaps and duplicates */

bool rtc_sctp_is_mere_ack(const uint8_t *packet, size_t len)
{
    return len == HEADER_LEN + ACK_LEN && packet[HEADER_LEN] == ACK_TYPE;
}

size_t rtc_sctp_first_chunks(const uint8_t *packet, size_t len, size_t most)
{
    size_t end = HEADER_LEN, next = HEADER_LEN;

    while (next <= most && next + CHUNK_HEADER_LEN <= len) {
        end = next;
        next += ((size_t)rtc_get_u16(packet + end + 2) + 3) & ~(size_t)3;
        if (next == end)
            break;
    }
    return end > HEADER_LEN && end < len ? end : 0;
}
