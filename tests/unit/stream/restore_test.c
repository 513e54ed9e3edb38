/* SPDX-License-Identifier: MIT
 * What a RED packet brings besides its frame: copies that fill holes of an
 * incoming stream, and nothing else. */
#include "stream/inbound.h"

#include "stream/fake.h"
#include "tap.h"

static struct rtc_pool pool;
static struct rtc_inbound inbound;

/* A copy of the frame `back` numbers before the highest. */
static bool restore_copy(unsigned back, uint16_t age)
{
    static const uint8_t old[] = {FAKE_START, 'o'};
    struct rtc_packet packet = {.sequence = inbound.receiver.sequence.highest,
                                .media_time = inbound.receiver.time.highest};
    struct rtc_red_block copy = {111, age, old, 2};

    return rtc_inbound_restore(&inbound, &packet, back, &copy, fake_codec(2));
}

/* Packet `sequence`, and such a copy. */
static bool receive_copy(uint16_t sequence, unsigned back, uint16_t age)
{
    static const uint8_t payload[] = {FAKE_START, 'n'};
    struct rtc_rtp_header header = {.ssrc = 5,
                                    .sequence = sequence,
                                    .timestamp =
                                        (uint16_t)(sequence - 65533) * 960u,
                                    .payload_type = 111,
                                    .marker = true,
                                    .payload = payload,
                                    .payload_len = 2};
    struct rtc_packet packet;

    return rtc_inbound_receive(&inbound, &header, fake_codec(2), false, &packet,
                               0) &&
           restore_copy(back, age);
}

int main(void)
{
    struct rtc_inbound_config config = {.kind = RTC_AUDIO,
                                        .clock_rate = 48000,
                                        .nack = true,
                                        .reorder_us = 500 * RTC_MS,
                                        .reorder_packets = 100};
    static const char want[] = "nnononn";
    struct rtc_assemble_gap gap;
    struct rtc_frame frame;
    uint16_t list[4];

    rtc_pool_init(&pool, 1500, 20);
    rtc_inbound_init(&inbound, &config, &pool);
    ok(!receive_copy(65533, 1, 960), "before the first there is no hole");
    ok(!receive_copy(65534, 1, 960), "what came is not restored");
    ok(receive_copy(0, 1, 960), "a hole is filled");
    ok(!receive_copy(2, 2, 1920), "what came is not restored");
    ok(!receive_copy(2, 1, 960), "a duplicate brings nothing");
    is_int(rtc_inbound_nack(&inbound, list, 4, -1, 50 * RTC_MS), 1,
           "one is missing");
    ok(!receive_copy(3, 2, 0), "a copy of no age");
    is_int(inbound.receiver.recovered, 1, "counted");
    is_int(inbound.reorder.duplicates, 1, "copies are no duplicates");
    ok(restore_copy(2, 1920), "two numbers before");
    is_int(rtc_inbound_nack(&inbound, list, 4, -1, 200 * RTC_MS), 0,
           "then none is missing");
    for (unsigned i = 0; want[i]; i++)
        ok(rtc_inbound_pop(&inbound, &frame, &gap, 0) == RTC_ASSEMBLE_FRAME &&
               frame.data[0] == want[i] && frame.contiguous &&
               (uint32_t)frame.media_time == i * 960,
           "in order, with its time");
    rtc_inbound_done(&inbound);
    rtc_pool_done(&pool);
    return tap_done();
}
