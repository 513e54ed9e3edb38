/* SPDX-License-Identifier: MIT
 * ICE restarts and SDP fragments (RFC 8445 2.4, RFC 8840, RFC 9725 4.3): what
 * changes of the transport without a new pair of descriptions. */
#include <stdio.h>

#include "peer/peer.h"
#include "sdp/candidate.h"
#include "sdp/fragment.h"

/* ---- restarts ------------------------------------------------------------ */

int rtc_peer_restart_transport(struct rtc_peer *peer, rtc_usec now)
{
    int error = rtc_ice_restart(peer->ice, now);

    if (!error)
        rtc_peer_tell_anew(peer);
    rtc_peer_follow(peer, now);
    return error;
}

int rtc_peer_restart_ice(struct rtc_peer *peer, rtc_usec now)
{
    if (!peer)
        return RTC_ERR_ARG;
    if (peer->closed)
        return rtc_peer_fail(peer, RTC_ERR_CLOSED, "the session is over");
    if (!peer->descriptions.local || !peer->descriptions.remote)
        return rtc_peer_fail(peer, RTC_ERR_STATE,
                             "nothing is negotiated that could be restarted");
    peer->as_of = now;
    return rtc_peer_restart_transport(peer, now);
}

int rtc_peer_cancel_restart(struct rtc_peer *peer, rtc_usec now)
{
    int error;

    if (!peer)
        return RTC_ERR_ARG;
    peer->as_of = now;
    error = rtc_ice_cancel_restart(peer->ice, now);
    if (error)
        return rtc_peer_fail(peer, error, "no restart is under way");
    rtc_peer_follow(peer, now);
    return 0;
}

/* ---- fragments ----------------------------------------------------------- */

/* Our section that has the transport. */
static const struct rtc_sdp_media *our_section(const struct rtc_peer *peer)
{
    const struct rtc_descriptions *d = &peer->descriptions;
    const struct rtc_sdp *local = d->local ? d->local
                                  : d->state == RTC_SIGNALING_LOCAL_OFFER
                                      ? d->pending
                                      : NULL;
    int index = rtc_negotiate_transport(local, d->local ? d->remote : local);

    return index < 0 ? NULL : &local->media[index];
}

static int write_fragment(const struct rtc_sdp_fragment *fragment,
                          const struct rtc_sdp_media *section, char *buf,
                          size_t cap)
{
    char format[8] = "0";
    struct rtc_sdp_fragment_media media = {.kind = section->kind_name,
                                           .protocol = section->protocol_name};

    if (section->format_count)
        snprintf(format, sizeof format, "%u",
                 (unsigned)section->formats[0].payload_type);
    media.format = rtc_text_of(format);
    return rtc_sdp_fragment_write(fragment, &media, buf, cap);
}

int rtc_peer_fragment(struct rtc_peer *peer, char *buf, size_t cap,
                      rtc_usec now)
{
    const struct rtc_sdp_media *section = peer ? our_section(peer) : NULL;
    struct rtc_told before;
    struct rtc_sdp_fragment fragment = {.candidate_count = 0};
    int len;

    if (!peer || !buf)
        return RTC_ERR_ARG;
    if (!section)
        return rtc_peer_fail(peer, RTC_ERR_STATE, "there is no description");
    peer->as_of = now;
    before = peer->told;
    while (fragment.candidate_count < RTC_SDP_FRAGMENT_CANDIDATE_MOST &&
           rtc_peer_next_untold(peer,
                                &fragment.candidates[fragment.candidate_count]))
        fragment.candidate_count++;
    fragment.end_of_candidates = rtc_peer_is_gathered(peer);
    if (!fragment.candidate_count &&
        (!fragment.end_of_candidates || peer->told.end))
        return 0;
    fragment.ice_ufrag = rtc_text_of(rtc_ice_local_ufrag(peer->ice));
    fragment.ice_pwd = rtc_text_of(rtc_ice_local_pwd(peer->ice));
    fragment.ice_options = section->ice_options;
    fragment.ice_lite = peer->config.ice_lite;
    fragment.mid = section->mid;
    len = write_fragment(&fragment, section, buf, cap);
    if (len < 0)
        peer->told = before;
    else
        peer->told.end = fragment.end_of_candidates;
    return len;
}

/* Credentials of a fragment: none, those in force, or the answer to a restart
 * of ours. Whose answer has no candidates has not moved: there are servers that
 * do not repeat theirs. */
static int take_credentials(struct rtc_peer *peer,
                            const struct rtc_sdp_fragment *fragment,
                            rtc_usec now)
{
    bool is_answer = !rtc_ice_has_remote(peer->ice);
    char ufrag[RTC_UFRAG_MAX + 1], pwd[RTC_PWD_MAX + 1];
    int error;

    if (!fragment->ice_ufrag.len && !fragment->ice_pwd.len)
        return 0;
    if (!rtc_text_copy(fragment->ice_ufrag, ufrag, sizeof ufrag) ||
        !rtc_text_copy(fragment->ice_pwd, pwd, sizeof pwd))
        return rtc_peer_fail(peer, RTC_ERR_FORMAT, "ICE credentials too long");
    error = rtc_ice_set_remote(peer->ice, ufrag, pwd, fragment->ice_lite, now);
    if (error == RTC_ERR_STATE)
        return rtc_peer_fail(peer, error,
                             "the fragment's ICE credentials are neither those "
                             "in force nor the answer to a restart");
    if (error)
        return rtc_peer_fail(peer, RTC_ERR_FORMAT,
                             "the fragment's ICE credentials are malformed");
    if (is_answer && !fragment->candidate_count)
        rtc_ice_keep_remotes(peer->ice, now);
    return 0;
}

int rtc_peer_remote_fragment(struct rtc_peer *peer, const char *text,
                             size_t len, rtc_usec now)
{
    struct rtc_sdp_fragment fragment;
    struct rtc_sdp_error why;
    int error;

    if (!peer || !text)
        return RTC_ERR_ARG;
    if (peer->closed)
        return rtc_peer_fail(peer, RTC_ERR_CLOSED, "the session is over");
    error = rtc_sdp_fragment_parse(text, len, &fragment, &why);
    if (error)
        return rtc_peer_fail(peer, error, "line %u: %s", why.line, why.text);
    peer->as_of = now;
    error = take_credentials(peer, &fragment, now);
    for (unsigned i = 0; !error && i < fragment.candidate_count; i++)
        rtc_ice_add_remote(peer->ice, &fragment.candidates[i], now);
    if (!error)
        rtc_peer_permit_remotes(peer, now);
    rtc_peer_follow(peer, now);
    return error;
}

/* ---- candidates as text -------------------------------------------------- */

int rtc_candidate_parse(const char *text, size_t len,
                        struct rtc_candidate *ret_candidate)
{
    if (!text || !ret_candidate)
        return RTC_ERR_ARG;
    return rtc_sdp_candidate_parse((struct rtc_text){text, len}, ret_candidate);
}

int rtc_candidate_write(const struct rtc_candidate *candidate, char *buf,
                        size_t cap)
{
    if (!candidate || !buf)
        return RTC_ERR_ARG;
    return rtc_sdp_candidate_write(candidate, buf, cap);
}
