/* SPDX-License-Identifier: MIT
 *
 * What an answer of a WHIP or WHEP server means (RFC 9725 4.2): its status as
 * one of ours, the sentence for people, and the description in its body.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "cmd/exit.h"
#include "cmd/response.h"

#define WHIP_WHY_LEN 640

bool whip_is_success(int status);
/* An unknown status means what its class means (RFC 9725 4.1). */
enum rtc_exit whip_exit(const struct http_response *response);
/* Whether asking again later may help. */
bool whip_is_passing(const struct http_response *response);
/* How long to wait before asking again for the `attempts`th time: what the
 * server says, or `least`, doubled each time, up to `most`. */
rtc_usec whip_wait(const struct http_response *response, int64_t attempts,
                   rtc_usec least, rtc_usec most);
/* WHEP: 406 with an offer of the server's instead of ours. */
bool whip_is_counter_offer(const struct http_response *response);
/* How long such an offer holds, seen at `clock` if the server tells no time of
 * its own; 0: no more. */
rtc_usec whip_valid_for(const struct http_response *response, time_t clock);
/* Why there is no session: the status, and what the body says. A body that
 * repeats `secret` (or NULL) is not shown. Returns `buf`. */
char *whip_sentence(const struct http_response *response, const char *secret,
                    char buf[WHIP_WHY_LEN]);
/* The description in a body that is to be one, and warnings about what is odd
 * around it. NULL, with a sentence, when it is none. */
const char *whip_description(const struct http_response *response,
                             size_t *ret_len, char why[WHIP_WHY_LEN]);
