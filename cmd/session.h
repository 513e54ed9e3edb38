/* SPDX-License-Identifier: MIT
 *
 * The session file: the private half of a negotiation, handed from rtc-offer or
 * rtc-answer to rtc-send or rtc-recv. A secret: mode 0600, used once, short-
 * lived.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SESSION_WHY_LEN 512
#define SESSION_LIFETIME_S 600 /* what the tools give it by default */
#define SESSION_STATE_MAX (1024 * 1024)

enum session_role { SESSION_OFFER, SESSION_ANSWER };

struct session {
    enum session_role role;
    int64_t created, expires; /* seconds since 1970 */
    char *state;              /* of rtc_peer_save; owned, NUL at its end */
    size_t state_len;
    char *hosts; /* of gather_hosts, or NULL; owned */
};

/* Writes `session` to `path`: whole or not at all, replacing what is there.
 * 0, or an exit status with a sentence in `ret_why`. */
int session_write(const char *path, const struct session *session,
                  char ret_why[SESSION_WHY_LEN]);
/* Reads `path` and takes it: what stays is a marker without secrets, and who
 * comes second (or at the same time) is refused. `now`: seconds since 1970. 0,
 * or an exit status with a sentence; session_done releases. */
int session_take(const char *path, int64_t now, struct session *ret_session,
                 char ret_why[SESSION_WHY_LEN]);
/* Reads the text of a session file; the part of session_take that sees what
 * others may have written. Same results. */
int session_parse(const char *text, size_t len, struct session *ret_session,
                  char ret_why[SESSION_WHY_LEN]);
/* Wipes and frees the state. */
void session_done(struct session *session);
