/* SPDX-License-Identifier: MIT
 *
 * A stream out of a recording: what is sent of it, and under which numbers and
 * times.
 */
#include "cmd/packets_in.h"

#include <string.h>

#include "tap.h"

#define SSRC 0x01020304

static struct packets_in in;
static uint8_t bytes[2000];

static struct rtc_media_frame frame_of(const struct rtc_packet *packet)
{
    int len = rtc_media_packet_write(packet, bytes, sizeof bytes);

    return (struct rtc_media_frame){.data = bytes, .len = (size_t)len};
}

/* Takes a packet of `number` and `time` and looks what came of it. */
static int take(uint16_t number, uint32_t time, struct rtc_packet *ret_packet)
{
    const struct rtc_packet packet = {.payload = (const uint8_t *)"xyz",
                                      .len = 3,
                                      .sequence = number,
                                      .media_time = time,
                                      .payload_type = 96,
                                      .marker = number & 1,
                                      .ssrc = SSRC};
    struct rtc_media_frame frame = frame_of(&packet);
    int taken = packets_in_take(&in, &frame);

    if (taken > 0)
        rtc_media_packet_parse(frame.data, frame.len, ret_packet);
    return taken;
}

/* Wraps, holes and disorder stay; the recording twice. */
static void test_distances(void)
{
    static const struct {
        uint16_t number;
        uint32_t time;
        bool loops;
        uint16_t want; /* from where it began */
        uint32_t want_time;
    } rows[] = {
        {65534, 0xfffffff0u, false, 0, 0},
        {65535, 0xfffffff0u, false, 1, 0},
        {1, 0x00000ba8u, false, 3, 3000},
        {0, 0xfffffff0u, false, 2, 0},
        {4, 0x00001760u, false, 6, 6000},
        {65534, 0xfffffff0u, true, 7, 9000},
        {65535, 0xfffffff0u, false, 8, 9000},
    };
    bool pass = true;

    in = (struct packets_in){.codec = RTC_CODEC_VP8, .random = 0xfffffffe};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rtc_packet got = {.len = 0};
        if (rows[i].loops)
            packets_in_loop(&in);
        if (take(rows[i].number, rows[i].time, &got) != 1 ||
            got.sequence != (uint16_t)(0xffff + rows[i].want) ||
            got.media_time != (uint32_t)(0xfffffffe + rows[i].want_time) ||
            got.marker != (rows[i].number & 1) || got.len != 3 ||
            memcmp(got.payload, "xyz", 3) != 0) {
            printf("# row %zu: %u %u\n", i, (unsigned)got.sequence,
                   (unsigned)got.media_time);
            pass = false;
        }
    }
    ok(pass, "each packet keeps its distance, and a loop goes on");
    ok(in.track.codec == RTC_CODEC_VP8 && in.track.kind == RTC_VIDEO &&
           in.track.clock == 90000,
       "its track");
}

static int take_other(uint32_t ssrc, uint8_t payload_type)
{
    const struct rtc_packet packet = {.ssrc = ssrc,
                                      .payload_type = payload_type};
    struct rtc_media_frame frame = frame_of(&packet);

    return packets_in_take(&in, &frame);
}

static void test_left_out(void)
{
    struct rtc_packet got;

    in = (struct packets_in){.codec = RTC_CODEC_VP8};
    is_int(take_other(9, 72), 0, "RTCP is passed over");
    is_str(in.why, "", "and not worth a word");
    is_int(take(1, 0, &got), 1, "the first");
    is_int(take_other(9, 96), 0, "another SSRC");
    is_str(in.why,
           "only the packets of SSRC 01020304 are sent, as that is its first",
           "is told");
    is_int(take_other(10, 96), 0, "a third");
    is_str(in.why, "", "is not");
    is_int(take_other(SSRC, 97), 0, "another payload type");
    is_str(in.why, "only packets of payload type 96 are sent, and none of 97",
           "is told");
    is_int(take_other(SSRC, 98), 0, "a third");
    is_str(in.why, "", "is not");
}

static void test_refused(void)
{
    struct rtc_media_frame frame = {.data = bytes, .len = 11};
    static const uint8_t zeros[PACKETS_IN_MOST];
    struct rtc_packet got, packet = {.payload = zeros, .len = sizeof zeros};

    in = (struct packets_in){.random = 1};
    is_int(take(1, 0, &got), RTC_ERR_UNSUPPORTED, "an unknown payload type");
    is_str(in.why,
           "its payload type 96 does not tell the codec: name it, e.g. --codec "
           "vp8",
           "how to name it");
    is_int(packets_in_take(&in, &frame), RTC_ERR_FORMAT, "a cut packet");
    is_str(in.why, "a packet in it is damaged", "is told");
    frame = frame_of(&packet);
    frame.codec = RTC_CODEC_PCMU;
    is_int(packets_in_take(&in, &frame), RTC_ERR_UNSUPPORTED, "a long packet");
    is_int(in.track.codec, RTC_CODEC_PCMU, "of the codec its type stands for");
    packet.len -= 12;
    frame = frame_of(&packet);
    is_int(packets_in_take(&in, &frame), 1, "the longest");
}

int main(void)
{
    test_distances();
    test_left_out();
    test_refused();
    return tap_done();
}
