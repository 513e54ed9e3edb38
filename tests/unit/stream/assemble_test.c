/* SPDX-License-Identifier: MIT
 * Packets to frames: where frames begin and end, what a gap does to them, and
 * what is told of it. */
#include "stream/assemble.h"

#include "base/clock.h"
#include "stream/fake.h"
#include "tap.h"

#define FIRST ((UINT64_C(1) << 32) + 65530)
#define HOLE (100 * RTC_MS)

enum { M = 1 }; /* marker */

static struct rtc_pool pool;
static struct rtc_reorder reorder;
static struct rtc_assemble assemble;
static struct rtc_frame frame;
static struct rtc_assemble_gap gap;
static const struct rtc_codec_entry *codec;

static void setup(int codec_index, bool keyframe_first, bool keyframe_after_gap)
{
    struct rtc_assemble_config config = {.hole_us = HOLE,
                                         .start_us = 20 * RTC_MS,
                                         .keyframe_first = keyframe_first,
                                         .keyframe_after_gap =
                                             keyframe_after_gap};

    codec = fake_codec(codec_index);
    rtc_pool_init(&pool, 64, 10000);
    rtc_reorder_init(&reorder, 1000, &pool);
    rtc_assemble_init(&assemble, &config, &reorder);
}

static void teardown(void)
{
    rtc_assemble_done(&assemble);
    rtc_reorder_done(&reorder);
    is_int(pool.used, 0, "every buffer is back");
    rtc_pool_done(&pool);
}

/* Packet `n` of frame time `time`: flags START and KEY, then one byte, n. */
static void push_at(unsigned n, unsigned time, int flags, bool marker,
                    rtc_usec now)
{
    uint8_t payload[2] = {(uint8_t)flags, (uint8_t)n};
    struct rtc_packet packet = {.payload = payload,
                                .len = sizeof payload,
                                .sequence = FIRST + n,
                                .media_time = time,
                                .marker = marker,
                                .time = now};

    rtc_reorder_push(&reorder, &packet, codec);
}

static void push(unsigned n, unsigned time, int flags, bool marker)
{
    push_at(n, time, flags, marker, 0);
}

static void push_padding(unsigned n, unsigned time)
{
    struct rtc_packet packet = {.sequence = FIRST + n, .media_time = time};

    rtc_reorder_push(&reorder, &packet, codec);
}

static enum rtc_assemble_result pop(rtc_usec now)
{
    return rtc_assemble_pop(&assemble, &frame, &gap, now);
}

/* Whether the next result is the frame of packets [first, last]. */
static bool is_frame(unsigned first, unsigned last, bool contiguous,
                     rtc_usec now)
{
    if (pop(now) != RTC_ASSEMBLE_FRAME || frame.len != last - first + 1 ||
        frame.contiguous != contiguous)
        return false;
    for (unsigned i = 0; i < frame.len; i++)
        if (frame.data[i] != first + i)
            return false;
    return true;
}

static bool is_gap(unsigned packets, unsigned frames, rtc_usec now)
{
    return pop(now) == RTC_ASSEMBLE_GAP && gap.packets == packets &&
           gap.frames == frames;
}

static bool is_nothing(rtc_usec now)
{
    return pop(now) == RTC_ASSEMBLE_NOTHING;
}

/* The fake's frames tell by their first byte whether they are key frames: that
 * of packet 1 is one. Packets 0 and up are numbered accordingly. */
static void push_key(void)
{
    push(1, 100, FAKE_START | FAKE_KEY, 0);
    push(2, 100, 0, M);
}

static void test_plain(int codec_index)
{
    setup(codec_index, true, false);
    ok(is_nothing(0), "nothing from nothing");
    push(1, 100, FAKE_START | FAKE_KEY, 0);
    ok(is_nothing(0), "half a frame is none");
    push_at(2, 100, 0, M, 7);
    ok(is_frame(1, 2, true, 0), "at its last packet it is whole");
    ok(frame.keyframe && frame.media_time == 100 && frame.time == 7 &&
           frame.codec == RTC_CODEC_VP8 && !frame.marker,
       "and described");
    push(3, 200, FAKE_START, M);
    ok(is_frame(3, 3, true, 0), "a frame of one packet");
    ok(!frame.keyframe, "no key frame");
    push(5, 300, 0, 0);
    push(4, 300, FAKE_START, 0);
    push(6, 300, 0, M);
    push(7, 400, FAKE_START, M);
    ok(is_frame(4, 6, true, 0), "out of order, across the number's wrap");
    ok(is_frame(7, 7, true, 0), "and the one behind");
    ok(is_nothing(0), "that was all");
    is_int(rtc_assemble_deadline(&assemble), RTC_NEVER, "nothing to wait for");
    is_int(assemble.frames, 4, "four frames");
    ok(!assemble.need_keyframe, "no key frame is needed");
    teardown();
}

static void test_no_marker(int codec_index)
{
    setup(codec_index, true, false);
    push(1, 100, FAKE_START | FAKE_KEY, 0);
    push(2, 100, 0, 0);
    ok(is_nothing(0), "without a marker the end is not known");
    push(3, 200, FAKE_START, 0);
    ok(is_frame(1, 2, true, 0), "until the next time begins");
    push(5, 300, FAKE_START, 0);
    ok(is_nothing(0), "a hole may still belong to the frame");
    push(4, 200, 0, 0);
    ok(is_frame(3, 4, true, 0), "and did");
    teardown();
}

/* Padding (Chromium probes with it) takes numbers and is no frame. */
static void test_padding(void)
{
    setup(0, true, false);
    push_padding(0, 50);
    push_key();
    push_padding(3, 100);
    push_padding(4, 100);
    push(5, 200, FAKE_START, 0);
    push_padding(6, 200);
    push(7, 200, 0, M);
    ok(is_frame(1, 2, true, 0), "padding before a frame");
    ok(pop(0) == RTC_ASSEMBLE_FRAME && frame.len == 2 && frame.data[0] == 5 &&
           frame.data[1] == 7 && frame.contiguous,
       "and inside one leaves no trace");
    for (unsigned i = 8; i < 900; i++)
        push_padding(i, 200);
    ok(is_nothing(0), "a long run of it is none either");
    is_int(pool.used, 0, "and holds no buffer");
    teardown();
}

static void test_gap(void)
{
    setup(0, true, false);
    push_key();
    ok(is_frame(1, 2, true, 0), "a key frame");
    push_at(3, 200, FAKE_START, 0, 1000);
    push_at(5, 200, 0, M, 2000);
    push_at(6, 300, FAKE_START, M, 3000);
    ok(is_nothing(3000), "a hole: wait");
    is_int(rtc_assemble_deadline(&assemble), 2000 + HOLE, "for its time");
    ok(is_nothing(2000 + HOLE - 1), "all of it");
    ok(is_gap(1, 1, 2000 + HOLE), "then a packet and its frame are missing");
    ok(is_frame(6, 6, false, 2000 + HOLE), "and the next frame is flagged");
    ok(assemble.need_keyframe, "a key frame is needed");
    push_at(4, 200, 0, 0, 2000 + HOLE);
    push_at(7, 400, FAKE_START, M, 2000 + HOLE);
    ok(is_frame(7, 7, true, 2000 + HOLE), "only that one");
    is_int(reorder.late, 1, "the lost packet comes too late");
    push_at(9, 600, FAKE_START, M, 3000 + HOLE);
    ok(is_gap(1, 0, RTC_SEC), "a whole frame lost: it was not seen");
    ok(is_frame(9, 9, false, RTC_SEC), "the one behind is flagged");
    is_int(assemble.packets_skipped, 2, "two packets given up");
    is_int(assemble.frames_dropped, 1, "one frame left out");
    teardown();
}

/* The end of one frame and the start of the next are lost. */
static void test_wide_gap(int codec_index)
{
    setup(codec_index, true, false);
    push_key();
    push(3, 200, FAKE_START, 0);
    push(6, 300, 0, 0);
    push(7, 300, 0, M);
    push(8, 400, FAKE_START, 0);
    push(9, 400, 0, M);
    ok(is_frame(1, 2, true, 0), "before the gap");
    ok(is_nothing(0), "wait");
    ok(is_gap(2, 2, HOLE), "two packets, and both frames they touched");
    ok(is_frame(8, 9, false, HOLE), "behind it");
    teardown();
}

static void test_wait_keyframe(void)
{
    setup(0, true, true);
    push_key();
    ok(is_frame(1, 2, true, 0), "a key frame");
    push(4, 300, FAKE_START, M);
    push(5, 400, FAKE_START, M);
    ok(is_nothing(HOLE), "after a gap nothing without a key frame");
    ok(assemble.need_keyframe, "which is needed");
    push(257, 500, FAKE_START | FAKE_KEY, M);
    for (unsigned i = 6; i < 257; i++)
        push_padding(i, 400);
    ok(is_gap(1, 2, HOLE), "what was left out is told");
    ok(pop(HOLE) == RTC_ASSEMBLE_FRAME && frame.keyframe && !frame.contiguous,
       "before the key frame");
    ok(!assemble.need_keyframe, "now all is well");
    push(258, 600, FAKE_START, M);
    ok(pop(HOLE) == RTC_ASSEMBLE_FRAME && frame.contiguous, "and goes on");
    teardown();
}

/* Joining midway. */
static void test_start(int codec_index)
{
    setup(codec_index, true, false);
    push(250, 90, 0, 0);
    push(251, 90, 0, M);
    push(252, 95, FAKE_START, M);
    ok(is_nothing(0) && !assemble.need_keyframe,
       "seen first inside a frame: perhaps others were overtaken");
    is_int(rtc_assemble_deadline(&assemble), 20 * RTC_MS, "not for long");
    ok(is_nothing(20 * RTC_MS), "no frame before a key frame");
    ok(assemble.need_keyframe, "which is asked for");
    push(253, 96, FAKE_START, 0);
    push(254, 96, 0, M);
    for (unsigned i = 255; i < 257; i++)
        push_padding(i, 96);
    push(257, 100, FAKE_START | FAKE_KEY, 0);
    push(258, 100, 0, M);
    ok(pop(0) == RTC_ASSEMBLE_FRAME && frame.keyframe && frame.len == 2,
       "the key frame is first");
    ok(frame.contiguous, "and joining midway is no gap");
    is_int(assemble.frames_dropped, 3, "what came before is counted");
    teardown();

    setup(codec_index, false, false);
    push(5, 100, 0, M);
    push(6, 200, FAKE_START, 0);
    push(7, 200, 0, M);
    ok(is_frame(6, 7, true, 20 * RTC_MS),
       "or the first whole one, if so configured");
    teardown();

    setup(codec_index, true, false);
    push(3, 100, 0, M);
    push(2, 100, 0, 0);
    ok(is_nothing(0), "the stream's first packet was overtaken");
    push(1, 100, FAKE_START | FAKE_KEY, 0);
    ok(is_frame(1, 3, true, 0), "and is not missed");
    teardown();
}

/* Senders that mark every packet. */
static void test_all_marked(int codec_index)
{
    setup(codec_index, true, false);
    push(1, 100, FAKE_START | FAKE_KEY, M);
    ok(is_nothing(0), "the first marker of all is not believed yet");
    is_int(rtc_assemble_deadline(&assemble), 20 * RTC_MS, "but soon");
    push(2, 100, 0, M);
    push(3, 100, 0, M);
    ok(is_nothing(0), "more of the same frame: it meant nothing");
    push(4, 200, FAKE_START, M);
    ok(is_frame(1, 3, true, 0), "so frames end where the next begins");
    push(5, 200, 0, M);
    push(6, 300, FAKE_START, M);
    ok(is_frame(4, 5, true, 0), "always");
    ok(is_nothing(RTC_SEC), "even the last");
    rtc_assemble_end(&assemble);
    ok(is_frame(6, 6, true, 0), "unless nothing more will come");
    teardown();

    setup(codec_index, true, false);
    push(1, 100, FAKE_START | FAKE_KEY, M);
    push(2, 200, FAKE_START, M);
    ok(is_frame(1, 1, true, 0), "a marker before another time is right");
    ok(is_frame(2, 2, true, 0), "and so are all from then on");
    teardown();

    setup(codec_index, true, false);
    push(1, 100, FAKE_START | FAKE_KEY, M);
    ok(is_nothing(20 * RTC_MS - 1), "alone it waits");
    ok(is_frame(1, 1, true, 20 * RTC_MS), "20 ms");
    teardown();
}

/* A marker that turns out wrong in the middle of a stream. */
static void test_wrong_marker(int codec_index)
{
    setup(codec_index, true, false);
    push_key();
    push(3, 200, FAKE_START, M);
    ok(is_frame(1, 2, true, 0) && is_frame(3, 3, true, 0), "looks right");
    push(4, 200, 0, M);
    push(5, 300, FAKE_START, M);
    push(6, 300, 0, M);
    push(7, 400, FAKE_START, M);
    ok(is_gap(0, 1, 0), "what is left of a frame given out is told");
    ok(is_frame(5, 6, false, 0), "and markers are not believed any more");
    teardown();
}

/* Two frames of one time (H.264 field pairs and the like). */
static void test_same_time(void)
{
    setup(0, true, false);
    push_key();
    push(3, 100, FAKE_START, 0);
    push(4, 100, FAKE_START, M);
    ok(is_frame(1, 2, true, 0), "one");
    ok(is_frame(3, 3, true, 0), "two, ended by the start behind it");
    ok(is_frame(4, 4, true, 0), "three");
    teardown();
}

static void test_audio(void)
{
    setup(2, false, false);
    push(1, 100, FAKE_START, M);
    ok(is_frame(1, 1, true, 0), "each packet is a frame");
    ok(frame.marker && !frame.keyframe, "with its talkspurt mark");
    push(2, 100, FAKE_START, 0);
    ok(is_frame(2, 2, true, 0), "even of the same time");
    ok(!frame.marker, "no mark");
    push(4, 300, FAKE_START, 0);
    ok(is_nothing(0), "a hole waits");
    ok(is_gap(1, 0, HOLE), "and is told");
    ok(is_frame(4, 4, false, HOLE), "then it goes on at once");
    ok(!assemble.need_keyframe, "audio has no key frames");
    push(5, 400, 0, 0);
    push(6, 500, FAKE_START, 0);
    ok(is_gap(0, 1, HOLE), "a malformed packet is left out");
    ok(is_frame(6, 6, false, HOLE), "alone");
    teardown();
}

static void test_malformed(void)
{
    setup(0, true, false);
    push_key();
    push(3, 200, FAKE_START, 0);
    push(4, 200, 0x80, M);
    push(5, 300, FAKE_START, M);
    ok(is_frame(1, 2, true, 0), "before");
    ok(is_gap(0, 1, 0), "a malformed part spoils its frame");
    ok(is_frame(5, 5, false, 0), "only");
    push(6, 400, 0, M);
    push(7, 500, FAKE_START, M);
    ok(is_gap(0, 1, 0), "so does a missing start");
    ok(is_frame(7, 7, false, 0), "after");
    teardown();
}

/* More packets wait than configured: the hole goes before its time. */
static void test_pressed(void)
{
    setup(0, true, false);
    push_key();
    for (unsigned i = 4; i < 1004; i++)
        push(i, 100 * i, FAKE_START, M);
    ok(is_frame(1, 2, true, 0), "before");
    ok(is_gap(1, 0, 0), "too many packets behind a hole");
    ok(pop(0) == RTC_ASSEMBLE_FRAME && !frame.contiguous, "behind it");
    teardown();
}

static void test_jump(void)
{
    setup(0, true, false);
    push_key();
    push(3, 200, FAKE_START, 0);
    ok(is_frame(1, 2, true, 0), "before");
    ok(is_nothing(0), "half a frame");
    push(1000003, 300, FAKE_START, M);
    ok(pop(0) == RTC_ASSEMBLE_GAP && gap.packets == 999999 && gap.frames == 1,
       "a huge jump is a gap, at once");
    ok(pop(0) == RTC_ASSEMBLE_FRAME && !frame.contiguous, "and no more");
    teardown();
}

static void test_end(void)
{
    setup(0, true, false);
    push_key();
    push(4, 300, FAKE_START, M);
    push(6, 500, FAKE_START, M);
    rtc_assemble_end(&assemble);
    ok(is_frame(1, 2, true, 0), "at the end nothing is waited for");
    ok(is_gap(1, 0, 0) && is_frame(4, 4, false, 0), "no hole");
    ok(is_gap(1, 0, 0) && is_frame(6, 6, false, 0), "not one");
    push(8, 700, FAKE_START, 0);
    push(10, 700, 0, M);
    ok(is_gap(2, 1, 0), "what is missing last is told as well");
    ok(is_nothing(0), "once");
    rtc_reorder_reset(&reorder);
    rtc_assemble_reset(&assemble);
    push(1, 100, FAKE_START | FAKE_KEY, 0);
    push(3, 100, 0, M);
    ok(is_nothing(HOLE - 1), "a new stream waits again");
    is_int(assemble.frames, 3, "counters go on");
    teardown();
    rtc_assemble_done(NULL);
}

static void test_cap(void)
{
    static uint8_t payload[60000] = {FAKE_START};
    struct rtc_packet packet = {
        .payload = payload, .len = sizeof payload, .media_time = 200};
    struct rtc_assemble_config config = {.hole_us = HOLE,
                                         .start_us = 20 * RTC_MS};
    unsigned given = 0;

    codec = fake_codec(0);
    rtc_pool_init(&pool, sizeof payload, 64);
    rtc_reorder_init(&reorder, 1000, &pool);
    rtc_assemble_init(&assemble, &config, &reorder);
    push_key();
    ok(is_frame(1, 2, true, 0), "a small frame");
    for (unsigned i = 3; i < 303; i++, payload[0] = 0) {
        packet.sequence = FIRST + i;
        rtc_reorder_push(&reorder, &packet, codec);
        given += pop(0) == RTC_ASSEMBLE_FRAME;
    }
    is_int(given, 0, "no frame without end");
    ok(assemble.cap <= RTC_ASSEMBLE_FRAME_MAX, "the buffer has a cap");
    is_int(assemble.frames_dropped, 1, "beyond it the frame is dropped, once");
    payload[0] = FAKE_START;
    packet.len = 2;
    packet.marker = true;
    packet.media_time = 300;
    packet.sequence++;
    rtc_reorder_push(&reorder, &packet, codec);
    ok(is_gap(0, 1, 0), "which is told");
    ok(pop(0) == RTC_ASSEMBLE_FRAME && frame.len == 1, "the next one is whole");
    teardown();
}

int main(void)
{
    for (int codec_index = 0; codec_index < 2; codec_index++) {
        test_plain(codec_index);
        test_no_marker(codec_index);
        test_wide_gap(codec_index);
        test_start(codec_index);
        test_all_marked(codec_index);
        test_wrong_marker(codec_index);
    }
    test_padding();
    test_gap();
    test_wait_keyframe();
    test_same_time();
    test_audio();
    test_malformed();
    test_pressed();
    test_jump();
    test_end();
    test_cap();
    return tap_done();
}
