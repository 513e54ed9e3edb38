/* SPDX-License-Identifier: MIT
 *
 * Opus: the padding of a packet whose frames are counted (code 3, RFC 6716
 * 3.2.5). Every packet can be written as one of those: what follows the first
 * byte of the other codes is what follows the count there.
 */
#include "cmd/probe/mark_codec.h"

enum { CODE = 0x03, COUNT = 0x3f, PADDED = 0x40, VARIABLE = 0x80 };

struct packet {
    uint8_t head[2]; /* as of code 3, without the flag of padding */
    const uint8_t *body, *padding;
    size_t len, padding_len;
};

/* The length of padding: 255 is 254 and more (RFC 6716 3.2.5). */
static size_t read_padding_len(struct rtc_reader *r)
{
    size_t len = 0;
    uint8_t byte;

    while ((byte = rtc_read_u8(r)) == 255)
        len += 254;
    return len + byte;
}

static void write_padding_len(struct rtc_writer *w, size_t len)
{
    for (; len > 254; len -= 254)
        rtc_write_u8(w, 255);
    rtc_write_u8(w, (uint8_t)len);
}

static bool parse(const uint8_t *data, size_t len, struct packet *ret_packet)
{
    static const uint8_t counts[] = {1, 2, VARIABLE | 2};
    struct rtc_reader r;
    uint8_t first, count;

    rtc_reader_init(&r, data, len);
    first = rtc_read_u8(&r);
    count = (first & CODE) == CODE ? rtc_read_u8(&r) : counts[first & CODE];
    ret_packet->padding_len = count & PADDED ? read_padding_len(&r) : 0;
    if (r.failed || (count & COUNT) == 0 ||
        ret_packet->padding_len > rtc_reader_left(&r))
        return false;
    ret_packet->head[0] = first | CODE;
    ret_packet->head[1] = count & (uint8_t)~PADDED;
    ret_packet->body = r.at;
    ret_packet->len = rtc_reader_left(&r) - ret_packet->padding_len;
    ret_packet->padding = r.at + ret_packet->len;
    /* Frames of one length. */
    return count & VARIABLE || ret_packet->len % (count & COUNT) == 0;
}

static void take_digest(const struct packet *packet, struct mark_digest *digest)
{
    mark_digest_init(digest);
    mark_digest_add(digest, packet->head, sizeof packet->head);
    mark_digest_add(digest, packet->body, packet->len);
}

static int write(const uint8_t *frame, size_t len,
                 const struct probe_mark *mark, size_t least,
                 struct rtc_writer *w)
{
    uint8_t text[MARK_TEXT_LEN];
    struct mark_digest digest;
    struct packet packet;
    size_t filling;

    if (!parse(frame, len, &packet))
        return RTC_ERR_FORMAT;
    take_digest(&packet, &digest);
    mark_text_write(text, mark, &digest);
    filling = mark_missing(3 + packet.len + sizeof text, least);
    filling -= filling / 255; /* More bytes of the length. */
    rtc_write_u8(w, packet.head[0]);
    rtc_write_u8(w, packet.head[1] | PADDED);
    write_padding_len(w, sizeof text + filling);
    rtc_write_bytes(w, packet.body, packet.len);
    rtc_write_bytes(w, text, sizeof text);
    rtc_write_zeros(w, filling);
    return 0;
}

static bool find(const uint8_t *frame, size_t len, struct mark_found *ret_found)
{
    struct packet packet;

    if (!parse(frame, len, &packet) ||
        !mark_text_is(packet.padding, packet.padding_len))
        return false;
    ret_found->text = packet.padding;
    take_digest(&packet, &ret_found->digest);
    ret_found->filled = mark_is_filled(packet.padding + MARK_TEXT_LEN,
                                       packet.padding_len - MARK_TEXT_LEN, 0);
    return true;
}

const struct mark_codec mark_opus = {RTC_CODEC_OPUS, write, find};
