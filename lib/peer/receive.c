/* SPDX-License-Identifier: MIT
 * Datagrams in: told apart by their first byte (RFC 7983 7) and handed to ICE,
 * DTLS or SRTP. Until a packet has authenticated nothing but a counter
 * changes. */
#include "peer/peer.h"
#include "peer/tap.h"

static void take_dtls(struct rtc_peer *peer, const uint8_t *data, size_t len,
                      rtc_usec now)
{
    peer->dtls_heard = true;
    rtc_dtls_receive(peer->dtls, data, len, now);
    rtc_peer_take_data(peer, now);
    rtc_peer_follow(peer, now);
}

static void count_failure(struct rtc_peer *peer, int error)
{
    if (error == RTC_ERR_STATE)
        peer->stats.srtp_replayed++;
    else
        peer->stats.srtp_failed++;
}

void rtc_peer_take_srtp(struct rtc_peer *peer, const struct rtc_path *path,
                        uint8_t *data, size_t len, rtc_usec now)
{
    bool is_rtcp = rtc_rtp_is_rtcp(data, len);
    int plain;

    if (!peer->srtp) {
        /* The sender may be through with the handshake before us. */
        if (!rtc_early_push(&peer->early, data, len))
            peer->stats.datagrams_dropped++;
        return;
    }
    plain = is_rtcp ? rtc_srtcp_unprotect(peer->srtp, data, len)
                    : rtc_srtp_unprotect(peer->srtp, data, len);
    if (plain < 0) {
        count_failure(peer, plain);
        return;
    }
    rtc_peer_tap(peer, false, path, data, (size_t)plain, now);
    if (is_rtcp)
        rtc_peer_take_rtcp(peer, data, (size_t)plain, now);
    else
        rtc_peer_take_rtp(peer, data, (size_t)plain, now);
}

/* One from a peer, perhaps out of a relay's hands. */
static void take_inner(struct rtc_peer *peer, const struct rtc_path *path,
                       uint8_t *data, size_t len, rtc_usec now)
{
    uint8_t first = len ? data[0] : 255;

    if (first < 4) {
        rtc_peer_tap(peer, false, path, data, len, now);
        if (!rtc_ice_receive(peer->ice, path, data, len, now))
            peer->stats.datagrams_dropped++;
        rtc_peer_follow(peer, now);
    } else if (!rtc_ice_knows_path(peer->ice, path)) {
        peer->stats.datagrams_dropped++;
    } else if (first >= 128 && first < 192) {
        rtc_peer_take_srtp(peer, path, data, len, now);
    } else if (first >= 20 && first < 64) {
        rtc_peer_tap(peer, false, path, data, len, now);
        take_dtls(peer, data, len, now);
    } else {
        peer->stats.datagrams_dropped++;
    }
}

static void take_datagram(struct rtc_peer *peer, const struct rtc_path *path,
                          uint8_t *data, size_t len, rtc_usec now)
{
    struct rtc_path inner = *path;

    peer->stats.datagrams_received++;
    peer->stats.bytes_received += len;
    if (!peer->servers || !rtc_peer_unwrap(peer, &inner, &data, &len, now))
        take_inner(peer, &inner, data, len, now);
}

int rtc_peer_receive(struct rtc_peer *peer, const struct rtc_path *path,
                     uint8_t *data, size_t len, size_t segment, rtc_usec now)
{
    if (!peer || !path || (!data && len))
        return RTC_ERR_ARG;
    if (peer->closed)
        return RTC_ERR_CLOSED;
    peer->as_of = now;
    if (!segment)
        segment = len ? len : 1;
    for (size_t at = 0; at < len && !peer->closed; at += segment) {
        size_t left = len - at;
        take_datagram(peer, path, data + at, left < segment ? left : segment,
                      now);
    }
    if (peer->channels && !peer->closed)
        rtc_channels_tick(peer->channels, now);
    return 0;
}

bool rtc_peer_accepts(const struct rtc_peer *peer, const struct rtc_path *path,
                      const uint8_t *data, size_t len)
{
    if (!peer || !path || !data || peer->closed)
        return false;
    return rtc_ice_accepts(peer->ice, path, data, len) ||
           rtc_peer_expects(peer, path, data, len);
}
