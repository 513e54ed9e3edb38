/* SPDX-License-Identifier: MIT
 *
 * A whole peer and what is done to it in its life, as the bytes say: datagrams
 * from anywhere; RTP, RTCP and STUN first protected by the right keys, so that
 * what stands behind authentication is reached; media to send, descriptions,
 * time.
 *
 * The first byte has the options of peer_run.h. Then each step is a byte (bits
 * 0-2: enum step, 3-4: the path, 5-7: how much time passes behind it, 0: the
 * next step comes at once), two bytes of length, and as many bytes.
 */
#include <string.h>

#include "base/clock.h"
#include "stun/auth.h"
#include "tests/fuzz/fake_dtls.h"
#include "tests/fuzz/peer_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum step { RAW, RAW_RUN, RTP, RTCP, STUN_REQUEST, STUN_ANSWER, SEND, DO };

static void give_srtp(struct run *run, const struct rtc_path *path,
                      const uint8_t *data, size_t len, bool is_rtcp)
{
    static uint8_t buf[UINT16_MAX + RTC_SRTCP_OVERHEAD_MAX];
    int n;

    memcpy(buf, data, len);
    n = is_rtcp ? rtc_srtcp_protect(run->remote, buf, len, sizeof buf)
                : rtc_srtp_protect(run->remote, buf, len, sizeof buf);
    if (n > 0)
        run_give(run, path, buf, (size_t)n, 0);
}

/* Attributes, that get a header and what proves them. */
static void give_stun(struct run *run, const struct rtc_path *path,
                      enum rtc_stun_class class, const uint8_t *attributes,
                      size_t len)
{
    static const uint8_t their_id[RTC_STUN_ID_LEN] = "their check";
    bool request = class == RTC_STUN_REQUEST;
    const char *pwd = request ? RUN_OUR_PWD : RUN_THEIR_PWD;
    unsigned number = (unsigned)(path - run_paths);
    enum rtc_stun_method method = RTC_STUN_BINDING;
    struct rtc_writer w;
    uint8_t buf[2048];

    if (!request && run->methods[number]) /* perhaps a TURN server's answer */
        method = (enum rtc_stun_method)run->methods[number];
    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, class, method,
                         request ? their_id : run->check_ids[number]);
    rtc_write_bytes(&w, attributes, len);
    rtc_write_zeros(&w, -len & 3);
    rtc_stun_write_integrity(&w, pwd, strlen(pwd));
    rtc_stun_write_fingerprint(&w);
    if (!w.failed)
        run_give(run, path, buf, w.len, 0);
}

/* The first byte: bits 0-1 the codec, 2 the marker, 4-7 how many more frames,
 * or the packet's sequence number, its CSRCs and values. */
static void send_media(struct run *run, const uint8_t *data, size_t len)
{
    static const enum rtc_codec codecs[] = {RTC_CODEC_OPUS, RTC_CODEC_VP8,
                                            RTC_CODEC_H264, RTC_CODEC_NONE};
    static const uint8_t payload_types[] = {111, 96, 102, 97};
    unsigned choice = data[0] & 3;
    struct rtc_frame frame = {
        .data = data + 1,
        .len = len - 1,
        .codec = codecs[choice],
        .media_time = (uint64_t)run->now,
        .time = RTC_NEVER,
        .marker = data[0] & 4,
    };
    const uint32_t csrcs[RTC_CSRC_MOST] = {0};
    const struct rtc_packet_values values = {
        .has = data[0] >> 4,
        .audio_level = data[0],
        .rotation = 90,
        .video_layers = {frame.data, frame.len},
        .own = {{frame.data, frame.len}},
    };
    const struct rtc_packet packet = {
        .payload = frame.data,
        .len = frame.len,
        .payload_type = payload_types[choice],
        .sequence = data[0] >> 4,
        .renumber = !(data[0] >> 4),
        .csrcs = csrcs,
        .csrc_count = data[0] >> 4,
        .values = data[0] & 4 ? &values : NULL,
        .media_time = frame.media_time,
        .time = RTC_NEVER,
        .marker = frame.marker,
    };

    for (unsigned i = 0; i <= data[0] >> 4; i++) {
        frame.layer = run->layered ? i % RTC_LAYER_MOST : 0;
        rtc_peer_send_frame(run->peer, choice > 0, &frame, run->now);
    }
    rtc_peer_send_packet(run->peer, choice > 0, &packet, run->now);
}

static void describe(struct run *run, unsigned what, const char *text,
                     size_t len)
{
    static char buf[32768];

    switch (what) {
    case 0:
        rtc_peer_remote_offer(run->peer, text, len, run->now);
        break;
    case 1: /* the first one again, whatever came between */
        rtc_peer_remote_offer(run->peer, run_offer, run_offer_len, run->now);
        break;
    case 2:
        rtc_peer_answer(run->peer, buf, sizeof buf, run->now);
        break;
    case 3:
        rtc_peer_offer(run->peer, buf, sizeof buf, run->now);
        break;
    case 4:
        rtc_peer_remote_answer(run->peer, text, len, run->now);
        break;
    default:
        rtc_peer_rollback(run->peer);
        break;
    }
}

/* `more`: bit 0 TURN, bit 1 over TCP. */
static void add_server(struct run *run, const struct rtc_path *path,
                       unsigned more)
{
    const struct rtc_server server = {
        .type = more & 1 ? RTC_SERVER_TURN : RTC_SERVER_STUN,
        .transport = more & 2 ? RTC_TCP : RTC_UDP,
        .addr = path->remote,
        .local = path->local,
        .username = "user",
        .password = "password",
    };

    rtc_peer_add_server(run->peer, &server, run->now);
}

static void change_transport(struct run *run, const struct rtc_path *path,
                             unsigned what, const char *text, size_t len)
{
    static char buf[32768];

    switch (what & 7) {
    case 0:
        rtc_peer_restart_ice(run->peer, run->now);
        break;
    case 1:
        rtc_peer_cancel_restart(run->peer, run->now);
        break;
    case 2:
        rtc_peer_fragment(run->peer, buf, sizeof buf, run->now);
        break;
    case 3:
        rtc_peer_remote_fragment(run->peer, text, len, run->now);
        break;
    case 4:
        rtc_peer_lose_server(run->peer, &path->local, &path->remote, run->now);
        break;
    case 5:
        rtc_peer_add_local(run->peer, &path->local, RTC_TCP, run->now);
        break;
    default:
        rtc_peer_end_remote(run->peer, run->now);
        break;
    }
}

/* The first byte: bits 0-3 what, 4-7 the track or alike. */
static void do_something(struct run *run, const struct rtc_path *path,
                         const uint8_t *data, size_t len)
{
    const struct rtc_candidate candidate = {
        .component = 1, .priority = 100, .addr = path->remote};
    unsigned more = data[0] >> 4;

    switch (data[0] & 15) {
    case 0:
        rtc_peer_close(run->peer, run->now);
        break;
    case 1:
        rtc_peer_request_keyframe(run->peer, (int)more, run->now);
        break;
    case 2:
        rtc_peer_remove_local(run->peer, &path->local, run->now);
        break;
    case 3:
        rtc_peer_add_local(run->peer, &path->local, RTC_UDP, run->now);
        break;
    case 4:
        rtc_peer_add_remote(run->peer, &candidate, run->now);
        break;
    case 5:
        rtc_peer_stop_track(run->peer, (int)more);
        break;
    case 6:
        rtc_peer_set_direction(run->peer, more & 3,
                               (enum rtc_direction)(more >> 2));
        break;
    case 7:
        rtc_peer_restart_track(run->peer, (int)more);
        break;
    case 8:
        add_server(run, path, more);
        break;
    case 9:
        change_transport(run, path, more, (const char *)data + 1, len - 1);
        break;
    default:
        describe(run, more, (const char *)data + 1, len - 1);
        break;
    }
}

static void take_step(struct run *run, unsigned head, const uint8_t *data,
                      size_t len)
{
    const struct rtc_path *path = &run_paths[head >> 3 & 3];

    if (!len)
        return;
    switch ((enum step)(head & 7)) {
    case RAW:
        run_give(run, path, data, len, 0);
        break;
    case RAW_RUN:
        run_give(run, path, data + 1, len - 1, data[0]);
        break;
    case RTP:
        give_srtp(run, path, data, len, false);
        break;
    case RTCP:
        give_srtp(run, path, data, len, true);
        break;
    case STUN_REQUEST:
        give_stun(run, path, RTC_STUN_REQUEST, data, len);
        break;
    case STUN_ANSWER:
        give_stun(run, path, data[0] & 1 ? RTC_STUN_ERROR : RTC_STUN_SUCCESS,
                  data + 1, len - 1);
        break;
    case SEND:
        send_media(run, data, len);
        break;
    case DO:
        do_something(run, path, data, len);
        break;
    }
}

/* A check, the answer to the peer's own, and a handshake: nothing the steps of
 * an input could not do. */
static void establish(struct run *run, bool controlling)
{
    static const uint8_t any_id[RTC_STUN_ID_LEN], hello = 22;
    uint8_t buf[128], *attributes = buf + RTC_STUN_HEADER_LEN;
    struct rtc_stats stats;
    struct rtc_writer w;

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_REQUEST, RTC_STUN_BINDING, any_id);
    rtc_stun_write_text(&w, RTC_STUN_USERNAME, "ours:theirs");
    rtc_stun_write_u32(&w, RTC_STUN_PRIORITY, 1);
    rtc_stun_write_u64(
        &w, controlling ? RTC_STUN_ICE_CONTROLLED : RTC_STUN_ICE_CONTROLLING,
        1);
    rtc_stun_write(&w, RTC_STUN_USE_CANDIDATE, NULL, 0);
    take_step(run, STUN_REQUEST, attributes, w.len - RTC_STUN_HEADER_LEN);
    run_pass(run, 0);

    rtc_writer_init(&w, buf, sizeof buf);
    rtc_stun_write_begin(&w, RTC_STUN_SUCCESS, RTC_STUN_BINDING, any_id);
    rtc_stun_write_xor_addr(&w, RTC_STUN_XOR_MAPPED_ADDRESS,
                            &run_paths[0].local);
    attributes[-1] = 0; /* success */
    take_step(run, STUN_ANSWER, attributes - 1,
              w.len - RTC_STUN_HEADER_LEN + 1);
    take_step(run, RAW, &hello, 1);
    run_pass(run, 0);
    rtc_peer_stats(run->peer, &stats);
    run_must(stats.srtp_profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const rtc_usec spans[8] = {
        0,           RTC_MS,       20 * RTC_MS,
        80 * RTC_MS, 300 * RTC_MS, 1200 * RTC_MS,
        5 * RTC_SEC, 30 * RTC_SEC,
    };
    struct rtc_reader r;
    struct run run;

    if (!len)
        return 0;
    run_begin(&run, data[0]);
    if (!(data[0] & RUN_UNCONNECTED))
        establish(&run, data[0] & RUN_OFFERER);
    rtc_reader_init(&r, data + 1, len - 1);
    while (rtc_reader_left(&r) > 3) {
        unsigned head = rtc_read_u8(&r);
        size_t part = rtc_read_u16(&r), left = rtc_reader_left(&r);

        part = part < left ? part : left;
        take_step(&run, head, rtc_read_bytes(&r, part), part);
        if (spans[head >> 5])
            run_pass(&run, spans[head >> 5]);
    }
    run_end(&run);
    return 0;
}
