/* SPDX-License-Identifier: MIT
 *
 * Liberal in what is taken for a description, but each oddity is told: it may
 * be what another client trips over.
 */
#include "cmd/whip_response.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cli.h"
#include "cmd/field.h"
#include "cmd/problem.h"
#include "cmd/url.h"

#define SDP_TYPE "application/sdp"
#define VALID_US 30000000 /* an offer that does not say */

/* ---- the status ---------------------------------------------------------- */

bool whip_is_success(int status)
{
    return status >= 200 && status < 300;
}

enum rtc_exit whip_exit(const struct http_response *response)
{
    if (response->error)
        return response->error;
    switch (response->status) {
    case 401:
    case 403:
        return RTC_EXIT_AUTH;
    case 404:
    case 409:
    case 410:
        return RTC_EXIT_NOT_LIVE;
    case 429:
    case 503:
        return RTC_EXIT_BUSY;
    default:
        return whip_is_success(response->status) ? RTC_EXIT_NOT_WHIP
                                                 : RTC_EXIT_HTTP;
    }
}

bool whip_is_passing(const struct http_response *response)
{
    static const int statuses[] = {404, 408, 409, 429, 502, 503, 504};

    if (response->error)
        return response->error == RTC_EXIT_RESOLVE ||
               response->error == RTC_EXIT_CONNECT;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (response->status == statuses[i])
            return true;
    return false;
}

static const char *hint_of(const struct http_response *response)
{
    int status = response->status;

    if (strcmp(response->method, "POST"))
        return "";
    switch (status) {
    case 401:
        return " (--token-file or RTC_TOKEN gives a token)";
    case 404:
        return " (no such stream, or it is not live)";
    case 405:
        return " (the URL takes no offers)";
    case 415:
        return " (the URL takes no application/sdp)";
    default:
        return "";
    }
}

char *whip_sentence(const struct http_response *response, const char *secret,
                    char buf[WHIP_WHY_LEN])
{
    const struct http_response *r = response;
    char shown[200], type[FIELD_TYPE_LEN], line[320] = "";

    if (r->error) { /* An offer is what one thinks of. */
        bool is_offer = !strcmp(r->method, "POST");

        snprintf(buf, WHIP_WHY_LEN, "%s%s%.600s", is_offer ? "" : r->method,
                 is_offer ? "" : " ", r->why);
        return buf;
    }
    if (r->body)
        problem_line(field_media_type(http_field(r, "Content-Type", 0), type),
                     r->body, r->len, secret, line, sizeof line);
    snprintf(buf, WHIP_WHY_LEN, "%s %s: status %d%s%s%s", r->method,
             url_show(r->url, shown, sizeof shown), r->status,
             *line ? ": " : "", line, *line ? "" : hint_of(r));
    return buf;
}

/* ---- times --------------------------------------------------------------- */

rtc_usec whip_wait(const struct http_response *response, int64_t attempts,
                   rtc_usec least, rtc_usec most)
{
    rtc_usec wait =
        field_retry_after(http_field(response, "Retry-After", 0), time(NULL));
    /* 409: not live yet, to be doubled from what it says. */
    bool doubled = wait < 0 || response->status == 409;

    if (wait > most)
        most = wait;
    if (wait <= 0)
        wait = doubled ? least : 0;
    for (int64_t i = 1; doubled && i < attempts && wait < most; i++)
        wait *= 2;
    return wait < most ? wait : most;
}

bool whip_is_counter_offer(const struct http_response *response)
{
    const char *value = http_field(response, "Content-Type", 0);
    char type[FIELD_TYPE_LEN];

    return !response->error && response->status == 406 && response->len > 0 &&
           http_field(response, "Location", 0) &&
           !strcmp(field_media_type(value, type), SDP_TYPE);
}

rtc_usec whip_valid_for(const struct http_response *response, time_t clock)
{
    const char *type = http_field(response, "Content-Type", 0);
    const char *date = http_field(response, "Date", 0);
    char until[64];
    time_t end;

    if (!type || !field_parameter(type, "valid-until", until, sizeof until) ||
        !field_date(until, &end))
        return VALID_US;
    if (date)
        field_date(date, &clock);
    return end > clock ? (rtc_usec)(end - clock) * 1000000 : 0;
}

/* ---- the description ----------------------------------------------------- */

static const char *find_start(const char *body, size_t len)
{
    const char *at = body, *end = body + len;

    while (at && end - at >= 3) {
        if (!strncmp(at, "v=0", 3))
            return at;
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    /* Behind something that has no line end of its own. */
    return memmem(body, len, "v=0\r\n", 5);
}

static void warn_of_type(const char *value, const char *type)
{
    char until[2];

    if (!*type)
        warn("the server's description comes without a Content-Type");
    else if (strcmp(type, SDP_TYPE) != 0)
        warn("the server's description comes as %s instead of " SDP_TYPE, type);
    else if (strchr(value, ';') &&
             !field_parameter(value, "valid-until", until, sizeof until))
        warn("the server's Content-Type has parameters: %.100s", value);
}

const char *whip_description(const struct http_response *response,
                             size_t *ret_len, char why[WHIP_WHY_LEN])
{
    const struct http_response *r = response;
    const char *value = http_field(r, "Content-Type", 0), *start;
    char type[FIELD_TYPE_LEN], shown[200];

    url_show(r->url, shown, sizeof shown);
    field_media_type(value, type);
    start = r->len > 0 ? find_start(r->body, r->len) : NULL;
    /* Some servers leave the type to their HTTP library, which guesses. */
    if (*type && strcmp(type, SDP_TYPE) && (!start || start > r->body)) {
        snprintf(why, WHIP_WHY_LEN,
                 "%s answered with %s instead of " SDP_TYPE
                 ": is it a WHIP or WHEP URL?",
                 shown, type);
        return NULL;
    }
    if (!start) {
        snprintf(why, WHIP_WHY_LEN, "%s answered %d %s", shown, r->status,
                 r->len > 0 ? "with something that is no SDP"
                            : "without a description");
        return NULL;
    }
    warn_of_type(value, type);
    if (start > r->body)
        warn("the server's description has %zu bytes before `v=0', perhaps "
             "the body of a redirect",
             (size_t)(start - r->body));
    *ret_len = r->len - (size_t)(start - r->body);
    if (!memmem(start, *ret_len, "\r\n", 2))
        warn("the server's description ends its lines without a carriage "
             "return");
    if (memchr(start, '\0', *ret_len)) {
        snprintf(why, WHIP_WHY_LEN, "%s answered with binary data", shown);
        return NULL;
    }
    return start;
}
