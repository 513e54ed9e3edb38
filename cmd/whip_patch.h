/* SPDX-License-Identifier: MIT
 *
 * What happens to a WHIP or WHEP session after its answer: our candidates as
 * they are found, and ICE restarts, both by PATCH (RFC 9725 4.3). A server that
 * takes neither costs nothing.
 */
#pragma once

#include "cmd/endpoint.h"
#include "cmd/http.h"

struct whip_patch;

/* For the session at `url`; `etag` may be NULL. NULL when out of memory. */
struct whip_patch *whip_patch_new(struct endpoint *end, struct http *http,
                                  const char *url, const char *etag);
/* Cancels what is under way. NULL is fine. */
void whip_patch_free(struct whip_patch *patch);
/* Each event of the peer. */
void whip_patch_event(struct whip_patch *patch, const struct rtc_event *event);
/* Restarts ICE, and takes that back when it is refused or not answered; false
 * when it was refused before. */
bool whip_patch_restart(struct whip_patch *patch);
