/* SPDX-License-Identifier: MIT
 * Packets to frames where only the codec knows what belongs together: VP9
 * pictures of several spatial layers, which share their RTP time, and AV1 units
 * cut over packets. What lacks a packet is never given out. */
#include "base/clock.h"
#include "codec/codec.h"
#include "stream/assemble.h"
#include "tap.h"

#define HOLE (100 * RTC_MS)

static struct rtc_pool pool;
static struct rtc_reorder reorder;
static struct rtc_assemble assemble;
static struct rtc_frame frame;
static struct rtc_assemble_gap gap;
static const struct rtc_codec_entry *codec;

static void setup(enum rtc_codec which)
{
    struct rtc_assemble_config config = {.hole_us = HOLE,
                                         .start_us = 20 * RTC_MS,
                                         .keyframe_first = true,
                                         .keyframe_after_gap = false};

    codec = rtc_codec_entry(which);
    rtc_pool_init(&pool, 64, 1000);
    rtc_reorder_init(&reorder, 100, &pool);
    rtc_assemble_init(&assemble, &config, &reorder);
}

static void teardown(void)
{
    rtc_assemble_done(&assemble);
    rtc_reorder_done(&reorder);
    is_int(pool.used, 0, "every buffer is back");
    rtc_pool_done(&pool);
}

static void push(unsigned n, unsigned time, const void *payload, size_t len,
                 bool marker)
{
    struct rtc_packet packet = {.payload = payload,
                                .len = len,
                                .sequence = 1000 + n,
                                .media_time = time,
                                .marker = marker};

    rtc_reorder_push(&reorder, &packet, codec);
}

static enum rtc_assemble_result pop(void)
{
    return rtc_assemble_pop(&assemble, &frame, &gap, 2 * HOLE);
}

/* ---- VP9 ----------------------------------------------------------------- */

enum { LAYERS = 3, PARTS = 2, PACKETS = LAYERS * PARTS, ALL = -1 };

/* Picture `n` in L F form, without packet `gone`, of layers `low` and up. A key
 * frame's lowest layer begins with the head of one. */
static void push_picture(unsigned n, int gone, unsigned low)
{
    static const uint8_t key[] = {0x82, 0x49, 0x83, 0x42, 0x00,
                                  0x13, 0xf0, 0x0e, 0xf0};

    for (unsigned i = low * PARTS; i < PACKETS; i++) {
        unsigned layer = i / PARTS, first = i % PARTS == 0;
        uint8_t bytes[16] = {(uint8_t)(first ? 0x38 : 0x34),
                             (uint8_t)(layer << 1 | (layer > low)), 0x86,
                             (uint8_t)n, (uint8_t)i};
        size_t len = 5;

        if (n == 0 && i == 0) {
            memcpy(bytes + 2, key, sizeof key);
            len = 2 + sizeof key;
        }
        if ((int)i != gone)
            push(n * PACKETS + i, n * 3000, bytes, len, i + 1 == PACKETS);
    }
}

static bool is_superframe(unsigned n, unsigned layers)
{
    size_t index = 2 + 3 * layers;

    return pop() == RTC_ASSEMBLE_FRAME && frame.media_time == n * 3000 &&
           frame.len > index && frame.data[frame.len - 1] >> 5 == 6 &&
           (frame.data[frame.len - 1] & 7u) + 1 == layers &&
           frame.data[frame.len - index] == frame.data[frame.len - 1];
}

static void test_layers(void)
{
    setup(RTC_CODEC_VP9);
    for (unsigned n = 0; n < 4; n++)
        push_picture(n, ALL, 0);
    ok(is_superframe(0, LAYERS), "a picture of three layers is one frame");
    ok(frame.keyframe, "a key frame by its lowest layer");
    for (unsigned n = 1; n < 4; n++)
        ok(is_superframe(n, LAYERS) && !frame.keyframe && frame.contiguous,
           "as is each that follows");
    is_int(pop(), RTC_ASSEMBLE_NOTHING, "that was all");
    is_int(assemble.frames, 4, "four frames");
    teardown();
}

static void test_lost_layer(void)
{
    for (int gone = 0; gone < PACKETS; gone++) {
        setup(RTC_CODEC_VP9);
        push_picture(0, ALL, 0);
        push_picture(1, gone, 0);
        push_picture(2, ALL, 0);
        ok(is_superframe(0, LAYERS), "the picture before");
        is_int(pop(), RTC_ASSEMBLE_GAP, "one packet is missing");
        ok(is_superframe(2, LAYERS) && !frame.contiguous,
           "the next picture, and nothing of that one");
        teardown();
    }
}

/* Who forwards may leave the lowest layer out between pictures. */
static void test_higher_layers(void)
{
    setup(RTC_CODEC_VP9);
    push_picture(0, ALL, 0);
    for (unsigned i = 0; i < PARTS; i++)
        push(PACKETS + i, 3000, NULL, 0, false); /* padding in their place */
    push_picture(1, ALL, 1);
    ok(is_superframe(0, LAYERS), "all layers");
    ok(is_superframe(1, LAYERS - 1), "two of them");
    teardown();
}

/* ---- AV1 ----------------------------------------------------------------- */

#define KEY "\x68\x0c\x08\0\0\0\x02\xaf\x9f\xbb\xff\x30\x08\x40\x30\x10"
#define PUSH(n, time, text, marker)                                            \
    push(n, time, text, sizeof(text) - 1, marker)

static void push_unit(unsigned n, int gone, bool key)
{
    if (gone != 0 && key)
        PUSH(n, n * 3000, KEY, false);
    else if (gone != 0)
        PUSH(n, n * 3000, "\x50\x30\x30", false);
    if (gone != 1)
        PUSH(n + 1, n * 3000, "\xd0\x31", false);
    if (gone != 2)
        PUSH(n + 2, n * 3000, "\x90\x32", true);
}

static void test_units(void)
{
    for (int gone = 0; gone < 3; gone++) {
        setup(RTC_CODEC_AV1);
        push_unit(0, ALL, true);
        push_unit(3, gone, false);
        push_unit(6, ALL, false);
        push_unit(9, ALL, false);
        ok(pop() == RTC_ASSEMBLE_FRAME && frame.keyframe && frame.len == 18,
           "a key frame");
        is_int(pop(), RTC_ASSEMBLE_GAP, "one packet is missing");
        /* Behind a lost end nothing tells that a start is not lost, too. */
        ok(pop() == RTC_ASSEMBLE_FRAME && !frame.contiguous &&
               frame.media_time == (gone == 2 ? 9 : 6) * 3000,
           "a next frame, and nothing of that one");
        is_mem(frame.data, "\x32\3\x30\x31\x32", 5, "is whole");
        teardown();
    }
}

/* The marker is on a packet that says its OBU goes on. */
static void test_torn(void)
{
    setup(RTC_CODEC_AV1);
    push_unit(0, ALL, true);
    PUSH(3, 9000, "\x50\x30\x30", true);
    push_unit(4, ALL, false);
    is_int(pop(), RTC_ASSEMBLE_FRAME, "a key frame");
    is_int(pop(), RTC_ASSEMBLE_GAP, "a unit without its end");
    is_int(gap.frames, 1, "is told of");
    is_int(gap.packets, 0, "though no packet is missing");
    ok(pop() == RTC_ASSEMBLE_FRAME && frame.media_time == 12000,
       "the next frame");
    teardown();
}

int main(void)
{
    test_layers();
    test_lost_layer();
    test_higher_layers();
    test_units();
    test_torn();
    return tap_done();
}
