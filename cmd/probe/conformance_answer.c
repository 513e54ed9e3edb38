/* SPDX-License-Identifier: MIT
 *
 * What comes of an answer: it is kept for the judges, what an offer made is
 * noted to be deleted, and the peer that connects takes its part.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/probe/conformance_state.h"
#include "cmd/redirect.h"
#include "cmd/url.h"

#define BODY_KEPT (256 * 1024)

const struct conform_request *conform_request_of(const struct conform_run *run)
{
    return &conform_requests[run->step];
}

struct conform_answer *conform_answer_of(struct conform_run *run)
{
    return &run->seen.answers[run->step];
}

static rtc_usec now_of(const struct conform_run *run)
{
    return driver_now(run->setup.driver);
}

bool conform_is_gone(const struct http_response *response)
{
    return (!response->error || response->head_done) &&
           (whip_is_success(response->status) || response->status == 404 ||
            response->status == 410);
}

/* ---- keeping ------------------------------------------------------------- */

/* A copy that outlives the transfer; of a body that is too long to be any of
 * ours, its beginning. */
static void copy(struct conform_answer *answer,
                 const struct http_response *response)
{
    struct http_response *r = &answer->response;

    free((char *)r->url);
    response_clear(r);
    *r = *response;
    r->url = strdup(response->url ? response->url : "");
    r->len = response->len < BODY_KEPT ? response->len : BODY_KEPT;
    r->body = response->body ? malloc(r->len + 1) : NULL;
    r->field_count = 0;
    for (unsigned i = 0; i < response->field_count; i++) {
        r->fields[i].name = strdup(response->fields[i].name);
        r->fields[i].value = strdup(response->fields[i].value);
        if (!r->fields[i].name || !r->fields[i].value)
            die(RTC_EXIT_INTERNAL, "out of memory");
        r->field_count++;
    }
    if (!r->url || (response->body && !r->body))
        die(RTC_EXIT_INTERNAL, "out of memory");
    if (r->body) {
        memcpy(r->body, response->body, r->len);
        r->body[r->len] = '\0';
    }
}

/* What an offer made, also by an answer that did not come whole. */
void conform_take_session(struct conform_run *run,
                          const struct http_response *response)
{
    const char *location = http_field(response, "Location", 0);
    bool is_counter = run->setup.is_whep && whip_is_counter_offer(response);
    char *session;

    if (strcmp(response->method, "POST") != 0 ||
        (!whip_is_success(response->status) && !is_counter))
        return;
    session = location ? url_resolve(response->url, location) : NULL;
    if (!session ||
        !redirect_may_ask(session, run->setup.http->insecure_http)) {
        run->seen.is_littered = true;
        free(session);
        return;
    }
    free(run->session);
    free(conform_answer_of(run)->session);
    run->session = session;
    conform_answer_of(run)->session = strdup(session);
    run->seen.has_session = true;
}

static void read_description(struct conform_run *run)
{
    struct conform_answer *answer = conform_answer_of(run);
    const struct http_response *r = &answer->response;
    struct rtc_sdp_error error;

    rtc_sdp_free(answer->sdp);
    answer->sdp = NULL;
    if (strcmp(r->method, "POST") != 0 || r->error || r->len == 0 ||
        (!whip_is_success(r->status) && r->status != 406))
        return;
    if (rtc_sdp_parse(r->body, r->len, &answer->sdp, &error) &&
        run->step == STEP_OFFER && whip_is_success(r->status))
        snprintf(run->seen.refused, sizeof run->seen.refused, "line %u: %s",
                 error.line, error.text);
}

void conform_keep(struct conform_run *run, const struct http_response *response)
{
    const struct conform_request *row = conform_request_of(run);
    struct conform_answer *answer = conform_answer_of(run);
    const char *url = row->at_session ? run->session : run->setup.url;

    copy(answer, response);
    answer->response.method = row->method; /* that of the transfer ends */
    answer->is_done = true;
    answer->is_redirected = strcmp(response->url, url) != 0;
    answer->count++;
    read_description(run);
}

/* ---- what follows from an answer ----------------------------------------- */

static void fail(struct conform_run *run, const struct http_response *response)
{
    enum rtc_exit status = whip_exit(response);

    if (run->status ||
        (status != RTC_EXIT_RESOLVE && status != RTC_EXIT_CONNECT &&
         status != RTC_EXIT_FINGERPRINT && status != RTC_EXIT_AUTH &&
         status != RTC_EXIT_NOT_LIVE && status != RTC_EXIT_BUSY))
        return;
    run->status = status;
    whip_sentence(response, http_token(run->https[WHO_US]), run->why);
}

static void take_answer(struct conform_run *run)
{
    const struct http_response *r = &conform_answer_of(run)->response;
    const char *tag = http_field(r, "ETag", 0);
    bool odd;

    if (!field_etag(tag, run->seen.etag, &odd))
        run->seen.etag[0] = '\0';
    if (!conform_answer_of(run)->sdp)
        return;
    run->offered_at = now_of(run);
    if (offerer_take(run->offerer, r->body, r->len))
        snprintf(run->seen.refused, sizeof run->seen.refused, "%s",
                 rtc_peer_why(run->offerer->peer));
}

static void take_counter_offer(struct conform_run *run)
{
    const struct http_response *r = &conform_answer_of(run)->response;
    const char *tag = http_field(r, "ETag", 0);
    bool odd;

    if (!field_etag(tag, run->seen.etag, &odd))
        run->seen.etag[0] = '\0';
    run->offered_at = now_of(run);
    if (offerer_answer(run->offerer, r->body, r->len) <= 0)
        snprintf(run->seen.refused, sizeof run->seen.refused, "%s",
                 rtc_peer_why(run->offerer->peer));
}

static void after_offer(struct conform_run *run)
{
    const struct http_response *r = &conform_answer_of(run)->response;

    if (!r->error && whip_is_success(r->status))
        take_answer(run);
    else if (run->setup.is_whep && !r->error && r->status == 406 &&
             conform_answer_of(run)->sdp)
        take_counter_offer(run);
    else
        fail(run, r);
}

static void after_restart(struct conform_run *run)
{
    const struct http_response *r = &conform_answer_of(run)->response;
    bool granted = conform_restarted(&run->seen);
    bool is_over = granted || (!r->error && whip_is_success(r->status)) ||
                   run->step == STEP_RESTART_QUOTED || r->error ||
                   r->status >= 500;

    if (!is_over)
        return;
    run->restarted_at = now_of(run);
    if (!granted || !r->body)
        offerer_restarted(run->offerer, NULL, 0);
    else if (offerer_restarted(run->offerer, r->body, r->len))
        snprintf(run->seen.renew_refused, sizeof run->seen.renew_refused, "%s",
                 rtc_peer_why(run->offerer->peer));
    if (granted && !r->body)
        snprintf(run->seen.renew_refused, sizeof run->seen.renew_refused,
                 "the restart was answered without a fragment");
}

/* A server that was there is not any more: it was stopped, or fell over what it
 * was asked. A session may be elsewhere. */
static bool is_lost(const struct conform_run *run,
                    const struct http_response *response)
{
    return run->step > STEP_OFFER && conform_is_unreached(response) &&
           url_is_same_origin(response->url, run->setup.url);
}

static void lose(struct conform_run *run, const struct http_response *response)
{
    char why[WHIP_WHY_LEN];

    run->stop_why = "the server was not reached any more";
    if (run->status)
        return;
    run->status = whip_exit(response);
    whip_sentence(response, http_token(run->https[WHO_US]), why);
    snprintf(run->why, sizeof run->why,
             "the server was not reached any more, for %s: %.500s",
             conform_request_of(run)->name, why);
}

void conform_follow(struct conform_run *run)
{
    const struct http_response *r = &conform_answer_of(run)->response;

    if (is_lost(run, r))
        lose(run, r);
    if (!strcmp(r->method, "DELETE") && conform_is_gone(r))
        run->seen.has_session = false;
    switch (run->step) {
    case STEP_PREFLIGHT:
        if (r->error)
            fail(run, r);
        if (run->status)
            run->stop_why = "the server was not reached";
        break;
    case STEP_OFFER:
        after_offer(run);
        break;
    case STEP_RESTART:
    case STEP_RESTART_QUOTED:
        after_restart(run);
        break;
    case STEP_DELETE:
        run->deleted_at = now_of(run);
        break;
    default:
        break;
    }
}
