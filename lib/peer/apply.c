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

/* The SSRCs that the remote names are its one stream's. */
static void add_routes(struct rtc_peer *peer, struct rtc_track *track)
{
    for (unsigned i = 0; i < track->agreed.ssrc_count; i++) {
        const struct rtc_sdp_pair *pair = &track->agreed.ssrcs[i];
        rtc_peer_add_route(peer, pair->ssrc, &track->plain, false);
        if (pair->rtx_ssrc)
            rtc_peer_add_route(peer, pair->rtx_ssrc, &track->plain, true);
    }
}

/* The remote sees nothing of a layer that was paused, so it needs a key frame
 * to go on; ours is news to the caller only when there was one before. */
static void note_resumed(struct rtc_peer *peer, const struct rtc_layer *layer,
                         rtc_usec now)
{
    if (layer->sender.started)
        rtc_peer_note(peer,
                      &(struct rtc_event){.type = RTC_EVENT_KEYFRAME_REQUEST,
                                          .track = layer->track->number,
                                          .layer = layer->index,
                                          .time = now});
}

static int start_sending(struct rtc_peer *peer, struct rtc_layer *layer)
{
    const struct rtc_negotiate_agreed *agreed = &layer->track->agreed;
    const struct rtc_negotiate_codec *first = &agreed->codecs[0];

    layer->extension_set = false;
    for (unsigned i = agreed->codec_count; layer->sent && i-- > 0;)
        if (rtc_simulcast_may_use(layer->sent, agreed->codecs[i].payload_type))
            first = &agreed->codecs[i];
    if (layer->sender.format.codec)
        return 0;
    rtc_tail_init(&layer->tail, first->nack);
    return rtc_layer_set_codec(peer, layer, first);
}

static int apply_sending(struct rtc_peer *peer, struct rtc_track *track,
                         bool works, rtc_usec now)
{
    bool sent[RTC_LAYER_MOST] = {false};
    int error = 0;

    for (unsigned i = 0; i < track->layer_count; i++) {
        sent[i] = track->layers[i]->sends;
        track->layers[i]->sends = false;
        track->layers[i]->sent = NULL;
    }
    works = works && (track->agreed.direction & RTC_SENDONLY);
    if (works && !rtc_peer_assign_sent(peer, track))
        return rtc_peer_fail(peer, RTC_ERR_NOMEM, "no memory for layers");
    for (unsigned i = 0; !error && i < track->layer_count; i++) {
        if (!track->layers[i]->sends) {
            rtc_sender_clear(&track->layers[i]->sender);
            continue;
        }
        error = start_sending(peer, track->layers[i]);
        if (!sent[i] && track->agreed.sent_layer_count)
            note_resumed(peer, track->layers[i], now);
    }
    return error;
}

static int apply_receiving(struct rtc_peer *peer, struct rtc_track *track,
                           bool works)
{
    if (works && (track->agreed.direction & RTC_RECVONLY)) {
        if (!rtc_peer_assign_received(peer, track))
            return rtc_peer_fail(peer, RTC_ERR_NOMEM, "no memory for layers");
        if (!track->agreed.received_layer_count)
            add_routes(peer, track);
        return 0;
    }
    for (unsigned i = 0; i < track->layer_count; i++)
        rtc_peer_stop_receiving(peer, track->layers[i]);
    return 0;
}

static int apply_track(struct rtc_peer *peer, struct rtc_track *track,
                       rtc_usec now)
{
    bool works = !track->agreed.rejected && track->agreed.codec_count;
    int error;

    track->stopped = track->agreed.rejected;
    error = apply_receiving(peer, track, works);
    if (!error)
        error = apply_sending(peer, track, works, now);
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
    if (track->wish.packets)
        rtc_negotiate_agree_own(d->local, d->remote, index,
                                peer->config.extensions, &track->agreed);
    error = apply_track(peer, track, now);
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
        apply_receiving(peer, track, false);
        apply_sending(peer, track, false, now);
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
    rtc_peer_agree_bandwidth(peer);
    peer->as_of = now;
    rtc_peer_follow(peer, now);
    return error;
}
