/* SPDX-License-Identifier: MIT
 * What a packet costs on its whole way through a peer: frames in to protected
 * datagrams out, and protected datagrams in to frames out, with history,
 * reordering, RTCP and everything else that goes along; beside the raw cipher
 * work of 1200 bytes, the limit. And that the way allocates nothing, and how
 * many packets a second go the whole way. One kind of stream is forwarded
 * packets, with header extensions.
 *
 * A round is one second of media. Only calls on the peer that is measured are
 * timed, all that the driver's law asks for. */
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "codec/obu.h"
#include "tests/bench/bench.h"
#include "tests/bench/heap.h"
#include "tests/bench/two.h"

#define PACKET 1200
#define HEADER 12 /* of RTP, not encrypted */
#define WARM_ROUNDS 20
#define ROUNDS 300
#define LIMIT 3.0
#define RUN_MOST 4 /* H.264 key frames begin with a small packet */

/* One kind of stream. */
struct stream {
    const char *name;
    enum rtc_codec codec;
    size_t frame_len;
    unsigned rate;     /* frames a second */
    size_t packet_len; /* of the cipher work beside it */
    double allowed;
    bool packets; /* frame_len is of each of PACKETS packets */
};

#define PACKETS 20

static const struct stream streams[] = {
    {"vp8", RTC_CODEC_VP8, 20 * 1160, 30, PACKET, LIMIT, false},
    {"h264", RTC_CODEC_H264, 20 * 1160, 30, PACKET, LIMIT, false},
    {"vp9", RTC_CODEC_VP9, 20 * 1160, 30, PACKET, LIMIT, false},
    {"av1", RTC_CODEC_AV1, 20 * 1160, 30, PACKET, LIMIT, false},
    {"h265", RTC_CODEC_H265, 20 * 1160, 30, PACKET, LIMIT, false},
    {"opus", RTC_CODEC_OPUS, 160, 50, 160, 0, false},
    {"g722", RTC_CODEC_G722, 160, 50, 160, 0, false},
    {"pcmu", RTC_CODEC_PCMU, 160, 50, 160, 0, false},
    {"pcma", RTC_CODEC_PCMA, 160, 50, 160, 0, false},
    {"packets", RTC_CODEC_VP8, 1120, 30, PACKET, LIMIT, true},
};

/* Of a packet, in ns, a round each. */
struct result {
    double send[ROUNDS], receive[ROUNDS], raw[ROUNDS];
    unsigned long packets, frames, allocations;
};

static uint8_t frame_data[1 << 16];

/* The datagrams of one frame, in runs of equal size as they left. */
static struct {
    uint8_t data[1 << 17];
    struct {
        size_t at, len, segment;
    } runs[RUN_MOST];
    unsigned run_count, count;
} flight;

/* ---- frames -------------------------------------------------------------- */

static const uint8_t vp8_key[] = {0, 0, 0, 0x9d, 1, 0x2a, 64, 0, 64, 0};
static const uint8_t h264_sets[] = {
    0, 0, 0,    1,    0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x01, 0xe0, 0x08, 0,    0,
    0, 1, 0x68, 0xcb, 0x83, 0xcb, 0x20, 0,    0,    0,    1,    0x65, 0x88,
};
static const uint8_t h264_slice[] = {0, 0, 0, 1, 0x41, 0x9a};
static const uint8_t vp9_key[] = {0x82, 0x49, 0x83, 0x42, 0, 3, 0xf0, 3, 0xf0};
static const uint8_t vp9_delta[] = {0x86};
static const uint8_t av1_sequence[] = {0x0a, 0x0b, 0,    0,    0,    2,   0xaf,
                                       0x9f, 0xbb, 0xff, 0x30, 0x08, 0x40};

/* Sets of a Main stream of x265, and an IDR or trailing picture. */
static const uint8_t h265_key[] = {
    0,    0,    0,    1,    0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60,
    0,    0,    0x03, 0,    0x90, 0,    0,    0x03, 0,    0,    0x03, 0,
    0x1e, 0x92, 0x80, 0x90, 0,    0,    0,    1,    0x42, 0x01, 0x01, 0x01,
    0x60, 0,    0,    0x03, 0,    0x90, 0,    0,    0x03, 0,    0,    0x03,
    0,    0x1e, 0xa0, 0x30, 0x81, 0x05, 0x96, 0x4a, 0x92, 0x4c, 0xaf, 0x01,
    0x68, 0x08, 0,    0,    0x03, 0,    0x08, 0,    0,    0x03, 0,    0xc8,
    0x40, 0,    0,    0,    1,    0x44, 0x01, 0xc1, 0x72, 0xb4, 0x22, 0x40,
    0,    0,    1,    0x28, 0x01, 0xaf};
static const uint8_t h265_slice[] = {0, 0, 0, 1, 0x02, 0x01, 0xd0};

static void put_head(const uint8_t *head, size_t len)
{
    memcpy(frame_data, head, len);
}

/* One OBU, of three bytes of size, to the end of the frame. */
static void put_av1(size_t frame_len, bool key)
{
    size_t at = key ? sizeof av1_sequence : 0;

    put_head(av1_sequence, at);
    frame_data[at++] = 0x32;
    at += rtc_leb128_write(frame_data + at, frame_len - at - 3);
    frame_data[at] = key ? 0x10 : 0x30;
}

static void make_frame(const struct stream *s, bool key)
{
    for (size_t i = 0; i < s->frame_len; i++)
        frame_data[i] = (uint8_t)(i * 7 % 251 | 1);
    switch (s->codec) {
    case RTC_CODEC_VP8:
        put_head(vp8_key, key ? sizeof vp8_key : 0);
        break;
    case RTC_CODEC_H264:
        put_head(key ? h264_sets : h264_slice,
                 key ? sizeof h264_sets : sizeof h264_slice);
        break;
    case RTC_CODEC_VP9:
        put_head(key ? vp9_key : vp9_delta,
                 key ? sizeof vp9_key : sizeof vp9_delta);
        break;
    case RTC_CODEC_H265:
        put_head(key ? h265_key : h265_slice,
                 key ? sizeof h265_key : sizeof h265_slice);
        break;
    case RTC_CODEC_AV1:
        put_av1(s->frame_len, key);
        break;
    default:
        break;
    }
}

/* ---- the two ways -------------------------------------------------------- */

/* What the driver's law asks for behind each change. */
static void settle(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_event event;

    while (rtc_peer_poll(peer, &event))
        ;
    if (rtc_peer_deadline(peer) <= now)
        rtc_peer_tick(peer, now);
}

/* RFC 5761 4; DTLS and STUN have the top bit clear. */
static bool is_media(const uint8_t *datagram)
{
    return datagram[0] >= 128 && (datagram[1] < 192 || datagram[1] > 223);
}

/* Notes a run at `at` of the flight; what is no media goes straight on. */
static size_t note_run(struct two *t, size_t at, size_t len,
                       const struct rtc_datagrams *d)
{
    if (!is_media(flight.data + at)) {
        rtc_peer_receive(t->peer[1], &t->path[1], flight.data + at, len,
                         d->segment, t->now);
        return at;
    }
    bench_need(flight.run_count < RUN_MOST, "a frame in too many runs");
    flight.runs[flight.run_count].at = at;
    flight.runs[flight.run_count].len = len;
    flight.runs[flight.run_count++].segment = d->segment;
    flight.count += d->count;
    return at + len;
}

/* Forwards as many packets, with what a forwarding unit finds in them. */
static void send_packets(const struct stream *s, struct two *t, uint64_t number)
{
    static const uint8_t layers[] = {0xa0, 1, 2, 3};
    static const uint32_t csrcs[2];
    const struct rtc_packet_values values = {
        .has = RTC_VALUE_ORIENTATION | RTC_VALUE_CAPTURE_TIME,
        .capture_ntp = number,
        .video_layers = {layers, sizeof layers},
    };
    struct rtc_packet packet = {
        .payload = frame_data,
        .len = s->frame_len,
        .media_time = number * 3000,
        .payload_type = 96,
        .csrcs = csrcs,
        .csrc_count = 2,
        .values = &values,
        .time = t->now,
    };

    for (unsigned i = 0; i < PACKETS; i++) {
        packet.sequence = 1 + number * PACKETS + i;
        packet.marker = i + 1 == PACKETS;
        bench_need(!rtc_peer_send_packet(t->peer[0], 0, &packet, t->now),
                   "no packet sent");
    }
}

static void send_whole(const struct stream *s, struct two *t, uint64_t number)
{
    const struct rtc_frame frame = {
        .data = frame_data,
        .len = s->frame_len,
        .codec = s->codec,
        .media_time = number * rtc_codec_clock_rate(s->codec) / s->rate,
        .time = t->now,
    };

    bench_need(!rtc_peer_send_frame(t->peer[0], 0, &frame, t->now), "no send");
}

/* A frame into peer 0, its datagrams into the flight. The time it took. */
static double send_frame(const struct stream *s, struct two *t, uint64_t number)
{
    double begin = bench_now();
    struct rtc_datagrams d;
    size_t at = 0;
    int len;

    if (s->packets)
        send_packets(s, t, number);
    else
        send_whole(s, t, number);
    flight.run_count = flight.count = 0;
    while ((len = rtc_peer_transmit(t->peer[0], flight.data + at, 65536, &d,
                                    t->now)) > 0)
        at = note_run(t, at, (size_t)len, &d);
    settle(t->peer[0], t->now);
    return bench_now() - begin;
}

/* One run into peer 1, in steps of `step` bytes. How many frames came out. */
static unsigned receive_run(struct two *t, unsigned run, size_t step)
{
    size_t len = flight.runs[run].len, segment = flight.runs[run].segment;
    uint8_t *data = flight.data + flight.runs[run].at;
    struct rtc_event event;
    unsigned frames = 0;

    for (size_t at = 0; at < len; at += step) {
        size_t part = len - at < step ? len - at : step;
        rtc_peer_receive(t->peer[1], &t->path[1], data + at, part, segment,
                         t->now);
        while (rtc_peer_poll(t->peer[1], &event))
            frames += event.type == RTC_EVENT_FRAME ||
                      (event.type == RTC_EVENT_PACKET && event.packet.marker);
    }
    return frames;
}

/* What peer 1 has to say goes to peer 0. The time that took peer 0. */
static double answer(struct two *t)
{
    static uint8_t buf[65536];
    struct rtc_datagrams d;
    double other = 0;
    int len;

    while ((len = rtc_peer_transmit(t->peer[1], buf, sizeof buf, &d, t->now)) >
           0) {
        double begin = bench_now();
        rtc_peer_receive(t->peer[0], &t->path[0], buf, (size_t)len, d.segment,
                         t->now);
        other += bench_now() - begin;
    }
    return other;
}

/* The flight into peer 1, merged or one by one, and its frame out. */
static double receive_frame(struct two *t, bool merged,
                            unsigned long *ret_frames)
{
    double begin = bench_now();

    for (unsigned i = 0; i < flight.run_count; i++)
        *ret_frames += receive_run(
            t, i, merged ? flight.runs[i].len : flight.runs[i].segment);
    begin += answer(t); /* not peer 1's time */
    settle(t->peer[1], t->now);
    return bench_now() - begin;
}

/* ---- the limit ----------------------------------------------------------- */

static gnutls_aead_cipher_hd_t gcm;

static double raw_cipher(size_t packet_len, unsigned count)
{
    static uint8_t packets[64][PACKET + 16];
    uint8_t iv[12] = {0};
    double begin = bench_now();

    for (unsigned i = 0; i < count; i++) {
        uint8_t *text = packets[i % 64] + HEADER;
        size_t len = packet_len - HEADER + 16;

        rtc_put_u32(iv, i);
        gnutls_aead_cipher_encrypt(gcm, iv, sizeof iv, text - HEADER, HEADER,
                                   16, text, packet_len - HEADER, text, &len);
    }
    return bench_now() - begin;
}

/* ---- rounds -------------------------------------------------------------- */

static void run_round(const struct stream *s, struct two *t, bool merged,
                      struct result *r, unsigned round)
{
    static uint64_t number;
    double send = 0, receive = 0;
    unsigned packets = 0;

    for (unsigned i = 0; i < s->rate; i++) {
        if (round == 0 && i < 2)
            make_frame(s, i == 0);
        t->now += RTC_SEC / s->rate;
        send += send_frame(s, t, number++);
        packets += flight.count;
        receive += receive_frame(t, merged, &r->frames);
    }
    if (round < WARM_ROUNDS)
        return;
    round -= WARM_ROUNDS;
    r->send[round] = send / packets;
    r->receive[round] = receive / packets;
    r->raw[round] = raw_cipher(s->packet_len, packets) / packets;
    r->packets += packets;
}

static void report(const struct stream *s, bool merged, struct result *r)
{
    double raw = bench_quantile(r->raw, ROUNDS, 0.5);
    double send = bench_quantile(r->send, ROUNDS, 0.5);
    double receive = bench_quantile(r->receive, ROUNDS, 0.5);
    char name[64];

    if (merged) {
        snprintf(name, sizeof name, "path.%s.send", s->name);
        bench_judge(name, "ns", send, raw, s->allowed);
        /* The limit enciphers and deciphers, and does nothing else. */
        snprintf(name, sizeof name, "path.%s.rate", s->name);
        bench_judge(name, "packets_per_second", 1e9 / (send + receive),
                    1e9 / (2 * raw), 0);
    }
    snprintf(name, sizeof name, "path.%s.receive%s", s->name,
             merged ? ".merged" : "");
    bench_judge(name, "ns", receive, raw, s->allowed);
    snprintf(name, sizeof name, "path.%s.allocations", s->name);
    bench_count(name, r->allocations, 0);
}

static void run(const struct stream *s, bool merged)
{
    static struct result r;
    const struct rtc_track_config track = {
        .kind = rtc_codec_kind(s->codec),
        .direction = RTC_SENDONLY,
        .codecs = {s->codec},
        .codec_count = 1,
        .packets = s->packets,
    };
    struct two t;

    two_connect(&t, &track, 1);
    r = (struct result){0};
    for (unsigned i = 0; i < WARM_ROUNDS + ROUNDS; i++) {
        if (i == WARM_ROUNDS)
            r.allocations = heap_allocations;
        run_round(s, &t, merged, &r, i);
    }
    r.allocations = heap_allocations - r.allocations;
    bench_need(r.frames == (unsigned long)(WARM_ROUNDS + ROUNDS) * s->rate,
               "frames are missing");
    report(s, merged, &r);
    two_free(&t);
}

int main(int argc, char **argv)
{
    uint8_t key[16] = {1};
    gnutls_datum_t datum = {key, sizeof key};

    bench_need(
        !gnutls_aead_cipher_init(&gcm, GNUTLS_CIPHER_AES_128_GCM, &datum),
        "no cipher");
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        run(&streams[i], true);
        run(&streams[i], false);
    }
    gnutls_aead_cipher_deinit(gcm);
    return bench_exit(argc, argv);
}
