/* SPDX-License-Identifier: MIT
 *
 * Redirects as a table: where to, and with or without our credentials.
 */
#include "cmd/redirect.h"

#include "tap.h"

#define HERE "https://here/whip"

static const struct {
    const char *method, *url;
    int status;
    const char *location;
    bool insecure, trusted;
    enum redirect_verdict verdict;
    const char *wanted; /* FOLLOW: URL; REFUSE: part of the sentence */
    bool token, credentials;
    enum rtc_exit exit;
} rows[] = {
    {"POST", HERE, 307, "https://here/x", 0, 0, REDIRECT_FOLLOW,
     "https://here/x", 1, 1, 0},
    {"POST", HERE, 308, "x?a=1", 0, 0, REDIRECT_FOLLOW, "https://here/x?a=1", 1,
     1, 0},
    {"POST", HERE, 307, "https://there/x", 0, 0, REDIRECT_FOLLOW,
     "https://there/x", 0, 0, 0},
    {"POST", HERE, 307, "https://there/x", 0, 1, REDIRECT_FOLLOW,
     "https://there/x", 1, 0, 0},
    {"POST", HERE, 307, "https://here:8443/x", 0, 0, REDIRECT_FOLLOW,
     "https://here:8443/x", 0, 0, 0},
    {"POST", HERE, 307, "http://here/x", 0, 1, REDIRECT_REFUSE, "not https", 0,
     0, RTC_EXIT_HTTP},
    {"POST", HERE, 307, "http://127.0.0.1/x", 0, 1, REDIRECT_REFUSE,
     "not https", 0, 0, RTC_EXIT_HTTP},
    {"POST", HERE, 307, "http://here/x", 1, 1, REDIRECT_FOLLOW, "http://here/x",
     0, 0, 0},
    {"POST", "http://127.0.0.1:1/", 307, "http://127.0.0.1:2/", 0, 1,
     REDIRECT_FOLLOW, "http://127.0.0.1:2/", 0, 0, 0},
    {"POST", "http://127.0.0.1:1/", 307, "http://there/", 0, 0, REDIRECT_REFUSE,
     "not https", 0, 0, RTC_EXIT_HTTP},
    {"POST", "https://there/", 307, HERE, 0, 0, REDIRECT_FOLLOW, HERE, 1, 1, 0},
    {"POST", HERE, 301, "/new?key=1", 0, 0, REDIRECT_REFUSE,
     "https://here/new?...", 0, 0, RTC_EXIT_NOT_WHIP},
    {"POST", HERE, 302, "/new", 0, 0, REDIRECT_REFUSE, "https://here/new", 0, 0,
     RTC_EXIT_NOT_WHIP},
    {"POST", HERE, 303, "/new", 0, 0, REDIRECT_REFUSE, "https://here/new", 0, 0,
     RTC_EXIT_NOT_WHIP},
    {"DELETE", HERE, 301, "/new", 0, 0, REDIRECT_FOLLOW, "https://here/new", 1,
     1, 0},
    {"PATCH", HERE, 302, "/new", 0, 0, REDIRECT_FOLLOW, "https://here/new", 1,
     1, 0},
    {"PATCH", HERE, 303, "/new", 0, 0, REDIRECT_REFUSE, "https://here/new", 0,
     0, RTC_EXIT_HTTP},
    {"GET", HERE, 303, "/new", 0, 0, REDIRECT_FOLLOW, "https://here/new", 1, 1,
     0},
    {"POST", HERE, 307, "ftp://here/x", 0, 0, REDIRECT_REFUSE, "no http URL", 0,
     0, RTC_EXIT_HTTP},
    {"POST", HERE, 307, NULL, 0, 0, REDIRECT_NONE, NULL, 0, 0, 0},
    {"POST", HERE, 304, "/x", 0, 0, REDIRECT_NONE, NULL, 0, 0, 0},
    {"POST", HERE, 300, "/x", 0, 0, REDIRECT_NONE, NULL, 0, 0, 0},
    {"POST", HERE, 201, "/x", 0, 0, REDIRECT_NONE, NULL, 0, 0, 0},
};

static void test_row(size_t i)
{
    const struct redirect_request request = {
        .method = rows[i].method,
        .first = strncmp(rows[i].url, "http:", 5) ? HERE : rows[i].url,
        .url = rows[i].url,
        .insecure_http = rows[i].insecure,
        .location_trusted = rows[i].trusted,
    };
    struct redirect_step step;
    char name[128];

    snprintf(name, sizeof name, "%s %d %s", rows[i].method, rows[i].status,
             rows[i].location ? rows[i].location : "nowhere");
    is_int(redirect_next(&request, rows[i].status, rows[i].location, &step),
           rows[i].verdict, name);
    is_int(step.status, rows[i].exit, "its exit status");
    is_int(step.with_token, rows[i].token, "the token");
    is_int(step.with_credentials, rows[i].credentials, "other credentials");
    if (rows[i].verdict == REDIRECT_FOLLOW)
        is_str(step.url, rows[i].wanted, "its URL");
    if (rows[i].verdict == REDIRECT_REFUSE)
        ok(strstr(step.why, rows[i].wanted), step.why);
    free(step.url);
}

int main(void)
{
    struct redirect_request request = {
        .method = "POST", .first = HERE, .url = HERE, .count = 9};
    struct redirect_step step;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(i);
    is_int(redirect_next(&request, 307, "/x", &step), REDIRECT_FOLLOW,
           "the tenth");
    free(step.url);
    request.count = 10;
    is_int(redirect_next(&request, 307, "/x", &step), REDIRECT_REFUSE,
           "the eleventh");
    is_int(step.status, RTC_EXIT_HTTP, "is an error");
    ok(redirect_may_ask("https://h/", false), "https");
    ok(redirect_may_ask("http://localhost/", false), "http to this machine");
    ok(!redirect_may_ask("http://h/", false), "not http to another");
    ok(redirect_may_ask("http://h/", true), "but when allowed");
    ok(!redirect_may_ask("ftp://h/", true), "nothing else");
    return tap_done();
}
