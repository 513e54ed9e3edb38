/* SPDX-License-Identifier: MIT
 *
 * The run: a request at a time, and what follows from its answer for those to
 * come. Whatever an offer made is known before anything else is done with the
 * answer, so that it is deleted whatever happens.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/probe/conformance_body.h"
#include "cmd/probe/conformance_state.h"
#include "cmd/redirect.h"

/* How long the end waits for the answer to an offer, and to DELETE. */
#define POSTED_LIMIT_US 500000
#define DELETE_LIMIT_US 1500000
#define POLL_US 50000
/* What arrives later than this was sent after DELETE had been answered. */
#define LAST_US 2000000
#define STALE_TAG "\"rtc-probe-never-got-this\""
/* No request goes there: no credentials go anywhere. */
#define NOWHERE "https://nowhere.invalid/"

static rtc_usec now_of(const struct conform_run *run)
{
    return driver_now(run->setup.driver);
}

static void next(struct conform_run *run);

/* ---- the end ------------------------------------------------------------- */

static void finish(struct conform_run *run)
{
    if (run->is_over)
        return;
    run->is_over = true;
    driver_timer_set(run->timer, RTC_NEVER);
    driver_timer_set(run->limit, RTC_NEVER);
    run->setup.done(run->setup.user);
}

static void note(struct conform_run *run, const char *name,
                 const struct http_response *response)
{
    run->request_count++;
    run->setup.answered(run->setup.user, name, response);
}

/* What cannot be deleted is left: it has been tried. */
static void on_swept(void *user, const struct http_response *response)
{
    struct conform_run *run = user;

    run->transfer = NULL;
    note(run, "DELETE of what is left", response);
    if (!conform_is_gone(response)) {
        run->seen.is_littered = true;
        run->setup.left(run->setup.user, run->session);
    }
    run->seen.has_session = false;
    if (run->is_leaving)
        finish(run);
    else
        next(run);
}

/* Deletes what is there. False: nothing is. */
static bool sweep(struct conform_run *run)
{
    const struct http_request request = {
        .method = "DELETE", .url = run->session, .timeout = DELETE_LIMIT_US};

    if (!run->seen.has_session)
        return false;
    run->transfer = http_start(run->https[WHO_US], &request, on_swept, run);
    return run->transfer;
}

static void leave(struct conform_run *run)
{
    run->is_leaving = true;
    run->is_waiting = false;
    driver_timer_set(run->timer, RTC_NEVER);
    for (int i = (int)run->step; i < STEP_COUNT && run->stop_why; i++)
        if (!run->seen.answers[i].is_done && !run->seen.answers[i].skipped)
            run->seen.answers[i].skipped = run->stop_why;
    if (!sweep(run))
        finish(run);
}

static bool is_too_much(const struct http_response *response)
{
    return response->error || response->status == 429 ||
           response->status == 503;
}

static void ask(struct conform_run *run);

static void on_answer(void *user, const struct http_response *response)
{
    struct conform_run *run = user;
    struct conform_answer *answer = conform_answer_of(run);

    run->transfer = NULL;
    conform_take_session(run, response);
    conform_keep(run, response);
    note(run, conform_request_of(run)->name, response);
    if (run->is_leaving) {
        leave(run);
        return;
    }
    if (answer->count < conform_request_of(run)->repeat &&
        !is_too_much(response) && !run->seen.has_session &&
        !run->seen.is_littered) {
        ask(run);
        return;
    }
    conform_follow(run);
    run->step++;
    next(run);
}

/* ---- requests ------------------------------------------------------------ */

static const char *match_of(const struct conform_run *run)
{
    switch (conform_request_of(run)->match) {
    case MATCH_TAG:
        return *run->seen.etag ? run->seen.etag : NULL;
    case MATCH_STALE:
        return STALE_TAG;
    case MATCH_ANY:
        return "*";
    case MATCH_ANY_QUOTED:
        return "\"*\"";
    case MATCH_NONE:
        break;
    }
    return NULL;
}

static struct offerer *make_offerer(struct conform_run *run, bool is_spare,
                                    unsigned track_count);

/* The first section that the server did not reject, or the first. */
static unsigned find_section(const struct rtc_sdp *sdp)
{
    for (unsigned i = 0; sdp && i < sdp->media_count; i++)
        if (!rtc_sdp_is_rejected(sdp, &sdp->media[i]))
            return i;
    return 0;
}

static struct conform_texts texts_of(struct conform_run *run)
{
    enum conform_body body = conform_request_of(run)->body;
    bool granted = conform_status(&run->seen, STEP_OFFER) != 406;

    if ((body == BODY_SPARE || body == BODY_ACTIVE) && !run->spare)
        run->spare = make_offerer(run, true, 1);
    if (body == BODY_TRACKS && !run->tracks)
        run->tracks = make_offerer(run, true, 2);
    if (body == BODY_RESTART && !*run->restart &&
        offerer_restart(run->offerer, run->restart, sizeof run->restart) <= 0)
        run->restart[0] = '\0';
    return (struct conform_texts){
        .offer = granted && run->offerer ? run->offerer->text : NULL,
        .local = run->offerer && run->offerer->len ? run->offerer->text : NULL,
        .restart = *run->restart ? run->restart : NULL,
        .spare = run->spare ? run->spare->text : NULL,
        .tracks = run->tracks ? run->tracks->text : NULL,
        .section = find_section(run->seen.answers[STEP_OFFER].sdp),
    };
}

static void skip(struct conform_run *run, const char *why)
{
    conform_answer_of(run)->skipped = why;
    run->step++;
    next(run);
}

static void ask(struct conform_run *run)
{
    const struct conform_request *row = conform_request_of(run);
    char *buf = malloc(CONFORM_BODY_MAX);
    struct conform_texts texts = texts_of(run);
    const char *body = buf ? conform_body(row->body, &texts, buf) : NULL;
    const struct http_request request = {
        .method = row->method,
        .url = row->at_session ? run->session : run->setup.url,
        .content_type = row->type,
        .accept = strcmp(row->method, "POST") ? NULL : "application/sdp",
        .if_match = match_of(run),
        .body = body,
        .len = body ? strlen(body) : 0,
        .timeout = run->setup.timeout,
    };

    cli_progress(row->name);
    if (row->body != BODY_NONE && !body) {
        free(buf);
        skip(run, "there is nothing to send");
        return;
    }
    if (run->step == STEP_DELETE)
        run->deleting_at = now_of(run);
    run->transfer = http_start(run->https[row->who], &request, on_answer, run);
    free(buf);
    if (!run->transfer)
        die(RTC_EXIT_INTERNAL, "out of memory");
}

/* ---- waits --------------------------------------------------------------- */

static rtc_usec since(rtc_usec at, rtc_usec start)
{
    return at == RTC_NEVER ? RTC_NEVER : at > start ? at - start : 0;
}

/* What was on its way as DELETE was answered has arrived by now; anything else
 * is of a session that goes on. */
static bool is_still_sending(struct conform_run *run)
{
    uint64_t received = offerer_received(run->offerer) + 1;

    if (now_of(run) < run->deleted_at + LAST_US)
        return false;
    if (!run->received)
        run->received = received;
    return received > run->received;
}

static bool is_closed(struct conform_run *run)
{
    const struct offerer *o = run->offerer;

    run->seen.media.close_us = since(o->closed_at, run->deleted_at);
    run->seen.media.by_server = o->reason == RTC_CLOSE_REMOTE;
    run->seen.media.is_silent = !is_still_sending(run);
    return o->closed_at != RTC_NEVER || !run->seen.media.is_silent;
}

/* Whether what is waited for is there. */
static bool has_come(struct conform_run *run)
{
    const struct offerer *o = run->offerer;

    switch (run->step) {
    case STEP_CONNECT:
        run->seen.media.connect_us = since(o->connected_at, run->offered_at);
        return o->connected_at != RTC_NEVER || o->closed_at != RTC_NEVER ||
               *run->seen.refused;
    case STEP_RENEW:
        if (o->paired_at != RTC_NEVER && o->paired_at >= run->restarted_at)
            run->seen.media.renew_us = since(o->paired_at, run->restarted_at);
        return run->seen.media.renew_us != RTC_NEVER ||
               o->closed_at != RTC_NEVER || *run->seen.renew_refused;
    case STEP_CLOSE:
        return is_closed(run);
    default:
        return false;
    }
}

static void on_time(void *user, int what)
{
    struct conform_run *run = user;

    (void)what;
    if (run->is_leaving && run->transfer) { /* An offer was not answered. */
        conform_take_session(run, http_so_far(run->transfer));
        http_cancel(run->transfer);
        run->transfer = NULL;
        leave(run);
        return;
    }
    if (!run->is_waiting)
        return;
    if (!has_come(run) && now_of(run) < run->wait_until) {
        driver_timer_set(run->timer, now_of(run) + POLL_US);
        return;
    }
    run->is_waiting = false;
    conform_answer_of(run)->is_done = true;
    run->step++;
    next(run);
}

/* From within an event of the peer, in which nothing is done to it. */
static void on_changed(void *user)
{
    struct conform_run *run = user;

    if (run->is_waiting)
        driver_timer_set(run->timer, now_of(run));
}

static void begin_wait(struct conform_run *run)
{
    cli_progress(conform_request_of(run)->name);
    run->is_waiting = true;
    run->wait_until = now_of(run) + conform_request_of(run)->wait;
    driver_timer_set(run->timer, now_of(run));
}

/* ---- one after the other ------------------------------------------------- */

/* The peer that connects is needed no more. */
static void drop_peer(struct conform_run *run)
{
    offerer_free(run->offerer);
    run->offerer = NULL;
}

static const char *why_not(struct conform_run *run)
{
    run->seen.time_left = run->setup.deadline - now_of(run);
    if (run->step == STEP_CLOSE && run->offerer->closed_at < run->deleting_at)
        return "the connection had ended before";
    return conform_why_not(conform_request_of(run), &run->seen);
}

static void next(struct conform_run *run)
{
    const char *why;

    for (; run->step < STEP_COUNT && !run->stop_why; run->step++) {
        if (run->step == STEP_POST_TYPE && run->offerer)
            drop_peer(run);
        why = why_not(run);
        if (!why)
            break;
        conform_answer_of(run)->skipped = why;
    }
    if (run->step == STEP_COUNT || run->stop_why) {
        leave(run);
        return;
    }
    if (!conform_request_of(run)->method) {
        begin_wait(run);
        return;
    }
    /* One session at a time; that is asked again after it. */
    if (!strcmp(conform_request_of(run)->method, "POST") && sweep(run))
        return;
    ask(run);
}

void conform_run_stop(struct conform_run *run, const char *why)
{
    bool is_posting = run->transfer && !run->is_leaving &&
                      run->step < STEP_COUNT &&
                      conform_request_of(run)->method &&
                      !strcmp(conform_request_of(run)->method, "POST");

    if (run->is_leaving || run->is_over)
        return;
    run->stop_why = why;
    if (is_posting) { /* It may make something yet. */
        run->is_leaving = true;
        driver_timer_set(run->timer, now_of(run) + POSTED_LIMIT_US);
        return;
    }
    http_cancel(run->transfer);
    run->transfer = NULL;
    leave(run);
}

static void on_limit(void *user, int what)
{
    struct conform_run *run = user;

    (void)what;
    if (!run->status) {
        run->status = RTC_EXIT_MAX_TIME;
        snprintf(run->why, sizeof run->why,
                 "--max-time came before the last case");
    }
    conform_run_stop(run, "--max-time came first");
}

/* ---- life ---------------------------------------------------------------- */

static struct offerer *make_offerer(struct conform_run *run, bool is_spare,
                                    unsigned track_count)
{
    const struct offerer_setup setup = {
        .driver = run->setup.driver,
        .is_playing = run->setup.is_whep,
        .track_count = track_count,
        .is_unconnected = is_spare || run->setup.is_unconnected,
        .interface = run->setup.interface,
        .family = run->setup.family,
        .changed = is_spare ? NULL : on_changed,
        .user = run,
    };
    const char *why;
    struct offerer *offerer = offerer_new(&setup, &why);

    if (!offerer)
        die(RTC_EXIT_GATHER, "no offer: %s", why);
    return offerer;
}

/* A page of another origin: what a browser says of it before it may POST. */
static void act_as_browser(struct http_options *options)
{
    static const char *const lines[] = {
        "Origin: " CONFORM_ORIGIN,
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: authorization,content-type",
    };
    struct option_list *list = &options->headers;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (list->count < OPTION_LIST_MOST)
            list->items[list->count++] = lines[i];
}

static void open_https(struct conform_run *run)
{
    for (int i = 0; i < WHO_COUNT; i++) {
        struct http_options *options = &run->options[i];

        *options = *run->setup.http;
        if (i != WHO_US) {
            options->token_file = NULL;
            options->location_trusted = false;
        }
        if (i == WHO_BROWSER)
            act_as_browser(options);
        run->https[i] = http_new(run->setup.driver, options,
                                 i == WHO_US ? run->setup.url : NOWHERE);
    }
}

static bool has_credentials(const struct conform_run *run)
{
    const struct option_list *list = &run->setup.http->headers;

    for (unsigned i = 0; i < list->count; i++)
        if (redirect_is_credential(list->items[i]))
            return true;
    return http_token(run->https[WHO_US]);
}

struct conform_run *conform_run_new(const struct conform_setup *setup)
{
    struct conform_run *run = calloc(1, sizeof *run);

    if (!run)
        die(RTC_EXIT_INTERNAL, "out of memory");
    run->setup = *setup;
    run->timer = driver_timer_new(setup->driver, on_time, run);
    run->limit = driver_timer_new(setup->driver, on_limit, run);
    if (!run->timer || !run->limit)
        die(RTC_EXIT_INTERNAL, "out of memory");
    open_https(run);
    run->seen.is_whep = setup->is_whep;
    run->seen.is_intrusive = setup->is_intrusive;
    run->seen.is_unconnected = setup->is_unconnected;
    run->seen.has_credentials = has_credentials(run);
    run->seen.media.connect_us = run->seen.media.renew_us =
        run->seen.media.close_us = RTC_NEVER;
    run->offerer = make_offerer(run, false, 1);
    driver_timer_set(run->limit, setup->deadline);
    next(run);
    return run;
}

const struct conform_seen *conform_run_seen(const struct conform_run *run)
{
    return &run->seen;
}

unsigned conform_run_count(const struct conform_run *run)
{
    return run->request_count;
}

enum rtc_exit conform_run_status(const struct conform_run *run,
                                 const char **ret_why)
{
    *ret_why = run->why;
    return run->status;
}

const char *conform_run_token(const struct conform_run *run)
{
    return http_token(run->https[WHO_US]);
}

void conform_run_free(struct conform_run *run)
{
    if (!run)
        return;
    http_cancel(run->transfer);
    offerer_free(run->offerer);
    offerer_free(run->spare);
    offerer_free(run->tracks);
    for (int i = 0; i < WHO_COUNT; i++)
        http_free(run->https[i]);
    driver_watch_free(run->timer);
    driver_watch_free(run->limit);
    conform_seen_done(&run->seen);
    free(run->session);
    free(run);
}
