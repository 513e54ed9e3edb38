/* SPDX-License-Identifier: MIT
 * Frames and packets to RTP: numbering, sizes, all or nothing, resends, sender
 * reports. */
#include "stream/sender.h"

#include "stream/fake.h"
#include "tap.h"

static struct rtc_pool pool;
static struct rtc_sender sender;
static uint8_t buf[2000], big[12 << 20];

static struct rtc_sender_format format_of(int codec_index, bool rtx)
{
    return (struct rtc_sender_format){.codec = fake_codec(codec_index),
                                      .payload_type = 96,
                                      .rtx = rtx,
                                      .rtx_payload_type = 97,
                                      .clock_rate = 90000,
                                      .packet_max = 1184};
}

static void setup(bool rtx, unsigned history)
{
    struct rtc_history_config config = {.packets = history, .keep_us = RTC_SEC};
    struct rtc_sender_format format = format_of(0, rtx);
    static uint32_t state = 1;
    struct rtc_random random = {.fn = fake_random_bytes, .user = &state};

    rtc_pool_init(&pool, 1200, 20000);
    rtc_sender_init(&sender, &config, &pool, &random);
    is_int(rtc_sender_set_format(&sender, &format, 11, 22), 0, "set up");
}

static void teardown(void)
{
    rtc_sender_done(&sender);
    is_int(pool.used, 0, "every buffer is back");
    rtc_pool_done(&pool);
}

static int send(const uint8_t *data, size_t len, uint64_t media_time,
                rtc_usec now)
{
    struct rtc_frame frame = {.data = data,
                              .len = len,
                              .codec = RTC_CODEC_VP8,
                              .media_time = media_time,
                              .time = RTC_NEVER};

    return rtc_sender_send_frame(&sender, &frame, now);
}

/* Sends what is next and parses it. */
static bool transmit(struct rtc_rtp_header *ret_header, rtc_usec now)
{
    size_t peek = rtc_sender_peek_len(&sender);
    int len = rtc_sender_transmit(&sender, buf, sizeof buf, now);

    return len > 0 && (size_t)len == peek &&
           rtc_rtp_parse(buf, (size_t)len, ret_header) == 0;
}

static unsigned drain(rtc_usec now)
{
    struct rtc_rtp_header h;
    unsigned count = 0;

    while (transmit(&h, now))
        count++;
    return count;
}

static void test_frame(bool rtx)
{
    size_t len = fake_frame(big, 7, 5000, true), at = 0;
    struct rtc_rtp_header h;
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
    unsigned count = 0;
    bool right = true;

    setup(rtx, 100);
    ok(!rtc_sender_peek_len(&sender), "nothing to send");
    is_int(rtc_sender_transmit(&sender, buf, sizeof buf, 0), 0, "nothing");
    is_int(send(big, len, 1000, 0), 0, "a frame");
    is_int(rtc_sender_transmit(&sender, buf, 1181, 0), RTC_ERR_NOBUF,
           "a buffer too small takes nothing");
    while (transmit(&h, 0)) {
        bool last = at + h.payload_len - 1 == len;

        if (count++ == 0) {
            sequence = h.sequence;
            timestamp = h.timestamp;
        }
        right = right && h.sequence == (uint16_t)(sequence + count - 1) &&
                h.timestamp == timestamp && h.marker == last &&
                h.payload_type == 96 && h.ssrc == 11 &&
                memcmp(h.payload + 1, big + at, h.payload_len - 1) == 0 &&
                (last || h.payload_len == 1184 - 12 - (rtx ? 2 : 0));
        at += h.payload_len - 1;
    }
    ok(right, "packets in order, full but for the last, which is marked");
    is_int(at, len, "and all of the frame");
    is_int(count, 5, "in five packets");
    is_int(sender.packets, 5, "counted");
    is_int(sender.octets, 5005, "payload octets, without headers");
    is_int(sender.bytes, 5005 + 5 * 12, "and bytes");
    send(big, len, 4000, 0);
    transmit(&h, 0);
    is_int(h.timestamp - timestamp, 3000, "RTP time follows media time");
    is_int((uint16_t)(h.sequence - sequence), 5, "numbers go on");
    teardown();
}

static void test_errors(void)
{
    struct rtc_frame other = {.data = big, .len = 10, .codec = RTC_CODEC_H264};
    struct rtc_sender_format format = format_of(0, true);
    struct rtc_rtp_header h;
    unsigned sent = 0;
    int error;

    setup(true, 100);
    fake_frame(big, 1, sizeof big, false);
    is_int(send(big, 0, 0, 0), RTC_ERR_ARG, "an empty frame");
    is_int(rtc_sender_send_frame(&sender, &other, 0), RTC_ERR_ARG,
           "another codec's frame");
    is_int(send((const uint8_t *)"\x09", 1, 0, 0), RTC_ERR_FORMAT, "malformed");
    is_int(send(big, sizeof big, 0, 0), RTC_ERR_ARG,
           "a frame the queue never holds");
    is_int(sender.history.queued, 0, "leaves nothing behind");
    while ((error = send(big, 100 * 1000, 0, 0)) == 0)
        sent++;
    is_int(error, RTC_ERR_AGAIN, "a full queue says so");
    is_int(sent, RTC_HISTORY_MOST / 86, "when it is");
    is_int(sender.history.queued, sent * 86, "no frame is queued in part");
    uint64_t before = sender.sequence;
    uint16_t id = sender.packetizer.picture_id;
    is_int(send(big, 100 * 1000, 0, 0), RTC_ERR_AGAIN, "still");
    ok(sender.sequence == before && sender.packetizer.picture_id == id,
       "and no number is used up");
    is_int(drain(0), sent * 86, "all is sent");
    is_int(send(big, 100 * 1000, 0, 0), 0, "then there is room again");
    format.packet_max = 14;
    is_int(rtc_sender_set_format(&sender, &format, 11, 22), RTC_ERR_ARG,
           "no room for a payload");
    format.packet_max = 4000;
    is_int(rtc_sender_set_format(&sender, &format, 11, 22), RTC_ERR_ARG,
           "more than a pool buffer");
    transmit(&h, 0);
    teardown();
}

/* The pool, not the ring, is what is full. */
static void test_pool(void)
{
    setup(true, 100);
    rtc_pool_init(&pool, 1200, 50);
    fake_frame(big, 1, 100000, false);
    is_int(send(big, 60000, 0, 0), RTC_ERR_ARG, "more than the pool holds");
    is_int(pool.used, 0, "leaves nothing behind");
    is_int(send(big, 30000, 0, 0), 0, "half of it");
    is_int(send(big, 30000, 0, 0), RTC_ERR_AGAIN, "the other half: later");
    is_int(sender.history.queued, 26, "whole frames only");
    is_int(drain(0), 26, "sent");
    is_int(send(big, 30000, 0, 0), 0, "then history makes room");
    is_int(sender.history.queued, 26, "for all of it");
    teardown();
}

static void test_extension(void)
{
    static const uint8_t block[8] = {0x10, 'a', 0x22, 1, 2, 3, 0, 0};
    struct rtc_rtp_header h;
    bool all = true;

    setup(true, 100);
    is_int(rtc_sender_set_extension(&sender, 0xbede, block, 8), 0, "a block");
    is_int(rtc_sender_set_extension(&sender, 0xbede, big, 132), RTC_ERR_ARG,
           "one too long");
    is_int(rtc_sender_set_extension(&sender, 0xbede, block, 7), RTC_ERR_ARG,
           "no whole words");
    fake_frame(big, 1, 5000, false);
    send(big, 5000, 0, 0);
    while (transmit(&h, 0))
        all = all && h.has_extension && h.extension_profile == 0xbede &&
              h.extension_len == 8 && !memcmp(h.extension, block, 8) &&
              h.header_len + h.payload_len <= 1182;
    ok(all, "every packet has it and is no longer for it");
    rtc_sender_set_extension(&sender, 0, NULL, 0);
    send(big, 10, 0, 0);
    ok(transmit(&h, 0) && !h.has_extension, "and none has none");
    teardown();
}

static void test_resend(bool rtx)
{
    struct rtc_rtp_header h, again;
    uint16_t list[3];

    setup(rtx, 100);
    fake_frame(big, 1, 5000, false);
    send(big, 5000, 77, 0);
    transmit(&h, 0);
    list[0] = list[1] = h.sequence;
    list[2] = (uint16_t)(h.sequence + 1);
    is_int(rtc_sender_nack(&sender, list, 3, -1, 0), 1,
           "one was sent, once asked for, one not sent yet");
    is_int(sender.nacked, 3, "three were asked for");
    is_int(rtc_sender_transmit(&sender, buf, rtx ? 1183 : 1181, 0),
           RTC_ERR_NOBUF, "a small buffer takes nothing");
    ok(transmit(&again, 0), "the resend comes first");
    is_int(again.ssrc, rtx ? 22 : 11, "under its SSRC");
    is_int(again.payload_type, rtx ? 97 : 96, "and payload type");
    is_int(again.payload_len, h.payload_len + (rtx ? 2 : 0), "whole");
    ok(again.header_len + again.payload_len <= 1184, "within the limit");
    if (rtx)
        is_int(rtc_get_u16(again.payload), list[0], "says what it repeats");
    else
        is_int(again.sequence, list[0], "as it was");
    is_int(sender.packets, rtx ? 1 : 2, "RTX is a stream of its own");
    is_int(sender.resent_packets, 1, "counted");
    transmit(&again, 0);
    is_int(again.sequence, list[2], "then the queue");
    uint16_t before = sender.rtx_sequence;
    rtc_sender_nack(&sender, list, 3, -1, RTC_SEC / 2);
    drain(RTC_SEC / 2);
    is_int((uint16_t)(sender.rtx_sequence - before), rtx ? 2 : 0,
           "RTX has numbers of its own");
    teardown();

    setup(rtx, 0);
    send(big, 5000, 77, 0);
    transmit(&h, 0);
    is_int(rtc_sender_nack(&sender, &h.sequence, 1, -1, 0), 0,
           "history size 0 resends nothing");
    is_int(drain(0), 4, "but sends");
    teardown();
}

static void test_packets(void)
{
    uint8_t payload[1200] = {1, 2, 3};
    struct rtc_packet packet = {.payload = payload,
                                .len = 100,
                                .sequence = 65535,
                                .media_time = 4711,
                                .payload_type = 100,
                                .marker = true,
                                .time = RTC_NEVER};
    struct rtc_rtp_header h;

    setup(true, 100);
    is_int(rtc_sender_send_packet(&sender, &packet, 0), 0, "as it is");
    ok(transmit(&h, 0) && h.sequence == 65535 && h.timestamp == 4711 &&
           h.payload_type == 100 && h.marker && h.payload_len == 100 &&
           !memcmp(h.payload, payload, 100),
       "number, time, type, marker, payload arrive as written");
    is_int(rtc_sender_send_packet(&sender, &packet, 0), RTC_ERR_ARG,
           "not twice");
    packet.sequence = 65538;
    rtc_sender_send_packet(&sender, &packet, 0);
    packet.sequence = 65536;
    rtc_sender_send_packet(&sender, &packet, 0);
    ok(transmit(&h, 0) && h.sequence == 0, "out of order, across the wrap");
    ok(transmit(&h, 0) && h.sequence == 2, "with a hole");
    is_int(rtc_sender_nack(&sender, &h.sequence, 1, -1, 0), 1, "kept");
    ok(transmit(&h, 0) && h.ssrc == 11 && h.sequence == 2,
       "another payload type has no RTX: as it was");
    packet.payload_type = 96;
    packet.renumber = true;
    is_int(rtc_sender_send_packet(&sender, &packet, 0), 0, "renumbered");
    ok(transmit(&h, 0) && h.sequence == 3 &&
           h.timestamp == 4711 + sender.timestamp_offset,
       "goes on in our numbers and time");
    rtc_sender_nack(&sender, &h.sequence, 1, -1, 0);
    ok(transmit(&h, 0) && h.ssrc == 22, "and has RTX");
    packet.len = 1171;
    is_int(rtc_sender_send_packet(&sender, &packet, 0), RTC_ERR_ARG,
           "too long");
    packet.len = 1170;
    is_int(rtc_sender_send_packet(&sender, &packet, 0), 0, "longest");
    packet.len = 0;
    is_int(rtc_sender_send_packet(&sender, &packet, 0), 0, "empty");
    packet.payload_type = 128;
    is_int(rtc_sender_send_packet(&sender, &packet, 0), RTC_ERR_ARG,
           "no such payload type");
    teardown();
}

static void test_report(void)
{
    struct rtc_rtcp_report report = {0};
    struct rtc_rtp_header h;
    struct rtc_sender_format format = format_of(0, true);
    uint32_t was;

    setup(true, 100);
    ok(!rtc_sender_report(&sender, &report, 0, 0), "nothing sent, no SR");
    ok(!rtc_sender_wants_report(&sender), "and none wanted");
    fake_frame(big, 1, 5000, false);
    send(big, 5000, 90000, 3 * RTC_SEC);
    ok(rtc_sender_wants_report(&sender), "one is, in front of what is queued");
    ok(rtc_sender_report(&sender, &report, 7, 3 * RTC_SEC), "is there");
    ok(report.packet_count == 0 && report.octet_count == 0, "counts nothing");
    ok(!rtc_sender_wants_report(&sender), "once");
    was = report.rtp_time;
    transmit(&h, 3 * RTC_SEC);
    is_int(was, h.timestamp, "and tells the time of the packet behind it");
    ok(rtc_sender_report(&sender, &report, 9, 5 * RTC_SEC), "an SR");
    ok(report.is_sender && report.ssrc == 11 && report.packet_count == 1,
       "of what was sent");
    is_int(report.octet_count, h.payload_len, "octets");
    is_int(report.rtp_time, (uint32_t)(h.timestamp + 2 * 90000),
           "RTP time of now, two seconds behind the frame");
    ok(report.ntp == 9, "and NTP as it was given");
    is_int(drain(5 * RTC_SEC), 4, "the rest");
    is_int(rtc_sender_set_format(&sender, &format, 33, 44), 0, "another SSRC");
    ok(!rtc_sender_report(&sender, &report, 0, 0), "has sent nothing");
    is_int(rtc_sender_nack(&sender, &h.sequence, 1, -1, 0), 0,
           "and repeats nothing of the other");
    send(big, 50, 90000, 0);
    transmit(&h, 6 * RTC_SEC);
    is_int(h.ssrc, 33, "then sends");
    ok(rtc_sender_wants_report(&sender), "wants a report of its own");
    rtc_sender_report(&sender, &report, 0, 6 * RTC_SEC);
    is_int(report.packet_count, 1, "counts from 0");
    is_int(sender.packets, 6, "while statistics go on");
    teardown();
}

static void test_audio(void)
{
    struct rtc_sender_format format = format_of(2, false);
    struct rtc_frame frame = {.data = big,
                              .len = 100,
                              .codec = RTC_CODEC_VP8,
                              .time = 5,
                              .marker = true};
    struct rtc_rtp_header h;

    setup(false, 100);
    rtc_sender_set_format(&sender, &format, 11, 0);
    fake_frame(big, 1, 100, false);
    rtc_sender_send_frame(&sender, &frame, 9);
    is_int(sender.last_time, 5, "the capture time counts");
    ok(transmit(&h, 0) && h.marker, "a talkspurt begins");
    frame.marker = false;
    rtc_sender_send_frame(&sender, &frame, 9);
    ok(transmit(&h, 0) && !h.marker, "and goes on");
    teardown();
    rtc_sender_done(NULL);
}

/* Sends Opus of `len` bytes and parses its packet, which is RED if `red_len`
 * says how long. */
static bool send_opus(uint8_t number, size_t len, uint64_t media_time,
                      size_t red_len, struct rtc_red *ret_red)
{
    struct rtc_frame frame = {.data = big,
                              .len = len,
                              .codec = RTC_CODEC_OPUS,
                              .media_time = media_time,
                              .time = RTC_NEVER};
    struct rtc_rtp_header h;

    memset(big, number, len);
    big[0] = 0x78;
    memset(ret_red, 0, sizeof *ret_red);
    if (rtc_sender_send_frame(&sender, &frame, 0) || !transmit(&h, 0))
        return false;
    if (h.payload_type == 96)
        return !red_len && h.payload_len == len;
    return h.payload_type == 63 && h.payload_len == red_len &&
           rtc_red_parse(h.payload, h.payload_len, ret_red) == 0 &&
           ret_red->primary.payload_type == 96 && ret_red->primary.len == len &&
           memcmp(ret_red->primary.data, big, len) == 0;
}

static void test_red(void)
{
    struct rtc_sender_format format = format_of(2, false);
    struct rtc_red red;

    setup(false, 100);
    format.codec = rtc_codec_entry(RTC_CODEC_OPUS);
    format.red = true;
    format.red_payload_type = 63;
    rtc_sender_set_format(&sender, &format, 11, 0);
    ok(send_opus(1, 100, 0, 1 + 100, &red), "the first has nothing before it");
    is_int(red.copy_count, 0, "so it is alone");
    ok(send_opus(2, 50, 960, 5 + 100 + 50, &red), "the second has the first");
    ok(red.copy_count == 1 && red.copies[0].age == 960 &&
           red.copies[0].payload_type == 96 && red.copies[0].len == 100 &&
           red.copies[0].data[0] == 0x78 && red.copies[0].data[99] == 1,
       "as it was");
    ok(send_opus(3, 60, 960 + 16384, 1 + 60, &red), "too long ago");
    ok(send_opus(4, 1108, 960 + 17344, 1 + 1108, &red),
       "both do not fit: the copy is left out");
    ok(send_opus(5, 60, 960 + 18304, 1 + 60, &red), "a copy too long for RED");
    ok(send_opus(6, 1172, 960 + 19264, 0, &red), "too long itself: plain");
    format.red = false;
    rtc_sender_set_format(&sender, &format, 11, 0);
    ok(send_opus(7, 60, 960 + 20224, 0, &red), "not wanted any more");
    format.red = true;
    rtc_sender_set_format(&sender, &format, 11, 0);
    ok(send_opus(8, 60, 960 + 21184, 1 + 60, &red), "and begins anew");
    teardown();
}

int main(void)
{
    test_frame(false);
    test_frame(true);
    test_errors();
    test_pool();
    test_extension();
    test_resend(false);
    test_resend(true);
    test_packets();
    test_report();
    test_audio();
    test_red();
    return tap_done();
}
