/* SPDX-License-Identifier: MIT
 *
 * Values of HTTP header fields: media types (RFC 9110 8.3), entity tags (8.8.3)
 * and how long to wait (10.2.3).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "rtc.h"

#define FIELD_TYPE_LEN 128
#define FIELD_ETAG_LEN 256
#define FIELD_WAIT_MOST_S 86400

/* Whether a header field can carry it: no line ends, no control characters. */
bool field_is_text(const char *text);
/* Whether a line `Name: value` is of that name, in any case. */
bool field_has_name(const char *line, const char *name);

/* The media type in lower case without its parameters; "" when there is none.
 * `value` may be NULL. Returns `buf`. */
char *field_media_type(const char *value, char buf[FIELD_TYPE_LEN]);
/* A parameter of a media type, without quotes. False: it has none. */
bool field_parameter(const char *value, const char *name, char *buf,
                     size_t cap);

/* Takes an entity tag as it was sent, to be sent back unchanged: servers also
 * send `*`, or hex digits without quotes. False when it cannot go into a header
 * field; what is not RFC 9110's form is `ret_odd`. `value` may be NULL. */
bool field_etag(const char *value, char buf[FIELD_ETAG_LEN], bool *ret_odd);

/* An HTTP date (5.6.7). False: it is none. */
bool field_date(const char *text, time_t *ret_time);
/* Retry-After: seconds or a date, as seen at `clock`. -1: neither; at most a
 * day. */
rtc_usec field_retry_after(const char *value, time_t clock);
