/* SPDX-License-Identifier: MIT
 *
 * Requests to a child process that answers from a script and tells what it was
 * asked, over loopback.
 */
#include "cmd/http.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define ASKED_MAX 8192

static struct driver *driver;
static struct http_options options;

/* Two servers, so that there are two origins; connections to either one take
 * the next answer of the script. */
static int listeners[2], ports[2], told;
static pid_t child;

static int listen_on(int *ret_port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&addr, len) || listen(fd, 5) ||
        getsockname(fd, (struct sockaddr *)&addr, &len))
        abort();
    *ret_port = ntohs(addr.sin_port);
    return fd;
}

/* ---- the child ----------------------------------------------------------- */

static size_t read_request(int fd, char *buf)
{
    size_t len = 0, want = 0;

    while (len < ASKED_MAX - 1) {
        ssize_t n = read(fd, buf + len, ASKED_MAX - 1 - len);
        char *end, *length;

        if (n <= 0)
            break;
        len += (size_t)n;
        buf[len] = '\0';
        end = strstr(buf, "\r\n\r\n");
        length = strcasestr(buf, "content-length:");
        if (!end)
            continue;
        want = (size_t)(end + 4 - buf) +
               (length && length < end ? strtoul(length + 15, NULL, 10) : 0);
        if (len >= want)
            break;
    }
    return len;
}

static void put(int fd, const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

/* A script's entry names the server it is for; `%d` in it is the other's port.
 * One that ends in `*` is sent without end. */
static void serve(const char *const *script, const int *servers, int out)
{
    char asked[ASKED_MAX], answer[4096], block[4097];

    memset(block, 'x', sizeof block - 1);
    block[sizeof block - 1] = '\0';
    for (; *script; script++, servers++) {
        int fd = accept(listeners[*servers], NULL, NULL);
        size_t len = read_request(fd, asked);
        bool endless;

        if (write(out, &len, sizeof len) < 0 || write(out, asked, len) < 0)
            _exit(1);
        snprintf(answer, sizeof answer, *script, ports[1 - *servers]);
        endless = *answer && answer[strlen(answer) - 1] == '*';
        put(fd, answer);
        for (int i = 0; endless && i < 1000; i++)
            put(fd, block);
        close(fd);
    }
    _exit(0);
}

static void start(const char *const *script, const int *servers)
{
    int fds[2];

    if (pipe(fds))
        abort();
    fflush(stdout);
    child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        close(fds[0]);
        serve(script, servers, fds[1]);
    }
    close(fds[1]);
    told = fds[0];
}

/* What the child was asked next; "" when nothing more. */
static const char *asked(void)
{
    static char buf[ASKED_MAX];
    size_t len = 0, at = 0;

    buf[0] = '\0';
    if (read(told, &len, sizeof len) != sizeof len || len >= sizeof buf)
        return buf;
    while (at < len) {
        ssize_t n = read(told, buf + at, len - at);

        if (n <= 0)
            break;
        at += (size_t)n;
    }
    buf[at] = '\0';
    return buf;
}

static void stop(void)
{
    close(told);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* ---- the client ---------------------------------------------------------- */

static struct {
    bool called;
    enum rtc_exit error;
    int status;
    char why[RESPONSE_WHY_LEN], url[256], second_link[64], body[64];
} got;

static void on_response(void *user, const struct http_response *response)
{
    const char *link = http_field(response, "link", 1);

    (void)user;
    got.called = true;
    got.error = response->error;
    got.status = response->status;
    snprintf(got.why, sizeof got.why, "%s", response->why);
    snprintf(got.url, sizeof got.url, "%s", response->url);
    snprintf(got.second_link, sizeof got.second_link, "%s", link ? link : "");
    snprintf(got.body, sizeof got.body, "%s",
             response->body ? response->body : "");
    driver_stop(driver);
}

static void ask(const char *method, const char *body)
{
    struct http *http;
    struct http_request request = {.method = method,
                                   .body = body,
                                   .len = body ? strlen(body) : 0,
                                   .content_type =
                                       body ? "application/sdp" : NULL,
                                   .timeout = 20000000};
    char url[64];

    memset(&got, 0, sizeof got);
    driver = driver_new();
    snprintf(url, sizeof url, "http://127.0.0.1:%d/whip", ports[0]);
    http = http_new(driver, &options, url);
    request.url = url;
    ok(http_start(http, &request, on_response, NULL), "started");
    driver_run(driver);
    ok(got.called, "answered");
    http_free(http);
    driver_free(driver);
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* ---- tests --------------------------------------------------------------- */

static void test_answer(void)
{
    static const char *const script[] = {
        "HTTP/1.1 100 Continue\r\nLink: <no>\r\n\r\n"
        "HTTP/1.1 201 Created\r\nLINK: <a>\r\nlink:  <b> \r\n"
        "Content-Length: 3\r\n\r\nabc",
        NULL};
    const char *request;

    start(script, (int[]){0});
    ask("POST", "offer");
    is_int(got.error, 0, "no error");
    is_int(got.status, 201, "the status");
    is_str(got.second_link, "<b>", "fields without those of 100 Continue");
    is_str(got.body, "abc", "the body");
    request = asked();
    ok(!strncmp(request, "POST /whip HTTP/1.1\r\n", 21), "the request");
    ok(has(request, "Authorization: Bearer tok\r\n"), "with the token");
    ok(has(request, "Content-Type: application/sdp\r\n"), "with the type");
    ok(has(request, "X-Mine: 1\r\n"), "with the user's field");
    ok(has(request, "\r\n\r\noffer"), "with the body");
    ok(!has(request, "Expect"), "without a wait for 100 Continue");
    stop();
}

#define DONE "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

static void test_redirects(void)
{
    static const char *const script[] = {
        "HTTP/1.1 307 Moved\r\nLocation: next?a=1\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n",
        "HTTP/1.1 308 Moved\r\nLocation: http://127.0.0.1:%d/other\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n",
        DONE, NULL};
    const char *request;

    options.location_trusted = true;
    start(script, (int[]){0, 0, 1});
    ask("POST", "offer");
    is_int(got.status, 200, "two redirects later");
    asked();
    request = asked();
    ok(!strncmp(request, "POST /next?a=1 HTTP/1.1\r\n", 25), "the same method");
    ok(has(request, "Authorization: Bearer tok\r\n"), "the token");
    ok(has(request, "\r\n\r\noffer"), "the same body");
    request = asked();
    ok(!strncmp(request, "POST /other HTTP/1.1\r\n", 22), "another origin");
    ok(!has(request, "Authorization"), "gets no token over http");
    ok(!has(request, "Cookie"), "nor a cookie of the user's");
    ok(has(request, "X-Mine: 1\r\n"), "but other fields");
    ok(has(request, "\r\n\r\noffer"), "and the same body");
    ok(has(got.url, "/other"), "its URL is told");
    stop();
    options.location_trusted = false;
}

static void test_errors(void)
{
    static const char *const see_other[] = {
        "HTTP/1.1 303 See Other\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
        NULL};
    static const char *const endless[] = {"HTTP/1.1 200 OK\r\n\r\n*", NULL};
    static const char *const head[] = {"HTTP/1.1 200 OK\r\nX: *", NULL};
    static const char *const nothing[] = {"", NULL};

    start(see_other, (int[]){0});
    ask("POST", "offer");
    is_int(got.error, RTC_EXIT_NOT_WHIP, "303 does not become a GET");
    stop();
    start(endless, (int[]){0});
    ask("DELETE", NULL);
    is_int(got.error, RTC_EXIT_HTTP, "a body without end");
    ok(has(got.why, "1 MiB"), got.why);
    stop();
    start(head, (int[]){0});
    ask("DELETE", NULL);
    is_int(got.error, RTC_EXIT_HTTP, "a head without end");
    stop();
    start(nothing, (int[]){0});
    ask("POST", "offer");
    is_int(got.error, RTC_EXIT_HTTP, "no answer at all");
    stop();
}

static void test_cancel(void)
{
    struct http *http;
    struct http_request request = {.method = "POST"};
    char url[64];

    memset(&got, 0, sizeof got);
    driver = driver_new();
    snprintf(url, sizeof url, "http://127.0.0.1:%d/whip", ports[0]);
    http = http_new(driver, &options, url);
    request.url = url;
    http_cancel(http_start(http, &request, on_response, NULL));
    ok(http_start(http, &request, on_response, NULL), "another one");
    http_free(http);
    driver_free(driver);
    ok(!got.called, "neither calls back");
}

int main(void)
{
    setenv("RTC_TOKEN", "tok", 1);
    setenv("no_proxy", "*", 1);
    options.headers.items[options.headers.count++] = "X-Mine: 1";
    options.headers.items[options.headers.count++] = "Cookie: c=1";
    listeners[0] = listen_on(&ports[0]);
    listeners[1] = listen_on(&ports[1]);
    test_answer();
    test_redirects();
    test_errors();
    test_cancel();
    return tap_done();
}
