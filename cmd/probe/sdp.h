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

/* sdp_lines.c: whether that object tells all of a line of `media`, which may be
 * the session. */
bool probe_sdp_is_said(const struct rtc_sdp *sdp,
                       const struct rtc_sdp_media *media, struct rtc_text line);
/* Of a candidate's line behind `candidate:`, what the library does not know. */
struct rtc_text probe_sdp_extensions(struct rtc_text value);
