/* SPDX-License-Identifier: MIT
 *
 * Blocks of a pcapng file: their lengths, and the headers made up for a packet.
 */
#include "cmd/pcapng.h"

#include <string.h>

#include "tap.h"

static uint32_t little(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

/* Walks blocks to the end; how many, or -1 when a length is wrong. */
static int count_blocks(const uint8_t *data, size_t len)
{
    size_t at = 0;
    int count = 0;

    while (len - at >= 12) {
        uint32_t block = little(data + at + 4);

        if (block % 4 || block < 12 || block > len - at ||
            little(data + at + block - 4) != block)
            return -1;
        at += block;
        count++;
    }
    return at == len ? count : -1;
}

/* RFC 1071: what is summed with its checksum gives all ones. */
static uint16_t sum(const uint8_t *data, size_t len, uint32_t start)
{
    for (size_t i = 0; i < len; i++)
        start += i % 2 ? data[i] : (uint32_t)data[i] << 8;
    while (start >> 16)
        start = (start & 0xffff) + (start >> 16);
    return (uint16_t)start;
}

static void test_begin(void)
{
    uint8_t buf[PCAPNG_OVERHEAD + 64];
    size_t len = pcapng_begin("rtcpipe 0.1.0", "rtc-send", buf);

    is_int(count_blocks(buf, len), 2, "a section and an interface");
    is_int(little(buf), 0x0a0d0d0a, "the section's type");
    is_int(little(buf + 8), 0x1a2b3c4d, "little-endian");
    len = pcapng_begin("x", "", buf);
    is_int(count_blocks(buf, len), 2, "names of any length");
}

static void test_secrets(void)
{
    uint8_t buf[PCAPNG_OVERHEAD + 64];

    for (size_t n = 0; n < 9; n++) {
        size_t len = pcapng_secrets("CLIENT_R\n", n, buf);

        is_int(count_blocks(buf, len), 1, "one block");
        is_int(little(buf), 10, "of secrets");
        is_int(little(buf + 8), 0x544c534b, "for TLS");
        is_int((int)little(buf + 12), (int)n, "of that length");
    }
}

static void check_packet(const char *local, const char *remote, bool is_sent,
                         size_t payload_len)
{
    static const uint8_t payload[] = {0, 1, 0, 1, 2, 3, 4};
    uint8_t buf[PCAPNG_OVERHEAD + sizeof payload];
    struct rtc_path path = {.transport = RTC_UDP};
    struct rtc_tapped packet = {
        .path = &path, .data = payload, .len = payload_len, .is_sent = is_sent};
    const uint8_t *ip = buf + 28, *udp;
    size_t ip_len, address_len, len;

    rtc_addr_parse(local, &path.local);
    rtc_addr_parse(remote, &path.remote);
    ip_len = path.local.family == 4 ? 20 : 40;
    address_len = path.local.family == 4 ? 4 : 16;
    udp = ip + ip_len;
    len = pcapng_packet(&packet, UINT64_C(0x123456789), buf);
    is_int(count_blocks(buf, len), 1, "one block");
    is_int(little(buf), 6, "a packet");
    is_int(little(buf + 12), 1, "time, upper half");
    is_int(little(buf + 16), 0x23456789, "time, lower half");
    is_int((int)little(buf + 20), (int)(ip_len + 8 + payload_len), "all of it");
    is_int(udp[is_sent ? 0 : 2] << 8 | udp[is_sent ? 1 : 3], 6004,
           "our port is where it belongs");
    is_int(memcmp(ip + ip_len - 2 * address_len,
                  is_sent ? path.local.ip : path.remote.ip, address_len),
           0, "and the sender's address");
    is_int(udp[4] << 8 | udp[5], (int)(8 + payload_len), "UDP length");
    is_int(memcmp(udp + 8, payload, payload_len), 0, "the payload");
    if (path.local.family == 4)
        is_int(sum(ip, 20, 0), 0xffff, "IP checksum");
    is_int(sum(udp, 8 + payload_len,
               17 + 8 + (uint32_t)payload_len +
                   sum(ip + ip_len - 2 * address_len, 2 * address_len, 0)),
           0xffff, "UDP checksum");
}

static void test_rtp(void)
{
    uint8_t buf[PCAPNG_OVERHEAD + 12], rtp[12] = {0x80, 96};
    struct rtc_path path;
    const struct rtc_tapped packet = {
        .path = &path, .data = rtp, .len = sizeof rtp};

    rtc_addr_parse("192.0.2.1:6004", &path.local);
    rtc_addr_parse("192.0.2.2:6006", &path.remote);
    pcapng_packet(&packet, 0, buf);
    is_int(buf[48] << 8 | buf[49], PCAPNG_RTP_PORT,
           "RTP has a port of its own");
    is_int(buf[50] << 8 | buf[51], PCAPNG_RTP_PORT, "at both ends");
}

int main(void)
{
    test_rtp();
    test_begin();
    test_secrets();
    for (size_t len = 0; len <= 7; len++) {
        check_packet("192.0.2.1:6004", "198.51.100.7:9", true, len);
        check_packet("[2001:db8::1]:6004", "[2001:db8::7]:9", false, len);
    }
    return tap_done();
}
