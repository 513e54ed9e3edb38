/* SPDX-License-Identifier: MIT
 *
 * What a TURN server's refusal means, in words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PROBE_REFUSAL_LEN 256

struct rtc_text;

/* Copies what came from a server, up to a NUL: printable ASCII, `?` for the
 * rest. */
void probe_text_copy(struct rtc_text text, char *buf, size_t cap);
/* `error 486 Allocation Quota Reached (the user's quota ...)`: its code, its
 * own words, and ours. `is_challenged`: it said before how to log in. Returns
 * `buf`. */
char *probe_refusal(unsigned code, const char *reason, bool is_challenged,
                    char buf[PROBE_REFUSAL_LEN]);
