/* SPDX-License-Identifier: MIT
 *
 * The three texts a session description travels as: plain SDP, the JSON object
 * of a browser's RTCSessionDescription, and the base64 of that.
 */
#pragma once

#include <stddef.h>

enum description_form {
    DESCRIPTION_SDP,
    DESCRIPTION_JSON,
    DESCRIPTION_BASE64,
};

enum description_type {
    DESCRIPTION_UNKNOWN, /* plain SDP does not say */
    DESCRIPTION_OFFER,
    DESCRIPTION_ANSWER,
};

#define DESCRIPTION_MAX (1024 * 1024)
#define DESCRIPTION_WHY_LEN 160

struct description {
    enum description_form form;
    enum description_type type;
    char *sdp; /* owned, NUL at its end */
    size_t len;
};

/* Reads a description in whichever form it is. 0, or -1 with one sentence that
 * names the line; description_done releases. */
int description_parse(const char *text, size_t len,
                      struct description *ret_description,
                      char ret_why[DESCRIPTION_WHY_LEN]);
/* Whether what was read so far is a description to its end, though the stream
 * stays open: an `ssh` or `sh` keeps it so as long as its command runs. */
enum description_whole {
    DESCRIPTION_PART,     /* more must come */
    DESCRIPTION_PROBABLY, /* if nothing follows in a moment */
    DESCRIPTION_WHOLE,
};
enum description_whole description_whole(const char *text, size_t len);

/* The text in the form it says, with a newline and a NUL at its end; JSON and
 * base64 need the type. To be freed; NULL when out of memory. */
char *description_write(const struct description *description, size_t *ret_len);
void description_done(struct description *description);
