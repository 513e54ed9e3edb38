/* SPDX-License-Identifier: MIT
 *
 * A session at a WHIP or WHEP server from its POST to its DELETE. Between them
 * whip_patch.h looks after it.
 */
#include "cmd/whip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/description.h"
#include "cmd/field.h"
#include "cmd/http.h"
#include "cmd/link.h"
#include "cmd/meet.h"
#include "cmd/redirect.h"
#include "cmd/url.h"
#include "cmd/whip_patch.h"
#include "cmd/whip_report.h"
#include "cmd/whip_response.h"

#define SDP_TYPE "application/sdp"
#define SDP_MAX 65536
#define EXTENSION "urn:ietf:params:whip:ext"
#define EXTENSION_WHEP "urn:ietf:params:whep:ext"
/* A server that is asked and does not answer. */
#define POST_LIMIT_US 30000000
#define DELETE_LIMIT_US 2000000
#define DELETE_TRY_US 1000000
/* How long the end waits for the answer to a POST. */
#define POSTED_LIMIT_US 500000
/* How long an offer waits for candidates of servers. */
#define GATHER_LIMIT_US 1000000
#define BACKOFF_US 1000000
#define BACKOFF_MOST_US 30000000

struct whip {
    struct endpoint *end;
    struct http *http;
    const char *url; /* as it was given */
    char *offer;
    size_t offer_len;
    char *session; /* its URL, or NULL */
    char etag[FIELD_ETAG_LEN];
    bool has_etag;
    struct http_transfer *transfer; /* POST, OPTIONS, DELETE, our answer */
    struct whip_patch *patch;
    struct driver_watch *timer; /* of the next attempt */
    int64_t attempts;           /* failed ones in a row */
    bool has_expired;           /* an offer of the server's, before we had it */
    bool is_lost;               /* --reconnect: each attempt has a new peer */
    bool is_gathering;          /* before the offer */
    bool is_leaving, is_deleting, is_insisting;
};

static void fail(struct whip *w, const struct http_response *response)
{
    char why[WHIP_WHY_LEN];

    endpoint_fail(w->end, whip_exit(response), "%s",
                  whip_sentence(response, http_token(w->http), why));
}

static void take_session(struct whip *w, const struct http_response *response)
{
    const char *location = http_field(response, "Location", 0);
    bool odd = false;

    w->session = location ? url_resolve(response->url, location) : NULL;
    if (w->session &&
        !redirect_may_ask(w->session, w->end->options.http.insecure_http)) {
        warn("the session's URL is not https and is not used");
        free(w->session);
        w->session = NULL;
    }
    w->has_etag = field_etag(http_field(response, "ETag", 0), w->etag, &odd);
    if (w->has_etag && odd)
        warn("the server's ETag is not a strong entity tag: %s", w->etag);
}

/* Of an answer whose body has not come, or not whole: what it made is there. */
static void take_head(struct whip *w, const struct http_response *response)
{
    if (response->head_done && whip_is_success(response->status) &&
        !strcmp(response->method, "POST"))
        take_session(w, response);
}

/* ---- the end ------------------------------------------------------------- */

static struct http_request delete_request(const struct whip *w)
{
    return (struct http_request){
        .method = "DELETE", .url = w->session, .timeout = DELETE_LIMIT_US};
}

static bool send_delete(struct whip *w);

/* A server may leave a connection open that it does not read from any more;
 * what is asked next goes over another one. */
static void on_deleted(void *user, const struct http_response *response)
{
    struct whip *w = user;
    bool is_mute =
        response->error == RTC_EXIT_HTTP && !response->head_done &&
        driver_now(w->end->driver) >= response->started + DELETE_TRY_US;

    w->transfer = NULL;
    if (is_mute && !w->is_insisting && (w->is_insisting = send_delete(w)))
        return;
    whip_report(w->end, w->http, response, true);
    endpoint_left(w->end);
}

static bool send_delete(struct whip *w)
{
    struct http_request request = delete_request(w);

    request.timeout = DELETE_TRY_US;
    w->transfer = http_start(w->http, &request, on_deleted, w);
    return w->transfer;
}

static bool start_delete(struct whip *w)
{
    if (!w->session || w->is_deleting)
        return false;
    w->is_deleting = true;
    return send_delete(w);
}

/* A POST that is under way may make a session, which is to end, too. */
static rtc_usec leave(struct endpoint *end)
{
    struct whip *w = end->whip;

    w->is_leaving = true;
    w->is_gathering = false;
    driver_timer_set(w->timer, RTC_NEVER);
    whip_patch_free(w->patch);
    w->patch = NULL;
    if (w->transfer)
        whip_report_steps(end, http_so_far(w->transfer), false);
    if (w->transfer && !w->session)
        take_head(w, http_so_far(w->transfer));
    if (w->transfer && !w->session)
        return POSTED_LIMIT_US;
    http_cancel(w->transfer);
    w->transfer = NULL;
    return start_delete(w) ? DELETE_LIMIT_US : 0;
}

static void die_out(struct endpoint *end)
{
    struct whip *w = end->whip;
    const struct http_request request = delete_request(w);

    /* A DELETE that is under way may not have left yet. */
    if (w->session && (!w->is_deleting || w->transfer))
        http_perform(w->http, &request);
    w->is_deleting = true;
}

static void done(struct endpoint *end)
{
    struct whip *w = end->whip;

    http_cancel(w->transfer);
    whip_patch_free(w->patch);
    driver_watch_free(w->timer);
    http_free(w->http);
    free(w->session);
    free(w->offer);
    free(w);
    end->whip = NULL;
    end->line = NULL;
}

/* ---- what comes with a session ------------------------------------------- */

static void take_link(struct whip *w, const struct link *link)
{
    struct endpoint *end = w->end;
    const char *rel = link_param(link, "rel");
    const char *user = link_param(link, "username");
    const char *password = link_param(link, "credential");

    if (link_has_rel(link, "ice-server"))
        gather_add(end->gather, link->target, user, password);
    if (rel && (link_has_rel(link, "ice-server") ||
                !strncmp(rel, EXTENSION, strlen(EXTENSION)) ||
                !strncmp(rel, EXTENSION_WHEP, strlen(EXTENSION_WHEP))))
        report_link(end->report, rel, link->target, driver_now(end->driver));
}

/* Relations that are not known are none of our business. */
static void take_links(struct whip *w, const struct http_response *response)
{
    struct link link;
    const char *field;

    for (unsigned i = 0; (field = http_field(response, "Link", i)); i++) {
        enum link_result result;

        while ((result = link_next(&field, &link)) != LINK_END) {
            if (result == LINK_READ)
                take_link(w, &link);
            else
                warn("the server sent a Link that cannot be read");
        }
    }
}

static void go_live(struct whip *w)
{
    if (!w->session)
        return;
    w->patch = whip_patch_new(w->end, w->http, w->session,
                              w->has_etag ? w->etag : NULL);
}

/* ---- descriptions -------------------------------------------------------- */

static void take_answer(struct whip *w, const char *sdp, size_t len)
{
    struct endpoint *end = w->end;

    if (rtc_peer_remote_answer(end->peer, sdp, len, driver_now(end->driver))) {
        if (end->calls.refused)
            end->calls.refused(end);
        endpoint_fail(end, RTC_EXIT_DESCRIPTION, "the server's answer: %s",
                      rtc_peer_why(end->peer));
        return;
    }
    driver_changed(end->driver, end->peer);
    go_live(w);
}

static void on_answered(void *user, const struct http_response *response)
{
    struct whip *w = user;

    w->transfer = NULL;
    whip_report(w->end, w->http, response, false);
    if (response->error || !whip_is_success(response->status))
        fail(w, response);
    else
        go_live(w);
}

static bool make_answer(struct whip *w, const char *offer, size_t len,
                        char answer[SDP_MAX])
{
    struct endpoint *end = w->end;
    rtc_usec now = driver_now(end->driver);
    bool has_tracks = rtc_peer_track_count(end->peer) > 0;
    int error;

    if (!has_tracks)
        endpoint_add_tracks(end);
    rtc_peer_rollback(end->peer);
    error = rtc_peer_remote_offer(end->peer, offer, len, now);
    if (!error && end->calls.before_answer)
        end->calls.before_answer(end);
    if (!error)
        error = rtc_peer_answer(end->peer, answer, SDP_MAX, now);
    if (error < 0)
        endpoint_fail(end, RTC_EXIT_DESCRIPTION, "the server's offer: %s",
                      rtc_peer_why(end->peer));
    return error >= 0;
}

static void post(struct whip *w);

/* An offer that is too old is asked for again, once: then the clocks differ. */
static bool ask_anew(struct whip *w, rtc_usec valid)
{
    if (valid > 0 || w->has_expired)
        return false;
    info("the server's offer has expired: asking for another one");
    w->has_expired = true;
    free(w->session);
    w->session = NULL;
    post(w);
    return true;
}

/* The server offers, and our answer goes to the session. */
static void take_offer(struct whip *w, const char *sdp, size_t len,
                       rtc_usec valid)
{
    char answer[SDP_MAX];
    struct http_request request = {
        .method = "PATCH",
        .url = w->session,
        .content_type = SDP_TYPE,
        .body = answer,
        .timeout = valid > 0 && valid < POST_LIMIT_US ? valid : POST_LIMIT_US};

    if (!w->session) {
        endpoint_fail(w->end, RTC_EXIT_NOT_WHIP,
                      "the server made an offer, but no URL to answer it at");
        return;
    }
    if (ask_anew(w, valid) || !make_answer(w, sdp, len, answer))
        return;
    request.len = strlen(answer);
    driver_changed(w->end->driver, w->end->peer);
    w->transfer = http_start(w->http, &request, on_answered, w);
}

/* ---- POST ---------------------------------------------------------------- */

static bool may_retry(const struct whip *w,
                      const struct http_response *response)
{
    enum rtc_exit status = whip_exit(response);

    if (w->is_lost)
        return status != RTC_EXIT_AUTH && status != RTC_EXIT_FINGERPRINT;
    return whip_is_passing(response) &&
           w->attempts < w->end->options.http.retry;
}

/* Asks again later, if that may help. */
static bool retry(struct whip *w, const struct http_response *response)
{
    rtc_usec wait;
    char why[WHIP_WHY_LEN];

    if (!may_retry(w, response))
        return false;
    w->attempts++;
    wait = whip_wait(response, w->attempts, BACKOFF_US, BACKOFF_MOST_US);
    info("%s; trying again in %.1f s",
         whip_sentence(response, http_token(w->http), why), (double)wait / 1e6);
    driver_timer_set(w->timer, driver_now(w->end->driver) + wait);
    return true;
}

static void take_description(struct whip *w,
                             const struct http_response *response,
                             bool is_offer)
{
    char why[WHIP_WHY_LEN];
    size_t len = 0;
    const char *sdp = whip_description(response, &len, why);

    if (!sdp) {
        endpoint_fail(w->end, RTC_EXIT_NOT_WHIP, "%s", why);
        return;
    }
    if (!is_offer && response->status != 201)
        warn("the server answered %d instead of 201", response->status);
    if (!w->session)
        warn("the server gave no usable URL for the session: it cannot be "
             "ended there, nor told of candidates");
    take_links(w, response);
    if (is_offer)
        take_offer(w, sdp, len, whip_valid_for(response, time(NULL)));
    else
        take_answer(w, sdp, len);
}

static void on_posted(void *user, const struct http_response *response)
{
    struct whip *w = user;
    bool is_counter = w->end->options.whep && whip_is_counter_offer(response);
    bool success = !response->error && whip_is_success(response->status);

    w->transfer = NULL;
    whip_report(w->end, w->http, response, false);
    if (success || is_counter) {
        take_session(w, response);
    } else if (response->error) {
        take_head(w, response);
    }
    if (w->is_leaving) {
        if (!start_delete(w))
            endpoint_left(w->end);
    } else if (success || is_counter) {
        take_description(w, response,
                         is_counter || w->end->options.server_offer);
    } else if (w->session || !retry(w, response)) {
        fail(w, response);
    }
}

static void post(struct whip *w)
{
    const struct http_request request = {
        .method = "POST",
        .url = w->url,
        .content_type = w->offer ? SDP_TYPE : NULL,
        .accept = SDP_TYPE,
        .body = w->offer,
        .len = w->offer_len,
        .timeout = POST_LIMIT_US,
    };

    w->transfer = http_start(w->http, &request, on_posted, w);
    if (!w->transfer)
        die(RTC_EXIT_INTERNAL, "out of memory");
}

static void make_offer(struct whip *w)
{
    free(w->offer);
    w->offer = NULL;
    if (!w->end->options.server_offer)
        w->offer = meet_offer(w->end, DESCRIPTION_SDP, &w->offer_len);
}

/* Candidates of servers that answer soon are in the offer: not every HTTP
 * server takes them later. With --trickle they follow. */
static void gather(struct whip *w)
{
    w->is_gathering =
        !w->end->options.trickle && !rtc_peer_is_gathered(w->end->peer);
    if (w->is_gathering) {
        driver_timer_set(w->timer,
                         driver_now(w->end->driver) + GATHER_LIMIT_US);
        return;
    }
    make_offer(w);
    post(w);
}

static void end_gathering(struct whip *w)
{
    w->is_gathering = false;
    driver_timer_set(w->timer, RTC_NEVER);
    make_offer(w);
    post(w);
}

/* The wait before the next attempt, doubled each time. */
static void back_off(struct whip *w)
{
    rtc_usec wait = BACKOFF_US;

    for (int64_t i = 0; i < w->attempts && wait < BACKOFF_MOST_US; i++)
        wait *= 2;
    if (wait > BACKOFF_MOST_US)
        wait = BACKOFF_MOST_US;
    w->attempts++;
    info("a new session in %.0f s", (double)wait / 1e6);
    driver_timer_set(w->timer, driver_now(w->end->driver) + wait);
}

static void on_renewed(struct endpoint *end)
{
    gather(end->whip);
}

static void on_time(void *user, int what)
{
    struct whip *w = user;

    (void)what;
    if (w->is_gathering)
        end_gathering(w);
    else if (!w->is_lost)
        post(w);
    else if (!endpoint_renew(w->end, on_renewed))
        back_off(w);
}

static void on_forgotten(void *user, const struct http_response *response)
{
    struct whip *w = user;

    whip_report(w->end, w->http, response, true);
}

/* The server may hold the lost session for a while, and refuse another. */
static void renew(struct endpoint *end, const char *why)
{
    struct whip *w = end->whip;
    const struct http_request request = delete_request(w);

    warn("the session is lost: %s", why);
    http_cancel(w->transfer);
    w->transfer = NULL;
    whip_patch_free(w->patch);
    w->patch = NULL;
    if (w->session)
        http_start(w->http, &request, on_forgotten, w);
    free(w->session);
    w->session = NULL;
    w->is_lost = true;
    back_off(w);
}

/* ---- OPTIONS ------------------------------------------------------------- */

/* Some servers tell their ICE servers only here; what else it says, or that it
 * fails, is of no consequence. */
static void on_preflight(void *user, const struct http_response *response)
{
    struct whip *w = user;

    w->transfer = NULL;
    whip_report(w->end, w->http, response, true);
    if (w->is_leaving) {
        endpoint_left(w->end);
        return;
    }
    if (!response->error && whip_is_success(response->status))
        take_links(w, response);
    gather(w);
}

static void preflight(struct whip *w)
{
    const struct http_request request = {
        .method = "OPTIONS", .url = w->url, .timeout = POST_LIMIT_US};

    w->transfer = http_start(w->http, &request, on_preflight, w);
    if (!w->transfer)
        die(RTC_EXIT_INTERNAL, "out of memory");
}

/* ---- the beginning ------------------------------------------------------- */

void whip_check(const struct endpoint_options *options)
{
    const struct endpoint_options *o = options;
    const char *url = o->whip ? o->whip : o->whep;
    char shown[256];

    if (!url && (o->preflight || o->server_offer || o->reconnect))
        die_usage("--preflight, --server-offer and --reconnect go with --whip "
                  "or --whep");
    if (!url)
        return;
    if (!url_is_http(url))
        die_usage("--%s: not an http or https URL", o->whip ? "whip" : "whep");
    if (!redirect_may_ask(url, o->http.insecure_http))
        die_usage("%s is not https, so that everybody on the way could read "
                  "it; --insecure-http allows that",
                  url_show(url, shown, sizeof shown));
}

static void on_event(struct endpoint *end, const struct rtc_event *event)
{
    struct whip *w = end->whip;

    if (event->type == RTC_EVENT_CONNECTED)
        w->attempts = 0;
    if (event->type == RTC_EVENT_GATHERED && w->is_gathering)
        end_gathering(w);
    if (w->patch)
        whip_patch_event(w->patch, event);
}

static bool restart(struct endpoint *end)
{
    return end->whip->patch && whip_patch_restart(end->whip->patch);
}

static struct whip *whip_new(struct endpoint *end)
{
    struct whip *w = calloc(1, sizeof *w);
    struct endpoint_options *o = &end->options;

    if (!w)
        die(RTC_EXIT_INTERNAL, "out of memory");
    o->http.cacert = o->ice.cacert;
    o->http.insecure = o->ice.insecure;
    o->http.interface = o->interface;
    o->http.family = o->family;
    o->http.connect_timeout = o->connect_timeout;
    w->end = end;
    w->url = o->whip ? o->whip : o->whep;
    w->http = http_new(end->driver, &o->http, w->url);
    w->timer = driver_timer_new(end->driver, on_time, w);
    if (!w->timer)
        die(RTC_EXIT_INTERNAL, "out of memory");
    return w;
}

void whip_start(struct endpoint *end)
{
    static const struct endpoint_line line = {.event = on_event,
                                              .restart = restart,
                                              .renew = renew,
                                              .leave = leave,
                                              .die = die_out,
                                              .done = done};
    struct whip *w = end->whip = whip_new(end);

    end->line = &line;
    if (end->options.preflight)
        preflight(w);
    else
        gather(w);
}
