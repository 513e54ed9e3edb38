/* SPDX-License-Identifier: MIT
 * Reception statistics: the arithmetic of RFC 3550 A.1, A.3 and A.8 on streams
 * whose loss and jitter are known by construction. */
#include "stream/receiver.h"

#include "base/clock.h"
#include "tap.h"

#define RATE 8000u

static struct rtc_receiver receiver;
static struct rtc_packet packet;

static bool take_at(uint16_t sequence, uint32_t timestamp, rtc_usec now)
{
    static const uint8_t payload[10];
    struct rtc_rtp_header header = {.sequence = sequence,
                                    .timestamp = timestamp,
                                    .payload = payload,
                                    .payload_len = sizeof payload,
                                    .payload_type = 8,
                                    .marker = true};

    return rtc_receiver_receive(&receiver, &header, &packet, now);
}

static bool take(uint16_t sequence)
{
    return take_at(sequence, sequence * 160u, sequence * 20 * RTC_MS);
}

static void test_basic(void)
{
    struct rtc_rtcp_block block;

    rtc_receiver_init(&receiver, 77, RATE);
    ok(!rtc_receiver_report(&receiver, &block, 0), "nothing to report yet");
    is_int(rtc_receiver_lost(&receiver), 0, "nothing lost");
    ok(take(65534), "first packet");
    is_int(packet.sequence & 0xffff, 65534, "its number");
    is_int(packet.len, 10, "payload length");
    is_int(packet.payload_type, 8, "payload type");
    ok(packet.marker, "marker");
    is_int(packet.ssrc, 77, "SSRC");
    uint64_t first = packet.sequence;
    take(65535);
    take_at(0, 65536 * 160u, 65536 * 20 * RTC_MS);
    is_int(packet.sequence - first, 2, "numbers go on across the wrap");
    take_at(1, 65537 * 160u, 65537 * 20 * RTC_MS);
    ok(rtc_receiver_report(&receiver, &block, 0), "a report");
    is_int(block.ssrc, 77, "of the SSRC");
    is_int(block.highest_sequence, 0x10001, "with cycles");
    is_int(block.lost, 0, "no loss");
    is_int(block.fraction_lost, 0, "no fraction");
    is_int(block.jitter, 0, "no jitter");
    is_int(block.last_sr, 0, "no SR");
    is_int(block.delay_since_sr, 0, "no delay");
    is_int(receiver.packets, 4, "four packets");
    is_int(receiver.bytes, 40, "of ten bytes");
}

static void test_loss(void)
{
    struct rtc_rtcp_block block;

    rtc_receiver_init(&receiver, 77, RATE);
    for (uint16_t i = 0; i < 100; i++)
        if (i % 4 != 1)
            take(i);
    rtc_receiver_report(&receiver, &block, 0);
    is_int(block.lost, 25, "a quarter lost");
    is_int(block.fraction_lost, 64, "as a fraction of 256");
    for (uint16_t i = 100; i < 200; i++)
        take(i);
    rtc_receiver_report(&receiver, &block, 0);
    is_int(block.lost, 25, "the sum stays");
    is_int(block.fraction_lost, 0, "the fraction is of the interval");
    for (uint16_t i = 190; i < 200; i++)
        take(i);
    rtc_receiver_report(&receiver, &block, 0);
    is_int(block.lost, 15, "duplicates count as received (6.4.1)");
    is_int(block.fraction_lost, 0, "and no fraction is negative");
    rtc_receiver_init(&receiver, 77, RATE);
    take(0);
    for (int i = 0; i < 5; i++)
        take(0);
    is_int(rtc_receiver_lost(&receiver), -5, "loss may be negative");
    take(20);
    rtc_receiver_report(&receiver, &block, 0);
    is_int(rtc_receiver_lost(&receiver), 14, "late ones fill up");
    take(10);
    is_int(rtc_receiver_lost(&receiver), 13, "reordered counts as received");
    rtc_receiver_report(&receiver, &block, 0);
    take(200);
    take(400);
    rtc_receiver_init(&receiver, 77, RATE);
    take(0);
    rtc_receiver_report(&receiver, &block, 0);
    receiver.sequence.highest += 10;
    rtc_receiver_report(&receiver, &block, 0);
    is_int(block.fraction_lost, 255, "all lost is 255, not 0");
}

static void test_jitter(void)
{
    struct rtc_rtcp_block block;

    /* Arrivals alternate by 20 ms: |D| is 160 ticks each time, and J tends to
     * it (A.8). */
    rtc_receiver_init(&receiver, 77, RATE);
    for (unsigned i = 0; i < 500; i++)
        take_at((uint16_t)i, i * 160,
                (rtc_usec)i * 20 * RTC_MS + (i % 2) * 20 * RTC_MS);
    rtc_receiver_report(&receiver, &block, 0);
    ok(block.jitter >= 159 && block.jitter <= 160, "jitter of 20 ms");
    ok(rtc_receiver_jitter(&receiver) > 0.0198 &&
           rtc_receiver_jitter(&receiver) < 0.0201,
       "in seconds too");
    take_at(490, 490 * 160, 60 * RTC_SEC);
    is_int(receiver.jitter >> 4, block.jitter, "late packets are no jitter");
    take_at(500, 12345678, 60 * RTC_SEC);
    is_int(receiver.jitter >> 4, block.jitter, "nor is a new time origin");
    rtc_receiver_init(&receiver, 77, RATE);
    for (unsigned i = 0; i < 100; i++)
        take_at((uint16_t)i, UINT32_MAX - 8000 + i * 160,
                INT64_MAX / 2 + (rtc_usec)i * 20 * RTC_MS);
    ok(receiver.jitter < 16 * 2, "wraps and late clocks are none");
}

/* RFC 3550 A.1: one stray packet is dropped, two in a row are a restart. */
static void test_jump(void)
{
    struct rtc_rtcp_block block;

    rtc_receiver_init(&receiver, 77, RATE);
    for (uint16_t i = 1000; i < 1010; i++)
        take(i);
    uint64_t before = packet.sequence;
    ok(!take(40000), "a stray number is not believed");
    ok(take(1010), "the stream goes on");
    is_int(packet.sequence, before + 1, "as if nothing was");
    ok(!take(40000) && !take(41000), "nor two that do not follow");
    ok(take(41001), "two in a row are");
    ok(packet.sequence > before && (packet.sequence & 0xffff) == 41001,
       "and numbers go up");
    before = packet.sequence;
    ok(take(41002) && packet.sequence == before + 1, "and on");
    is_int(rtc_receiver_lost(&receiver), 0, "a restart is no loss");
    ok(!take(500) && take(501), "backwards likewise");
    ok(packet.sequence > before && (packet.sequence & 0xffff) == 501,
       "still upwards");
    rtc_receiver_report(&receiver, &block, 0);
    is_int(block.fraction_lost, 0, "no fraction");
    is_int(receiver.packets, 14, "packets over all");
    ok(take((uint16_t)(501 + 16383)), "a dropout of seconds is a gap");
    is_int(rtc_receiver_lost(&receiver), 16382, "and loss");
    ok(take((uint16_t)(501 + 16383 - 4095)), "late by a long history");
}

static void test_recover(void)
{
    struct rtc_rtp_header header = {.sequence = 5, .timestamp = 5 * 160};

    rtc_receiver_init(&receiver, 77, RATE);
    ok(!rtc_receiver_recover(&receiver, &header, &packet, 0),
       "RTX before any original says nothing");
    for (uint16_t i = 0; i < 10; i++)
        if (i != 5)
            take(i);
    uint64_t highest = packet.sequence;
    ok(rtc_receiver_recover(&receiver, &header, &packet, 99), "a resend");
    is_int(packet.sequence, highest - 4, "has its old number");
    is_int(packet.time, 99, "arrives now");
    is_int(rtc_receiver_lost(&receiver), 1, "and was lost (RFC 4588)");
    header.sequence = 30000;
    ok(!rtc_receiver_recover(&receiver, &header, &packet, 0), "far off: no");
}

static void test_sr(void)
{
    struct rtc_rtcp_block block;

    rtc_receiver_init(&receiver, 77, RATE);
    take(0);
    rtc_receiver_sr(&receiver, UINT64_C(0x0123456789abcdef), 3 * RTC_SEC);
    rtc_receiver_report(&receiver, &block, 5 * RTC_SEC + RTC_SEC / 2);
    is_int(block.last_sr, 0x456789ab, "LSR: the middle of the NTP time");
    is_int(block.delay_since_sr, 5 * 65536 / 2, "DLSR in 1/65536 s");
}

int main(void)
{
    test_basic();
    test_loss();
    test_jitter();
    test_jump();
    test_recover();
    test_sr();
    return tap_done();
}
