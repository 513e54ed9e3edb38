/* SPDX-License-Identifier: MIT
 *
 * What a server is asked, in which order, and what must be so for that.
 *
 * One session at a time: what an offer made is deleted before the next one is
 * sent, by a step or, where it should not have been made, by the run.
 */
#include "cmd/probe/conformance.h"

#define SDP "application/sdp"
#define FRAGMENT "application/trickle-ice-sdpfrag"

/* clang-format off */
const struct conform_request conform_requests[STEP_COUNT] = {
    [STEP_PREFLIGHT] = {
        .name = "a preflight", .method = "OPTIONS", .who = WHO_BROWSER},
    [STEP_GET] = {
        .name = "GET", .method = "GET"},
    [STEP_HEAD] = {
        .name = "HEAD", .method = "HEAD", .needs = NEED_WHEP},

    [STEP_OFFER] = {
        .name = "an offer", .method = "POST", .type = SDP, .body = BODY_OFFER},
    [STEP_ANSWER] = {
        .name = "an answer", .method = "PATCH", .at_session = true,
        .type = SDP, .body = BODY_ANSWER,
        .needs = NEED_WHEP | NEED_COUNTER | NEED_SESSION},
    [STEP_GET_SESSION] = {
        .name = "GET at the session", .method = "GET", .at_session = true,
        .needs = NEED_TAKEN | NEED_SESSION},
    [STEP_TRICKLE] = {
        .name = "candidates", .method = "PATCH", .at_session = true,
        .type = FRAGMENT, .body = BODY_TRICKLE, .match = MATCH_TAG,
        .needs = NEED_TAKEN | NEED_SESSION},
    [STEP_TRICKLE_USELESS] = {
        .name = "useless candidates", .method = "PATCH", .at_session = true,
        .type = FRAGMENT, .body = BODY_USELESS, .match = MATCH_TAG,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_TRICKLE},
    [STEP_TRICKLE_UNCONDITIONAL] = {
        .name = "candidates without If-Match", .method = "PATCH",
        .at_session = true, .type = FRAGMENT, .body = BODY_TRICKLE,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_TRICKLE | NEED_TAG},
    [STEP_TRICKLE_STALE] = {
        .name = "candidates with a stale tag", .method = "PATCH",
        .at_session = true, .type = FRAGMENT, .body = BODY_TRICKLE,
        .match = MATCH_STALE,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_TRICKLE | NEED_TAG},
    [STEP_PATCH_TYPE] = {
        .name = "a PATCH of another type", .method = "PATCH",
        .at_session = true, .type = "text/plain", .body = BODY_TRICKLE,
        .match = MATCH_TAG,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_PATCH},
    [STEP_PATCH_MALFORMED] = {
        .name = "a malformed PATCH", .method = "PATCH", .at_session = true,
        .type = FRAGMENT, .body = BODY_NO_FRAGMENT, .match = MATCH_TAG,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_PATCH},
    [STEP_PATCH_NOBODY] = {
        .name = "a PATCH without credentials", .method = "PATCH",
        .at_session = true, .who = WHO_NOBODY, .type = FRAGMENT,
        .body = BODY_TRICKLE, .match = MATCH_TAG,
        .needs = NEED_CREDENTIALS | NEED_TAKEN | NEED_SESSION | NEED_PATCH},
    [STEP_CONNECT] = {
        .name = "the connection", .wait = 10000000,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_CONNECTION},
    [STEP_RESTART] = {
        .name = "an ICE restart", .method = "PATCH", .at_session = true,
        .type = FRAGMENT, .body = BODY_RESTART, .match = MATCH_ANY,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_PATCH},
    [STEP_RESTART_QUOTED] = {
        .name = "an ICE restart, `*' in quotes", .method = "PATCH",
        .at_session = true, .type = FRAGMENT, .body = BODY_RESTART,
        .match = MATCH_ANY_QUOTED,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_PATCH | NEED_REFUSED},
    [STEP_RENEW] = {
        .name = "the connection after the restart", .wait = 10000000,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_CONNECTION |
                 NEED_CONNECTED | NEED_RENEWED},
    /* After a restart its tag is of before; else it is in force still. */
    [STEP_TRICKLE_FORMER] = {
        .name = "candidates with the first tag", .method = "PATCH",
        .at_session = true, .type = FRAGMENT, .body = BODY_TRICKLE,
        .match = MATCH_TAG,
        .needs = NEED_TAKEN | NEED_SESSION | NEED_TRICKLE | NEED_TAG},
    [STEP_DELETE_NOBODY] = {
        .name = "DELETE without credentials", .method = "DELETE",
        .at_session = true, .who = WHO_NOBODY,
        .needs = NEED_CREDENTIALS | NEED_SESSION},
    [STEP_DELETE] = {
        .name = "DELETE", .method = "DELETE", .at_session = true,
        .needs = NEED_SESSION},
    [STEP_CLOSE] = {
        .name = "the end of the connection", .wait = 8000000,
        .needs = NEED_CONNECTION | NEED_CONNECTED | NEED_DELETED},
    [STEP_DELETE_AGAIN] = {
        .name = "DELETE once more", .method = "DELETE", .at_session = true,
        .needs = NEED_DELETED},

    [STEP_POST_TYPE] = {
        .name = "an offer of another type", .method = "POST",
        .type = "text/plain", .body = BODY_SPARE, .needs = NEED_TAKEN | NEED_CLEAN},
    [STEP_POST_MALFORMED] = {
        .name = "a malformed offer", .method = "POST", .type = SDP,
        .body = BODY_NO_OFFER, .needs = NEED_TAKEN | NEED_CLEAN},
    [STEP_POST_NOBODY] = {
        .name = "an offer without credentials", .method = "POST",
        .who = WHO_NOBODY, .type = SDP, .body = BODY_SPARE,
        .needs = NEED_CREDENTIALS | NEED_TAKEN | NEED_CLEAN},

    [STEP_OFFER_ACTIVE] = {
        .name = "an offer of a DTLS client", .method = "POST", .type = SDP,
        .body = BODY_ACTIVE, .needs = NEED_TAKEN | NEED_CLEAN},
    [STEP_DELETE_ACTIVE] = {
        .name = "DELETE with a stale tag", .method = "DELETE",
        .at_session = true, .match = MATCH_STALE,
        .needs = NEED_TAKEN | NEED_SESSION},
    [STEP_OFFER_TRACKS] = {
        .name = "an offer of more tracks", .method = "POST", .type = SDP,
        .body = BODY_TRACKS, .needs = NEED_TAKEN | NEED_CLEAN},
    [STEP_DELETE_TRACKS] = {
        .name = "DELETE", .method = "DELETE", .at_session = true,
        .needs = NEED_TAKEN | NEED_SESSION},

    [STEP_FLOOD] = {
        .name = "many malformed offers", .method = "POST", .type = SDP,
        .body = BODY_NO_OFFER, .needs = NEED_INTRUSION | NEED_TAKEN | NEED_CLEAN,
        .repeat = 30},
    [STEP_OFFER_ABANDONED] = {
        .name = "an offer that is left alone", .method = "POST", .type = SDP,
        .body = BODY_SPARE, .wait = 46000000,
        .needs = NEED_INTRUSION | NEED_TAKEN | NEED_CLEAN},
    [STEP_ABANDON] = {
        .name = "the time after which it may be forgotten", .wait = 45000000,
        .needs = NEED_INTRUSION | NEED_TAKEN | NEED_SESSION},
    [STEP_DELETE_ABANDONED] = {
        .name = "DELETE", .method = "DELETE", .at_session = true,
        .needs = NEED_INTRUSION | NEED_TAKEN | NEED_SESSION},
};
/* clang-format on */

/* ---- what is needed ------------------------------------------------------ */

static bool is_taken(const struct conform_seen *seen)
{
    return conform_granted(seen, STEP_OFFER) ||
           conform_granted(seen, STEP_ANSWER);
}

/* A 422 is about what was asked, not about the method. */
static bool takes_patch(const struct conform_seen *seen)
{
    int status = conform_status(seen, STEP_TRICKLE);

    return status != 405 && status != 501;
}

static bool is_refused(const struct conform_seen *seen)
{
    int status = conform_status(seen, STEP_RESTART);

    return status >= 400 && status < 500;
}

static bool is_connected(const struct conform_seen *seen)
{
    return seen->media.connect_us != RTC_NEVER;
}

static bool is_renewed(const struct conform_seen *seen)
{
    return conform_restarted(seen);
}

static bool trickles(const struct conform_seen *seen)
{
    return conform_granted(seen, STEP_TRICKLE);
}

static bool is_deleted(const struct conform_seen *seen)
{
    return conform_granted(seen, STEP_DELETE);
}

static bool has_credentials(const struct conform_seen *seen)
{
    return seen->has_credentials;
}

static bool is_whep(const struct conform_seen *seen)
{
    return seen->is_whep;
}

static bool may_connect(const struct conform_seen *seen)
{
    return !seen->is_unconnected;
}

static bool is_intrusive(const struct conform_seen *seen)
{
    return seen->is_intrusive;
}

static bool has_session(const struct conform_seen *seen)
{
    return seen->has_session;
}

static bool is_clean(const struct conform_seen *seen)
{
    return !seen->is_littered;
}

static bool has_tag(const struct conform_seen *seen)
{
    return *seen->etag;
}

struct need {
    enum conform_need need;
    bool (*is_there)(const struct conform_seen *seen);
    const char *why_not;
};

/* What the user gave and allowed, and what the server did. The first that is
 * missing is told. */
static const struct need users[] = {
    {NEED_WHEP, is_whep, "it is about WHEP"},
    {NEED_INTRUSION, is_intrusive, "it is asked only with --intrusive"},
    {NEED_CREDENTIALS, has_credentials, "no token was given"},
    {NEED_CONNECTION, may_connect, "--no-connect was given"},
    {0, NULL, NULL},
};
static const struct need servers[] = {
    {NEED_COUNTER, conform_countered, "the server made no offer of its own"},
    {NEED_TAKEN, is_taken, "no offer was taken"},
    {NEED_SESSION, has_session, "there is no session"},
    {NEED_PATCH, takes_patch, "the server does not take PATCH"},
    {NEED_TRICKLE, trickles, "the server took no candidates"},
    {NEED_TAG, has_tag, "the server gave no entity tag"},
    {NEED_CONNECTED, is_connected, "the session did not connect"},
    {NEED_REFUSED, is_refused, "the plain form was not refused"},
    {NEED_RENEWED, is_renewed, "no restart was granted"},
    {NEED_CLEAN, is_clean, "an earlier session could not be deleted"},
    {NEED_DELETED, is_deleted, "DELETE did not succeed"},
    {0, NULL, NULL},
};

static const char *find_missing(const struct need *needs, unsigned wanted,
                                const struct conform_seen *seen)
{
    for (; needs->need; needs++)
        if ((wanted & needs->need) && !needs->is_there(seen))
            return needs->why_not;
    return NULL;
}

const char *conform_why_not(const struct conform_request *request,
                            const struct conform_seen *seen)
{
    const char *why = find_missing(users, request->needs, seen);

    if (!why && request->wait > seen->time_left)
        why = "--max-time leaves no time for it";
    return why ? why : find_missing(servers, request->needs, seen);
}
