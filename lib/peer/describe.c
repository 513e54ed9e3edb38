/* SPDX-License-Identifier: MIT
 * Descriptions in and out (RFC 9429 3.2, 4.1): the offer/answer state machine.
 * What goes into them is negotiate.c's, what follows from them apply.c's. */
#include "peer/describe.h"

#include <string.h>

#include "peer/peer.h"

void rtc_descriptions_init(struct rtc_descriptions *d,
                           const struct rtc_random *random)
{
    /* RFC 9429 5.2.1: 63 bits. */
    d->session_id = rtc_random_u64(random) >> 1;
    for (unsigned i = 0; i < RTC_SDP_MEDIA_MOST; i++)
        d->tracks[i] = d->pending_tracks[i] = -1;
}

void rtc_descriptions_done(struct rtc_descriptions *d)
{
    rtc_sdp_free(d->local);
    rtc_sdp_free(d->remote);
    rtc_sdp_free(d->pending);
    d->local = d->remote = d->pending = NULL;
}

enum rtc_signaling_state rtc_peer_signaling(const struct rtc_peer *peer)
{
    return peer ? peer->descriptions.state : RTC_SIGNALING_STABLE;
}

/* ---- what we say of ourselves ------------------------------------------- */

#define CANDIDATE_MOST 32

/* Everything struct rtc_negotiate_local points at. */
struct ourselves {
    struct rtc_negotiate_local local;
    struct rtc_negotiate_track tracks[RTC_TRACK_MOST];
    struct rtc_candidate candidates[CANDIDATE_MOST];
};

static void describe_tracks(const struct rtc_peer *peer, struct ourselves *us)
{
    for (unsigned i = 0; i < peer->track_count; i++) {
        const struct rtc_track *track = peer->tracks[i];
        us->tracks[i] = (struct rtc_negotiate_track){
            .kind = track->wish.kind,
            .direction = track->wish.direction,
            .codecs = track->wish.codecs,
            .codec_count = track->wish.codec_count,
            .stream_id = track->wish.stream_id,
            .track_id = track->wish.track_id,
            .rids = track->wish.rids,
            .rid_count = track->wish.layer_count,
            .packets = track->wish.packets,
            .ssrc = track->plain.ssrc,
            .rtx_ssrc = track->plain.rtx_ssrc,
            .mid = track->mid,
            .by_remote = track->by_remote,
            .stopped = track->stopped || track->stop,
        };
    }
    us->local.tracks = us->tracks;
    us->local.track_count = peer->track_count;
}

static int describe_ourselves(struct rtc_peer *peer, struct ourselves *us)
{
    struct rtc_dtls_fingerprint print;
    int error =
        rtc_identity_fingerprint(peer->identity, RTC_DTLS_SHA256, &print);

    if (error)
        return error;
    us->local = (struct rtc_negotiate_local){
        .ice_ufrag = rtc_ice_local_ufrag(peer->ice),
        .ice_pwd = rtc_ice_local_pwd(peer->ice),
        .ice_lite = peer->config.ice_lite,
        .hide_related = peer->config.hide_related,
        .max_bundle = peer->config.max_bundle,
        .session_id = peer->descriptions.session_id,
        .version = peer->descriptions.version,
        .cname = peer->cname,
        .own_uris = peer->config.extensions,
        .candidates = us->candidates,
        .end_of_candidates =
            !peer->config.trickle || rtc_peer_is_gathered(peer),
        .data = peer->config.data ||
                (peer->channels && rtc_channels_has_any(peer->channels)),
        .message_max = peer->config.message_max,
    };
    us->local.fingerprint.hash = RTC_SDP_SHA256;
    us->local.fingerprint.len = (uint8_t)rtc_dtls_hash_len(RTC_DTLS_SHA256);
    memcpy(us->local.fingerprint.digest, print.digest,
           us->local.fingerprint.len);
    while (us->local.candidate_count < CANDIDATE_MOST &&
           rtc_ice_local(peer->ice, us->local.candidate_count,
                         &us->candidates[us->local.candidate_count]))
        us->local.candidate_count++;
    describe_tracks(peer, us);
    return 0;
}

static struct rtc_negotiate_current current(const struct rtc_peer *peer)
{
    return (struct rtc_negotiate_current){peer->descriptions.local,
                                          peer->descriptions.remote};
}

/* ---- the state machine -------------------------------------------------- */

static int refuse(struct rtc_peer *peer, int error,
                  const struct rtc_sdp_error *why)
{
    if (why->line)
        return rtc_peer_fail(peer, error, "line %u: %s", why->line, why->text);
    return rtc_peer_fail(peer, error, "%s", why->text);
}

static int check_state(struct rtc_peer *peer, enum rtc_signaling_state need)
{
    if (peer->closed)
        return rtc_peer_fail(peer, RTC_ERR_CLOSED, "the session is over");
    if (peer->descriptions.state == need)
        return 0;
    return rtc_peer_fail(
        peer, RTC_ERR_STATE, "%s",
        need == RTC_SIGNALING_STABLE        ? "an offer is under way already"
        : need == RTC_SIGNALING_LOCAL_OFFER ? "there is no offer of ours"
                                            : "there is no remote offer");
}

/* A description that does not fit `cap` leaves everything as it was. */
static int write_text(struct rtc_peer *peer, const struct rtc_sdp *sdp,
                      char *buf, size_t cap)
{
    int len = rtc_sdp_write(sdp, buf, cap);

    if (len < 0)
        rtc_peer_fail(peer, len, "%zu bytes do not hold the description", cap);
    return len;
}

int rtc_peer_offer(struct rtc_peer *peer, char *buf, size_t cap, rtc_usec now)
{
    struct rtc_descriptions *d = peer ? &peer->descriptions : NULL;
    struct rtc_negotiate_current in_force;
    struct rtc_sdp *sdp;
    struct ourselves us;
    int error, len;

    (void)now;
    if (!peer || !buf)
        return RTC_ERR_ARG;
    error = check_state(peer, RTC_SIGNALING_STABLE);
    if (!error)
        error = describe_ourselves(peer, &us);
    if (error)
        return error;
    in_force = current(peer);
    error = rtc_negotiate_offer(&us.local, &in_force, d->pending_tracks, &sdp);
    if (error)
        return rtc_peer_fail(peer, error, "no memory for the offer");
    len = write_text(peer, sdp, buf, cap);
    if (len < 0) {
        rtc_sdp_free(sdp);
        return len;
    }
    d->pending = sdp;
    d->version++;
    d->state = RTC_SIGNALING_LOCAL_OFFER;
    /* RFC 8445 6.1.1: also for checks that come before the answer. */
    if (!d->remote)
        rtc_ice_set_controlling(peer->ice, !peer->config.ice_lite);
    rtc_peer_tell_all(peer);
    return len;
}

/* Gives every section of the offer a track, making those that are wanted. */
static int match_tracks(struct rtc_peer *peer, const struct rtc_sdp *offer,
                        struct ourselves *us)
{
    struct rtc_negotiate_match matches[RTC_SDP_MEDIA_MOST];
    struct rtc_descriptions *d = &peer->descriptions;

    rtc_negotiate_match(offer, &us->local, matches);
    for (unsigned i = 0; i < offer->media_count; i++) {
        struct rtc_track_config wish = {.kind = matches[i].kind,
                                        .direction = RTC_RECVONLY};
        struct rtc_track *track;
        d->pending_tracks[i] = matches[i].track;
        if (!matches[i].wants_track)
            continue;
        track = rtc_peer_make_track(peer, &wish);
        if (!track)
            continue; /* one too many: its section is rejected */
        track->by_remote = true;
        d->pending_tracks[i] = track->number;
    }
    return 0;
}

int rtc_peer_remote_offer(struct rtc_peer *peer, const char *sdp, size_t len,
                          rtc_usec now)
{
    struct rtc_descriptions *d = peer ? &peer->descriptions : NULL;
    struct rtc_negotiate_current in_force;
    struct rtc_sdp_error why;
    struct rtc_sdp *offer;
    struct ourselves us;
    int error;

    (void)now;
    if (!peer || !sdp)
        return RTC_ERR_ARG;
    error = check_state(peer, RTC_SIGNALING_STABLE);
    if (!error)
        error = describe_ourselves(peer, &us);
    if (error)
        return error;
    error = rtc_sdp_parse(sdp, len, &offer, &why);
    if (error)
        return refuse(peer, error, &why);
    in_force = current(peer);
    error = rtc_negotiate_check_offer(offer, &in_force, &why);
    if (error) {
        rtc_sdp_free(offer);
        return refuse(peer, error, &why);
    }
    d->tracks_before = peer->track_count;
    d->pending = offer;
    d->state = RTC_SIGNALING_REMOTE_OFFER;
    return match_tracks(peer, offer, &us);
}

/* Other credentials than those in force: the remote restarts ICE, and so do we
 * (RFC 8839 4.4.1.1). */
static bool offer_restarts(const struct rtc_peer *peer)
{
    const struct rtc_sdp *offer = peer->descriptions.pending;
    int index = rtc_negotiate_transport(offer, offer);
    const struct rtc_sdp_media *media;

    if (index < 0 || !rtc_ice_has_remote(peer->ice))
        return false;
    media = &offer->media[index];
    return !rtc_text_is(media->ice_ufrag, rtc_ice_remote_ufrag(peer->ice)) ||
           !rtc_text_is(media->ice_pwd, rtc_ice_remote_pwd(peer->ice));
}

static int make_answer(struct rtc_peer *peer, char *buf, size_t cap,
                       rtc_usec now)
{
    struct rtc_negotiate_match matches[RTC_SDP_MEDIA_MOST] = {{0}};
    struct rtc_descriptions *d = &peer->descriptions;
    struct rtc_negotiate_current in_force;
    struct rtc_sdp_error why;
    struct rtc_sdp *answer;
    struct ourselves us;
    int error = describe_ourselves(peer, &us), len;

    if (error)
        return error;
    for (unsigned i = 0; i < d->pending->media_count; i++)
        matches[i].track = d->pending_tracks[i];
    in_force = current(peer);
    error = rtc_negotiate_answer(d->pending, &us.local, &in_force, matches,
                                 &answer, &why);
    if (error)
        return refuse(peer, error, &why);
    len = write_text(peer, answer, buf, cap);
    if (len < 0) {
        rtc_sdp_free(answer);
        return len;
    }
    d->version++;
    rtc_peer_tell_all(peer);
    error = rtc_descriptions_settle(peer, d->pending, answer, false, now);
    return error ? error : len;
}

int rtc_peer_answer(struct rtc_peer *peer, char *buf, size_t cap, rtc_usec now)
{
    bool restarts;
    int error;

    if (!peer || !buf)
        return RTC_ERR_ARG;
    error = check_state(peer, RTC_SIGNALING_REMOTE_OFFER);
    if (error)
        return error;
    restarts = offer_restarts(peer);
    if (restarts)
        error = rtc_peer_restart_transport(peer, now);
    if (error)
        return rtc_peer_fail(peer, error, "no memory for an ICE restart");
    error = make_answer(peer, buf, cap, now);
    if (error < 0 && restarts && peer->descriptions.pending)
        rtc_ice_cancel_restart(peer->ice, now);
    return error;
}

int rtc_peer_remote_answer(struct rtc_peer *peer, const char *sdp, size_t len,
                           rtc_usec now)
{
    struct rtc_descriptions *d = peer ? &peer->descriptions : NULL;
    struct rtc_sdp_error why;
    struct rtc_sdp *answer;
    int error;

    if (!peer || !sdp)
        return RTC_ERR_ARG;
    error = check_state(peer, RTC_SIGNALING_LOCAL_OFFER);
    if (error)
        return error;
    error = rtc_sdp_parse(sdp, len, &answer, &why);
    if (error)
        return refuse(peer, error, &why);
    error = rtc_negotiate_check_answer(d->pending, answer, &why);
    if (error) {
        rtc_sdp_free(answer);
        return refuse(peer, error, &why);
    }
    return rtc_descriptions_settle(peer, d->pending, answer, true, now);
}

int rtc_descriptions_settle(struct rtc_peer *peer, struct rtc_sdp *offer,
                            struct rtc_sdp *answer, bool local_offered,
                            rtc_usec now)
{
    struct rtc_descriptions *d = &peer->descriptions;

    d->pending = NULL;
    rtc_descriptions_done(d);
    d->local = local_offered ? offer : answer;
    d->remote = local_offered ? answer : offer;
    d->local_offered = local_offered;
    d->state = RTC_SIGNALING_STABLE;
    memcpy(d->tracks, d->pending_tracks, sizeof d->tracks);
    return rtc_peer_apply(peer, now);
}

/* Those the remote offer made; one that tracks of the caller follow keeps its
 * number, as a stopped one. */
static void forget_tracks(struct rtc_peer *peer)
{
    unsigned before = peer->descriptions.tracks_before;

    while (peer->track_count > before &&
           peer->tracks[peer->track_count - 1]->by_remote)
        rtc_peer_drop_track(peer);
    for (unsigned i = before; i < peer->track_count; i++)
        if (peer->tracks[i]->by_remote)
            peer->tracks[i]->stopped = true;
}

int rtc_peer_rollback(struct rtc_peer *peer)
{
    struct rtc_descriptions *d = peer ? &peer->descriptions : NULL;

    if (!peer)
        return RTC_ERR_ARG;
    if (d->state == RTC_SIGNALING_STABLE)
        return rtc_peer_fail(peer, RTC_ERR_STATE, "nothing is under way");
    if (d->state == RTC_SIGNALING_REMOTE_OFFER)
        forget_tracks(peer);
    else if (rtc_ice_is_restarting(peer->ice) && !rtc_ice_has_remote(peer->ice))
        rtc_ice_cancel_restart(peer->ice, peer->as_of);
    rtc_sdp_free(d->pending);
    d->pending = NULL;
    d->state = RTC_SIGNALING_STABLE;
    return 0;
}
