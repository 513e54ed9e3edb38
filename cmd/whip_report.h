/* SPDX-License-Identifier: MIT
 *
 * What an answer of a WHIP or WHEP server says to the report.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/http.h"

/* Tells of the steps on the way to the answer of a POST, as far as they were
 * taken; an answer that is not whole is none. */
void whip_report_steps(struct endpoint *end,
                       const struct http_response *response, bool is_whole);
/* Tells of an answer, and of those. Warns when a request failed that nothing
 * hangs on. */
void whip_report(struct endpoint *end, struct http *http,
                 const struct http_response *response, bool is_optional);
