/* SPDX-License-Identifier: MIT
 * Obeys what two descriptions agree on: ICE gets the remote's credentials and
 * candidates, DTLS its fingerprints and role, each track its streams. Called
 * with every new pair, so all of it may be repeated. */
#include <string.h>

#include "peer/event.h"
#include "peer/peer.h"
#include "peer/track.h"

/* ---- transport ---------------------------------------------------------- */

static int apply_ice(struct rtc_peer *peer, const struct rtc_sdp_media *media,
                     rtc_usec now)
{
    const struct rtc_descriptions *d = &peer->descriptions;
    char ufrag[RTC_UFRAG_MAX + 1], pwd[RTC_PWD_MAX + 1];
    bool lite = d->remote->ice_lite;
    int error;

    if (!rtc_text_copy(media->ice_ufrag, ufrag, sizeof ufrag) ||
        !rtc_text_copy(media->ice_pwd, pwd, sizeof pwd))
        return rtc_peer_fail(peer, RTC_ERR_FORMAT, "ICE credentials too long");
    /* RFC 8445 6.1.1: the offerer controls, but for a lite agent. */
    if (!rtc_ice_has_remote(peer->ice))
        rtc_ice_set_controlling(peer->ice, !peer->config.ice_lite &&
                                               (d->local_offered || lite));
    error = rtc_ice_set_remote(peer->ice, ufrag, pwd, lite, now);
    if (error)
        return rtc_peer_fail(peer, error, "ICE: %s", rtc_error_text(error));
    for (unsigned i = 0; i < media->candidate_count; i++)
        rtc_ice_add_remote(peer->ice, &media->candidates[i], now);
    rtc_peer_permit_remotes(peer, now);
    return 0;
}

static int apply_dtls(struct rtc_peer *peer, const struct rtc_sdp_media *media)
{
    struct rtc_dtls_fingerprint prints[RTC_SDP_FINGERPRINT_MOST];
    const struct rtc_descriptions *d = &peer->descriptions;
    int error;

    if (peer->dtls_expected)
        return 0;
    for (unsigned i = 0; i < media->fingerprint_count; i++) {
        const struct rtc_sdp_fingerprint *print = &media->fingerprints[i];
        /* Both enums list SHA-256, 384, 512. */
        prints[i].hash = (enum rtc_dtls_hash)print->hash;
        memcpy(prints[i].digest, print->digest, print->len);
    }
    error = rtc_dtls_expect(peer->dtls, prints, media->fingerprint_count);
    if (error && !peer->config.skip_fingerprint)
        return rtc_peer_fail(peer, error, "no fingerprint to trust");
    peer->dtls_role =
        rtc_negotiate_is_dtls_client(d->local, d->remote, d->local_offered)
            ? RTC_DTLS_CLIENT
            : RTC_DTLS_SERVER;
    peer->dtls_expected = true;
    return 0;
}

/* ---- tracks ------------------------------------------------------------- */

static void stop_receiving(struct rtc_peer *peer, struct rtc_track *track)
{
    if (!track->receiving)
        return;
    rtc_peer_remove_routes(peer, track);
    rtc_inbound_done(&track->inbound);
    track->receiving = false;
    track->remote_ssrc = 0;
    track->heard_us = RTC_NEVER;
}

static void start_receiving(struct rtc_peer *peer, struct rtc_track *track)
{
    const struct rtc_negotiate_codec *first = &track->agreed.codecs[0];
    struct rtc_inbound_config config = {
        .kind = track->wish.kind,
        .clock_rate = rtc_codec_clock_rate(first->codec),
        .nack = first->nack,
        .pli = first->pli,
        .packets = track->wish.packets,
        .reorder_us = peer->config.reorder_us,
        .reorder_packets = peer->config.reorder_packets,
        .keyframe_first =
            track->wish.kind == RTC_VIDEO && !peer->config.any_frame,
        .keyframe_after_gap = !peer->config.any_frame,
    };

    if (!track->receiving)
        rtc_inbound_init(&track->inbound, &config, &peer->pool);
    track->receiving = true;
    track->ended = track->end_told = false;
    for (unsigned i = 0; i < track->agreed.ssrc_count; i++) {
        const struct rtc_sdp_pair *pair = &track->agreed.ssrcs[i];
        rtc_peer_add_route(peer, pair->ssrc, track, false);
        if (pair->rtx_ssrc)
            rtc_peer_add_route(peer, pair->rtx_ssrc, track, true);
    }
}

static int apply_track(struct rtc_peer *peer, struct rtc_track *track)
{
    bool works = !track->agreed.rejected && track->agreed.codec_count;
    int error = 0;

    track->stopped = track->agreed.rejected;
    track->mid_set = false;
    if (works && (track->agreed.direction & RTC_RECVONLY))
        start_receiving(peer, track);
    else
        stop_receiving(peer, track);
    if (works && (track->agreed.direction & RTC_SENDONLY) &&
        !track->sender.format.codec) {
        rtc_tail_init(&track->tail, track->agreed.codecs[0].nack);
        error = rtc_track_set_codec(peer, track, &track->agreed.codecs[0]);
    }
    peer->rtcp_rsize = peer->rtcp_rsize && track->agreed.rtcp_rsize;
    return error;
}

static int apply_section(struct rtc_peer *peer, unsigned index, rtc_usec now)
{
    const struct rtc_descriptions *d = &peer->descriptions;
    struct rtc_track *track = rtc_peer_find_track(peer, d->tracks[index]);
    int error;

    if (!track)
        return 0;
    rtc_text_copy(d->remote->media[index].mid, track->mid, sizeof track->mid);
    rtc_negotiate_agree(d->local, d->remote, index, &track->agreed);
    error = apply_track(peer, track);
    rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_TRACK,
                                            .track = track->number,
                                            .time = now});
    return error;
}

static bool has_section(const struct rtc_descriptions *d, int track)
{
    for (unsigned i = 0; i < d->remote->media_count; i++)
        if (d->tracks[i] == track)
            return true;
    return false;
}

/* A section that is rejected has no track, so a track that had one and has none
 * any more is stopped. */
static void stop_tracks(struct rtc_peer *peer, rtc_usec now)
{
    for (unsigned i = 0; i < peer->track_count; i++) {
        struct rtc_track *track = peer->tracks[i];
        if (!track->mid[0] || track->stopped ||
            has_section(&peer->descriptions, track->number))
            continue;
        track->agreed = (struct rtc_negotiate_agreed){.rejected = true};
        track->stopped = true;
        stop_receiving(peer, track);
        rtc_peer_note(peer, &(struct rtc_event){.type = RTC_EVENT_TRACK,
                                                .track = track->number,
                                                .time = now});
    }
}

int rtc_peer_apply(struct rtc_peer *peer, rtc_usec now)
{
    const struct rtc_descriptions *d = &peer->descriptions;
    int index = rtc_negotiate_transport(d->local, d->remote), error = 0;

    if (index < 0)
        return rtc_peer_fail(peer, RTC_ERR_FORMAT,
                             "no section has ICE credentials");
    peer->rtcp_rsize = true;
    for (unsigned i = 0; !error && i < d->remote->media_count; i++)
        error = apply_section(peer, i, now);
    stop_tracks(peer, now);
    if (!error)
        error = apply_dtls(peer, &d->remote->media[index]);
    if (!error)
        error = apply_ice(peer, &d->remote->media[index], now);
    if (!error)
        error = rtc_peer_apply_data(peer, now);
    peer->as_of = now;
    rtc_peer_follow(peer, now);
    return error;
}
