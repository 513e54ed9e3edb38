/* SPDX-License-Identifier: MIT
 *
 * libcurl's multi interface on the driver: libcurl says which sockets and which
 * time it waits for, the driver says when they are ready. Each request is one
 * easy handle; a redirect starts it again with the next URL.
 */
#include "cmd/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "cmd/field.h"
#include "cmd/http_info.h"
#include "cmd/redirect.h"
#include "cmd/url.h"

#define SOCKET_MOST 64

struct http {
    struct driver *driver;
    const struct http_options *options;
    const char *token, *first;
    CURLM *multi;
    struct driver_watch *timer;
    struct curl_slist *resolve;
    struct watched {
        curl_socket_t fd;
        struct driver_watch *watch;
    } sockets[SOCKET_MOST];
    struct http_transfer *transfers;
};

struct http_transfer {
    struct http_transfer *next;
    struct http *http;
    http_fn fn;
    void *user;
    CURL *easy;
    struct curl_slist *headers;
    struct http_request request; /* its texts are ours */
    char *texts[5], *body, *url; /* `url`: where it is asked now */
    struct http_response response;
    unsigned redirects;
    bool with_token, with_credentials;
    rtc_usec started, begun, deadline; /* `begun`: with this URL */
    rtc_usec resolved, connected, secured;
    rtc_usec reached; /* libcurl forgets `connected` when TLS fails */
    char curl_why[CURL_ERROR_SIZE];
};

const char *http_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

const char *http_token(const struct http *http)
{
    return http->token;
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    struct http_transfer *t = user;

    return response_add_line(&t->response, line, size * count) ? size * count
                                                               : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct http_transfer *t = user;

    return response_add_body(&t->response, data, size * count) ? size * count
                                                               : 0;
}

/* ---- a request ----------------------------------------------------------- */

static bool add_header(struct http_transfer *t, const char *name,
                       const char *value)
{
    struct curl_slist *list;
    char *line;

    if (asprintf(&line, *value ? "%s: %s" : "%s:", name, value) < 0)
        return false;
    list = curl_slist_append(t->headers, line);
    free(line);
    if (list)
        t->headers = list;
    return list;
}

static bool add_users_headers(struct http_transfer *t, bool *ret_authorized)
{
    const struct option_list *list = &t->http->options->headers;

    for (unsigned i = 0; i < list->count; i++) {
        struct curl_slist *longer;

        *ret_authorized |= field_has_name(list->items[i], "Authorization");
        if (redirect_is_credential(list->items[i]) && !t->with_credentials)
            continue;
        longer = curl_slist_append(t->headers, list->items[i]);
        if (!longer)
            return false;
        t->headers = longer;
    }
    return true;
}

static bool add_headers(struct http_transfer *t)
{
    const struct http_request *q = &t->request;
    const char *token = t->http->token;
    bool authorized = false, is_added;
    char *bearer;

    curl_slist_free_all(t->headers);
    t->headers = NULL;
    if (!add_header(t, "Content-Type",
                    q->content_type ? q->content_type : "") ||
        !add_header(t, "Expect", "") ||
        (q->accept && !add_header(t, "Accept", q->accept)) ||
        (q->if_match && !add_header(t, "If-Match", q->if_match)) ||
        !add_users_headers(t, &authorized))
        return false;
    if (!token || authorized || !t->with_token)
        return true;
    if (asprintf(&bearer, "Bearer %s", token) < 0)
        return false;
    is_added = add_header(t, "Authorization", bearer);
    free(bearer);
    return is_added;
}

static void set_method(struct http_transfer *t)
{
    const struct http_request *q = &t->request;
    CURL *easy = t->easy;

    if (!strcmp(q->method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (q->body || !strcmp(q->method, "POST")) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, q->body ? q->body : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)q->len);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, q->method);
}

static void set_network(struct http_transfer *t)
{
    const struct http_options *o = t->http->options;
    CURL *easy = t->easy;
    long version = o->family == 4   ? CURL_IPRESOLVE_V4
                   : o->family == 6 ? CURL_IPRESOLVE_V6
                                    : CURL_IPRESOLVE_WHATEVER;

    curl_easy_setopt(easy, CURLOPT_IPRESOLVE, version);
    curl_easy_setopt(easy, CURLOPT_INTERFACE, o->interface);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, t->http->resolve);
    if (o->proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy);
    if (o->connect_timeout)
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                         (long)(o->connect_timeout / 1000));
    if (o->cacert)
        curl_easy_setopt(easy, CURLOPT_CAINFO, o->cacert);
    if (o->pinned)
        curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, o->pinned);
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, o->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, o->insecure ? 0L : 2L);
}

/* Sets the handle up for the URL it is to ask now. */
static bool set_up(struct http_transfer *t)
{
    CURL *easy = t->easy;
    rtc_usec left = t->deadline - driver_now(t->http->driver);

    response_clear(&t->response);
    curl_easy_reset(easy);
    if (!add_headers(t))
        return false;
    if (t->deadline != RTC_NEVER)
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                         left < 1000 ? 1L : (long)(left / 1000));
    curl_easy_setopt(easy, CURLOPT_URL, t->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "rtcpipe/" RTC_VERSION);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->curl_why);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    set_network(t);
    set_method(t);
    return true;
}

/* ---- its end ------------------------------------------------------------- */

static rtc_usec time_of(const struct http_transfer *t, CURLINFO what)
{
    curl_off_t us = 0;

    curl_easy_getinfo(t->easy, what, &us);
    return us > 0 ? t->begun + (rtc_usec)us : -1;
}

static void say_failure(struct http_transfer *t, CURLcode code)
{
    struct http_response *r = &t->response;
    char shown[256], why[HTTP_INFO_WHY_LEN];

    /* That is what libcurl says of a line that exceeds its own cap. */
    if (code == CURLE_OUT_OF_MEMORY)
        r->limit = "a header field that is too long, or out of memory";
    r->error = http_info_exit(code, t->easy);
    url_show(t->url, shown, sizeof shown);
    if (r->limit)
        snprintf(r->why, sizeof r->why, "%s: %s", shown, r->limit);
    else
        snprintf(r->why, sizeof r->why, "%s: %s", shown,
                 http_info_why(code, t->easy, t->curl_why, why));
}

static void unlink_transfer(struct http_transfer *t)
{
    struct http_transfer **at = &t->http->transfers;

    while (*at && *at != t)
        at = &(*at)->next;
    if (*at)
        *at = t->next;
}

static void release(struct http_transfer *t)
{
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    response_clear(&t->response);
    for (unsigned i = 0; i < 5; i++)
        free(t->texts[i]);
    free(t->body);
    free(t->url);
    free(t);
}

static void transfer_free(struct http_transfer *t)
{
    unlink_transfer(t);
    if (t->easy)
        curl_multi_remove_handle(t->http->multi, t->easy);
    release(t);
}

/* Whether the transfer goes on with another URL. */
static bool follow(struct http_transfer *t)
{
    const struct http_options *o = t->http->options;
    const struct redirect_request request = {
        .method = t->request.method,
        .first = t->http->first,
        .url = t->url,
        .count = t->redirects,
        .insecure_http = o->insecure_http,
        .location_trusted = o->location_trusted,
    };
    struct redirect_step step;
    enum redirect_verdict verdict =
        redirect_next(&request, t->response.status,
                      http_field(&t->response, "Location", 0), &step);

    if (verdict == REDIRECT_REFUSE) {
        t->response.error = step.status;
        snprintf(t->response.why, sizeof t->response.why, "%s", step.why);
    }
    if (verdict != REDIRECT_FOLLOW)
        return false;
    free(t->url);
    t->url = step.url;
    t->redirects++;
    t->with_token = step.with_token;
    t->with_credentials = step.with_credentials;
    t->begun = driver_now(t->http->driver);
    return set_up(t);
}

/* Of a redirect, the first connection counts. */
static void take_times(struct http_transfer *t)
{
    if (t->secured < 0)
        t->secured = time_of(t, CURLINFO_APPCONNECT_TIME_T);
    if (t->connected >= 0)
        return;
    t->resolved = time_of(t, CURLINFO_NAMELOOKUP_TIME_T);
    t->connected = time_of(t, CURLINFO_CONNECT_TIME_T);
    if (t->connected < 0)
        t->connected = t->reached;
}

static void give_times(struct http_transfer *t)
{
    struct http_response *r = &t->response;

    take_times(t);
    r->started = t->started;
    r->resolved = t->resolved;
    r->connected = t->connected;
    r->secured = t->secured;
    r->answered = time_of(t, CURLINFO_STARTTRANSFER_TIME_T);
}

const struct http_response *http_so_far(struct http_transfer *transfer)
{
    struct http_response *r = &transfer->response;
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    give_times(transfer);
    r->status = (int)status;
    r->method = transfer->request.method;
    r->url = transfer->url;
    return r;
}

static void finish(struct http_transfer *t, CURLcode code)
{
    struct http_response *r = &t->response;

    curl_multi_remove_handle(t->http->multi, t->easy);
    http_so_far(t);
    if (code)
        say_failure(t, code);
    else if (follow(t) &&
             curl_multi_add_handle(t->http->multi, t->easy) == CURLM_OK)
        return;
    give_times(t);
    r->expires = http_info_expiry(t->easy);
    r->url = t->url;
    unlink_transfer(t);
    t->fn(t->user, r);
    release(t);
}

/* ---- libcurl on the driver ----------------------------------------------- */

static void collect(struct http *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left))) {
        CURLcode code = message->data.result;
        char *private = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        finish((void *)private, code);
    }
}

static void on_ready(void *user, int fd)
{
    struct http *http = user;
    int running;

    curl_multi_socket_action(http->multi, fd, 0, &running);
    collect(http);
}

static void on_time(void *user, int what)
{
    struct http *http = user;
    int running;

    (void)what;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(http);
}

static int on_timer(CURLM *multi, long wait_ms, void *user)
{
    struct http *http = user;

    (void)multi;
    driver_timer_set(http->timer, wait_ms < 0 ? RTC_NEVER
                                              : driver_now(http->driver) +
                                                    (rtc_usec)wait_ms * 1000);
    return 0;
}

static struct watched *find_socket(struct http *http, curl_socket_t fd)
{
    struct watched *unused = NULL;

    for (unsigned i = 0; i < SOCKET_MOST; i++) {
        if (http->sockets[i].watch && http->sockets[i].fd == fd)
            return &http->sockets[i];
        if (!http->sockets[i].watch && !unused)
            unused = &http->sockets[i];
    }
    return unused;
}

/* A socket that has a peer is one of TCP, not of the look-up of a name. */
static void note_reached(CURL *easy, curl_socket_t fd)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    struct http_transfer *t;
    char *private = NULL;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    t = (void *)private;
    if (t && t->reached < 0 && !getpeername(fd, (void *)&peer, &len) &&
        peer.ss_family != AF_UNIX)
        t->reached = driver_now(t->http->driver);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                     void *socket_user)
{
    struct http *http = user;
    struct watched *socket = find_socket(http, fd);
    enum driver_ready ready = what == CURL_POLL_IN    ? DRIVER_READ
                              : what == CURL_POLL_OUT ? DRIVER_WRITE
                                                      : DRIVER_BOTH;

    (void)socket_user;
    if (!socket)
        return -1;
    driver_watch_free(socket->watch);
    socket->watch = NULL;
    if (what == CURL_POLL_REMOVE)
        return 0;
    note_reached(easy, fd);
    socket->fd = fd;
    socket->watch = driver_watch_fd(http->driver, fd, ready, on_ready, http);
    return socket->watch ? 0 : -1;
}

/* ---- requests of others -------------------------------------------------- */

static const char *copy_text(struct http_transfer *t, unsigned index,
                             const char *text, bool *failed)
{
    if (!text)
        return NULL;
    t->texts[index] = strdup(text);
    *failed = *failed || !t->texts[index];
    return t->texts[index];
}

static struct http_transfer *transfer_new(struct http *http,
                                          const struct http_request *request)
{
    struct http_transfer *t = calloc(1, sizeof *t);
    struct http_request *q;
    bool failed = false;

    if (!t)
        return NULL;
    t->http = http;
    q = &t->request;
    q->method = copy_text(t, 0, request->method, &failed);
    q->url = copy_text(t, 1, request->url, &failed);
    q->content_type = copy_text(t, 2, request->content_type, &failed);
    q->accept = copy_text(t, 3, request->accept, &failed);
    q->if_match = copy_text(t, 4, request->if_match, &failed);
    if (request->body) {
        q->body = t->body = malloc(request->len + 1);
        failed = failed || !t->body;
        if (t->body)
            memcpy(t->body, request->body, request->len);
        q->len = request->len;
    }
    t->url = strdup(request->url);
    t->easy = curl_easy_init();
    t->started = t->begun = driver_now(http->driver);
    t->resolved = t->connected = t->secured = t->reached = -1;
    t->deadline = request->timeout ? t->begun + request->timeout : RTC_NEVER;
    redirect_trust(http->first, request->url, http->options->location_trusted,
                   &t->with_token, &t->with_credentials);
    if (failed || !t->url || !t->easy || !set_up(t)) {
        transfer_free(t);
        return NULL;
    }
    return t;
}

struct http_transfer *http_start(struct http *http,
                                 const struct http_request *request, http_fn fn,
                                 void *user)
{
    struct http_transfer *t = transfer_new(http, request);

    if (!t)
        return NULL;
    t->fn = fn;
    t->user = user;
    t->next = http->transfers;
    http->transfers = t;
    if (curl_multi_add_handle(http->multi, t->easy) != CURLM_OK) {
        transfer_free(t);
        return NULL;
    }
    return t;
}

void http_cancel(struct http_transfer *transfer)
{
    if (transfer)
        transfer_free(transfer);
}

void http_perform(struct http *http, const struct http_request *request)
{
    struct http_transfer *t = transfer_new(http, request);

    if (!t)
        return;
    curl_easy_perform(t->easy);
    transfer_free(t);
}

/* ---- beginning and end --------------------------------------------------- */

static void check_options(const struct http *http)
{
    const struct http_options *o = http->options;

    for (unsigned i = 0; i < o->headers.count; i++) {
        const char *line = o->headers.items[i];

        if (!field_is_text(line) || strcspn(line, ":;") == 0 ||
            !line[strcspn(line, ":;")])
            die_usage("--header: not of the form `Name: value'");
    }
    if (http->token && !field_is_text(http->token))
        die_usage("the token has characters that no header field can carry");
}

struct http *http_new(struct driver *driver, const struct http_options *options,
                      const char *first)
{
    struct http *http = calloc(1, sizeof *http);

    if (!http || curl_global_init(CURL_GLOBAL_DEFAULT))
        die(RTC_EXIT_INTERNAL, "out of memory");
    http->driver = driver;
    http->options = options;
    http->first = first;
    http->token = cli_secret(options->token_file, "RTC_TOKEN");
    if (http->token && !*http->token)
        http->token = NULL;
    check_options(http);
    for (unsigned i = 0; i < options->resolve.count; i++)
        http->resolve =
            curl_slist_append(http->resolve, options->resolve.items[i]);
    http->timer = driver_timer_new(driver, on_time, http);
    http->multi = curl_multi_init();
    if (!http->timer || !http->multi)
        die(RTC_EXIT_INTERNAL, "out of memory");
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    while (http->transfers)
        transfer_free(http->transfers);
    curl_multi_cleanup(http->multi);
    for (unsigned i = 0; i < SOCKET_MOST; i++)
        driver_watch_free(http->sockets[i].watch);
    driver_watch_free(http->timer);
    curl_slist_free_all(http->resolve);
    curl_global_cleanup();
    free(http);
}
