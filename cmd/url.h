/* SPDX-License-Identifier: MIT
 *
 * http and https URLs as text: their parts, relative references, origins (RFC
 * 3986, RFC 6454). What it cannot read without doubt it refuses, since whoever
 * connects must see the same host as whoever decided about it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URL_MAX 8192

struct url_part {
    const char *at; /* NULL: it is not there, which is not the same as empty */
    size_t len;
};

/* Parts of a text, which they point into. */
struct url {
    struct url_part scheme, userinfo, host, port, path, query, fragment;
};

/* Any reference, a relative one too. False: none at all. */
bool url_split(const char *text, struct url *ret_url);
/* Whether it is a whole http or https URL with a host. */
bool url_is_http(const char *text);
bool url_is_https(const char *text);
/* Whether its host is this machine by its form: 127.0.0.0/8, ::1, localhost. */
bool url_is_loopback(const char *text);
/* Same scheme, host and port (RFC 6454 5), a default port being none. */
bool url_is_same_origin(const char *a, const char *b);
/* `reference` as seen from `base` (RFC 3986 5.2), without a fragment; to be
 * freed. NULL: no http URL comes of it, or it is too long. */
char *url_resolve(const char *base, const char *reference);
/* For people and reports: without user information and fragment, and without
 * what a query says, which may be a key. Returns `buf`. */
char *url_show(const char *text, char *buf, size_t cap);
