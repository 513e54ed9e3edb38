/* SPDX-License-Identifier: MIT
 *
 * Candidates and ICE restarts by PATCH, with the requests and the peer's
 * fragments replaced at link time.
 */
#include "cmd/whip_patch.h"

#include "tap.h"

int __wrap_rtc_peer_fragment(struct rtc_peer *peer, char *buf, size_t cap,
                             rtc_usec now);
int __wrap_rtc_peer_remote_fragment(struct rtc_peer *peer, const char *text,
                                    size_t len, rtc_usec now);
int __wrap_rtc_peer_restart_ice(struct rtc_peer *peer, rtc_usec now);
int __wrap_rtc_peer_cancel_restart(struct rtc_peer *peer, rtc_usec now);
struct http_transfer *__wrap_http_start(struct http *http,
                                        const struct http_request *request,
                                        http_fn fn, void *user);
void __wrap_http_cancel(struct http_transfer *transfer);
const char *__wrap_http_token(const struct http *http);

static struct endpoint end;
static struct whip_patch *patch;
static int fragments, restarts, cancelled, applied; /* so many calls */
static bool has_news;
static int remote_result;

/* The request under way. */
static struct {
    int count, cancels;
    bool running;
    char if_match[64], body[64], type[64];
    http_fn fn;
    void *user;
} http;

int __wrap_rtc_peer_fragment(struct rtc_peer *peer, char *buf, size_t cap,
                             rtc_usec now)
{
    (void)peer;
    (void)now;
    if (!has_news)
        return 0;
    has_news = false;
    return snprintf(buf, cap, "fragment %d", ++fragments);
}

int __wrap_rtc_peer_remote_fragment(struct rtc_peer *peer, const char *text,
                                    size_t len, rtc_usec now)
{
    (void)peer;
    (void)now;
    applied++;
    is_str(text, "new", "the server's fragment");
    is_int(len, 3, "its length");
    return remote_result;
}

int __wrap_rtc_peer_restart_ice(struct rtc_peer *peer, rtc_usec now)
{
    (void)peer;
    (void)now;
    restarts++;
    has_news = true;
    return 0;
}

int __wrap_rtc_peer_cancel_restart(struct rtc_peer *peer, rtc_usec now)
{
    (void)peer;
    (void)now;
    cancelled++;
    return 0;
}

struct http_transfer *__wrap_http_start(struct http *unused,
                                        const struct http_request *request,
                                        http_fn fn, void *user)
{
    (void)unused;
    ok(!http.running, "one PATCH at a time");
    is_str(request->method, "PATCH", "it is one");
    is_str(request->url, "https://h/s", "to the session");
    http.count++;
    http.running = true;
    http.fn = fn;
    http.user = user;
    snprintf(http.if_match, sizeof http.if_match, "%s",
             request->if_match ? request->if_match : "none");
    snprintf(http.type, sizeof http.type, "%s", request->content_type);
    snprintf(http.body, sizeof http.body, "%.*s", (int)request->len,
             request->body);
    return (struct http_transfer *)(void *)&http;
}

void __wrap_http_cancel(struct http_transfer *transfer)
{
    if (!transfer)
        return;
    http.cancels++;
    http.running = false;
}

const char *__wrap_http_token(const struct http *unused)
{
    (void)unused;
    return NULL;
}

/* ---- steps --------------------------------------------------------------- */

static void on_late(void *user, int what)
{
    (void)what;
    driver_stop(user);
}

static void run_for(rtc_usec limit_us)
{
    struct driver_watch *timer =
        driver_timer_new(end.driver, on_late, end.driver);

    driver_timer_set(timer, driver_now(end.driver) + limit_us);
    driver_run(end.driver);
    driver_watch_free(timer);
}

static void tell(enum rtc_event_type type)
{
    struct rtc_event event = {.type = type, .track = -1};

    has_news = true;
    whip_patch_event(patch, &event);
}

static void candidate(void)
{
    tell(RTC_EVENT_CANDIDATE);
}

static void answer(int status, const char *etag, const char *body)
{
    struct http_response response = {
        .status = status, .method = "PATCH", .url = "https://h/s"};
    char line[64];

    if (etag) {
        snprintf(line, sizeof line, "ETag: %s\r\n", etag);
        response_add_line(&response, line, strlen(line));
    }
    if (body)
        response_add_body(&response, body, strlen(body));
    http.running = false;
    http.fn(http.user, &response);
    response_clear(&response);
}

static void start(const char *etag)
{
    memset(&http, 0, sizeof http);
    fragments = restarts = cancelled = applied = 0;
    remote_result = 0;
    has_news = false;
    end.driver = driver_new();
    end.report = report_new(NULL, false, 0);
    patch = whip_patch_new(&end, NULL, "https://h/s", etag);
}

static void stop(void)
{
    whip_patch_free(patch);
    report_free(end.report);
    driver_free(end.driver);
}

/* ---- tests --------------------------------------------------------------- */

static void test_trickle(void)
{
    start("\"one\"");
    run_for(60000);
    is_int(http.count, 0, "nothing to tell, no request");
    candidate();
    candidate();
    tell(RTC_EVENT_GATHERED);
    run_for(60000);
    is_int(http.count, 1, "a burst is one request");
    is_str(http.if_match, "\"one\"", "with the entity tag");
    is_str(http.type, "application/trickle-ice-sdpfrag", "and the type");
    is_str(http.body, "fragment 1", "and the fragment");
    candidate();
    run_for(60000);
    is_int(http.count, 1, "what comes meanwhile waits");
    answer(204, NULL, NULL);
    run_for(60000);
    is_int(http.count, 2, "and goes next");
    is_str(http.if_match, "\"one\"", "with the same tag");
    answer(200, NULL, "");
    stop();
    start(NULL);
    candidate();
    run_for(60000);
    is_str(http.if_match, "none", "no tag, no condition");
    stop();
}

static void test_no_trickle(void)
{
    static const int statuses[] = {404, 405, 412, 422, 428, 501};

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        start("*");
        candidate();
        run_for(40000);
        answer(statuses[i], NULL, NULL);
        candidate();
        run_for(40000);
        is_int(http.count, 1, "refused once, not asked again");
        is_int(end.is_ending, false, "the session goes on");
        stop();
    }
}

static void test_restart(void)
{
    start("\"one\"");
    candidate();
    run_for(40000);
    ok(whip_patch_restart(patch), "restarted");
    is_int(http.cancels, 1, "an answer to an older PATCH is not waited for");
    is_int(restarts, 1, "a restart");
    is_str(http.if_match, "*", "whatever the state is");
    is_str(http.body, "fragment 2", "with new credentials");
    ok(whip_patch_restart(patch), "once");
    candidate();
    run_for(40000);
    is_int(http.count, 2, "candidates wait for the new tag");
    answer(412, NULL, NULL);
    is_str(http.if_match, "\"*\"", "the quoted form next");
    is_str(http.body, "fragment 2", "with the same fragment");
    answer(200, "\"two\"", "new");
    is_int(applied, 1, "taken");
    is_int(cancelled, 0, "not given up");
    run_for(40000);
    is_int(http.count, 4, "the candidates that waited");
    is_str(http.if_match, "\"two\"", "with the new tag");
    is_str(http.body, "fragment 3", "in a fragment of their own");
    answer(204, NULL, NULL);
    ok(whip_patch_restart(patch), "again, later");
    is_int(restarts, 2, "is a restart of its own");
    stop();
}

static void test_no_restart(void)
{
    start("\"one\"");
    ok(whip_patch_restart(patch), "restarted");
    answer(428, NULL, NULL);
    answer(405, NULL, NULL);
    is_int(http.count, 2, "two forms were tried");
    is_int(cancelled, 1, "the old session goes on");
    ok(!whip_patch_restart(patch), "what was refused is not tried again");
    is_int(http.count, 2, "indeed");
    stop();
    start("\"one\"");
    ok(whip_patch_restart(patch), "restarted");
    answer(500, NULL, NULL);
    is_int(http.count, 1, "another form does not help against 500");
    is_int(cancelled, 1, "the old session goes on");
    stop();
    start("\"one\"");
    remote_result = RTC_ERR_FORMAT;
    ok(whip_patch_restart(patch), "restarted");
    answer(200, NULL, "new");
    is_int(cancelled, 1, "an answer of no use is none");
    stop();
}

int main(void)
{
    test_trickle();
    test_no_trickle();
    test_restart();
    test_no_restart();
    return tap_done();
}
