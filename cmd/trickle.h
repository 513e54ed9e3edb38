/* SPDX-License-Identifier: MIT
 *
 * Descriptions and candidates as JSON Lines over two descriptors that stay open
 * for the session: what a browser's RTCSessionDescription and RTCIceCandidate
 * give as JSON (W3C WebRTC 4.7, 4.8.1), one a line. Another side that writes a
 * description in any other form is understood, too, but told no candidates.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cmd/description.h"
#include "cmd/driver.h"

#define TRICKLE_LINE_MAX DESCRIPTION_MAX
#define TRICKLE_WHY_LEN 200

enum trickle_kind {
    TRICKLE_NOTHING, /* a blank line, or an object of another purpose */
    TRICKLE_DESCRIPTION,
    TRICKLE_CANDIDATE,
    TRICKLE_END, /* of the candidates: `null`, or an empty one */
};

/* One line. Its candidate is "candidate:..." with a NUL; texts that are not
 * there are empty. */
struct trickle_line {
    enum trickle_kind kind;
    struct description description;
    char candidate[512];
    char mid[64], ufrag[257];
};

/* Reads a line without its end. 0, or -1 with one sentence; trickle_line_done
 * releases. */
int trickle_parse(const char *text, size_t len, struct trickle_line *ret_line,
                  char ret_why[TRICKLE_WHY_LEN]);
void trickle_line_done(struct trickle_line *line);
/* A candidate, or with none in it their end, as a line with its newline and a
 * NUL. To be freed; NULL when out of memory. */
char *trickle_write(const struct trickle_line *line);

/* Texts are lent until return. The stream may not be freed in it. */
struct trickle_calls {
    void (*line)(void *user, const struct trickle_line *line);
    /* Nothing more comes: end of file, or `why`. Once. */
    void (*closed)(void *user, const char *why);
    void *user;
};

struct trickle;

/* Reads `in` and writes `out`, neither of them one of the standard three; takes
 * both. NULL with errno. */
struct trickle *trickle_new(struct driver *driver, int in, int out,
                            const struct trickle_calls *calls);
/* Whether the other side's description was no JSON line: it reads one
 * description, up to end of file, and no candidates. */
bool trickle_is_plain(const struct trickle *t);
/* Writes whole lines, or queues them. False when the other side does not read
 * any more, or far too slowly. */
bool trickle_send(struct trickle *t, const char *text, size_t len);
/* Writes what waits, within `limit_ms`, and closes the output: the other side
 * sees end of file. Reading goes on. */
void trickle_finish(struct trickle *t, int limit_ms);
/* That, and the rest. NULL is fine. */
void trickle_free(struct trickle *t);
