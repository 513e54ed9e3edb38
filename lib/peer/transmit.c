/* SPDX-License-Identifier: MIT
 * Datagrams out, most urgent first: ICE, DTLS, RTCP, audio, video. Packets of
 * one stream and size leave as one run (UDP_SEGMENT). */
#include <string.h>

#include "peer/peer.h"

/* What Linux takes in one UDP_SEGMENT send: 64 segments on older kernels, and
 * an IPv4 datagram's length in all. */
#define RUN_MOST 64
#define RUN_BYTES_MAX 65000

static int single(struct rtc_datagrams *d, const struct rtc_path *path, int len)
{
    if (len > 0) {
        d->path = *path;
        d->segment = (size_t)len;
        d->count = 1;
    }
    return len;
}

static int transmit_ice(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                        struct rtc_datagrams *d, rtc_usec now)
{
    struct rtc_path path;
    int len = rtc_ice_transmit(peer->ice, buf, cap, &path, now);

    return len > 0 ? single(d, &path, len) : 0;
}

/* Nobody asks for close_notify again when it is lost, so it is sent three
 * times; DTLS drops the copies. */
static void keep_last(struct rtc_peer *peer, const uint8_t *data, size_t len)
{
    rtc_early_clear(&peer->early);
    if (rtc_early_push(&peer->early, data, len))
        peer->close_repeats = 2;
}

static int repeat_last(struct rtc_peer *peer, uint8_t *buf)
{
    size_t len = peer->early.items[0].len;

    memcpy(buf, peer->early.items[0].buffer, len);
    if (--peer->close_repeats == 0)
        rtc_early_clear(&peer->early);
    return (int)len;
}

static int transmit_dtls(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                         struct rtc_datagrams *d)
{
    const struct rtc_path *path = rtc_ice_selected(peer->ice);
    int len = 0;

    if (peer->close_repeats && path)
        return single(d, path, repeat_last(peer, buf));
    if (path)
        len = rtc_dtls_transmit(peer->dtls, buf, cap);
    if (len > 0 && peer->closed)
        keep_last(peer, buf, (size_t)len);
    return len > 0 ? single(d, path, len) : 0;
}

static int transmit_rtcp(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                         struct rtc_datagrams *d, rtc_usec now)
{
    size_t overhead = rtc_srtcp_overhead(peer->srtp);
    size_t room = cap < peer->config.mtu ? cap : peer->config.mtu;
    int len = rtc_peer_make_rtcp(peer, buf, room - overhead, now);

    if (len <= 0)
        return 0;
    len = rtc_srtcp_protect(peer->srtp, buf, (size_t)len, cap);
    return len > 0 ? single(d, rtc_ice_selected(peer->ice), len) : 0;
}

/* As many packets of one track as make a run: equal ones, and a shorter last
 * one. */
static int transmit_track(struct rtc_peer *peer, struct rtc_track *track,
                          uint8_t *buf, size_t cap, struct rtc_datagrams *d,
                          rtc_usec now)
{
    struct rtc_sender *s = &track->sender;
    size_t overhead = rtc_srtp_overhead(peer->srtp);
    size_t at = 0, segment = 0, len;

    d->count = 0;
    while (d->count < RUN_MOST && (len = rtc_sender_peek_len(s)) > 0) {
        int protected;
        len += overhead;
        if (len > cap - at || (segment && len > segment))
            break;
        protected = rtc_sender_transmit(s, buf + at, cap - at, now);
        if (protected > 0)
        protected = rtc_srtp_protect(peer->srtp, buf + at, (size_t) protected,
                                     cap - at);
        if (protected <= 0)
            break; /* consumed: lost, as on the wire */
        segment = segment ? segment : (size_t) protected;
        at += (size_t) protected;
        d->count++;
        if ((size_t) protected < segment)
            break;
    }
    if (!d->count)
        return 0;
    rtc_tail_sent(&track->tail, s, rtc_track_rtt_us(peer, track), now);
    d->segment = segment;
    d->path = *rtc_ice_selected(peer->ice);
    return (int)at;
}

static int transmit_media(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                          struct rtc_datagrams *d, rtc_usec now)
{
    static const enum rtc_kind order[] = {RTC_AUDIO, RTC_VIDEO};

    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; i < peer->track_count; i++) {
            struct rtc_track *track = peer->tracks[i];
            int len;
            if (track->wish.kind != order[k])
                continue;
            len = transmit_track(peer, track, buf, cap, d, now);
            if (len > 0)
                return len;
        }
    return 0;
}

int rtc_peer_transmit(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                      struct rtc_datagrams *ret_datagrams, rtc_usec now)
{
    struct rtc_datagrams d = {.count = 0};
    int len;

    if (!peer || !buf || !ret_datagrams || cap < peer->config.mtu)
        return RTC_ERR_ARG;
    if (cap > RUN_BYTES_MAX)
        cap = RUN_BYTES_MAX;
    len = peer->closed ? 0 : transmit_ice(peer, buf, cap, &d, now);
    /* BYE goes before close_notify, keys are gone behind it. */
    if (!len && peer->srtp && rtc_ice_selected(peer->ice))
        len = transmit_rtcp(peer, buf, cap, &d, now);
    if (!len)
        len = transmit_dtls(peer, buf, cap, &d);
    if (!len && peer->srtp && !peer->closed && rtc_ice_selected(peer->ice))
        len = transmit_media(peer, buf, cap, &d, now);
    if (len > 0) {
        peer->stats.datagrams_sent += d.count;
        peer->stats.bytes_sent += (uint64_t)len;
        *ret_datagrams = d;
    }
    return len;
}
