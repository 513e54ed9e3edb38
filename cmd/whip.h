/* SPDX-License-Identifier: MIT
 *
 * The client of WHIP (RFC 9725) and WHEP: an offer by POST, the answer, and
 * DELETE on every way out.
 */
#pragma once

#include "cmd/endpoint.h"

/* Ends the process when --whip or --whep or what goes with them is wrong. */
void whip_check(const struct endpoint_options *options);
/* Begins, with a peer that endpoint_make made, and keeps the line from there
 * on; failures end the session. */
void whip_start(struct endpoint *end);
