/* SPDX-License-Identifier: MIT
 * A sender and an incoming stream with a seeded link between them: what comes
 * out is what went in, in order, or is not there and is told. */
#include "stream/inbound.h"

#include "stream/fake.h"
#include "stream/sender.h"
#include "tap.h"

enum { PT = 96, RTX_PT = 97, SSRC = 11, RTX_SSRC = 22 };

/* How the link and the two sides behave. */
struct scenario {
    const char *name;
    unsigned loss_percent, duplicate_percent, reorder_percent;
    rtc_usec delay_us;
    bool nack, rtx, keyframe_after_gap;
    int codec; /* of fake_codec */
    unsigned key_every;
    bool no_marker;
    unsigned frames_least; /* FRAME_COUNT: every one, and no gap */
    unsigned lost_first;   /* packets at the start that are always lost */
    bool any_frame;        /* not only from a key frame on */
};

/* A packet under way. */
struct flight {
    uint8_t data[1300];
    size_t len;
    rtc_usec arrival;
};

enum { FLIGHT_MOST = 4096, FRAME_COUNT = 600, FRAME_LEN_MOST = 20000 };

static struct rtc_pool send_pool, receive_pool;
static struct rtc_sender sender;
static struct rtc_inbound inbound;
static struct flight flights[FLIGHT_MOST];
static unsigned flight_count;
static uint32_t state;

static rtc_usec key_asked_us; /* a PLI is under way until then */

/* What was seen on the receiving side. */
static struct {
    unsigned frames, gaps, keyframes, plis, broken, misordered, undecodable;
    int64_t last_number;
    bool decodable;
} seen;

static unsigned draw(unsigned below)
{
    return fake_random(&state) % below;
}

static void setup(const struct scenario *s, uint32_t seed)
{
    struct rtc_history_config history = {.packets = 4096, .keep_us = RTC_SEC};
    struct rtc_sender_format format = {.codec = fake_codec(s->codec),
                                       .payload_type = PT,
                                       .rtx = s->rtx,
                                       .rtx_payload_type = RTX_PT,
                                       .clock_rate = 90000,
                                       .packet_max = 1184};
    struct rtc_inbound_config config = {.kind = fake_codec(s->codec)->kind,
                                        .clock_rate = 90000,
                                        .nack = s->nack,
                                        .pli = true,
                                        .reorder_us = 500 * RTC_MS,
                                        .reorder_packets = 2048,
                                        .keyframe_first = !s->any_frame,
                                        .keyframe_after_gap =
                                            s->keyframe_after_gap};
    struct rtc_random random = {.fn = fake_random_bytes, .user = &state};

    state = seed;
    flight_count = 0;
    key_asked_us = RTC_NEVER;
    memset(&seen, 0, sizeof seen);
    seen.last_number = -1;
    rtc_pool_init(&send_pool, 1200, 8192);
    rtc_pool_init(&receive_pool, 1500, 8192);
    rtc_sender_init(&sender, &history, &send_pool, &random);
    /* Near a wrap, so that each run crosses it. */
    sender.sequence = (UINT64_C(1) << 32) + 65500;
    rtc_sender_set_format(&sender, &format, SSRC, RTX_SSRC);
    rtc_inbound_init(&inbound, &config, &receive_pool);
}

static void teardown(void)
{
    rtc_sender_done(&sender);
    rtc_inbound_done(&inbound);
    is_int(send_pool.used + receive_pool.used, 0, "every buffer is back");
    rtc_pool_done(&send_pool);
    rtc_pool_done(&receive_pool);
}

static void put_on_link(const struct scenario *s, size_t len,
                        const uint8_t *data, rtc_usec now)
{
    struct flight *f = &flights[flight_count];
    /* Nobody can miss what came before the first packet known, nor what comes
     * behind the last. */
    bool first = sender.packets == 1;
    bool spared = first || sender.frames == FRAME_COUNT;

    if (sender.packets <= s->lost_first && sender.resent_packets == 0)
        return;
    if ((draw(100) < s->loss_percent && !spared) || flight_count == FLIGHT_MOST)
        return;
    memcpy(f->data, data, len);
    f->len = len;
    f->arrival = now + s->delay_us;
    if (draw(100) < s->reorder_percent && !first)
        f->arrival += (rtc_usec)draw(30) * RTC_MS;
    if (s->no_marker)
        f->data[1] &= 0x7f;
    flight_count++;
    if (draw(100) < s->duplicate_percent && flight_count < FLIGHT_MOST) {
        flights[flight_count] = *f;
        flights[flight_count++].arrival += (rtc_usec)draw(50) * RTC_MS;
    }
}

static void transmit_all(const struct scenario *s, rtc_usec now)
{
    uint8_t buf[1300];
    int len;

    while ((len = rtc_sender_transmit(&sender, buf, sizeof buf, now)) > 0)
        put_on_link(s, (size_t)len, buf, now);
}

static void take_packet(const struct scenario *s, struct flight *f,
                        rtc_usec now)
{
    struct rtc_rtp_header header;
    struct rtc_packet packet;
    bool resent;

    rtc_rtp_parse(f->data, f->len, &header);
    resent = header.ssrc == RTX_SSRC;
    if (resent && rtc_rtx_parse(&header, SSRC, PT))
        return;
    rtc_inbound_receive(&inbound, &header, fake_codec(s->codec), resent,
                        &packet, now);
}

static void take_frame(const struct rtc_frame *frame)
{
    int64_t number;

    if (!fake_is_intact(frame->data, frame->len)) {
        seen.broken++;
        return;
    }
    number = rtc_get_u32(frame->data + 1);
    seen.misordered += number <= seen.last_number;
    seen.misordered +=
        frame->contiguous && seen.frames > 0 && number != seen.last_number + 1;
    seen.decodable = (seen.decodable && frame->contiguous) || frame->keyframe;
    seen.undecodable += !seen.decodable;
    seen.last_number = number;
    seen.frames++;
    seen.keyframes += frame->keyframe;
}

/* What a driver does between two packets. */
static void drain(const struct scenario *s, rtc_usec now)
{
    uint16_t list[RTC_LOSS_NACK_MOST];
    enum rtc_assemble_result result;
    struct rtc_assemble_gap gap;
    struct rtc_frame frame;
    rtc_usec rtt = 2 * s->delay_us;
    unsigned count;

    while ((result = rtc_inbound_pop(&inbound, &frame, &gap, now)) !=
           RTC_ASSEMBLE_NOTHING)
        if (result == RTC_ASSEMBLE_FRAME)
            take_frame(&frame);
        else
            seen.gaps++;
    while ((count = rtc_inbound_nack(&inbound, list, RTC_LOSS_NACK_MOST, rtt,
                                     now)) > 0)
        rtc_sender_nack(&sender, list, count, rtt, now);
    if (rtc_inbound_pli(&inbound, rtt, now)) {
        seen.plis++;
        key_asked_us = now + s->delay_us;
    }
    if (rtc_inbound_deadline(&inbound, rtt) <= now)
        seen.broken++; /* a deadline in the past after a drain */
}

static void deliver(const struct scenario *s, rtc_usec now)
{
    for (unsigned i = 0; i < flight_count;) {
        if (flights[i].arrival > now) {
            i++;
            continue;
        }
        take_packet(s, &flights[i], now);
        memmove(&flights[i], &flights[i + 1],
                (--flight_count - i) * sizeof *flights);
    }
}

static void run(const struct scenario *s, uint32_t seed)
{
    static uint8_t data[FRAME_LEN_MOST];
    unsigned number = 0;
    rtc_usec now = 0;

    setup(s, seed);
    for (; now < FRAME_COUNT * 33 * RTC_MS + 2 * RTC_SEC; now += RTC_MS) {
        if (now % (33 * RTC_MS) == 0 && number < FRAME_COUNT) {
            bool key = number % s->key_every == 0 || now >= key_asked_us;
            struct rtc_frame frame = {.data = data,
                                      .codec = RTC_CODEC_VP8,
                                      .media_time = (uint64_t)number * 2970,
                                      .time = RTC_NEVER};

            frame.len = fake_frame(
                data, number, s->codec == 2 ? draw(900) : draw(FRAME_LEN_MOST),
                key);
            if (key)
                key_asked_us = RTC_NEVER;
            rtc_sender_send_frame(&sender, &frame, now);
            number++;
        }
        transmit_all(s, now);
        deliver(s, now);
        drain(s, now);
    }
    rtc_inbound_end(&inbound);
    drain(s, now);
}

static void check(const struct scenario *s, uint32_t seed)
{
    run(s, seed);
    printf("# %s seed %u: %u frames, %u gaps, %u PLI, %llu nacked, "
           "%llu recovered\n",
           s->name, seed, seen.frames, seen.gaps, seen.plis,
           (unsigned long long)inbound.loss.nacked,
           (unsigned long long)inbound.loss.recovered);
    is_int(seen.broken, 0, "every frame is as it was sent");
    is_int(seen.misordered, 0, "in order, and contiguous where it says so");
    if (s->keyframe_after_gap)
        is_int(seen.undecodable, 0, "and can be decoded");
    if (s->frames_least == FRAME_COUNT) {
        is_int(seen.frames, FRAME_COUNT, "all of them");
        is_int(seen.gaps, 0, "without a gap");
        if (!s->lost_first)
            is_int(seen.plis, 0, "and without asking for a key frame");
    } else {
        ok(seen.frames > s->frames_least && seen.frames < FRAME_COUNT,
           "some of them");
        ok(seen.gaps > 0, "and what is missing is told");
        ok(s->codec == 2 || seen.plis > 0 || !s->loss_percent,
           "a key frame was asked for");
    }
    if (!s->loss_percent)
        is_int(inbound.receiver.sequence.highest - inbound.receiver.base + 1 -
                   (uint64_t)rtc_receiver_lost(&inbound.receiver),
               inbound.receiver.received, "the statistics add up");
    teardown();
}

static void test_scenarios(void)
{
    static const struct scenario rows[] = {
        {"clean", 0, 0, 0, 10 * RTC_MS, true, true, false, 0, 100, false,
         FRAME_COUNT, 0, false},
        {"no marker, ended by BYE", 0, 0, 0, 10 * RTC_MS, true, true, false, 0,
         100, true, FRAME_COUNT - 2, 0, false},
        {"duplicates and reordering", 0, 20, 20, 10 * RTC_MS, false, false,
         false, 0, 100, false, FRAME_COUNT, 0, false},
        {"5 % loss, RTX", 5, 0, 0, 20 * RTC_MS, true, true, false, 0, 1000,
         false, FRAME_COUNT, 0, false},
        {"5 % loss, plain resend", 5, 0, 0, 20 * RTC_MS, true, false, false, 0,
         1000, false, FRAME_COUNT, 0, false},
        {"15 % loss and all the rest, RTX", 15, 10, 10, 20 * RTC_MS, true, true,
         false, 1, 1000, false, FRAME_COUNT, 0, false},
        {"2 % loss, no NACK, flagged", 2, 5, 5, 20 * RTC_MS, false, false,
         false, 0, 1000, false, 450, 0, false},
        {"2 % loss, no NACK, key frames", 2, 5, 5, 20 * RTC_MS, false, false,
         true, 1, 1000, false, 80, 0, false},
        {"2 % loss, no NACK, no marker", 2, 5, 5, 20 * RTC_MS, false, false,
         true, 0, 1000, true, 80, 0, false},
        {"60 % loss, long RTT", 60, 5, 5, 100 * RTC_MS, true, true, true, 0,
         1000, false, 1, 0, false},
        {"the first 40 packets lost", 5, 0, 0, 20 * RTC_MS, true, true, false,
         0, 1000, false, FRAME_COUNT, 40, false},
        {"the first packet lost, plain resend", 0, 0, 0, 20 * RTC_MS, true,
         false, false, 1, 1000, false, FRAME_COUNT, 1, false},
        {"audio, 10 % loss, NACK", 10, 5, 5, 20 * RTC_MS, true, false, false, 2,
         1, false, FRAME_COUNT, 0, false},
        {"audio, 10 % loss", 10, 5, 5, 20 * RTC_MS, false, false, false, 2, 1,
         false, 500, 0, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint32_t seed = 1; seed <= 3; seed++)
            check(&rows[i], 12345 * seed);
}

static void receive(uint32_t ssrc, uint16_t sequence, int flags, bool marker,
                    rtc_usec now)
{
    uint8_t payload[7] = {(uint8_t)flags, flags & FAKE_KEY ? 1 : 0};
    struct rtc_rtp_header header = {.ssrc = ssrc,
                                    .sequence = sequence,
                                    .timestamp = sequence & ~1u,
                                    .marker = marker,
                                    .payload = payload,
                                    .payload_len = 7};
    struct rtc_packet packet;

    rtc_inbound_receive(&inbound, &header, fake_codec(0), false, &packet, now);
}

/* A -> B -> A: each change is a new stream. */
static void test_ssrc(void)
{
    static const struct scenario s = {.nack = true, .codec = 0};
    static const uint32_t ssrcs[] = {5, 6, 5};
    struct rtc_assemble_gap gap;
    struct rtc_frame frame;

    setup(&s, 1);
    for (unsigned i = 0; i < 3; i++) {
        receive(ssrcs[i], (uint16_t)(40000 - 15000 * i), FAKE_START | FAKE_KEY,
                false, 0);
        receive(ssrcs[i], (uint16_t)(40001 - 15000 * i), 0, true, 0);
        is_int(rtc_inbound_pop(&inbound, &frame, &gap, 0), RTC_ASSEMBLE_FRAME,
               "acceptance 49: a frame of each SSRC, and of the first again");
        is_int(rtc_inbound_pop(&inbound, &frame, &gap, 0), RTC_ASSEMBLE_NOTHING,
               "and no gap between");
        receive(ssrcs[i], (uint16_t)(40003 - 15000 * i), FAKE_START, false, 0);
    }
    is_int(inbound.receiver.packets, 3, "statistics are of the last one");
    is_int(inbound.assemble.frames, 3, "frames of all");
    teardown();
}

static void test_keyframe(void)
{
    static const struct scenario s = {.nack = false, .codec = 0};
    struct rtc_assemble_gap gap;
    struct rtc_frame frame;

    setup(&s, 1);
    receive(5, 100, FAKE_START, true, 0);
    receive(5, 101, FAKE_START, true, 0);
    rtc_inbound_pop(&inbound, &frame, &gap, 20 * RTC_MS);
    ok(rtc_inbound_pli(&inbound, -1, 20 * RTC_MS), "no key frame first: ask");
    ok(!rtc_inbound_pli(&inbound, -1, 21 * RTC_MS), "once");
    is_int(rtc_inbound_deadline(&inbound, -1), 520 * RTC_MS, "then again");
    receive(5, 102, FAKE_START | FAKE_KEY, false, 400 * RTC_MS);
    rtc_inbound_pop(&inbound, &frame, &gap, 400 * RTC_MS);
    ok(!rtc_inbound_pli(&inbound, -1, 500 * RTC_MS),
       "but not while one is coming in");
    receive(5, 103, 0, true, 600 * RTC_MS);
    is_int(rtc_inbound_pop(&inbound, &frame, &gap, 600 * RTC_MS),
           RTC_ASSEMBLE_FRAME, "it came");
    is_int(rtc_inbound_deadline(&inbound, -1), RTC_NEVER, "all is well");
    rtc_keyframe_want(&inbound.keyframe);
    ok(rtc_inbound_pli(&inbound, -1, 600 * RTC_MS), "the caller may ask too");
    teardown();
}

/* Who can start anywhere gets the first frame, whatever it is. */
static void test_any_frame(void)
{
    static const struct scenario s = {.any_frame = true};
    struct rtc_assemble_gap gap;
    struct rtc_frame frame;

    setup(&s, 1);
    receive(5, 100, FAKE_START, true, 0);
    receive(5, 101, FAKE_START, true, 0);
    is_int(rtc_inbound_pop(&inbound, &frame, &gap, 20 * RTC_MS),
           RTC_ASSEMBLE_FRAME, "no key frame, but a frame");
    ok(!frame.keyframe, "it says so");
    teardown();
}

/* A hole given up early, because too much waits behind it, is not asked for. */
static void test_pressed(void)
{
    struct rtc_inbound_config config = {.kind = RTC_VIDEO,
                                        .clock_rate = 90000,
                                        .nack = true,
                                        .reorder_us = 500 * RTC_MS,
                                        .reorder_packets = 5};
    struct rtc_assemble_gap gap;
    struct rtc_frame frame;
    uint16_t list[4];

    rtc_pool_init(&receive_pool, 1500, 20);
    rtc_inbound_init(&inbound, &config, &receive_pool);
    receive(5, 100, FAKE_START | FAKE_KEY, false, 0);
    receive(5, 101, 0, true, 0);
    is_int(rtc_inbound_pop(&inbound, &frame, &gap, 0), RTC_ASSEMBLE_FRAME,
           "before the hole");
    for (uint16_t i = 104; i < 107; i++)
        receive(5, i, FAKE_START, true, 0);
    is_int(rtc_inbound_pop(&inbound, &frame, &gap, 0), RTC_ASSEMBLE_NOTHING,
           "few behind it: wait");
    receive(5, 107, FAKE_START, true, 0);
    is_int(rtc_inbound_pop(&inbound, &frame, &gap, 0), RTC_ASSEMBLE_GAP,
           "too many: give it up");
    is_int(rtc_inbound_nack(&inbound, list, 4, -1, 10 * RTC_MS), 0,
           "and do not ask for it");
    rtc_inbound_done(&inbound);
    rtc_pool_done(&receive_pool);
}

static void test_packet_level(void)
{
    struct rtc_inbound_config config = {.kind = RTC_VIDEO,
                                        .clock_rate = 90000,
                                        .nack = true,
                                        .packets = true,
                                        .reorder_us = 500 * RTC_MS,
                                        .reorder_packets = 100};
    struct rtc_rtp_header header = {.ssrc = 5};
    struct rtc_packet packet;
    uint16_t list[4];
    unsigned news = 0;

    rtc_pool_init(&receive_pool, 1500, 10);
    rtc_inbound_init(&inbound, &config, &receive_pool);
    for (unsigned i = 0; i < 10; i++)
        for (unsigned k = 0; k < 5; k++) {
            header.sequence = (uint16_t)(65530 + i + (i > 5));
            news +=
                rtc_inbound_receive(&inbound, &header, NULL, false, &packet, 0);
        }
    is_int(news, 10, "each packet once");
    is_int(inbound.duplicates, 40, "duplicates are counted");
    is_int(rtc_inbound_nack(&inbound, list, 4, -1, 0), 1, "a missing one");
    is_int(list[0], 0, "is asked for");
    header.sequence = 0;
    for (int i = 0; i < 3; i++)
        news += rtc_inbound_receive(&inbound, &header, NULL, true, &packet, 5);
    is_int(news, 11, "and is news when it comes, once");
    is_int(inbound.receiver.recovered, 1, "recovered");
    is_int(receive_pool.used, 0, "nothing is stored");
    rtc_inbound_done(&inbound);
    rtc_inbound_done(NULL);
    rtc_pool_done(&receive_pool);
}

/* Frame `number` in the form of a real codec, 3000 bytes; the first is a key
 * frame. */
static size_t make_frame(enum rtc_codec codec, unsigned number, uint8_t *buf)
{
    static const uint8_t parameters[] = {0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f,
                                         0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80};
    size_t at = 0;

    memset(buf, (int)(number + 1), 3000);
    if (codec == RTC_CODEC_VP8) {
        buf[0] = number ? 1 : 0;
        memcpy(buf + 3, "\x9d\x01\x2a", 3);
        return 3000;
    }
    if (!number) {
        memcpy(buf, parameters, sizeof parameters);
        at = sizeof parameters - 1; /* not the first unit: a short start code */
    }
    rtc_put_u32(buf + at, 1);
    if (!number)
        buf[at] = parameters[at];
    buf[at + 4] = number ? 0x41 : 0x65;
    buf[at + 5] = 0x88; /* first_mb_in_slice 0 */
    return 3000;
}

/* What test_real got: frames, those flagged, and those not as they were sent.
 */
struct tally {
    unsigned frames, flagged, wrong;
};

static void count_frames(struct tally *t, rtc_usec now)
{
    enum rtc_assemble_result result;
    struct rtc_assemble_gap gap;
    struct rtc_frame frame;

    while ((result = rtc_inbound_pop(&inbound, &frame, &gap, now)) !=
           RTC_ASSEMBLE_NOTHING) {
        if (result != RTC_ASSEMBLE_FRAME)
            continue;
        t->wrong += frame.len != 3000 || frame.keyframe != (t->frames == 0);
        t->frames++;
        t->flagged += !frame.contiguous;
    }
}

/* Ten frames of three packets each; packet `lost` (10 and up) never comes.
 * Every frame but that one is given out, and only the one behind is flagged. */
static void test_real(enum rtc_codec codec, unsigned lost)
{
    static const struct scenario s = {.name = "real"};
    struct rtc_sender_format format = {.codec = rtc_codec_entry(codec),
                                       .payload_type = PT,
                                       .clock_rate = 90000,
                                       .packet_max = 1100};
    uint8_t data[3000], buf[1300];
    struct tally tally = {0};
    struct rtc_packet packet;
    unsigned packets = 0;
    int len;

    setup(&s, 1);
    rtc_sender_set_format(&sender, &format, SSRC, 0);
    for (unsigned i = 0; i < 10; i++) {
        struct rtc_frame frame = {.time = RTC_NEVER,
                                  .codec = codec,
                                  .data = data,
                                  .media_time = i * 90000};
        rtc_usec now = i * RTC_SEC;

        frame.len = make_frame(codec, i, data);
        rtc_sender_send_frame(&sender, &frame, now);
        while ((len = rtc_sender_transmit(&sender, buf, sizeof buf, now)) > 0) {
            struct rtc_rtp_header header;

            rtc_rtp_parse(buf, (size_t)len, &header);
            if (packets++ != lost)
                rtc_inbound_receive(&inbound, &header, format.codec, false,
                                    &packet, now);
        }
        count_frames(&tally, now);
        count_frames(&tally, now + RTC_SEC / 2);
    }
    ok(packets >= 30, "three packets a frame");
    is_int(tally.wrong, 0, "frames are whole, the first is the key frame");
    is_int(tally.frames, lost < packets ? 9 : 10, "all but the one hit come");
    is_int(tally.flagged, lost < packets, "and one is flagged");
    teardown();
}

int main(void)
{
    for (enum rtc_codec c = RTC_CODEC_VP8; c <= RTC_CODEC_H264; c++) {
        test_real(c, 99);
        test_real(c, 12);
        test_real(c, 13);
        test_real(c, 14);
    }
    test_scenarios();
    test_ssrc();
    test_keyframe();
    test_any_frame();
    test_pressed();
    test_packet_level();
    return tap_done();
}
