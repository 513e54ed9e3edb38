/* SPDX-License-Identifier: MIT
 *
 * The rules for redirects. A method never changes: a POST of an offer that
 * became a GET would get some page instead of an answer.
 */
#include "cmd/redirect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/field.h"
#include "cmd/url.h"

bool redirect_may_ask(const char *url, bool insecure_http)
{
    return url_is_https(url) ||
           (url_is_http(url) && (insecure_http || url_is_loopback(url)));
}

bool redirect_is_credential(const char *line)
{
    return field_has_name(line, "Authorization") ||
           field_has_name(line, "Cookie") ||
           field_has_name(line, "Proxy-Authorization");
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

/* 301 and 302 let a POST become a GET, 303 makes one of everything. */
static bool may_keep_method(const char *method, int status)
{
    if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
        return true;
    if (status == 303)
        return false;
    return strcmp(method, "POST") || status == 307 || status == 308;
}

static enum redirect_verdict refuse(struct redirect_step *step,
                                    enum rtc_exit status, const char *why,
                                    const char *url)
{
    char shown[REDIRECT_WHY_LEN / 2];

    step->status = status;
    snprintf(step->why, sizeof step->why, why,
             url_show(url, shown, sizeof shown));
    free(step->url);
    step->url = NULL;
    return REDIRECT_REFUSE;
}

void redirect_trust(const char *first, const char *url, bool location_trusted,
                    bool *ret_with_token, bool *ret_with_credentials)
{
    bool same = url_is_same_origin(first, url);

    *ret_with_credentials = same;
    *ret_with_token = same || (location_trusted && url_is_https(url));
}

enum redirect_verdict redirect_next(const struct redirect_request *request,
                                    int status, const char *location,
                                    struct redirect_step *ret_step)
{
    struct redirect_step *step = ret_step;

    *step = (struct redirect_step){.url = NULL};
    if (!is_redirect(status) || !location)
        return REDIRECT_NONE;
    step->url = url_resolve(request->url, location);
    if (!step->url)
        return refuse(step, RTC_EXIT_HTTP,
                      "%s redirects to something that is no http URL",
                      request->url);
    if (!may_keep_method(request->method, status))
        return refuse(step,
                      strcmp(request->method, "POST") ? RTC_EXIT_HTTP
                                                      : RTC_EXIT_NOT_WHIP,
                      "the server redirects in a way that would turn the "
                      "request into a GET; try the URL it names: %s",
                      step->url);
    if (request->count >= REDIRECT_MOST)
        return refuse(step, RTC_EXIT_HTTP, "too many redirects, the last to %s",
                      step->url);
    if (!request->insecure_http && !url_is_https(step->url) &&
        (url_is_https(request->url) || !url_is_loopback(step->url)))
        return refuse(step, RTC_EXIT_HTTP,
                      "the server redirects to %s, which is not https; "
                      "--insecure-http would allow it",
                      step->url);
    redirect_trust(request->first, step->url, request->location_trusted,
                   &step->with_token, &step->with_credentials);
    return REDIRECT_FOLLOW;
}
