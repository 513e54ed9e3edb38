/* SPDX-License-Identifier: MIT
 * What follows when ICE and DTLS change state: a working pair starts the
 * handshake, a finished handshake brings keys, and either one's end is the
 * session's. */
#include <string.h>

#include "base/mem.h"
#include "peer/event.h"
#include "peer/peer.h"

void rtc_peer_end(struct rtc_peer *peer, enum rtc_close_reason reason)
{
    if (peer->closed)
        return;
    peer->closed = true;
    peer->reason = reason;
    /* No packet comes any more: what has holes is given up now. */
    for (unsigned i = 0; i < peer->layer_count; i++)
        if (peer->layers[i]->receiving)
            rtc_inbound_end(&peer->layers[i]->inbound);
    if (peer->channels)
        rtc_channels_end(peer->channels);
    rtc_dtls_close(peer->dtls);
}

static void note_state(struct rtc_peer *peer, const struct rtc_ice_event *ice,
                       rtc_usec now)
{
    rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_ICE,
                                            .track = -1,
                                            .time = now,
                                            .ice_state = ice->state});
    if (ice->state != RTC_ICE_FAILED)
        return;
    if (peer->config.survives_failure) {
        rtc_peer_fail(peer, 0, "no pair of addresses works any more");
        return;
    }
    if (rtc_ice_was_connected(peer->ice)) {
        rtc_peer_fail(peer, 0, "the remote stopped answering (consent lost)");
        rtc_peer_end(peer, RTC_CLOSE_CONSENT);
    } else {
        rtc_peer_fail(peer, 0, "no pair of addresses works between the two");
        rtc_peer_end(peer, RTC_CLOSE_ICE_FAILED);
    }
}

static void follow_ice(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_ice_event ice;

    while (rtc_ice_poll(peer->ice, &ice)) {
        struct rtc_event event = {
            .type = RTC_EVENT_PAIR, .track = -1, .time = now};
        if (ice.type == RTC_ICE_EVENT_STATE) {
            note_state(peer, &ice, now);
            continue;
        }
        event.pair.path = ice.path;
        event.pair.local_type = ice.local_type;
        event.pair.remote_type = ice.remote_type;
        rtc_peer_bind_path(peer, &ice.path, now);
        rtc_peer_note(peer, &event);
    }
}

/* Who speaks first waits for a pair. So does the server, unless it is spoken to
 * sooner: until then the peer may go to another process. */
static void start_dtls(struct rtc_peer *peer, rtc_usec now)
{
    bool is_asked = peer->dtls_heard && peer->dtls_role == RTC_DTLS_SERVER;
    int error;

    if (peer->dtls_started || !peer->dtls_expected ||
        (!is_asked && !rtc_ice_selected(peer->ice)))
        return;
    peer->dtls_started = true;
    error = rtc_dtls_start(peer->dtls, peer->dtls_role, now);
    if (error) {
        rtc_peer_fail(peer, error, "DTLS cannot start: %s",
                      rtc_error_text(error));
        rtc_peer_end(peer, RTC_CLOSE_ERROR);
    }
}

static void take_early(struct rtc_peer *peer, rtc_usec now)
{
    for (unsigned i = 0; i < peer->early.count; i++)
        rtc_peer_take_srtp(peer, NULL, peer->early.items[i].buffer,
                           peer->early.items[i].len, now);
    rtc_early_clear(&peer->early);
}

static void take_keys(struct rtc_peer *peer, rtc_usec now)
{
    struct rtc_dtls_keys keys;
    int error = rtc_dtls_export(peer->dtls, &keys);
    bool is_plain = error == RTC_ERR_UNSUPPORTED && peer->data.accepted;

    if (!error) {
        error =
            rtc_srtp_new(&peer->srtp, keys.profile, keys.local, keys.remote);
        peer->stats.srtp_profile = rtc_srtp_profile_name(keys.profile);
        rtc_wipe(&keys, sizeof keys);
    }
    /* A remote with data channels alone need not agree to SRTP. */
    if (error && !is_plain) {
        rtc_peer_fail(peer, error, "no SRTP keys from DTLS: %s",
                      rtc_error_text(error));
        rtc_peer_end(peer, RTC_CLOSE_DTLS);
        return;
    }
    peer->connected = true;
    if (peer->srtp)
        peer->report_us = now;
    peer->stats.dtls_version = rtc_dtls_version_name(peer->dtls);
    peer->stats.dtls_cipher = rtc_dtls_cipher_name(peer->dtls);
    rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_CONNECTED,
                                            .track = -1,
                                            .time = now});
    take_early(peer, now);
}

static void follow_dtls(struct rtc_peer *peer, rtc_usec now)
{
    switch (rtc_dtls_state(peer->dtls)) {
    case RTC_DTLS_NEW:
        start_dtls(peer, now);
        break;
    case RTC_DTLS_HANDSHAKE:
        break;
    case RTC_DTLS_CONNECTED:
        if (!peer->connected)
            take_keys(peer, now);
        break;
    case RTC_DTLS_CLOSED:
        if (!peer->closed)
            rtc_peer_fail(peer, 0, "the remote closed the session");
        rtc_peer_end(peer, RTC_CLOSE_REMOTE);
        break;
    case RTC_DTLS_FAILED:
        if (!peer->closed)
            rtc_peer_fail(peer, 0, "%s", rtc_dtls_why(peer->dtls));
        rtc_peer_end(peer,
                     rtc_dtls_failure(peer->dtls) == RTC_DTLS_BAD_FINGERPRINT
                         ? RTC_CLOSE_FINGERPRINT
                         : RTC_CLOSE_DTLS);
        break;
    }
}

void rtc_peer_follow(struct rtc_peer *peer, rtc_usec now)
{
    if (peer->closed)
        return; /* nothing is told behind the end */
    rtc_peer_follow_servers(peer, now);
    follow_ice(peer, now);
    follow_dtls(peer, now);
    /* Starting may have read a handshake that came early. */
    if (rtc_dtls_state(peer->dtls) == RTC_DTLS_CONNECTED && !peer->connected)
        follow_dtls(peer, now);
    rtc_peer_follow_data(peer, now);
}

void rtc_peer_close(struct rtc_peer *peer, rtc_usec now)
{
    if (!peer || peer->closed)
        return;
    peer->as_of = now;
    peer->bye_due = peer->srtp && peer->track_count;
    rtc_peer_fail(peer, 0, "closed by us");
    rtc_peer_end(peer, RTC_CLOSE_LOCAL);
}
