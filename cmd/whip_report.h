/* SPDX-License-Identifier: MIT
 *
 * What an answer of a WHIP or WHEP server says to the report.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/http.h"

/* Tells of an answer: also, once a POST was answered, of the steps on the way
 * to it, as far as they were taken. Warns when a request failed that nothing
 * hangs on. */
void whip_report(struct endpoint *end, struct http *http,
                 const struct http_response *response, bool is_optional);
