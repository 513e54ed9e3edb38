/* SPDX-License-Identifier: MIT
 *
 * A description as JSON: all that the library reads of it, and its other lines
 * as they are.
 */
#pragma once

#include "sdp/sdp.h"

/* The JSON text of `sdp`, which was read of `text`; to be freed. Ends the
 * process when memory runs out. */
char *probe_sdp_json(const struct rtc_sdp *sdp, const char *text, size_t len);
