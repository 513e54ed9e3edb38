/* SPDX-License-Identifier: MIT
 *
 * Answers as events, and the steps of a session's start.
 */
#include "cmd/whip_report.h"

#include <string.h>

#include "cmd/url.h"
#include "cmd/whip_response.h"

/* What was to be deleted has gone: many servers end a session as soon as DTLS
 * does, which may be before they read our request. */
static bool is_gone(const struct http_response *response)
{
    return !strcmp(response->method, "DELETE") &&
           (response->status == 404 || response->status == 410);
}

static bool is_of_use(const struct endpoint *end,
                      const struct http_response *response)
{
    return !response->error &&
           (whip_is_success(response->status) ||
            (end->options.whep && whip_is_counter_offer(response)));
}

/* Without a whole answer that is of use, HTTP is not through. */
void whip_report_steps(struct endpoint *end,
                       const struct http_response *response, bool is_whole)
{
    bool through = is_whole && is_of_use(end, response);
    const struct {
        enum report_phase phase;
        rtc_usec at;
    } steps[] = {
        {REPORT_RESOLVE, response->resolved},
        {REPORT_TCP, response->connected},
        {REPORT_TLS, response->secured},
        {REPORT_HTTP, through ? response->answered : -1},
    };

    if (strcmp(response->method, "POST") != 0)
        return;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].at >= 0)
            report_phase(end->report, steps[i].phase, steps[i].at);
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
    if (response->expires)
        end->certificate_expires = response->expires;
    whip_report_steps(end, response, true);
}
