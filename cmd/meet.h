/* SPDX-License-Identifier: MIT
 *
 * How two ends meet (RFC 9429): a session file of rtc-offer or rtc-answer, a
 * command that carries the descriptions, or our own stdin and stdout.
 */
#pragma once

#include "cmd/endpoint.h"

/* Ends the process when the options do not say one way, or what they say cannot
 * be done. `media_in`, `media_out`: stdin or stdout is used for media. */
void meet_check(struct endpoint_options *options,
                enum endpoint_role default_role, bool media_in, bool media_out);
/* Begins: endpoint_run goes on with it. Failures end the session or process. */
void meet_start(struct endpoint *end, enum endpoint_role default_role);

/* Our offer, or the answer to `remote`, written in `form` (the answer in the
 * form it was asked in). For rtc-offer and rtc-answer, too. To be freed; ends
 * the process with RTC_EXIT_DESCRIPTION when it cannot be. */
char *meet_offer(struct endpoint *end, int form, size_t *ret_len);
char *meet_answer(struct endpoint *end, const char *remote, size_t remote_len,
                  size_t *ret_len);
