/* SPDX-License-Identifier: MIT
 *
 * What a session does from its first PATCH to its end, and what its URL gives
 * away.
 */
#include <ctype.h>
#include <string.h>

#include "cmd/probe/conformance_judge.h"
#include "cmd/url.h"
#include "cmd/whip_response.h"
#include "sdp/fragment.h"

/* ---- PATCH that is to be refused ----------------------------------------- */

JUDGE(patch_type)
{
    conform_refused(verdict, conform_status(seen, STEP_PATCH_TYPE));
}

JUDGE(patch_malformed)
{
    conform_refused(verdict, conform_status(seen, STEP_PATCH_MALFORMED));
}

/* These say that the server takes such a PATCH, but not for that tag. */
static bool is_about_tag(int status)
{
    return status == 412 || status == 428;
}

JUDGE(only_one)
{
    bool trickles = conform_granted(seen, STEP_TRICKLE);
    int status = conform_status(seen, trickles ? STEP_RESTART : STEP_TRICKLE);
    const char *what = trickles ? "a restart" : "candidates";

    if (trickles && conform_restarted(seen))
        conform_ok(verdict, "both are taken");
    else if (!trickles && !conform_restarted(seen))
        conform_skip(verdict, "neither is taken");
    else if (status == 422)
        conform_ok(verdict, "status 422 to %s", what);
    else if (!status)
        conform_skip(verdict, "no answer to %s", what);
    else if (is_about_tag(status) || whip_is_success(status))
        conform_skip(verdict, "status %d to %s", status, what);
    else
        conform_fail(verdict, "status %d instead of 422 to %s", status, what);
}

static void judge_status(int status, int wanted,
                         struct conform_verdict *verdict)
{
    if (status == wanted)
        conform_ok(verdict, "status %d", status);
    else
        conform_fail(verdict, "status %d instead of %d", status, wanted);
}

JUDGE(unconditional)
{
    judge_status(conform_status(seen, STEP_TRICKLE_UNCONDITIONAL), 428,
                 verdict);
}

JUDGE(stale)
{
    judge_status(conform_status(seen, STEP_TRICKLE_STALE), 412, verdict);
}

JUDGE(former)
{
    const struct http_response *restarted = conform_restarted(seen);
    const char *tag = restarted ? http_field(restarted, "ETag", 0) : NULL;

    if (!restarted)
        conform_skip(verdict, "no restart was granted");
    else if (!tag || !strcmp(tag, seen->etag))
        conform_skip(verdict, "the restart brought no other tag");
    else
        judge_status(conform_status(seen, STEP_TRICKLE_FORMER), 412, verdict);
}

/* ---- entity tags --------------------------------------------------------- */

static void judge_tag(const char *value, struct conform_verdict *verdict)
{
    char tag[FIELD_ETAG_LEN];
    bool odd = false;

    if (!value)
        conform_fail(verdict, "no ETag");
    else if (!field_etag(value, tag, &odd))
        conform_fail(verdict, "ETag cannot be sent back");
    else if (!strncmp(tag, "W/", 2))
        conform_fail(verdict, "ETag is weak: %.100s", tag);
    else if (odd)
        conform_fail(verdict, "ETag is not in quotes: %.100s", tag);
    else
        conform_ok(verdict, "ETag: %.100s", tag);
}

/* A server that takes no PATCH needs none. */
JUDGE(etag)
{
    const struct http_response *response = conform_response(seen, STEP_OFFER);
    const char *tag = response ? http_field(response, "ETag", 0) : NULL;

    if (!conform_granted(seen, STEP_TRICKLE) && !conform_restarted(seen) &&
        !tag)
        conform_skip(verdict, "neither candidates nor restarts are taken");
    else
        judge_tag(tag, verdict);
}

/* ---- candidates ---------------------------------------------------------- */

/* Not to take them is allowed. With which status, is another case's matter
 * where the server takes the `other' of candidates and restarts. */
static bool is_unsupported(int status, bool other)
{
    if (other && status >= 400 && status < 500)
        return !is_about_tag(status);
    return status == 405 || status == 422 || status == 501;
}

JUDGE(trickle_status)
{
    int status = conform_status(seen, STEP_TRICKLE);

    if (is_unsupported(status, conform_restarted(seen)))
        conform_skip(verdict, "candidates are not taken: status %d", status);
    else
        judge_status(status, 204, verdict);
}

JUDGE(trickle_empty)
{
    const struct http_response *response = conform_response(seen, STEP_TRICKLE);

    if (!whip_is_success(response->status))
        conform_skip(verdict, "status %d", response->status);
    else if (response->len > 0)
        conform_fail(verdict, "%zu bytes of content", response->len);
    else if (http_field(response, "ETag", 0))
        conform_fail(verdict, "an ETag");
    else
        conform_ok(verdict, "neither");
}

JUDGE(trickle_useless)
{
    int status = conform_status(seen, STEP_TRICKLE_USELESS);

    if (whip_is_success(status))
        conform_ok(verdict, "status %d", status);
    else
        conform_fail(verdict, "status %d", status);
}

/* ---- restarts ------------------------------------------------------------ */

JUDGE(restart_status)
{
    int status = conform_status(seen, STEP_RESTART);

    if (status == 200)
        conform_ok(verdict, "status 200");
    else if (conform_status(seen, STEP_RESTART_QUOTED) == 200)
        conform_warn(verdict,
                     "only `If-Match: \"*\"' is taken, as an example of the "
                     "RFC has it, and not `If-Match: *', as RFC 9110 13.1.1 "
                     "has it (status %d)",
                     status);
    else if (!conform_restarted(seen) &&
             is_unsupported(status, conform_granted(seen, STEP_TRICKLE)))
        conform_skip(verdict, "restarts are not taken: status %d", status);
    else
        conform_fail(verdict, "status %d instead of 200", status);
}

/* The answer, with a verdict where there is nothing to judge. */
static const struct http_response *restarted(const struct conform_seen *seen,
                                             struct conform_verdict *verdict)
{
    const struct http_response *response = conform_restarted(seen);

    if (!response)
        conform_skip(verdict, "no restart was granted: status %d",
                     conform_status(seen, STEP_RESTART));
    return response;
}

/* Whether the answer had these credentials already. */
static bool is_old(const struct conform_seen *seen, struct rtc_text ufrag)
{
    const struct rtc_sdp *sdp = seen->answers[STEP_OFFER].sdp;

    for (unsigned i = 0; sdp && i < sdp->media_count; i++)
        if (rtc_sdp_same(sdp->media[i].ice_ufrag, ufrag))
            return true;
    return false;
}

JUDGE(restart_fragment)
{
    const struct http_response *response = restarted(seen, verdict);
    struct rtc_sdp_fragment fragment;
    struct rtc_sdp_error error;
    char type[FIELD_TYPE_LEN];

    if (!response)
        return;
    field_media_type(http_field(response, "Content-Type", 0), type);
    if (strcmp(type, "application/trickle-ice-sdpfrag") != 0)
        conform_fail(verdict, "Content-Type: %s", *type ? type : "none");
    else if (response->len == 0)
        conform_fail(verdict, "no content");
    else if (rtc_sdp_fragment_parse(response->body, response->len, &fragment,
                                    &error))
        conform_fail(verdict, "it cannot be read: %s", error.text);
    else if (!fragment.ice_ufrag.len || !fragment.ice_pwd.len)
        conform_fail(verdict, "no a=ice-%s",
                     fragment.ice_ufrag.len ? "pwd" : "ufrag");
    else if (is_old(seen, fragment.ice_ufrag))
        conform_fail(verdict, "the credentials are not new");
    else if (*seen->renew_refused)
        conform_fail(verdict, "%s", seen->renew_refused);
    else
        conform_ok(verdict, "%u candidates", fragment.candidate_count);
}

JUDGE(restart_etag)
{
    const struct http_response *response = restarted(seen, verdict);
    const char *tag = response ? http_field(response, "ETag", 0) : NULL;

    if (!response)
        return;
    judge_tag(tag, verdict);
    if (tag && !strcmp(tag, seen->etag))
        conform_fail(verdict, "ETag is that of before");
}

JUDGE(restart_connects)
{
    if (seen->media.renew_us != RTC_NEVER)
        conform_ok(verdict, "after %.0f ms",
                   (double)seen->media.renew_us / 1e3);
    else if (*seen->renew_refused)
        conform_skip(verdict, "%s", seen->renew_refused);
    else
        conform_fail(verdict, "no pair of addresses works with them");
}

JUDGE(restart_keeps)
{
    int status = conform_status(seen, STEP_TRICKLE_FORMER);

    if (conform_restarted(seen))
        conform_skip(verdict, "the restart was granted");
    else if (whip_is_success(status))
        conform_ok(verdict, "status %d to candidates", status);
    else
        conform_fail(verdict, "status %d to candidates", status);
}

/* ---- the end ------------------------------------------------------------- */

JUDGE(delete_match)
{
    int status = conform_status(seen, STEP_DELETE_ACTIVE);

    if (whip_is_success(status))
        conform_ok(verdict, "status %d with a stale tag", status);
    else if (status == conform_status(seen, STEP_DELETE))
        conform_skip(verdict, "status %d, as without a tag", status);
    else
        conform_fail(verdict, "status %d with a stale tag", status);
}

JUDGE(delete_status)
{
    int status = conform_status(seen, STEP_DELETE);

    if (status != 200 && whip_is_success(status))
        conform_warn(verdict, "status %d instead of 200", status);
    else
        judge_status(status, 200, verdict);
}

JUDGE(delete_again)
{
    int status = conform_status(seen, STEP_DELETE_AGAIN);

    if (status != 404 && status >= 400 && status < 500)
        conform_warn(verdict, "status %d instead of 404", status);
    else
        judge_status(status, 404, verdict);
}

JUDGE(abandoned)
{
    int status = conform_status(seen, STEP_DELETE_ABANDONED);
    rtc_usec wait = conform_requests[STEP_ABANDON].wait;

    if (!status)
        conform_skip(verdict, "DELETE was not answered");
    else if (whip_is_success(status))
        conform_fail(verdict, "it was still there after %.0f s",
                     (double)wait / 1e6);
    else
        conform_ok(verdict, "status %d after %.0f s", status,
                   (double)wait / 1e6);
}

/* ---- the URLs ------------------------------------------------------------ */

/* Of two sessions, one after the other. */
static bool find_urls(const struct conform_seen *seen, const char *ret_urls[2])
{
    static const enum conform_step steps[] = {STEP_OFFER, STEP_OFFER_ACTIVE,
                                              STEP_OFFER_TRACKS};
    unsigned count = 0;

    for (size_t i = 0; i < sizeof steps / sizeof *steps && count < 2; i++)
        if (seen->answers[steps[i]].session)
            ret_urls[count++] = seen->answers[steps[i]].session;
    return count == 2;
}

JUDGE(urls_differ)
{
    const char *urls[2];
    char shown[200];

    if (!find_urls(seen, urls))
        conform_skip(verdict, "there were not two sessions to compare");
    else if (!strcmp(urls[0], urls[1]))
        conform_fail(verdict, "two sessions were at %s",
                     url_show(urls[0], shown, sizeof shown));
    else
        conform_ok(verdict, "two sessions had two");
}

/* Of 1000 parts of a bit. */
static unsigned bits_of(char c, const bool classes[4])
{
    if (c == '-' || c == '/' || c == '.')
        return 0; /* They stand between. */
    if (classes[3] || (classes[1] && classes[2]))
        return 5954; /* digits, letters of either case */
    if (classes[1] || classes[2])
        return 5170; /* digits, letters */
    return classes[0] ? 4000 : 3322;
}

static unsigned count_bits(const char *text, size_t len)
{
    /* beyond decimal digits: of hex digits; lower, upper case; others */
    bool classes[4] = {false};
    unsigned bits = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        classes[0] |= isxdigit(c) && !isdigit(c);
        classes[1] |= !isxdigit(c) && islower(c);
        classes[2] |= !isxdigit(c) && isupper(c);
        classes[3] |= c == '_' || c == '~' || c == '=' || c == '%';
    }
    for (size_t i = 0; i < len; i++)
        bits += bits_of(text[i], classes);
    return bits / 1000;
}

unsigned conform_url_bits(const char *one, const char *other)
{
    size_t len = strlen(one), other_len = strlen(other), first = 0;
    unsigned bits, other_bits;

    while (one[first] && one[first] == other[first])
        first++;
    while (len > first && other_len > first &&
           one[len - 1] == other[other_len - 1]) {
        len--;
        other_len--;
    }
    bits = count_bits(one + first, len - first);
    other_bits = count_bits(other + first, other_len - first);
    return bits < other_bits ? bits : other_bits;
}

#define BITS_LEAST 64

JUDGE(urls_random)
{
    const char *urls[2];
    unsigned bits;

    if (!find_urls(seen, urls)) {
        conform_skip(verdict, "there were not two sessions to compare");
        return;
    }
    bits = conform_url_bits(urls[0], urls[1]);
    if (!strcmp(urls[0], urls[1]))
        conform_skip(verdict, "two sessions were at the same");
    else if (bits >= BITS_LEAST)
        conform_ok(verdict, "what differs has room for %u random bits", bits);
    else
        conform_fail(verdict,
                     "what differs has room for %u random bits, less than %d",
                     bits, BITS_LEAST);
}

/* ---- the connection ------------------------------------------------------ */

JUDGE(connects)
{
    if (seen->media.connect_us != RTC_NEVER)
        conform_ok(verdict, "after %.0f ms",
                   (double)seen->media.connect_us / 1e3);
    else if (*seen->refused)
        conform_fail(verdict, "%s", seen->refused);
    else
        conform_fail(verdict, "not within %.0f s",
                     (double)conform_requests[STEP_CONNECT].wait / 1e6);
}

JUDGE(closes)
{
    if (seen->media.close_us != RTC_NEVER && seen->media.by_server)
        conform_ok(verdict, "DTLS was closed %.0f ms after the answer",
                   (double)seen->media.close_us / 1e3);
    else if (seen->media.is_silent)
        conform_ok(verdict, "nothing came any more, not even an end of DTLS");
    else
        conform_fail(verdict, "packets came still, seconds later");
}
