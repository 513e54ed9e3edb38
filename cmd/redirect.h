/* SPDX-License-Identifier: MIT
 *
 * What a 3xx answer leads to, as a pure function: where the request goes next,
 * whether it may (RFC 9110 15.4, RFC 9725 4.5), and whether our credentials go
 * along.
 */
#pragma once

#include <stdbool.h>

#include "cmd/exit.h"

#define REDIRECT_MOST 10
#define REDIRECT_WHY_LEN 512

struct redirect_request {
    const char *method;
    const char *first; /* the URL we were given: its origin has our trust */
    const char *url;   /* the one that answered */
    unsigned count;    /* of redirects followed before */
    /* The user allows: plain http; the token to another origin. */
    bool insecure_http, location_trusted;
};

enum redirect_verdict {
    REDIRECT_NONE, /* no redirect: the answer is what it is */
    REDIRECT_FOLLOW,
    REDIRECT_REFUSE,
};

struct redirect_step {
    char *url; /* FOLLOW: where to, to be freed */
    /* FOLLOW: what goes along. Header fields of the user that carry
     * credentials never leave the first origin. */
    bool with_token, with_credentials;
    enum rtc_exit status; /* REFUSE */
    char why[REDIRECT_WHY_LEN];
};

/* What goes along to `url` when `first` is what we were given. */
void redirect_trust(const char *first, const char *url, bool location_trusted,
                    bool *ret_with_token, bool *ret_with_credentials);
/* Whether a header field of the user's is one of the credentials. */
bool redirect_is_credential(const char *line);
/* `location` may be NULL. The method and the body stay as they are. */
enum redirect_verdict redirect_next(const struct redirect_request *request,
                                    int status, const char *location,
                                    struct redirect_step *ret_step);
/* Whether a URL may be asked at all: https, a loopback host, or what the user
 * allowed. */
bool redirect_may_ask(const char *url, bool insecure_http);
