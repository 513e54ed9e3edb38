/* SPDX-License-Identifier: MIT
 * Chunks are walked by their lengths alone. */
#include "sctp/packet.h"

#include "base/bytes.h"

#define HEADER_LEN RTC_SCTP_HEADER_LEN
#define CHUNK_HEADER_LEN 4 /* RFC 9260 3.2 */
#define ACK_TYPE 3
#define RECONFIG_TYPE 130 /* RFC 6525 3.1 */
#define OUTGOING_RESET 13 /* RFC 6525 4.1 */
#define OUTGOING_RESET_LEN 16
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

/* The next chunk of that type in `all`, which stands at a chunk; its content
 * goes to `r`. */
static bool find_chunk(struct rtc_reader *all, uint8_t type,
                       struct rtc_reader *r)
{
    while (rtc_reader_left(all) >= CHUNK_HEADER_LEN) {
        uint8_t found = rtc_read_u8(all);
        size_t size, left;

        rtc_read_skip(all, 1);
        size = rtc_read_u16(all);
        left = rtc_reader_left(all);
        if (size < CHUNK_HEADER_LEN || size - CHUNK_HEADER_LEN > left)
            return false;
        size -= CHUNK_HEADER_LEN;
        rtc_reader_init(r, all->at, size);
        size = (size + 3) & ~(size_t)3;
        rtc_read_skip(all, size < left ? size : left);
        if (found == type)
            return true;
    }
    return false;
}

static struct rtc_reader chunks_of(const uint8_t *packet, size_t len)
{
    struct rtc_reader all;

    rtc_reader_init(&all, packet, len);
    rtc_read_skip(&all, HEADER_LEN);
    return all;
}

bool rtc_sctp_find_ack(const uint8_t *packet, size_t len, uint32_t *ret_tsn)
{
    struct rtc_reader all = chunks_of(packet, len), r;
    uint32_t tsn;

    if (!find_chunk(&all, ACK_TYPE, &r))
        return false;
    tsn = rtc_read_u32(&r);
    if (!r.failed)
        *ret_tsn = tsn;
    return !r.failed;
}

/* The request among the parameters of one chunk. */
static bool find_request(struct rtc_reader *r, uint32_t *ret_tsn)
{
    while (rtc_reader_left(r) >= CHUNK_HEADER_LEN) {
        size_t type = rtc_read_u16(r), size = rtc_read_u16(r);
        size_t left = rtc_reader_left(r);

        if (type == OUTGOING_RESET && size >= OUTGOING_RESET_LEN) {
            uint32_t tsn;
            rtc_read_skip(r, 8); /* numbers of request and response */
            tsn = rtc_read_u32(r);
            if (!r->failed)
                *ret_tsn = tsn;
            return !r->failed;
        }
        if (size < CHUNK_HEADER_LEN)
            return false;
        size = (size - CHUNK_HEADER_LEN + 3) & ~(size_t)3;
        rtc_read_skip(r, size < left ? size : left);
    }
    return false;
}

bool rtc_sctp_find_reset(const uint8_t *packet, size_t len, uint32_t *ret_tsn)
{
    struct rtc_reader all = chunks_of(packet, len), r;

    while (find_chunk(&all, RECONFIG_TYPE, &r))
        if (find_request(&r, ret_tsn))
            return true;
    return false;
}
