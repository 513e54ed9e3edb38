/* SPDX-License-Identifier: MIT
 *
 * One PATCH at a time. Candidates that come meanwhile, or while a restart waits
 * for its answer and thus for a new entity tag, go into the next one.
 */
#include "cmd/whip_patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/field.h"
#include "cmd/url.h"
#include "cmd/whip_response.h"

#define FRAGMENT_TYPE "application/trickle-ice-sdpfrag"
#define FRAGMENT_MAX 16384
/* Candidates that come within this time go together (RFC 9725 4.3.2). */
#define BURST_US 20000
#define PATCH_LIMIT_US 10000000

struct whip_patch {
    struct endpoint *end;
    struct http *http;
    char *url;
    char etag[FIELD_ETAG_LEN];
    bool has_etag;
    struct driver_watch *burst;
    struct http_transfer *transfer;
    bool is_waiting; /* something is to be told once the transfer is over */
    bool no_trickle; /* the server does not take it */
    bool no_restart; /* nor that */
    bool is_restart; /* the transfer is one */
    bool was_quoted; /* and the second attempt */
    char *fragment;  /* of the restart */
    size_t fragment_len;
};

/* ---- reports ------------------------------------------------------------- */

/* What was to be deleted has gone: many servers end a session as soon as DTLS
 * does, which may be before they read our request. */
static bool is_gone(const struct http_response *response)
{
    return !strcmp(response->method, "DELETE") &&
           (response->status == 404 || response->status == 410);
}

void whip_report(struct endpoint *end, struct http *http,
                 const struct http_response *response, bool is_optional)
{
    rtc_usec now = driver_now(end->driver);
    char why[WHIP_WHY_LEN], shown[512];
    bool failed = response->error || !whip_is_success(response->status);
    const struct report_http http_event = {
        .method = response->method,
        .url = url_show(response->url, shown, sizeof shown),
        .status = response->error ? 0 : response->status,
        .time_us = now - response->started,
        .message =
            failed ? whip_sentence(response, http_token(http), why) : NULL,
    };

    report_http(end->report, &http_event, now);
    if (failed && is_optional && !is_gone(response))
        warn("%s", why);
}

/* ---- trickle ------------------------------------------------------------- */

static bool start(struct whip_patch *p, const char *if_match,
                  const char *fragment, size_t len, http_fn fn)
{
    const struct http_request request = {
        .method = "PATCH",
        .url = p->url,
        .content_type = FRAGMENT_TYPE,
        .if_match = if_match,
        .body = fragment,
        .len = len,
        .timeout = PATCH_LIMIT_US,
    };

    p->transfer = http_start(p->http, &request, fn, p);
    return p->transfer;
}

static void wait_for_burst(struct whip_patch *p)
{
    driver_timer_set(p->burst, driver_now(p->end->driver) + BURST_US);
}

/* The transfer is over: what waited for it goes next. */
static void go_on(struct whip_patch *p)
{
    p->transfer = NULL;
    if (p->is_waiting)
        wait_for_burst(p);
    p->is_waiting = false;
}

/* A tag that is not the session's any more must not be sent again: the session
 * goes on with the candidates both sides know. */
static void on_trickled(void *user, const struct http_response *response)
{
    struct whip_patch *p = user;
    char why[WHIP_WHY_LEN];
    bool failed = response->error || !whip_is_success(response->status);

    whip_report(p->end, p->http, response, false);
    if (failed)
        info("going on without telling of more candidates: %s",
             whip_sentence(response, http_token(p->http), why));
    p->no_trickle = p->no_trickle || failed;
    go_on(p);
}

static void on_burst(void *user, int what)
{
    struct whip_patch *p = user;
    char fragment[FRAGMENT_MAX];
    int len;

    (void)what;
    if (p->transfer) {
        p->is_waiting = true;
        return;
    }
    if (p->no_trickle)
        return;
    len = rtc_peer_fragment(p->end->peer, fragment, sizeof fragment,
                            driver_now(p->end->driver));
    if (len > 0)
        start(p, p->has_etag ? p->etag : NULL, fragment, (size_t)len,
              on_trickled);
}

/* ---- restarts ------------------------------------------------------------ */

static void on_restarted(void *user, const struct http_response *response);

/* `*` is what RFC 9110 13.1.1 calls any state; RFC 9725's example shows it in
 * quotes, and some servers take only that. */
static bool start_restart(struct whip_patch *p, bool quoted)
{
    p->is_restart = true;
    p->was_quoted = quoted;
    return start(p, quoted ? "\"*\"" : "*", p->fragment, p->fragment_len,
                 on_restarted);
}

static void end_restart(struct whip_patch *p, const char *why)
{
    if (why) {
        warn("no ICE restart: %s", *why ? why : "the answer is of no use");
        rtc_peer_cancel_restart(p->end->peer, driver_now(p->end->driver));
    }
    free(p->fragment);
    p->fragment = NULL;
    p->is_restart = false;
    driver_changed(p->end->driver, p->end->peer);
    go_on(p);
}

static void take_restart(struct whip_patch *p,
                         const struct http_response *response)
{
    bool odd = false;

    if (!response->body ||
        rtc_peer_remote_fragment(p->end->peer, response->body, response->len,
                                 driver_now(p->end->driver))) {
        p->no_restart = true;
        end_restart(p, response->body ? rtc_peer_why(p->end->peer)
                                      : "the server sent no fragment");
        return;
    }
    p->has_etag = field_etag(http_field(response, "ETag", 0), p->etag, &odd);
    if (odd)
        warn("the server's ETag is not a strong entity tag: %s", p->etag);
    p->no_trickle = false;
    end_restart(p, NULL);
}

static void on_restarted(void *user, const struct http_response *response)
{
    struct whip_patch *p = user;
    char why[WHIP_WHY_LEN];
    bool refused =
        !response->error && response->status >= 400 && response->status < 500;

    whip_report(p->end, p->http, response, false);
    if (!response->error && whip_is_success(response->status))
        take_restart(p, response);
    else if (!refused || p->was_quoted || !start_restart(p, true)) {
        p->no_restart = !response->error;
        end_restart(p, whip_sentence(response, http_token(p->http), why));
    }
}

bool whip_patch_restart(struct whip_patch *patch)
{
    struct whip_patch *p = patch;
    rtc_usec now = driver_now(p->end->driver);
    char fragment[FRAGMENT_MAX];
    int len;

    if (p->is_restart)
        return true;
    if (p->no_restart || rtc_peer_restart_ice(p->end->peer, now))
        return false;
    http_cancel(p->transfer); /* An answer to it would be one too late. */
    p->transfer = NULL;
    len = rtc_peer_fragment(p->end->peer, fragment, sizeof fragment, now);
    p->fragment = len > 0 ? strdup(fragment) : NULL;
    p->fragment_len = len > 0 ? (size_t)len : 0;
    if (!p->fragment || !start_restart(p, false))
        end_restart(p, "there is nothing to tell");
    return true;
}

/* ---- life ---------------------------------------------------------------- */

void whip_patch_event(struct whip_patch *patch, const struct rtc_event *event)
{
    if (event->type == RTC_EVENT_CANDIDATE || event->type == RTC_EVENT_GATHERED)
        wait_for_burst(patch);
}

struct whip_patch *whip_patch_new(struct endpoint *end, struct http *http,
                                  const char *url, const char *etag)
{
    struct whip_patch *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->end = end;
    p->http = http;
    p->url = strdup(url);
    p->burst = driver_timer_new(end->driver, on_burst, p);
    p->has_etag = etag;
    snprintf(p->etag, sizeof p->etag, "%s", etag ? etag : "");
    if (!p->url || !p->burst) {
        whip_patch_free(p);
        return NULL;
    }
    wait_for_burst(p);
    return p;
}

void whip_patch_free(struct whip_patch *patch)
{
    if (!patch)
        return;
    http_cancel(patch->transfer);
    driver_watch_free(patch->burst);
    free(patch->fragment);
    free(patch->url);
    free(patch);
}
