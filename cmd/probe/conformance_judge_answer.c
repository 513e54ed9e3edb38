/* SPDX-License-Identifier: MIT
 *
 * What a server says to an offer: the answer, and the header fields it comes
 * with.
 */
#include <string.h>

#include "cmd/link.h"
#include "cmd/probe/conformance_judge.h"
#include "cmd/probe/place.h"
#include "cmd/url.h"
#include "cmd/whip_response.h"

/* ---- the status and the header fields ------------------------------------ */

/* The answer that is looked at, or NULL with a verdict why there is none. */
static const struct http_response *taken(const struct conform_seen *seen,
                                         struct conform_verdict *verdict)
{
    const struct http_response *response = conform_response(seen, STEP_OFFER);

    if (whip_is_success(response->status))
        return response;
    if (conform_countered(seen))
        conform_skip(verdict, "the server made an offer of its own");
    else
        conform_skip(verdict, "no offer was taken: status %d",
                     response->status);
    return NULL;
}

/* As `taken', or the server's own offer. */
static const struct http_response *answered(const struct conform_seen *seen,
                                            struct conform_verdict *verdict)
{
    return conform_countered(seen) ? conform_response(seen, STEP_OFFER)
                                   : taken(seen, verdict);
}

/* Of these the exit status tells: they are about the token, or the time. */
static bool is_passing(int status)
{
    static const int statuses[] = {401, 403, 404, 409, 410, 429, 503};

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i] == status)
            return true;
    return false;
}

JUDGE(offer_status)
{
    int status = conform_status(seen, STEP_OFFER);

    if (status == 201)
        conform_ok(verdict, "status 201");
    else if (conform_countered(seen))
        conform_ok(verdict, "status 406 and an offer of the server's");
    else if (is_passing(status))
        conform_skip(verdict, "no offer was taken: status %d", status);
    else
        conform_fail(verdict, "status %d instead of 201", status);
}

JUDGE(answer_type)
{
    const struct http_response *response = taken(seen, verdict);
    const char *value;
    char type[FIELD_TYPE_LEN];

    if (!response)
        return;
    value = http_field(response, "Content-Type", 0);
    if (!value)
        conform_fail(verdict, "no Content-Type");
    else if (strcmp(field_media_type(value, type), "application/sdp") != 0)
        conform_fail(verdict, "Content-Type: %s", type);
    else
        conform_ok(verdict, "Content-Type: %.60s", value);
}

JUDGE(answer_location)
{
    const struct http_response *response = taken(seen, verdict);
    const char *session = seen->answers[STEP_OFFER].session;
    char shown[200];

    if (!response)
        return;
    if (session)
        conform_ok(verdict, "%s", url_show(session, shown, sizeof shown));
    else if (http_field(response, "Location", 0))
        conform_fail(verdict, "Location is no URL that may be asked");
    else
        conform_fail(verdict, "no Location");
}

/* ---- the description ----------------------------------------------------- */

/* As `answered', for what has to be read. */
static const struct rtc_sdp *readable(const struct conform_seen *seen,
                                      struct conform_verdict *verdict)
{
    const struct rtc_sdp *sdp = seen->answers[STEP_OFFER].sdp;

    if (!answered(seen, verdict))
        return NULL;
    if (!sdp)
        conform_skip(verdict, "the answer cannot be read");
    return sdp;
}

/* The first section that is neither rejected nor bundled with the others, RTP
 * and RTCP together; or -1. */
static int find_apart(const struct rtc_sdp *sdp)
{
    for (unsigned i = 0; i < sdp->media_count; i++) {
        const struct rtc_sdp_media *media = &sdp->media[i];

        if (!rtc_sdp_is_rejected(sdp, media) &&
            !(rtc_sdp_is_bundled(sdp, media) && media->rtcp_mux))
            return (int)i;
    }
    return -1;
}

JUDGE(answer_bundle)
{
    const struct rtc_sdp *sdp = readable(seen, verdict);
    int apart = sdp ? find_apart(sdp) : -1;

    if (apart >= 0)
        conform_fail(verdict, "section %d is without %s", apart,
                     rtc_sdp_is_bundled(sdp, &sdp->media[apart]) ? "a=rtcp-mux"
                                                                 : "BUNDLE");
    else if (sdp)
        conform_ok(verdict, "a=group:BUNDLE, a=rtcp-mux");
}

/* What another case is about has to be said once. */
JUDGE(answer_fits)
{
    const struct rtc_sdp *sdp = seen->answers[STEP_OFFER].sdp;

    if (!taken(seen, verdict))
        return;
    if (!sdp)
        conform_fail(verdict, "%s",
                     *seen->refused ? seen->refused : "it is no SDP");
    else if (*seen->refused && find_apart(sdp) >= 0)
        conform_skip(verdict, "%s", seen->refused);
    else if (*seen->refused)
        conform_fail(verdict, "%s", seen->refused);
    else
        conform_ok(verdict, "%u sections", sdp->media_count);
}

JUDGE(answer_direction)
{
    const struct rtc_sdp *sdp =
        taken(seen, verdict) ? readable(seen, verdict) : NULL;
    enum rtc_direction wanted = seen->is_whep ? RTC_SENDONLY : RTC_RECVONLY;
    unsigned count = 0;

    for (unsigned i = 0; sdp && i < sdp->media_count; i++) {
        const struct rtc_sdp_media *media = &sdp->media[i];

        if (rtc_sdp_is_rejected(sdp, media) ||
            media->kind == RTC_SDP_APPLICATION)
            continue;
        count++;
        if (media->direction == wanted)
            continue;
        conform_fail(verdict, "section %u is %s instead of %s", i,
                     rtc_direction_name(media->direction),
                     rtc_direction_name(wanted));
        return;
    }
    if (sdp && count > 0)
        conform_ok(verdict, "%s", rtc_direction_name(wanted));
    else if (sdp)
        conform_fail(verdict, "every section is rejected");
}

static unsigned count_candidates(const struct rtc_sdp *sdp)
{
    unsigned count = 0;

    for (unsigned i = 0; i < sdp->media_count; i++)
        if (!rtc_sdp_is_rejected(sdp, &sdp->media[i]))
            count += sdp->media[i].candidate_count;
    return count;
}

JUDGE(answer_candidates)
{
    const struct rtc_sdp *sdp = readable(seen, verdict);
    unsigned count = sdp ? count_candidates(sdp) : 0;

    if (sdp && count > 0)
        conform_ok(verdict, "%u candidates", count);
    else if (sdp)
        conform_fail(verdict, "no a=candidate");
}

/* The first section that is rejected, or -1. */
static int find_rejected(const struct rtc_sdp *sdp)
{
    for (unsigned i = 0; i < sdp->media_count; i++)
        if (rtc_sdp_is_rejected(sdp, &sdp->media[i]))
            return (int)i;
    return -1;
}

JUDGE(answer_partial)
{
    const struct rtc_sdp *sdp = readable(seen, verdict);
    int rejected = sdp ? find_rejected(sdp) : -1;

    if (rejected >= 0)
        conform_fail(verdict, "section %d (%.*s) is rejected", rejected,
                     sdp->media[rejected].kind_name.len < 20
                         ? (int)sdp->media[rejected].kind_name.len
                         : 20,
                     sdp->media[rejected].kind_name.at);
    else if (sdp)
        conform_ok(verdict, "all of them are taken");
}

/* Who has connected, reached it. */
JUDGE(answer_lite)
{
    const struct rtc_sdp *sdp = readable(seen, verdict);

    if (!sdp)
        return;
    if (!sdp->ice_lite) {
        conform_ok(verdict, "full ICE");
        return;
    }
    for (unsigned i = 0; i < sdp->media_count; i++)
        for (unsigned k = 0; k < sdp->media[i].candidate_count; k++)
            if (probe_place_of(&sdp->media[i].candidates[k].addr) ==
                PROBE_PUBLIC) {
                conform_ok(verdict, "ICE lite with a public address");
                return;
            }
    if (seen->media.connect_us != RTC_NEVER)
        conform_ok(verdict, "ICE lite, and reached from here");
    else
        conform_fail(verdict, "ICE lite, and no candidate is public");
}

/* ---- other offers -------------------------------------------------------- */

JUDGE(tracks)
{
    int status = conform_status(seen, STEP_OFFER_TRACKS);
    const struct rtc_sdp *sdp = seen->answers[STEP_OFFER_TRACKS].sdp;

    if (status == 422 || status == 400)
        conform_ok(verdict, "status %d", status);
    else if (status == 406)
        conform_warn(verdict, "status 406, as older drafts had it");
    else if (status >= 400 && status < 500)
        conform_warn(verdict, "status %d instead of 422 or 400", status);
    else if (!whip_is_success(status))
        conform_fail(verdict, "status %d instead of 422 or 400", status);
    else if (!sdp)
        conform_fail(verdict, "status %d and no answer", status);
    else if (find_rejected(sdp) >= 0)
        conform_fail(verdict, "status %d, and section %d is rejected", status,
                     find_rejected(sdp));
    else
        conform_ok(verdict, "status %d: all of them are taken", status);
}

JUDGE(setup_active)
{
    int status = conform_status(seen, STEP_OFFER_ACTIVE);
    const struct rtc_sdp *sdp = seen->answers[STEP_OFFER_ACTIVE].sdp;

    if (status == 422 || status == 400)
        conform_ok(verdict, "status %d", status);
    else if (!whip_is_success(status))
        conform_fail(verdict, "status %d instead of 422 or 400", status);
    else if (!sdp || sdp->media_count == 0)
        conform_fail(verdict, "status %d and no answer", status);
    else if (sdp->media[0].setup != RTC_SDP_PASSIVE)
        conform_fail(verdict, "status %d, but not a=setup:passive", status);
    else
        conform_ok(verdict, "status %d, a=setup:passive", status);
}

JUDGE(counter_offer)
{
    const struct conform_answer *answer = &seen->answers[STEP_OFFER];

    if (answer->response.status != 406) {
        conform_skip(verdict, "the server made no offer of its own");
        return;
    }
    if (!answer->sdp) {
        conform_fail(verdict, "status 406 without an offer that can be read");
        return;
    }
    if (!answer->session) {
        conform_fail(verdict, "no Location to answer at");
        return;
    }
    for (unsigned i = 0; i < answer->sdp->media_count; i++)
        if (answer->sdp->media[i].kind != RTC_SDP_APPLICATION &&
            !(answer->sdp->media[i].direction & RTC_SENDONLY)) {
            conform_fail(verdict, "section %u is %s", i,
                         rtc_direction_name(answer->sdp->media[i].direction));
            return;
        }
    if (*seen->refused)
        conform_fail(verdict, "%s", seen->refused);
    else
        conform_ok(verdict, "%u sections", answer->sdp->media_count);
}

JUDGE(counter_answer)
{
    int status = conform_status(seen, STEP_ANSWER);

    if (status == 204)
        conform_ok(verdict, "status 204");
    else
        conform_fail(verdict, "status %d instead of 204", status);
}

/* ---- links --------------------------------------------------------------- */

JUDGE(links)
{
    const struct http_response *response = answered(seen, verdict);
    struct link link;
    unsigned count = 0, bad = 0;
    const char *field;

    if (!response)
        return;
    for (unsigned i = 0; (field = http_field(response, "Link", i)); i++) {
        enum link_result result;

        while ((result = link_next(&field, &link)) != LINK_END)
            if (result == LINK_READ && link_param(&link, "rel"))
                count++;
            else
                bad++;
    }
    if (bad > 0)
        conform_fail(verdict, "%u without a URL or relation", bad);
    else
        conform_ok(verdict, "%u links", count);
}

static bool is_ice_server(const struct link *link, bool *ret_turn)
{
    *ret_turn = !strncmp(link->target, "turn:", 5) ||
                !strncmp(link->target, "turns:", 6);
    return *ret_turn || !strncmp(link->target, "stun:", 5) ||
           !strncmp(link->target, "stuns:", 6);
}

/* What is missing, or NULL. */
static const char *lack_of(const struct link *link)
{
    bool is_turn;

    if (!is_ice_server(link, &is_turn))
        return "is neither stun: nor turn:";
    if (strcasestr(link->target, "%3F"))
        return "has %3F in place of a `?'";
    if (is_turn && !link_param(link, "username"))
        return "has no username";
    if (is_turn && !link_param(link, "credential"))
        return "has no credential";
    return NULL;
}

JUDGE(link_servers)
{
    const struct http_response *response = answered(seen, verdict);
    struct link link;
    unsigned count = 0;
    const char *field;

    if (!response)
        return;
    for (unsigned i = 0; (field = http_field(response, "Link", i)); i++) {
        enum link_result result;

        while ((result = link_next(&field, &link)) != LINK_END) {
            if (result != LINK_READ || !link_has_rel(&link, "ice-server"))
                continue;
            count++;
            if (lack_of(&link)) {
                conform_fail(verdict, "%.100s %s", link.target, lack_of(&link));
                return;
            }
        }
    }
    if (count > 0)
        conform_ok(verdict, "%u servers", count);
    else
        conform_skip(verdict, "there are none");
}
