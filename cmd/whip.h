/* SPDX-License-Identifier: MIT
 *
 * The client of WHIP (RFC 9725) and WHEP: an offer by POST, the answer, and
 * DELETE on every way out.
 */
#pragma once

#include "cmd/endpoint.h"

struct whip;

/* Ends the process when --whip or --whep or what goes with them is wrong. */
void whip_check(const struct endpoint_options *options);
/* Begins, with a peer that endpoint_make made; failures end the session. */
void whip_start(struct endpoint *end);
/* Each event of the peer. */
void whip_event(struct whip *whip, const struct rtc_event *event);
/* The session is lost, and why: begins another one with a new peer, however
 * often it takes. */
void whip_reconnect(struct whip *whip, const char *why);
/* Restarts ICE by PATCH; false when the server does not take it. */
bool whip_restart(struct whip *whip);
/* Deletes the session at the server, and then calls endpoint_left: how long to
 * wait for that, 0 when there is nothing to wait for. */
rtc_usec whip_leave(struct whip *whip);
/* The same at once, for a process that dies. */
void whip_die(struct whip *whip);
/* NULL is fine. */
void whip_free(struct whip *whip);
