/* SPDX-License-Identifier: MIT
 *
 * What a TURN server's refusal means, in words.
 */
#pragma once

#include <stddef.h>

#define PROBE_REFUSAL_LEN 256

struct rtc_text;

/* Copies what came from a server, up to a NUL: printable ASCII, `?` for the
 * rest. */
void probe_text_copy(struct rtc_text text, char *buf, size_t cap);
enum probe_login {
    PROBE_LOGIN_UNTOLD, /* the server did not say yet how to log in */
    PROBE_LOGIN_TRIED,
    PROBE_LOGIN_DONE, /* it took our password before */
};

/* `error 486 Allocation Quota Reached (the user's quota ...)`: its code, its
 * own words, and ours. Returns `buf`. */
char *probe_refusal(unsigned code, const char *reason, enum probe_login login,
                    char buf[PROBE_REFUSAL_LEN]);
