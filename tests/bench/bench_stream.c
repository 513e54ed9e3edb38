/* SPDX-License-Identifier: MIT
 * What lib/stream costs a packet of 1200 bytes: frames in to packets out of
 * transmit, and packets in to frames out, with NACK and a full history. Link
 * with -Wl,--wrap=rtc_calloc,--wrap=rtc_realloc to count allocations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "stream/inbound.h"
#include "stream/sender.h"

enum { PACKET_MAX = 1184, FRAME_LEN = 50 * 1168, PACKETS_A_FRAME = 50 };
enum { WARM_FRAMES = 300, FRAMES = 20000 };

static unsigned long allocations;

void *__real_rtc_calloc(size_t count, size_t size);
void *__real_rtc_realloc(void *old, size_t size);
void *__wrap_rtc_calloc(size_t count, size_t size);
void *__wrap_rtc_realloc(void *old, size_t size);

void *__wrap_rtc_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_rtc_calloc(count, size);
}

void *__wrap_rtc_realloc(void *old, size_t size)
{
    allocations++;
    return __real_rtc_realloc(old, size);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fixed_bytes(void *user, void *buf, size_t len)
{
    (void)user;
    memset(buf, 0x5a, len);
}

/* The packets of a frame as the sender gave them. */
struct flight {
    uint8_t data[PACKETS_A_FRAME + 10][1300];
    int len[PACKETS_A_FRAME + 10];
    unsigned count;
};

struct result {
    double send_s, receive_s;
    unsigned long packets, frames, allocations;
};

static struct rtc_pool send_pool, receive_pool;
static struct rtc_sender sender;
static struct rtc_inbound inbound;
static struct flight flight;
static uint8_t frame_data[FRAME_LEN];

static void send_frame(unsigned number, rtc_usec now)
{
    const struct rtc_frame frame = {.data = frame_data,
                                    .len = sizeof frame_data,
                                    .codec = RTC_CODEC_VP8,
                                    .media_time = (uint64_t)number * 3000,
                                    .time = now};

    flight.count = 0;
    if (rtc_sender_send_frame(&sender, &frame, now))
        abort();
    while ((flight.len[flight.count] = rtc_sender_transmit(
                &sender, flight.data[flight.count], 1300, now)) > 0)
        flight.count++;
}

/* Hands the packets in and takes the frames out; `swap`: one in ten packets
 * comes behind its successor. */
static unsigned receive_frame(bool swap, rtc_usec now)
{
    uint16_t missing[RTC_LOSS_NACK_MOST];
    const struct rtc_codec_entry *codec = rtc_codec_entry(RTC_CODEC_VP8);
    struct rtc_assemble_gap gap;
    struct rtc_frame frame;
    unsigned frames = 0;

    for (unsigned i = 0; i < flight.count; i++) {
        unsigned k = i;
        struct rtc_rtp_header header;
        struct rtc_packet packet;

        if (swap && i % 10 < 2 && (i ^ 1) < flight.count)
            k = i ^ 1;
        if (rtc_rtp_parse(flight.data[k], (size_t)flight.len[k], &header))
            abort();
        rtc_inbound_receive(&inbound, &header, codec, false, &packet, now);
        while (rtc_inbound_pop(&inbound, &frame, &gap, now) ==
               RTC_ASSEMBLE_FRAME)
            frames += frame.len == sizeof frame_data;
        rtc_inbound_nack(&inbound, missing, RTC_LOSS_NACK_MOST, 20 * RTC_MS,
                         now);
        (void)rtc_inbound_deadline(&inbound, 20 * RTC_MS);
    }
    return frames;
}

static struct result run(bool swap)
{
    struct result r = {0};
    rtc_usec now = 0;

    for (unsigned i = 0; i < WARM_FRAMES + FRAMES; i++, now += 1000) {
        double a, b, c;
        unsigned frames;

        frame_data[0] = i != 0; /* the first is a key frame */
        memcpy(frame_data + 3, "\x9d\x01\x2a", 3);
        if (i == WARM_FRAMES)
            r = (struct result){.allocations = allocations};
        a = seconds();
        send_frame(i, now);
        b = seconds();
        frames = receive_frame(swap, now);
        c = seconds();
        r.send_s += b - a;
        r.receive_s += c - b;
        r.packets += flight.count;
        r.frames += frames;
    }
    r.allocations = allocations - r.allocations;
    return r;
}

static void bench(const char *name, bool swap)
{
    struct rtc_history_config history = {.packets = 4096, .keep_us = RTC_SEC};
    struct rtc_sender_format format = {.codec = rtc_codec_entry(RTC_CODEC_VP8),
                                       .payload_type = 96,
                                       .rtx = true,
                                       .rtx_payload_type = 97,
                                       .clock_rate = 90000,
                                       .packet_max = PACKET_MAX};
    struct rtc_inbound_config config = {.kind = RTC_VIDEO,
                                        .clock_rate = 90000,
                                        .nack = true,
                                        .pli = true,
                                        .reorder_us = 500 * RTC_MS,
                                        .reorder_packets = 2048};
    struct rtc_random random = {.fn = fixed_bytes};
    struct result r;

    rtc_pool_init(&send_pool, 1200, 16384);
    rtc_pool_init(&receive_pool, 1500, 16384);
    rtc_sender_init(&sender, &history, &send_pool, &random);
    rtc_sender_set_format(&sender, &format, 11, 22);
    rtc_inbound_init(&inbound, &config, &receive_pool);
    r = run(swap);
    printf("stream.%s packets=%lu send_ns=%.0f receive_ns=%.0f frames=%lu/%d "
           "allocations_per_packet=%g\n",
           name, r.packets, r.send_s * 1e9 / (double)r.packets,
           r.receive_s * 1e9 / (double)r.packets, r.frames, FRAMES,
           (double)r.allocations / (double)r.packets);
    rtc_sender_done(&sender);
    rtc_inbound_done(&inbound);
    rtc_pool_done(&send_pool);
    rtc_pool_done(&receive_pool);
}

int main(void)
{
    bench("in_order", false);
    bench("reordered", true);
    return 0;
}
