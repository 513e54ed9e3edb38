/* SPDX-License-Identifier: MIT
 * Datagrams out, most urgent first: ICE, DTLS, RTCP, audio, video, data.
 * Packets of one stream and size leave as one run (UDP_SEGMENT). The pacer says
 * when there is to be video; audio waits for nothing. */
#include <string.h>

#include "peer/peer.h"
#include "peer/tap.h"

/* An IPv4 datagram's length is the most of one UDP_SEGMENT send. */
#define RUN_BYTES_MAX 65000
/* A datagram was made but cannot be sent: go on with the next. */
#define LOST (-1)

/* One datagram of `len` bytes at `buf`, for `path`: its length on the wire. */
static int single(struct rtc_peer *peer, struct rtc_datagrams *d,
                  const struct rtc_path *path, uint8_t *buf, int len,
                  size_t cap, rtc_usec now)
{
    struct rtc_wire wire;

    if (len <= 0)
        return 0;
    wire = rtc_peer_wire(peer, path);
    if (wire.relay) {
        if (wire.head + (size_t)len > cap)
            return 0;
        memmove(buf + wire.head, buf, (size_t)len);
        len = rtc_wire_wrap(&wire, buf, (size_t)len, cap, now);
        if (len <= 0)
            return LOST; /* the relay has no allocation now */
    }
    d->path = wire.path;
    d->segment = (size_t)len;
    d->count = 1;
    return len;
}

static int transmit_servers(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                            struct rtc_datagrams *d, rtc_usec now)
{
    int len = rtc_peer_transmit_servers(peer, buf, cap, &d->path, now);

    d->segment = (size_t)len;
    d->count = 1;
    return len;
}

static int transmit_ice(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                        struct rtc_datagrams *d, rtc_usec now)
{
    struct rtc_path path;
    int len = rtc_ice_transmit(peer->ice, buf, cap, &path, now);

    if (len > 0)
        rtc_peer_tap(peer, true, &path, buf, (size_t)len, now);
    return single(peer, d, &path, buf, len, cap, now);
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
                         struct rtc_datagrams *d, rtc_usec now)
{
    const struct rtc_path *path = rtc_ice_selected(peer->ice);
    int len = 0;

    if (!path)
        return 0;
    if (peer->close_repeats)
        return single(peer, d, path, buf, repeat_last(peer, buf), cap, now);
    len = rtc_dtls_transmit(peer->dtls, buf, cap);
    if (len > 0 && peer->closed)
        keep_last(peer, buf, (size_t)len);
    if (len > 0)
        rtc_peer_tap(peer, true, path, buf, (size_t)len, now);
    return single(peer, d, path, buf, len, cap, now);
}

static int transmit_rtcp(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                         struct rtc_datagrams *d, rtc_usec now)
{
    size_t overhead = rtc_srtcp_overhead(peer->srtp) + peer->relay_reserve;
    size_t room = cap < peer->config.mtu ? cap : peer->config.mtu;
    int len = rtc_peer_make_rtcp(peer, buf, room - overhead, now);

    if (len <= 0)
        return 0;
    rtc_peer_tap(peer, true, NULL, buf, (size_t)len, now);
    len = rtc_srtcp_protect(peer->srtp, buf, (size_t)len, cap);
    return single(peer, d, rtc_ice_selected(peer->ice), buf, len, cap, now);
}

/* One packet at `at`, wrapped: its length, 0: none that fits, LOST. */
static int transmit_packet(struct rtc_peer *peer, struct rtc_sender *s,
                           const struct rtc_wire *wire, uint8_t *at, size_t cap,
                           rtc_usec now)
{
    uint8_t *packet = at + wire->head;
    int len = rtc_sender_transmit(s, packet, cap - wire->head, now);
    bool numbered = false;

    if (len > 0) {
        numbered = rtc_peer_stamp(peer, packet, (size_t)len, now);
        rtc_peer_tap(peer, true, NULL, packet, (size_t)len, now);
        len =
            rtc_srtp_protect(peer->srtp, packet, (size_t)len, cap - wire->head);
    }
    if (len > 0)
        rtc_peer_note_sent(peer, numbered, (size_t)len, now);
    if (len > 0)
        len = rtc_wire_wrap(wire, at, (size_t)len, cap, now);
    return len > 0 ? len : LOST;
}

/* As many packets of one stream as make a run: equal ones, and a shorter last
 * one; no more once there are `most` bytes. */
static int transmit_layer(struct rtc_peer *peer, struct rtc_layer *layer,
                          size_t most, uint8_t *buf, size_t cap,
                          struct rtc_datagrams *d, rtc_usec now)
{
    struct rtc_wire wire = rtc_peer_wire(peer, rtc_ice_selected(peer->ice));
    size_t overhead = rtc_srtp_overhead(peer->srtp);
    struct rtc_sender *s = &layer->sender;
    size_t at = 0, segment = 0, len;

    d->count = 0;
    while (d->count < RTC_PEER_RUN_MOST && (len = rtc_sender_peek_len(s)) > 0) {
        int sent;
        len = rtc_wire_len(&wire, len + overhead);
        if (len > cap - at || at >= most || (segment && len > segment))
            break;
        sent = transmit_packet(peer, s, &wire, buf + at, cap - at, now);
        if (sent <= 0)
            break; /* consumed: lost, as on the wire */
        segment = segment ? segment : (size_t)sent;
        at += (size_t)sent;
        d->count++;
        if ((size_t)sent < segment)
            break;
    }
    if (!d->count)
        return 0;
    rtc_tail_sent(&layer->tail, s, rtc_layer_rtt_us(peer, layer), now);
    d->segment = segment;
    d->path = wire.path;
    return (int)at;
}

static int transmit_audio(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                          struct rtc_datagrams *d, rtc_usec now)
{
    int len = 0;

    for (unsigned i = 0; i < peer->layer_count && !len; i++)
        if (peer->layers[i]->track->wish.kind == RTC_AUDIO)
            len = transmit_layer(peer, peer->layers[i], SIZE_MAX, buf, cap, d,
                                 now);
    if (len > 0)
        rtc_pacer_sent(&peer->bandwidth.pacer, (size_t)len, now);
    return len;
}

/* The layer whose video is next. */
static struct rtc_layer *next_video(struct rtc_peer *peer)
{
    for (unsigned n = 0; n < peer->layer_count; n++) {
        unsigned i = (peer->turn + n) % peer->layer_count;
        struct rtc_layer *layer = peer->layers[i];

        if (layer->track->wish.kind == RTC_VIDEO &&
            rtc_sender_peek_len(&layer->sender))
            return layer;
    }
    return NULL;
}

/* While some is held back, the layers take turns. */
static int transmit_video(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                          struct rtc_datagrams *d, rtc_usec now)
{
    int len = 0;

    for (unsigned n = 0; n < peer->layer_count && !len; n++) {
        struct rtc_layer *layer = next_video(peer);
        size_t most = layer ? rtc_peer_ask_pacer(peer, layer, now) : 0;

        if (layer && !most) {
            peer->turn++;
            return 0;
        }
        if (!layer)
            break;
        len = transmit_layer(peer, layer, most, buf, cap, d, now);
        peer->turn += rtc_pacer_is_full(&peer->bandwidth.pacer);
    }
    if (!len)
        rtc_pacer_rest(&peer->bandwidth.pacer);
    else
        rtc_pacer_sent(&peer->bandwidth.pacer, (size_t)len, now);
    return len;
}

/* Beside the media, which the pacer does not hold back for it. */
static int transmit_padding(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                            struct rtc_datagrams *d, rtc_usec now)
{
    size_t most;
    struct rtc_layer *layer = rtc_peer_pad(peer, &most, now);

    return layer ? transmit_layer(peer, layer, most, buf, cap, d, now) : 0;
}

/* The end is said before relays are given back. */
static int transmit_release(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                            struct rtc_datagrams *d, rtc_usec now)
{
    if (!peer->may_release) {
        peer->may_release = true;
        rtc_peer_release_relays(peer, now);
    }
    return transmit_servers(peer, buf, cap, d, now);
}

static int transmit_next(struct rtc_peer *peer, uint8_t *buf, size_t cap,
                         struct rtc_datagrams *d, rtc_usec now)
{
    bool is_open = !peer->closed;
    int len = is_open ? transmit_servers(peer, buf, cap, d, now) : 0;

    if (!len && is_open)
        len = transmit_ice(peer, buf, cap, d, now);
    /* What ends the handshake goes before what its keys protect; BYE before
     * close_notify, behind which there are no keys. */
    if (!len && is_open)
        len = transmit_dtls(peer, buf, cap, d, now);
    if (!len && peer->srtp && rtc_ice_selected(peer->ice))
        len = transmit_rtcp(peer, buf, cap, d, now);
    if (!len && !is_open)
        len = transmit_dtls(peer, buf, cap, d, now);
    if (!len && peer->srtp && is_open && rtc_ice_selected(peer->ice))
        len = transmit_audio(peer, buf, cap, d, now);
    if (!len && peer->srtp && is_open && rtc_ice_selected(peer->ice))
        len = transmit_video(peer, buf, cap, d, now);
    if (!len && peer->srtp && is_open && rtc_ice_selected(peer->ice))
        len = transmit_padding(peer, buf, cap, d, now);
    if (!len && is_open && peer->connected && rtc_ice_selected(peer->ice))
        len = rtc_peer_transmit_data(peer, buf, cap, d, now);
    if (!len && !is_open)
        len = transmit_release(peer, buf, cap, d, now);
    return len;
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
    do
        len = transmit_next(peer, buf, cap, &d, now);
    while (len == LOST);
    if (len > 0) {
        peer->stats.datagrams_sent += d.count;
        peer->stats.bytes_sent += (uint64_t)len;
        *ret_datagrams = d;
    }
    return len;
}
