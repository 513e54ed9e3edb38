/* SPDX-License-Identifier: MIT
 *
 * What the endpoint does with requests that are no offers, or none of ours; and
 * how it sends clients elsewhere, or away.
 */
#include <string.h>
#include <strings.h>

#include "cmd/probe/conformance_judge.h"
#include "cmd/url.h"
#include "cmd/whip_response.h"

/* ---- offers that are to be refused --------------------------------------- */

JUDGE(post_type)
{
    conform_refused(verdict, conform_status(seen, STEP_POST_TYPE));
}

JUDGE(post_malformed)
{
    conform_refused(verdict, conform_status(seen, STEP_POST_MALFORMED));
}

/* ---- GET and HEAD -------------------------------------------------------- */

static bool is_denied(int status)
{
    return status == 401 || status == 403;
}

/* Who is let do nothing learns nothing of GET, either. */
static void judge_get(const struct conform_seen *seen, int status,
                      struct conform_verdict *verdict)
{
    if (is_denied(status) && is_denied(conform_status(seen, STEP_OFFER)))
        conform_skip(verdict, "status %d, as to the offer", status);
    else if (whip_is_success(status))
        conform_ok(verdict, "status %d", status);
    else if (status == 405)
        conform_warn(verdict, "status 405, as older drafts had it");
    else
        conform_fail(verdict, "status %d instead of 2xx", status);
}

static void judge_content(const struct http_response *response,
                          struct conform_verdict *verdict)
{
    if (!whip_is_success(response->status))
        conform_skip(verdict, "status %d", response->status);
    else if (response->len > 0)
        conform_fail(verdict, "%zu bytes of content", response->len);
    else
        conform_ok(verdict, "no content");
}

JUDGE(get_status)
{
    judge_get(seen, conform_status(seen, STEP_GET), verdict);
}

JUDGE(get_content)
{
    judge_content(conform_response(seen, STEP_GET), verdict);
}

JUDGE(get_session_status)
{
    judge_get(seen, conform_status(seen, STEP_GET_SESSION), verdict);
}

JUDGE(get_session_content)
{
    judge_content(conform_response(seen, STEP_GET_SESSION), verdict);
}

JUDGE(head)
{
    const struct http_response *response = conform_response(seen, STEP_HEAD);
    const char *value = http_field(response, "Content-Type", 0);
    char type[FIELD_TYPE_LEN];

    field_media_type(value, type);
    if (response->status == 200 && !strcmp(type, "application/sdp"))
        conform_ok(verdict, "status 200, %s", type);
    else
        conform_fail(verdict, "status %d, %s", response->status,
                     value ? type : "no Content-Type");
}

/* ---- OPTIONS ------------------------------------------------------------- */

/* Whether a list, in one field or several, has `word`, or `*'. */
static bool lists(const struct http_response *response, const char *name,
                  const char *word)
{
    size_t len = strlen(word);
    const char *at;

    for (unsigned i = 0; (at = http_field(response, name, i)); i++)
        while (*at) {
            size_t part = strcspn(at, ",; \t");

            if ((part == len && !strncasecmp(at, word, len)) ||
                (part == 1 && *at == '*'))
                return true;
            at += part;
            at += strspn(at, ",; \t");
        }
    return false;
}

JUDGE(options_status)
{
    int status = conform_status(seen, STEP_PREFLIGHT);

    if (status == 200)
        conform_ok(verdict, "status 200");
    else if (whip_is_success(status))
        conform_warn(verdict, "status %d, as several servers have it", status);
    else
        conform_fail(verdict, "status %d instead of 200", status);
}

JUDGE(options_origin)
{
    const char *origin = http_field(conform_response(seen, STEP_PREFLIGHT),
                                    "Access-Control-Allow-Origin", 0);

    if (!origin)
        conform_fail(verdict, "no Access-Control-Allow-Origin");
    else if (strcmp(origin, "*") != 0 && strcmp(origin, CONFORM_ORIGIN) != 0)
        conform_fail(verdict,
                     "Access-Control-Allow-Origin: %.60s, where " CONFORM_ORIGIN
                     " asked",
                     origin);
    else
        conform_ok(verdict, "Access-Control-Allow-Origin: %.60s", origin);
}

/* POST itself needs no leave (Fetch 2.2.1), that type does (2.2.2). */
JUDGE(options_headers)
{
    const struct http_response *response =
        conform_response(seen, STEP_PREFLIGHT);

    if (lists(response, "Access-Control-Allow-Headers", "content-type"))
        conform_ok(verdict, "Access-Control-Allow-Headers has Content-Type");
    else if (http_field(response, "Access-Control-Allow-Headers", 0))
        conform_fail(verdict,
                     "Access-Control-Allow-Headers is without Content-Type");
    else
        conform_fail(verdict, "no Access-Control-Allow-Headers");
}

JUDGE(options_accept_post)
{
    const struct http_response *response =
        conform_response(seen, STEP_PREFLIGHT);

    if (lists(response, "Accept-Post", "application/sdp"))
        conform_ok(verdict, "Accept-Post: application/sdp");
    else if (http_field(response, "Accept-Post", 0))
        conform_fail(verdict, "Accept-Post is without application/sdp");
    else
        conform_fail(verdict, "no Accept-Post");
}

JUDGE(options_link)
{
    const struct http_response *response =
        conform_response(seen, STEP_PREFLIGHT);
    const char *field;

    for (unsigned i = 0; (field = http_field(response, "Link", i)); i++)
        if (strcasestr(field, "ice-server")) {
            conform_fail(verdict, "a Link to an ICE server");
            return;
        }
    conform_ok(verdict, "no Link to an ICE server");
}

JUDGE(options_nobody)
{
    int status = conform_status(seen, STEP_PREFLIGHT);

    if (!seen->has_credentials)
        conform_skip(verdict, "no token was given");
    else if (is_denied(status))
        conform_fail(verdict, "status %d", status);
    else
        conform_ok(verdict, "status %d", status);
}

/* ---- requests without credentials ---------------------------------------- */

static void judge_nobody(int status, struct conform_verdict *verdict)
{
    if (status == 401)
        conform_ok(verdict, "status 401");
    else if (status >= 400 && status < 500)
        conform_warn(verdict, "refused, but with status %d instead of 401",
                     status);
    else
        conform_fail(verdict, "status %d instead of 401", status);
}

JUDGE(post_nobody)
{
    judge_nobody(conform_status(seen, STEP_POST_NOBODY), verdict);
}

JUDGE(patch_nobody)
{
    judge_nobody(conform_status(seen, STEP_PATCH_NOBODY), verdict);
}

JUDGE(delete_nobody)
{
    judge_nobody(conform_status(seen, STEP_DELETE_NOBODY), verdict);
}

JUDGE(post_challenge)
{
    const struct http_response *response =
        conform_response(seen, STEP_POST_NOBODY);
    const char *challenge = http_field(response, "WWW-Authenticate", 0);

    if (response->status != 401)
        conform_skip(verdict, "status %d", response->status);
    else if (!challenge)
        conform_fail(verdict, "no WWW-Authenticate");
    else if (strncasecmp(challenge, "Bearer", 6) != 0)
        conform_warn(verdict, "WWW-Authenticate is of another scheme: %.60s",
                     challenge);
    else
        conform_ok(verdict, "WWW-Authenticate: %.60s", challenge);
}

/* ---- elsewhere and away -------------------------------------------------- */

/* Of an answer the client refused to follow, the status is still known. */
JUDGE(redirect)
{
    const struct http_response *response = &seen->answers[STEP_OFFER].response;
    int status = response->status;
    char shown[200];

    if (status == 301 || status == 302 || status == 303)
        conform_fail(verdict, "status %d", status);
    else if (response->error)
        conform_skip(verdict, "no answer: %s", response->why);
    else if (seen->answers[STEP_OFFER].is_redirected)
        conform_ok(verdict, "redirected, as a POST, to %s",
                   url_show(response->url, shown, sizeof shown));
    else
        conform_ok(verdict, "not redirected");
}

/* Any of the offers may have come at a bad time. */
JUDGE(retry_after)
{
    for (unsigned i = 0; i < STEP_COUNT; i++) {
        const struct http_response *response =
            conform_response(seen, (enum conform_step)i);

        if (!response || response->status != 503)
            continue;
        if (http_field(response, "Retry-After", 0))
            conform_ok(verdict, "Retry-After: %.60s",
                       http_field(response, "Retry-After", 0));
        else
            conform_fail(verdict, "503 without Retry-After");
        return;
    }
    conform_skip(verdict, "no answer was a 503");
}

JUDGE(not_live)
{
    const struct http_response *response = conform_response(seen, STEP_OFFER);
    const char *wait = http_field(response, "Retry-After", 0);

    if (response->status != 409)
        conform_skip(verdict, "status %d", response->status);
    else if (wait)
        conform_ok(verdict, "Retry-After: %.60s", wait);
    else
        conform_fail(verdict, "409 without Retry-After");
}

JUDGE(flood)
{
    int status = conform_status(seen, STEP_FLOOD);
    unsigned count = seen->answers[STEP_FLOOD].count;

    if (status == 429 || status == 503)
        conform_ok(verdict, "status %d to the %u%s", status, count,
                   count == 1 ? "st" : "th");
    else
        conform_fail(verdict, "%u in a row, and none was too many", count);
}
