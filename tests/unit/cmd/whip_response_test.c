/* SPDX-License-Identifier: MIT
 *
 * What answers of a WHIP server mean: their status, and the description in
 * bodies that are not quite one.
 */
#include "cmd/whip_response.h"

#include "cmd/cli.h"
#include "tap.h"

#define SDP "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"

static const struct {
    int status, exit;
    bool passing;
} statuses[] = {
    {201, RTC_EXIT_NOT_WHIP, false}, {299, RTC_EXIT_NOT_WHIP, false},
    {304, RTC_EXIT_HTTP, false},     {400, RTC_EXIT_HTTP, false},
    {401, RTC_EXIT_AUTH, false},     {403, RTC_EXIT_AUTH, false},
    {404, RTC_EXIT_NOT_LIVE, true},  {409, RTC_EXIT_NOT_LIVE, true},
    {410, RTC_EXIT_NOT_LIVE, false}, {429, RTC_EXIT_BUSY, true},
    {499, RTC_EXIT_HTTP, false},     {500, RTC_EXIT_HTTP, false},
    {503, RTC_EXIT_BUSY, true},      {599, RTC_EXIT_HTTP, false},
};

static const struct {
    const char *type, *body;
    const char *wanted; /* NULL: no description */
    int warnings;
    const char *why; /* part of the sentence */
} bodies[] = {
    {"application/sdp", SDP, SDP, 0, NULL},
    {"Application/SDP", SDP, SDP, 0, NULL},
    {"application/sdp; charset=utf-8", SDP, SDP, 1, NULL},
    {NULL, SDP, SDP, 1, NULL},
    {"application/sdp", "v=0\no=-\n", "v=0\no=-\n", 1, NULL},
    {"application/sdp", "<p>Moved</p>\n" SDP, SDP, 1, NULL},
    {"application/sdp", "Moved" SDP, SDP, 1, NULL},
    {"text/html", "<p>hello", NULL, 0, "text/html instead of"},
    {"text/html", "<p>hello</p>\n" SDP, NULL, 0, "text/html instead of"},
    {"text/plain; charset=utf-8", SDP, SDP, 1, NULL},
    {"application/sdp", "<p>hello", NULL, 0, "no SDP"},
    {"application/sdp", "", NULL, 0, "without a description"},
    {NULL, "", NULL, 0, "without a description"},
};

/* Of RFC 9110's example date. */
#define THEN 784111777
#define UNTIL "application/sdp; valid-until="

static const struct {
    const char *type, *date;
    int64_t wanted_s;
} valid[] = {
    {"application/sdp", NULL, 30},
    {UNTIL "soon", NULL, 30},
    {UNTIL "\"Sun, 06 Nov 1994 08:49:47 GMT\"", NULL, 10},
    {UNTIL "\"Sun, 06 Nov 1994 08:49:37 GMT\"", NULL, 0},
    {UNTIL "\"Sun, 06 Nov 1994 08:49:27 GMT\"", NULL, 0},
    {UNTIL "\"Sun, 06 Nov 1994 08:49:47 GMT\"", "Sun, 06 Nov 1994 08:49:17 GMT",
     30},
    {UNTIL "\"Sun, 06 Nov 1994 08:49:47 GMT\"", "x", 10},
};

static int warnings;

static void on_warn(void *user, const char *sentence)
{
    (void)user;
    (void)sentence;
    warnings++;
}

static void test_status(size_t i)
{
    struct http_response response = {.status = statuses[i].status};
    char name[16];

    snprintf(name, sizeof name, "%d", response.status);
    is_int(whip_exit(&response), statuses[i].exit, name);
    is_int(whip_is_passing(&response), statuses[i].passing, "to be retried");
}

static void test_valid(size_t i)
{
    struct http_response response = {.status = 406};
    char line[128];

    snprintf(line, sizeof line, "Content-Type: %s\r\n", valid[i].type);
    response_add_line(&response, line, strlen(line));
    if (valid[i].date) {
        snprintf(line, sizeof line, "Date: %s\r\n", valid[i].date);
        response_add_line(&response, line, strlen(line));
    }
    is_int(whip_valid_for(&response, THEN), valid[i].wanted_s * 1000000,
           "valid for");
    response_clear(&response);
}

static void test_body(size_t i)
{
    struct http_response response = {.status = 201,
                                     .method = "POST",
                                     .url = "https://h/whip",
                                     .body = strdup(bodies[i].body),
                                     .len = strlen(bodies[i].body)};
    char why[WHIP_WHY_LEN] = "", line[128];
    const char *sdp;
    size_t len = 0;

    if (bodies[i].type) {
        snprintf(line, sizeof line, "content-type: %s\r\n", bodies[i].type);
        ok(response_add_line(&response, line, strlen(line)), line);
    }
    warnings = 0;
    sdp = whip_description(&response, &len, why);
    if (bodies[i].wanted) {
        is_str(sdp, bodies[i].wanted, "the description");
        is_int(len, strlen(bodies[i].wanted), "its length");
    } else {
        ok(!sdp && strstr(why, bodies[i].why), why);
    }
    is_int(warnings, bodies[i].warnings, "warnings");
    response_clear(&response);
}

static void test_sentence(void)
{
    struct http_response response = {0};
    char why[WHIP_WHY_LEN];
    static const char type[] = "Content-Type: text/plain\r\n";

    response_add_line(&response, type, sizeof type - 1);
    response_add_body(&response, "no key tok\r\nx", 13);
    response.method = "POST";
    response.url = "https://u:p@h/whip?key=tok";
    response.status = 403;
    is_str(whip_sentence(&response, NULL, why),
           "POST https://h/whip?...: status 403: no key tok", "a sentence");
    is_str(whip_sentence(&response, "tok", why),
           "POST https://h/whip?...: status 403: (its text repeats a secret)",
           "without our secret");
    response_clear(&response);
}

static void test_limits(void)
{
    static const char field[] = "X-Y: z\r\n";
    struct http_response response = {0};
    static char block[65536];
    int count = 0;

    while (count < 100000 &&
           response_add_line(&response, field, sizeof field - 1))
        count++;
    is_int(count, RESPONSE_HEAD_MAX / (sizeof field - 1), "lines of a head");
    is_int(response.field_count, RESPONSE_FIELD_MOST, "fields kept");
    ok(response.limit && strstr(response.limit, "64 KiB"), "the limit is told");
    response_clear(&response);
    for (count = 0; count < 100; count++)
        if (!response_add_body(&response, block, sizeof block))
            break;
    is_int(count, RESPONSE_BODY_MAX / sizeof block, "blocks of a body");
    ok(response.limit && strstr(response.limit, "1 MiB"), "the limit is told");
    response_clear(&response);
}

static void test_fields(void)
{
    static const char *const lines[] = {
        "HTTP/1.1 100 Continue\r\n",
        "X-A: no\r\n",
        "\r\n",
        "HTTP/1.1 201 Created\r\n",
        "link:  a \r\n",
        "LINK: b\r\n",
        "Empty:\r\n",
        "\r\n",
        "Trailer: x\r\n",
    };
    struct http_response response = {0};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ok(response_add_line(&response, lines[i], strlen(lines[i])), lines[i]);
    ok(!http_field(&response, "X-A", 0), "nothing of 100 Continue");
    is_str(http_field(&response, "Link", 0), "a", "the first");
    is_str(http_field(&response, "Link", 1), "b", "the second");
    ok(!http_field(&response, "Link", 2), "no third");
    is_str(http_field(&response, "empty", 0), "", "an empty one");
    ok(!http_field(&response, "Trailer", 0), "no trailers");
    response_clear(&response);
}

int main(void)
{
    cli_on_warn(on_warn, NULL);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        test_status(i);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        test_body(i);
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++)
        test_valid(i);
    test_sentence();
    test_limits();
    test_fields();
    return tap_done();
}
