/* SPDX-License-Identifier: MIT
 *
 * HTTP requests on the driver (libcurl is here and in http_info.h). Redirects
 * follow redirect.h's rules; the token goes into Authorization and nowhere
 * else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cli.h"
#include "cmd/driver.h"
#include "cmd/response.h"

/* What the command line says; the rows are options_http. */
struct http_options {
    struct option_list headers; /* `Name: value` */
    struct option_list resolve;
    const char *pinned, *proxy, *token_file;
    bool insecure_http, location_trusted;
    int64_t retry;
    /* Not of options_http: */
    const char *cacert;
    bool insecure;
    const char *interface;
    int family; /* 4, 6, or 0 for both */
    rtc_usec connect_timeout;
};

struct http;
struct http_transfer;

/* Checks the options: wrong ones end the process, as does a token file that
 * cannot be read. The origin of `first` has our trust: what asks another one
 * leaves out the user's credentials, and the token but for --location-trusted.
 * `options` and `first` are borrowed until http_free. */
struct http *http_new(struct driver *driver, const struct http_options *options,
                      const char *first);
/* Cancels what is under way; not from within a callback. NULL is fine. */
void http_free(struct http *http);
/* libcurl's version. Static. */
const char *http_version(void);
/* The token, or NULL: not to be shown. */
const char *http_token(const struct http *http);
struct http_request {
    const char *method, *url;
    const char *content_type, *accept, *if_match; /* or NULL */
    const char *body;                             /* or NULL */
    size_t len;
    rtc_usec timeout; /* of everything, redirects included; 0: none */
};

/* Called once, unless the transfer is cancelled before. */
typedef void (*http_fn)(void *user, const struct http_response *response);
/* Copies the request. NULL when out of memory. */
struct http_transfer *http_start(struct http *http,
                                 const struct http_request *request, http_fn fn,
                                 void *user);
/* What has come of its answer, whose body may not be whole. Lends. */
const struct http_response *http_so_far(struct http_transfer *transfer);
/* Its callback is not called any more; from within it, it is over. NULL is
 * fine. */
void http_cancel(struct http_transfer *transfer);
/* The last request of a process that dies: waits for its end, for which the
 * request must set a time. */
void http_perform(struct http *http, const struct http_request *request);
