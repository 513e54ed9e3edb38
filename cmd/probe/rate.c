/* SPDX-License-Identifier: MIT
 *
 * Two whole peers without a network: the time of the session is made up and
 * goes on by a frame's length at a time, and what is measured is the
 * processor's. A rate is that of all a sender does (packets, history, SRTP),
 * or a receiver, not that of the cipher alone.
 */
#include "cmd/probe/rate.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/driver.h"
#include "cmd/probe/interrupt.h"

#define OUT_LEN 65536
#define FRAME_LEN 22000 /* of 30 a second: 5 Mbit/s */
#define FRAME_US 33333
#define CONNECT_TURNS 1000

/* Two peers, and how long they worked. */
struct pair {
    struct rtc_peer *peers[2];
    struct rtc_path paths[2]; /* as each of them sees it */
    bool connected[2];
    rtc_usec now;
    uint8_t out[OUT_LEN], frame[FRAME_LEN];
    double bytes, send_s, receive_s;
};

static double read_clock(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- meeting ------------------------------------------------------------- */

static bool make_peer(struct pair *pair, int which)
{
    struct rtc_addr addr = {.family = 4, .port = 5000, .ip = {192, 0, 2, 1}};
    struct rtc_config config;

    addr.ip[3] = (uint8_t)(1 + which);
    rtc_config_init(&config);
    config.random = driver_random;
    if (rtc_peer_new(&pair->peers[which], &config) ||
        rtc_peer_add_local(pair->peers[which], &addr, RTC_UDP, pair->now))
        return false;
    pair->paths[which].local = pair->paths[!which].remote = addr;
    return true;
}

static bool negotiate(struct pair *pair)
{
    const struct rtc_track_config track = {.kind = RTC_VIDEO,
                                           .direction = RTC_SENDONLY,
                                           .codecs = {RTC_CODEC_VP8},
                                           .codec_count = 1};
    char *text = (char *)pair->out;
    int len;

    if (rtc_peer_add_track(pair->peers[0], &track) < 0)
        return false;
    len = rtc_peer_offer(pair->peers[0], text, OUT_LEN, pair->now);
    if (len < 0 ||
        rtc_peer_remote_offer(pair->peers[1], text, (size_t)len, pair->now))
        return false;
    len = rtc_peer_answer(pair->peers[1], text, OUT_LEN, pair->now);
    return len >= 0 && rtc_peer_remote_answer(pair->peers[0], text, (size_t)len,
                                              pair->now) == 0;
}

/* Carries what peer `from` has to say. Whether there was anything. */
static bool carry(struct pair *pair, int from)
{
    struct rtc_datagrams datagrams;
    struct rtc_event event;
    bool any = false;
    double times[3];
    int len;

    do {
        times[0] = read_clock();
        len = rtc_peer_transmit(pair->peers[from], pair->out, OUT_LEN,
                                &datagrams, pair->now);
        times[1] = read_clock();
        if (len > 0)
            rtc_peer_receive(pair->peers[!from], &pair->paths[!from], pair->out,
                             (size_t)len, datagrams.segment, pair->now);
        while (rtc_peer_poll(pair->peers[!from], &event))
            pair->connected[!from] |= event.type == RTC_EVENT_CONNECTED;
        times[2] = read_clock();
        any |= len > 0;
        if (from == 0 && len > 0) {
            pair->bytes += len;
            pair->send_s += times[1] - times[0];
            pair->receive_s += times[2] - times[1];
        }
    } while (len > 0);
    return any;
}

static void settle(struct pair *pair)
{
    bool again;

    do {
        again = carry(pair, 0);
        again |= carry(pair, 1);
    } while (again);
}

/* To what is due next, but no further than `most`. */
static void advance(struct pair *pair, rtc_usec most)
{
    for (int i = 0; i < 2; i++) {
        rtc_usec deadline = rtc_peer_deadline(pair->peers[i]);

        if (deadline < most)
            most = deadline;
    }
    if (most > pair->now)
        pair->now = most;
    for (int i = 0; i < 2; i++)
        rtc_peer_tick(pair->peers[i], pair->now);
}

static bool meet(struct pair *pair)
{
    if (!make_peer(pair, 0) || !make_peer(pair, 1) || !negotiate(pair))
        return false;
    for (int i = 0; i < CONNECT_TURNS; i++) {
        settle(pair);
        if (pair->connected[0] && pair->connected[1])
            return true;
        advance(pair, pair->now + FRAME_US);
    }
    return false;
}

/* ---- media --------------------------------------------------------------- */

static void send_frame(struct pair *pair, unsigned number)
{
    const struct rtc_frame frame = {.data = pair->frame,
                                    .len = FRAME_LEN,
                                    .codec = RTC_CODEC_VP8,
                                    .media_time = number * 3000ull,
                                    .time = pair->now};
    rtc_usec end = pair->now + FRAME_US;
    double begin = read_clock();

    (void)rtc_peer_send_frame(pair->peers[0], 0, &frame, pair->now);
    pair->send_s += read_clock() - begin;
    while (pair->now < end) {
        settle(pair);
        advance(pair, end);
    }
}

static void measure(struct pair *pair, rtc_usec time_us,
                    struct probe_rate *ret_rate)
{
    /* A key frame of 64x64 first, as far as a packetizer looks at it. */
    static const uint8_t key[] = {0, 0, 0, 0x9d, 1, 0x2a, 64, 0, 64, 0};
    double end = read_clock() + (double)time_us / 1e6;
    struct rtc_stats stats;

    memset(pair->frame, 0x55, sizeof pair->frame);
    memcpy(pair->frame, key, sizeof key);
    pair->bytes = pair->send_s = pair->receive_s = 0;
    for (unsigned number = 0; read_clock() < end && !probe_interrupted();
         number++) {
        send_frame(pair, number);
        pair->frame[0] |= 1; /* No key frame from the second one on. */
    }
    rtc_peer_stats(pair->peers[0], &stats);
    *ret_rate = (struct probe_rate){
        .srtp_profile = stats.srtp_profile,
        .dtls_version = stats.dtls_version,
        .dtls_cipher = stats.dtls_cipher,
        .send_bps = pair->bytes * 8 / pair->send_s,
        .receive_bps = pair->bytes * 8 / pair->receive_s,
    };
}

bool probe_rate_measure(rtc_usec time_us, struct probe_rate *ret_rate)
{
    struct pair *pair = calloc(1, sizeof *pair);
    bool met;

    if (!pair)
        return false;
    pair->now = 1000000000;
    met = meet(pair);
    if (met)
        measure(pair, time_us, ret_rate);
    for (int i = 0; i < 2; i++)
        rtc_peer_free(pair->peers[i]);
    free(pair);
    return met;
}
