/* SPDX-License-Identifier: MIT
 * Any answers to the steps of conformance: a line `=STEP STATUS', header
 * fields, an empty line and a body each. All cases are judged by them. */
#include "cmd/probe/conformance.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Takes the next line off the text: its length, the line end included. */
static size_t line_of(const char *at, const char *end)
{
    const char *stop = memchr(at, '\n', (size_t)(end - at));

    return stop ? (size_t)(stop + 1 - at) : (size_t)(end - at);
}

static const char *read_head(struct http_response *response, const char *at,
                             const char *end)
{
    while (at < end && !response->head_done && *at != '=') {
        size_t len = line_of(at, end);

        response_add_line(response, at, len);
        at += len;
    }
    return at;
}

static const char *read_body(struct http_response *response, const char *at,
                             const char *end)
{
    while (at < end && *at != '=') {
        size_t len = line_of(at, end);

        response_add_body(response, at, len);
        at += len;
    }
    return at;
}

static void finish(struct conform_seen *seen, struct conform_answer *answer,
                   unsigned status)
{
    struct http_response *r = &answer->response;
    const char *location = http_field(r, "Location", 0);
    struct rtc_sdp_error error;
    bool odd;

    r->status = (int)status;
    r->error = status == 0 ? RTC_EXIT_HTTP : RTC_EXIT_DONE;
    r->url = strdup("https://h/e");
    answer->is_done = r->url != NULL;
    if (location)
        answer->session = url_resolve("https://h/e", location);
    if (r->len > 0)
        rtc_sdp_parse(r->body, r->len, &answer->sdp, &error);
    if (answer == &seen->answers[STEP_OFFER] &&
        !field_etag(http_field(r, "ETag", 0), seen->etag, &odd))
        seen->etag[0] = '\0';
}

/* From a line that begins with `='. */
static const char *read_answer(struct conform_seen *seen, const char *at,
                               const char *end)
{
    unsigned step = 0, status = 0;
    struct conform_answer *answer;
    size_t len = line_of(at, end);
    char line[32] = "";

    memcpy(line, at, len < sizeof line - 1 ? len : sizeof line - 1);
    if (sscanf(line, "=%5u %5u", &step, &status) < 1 || step >= STEP_COUNT ||
        seen->answers[step].is_done)
        return at + len;
    answer = &seen->answers[step];
    response_add_line(&answer->response, "HTTP/1.1 x\r\n", 12);
    at = read_head(&answer->response, at + len, end);
    at = read_body(&answer->response, at, end);
    finish(seen, answer, status);
    return at;
}

static void judge(const struct conform_seen *seen)
{
    struct conform_verdict verdict;

    for (const struct conform_case *one = conform_cases; one->id; one++) {
        verdict = (struct conform_verdict){.outcome = PROBE_WARNING + 1};
        conform_decide(one, seen, &verdict);
        if (verdict.outcome > PROBE_WARNING ||
            !memchr(verdict.why, '\0', sizeof verdict.why))
            abort();
    }
    for (unsigned i = 0; i < STEP_COUNT; i++)
        (void)conform_why_not(&conform_requests[i], seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *at = (const char *)data, *end = at + len;
    static struct conform_seen seen;

    seen = (struct conform_seen){.is_whep = len % 2, .has_credentials = true};
    seen.media.connect_us = seen.media.renew_us = seen.media.close_us =
        RTC_NEVER;
    while (at < end)
        at = *at == '=' ? read_answer(&seen, at, end) : at + line_of(at, end);
    judge(&seen);
    conform_seen_done(&seen);
    return 0;
}
