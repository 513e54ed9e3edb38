/* SPDX-License-Identifier: MIT
 * The driver's law of rtc.h around one peer, with a check of everything it
 * hands out. */
#include "tests/fuzz/peer_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "rtcp/compound.h"
#include "rtp/header.h"
#include "stun/auth.h"

#define START_US (1000 * RTC_SEC)
#define TICK_MOST 300 /* of a run; then only the end of each wait gets one */
#define MTU 1200

#define OUR_IP4 192, 0, 2, 1
#define THEIR_IP4 192, 0, 2, 2
#define OUR_IP6 0x20, 1, 0xd, 0xb8, [15] = 1
#define THEIR_IP6 0x20, 1, 0xd, 0xb8, [15] = 2

const struct rtc_path run_paths[RUN_PATH_COUNT] = {
    {.local = {.family = 4, .port = 5000, .ip = {OUR_IP4}},
     .remote = {.family = 4, .port = 5000, .ip = {THEIR_IP4}}},
    {.local = {.family = 6, .port = 5000, .ip = {OUR_IP6}},
     .remote = {.family = 6, .port = 5000, .ip = {THEIR_IP6}}},
    {.local = {.family = 4, .port = 5000, .ip = {OUR_IP4}},
     .remote = {.family = 4, .port = 6000, .ip = {192, 0, 2, 3}}},
    {.local = {.family = 4, .port = 7000, .ip = {192, 0, 2, 9}},
     .remote = {.family = 4, .port = 5000, .ip = {THEIR_IP4}}},
};

/* Taken at packet level only. */
#define PACKET_EXTMAPS                                                         \
    "a=extmap-allow-mixed\r\n"                                                 \
    "a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/"                 \
    "abs-capture-time\r\na=extmap:5 urn:example:fuzz\r\n"

const char run_offer[] =
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "a=ice-ufrag:theirs\r\na=ice-pwd:" RUN_THEIR_PWD "\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
    "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
    "a=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" PACKET_EXTMAPS
    "a=extmap:6 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\n"
    "a=candidate:1 1 udp 2122260223 192.0.2.2 5000 typ host\r\n"
    "a=candidate:2 1 udp 2122260222 2001:db8::2 5000 typ host\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\nc=IN IP4 0.0.0.0\r\n"
    "a=mid:1\r\na=sendrecv\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n" PACKET_EXTMAPS
    "a=extmap:7 urn:3gpp:video-orientation\r\n"
    "a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/"
    "video-layers-allocation00\r\n"
    "a=rtpmap:96 VP8/90000\r\na=rtpmap:102 H264/90000\r\n"
    "a=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\n"
    "a=rtcp-fb:* nack\r\na=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\n"
    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
    "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
    "a=ssrc-group:FID 1000 1001\r\n"
    "a=ssrc:1000 cname:c\r\na=ssrc:1001 cname:c\r\n";
const size_t run_offer_len = sizeof run_offer - 1;
static const char layers[] =
    "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
    "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n"
    "a=rid:a send\r\na=rid:b send\r\na=rid:c send\r\n"
    "a=rid:x recv\r\na=rid:y recv pt=96\r\n"
    "a=simulcast:send a;~b;c recv x;~y\r\n";

static volatile uint8_t sink;

void run_must(bool holds)
{
    if (!holds)
        abort();
}

/* A sanitizer sees what cannot be read. */
static void touch(const void *data, size_t len)
{
    const uint8_t *p = data;
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum ^ p[i]);
    sink = sum;
}

/* SplitMix64 (tests/sim/clock.c); but 32 bits are a small number, so that an
 * input can guess the SSRCs. */
static void draw(void *user, void *buf, size_t len)
{
    struct run *run = user;
    uint8_t *p = buf;

    for (size_t i = 0; i < len; i++) {
        uint64_t z = run->random += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        p[i] = (uint8_t)(z >> 56);
    }
    if (len == sizeof run->number) {
        run->number++;
        memcpy(buf, &run->number, len);
    }
}

/* ---- what the peer sends ------------------------------------------------ */

static void check_stun(struct run *run, const struct rtc_path *path,
                       const uint8_t *data, size_t len)
{
    struct rtc_stun message;

    run_must(rtc_stun_parse(&message, data, len) == 0);
    run_must(rtc_stun_check_fingerprint(&message));
    for (int i = 0; i < RUN_PATH_COUNT; i++)
        if (message.class == RTC_STUN_REQUEST &&
            rtc_addr_equal(&path->local, &run_paths[i].local) &&
            rtc_addr_equal(&path->remote, &run_paths[i].remote)) {
            memcpy(run->check_ids[i], message.id, sizeof message.id);
            run->methods[i] = message.method;
        }
}

static void check_rtp(struct run *run, uint8_t *data, size_t len)
{
    struct rtc_rtp_header header;
    int n = rtc_srtp_unprotect(run->remote, data, len);

    if (n == RTC_ERR_STATE)
        return; /* resent without RTX: a replay */
    run_must(n > 0);
    run_must(!rtc_rtp_parse(data, (size_t)n, &header));
}

static void check_rtcp(struct run *run, uint8_t *data, size_t len)
{
    struct rtc_reader compound;
    struct rtc_rtcp_packet packet;
    int n = rtc_srtcp_unprotect(run->remote, data, len), more;

    run_must(n > 0);
    rtc_reader_init(&compound, data, (size_t)n);
    while ((more = rtc_rtcp_next(&compound, &packet)) > 0)
        ;
    run_must(more == 0);
}

static void check_datagram(struct run *run, const struct rtc_path *path,
                           uint8_t *data, size_t len)
{
    if (data[0] < 4)
        check_stun(run, path, data, len);
    else if (rtc_rtp_is_rtcp(data, len))
        check_rtcp(run, data, len);
    else if (data[0] >= 128)
        check_rtp(run, data, len);
}

static void transmit_all(struct run *run)
{
    static uint8_t buf[65536];
    struct rtc_datagrams d;
    int len;

    while ((len = rtc_peer_transmit(run->peer, buf, sizeof buf, &d, run->now)) >
           0) {
        run_must(d.segment && d.segment <= MTU);
        run_must(d.count == ((size_t)len + d.segment - 1) / d.segment);
        for (size_t at = 0; at < (size_t)len; at += d.segment) {
            size_t left = (size_t)len - at;
            check_datagram(run, &d.path, buf + at,
                           left < d.segment ? left : d.segment);
        }
    }
    run_must(len == 0);
}

/* ---- what it tells ------------------------------------------------------ */

static void check_packet(const struct rtc_packet *packet)
{
    const struct rtc_packet_values *v = packet->values;

    touch(packet->payload, packet->len);
    run_must(packet->csrc_count <= RTC_CSRC_MOST && v);
    touch(packet->csrcs, packet->csrc_count * sizeof *packet->csrcs);
    touch(v->dependency_descriptor.data, v->dependency_descriptor.len);
    touch(v->video_layers.data, v->video_layers.len);
    for (unsigned i = 0; i < RTC_OWN_EXTENSION_MOST; i++)
        touch(v->own[i].data, v->own[i].len);
}

static void check_event(struct run *run, const struct rtc_event *event)
{
    run_must(!run->over);
    run_must(event->track >= -1 &&
             event->track < (int)rtc_peer_track_count(run->peer));
    if (event->type == RTC_EVENT_FRAME) {
        run_must(event->frame.len > 0);
        touch(event->frame.data, event->frame.len);
    } else if (event->type == RTC_EVENT_PACKET) {
        check_packet(&event->packet);
    } else if (event->type == RTC_EVENT_CLOSED) {
        run->over = true;
    }
}

static void drain(struct run *run)
{
    struct rtc_event event;
    bool any;

    do {
        transmit_all(run);
        any = false;
        while (rtc_peer_poll(run->peer, &event)) {
            any = true;
            check_event(run, &event);
        }
    } while (any);
    run_must(rtc_peer_deadline(run->peer) >= run->now);
}

static void tick(struct run *run, rtc_usec now)
{
    run->now = now;
    rtc_peer_tick(run->peer, now);
    drain(run);
}

void run_pass(struct run *run, rtc_usec span)
{
    rtc_usec until = run->now + span, at;
    unsigned still = 0;

    drain(run);
    while (run->ticks < TICK_MOST &&
           (at = rtc_peer_deadline(run->peer)) <= until) {
        still = at > run->now ? 0 : still + 1;
        run_must(still < 4); /* a driver would spin */
        run->ticks++;
        tick(run, at);
    }
    tick(run, until);
}

void run_give(struct run *run, const struct rtc_path *path, const uint8_t *data,
              size_t len, size_t segment)
{
    uint8_t *exact = malloc(len + 1);
    int error;

    run_must(exact);
    /* Ends where the memory ends, so that a sanitizer sees an overrun. */
    memcpy(exact + 1, data, len);
    rtc_peer_accepts(run->peer, path, exact + 1, len);
    error =
        rtc_peer_receive(run->peer, path, exact + 1, len, segment, run->now);
    run_must(!error || error == RTC_ERR_CLOSED);
    free(exact);
}

/* ---- beginning and end -------------------------------------------------- */

static void add_tracks(struct run *run, unsigned options)
{
    const struct rtc_track_config audio = {
        .kind = RTC_AUDIO,
        .direction = RTC_SENDRECV,
        .packets = options & RUN_AUDIO_PACKETS,
    };
    const struct rtc_track_config video = {
        .kind = RTC_VIDEO,
        .direction = RTC_SENDRECV,
        .packets = !run->layered && options & RUN_VIDEO_PACKETS,
        .rids = {"x", "y", "z"},
        .layer_count = run->layered ? 3 : 0,
    };

    run_must(rtc_peer_add_track(run->peer, &audio) == 0);
    run_must(rtc_peer_add_track(run->peer, &video) == 1);
}

static void negotiate(struct run *run, unsigned options)
{
    char theirs[sizeof run_offer + sizeof layers];
    static char text[32768];

    for (int i = 0; i < 2; i++)
        run_must(!rtc_peer_add_local(run->peer, &run_paths[i].local, RTC_UDP,
                                     run->now));
    add_tracks(run, options);
    strcpy(theirs, run_offer);
    if (run->layered)
        strcat(theirs, layers);
    if (options & RUN_OFFERER) {
        /* An answer has to decide. */
        memcpy(strstr(theirs, "actpass"), "passive", strlen("passive"));
        run_must(rtc_peer_offer(run->peer, text, sizeof text, run->now) > 0);
        run_must(!rtc_peer_remote_answer(run->peer, theirs, strlen(theirs),
                                         run->now));
    } else {
        run_must(!rtc_peer_remote_offer(run->peer, theirs, strlen(theirs),
                                        run->now));
        run_must(rtc_peer_answer(run->peer, text, sizeof text, run->now) > 0);
    }
}

void run_begin(struct run *run, unsigned options)
{
    struct rtc_config config;

    *run = (struct run){.now = START_US, .layered = options & RUN_LAYERS};
    rtc_config_init(&config);
    config.random = draw;
    config.random_user = run;
    config.mtu = MTU;
    config.ice_lite = options & RUN_LITE;
    config.ice_ufrag = "ours";
    config.ice_pwd = RUN_OUR_PWD;
    config.extensions[0] = "urn:example:fuzz";
    /* Small, so that their ends are reached. */
    config.reorder_packets = 64;
    config.history_packets = 64;
    run_must(!rtc_peer_new(&run->peer, &config));
    run_must(!rtc_srtp_new(&run->remote, FAKE_DTLS_PROFILE, fake_dtls_remote,
                           fake_dtls_local));
    negotiate(run, options);
}

void run_end(struct run *run)
{
    struct rtc_track_stats track;
    struct rtc_track_info info;
    struct rtc_stats stats;

    for (int i = 0; i < (int)rtc_peer_track_count(run->peer); i++) {
        run_must(!rtc_peer_track_info(run->peer, i, &info));
        run_must(!rtc_peer_track_stats(run->peer, i, &track));
    }
    rtc_peer_stats(run->peer, &stats);
    rtc_peer_is_delivered(run->peer, run->now);
    touch(rtc_peer_why(run->peer), strlen(rtc_peer_why(run->peer)));
    rtc_peer_close(run->peer, run->now);
    drain(run);
    run_must(run->over);
    rtc_peer_free(run->peer);
    rtc_srtp_free(run->remote);
}
