/* SPDX-License-Identifier: MIT
 *
 * pcapng: blocks of type, length, body, length again, all in little-endian and
 * padded to four bytes. Datagrams get the headers that the kernel took off.
 */
#include "cmd/pcapng.h"

#include <string.h>

/* Block types, options and numbers of the format. */
enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BLOCK_SECRETS = 10,
    OPTION_END = 0,
    OPTION_PACKET_FLAGS = 2,
    OPTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    LINK_RAW_IP = 101,
    SECRETS_TLS = 0x544c534b,
    FLAG_INBOUND = 1,
    FLAG_OUTBOUND = 2,
};
#define MAGIC 0x1a2b3c4d

enum { IP4_LEN = 20, IP6_LEN = 40, UDP_LEN = 8, PROTOCOL_UDP = 17 };

/* ---- bytes --------------------------------------------------------------- */

static uint8_t *put_little(uint8_t *at, uint32_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        *at++ = (uint8_t)(value >> 8 * i);
    return at;
}

static uint8_t *put16(uint8_t *at, uint32_t value)
{
    return put_little(at, value, 2);
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
    return put_little(at, value, 4);
}

static void put_big16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* Zeros up to a multiple of four since `start`. */
static uint8_t *pad(uint8_t *at, const uint8_t *start)
{
    while ((at - start) % 4)
        *at++ = 0;
    return at;
}

/* ---- blocks -------------------------------------------------------------- */

static uint8_t *begin_block(uint8_t *block, uint32_t type)
{
    return put32(block, type) + 4; /* the length follows */
}

/* The end of the block that reaches to `at`, whose length is now known. */
static uint8_t *end_block(uint8_t *block, uint8_t *at)
{
    uint32_t len;

    at = pad(at, block);
    len = (uint32_t)(at + 4 - block);
    put32(block + 4, len);
    return put32(at, len);
}

static uint8_t *put_option(uint8_t *at, uint32_t code, const void *value,
                           size_t len)
{
    uint8_t *start = at;

    at = put16(put16(at, code), (uint32_t)len);
    memcpy(at, value, len);
    return pad(at + len, start);
}

static uint8_t *put_text(uint8_t *at, uint32_t code, const char *text)
{
    at = put_option(at, code, text, strlen(text));
    return put32(at, OPTION_END);
}

size_t pcapng_begin(const char *application, const char *interface,
                    uint8_t *buf)
{
    uint8_t *block = buf, *at = begin_block(block, BLOCK_SECTION);

    at = put16(put16(put32(at, MAGIC), 1), 0); /* version 1.0 */
    memset(at, 0xff, 8);                       /* of unknown length */
    at = put_text(at + 8, OPTION_APPLICATION, application);
    block = end_block(block, at);
    at = begin_block(block, BLOCK_INTERFACE);
    at = put32(put32(at, LINK_RAW_IP), 0); /* nothing is cut off */
    at = put_text(at, OPTION_INTERFACE_NAME, interface);
    return (size_t)(end_block(block, at) - buf);
}

size_t pcapng_secrets(const char *text, size_t len, uint8_t *buf)
{
    uint8_t *at = begin_block(buf, BLOCK_SECRETS);

    at = put32(put32(at, SECRETS_TLS), (uint32_t)len);
    memcpy(at, text, len);
    return (size_t)(end_block(buf, at + len) - buf);
}

/* ---- packets ------------------------------------------------------------- */

/* RFC 1071, in 16-bit words; an odd byte counts as the upper one. */
static uint32_t sum_words(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    return sum;
}

static uint16_t checksum(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static uint8_t *put_ip4(uint8_t *ip, const struct rtc_addr *from,
                        const struct rtc_addr *to, size_t len)
{
    memset(ip, 0, IP4_LEN);
    ip[0] = 0x45;
    put_big16(ip + 2, IP4_LEN + len);
    ip[6] = 0x40; /* do not fragment */
    ip[8] = 64;
    ip[9] = PROTOCOL_UDP;
    memcpy(ip + 12, from->ip, 4);
    memcpy(ip + 16, to->ip, 4);
    put_big16(ip + 10, checksum(sum_words(0, ip, IP4_LEN)));
    return ip + IP4_LEN;
}

static uint8_t *put_ip6(uint8_t *ip, const struct rtc_addr *from,
                        const struct rtc_addr *to, size_t len)
{
    memset(ip, 0, IP6_LEN);
    ip[0] = 0x60;
    put_big16(ip + 4, len);
    ip[6] = PROTOCOL_UDP;
    ip[7] = 64;
    memcpy(ip + 8, from->ip, 16);
    memcpy(ip + 24, to->ip, 16);
    return ip + IP6_LEN;
}

/* RFC 768, with the addresses as its pseudo header has them. */
static void put_udp(uint8_t *udp, const struct rtc_addr *from,
                    const struct rtc_addr *to, size_t len)
{
    size_t ip_len = from->family == 4 ? 4 : 16;
    uint32_t sum = PROTOCOL_UDP + (uint32_t)len;
    uint16_t check;

    put_big16(udp, from->port);
    put_big16(udp + 2, to->port);
    put_big16(udp + 4, len);
    put_big16(udp + 6, 0);
    sum = sum_words(sum, from->ip, ip_len);
    sum = sum_words(sum, to->ip, ip_len);
    check = checksum(sum_words(sum, udp, len));
    put_big16(udp + 6, check ? check : 0xffff); /* 0 is "none" */
}

/* RTP or RTCP, by its first byte (RFC 7983 7). */
static bool is_rtp(const struct rtc_tapped *packet)
{
    return packet->len && packet->data[0] >= 128 && packet->data[0] < 192;
}

size_t pcapng_packet(const struct rtc_tapped *packet, uint64_t time_us,
                     uint8_t *buf)
{
    struct rtc_addr local = packet->path->local;
    struct rtc_addr remote = packet->path->remote;
    const struct rtc_addr *from = packet->is_sent ? &local : &remote;
    const struct rtc_addr *to = packet->is_sent ? &remote : &local;
    size_t udp_len = UDP_LEN + packet->len;
    uint8_t *at = begin_block(buf, BLOCK_PACKET), *ip, *udp;
    uint8_t flags[4];

    if (is_rtp(packet))
        local.port = remote.port = PCAPNG_RTP_PORT;
    at = put32(at, 0); /* the interface */
    at = put32(at, (uint32_t)(time_us >> 32));
    at = put32(at, (uint32_t)time_us);
    ip = at + 8; /* behind the two lengths */
    udp = from->family == 4 ? put_ip4(ip, from, to, udp_len)
                            : put_ip6(ip, from, to, udp_len);
    memcpy(udp + UDP_LEN, packet->data, packet->len);
    put_udp(udp, from, to, udp_len);
    put32(put32(at, (uint32_t)(udp - ip) + (uint32_t)udp_len),
          (uint32_t)(udp - ip) + (uint32_t)udp_len);
    at = pad(udp + udp_len, buf);
    put32(flags, packet->is_sent ? FLAG_OUTBOUND : FLAG_INBOUND);
    at = put_option(at, OPTION_PACKET_FLAGS, flags, sizeof flags);
    at = put32(at, OPTION_END);
    return (size_t)(end_block(buf, at) - buf);
}
